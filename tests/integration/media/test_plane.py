"""The plane over real UDP sockets on loopback, with pylibsrtp as the other side of every line."""

import asyncio
import os
import socket
import struct
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from functools import partial

import pylibsrtp
import pytest

from services.media.domain import rtcp, rtp, vp8
from services.media.domain.ports import (
    Codec,
    ExtensionIds,
    Feedback,
    Kind,
    Limit,
    Path,
    PeerId,
    PublishedMedia,
    RoomId,
    SpeakerChange,
    SrtpKeys,
    SrtpProfile,
    StreamState,
    SubscribedMedia,
    SubscriptionId,
    TrackId,
)
from services.media.sfu.forwarder import MAX_SOURCES, open_udp_socket
from services.media.sfu.plane import MediaPlane
from services.media.sfu.rtp_tap import SrtpSession

ROOM = RoomId("giao-ban")
CAMERA, VOICE = TrackId("TR_camera"), TrackId("TR_voice")
IDS = ExtensionIds(mid=4, rid=10, repaired_rid=11, abs_send_time=2, transport_wide_cc=3, audio_level=1)
SIMULCAST = PublishedMedia(
    kind=Kind.VIDEO,
    codec=Codec.VP8,
    mid="1",
    payload_type=96,
    rtx_payload_type=97,
    rids=("q", "h", "f"),
    extensions=IDS,
    feedback=Feedback.TWCC,
    nack=True,
)
OPUS = PublishedMedia(kind=Kind.AUDIO, codec=Codec.OPUS, mid="0", payload_type=111, extensions=IDS)
DEADLINE_SECONDS = 5.0


@dataclass
class Told:
    """Collects what the plane tells."""

    stun: list[tuple[Path, bytes]] = field(default_factory=list)
    dtls: list[tuple[PeerId, bytes]] = field(default_factory=list)
    first: list[tuple[TrackId, str | None]] = field(default_factory=list)
    speakers: list[SpeakerChange] = field(default_factory=list)
    states: list[tuple[SubscriptionId, StreamState]] = field(default_factory=list)
    wanted: list[tuple[TrackId, tuple[bool, ...]]] = field(default_factory=list)

    def on_stun(self, path: Path, datagram: bytes) -> None:
        self.stun.append((path, datagram))

    def on_dtls(self, peer: PeerId, datagram: bytes) -> None:
        self.dtls.append((peer, datagram))

    def on_first_packet(self, track: TrackId, rid: str | None) -> None:
        self.first.append((track, rid))

    def on_speakers(self, room: RoomId, changes: tuple[SpeakerChange, ...]) -> None:
        assert room == ROOM
        self.speakers.extend(changes)

    def on_stream_state(self, subscription: SubscriptionId, state: StreamState) -> None:
        self.states.append((subscription, state))

    def on_wanted_layers(self, track: TrackId, wanted: tuple[bool, ...]) -> None:
        self.wanted.append((track, wanted))


async def until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, what
        await asyncio.sleep(0.005)


class Client:
    """One end of a line: a UDP socket and the two SRTP sessions a handshake would have given it."""

    def __init__(self, name: str, server: tuple[str, int], profile: SrtpProfile) -> None:
        self.peer = PeerId(name)
        self.socket = open_udp_socket("127.0.0.1", 0)
        self.server = server
        self.keys = SrtpKeys(profile, os.urandom(60), os.urandom(60))
        number = {
            SrtpProfile.AEAD_AES_128_GCM: pylibsrtp.Policy.SRTP_PROFILE_AEAD_AES_128_GCM,
            SrtpProfile.AES128_CM_SHA1_80: pylibsrtp.Policy.SRTP_PROFILE_AES128_CM_SHA1_80,
            SrtpProfile.AEAD_AES_256_GCM: pylibsrtp.Policy.SRTP_PROFILE_AEAD_AES_256_GCM,
        }[profile]
        policy = pylibsrtp.Policy
        self.tx = pylibsrtp.Session(policy(self.keys.receive, policy.SSRC_ANY_OUTBOUND, srtp_profile=number))
        self.rx = pylibsrtp.Session(policy(self.keys.send, policy.SSRC_ANY_INBOUND, srtp_profile=number))
        self.media: list[rtp.RtpPacket] = []
        self.reports: list[rtcp.Message] = []
        self.feedback: list[bytes] = []
        asyncio.get_running_loop().add_reader(self.socket.fileno(), self._read)

    @property
    def path(self) -> Path:
        return Path(0, *self.socket.getsockname())

    def close(self) -> None:
        asyncio.get_running_loop().remove_reader(self.socket.fileno())
        self.socket.close()

    def _read(self) -> None:
        while True:
            try:
                data = self.socket.recv(2048)
            except BlockingIOError:
                return
            if 192 <= data[1] <= 223:
                plain = self.rx.unprotect_rtcp(data)
                self.reports.extend(rtcp.parse(plain))
                self.feedback.append(plain)
            else:
                self.media.append(rtp.parse(self.rx.unprotect(data)))

    def raw(self, data: bytes) -> None:
        self.socket.sendto(data, self.server)

    def send(self, packet: bytes) -> None:
        self.raw(self.tx.protect(packet))

    def send_report(self, packet: bytes) -> None:
        self.raw(self.tx.protect_rtcp(packet))

    def of(self, ssrc: int) -> list[rtp.RtpPacket]:
        return [packet for packet in self.media if packet.ssrc == ssrc]


def looked_at(house: "House", count: int) -> bool:
    return house.plane.counters.received == count


def has(client: Client, count: int) -> bool:
    return len(client.media) >= count


def video(
    ssrc: int, sequence: int, *, rid: str | None = None, key: bool = False, picture: int = 0, wide: int | None = None
) -> bytes:
    elements: list[tuple[int, bytes]] = [(IDS.mid, b"1")]
    if rid is not None:
        elements.append((IDS.rid, rid.encode()))
    if wide is not None:
        elements.append((IDS.transport_wide_cc, wide.to_bytes(2, "big")))
    descriptor = b"\x90\xe0" + (0x8000 | picture & 0x7FFF).to_bytes(2, "big") + bytes((picture & 0xFF, 0))
    payload = descriptor + (b"\x00" if key else b"\x01") + (rid or "-").encode() * 200
    header = struct.pack("!BBHII", 0x90, 0x80 | 96, sequence & 0xFFFF, 3000 * picture & 0xFFFFFFFF, ssrc)
    return header + rtp.extension_block(elements) + payload


def audio(ssrc: int, sequence: int, level: int = 20) -> bytes:
    block = rtp.extension_block([(IDS.mid, b"0"), (IDS.audio_level, bytes((0x80 | level,)))])
    return struct.pack("!BBHII", 0x90, 111, sequence & 0xFFFF, 960 * sequence & 0xFFFFFFFF, ssrc) + block + bytes(80)


def sent_video(ssrc: int, *, rtx: int | None = None) -> SubscribedMedia:
    rtx_type = None if rtx is None else 121
    ids = ExtensionIds(mid=9, abs_send_time=5)
    return SubscribedMedia("5", ssrc, 120, rtx_ssrc=rtx, rtx_payload_type=rtx_type, extensions=ids)


class House:
    """A plane with its clients."""

    def __init__(self) -> None:
        owned = open_udp_socket("127.0.0.1", 0)
        self.address: tuple[str, int] = owned.getsockname()
        self.told = Told()
        self.later = 0.0
        self.plane = MediaPlane([owned], lambda: time.monotonic() + self.later, self.told)
        self.clients: list[Client] = []

    def join(self, name: str, profile: SrtpProfile = SrtpProfile.AEAD_AES_128_GCM) -> Client:
        client = Client(name, self.address, profile)
        self.clients.append(client)
        self.plane.add_peer(client.peer, ROOM)
        self.plane.select(client.peer, client.path)
        self.plane.start_srtp(client.peer, client.keys)
        return client


@pytest.fixture
async def house() -> AsyncIterator[House]:
    built = House()
    built.plane.start()
    yield built
    await built.plane.aclose()
    for client in built.clients:
        client.close()


@pytest.mark.parametrize("profile", list(SrtpProfile))
async def test_sound_reaches_every_subscriber_across_the_wrap_of_the_counter(
    house: House, profile: SrtpProfile
) -> None:
    speaker = house.join("speaker", profile)
    listeners = [house.join(f"listener-{index}", profile) for index in range(3)]
    house.plane.publish(VOICE, speaker.peer, OPUS)
    for index, listener in enumerate(listeners):
        media = SubscribedMedia("3", 5000 + index, 109)
        house.plane.subscribe(SubscriptionId(f"s{index}"), VOICE, listener.peer, media)

    for sequence in range(65436, 65636):
        speaker.send(audio(77, sequence))
        if sequence % 50 == 0:
            await until(partial(has, listeners[2], sequence - 65435), "listeners keep up")

    for index, listener in enumerate(listeners):
        await until(partial(has, listener, 200), "all packets arrive")
        numbers = [packet.sequence for packet in listener.media]
        assert numbers == list(range(numbers[0], numbers[0] + 200))
        assert {(packet.ssrc, packet.payload_type) for packet in listener.media} == {(5000 + index, 109)}
    assert house.told.first == [(VOICE, None)]


async def test_a_layer_switch_waits_for_a_key_frame_and_pictures_stay_continuous(house: House) -> None:
    speaker, viewer = house.join("speaker"), house.join("viewer")
    house.plane.publish(CAMERA, speaker.peer, SIMULCAST)
    subscription = SubscriptionId("s")
    house.plane.subscribe(subscription, CAMERA, viewer.peer, sent_video(900))
    house.plane.set_limit(subscription, Limit(max_layer=0))
    for picture in range(3):
        speaker.send(video(11, 100 + picture, rid="q", key=picture == 0, picture=picture))
        speaker.send(video(33, 9000 + picture, rid="f", key=picture == 0, picture=20000 + picture))
    await until(lambda: len(viewer.media) == 3, "the low layer flows")

    house.plane.set_limit(subscription, Limit())
    await until(lambda: rtcp.KeyframeRequest(33) in speaker.reports, "a key frame of the high layer is asked for")
    speaker.send(video(33, 9003, picture=20003))
    speaker.send(video(11, 103, picture=3))
    speaker.send(video(33, 9004, key=True, picture=20004))
    speaker.send(video(11, 104, picture=4))
    speaker.send(video(33, 9005, picture=20005))

    await until(lambda: len(viewer.media) == 6, "low until the key frame, high from there on")
    first = viewer.media[0].sequence
    assert [packet.sequence - first for packet in viewer.media] == [0, 1, 2, 3, 4, 5]
    assert [packet.payload[-1:] for packet in viewer.media[:3]] == [b"q"] * 3
    pictures = [vp8.parse(packet.payload) for packet in viewer.media]
    assert [found.picture_id for found in pictures] == [0, 1, 2, 3, 4, 5]
    assert [found.keyframe for found in pictures] == [True, False, False, False, True, False]
    assert {packet.extensions[9] for packet in viewer.media} == {b"5"}


async def test_a_lost_packet_is_asked_of_the_publisher_and_repeated_to_the_subscriber(house: House) -> None:
    speaker, viewer = house.join("speaker"), house.join("viewer")
    house.plane.publish(CAMERA, speaker.peer, SIMULCAST)
    house.plane.subscribe(SubscriptionId("s"), CAMERA, viewer.peer, sent_video(900, rtx=901))
    speaker.send(video(11, 500, rid="q", key=True, picture=1))
    speaker.send(video(11, 502, rid="q", picture=3))
    await until(lambda: rtcp.Nack(11, (501,)) in speaker.reports, "the gap is asked for")

    repaired = video(11, 501, picture=2)
    plain = rtp.parse(repaired)
    block = rtp.extension_block([(IDS.mid, b"1"), (IDS.repaired_rid, b"q")])
    header = struct.pack("!BBHII", 0x90, 0x80 | 97, 7, plain.timestamp, 12)
    speaker.send(header + block + (501).to_bytes(2, "big") + plain.payload)

    await until(lambda: len(viewer.of(900)) == 3, "the repaired packet takes its place")
    assert sorted(packet.sequence - viewer.media[0].sequence for packet in viewer.of(900)) == [0, 1, 2]

    lost = viewer.of(900)[1]
    viewer.send_report(rtcp.nack(1, 900, [lost.sequence]))
    await until(lambda: len(viewer.of(901)) == 1, "the subscriber's NACK is answered on the RTX stream")
    answer = viewer.of(901)[0]
    assert answer.payload_type == 121
    assert answer.payload == lost.sequence.to_bytes(2, "big") + lost.payload


async def test_without_rtx_a_repeat_comes_on_the_same_stream(house: House) -> None:
    speaker, viewer = house.join("speaker"), house.join("viewer")
    house.plane.publish(CAMERA, speaker.peer, SIMULCAST)
    house.plane.subscribe(SubscriptionId("s"), CAMERA, viewer.peer, sent_video(900))
    speaker.send(video(11, 500, rid="q", key=True, picture=1))
    speaker.send(video(11, 501, rid="q", picture=2))
    await until(lambda: len(viewer.media) == 2, "video flows")
    before = house.plane.sent

    viewer.send_report(rtcp.nack(1, 900, [viewer.media[0].sequence]))

    # The oracle's replay window refuses the duplicate it already has, so the proof is that it left.
    viewer.rx = pylibsrtp.Session(
        pylibsrtp.Policy(
            viewer.keys.send,
            pylibsrtp.Policy.SSRC_ANY_INBOUND,
            srtp_profile=pylibsrtp.Policy.SRTP_PROFILE_AEAD_AES_128_GCM,
        )
    )
    await until(lambda: len(viewer.media) == 3, "the repeat arrives")
    assert viewer.media[2].sequence == viewer.media[0].sequence
    assert house.plane.sent > before


async def test_a_publisher_gets_transport_feedback_and_receiver_reports(house: House) -> None:
    speaker = house.join("speaker")
    house.plane.publish(CAMERA, speaker.peer, SIMULCAST)

    for number in range(10):
        speaker.send(video(11, 100 + number, rid="q", key=number == 0, picture=number, wide=number))

    await until(lambda: any(packet[0] & 0x1F == 15 and packet[1] == 205 for packet in speaker.feedback), "TWCC")
    await until(lambda: any(isinstance(each, rtcp.ReportBlock) for each in speaker.reports), "receiver report")
    block = next(each for each in speaker.reports if isinstance(each, rtcp.ReportBlock))
    assert (block.ssrc, block.packets_lost) == (11, 0)


async def test_sender_reports_carry_the_publishers_clock_in_the_subscribers_timestamps(house: House) -> None:
    speaker, viewer = house.join("speaker"), house.join("viewer")
    house.plane.publish(CAMERA, speaker.peer, SIMULCAST)
    house.plane.subscribe(SubscriptionId("s"), CAMERA, viewer.peer, sent_video(900))
    speaker.send(video(11, 100, rid="q", key=True, picture=7))
    await until(lambda: len(viewer.media) == 1, "video flows")
    ntp = 4_000_000_000 << 32

    speaker.send_report(rtcp.sender_report(rtcp.SenderReport(11, ntp, 21000, 1, 200)))

    await until(lambda: any(isinstance(each, rtcp.SenderReport) for each in viewer.reports), "sender report")
    report = next(each for each in viewer.reports if isinstance(each, rtcp.SenderReport))
    assert report.ssrc == 900
    assert abs((report.rtp_timestamp - viewer.media[0].timestamp) - ((report.ntp - ntp) * 90000 >> 32)) <= 1

    viewer.send_report(rtcp.receiver_report(1, [rtcp.ReportBlock(900, 0, 0, 1, 90, report.ntp >> 16 & 0xFFFFFFFF, 0)]))
    facts = house.plane.sample(viewer.peer)
    while facts.round_trip_ms is None:
        await asyncio.sleep(0.005)
        facts = house.plane.sample(viewer.peer)
    assert 0 <= facts.round_trip_ms < 1000


async def test_a_narrow_line_gets_the_low_layer_then_a_pause_while_sound_goes_on(house: House) -> None:
    speaker, viewer = house.join("speaker"), house.join("viewer")
    house.plane.publish(CAMERA, speaker.peer, SIMULCAST)
    house.plane.publish(VOICE, speaker.peer, OPUS)
    camera, voice = SubscriptionId("camera"), SubscriptionId("voice")
    house.plane.subscribe(camera, CAMERA, viewer.peer, sent_video(900))
    house.plane.subscribe(voice, VOICE, viewer.peer, SubscribedMedia("3", 800, 109))
    stop = time.monotonic() + 10 * DEADLINE_SECONDS
    counts = {"sequence": 0}

    async def publish_until(condition: Callable[[], bool], what: str) -> None:
        while not condition():
            assert time.monotonic() < stop, what
            number = counts["sequence"] = counts["sequence"] + 1
            for ssrc, rid, repeat in ((11, "q", 1), (22, "h", 3), (33, "f", 9)):
                for part in range(repeat):
                    sequence = number * repeat + part
                    speaker.send(video(ssrc, sequence, rid=rid, key=part == 0, picture=sequence))
            speaker.send(audio(77, number))
            await asyncio.sleep(0.02)

    def layers(last: int) -> set[bytes]:
        return {packet.payload[-1:] for packet in viewer.of(900)[-last:]}

    await publish_until(lambda: len(viewer.of(900)) > 600, "the high layer flows for a while")
    assert layers(100) == {b"f"}
    house.plane.sample(viewer.peer)
    mark = len(viewer.of(900))
    await publish_until(lambda: len(viewer.of(900)) > mark + 450, "a second of it is measured")
    sent_bps = house.plane.sample(viewer.peer).down.bitrate_bps
    assert sent_bps is not None
    # The layers are one, three and nine ninths of the high one; sound is little: the low layer fits, the middle does not.
    viewer.send_report(rtcp.remb(1, int(sent_bps / 4.5), [900]))
    await publish_until(lambda: layers(20) == {b"q"}, "the low layer follows")
    assert house.told.states == []
    viewer.send_report(rtcp.remb(1, 5_000, [900]))
    await publish_until(lambda: (camera, StreamState.PAUSED) in house.told.states, "video pauses")
    heard = len(viewer.of(800))
    await publish_until(lambda: len(viewer.of(800)) > heard + 10, "sound goes on")
    assert (voice, StreamState.PAUSED) not in house.told.states


async def test_hostile_datagrams_are_dropped_and_nobody_notices(house: House) -> None:
    speaker, listener, rogue = house.join("speaker"), house.join("listener"), house.join("rogue")
    house.plane.publish(VOICE, speaker.peer, OPUS)
    house.plane.subscribe(SubscriptionId("s"), VOICE, listener.peer, SubscribedMedia("3", 800, 109))
    stranger = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    truncated = struct.pack("!BBHII", 0x90, 111, 1, 1, 66) + b"\xbe\xde\x00\x01" + b"\x4f\x00\x00\x00"
    speaker.send(audio(77, 1))
    for data in (b"", b"\x80" + os.urandom(1999), audio(77, 2), b"\x16" + bytes(50), bytes(10), b"\x50"):
        stranger.sendto(data, house.address)
        rogue.raw(data)
    rogue.send(truncated)
    rogue.send_report(b"\x81\xc9\x00\x01\x00\x00\x00\x01")
    speaker.send(audio(77, 2))

    await until(lambda: len(listener.media) == 2, "sound arrives before and after")
    await until(lambda: house.plane.counters.received >= 16, "every datagram was looked at")
    stranger.close()
    counters = house.plane.counters
    assert counters.oversized == 4
    assert counters.stranger == 3
    assert counters.failed == 0
    assert house.told.dtls == [(rogue.peer, b"\x16" + bytes(50))]
    rogue.send(audio(1, 5))
    speaker.send(audio(77, 3))
    await until(lambda: len(listener.media) == 3, "and goes on")


async def test_a_member_cannot_take_the_address_of_another_that_sends(house: House) -> None:
    speaker, listener, rogue = house.join("speaker"), house.join("listener"), house.join("rogue")
    house.plane.publish(VOICE, speaker.peer, OPUS)
    house.plane.subscribe(SubscriptionId("s"), VOICE, listener.peer, SubscribedMedia("3", 800, 109))
    listener.send_report(b"\x80\xc9\x00\x01\x00\x00\x00\x01")
    taken = []

    for sequence in range(1, 51):
        speaker.send(audio(77, sequence))
        await until(partial(looked_at, house, sequence + 1), "each packet is looked at")
        # What a check from a forged address comes to.
        for victim in (speaker, listener):
            taken += [house.plane.select(rogue.peer, victim.path), house.plane.bind(rogue.peer, victim.path)]

    await until(partial(has, listener, 50), "all arrives, at the listener it is for")
    assert not any(taken)
    assert (house.plane.counters.stranger, house.plane.counters.unauthentic) == (0, 0)


async def test_an_address_whose_owner_is_silent_goes_to_who_has_it_now(house: House) -> None:
    gone, comer = house.join("gone"), house.join("comer")
    gone.send(audio(77, 1))
    await until(partial(looked_at, house, 1), "it was heard")
    early = house.plane.select(comer.peer, gone.path)

    house.later = 5.1

    assert (early, house.plane.select(comer.peer, gone.path)) == (False, True)


async def test_a_member_that_invents_streams_without_end_is_kept_to_some(house: House) -> None:
    rogue, listener = house.join("rogue"), house.join("listener")
    house.plane.publish(VOICE, rogue.peer, OPUS)
    house.plane.subscribe(SubscriptionId("s"), VOICE, listener.peer, SubscribedMedia("3", 800, 109))
    rogue.send(audio(77, 1))
    forged = bytearray(rogue.tx.protect(audio(78, 1)))
    forged[-1] ^= 1
    for _ in range(3):
        rogue.raw(bytes(forged))
    for number in range(MAX_SOURCES):
        rogue.send(struct.pack("!BBHII", 0x80, 72, 1, 1, 1000 + number) + bytes(20))
        await until(partial(looked_at, house, number + 5), "each is looked at")
    rogue.send_report(rtcp.receiver_report(5000, []))
    await until(lambda: house.plane.counters.excess_sources == 2, "one stream and one report are one too many")
    assert house.plane.counters.unauthentic == 3

    rogue.send(audio(77, 2))
    await until(lambda: len(listener.media) == 2, "the stream that was known goes on")


async def test_what_is_kept_of_a_stream_is_freed_after_its_last_packet(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    freed: list[int] = []
    monkeypatch.setattr(SrtpSession, "forget", lambda _, ssrc: freed.append(ssrc))
    speaker, listener = house.join("speaker"), house.join("listener")
    house.plane.publish(VOICE, speaker.peer, OPUS)
    for ssrc in (800, 801):
        house.plane.subscribe(SubscriptionId(f"s{ssrc}"), VOICE, listener.peer, SubscribedMedia("3", ssrc, 109))
    speaker.send(audio(77, 1))
    await until(partial(has, listener, 2), "both streams arrive")

    house.plane.unsubscribe(SubscriptionId("s800"))
    assert freed == [800]
    house.plane.unpublish(VOICE)
    assert freed == [800, 801]


async def test_a_peer_that_moved_is_answered_where_it_is_now(house: House) -> None:
    speaker, listener = house.join("speaker"), house.join("listener")
    house.plane.publish(VOICE, speaker.peer, OPUS)
    house.plane.subscribe(SubscriptionId("s"), VOICE, listener.peer, SubscribedMedia("3", 800, 109))
    speaker.send(audio(77, 1))
    await until(lambda: len(listener.media) == 1, "sound arrives at the old address")

    asyncio.get_running_loop().remove_reader(listener.socket.fileno())
    listener.socket.close()
    listener.socket = open_udp_socket("127.0.0.1", 0)
    asyncio.get_running_loop().add_reader(listener.socket.fileno(), listener._read)
    house.plane.select(listener.peer, listener.path)
    speaker.send(audio(77, 2))

    await until(lambda: len(listener.media) == 2, "sound arrives at the new address")


async def test_one_unreachable_address_starves_nobody_behind_it(house: House) -> None:
    speaker = house.join("speaker")
    listeners = [house.join(f"l{index}") for index in range(5)]
    house.plane.publish(VOICE, speaker.peer, OPUS)
    for index, listener in enumerate(listeners):
        house.plane.subscribe(SubscriptionId(f"s{index}"), VOICE, listener.peer, SubscribedMedia("3", 800, 109))
    house.plane.select(listeners[2].peer, Path(0, "127.0.0.1", 0))

    speaker.send(audio(77, 1))

    for listener in (listeners[0], listeners[1], listeners[3], listeners[4]):
        await until(partial(has, listener, 1), "sound arrives")
    assert house.plane.unsent == 1


async def test_a_loopback_room_gives_a_peer_its_own_sound_and_names_the_speaker(house: House) -> None:
    speaker = house.join("speaker")
    house.plane.publish(VOICE, speaker.peer, OPUS)
    house.plane.subscribe(SubscriptionId("s"), VOICE, speaker.peer, SubscribedMedia("3", 800, 109))

    for sequence in range(60):
        speaker.send(audio(77, sequence, level=10))
        await asyncio.sleep(0.01)

    await until(lambda: len(speaker.media) == 60, "the own sound comes back")
    await until(lambda: any(change.active for change in house.told.speakers), "the speaker is named")
    await until(lambda: house.told.speakers[-1] == SpeakerChange(speaker.peer, 0.0, active=False), "and its silence")


async def test_layers_nobody_wants_are_told_and_closing_twice_is_fine(house: House) -> None:
    speaker, viewer = house.join("speaker"), house.join("viewer")
    house.plane.publish(CAMERA, speaker.peer, SIMULCAST)
    house.plane.subscribe(SubscriptionId("s"), CAMERA, viewer.peer, sent_video(900))

    house.plane.set_limit(SubscriptionId("s"), Limit(max_layer=0))
    await until(lambda: (CAMERA, (True, False, False)) in house.told.wanted, "fewer layers after a while")
    house.plane.set_limit(SubscriptionId("s"), Limit())

    assert house.told.wanted[-1] == (CAMERA, (True, True, True))
    await house.plane.aclose()
    await house.plane.aclose()
