"""What a client is told, as messages in a bounded queue."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final

from livekit.protocol import models, rtc

from briefing.v1 import room_service_pb2 as pb
from services.media.domain.client import GradeChange, LeaveAction, LeaveReason, RoomFacts
from services.media.domain.participants import Participant, Track
from services.media.domain.ports import PeerId, SpeakerChange, StreamState, TrackId
from services.media.rpc import signal_convert as convert

# In step with the client's keep-alive: it sends each 5 s and gives up after 15 s.
PING_INTERVAL_SECONDS: Final = 5
PING_TIMEOUT_SECONDS: Final = 15
# A client that reads nothing for so long that this fills is gone; it resumes or joins anew.
_QUEUE_MESSAGES: Final = 4096
_QUEUE_BYTES: Final = 16 * 1024 * 1024


class SignalLink:
    """One signalling connection, towards the client.

    Args:
        write_token: Makes the token for `refresh_token`.
        now: The wall clock.
    """

    def __init__(self, write_token: Callable[[Participant], str], now: Callable[[], datetime]) -> None:
        self._write_token = write_token
        self._now = now
        self._queue: asyncio.Queue[pb.SignalResponse | None] = asyncio.Queue()
        self._bytes = 0
        self._ended = False

    @property
    def ended(self) -> bool:
        """Whether nothing more will be told."""
        return self._ended

    async def next(self) -> pb.SignalResponse | None:
        """Waits for the next message; None after the last."""
        message = await self._queue.get()
        if message is not None:
            self._bytes -= message.ByteSize()
        return message

    def end(self, code: int = 1000, reason: str = "") -> None:
        """Closes the connection behind what was told; may be called twice."""
        if not self._ended:
            self._ended = True
            self._queue.put_nowait(pb.SignalResponse(close=pb.SignalClose(code=code, reason=reason)))
            self._queue.put_nowait(None)

    def tell(self, **fields: Any) -> None:  # noqa: ANN401 - the one field of the oneof and its value
        """Queues a message."""
        if self._ended:
            return
        frame = rtc.SignalResponse(**fields).SerializeToString()
        message = pb.SignalResponse(frame=frame)
        if self._queue.qsize() >= _QUEUE_MESSAGES or self._bytes + len(frame) > _QUEUE_BYTES:
            self.end(1013, "the client does not read")
            return
        self._bytes += message.ByteSize()
        self._queue.put_nowait(message)

    # The words of `services.media.domain.client.ClientLink`

    def welcome(self, me: Participant, others: Sequence[Participant], room: RoomFacts) -> None:
        """Answers a join."""
        self.tell(
            join=rtc.JoinResponse(
                room=convert.room_info(room),
                participant=convert.participant_info(me),
                other_participants=[convert.participant_info(other) for other in others],
                server_version=convert.SERVER.version,
                server_info=convert.SERVER,
                subscriber_primary=False,
                fast_publish=True,
                ping_interval=PING_INTERVAL_SECONDS,
                ping_timeout=PING_TIMEOUT_SECONDS,
                enabled_publish_codecs=convert.PUBLISHED_CODECS,
                # Marks injected silence under end-to-end encryption, which is not offered; JS wants bytes here.
                sif_trailer=b"giaoban",
            )
        )

    def welcome_back(self, everyone: Sequence[Participant], room: RoomFacts, last_sequence: int) -> None:
        """Answers a resume: `reconnect` first, then everybody."""
        del room
        self.tell(reconnect=rtc.ReconnectResponse(server_info=convert.SERVER, last_message_seq=last_sequence))
        self.participants(everyone)

    def answer(self, sdp: str, offer_id: int, tracks_by_mid: dict[str, TrackId]) -> None:
        """Answers an offer."""
        self.tell(
            answer=rtc.SessionDescription(
                type="answer",
                sdp=sdp,
                id=offer_id,
                mid_to_track_id={mid: str(track) for mid, track in tracks_by_mid.items()},
            )
        )

    def participants(self, changed: Sequence[Participant]) -> None:
        """Tells who came, changed or went."""
        self.tell(update=rtc.ParticipantUpdate(participants=[convert.participant_info(each) for each in changed]))

    def track_published(self, label: str, track: Track) -> None:
        """Admits a track."""
        self.tell(track_published=rtc.TrackPublishedResponse(cid=label, track=convert.track_info(track)))

    def track_refused(self, label: str) -> None:
        """Refuses a track."""
        reason = rtc.RequestResponse.Reason.Name(rtc.RequestResponse.NOT_ALLOWED)
        self.tell(request_response=rtc.RequestResponse(reason=reason, add_track=rtc.AddTrackRequest(cid=label)))

    def track_subscribed(self, track: TrackId) -> None:
        """Tells a publisher that somebody listens."""
        self.tell(track_subscribed=rtc.TrackSubscribed(track_sid=track))

    def track_unpublished(self, track: TrackId) -> None:
        """Tells a publisher that its track was taken away."""
        self.tell(track_unpublished=rtc.TrackUnpublishedResponse(track_sid=track))

    def sections_wanted(self, audio: int, video: int) -> None:
        """Asks for an offer; (0, 0) is a word too."""
        self.tell(media_sections_requirement=rtc.MediaSectionsRequirement(num_audios=audio, num_videos=video))

    def ask_mute(self, track: TrackId, muted: bool) -> None:
        """Asks the publisher to mute itself."""
        self.tell(mute=rtc.MuteTrackRequest(sid=track, muted=muted))

    def speakers(self, changes: Sequence[SpeakerChange]) -> None:
        """Tells who began, changed or stopped speaking."""
        self.tell(
            speakers_changed=rtc.SpeakersChanged(
                speakers=[
                    models.SpeakerInfo(sid=change.peer, level=change.level, active=change.active) for change in changes
                ]
            )
        )

    def grades(self, changes: Sequence[GradeChange]) -> None:
        """Tells whose line is how; the client's score runs to 5."""
        updates = [
            rtc.ConnectionQualityInfo(
                participant_sid=change.participant,
                quality=models.ConnectionQuality.Name(quality),
                score=change.score / 20,
            )
            for change in changes
            if (quality := convert.connection_quality(change.grade)) is not None
        ]
        if updates:
            self.tell(connection_quality=rtc.ConnectionQualityUpdate(updates=updates))

    def stream_state(self, owner: PeerId, track: TrackId, state: StreamState) -> None:
        """Tells that a track is paused or flows again."""
        written = rtc.StreamState.PAUSED if state is StreamState.PAUSED else rtc.StreamState.ACTIVE
        self.tell(
            stream_state_update=rtc.StreamStateUpdate(
                stream_states=[rtc.StreamStateInfo(participant_sid=owner, track_sid=track, state=written)]
            )
        )

    def wanted_layers(self, track: Track, wanted: Sequence[bool]) -> None:
        """Tells a publisher which layers anybody wants."""
        self.tell(subscribed_quality_update=convert.wanted_qualities(track, wanted))

    def room_changed(self, room: RoomFacts) -> None:
        """Tells how the room is now."""
        self.tell(room_update=rtc.RoomUpdate(room=convert.room_info(room)))

    def refresh_token(self, me: Participant) -> None:
        """Hands out a token that admits for some time more."""
        self.tell(refresh_token=self._write_token(me))

    def pong(self, sent_at: int) -> None:
        """Answers a ping that carries the client's time, in milliseconds."""
        self.tell(pong_resp=rtc.Pong(last_ping_timestamp=sent_at, timestamp=self._milliseconds()))

    def old_pong(self) -> None:
        """Answers a ping of the old form."""
        self.tell(pong=self._milliseconds())

    def close(self) -> None:
        """Ends a connection that another one replaced."""
        self.end(1000, "replaced")

    def leave(self, reason: LeaveReason, action: LeaveAction) -> None:
        """Sends the client out; the connection ends."""
        if reason is not LeaveReason.CLIENT:
            self.tell(leave=convert.leave_request(reason, action))
        self.end(1000, reason.value)

    def _milliseconds(self) -> int:
        return int(self._now().timestamp() * 1000)
