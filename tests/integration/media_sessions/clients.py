"""Unmodified PyPI `livekit` clients with something to show and somebody who looks."""

import asyncio
import contextlib
import math
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import numpy as np
from livekit import rtc

WIDTH, HEIGHT, FRAMES_PER_SECOND = 640, 360, 15
TONE_HERTZ, SAMPLE_RATE, SAMPLES = 440, 48_000, 480


@dataclass
class Gaps:
    """Longest pause between two events."""

    last: float | None = None
    longest: float = 0.0

    def note(self) -> None:
        now = time.monotonic()
        if self.last is not None:
            self.longest = max(self.longest, now - self.last)
        self.last = now

    def begin(self) -> None:
        self.longest = 0.0


@dataclass
class Seen:
    """What a client received."""

    frames: int = 0
    width: int = 0
    gaps: Gaps = field(default_factory=Gaps)
    samples: list[np.ndarray] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    packets: list[rtc.DataPacket] = field(default_factory=list)
    subscribed: set[str] = field(default_factory=set)
    pictures_of: Counter[str] = field(default_factory=Counter)
    loudness_of: Counter[str] = field(default_factory=Counter)
    events: list[str] = field(default_factory=list)
    disconnected: list[int] = field(default_factory=list)

    def tone_share(self) -> float:
        """Share of the last second's energy within 20 Hz of the tone; 0 in silence."""
        if not self.samples:
            return 0.0
        signal = np.concatenate(self.samples)[-SAMPLE_RATE:].astype(np.float64)
        if len(signal) < SAMPLE_RATE // 2 or np.sqrt(np.mean(signal**2)) < 200:
            return 0.0
        spectrum = np.abs(np.fft.rfft(signal * np.hanning(len(signal)))) ** 2
        hertz = np.fft.rfftfreq(len(signal), 1 / SAMPLE_RATE)
        return float(spectrum[abs(hertz - TONE_HERTZ) < 20].sum() / spectrum.sum())


class Client:
    """A client in a room; everything it hears is in `seen`."""

    def __init__(self) -> None:
        self.room = rtc.Room()
        self.seen = Seen()
        self.captured = Gaps()
        self.captured_frames = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._reading: dict[str, asyncio.Task[None]] = {}
        self._listen()

    async def join(self, url: str, token: str) -> None:
        await self.room.connect(url, token)

    def _listen(self) -> None:
        self.room.on("track_subscribed", self._subscribed)
        self.room.on("track_unsubscribed", lambda track, *_: self._forget(track.sid))
        self.room.on("data_received", self.seen.packets.append)
        self.room.on("disconnected", self.seen.disconnected.append)
        for name in (
            "reconnecting",
            "reconnected",
            "participant_connected",
            "participant_disconnected",
            "track_muted",
            "track_unmuted",
            "track_published",
            "track_unpublished",
            "active_speakers_changed",
        ):
            self.room.on(name, self._noting(name))
        self.room.register_text_stream_handler("notes", self._text)

    def _noting(self, name: str) -> Callable[..., None]:
        def note(*_: object) -> None:
            self.seen.events.append(name)

        return note

    def _forget(self, sid: str) -> None:
        self.seen.subscribed.discard(sid)
        # A stream of a track that is gone goes on with silence.
        if (reading := self._reading.pop(sid, None)) is not None:
            reading.cancel()
        self.seen.events.append("track_unsubscribed")

    def _subscribed(self, track: rtc.Track, _publication: object, sender: rtc.RemoteParticipant) -> None:
        self.seen.subscribed.add(track.sid)
        reading = self._watch(track, sender) if track.kind == rtc.TrackKind.KIND_VIDEO else self._hear(track, sender)
        self._spawn(reading, track.sid)

    def _text(self, reader: rtc.TextStreamReader, _identity: str) -> None:
        async def read() -> None:
            self.seen.texts.append(await reader.read_all())

        self._spawn(read())

    def _spawn(self, work: Coroutine[None, None, None], sid: str = "") -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        if sid:
            self._reading[sid] = task

    async def _watch(self, track: rtc.Track, sender: rtc.RemoteParticipant) -> None:
        stream = rtc.VideoStream(track)
        async for event in stream:
            self.seen.frames += 1
            self.seen.pictures_of[sender.identity] += 1
            self.seen.width = event.frame.width
            self.seen.gaps.note()
        await stream.aclose()

    async def _hear(self, track: rtc.Track, sender: rtc.RemoteParticipant) -> None:
        stream = rtc.AudioStream(track, sample_rate=SAMPLE_RATE, num_channels=1)
        async for event in stream:
            samples = np.frombuffer(event.frame.data, np.int16)
            self.seen.samples.append(samples)
            self.seen.loudness_of[sender.identity] += int(np.abs(samples).mean())
            del self.seen.samples[:-200]
        await stream.aclose()

    async def publish_video(self) -> rtc.LocalTrackPublication:
        source = rtc.VideoSource(WIDTH, HEIGHT)
        track = rtc.LocalVideoTrack.create_video_track("camera", source)
        options = rtc.TrackPublishOptions(
            source=rtc.TrackSource.SOURCE_CAMERA, simulcast=True, video_codec=rtc.VideoCodec.VP8
        )
        publication = await self.room.local_participant.publish_track(track, options)
        self._spawn(self._film(source))
        return publication

    async def publish_tone(self) -> rtc.LocalTrackPublication:
        source = rtc.AudioSource(SAMPLE_RATE, 1)
        track = rtc.LocalAudioTrack.create_audio_track("microphone", source)
        options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE, dtx=False)
        publication = await self.room.local_participant.publish_track(track, options)
        self._spawn(self._sing(source))
        return publication

    async def _film(self, source: rtc.VideoSource) -> None:
        picture = np.zeros((HEIGHT, WIDTH, 4), np.uint8)
        picture[:, :, 3] = 255
        began = time.monotonic()
        while True:
            picture[:, :, :3] = 40
            left = (self.captured_frames * 7) % (WIDTH - 40)
            picture[:, left : left + 40, :3] = 220
            source.capture_frame(rtc.VideoFrame(WIDTH, HEIGHT, rtc.VideoBufferType.RGBA, picture.tobytes()))
            self.captured.note()
            self.captured_frames += 1
            await asyncio.sleep(max(0.0, began + self.captured_frames / FRAMES_PER_SECOND - time.monotonic()))

    async def _sing(self, source: rtc.AudioSource) -> None:
        number = 0
        while True:
            at = np.arange(number * SAMPLES, (number + 1) * SAMPLES)
            wave = (8000 * np.sin(2 * math.pi * TONE_HERTZ * at / SAMPLE_RATE)).astype(np.int16)
            await source.capture_frame(rtc.AudioFrame(wave.tobytes(), SAMPLE_RATE, 1, SAMPLES))
            number += 1

    async def frames_sent(self) -> dict[int, int]:
        """Frames sent so far of each layer, by width."""
        stats = await self.room.get_rtc_stats()
        found = [each.outbound_rtp.outbound for each in stats.publisher_stats if each.HasField("outbound_rtp")]
        return {layer.frame_width: layer.frames_sent for layer in found if layer.frame_width}

    async def aclose(self) -> None:
        await self.room.disconnect()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


@asynccontextmanager
async def clients(count: int) -> AsyncIterator[list[Client]]:
    """Makes clients and ends them."""
    made = [Client() for _ in range(count)]
    try:
        yield made
    finally:
        for client in made:
            with contextlib.suppress(Exception):
                await client.aclose()
