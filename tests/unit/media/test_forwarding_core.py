"""The core as a whole, fed with packets and time: who gets what, and that nothing a member sends harms another."""

import itertools
import struct
from collections.abc import Collection, Iterable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.media.domain import rtcp, rtp
from services.media.domain.allocation import Allocation
from services.media.domain.core import MediaCore
from services.media.domain.outcome import FirstPacket, StreamStateChanged, WantedLayersChanged
from services.media.domain.peer import Peer
from services.media.domain.ports import (
    Codec,
    ExtensionIds,
    Feedback,
    Kind,
    LayerSize,
    Limit,
    PeerId,
    PublishedMedia,
    RoomId,
    StreamState,
    SubscribedMedia,
    SubscriptionId,
    TrackId,
)
from services.media.domain.sharing import SharedLines

ROOM = RoomId("room")
SPEAKER, VIEWER, OTHER = PeerId("speaker"), PeerId("viewer"), PeerId("other")
CAMERA, VOICE = TrackId("camera"), TrackId("voice")
IDS = ExtensionIds(mid=4, rid=10, repaired_rid=11, audio_level=1, transport_wide_cc=3, abs_send_time=2)
RIDS = ("q", "h", "f")
VIDEO = PublishedMedia(Kind.VIDEO, Codec.VP8, "1", 96, 97, RIDS, extensions=IDS, feedback=Feedback.REMB, nack=True)
AUDIO = PublishedMedia(Kind.AUDIO, Codec.OPUS, "0", 111, extensions=IDS)
SHOWN, HEARD = SubscriptionId("shown"), SubscriptionId("heard")


def picture(rid: str, sequence: int, *, key: bool = False, whole: bool = True) -> bytes:
    block = rtp.extension_block([(IDS.mid, b"1"), (IDS.rid, rid.encode())])
    payload = b"\x90\x80" + (0x8000 | sequence & 0x7FFF).to_bytes(2, "big") + (b"\x00" if key else b"\x01") + b"v" * 99
    ssrc = 100 + RIDS.index(rid)
    kind = 0xE0 if whole else 0x60
    return struct.pack("!BBHII", 0x90, kind, sequence & 0xFFFF, 3000 * sequence & 0xFFFFFFFF, ssrc) + block + payload


def sound(sequence: int) -> bytes:
    block = rtp.extension_block([(IDS.mid, b"0"), (IDS.audio_level, b"\x8a")])
    return struct.pack("!BBHII", 0x90, 111, sequence & 0xFFFF, 960 * sequence & 0xFFFFFFFF, 77) + block + b"a" * 80


@pytest.fixture
def core() -> MediaCore:
    return made()


def made() -> MediaCore:
    built = MediaCore(lambda bits: (1 << bits) - 2)
    for peer in (SPEAKER, VIEWER, OTHER):
        built.add_peer(peer, ROOM, 0.0)
        built.connect_peer(peer, 0.0)
    built.publish(CAMERA, SPEAKER, VIDEO)
    built.publish(VOICE, SPEAKER, AUDIO)
    built.subscribe(SHOWN, CAMERA, VIEWER, SubscribedMedia("1", 900, 120), 0.0)
    built.subscribe(HEARD, VOICE, VIEWER, SubscribedMedia("0", 800, 109), 0.0)
    return built


def film(core: MediaCore, first: int, last: int, rids: Iterable[str] = RIDS, key_at: Collection[int] = ()) -> None:
    """Sends twenty pictures a second on some layers, numbered within a layer; ticks go on."""
    for number in range(first, last):
        for rid in rids:
            core.on_rtp(SPEAKER, picture(rid, 1000 * RIDS.index(rid) + number, key=number in key_at), number / 20)
        core.tick(number / 20)


def shown_layers(core: MediaCore, number: int) -> set[str]:
    """Sends one more picture on all layers and answers which of them the viewer gets."""
    core.take_rtp()
    shown = set()
    for rid in RIDS:
        core.on_rtp(SPEAKER, picture(rid, 1000 * RIDS.index(rid) + number), number / 20)
        if sent(core):
            shown.add(rid)
    return shown


def sent(core: MediaCore) -> list[tuple[PeerId, rtp.RtpPacket]]:
    return [(peer, rtp.parse(header + payload)) for peer, header, payload in core.take_rtp()]


def asked(core: MediaCore) -> list[rtcp.Message]:
    return [message for _, packet in core.take_rtcp() for message in rtcp.parse(packet)]


def test_everyone_who_subscribed_gets_the_best_layer_and_nobody_else(core: MediaCore) -> None:
    film(core, 0, 25, key_at=(0, 24))

    packets = sent(core)

    assert {peer for peer, _ in packets} == {VIEWER}
    numbers = [packet.sequence for _, packet in packets if packet.ssrc == 900]
    assert [number & 0xFFFF for number in range(numbers[0], numbers[0] + 26)] == numbers
    assert shown_layers(core, 25) == {"f"}
    assert [event for event in core.take_events() if isinstance(event, FirstPacket)] == [
        FirstPacket(CAMERA, rid) for rid in RIDS
    ]


def test_a_late_subscriber_waits_for_a_key_frame_that_is_asked_for_once(core: MediaCore) -> None:
    core.on_rtp(SPEAKER, picture("q", 1, key=True), 0.0)
    core.take_rtp(), core.take_rtcp()

    core.subscribe(SubscriptionId("late"), CAMERA, OTHER, SubscribedMedia("1", 901, 120), 1.0)
    core.request_keyframe(CAMERA, 1.1)
    assert asked(core) == [rtcp.KeyframeRequest(100)]
    core.on_rtp(SPEAKER, picture("q", 2), 1.2)
    assert [peer for peer, _ in sent(core)] == [VIEWER]
    core.on_rtp(SPEAKER, picture("q", 3, key=True), 1.3)

    assert {peer for peer, _ in sent(core)} == {VIEWER, OTHER}


def test_a_tile_that_keeps_its_layer_asks_for_no_key_frame(core: MediaCore) -> None:
    core.publish(
        CAMERA, SPEAKER, replace(VIDEO, sizes=(LayerSize(320, 180), LayerSize(640, 360), LayerSize(1280, 720)))
    )
    core.set_limit(SHOWN, Limit(width=960, height=540), 0.0)
    film(core, 0, 30, key_at=(0, 29))
    core.take_rtcp()

    core.set_limit(SHOWN, Limit(width=970, height=546), 2.0)
    core.subscribe(SHOWN, CAMERA, VIEWER, SubscribedMedia("1", 900, 120), 2.0)
    assert not [each for each in asked(core) if isinstance(each, rtcp.KeyframeRequest)]
    core.set_limit(SHOWN, Limit(width=320, height=180), 2.1)
    core.subscribe(SHOWN, CAMERA, VIEWER, SubscribedMedia("1", 902, 120), 3.0)

    assert asked(core) == [rtcp.KeyframeRequest(100)] * 2


def test_muting_stops_packets_and_unmuting_begins_with_a_key_frame(core: MediaCore) -> None:
    core.on_rtp(SPEAKER, picture("q", 1, key=True), 0.0)
    core.set_muted(CAMERA, True, 0.1)
    core.on_rtp(SPEAKER, picture("q", 2), 0.2)
    core.set_muted(CAMERA, False, 5.0)
    core.on_rtp(SPEAKER, picture("q", 3000), 5.1)
    assert len(sent(core)) == 1
    core.on_rtp(SPEAKER, picture("q", 3001, key=True), 5.2)

    assert len(sent(core)) == 1
    core.tick(5.5)
    assert not [each for each in asked(core) if isinstance(each, rtcp.Nack)]


def test_a_disabled_tile_costs_nothing_and_makes_no_stream_state(core: MediaCore) -> None:
    core.on_rtp(SPEAKER, picture("q", 1, key=True), 0.0)
    core.take_rtp()
    core.take_events()

    core.set_limit(SHOWN, Limit(disabled=True), 1.0)
    core.on_rtp(SPEAKER, picture("q", 2, key=True), 1.0)
    core.tick(4.0)
    core.tick(7.0)

    assert sent(core) == []
    assert core.take_events() == [WantedLayersChanged(CAMERA, (False, False, False))]


def test_a_layer_is_shown_after_it_has_lasted_a_second(core: MediaCore) -> None:
    film(core, 0, 10, ("q", "h"), key_at=range(10))
    film(core, 10, 28, RIDS, key_at=range(28))
    assert shown_layers(core, 28) == {"h"}

    film(core, 29, 45, RIDS, key_at=range(45))

    assert shown_layers(core, 45) == {"f"}


def test_a_layer_the_publisher_drops_is_left_before_the_viewer_misses_four_pictures(core: MediaCore) -> None:
    film(core, 0, 30, key_at=(0, 29))
    assert shown_layers(core, 30) == {"f"}
    core.take_rtcp()

    film(core, 31, 34, ("q", "h"))
    assert rtcp.KeyframeRequest(101) in asked(core)
    film(core, 34, 35, ("q", "h"), key_at=(34,))

    assert len(sent(core)) == 1


def test_a_publisher_that_pauses_whole_is_waited_for(core: MediaCore) -> None:
    film(core, 0, 30, key_at=(0, 29))

    assert shown_layers(core, 60) == {"f"}


def test_a_layer_that_comes_and_goes_is_trusted_less_each_time(core: MediaCore) -> None:
    every = range(1000)
    film(core, 0, 40, key_at=every)
    assert shown_layers(core, 40) == {"f"}
    film(core, 41, 60, ("q", "h"), key_at=every)
    film(core, 60, 95, key_at=every)
    assert shown_layers(core, 95) == {"h"}
    film(core, 96, 130, key_at=every)
    assert shown_layers(core, 130) == {"f"}


def test_a_layer_that_rested_because_nobody_wanted_it_is_trusted_as_before(core: MediaCore) -> None:
    every = range(1000)
    film(core, 0, 40, key_at=every)
    core.set_limit(SHOWN, Limit(max_layer=1), 2.0)
    film(core, 40, 85, key_at=every)
    film(core, 85, 100, ("q", "h"), key_at=every)
    core.set_limit(SHOWN, Limit(), 5.0)

    film(core, 100, 132, key_at=every)

    assert shown_layers(core, 132) == {"f"}


def test_a_publisher_that_numbers_anew_is_followed(core: MediaCore) -> None:
    for sequence in range(40_000, 40_010):
        core.on_rtp(SPEAKER, sound(sequence), 0.0)
    for sequence in range(10_000, 10_100):
        core.on_rtp(SPEAKER, sound(sequence), 0.1)

    numbers = [packet.sequence for _, packet in sent(core)]
    assert numbers == list(range(numbers[0], numbers[0] + 80))


def test_leaving_takes_tracks_and_subscriptions_along(core: MediaCore) -> None:
    core.remove_peer(SPEAKER)
    core.on_rtp(SPEAKER, picture("q", 1, key=True), 0.0)
    core.tick(1.0)
    core.set_limit(SHOWN, Limit(), 1.0)
    core.unsubscribe(SHOWN)
    core.remove_peer(VIEWER)
    core.remove_peer(OTHER)
    core.tick(2.0)

    assert sent(core) == []


def test_streams_that_ended_are_told_once_and_those_that_go_on_are_not(core: MediaCore) -> None:
    core.subscribe(SHOWN, CAMERA, VIEWER, SubscribedMedia("1", 900, 120, 910, 121), 0.0)
    core.subscribe(SubscriptionId("other"), CAMERA, OTHER, SubscribedMedia("1", 900, 120), 0.0)
    core.unsubscribe(SHOWN)
    assert core.take_ended() == [(VIEWER, 900), (VIEWER, 910)]

    core.subscribe(SHOWN, CAMERA, VIEWER, SubscribedMedia("1", 920, 120), 1.0)
    core.subscribe(SHOWN, VOICE, VIEWER, SubscribedMedia("1", 920, 120), 1.0)
    core.unpublish(CAMERA)

    assert core.take_ended() == [(OTHER, 900)]
    assert core.take_ended() == []


def test_a_track_of_another_cannot_be_taken_over(core: MediaCore) -> None:
    core.publish(CAMERA, OTHER, VIDEO)
    core.on_rtp(OTHER, picture("q", 1, key=True), 0.0)

    assert sent(core) == []


def test_a_publisher_is_told_loss_and_an_estimate(core: MediaCore) -> None:
    for number in range(100):
        if number % 10 != 5:
            core.on_rtp(SPEAKER, picture("q", number, key=number == 0), number / 50)
    core.tick(2.0)

    messages = asked(core)
    block = next(each for each in messages if isinstance(each, rtcp.ReportBlock))
    assert block.packets_lost == 10
    assert any(isinstance(each, rtcp.Remb) and each.bitrate_bps >= 1_000_000 for each in messages)


def test_loss_in_reports_lowers_the_layer_and_quiet_raises_it_again(core: MediaCore) -> None:
    numbers = itertools.count(1)
    highest, lost = 0, 0

    def play(seconds: float, start: float, loss: float) -> set[bytes]:
        nonlocal highest, lost
        seen = set()
        for step in range(int(seconds * 10)):
            now, number = start + step / 10, next(numbers)
            for rid, repeat in (("q", 1), ("h", 4), ("f", 16)):
                for part in range(repeat):
                    whole = part == repeat - 1
                    core.on_rtp(SPEAKER, picture(rid, number * repeat + part, key=part == 0, whole=whole), now)
            core.tick(now)
            packets = [packet for _, packet in sent(core) if packet.ssrc == 900]
            seen = {packet.timestamp for packet in packets}
            sizes = len(packets)
            highest, lost = highest + sizes, lost + round(sizes * loss)
            if step % 10 == 9:
                block = rtcp.ReportBlock(900, 0, lost, highest, 0, 0, 0)
                core.on_rtcp(VIEWER, rtcp.receiver_report(1, [block]), now)
        return {len(seen).to_bytes(1, "big")}

    assert play(3, 0.0, 0.0) == {b"\x10"}
    assert play(6, 3.0, 0.4) == {b"\x01"}
    assert play(40, 9.0, 0.0) == {b"\x10"}


class Listener:
    """What a browser counts of one stream, on a line that takes some packets and 100 ms."""

    def __init__(self, ssrc: int) -> None:
        self._ssrc = ssrc
        self._sent: list[tuple[int, float]] = []

    def take(self, packets: Iterable[tuple[PeerId, rtp.RtpPacket]], now: float) -> None:
        self._sent.extend((packet.sequence, now) for _, packet in packets if packet.ssrc == self._ssrc)

    def report(self, now: float, line_loss: int = 0) -> bytes:
        """Writes what the listener reports when the line lost every so many packets."""
        came = [sequence for sequence, at in self._sent if at <= now - 0.1]
        kept = [each for index, each in enumerate(came) if not line_loss or index % line_loss]
        lost = max(kept) - min(kept) + 1 - len(kept)
        return rtcp.receiver_report(1, [rtcp.ReportBlock(self._ssrc, 0, lost, max(kept), 0, 0, 0)])


@pytest.mark.parametrize(("line_loss", "told"), [(0, 0.0), (10, 0.1)])
def test_what_the_speaker_lost_is_not_charged_to_listeners(core: MediaCore, line_loss: int, told: float) -> None:
    listener = Listener(800)
    for number in range(500):
        now = number / 50
        if number % 5 != 2:
            core.on_rtp(SPEAKER, sound(number), now)
        listener.take(sent(core), now)
        if number % 50 == 49:
            core.on_rtcp(VIEWER, listener.report(now, line_loss), now)

    speaker, viewer = core.sample(SPEAKER, 10.0), core.sample(VIEWER, 10.0)

    assert speaker.up.audio_loss == pytest.approx(0.2, abs=0.01)
    assert viewer.down.audio_loss == pytest.approx(told, abs=0.01)


def test_pictures_the_publisher_lost_or_repeated_late_lower_no_layer(core: MediaCore) -> None:
    core.publish(CAMERA, SPEAKER, replace(VIDEO, nack=True))
    watcher = Listener(900)
    film(core, 0, 25, key_at=(0, 24))
    watcher.take(sent(core), 1.2)
    for number in range(25, 400):
        now = number / 20
        for rid in RIDS:
            if number % 4:
                core.on_rtp(SPEAKER, picture(rid, 1000 * RIDS.index(rid) + number), now)
            if number % 8 == 2:
                core.on_rtp(SPEAKER, picture(rid, 1000 * RIDS.index(rid) + number - 2), now)
        core.tick(now)
        watcher.take(sent(core), now)
        if number % 20 == 0:
            core.on_rtcp(VIEWER, watcher.report(now), now)

    assert core.sample(VIEWER, 20.0).down.loss == 0.0
    assert shown_layers(core, 400) == {"f"}


def test_quality_facts_tell_both_directions_and_no_data_where_there_is_none(core: MediaCore) -> None:
    core.set_round_trip(OTHER, 0.08)
    for number in range(250):
        if number % 25 != 5:
            core.on_rtp(SPEAKER, sound(number), number / 50)
    core.on_rtcp(VIEWER, rtcp.receiver_report(1, [rtcp.ReportBlock(800, 0, 0, 100, 0, 0, 0)]), 4.0)
    core.on_rtcp(VIEWER, rtcp.receiver_report(1, [rtcp.ReportBlock(800, 0, 5, 200, 480, 0, 0)]), 5.0)

    speaker, viewer, other = (core.sample(peer, 5.0) for peer in (SPEAKER, VIEWER, OTHER))

    assert speaker.up.audio_loss == pytest.approx(0.04, abs=0.001)
    assert speaker.up.score is not None
    assert 60 < speaker.up.score < 75
    assert (viewer.down.loss, viewer.down.jitter_ms) == (0.05, 10.0)
    assert viewer.up.score is None
    assert (other.round_trip_ms, other.score, other.up.loss, other.silent_seconds) == (80.0, None, None, None)


def test_a_narrow_line_pauses_pictures_and_tells_so_twice(core: MediaCore) -> None:
    def play(steps: range) -> None:
        for step in steps:
            core.on_rtp(SPEAKER, picture("q", step, key=step % 5 == 0), step / 10)
            core.on_rtp(SPEAKER, sound(step), step / 10)
            core.tick(step / 10)

    play(range(40))
    core.take_events()
    core.on_rtcp(VIEWER, rtcp.remb(1, 4_000, [900]), 4.0)
    assert core.take_events() == []
    play(range(40, 60))
    assert core.take_events() == [StreamStateChanged(SHOWN, StreamState.PAUSED)]
    core.take_rtp()

    play(range(60, 220))

    assert StreamStateChanged(SHOWN, StreamState.ACTIVE) in core.take_events()
    heard = [packet for _, packet in sent(core) if packet.ssrc == 800]
    assert len(heard) == 160


@pytest.fixture
def shares(core: MediaCore, monkeypatch: pytest.MonkeyPatch) -> list[PeerId]:
    """Names the subscriber each time a line is shared, from a picture that flows on."""
    core.subscribe(SubscriptionId("other"), CAMERA, OTHER, SubscribedMedia("1", 901, 120), 0.0)
    film(core, 0, 25, key_at=(0, 24))
    shared: list[PeerId] = []
    share = SharedLines.share

    def counted(self: SharedLines, peer: Peer, now: float) -> Allocation:
        shared.append(peer.identifier)
        return share(self, peer, now)

    monkeypatch.setattr(SharedLines, "share", counted)
    return shared


def test_a_packet_full_of_goodbyes_shares_each_line_once(core: MediaCore, shares: list[PeerId]) -> None:
    core.on_rtcp(SPEAKER, struct.pack("!BBH31I", 0x9F, rtcp.GOODBYE, 31, *[102] * 31) * 11, 1.3)

    assert sorted(shares) == [OTHER, VIEWER]


def test_a_stream_that_leaves_and_comes_back_without_end_shares_lines_a_few_times(
    core: MediaCore, shares: list[PeerId]
) -> None:
    goodbye = struct.pack("!BBHI", 0x81, rtcp.GOODBYE, 1, 102)
    for number in range(200):
        core.on_rtcp(SPEAKER, goodbye, 1.3)
        core.on_rtp(SPEAKER, picture("f", 2025 + number), 1.3)

    assert len(shares) <= 20
    core.on_rtcp(SPEAKER, goodbye, 1.4)
    core.take_rtcp()
    core.tick(2.0)
    assert rtcp.KeyframeRequest(101) in asked(core), "the tick does not make up for it"


def test_of_many_sender_reports_subscribers_get_one_each_half_second(core: MediaCore) -> None:
    film(core, 0, 25, key_at=(0, 24))
    core.take_rtcp()

    def told(now: float) -> int:
        report = rtcp.sender_report(rtcp.SenderReport(102, int(now) << 32, 5, 1, 1))
        core.on_rtcp(SPEAKER, report * 52, now)
        return sum(isinstance(each, rtcp.SenderReport) for each in asked(core))

    assert [told(2.0), told(2.4), told(2.5), told(3.5)] == [1, 0, 1, 1]


def test_one_packet_asks_for_256_repeats_at_most(core: MediaCore) -> None:
    core.subscribe(SHOWN, CAMERA, VIEWER, SubscribedMedia("1", 900, 120, 910, 121, nack=True), 0.0)
    film(core, 0, 500, rids="q", key_at=(0,))
    numbers = [packet.sequence for _, packet in sent(core)]

    packet = b"".join(rtcp.nack(1, 900, numbers[at : at + 100]) for at in range(0, 500, 100))
    core.on_rtcp(VIEWER, packet, 30.0)

    repeated = [int.from_bytes(packet.payload[:2], "big") for _, packet in sent(core)]
    assert repeated == numbers[:256]


PACKETS = st.one_of(
    st.binary(max_size=1600),
    st.builds(
        lambda first, second, sequence, ssrc, rest: struct.pack("!BBHII", first, second, sequence, 1, ssrc) + rest,
        st.sampled_from([0x80, 0x90, 0xA0, 0xB0]),
        st.sampled_from([0xE0, 0x60, 111, 97]),
        st.integers(0, 0xFFFF),
        st.sampled_from([77, 100, 101, 900, 5]),
        st.binary(max_size=80)
        | st.binary(max_size=30).map(lambda tail: rtp.extension_block([(4, b"1"), (10, b"q")]) + tail)
        | st.binary(max_size=30).map(lambda tail: rtp.extension_block([(4, b"1"), (11, b"q")]) + tail),
    ),
)
REPORTS = st.one_of(
    st.binary(max_size=300),
    st.builds(
        lambda kind, count, body: struct.pack("!BBH", 0x80 | count, kind, len(body) // 4) + body,
        st.sampled_from([200, 201, 203, 205, 206]),
        st.integers(0, 31),
        st.lists(st.sampled_from([0, 1, 77, 100, 900, 0x52454D42, 0xFFFFFFFF]), max_size=30).map(
            lambda words: struct.pack(f"!{len(words)}I", *words)
        ),
    ),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.booleans(), PACKETS, REPORTS), max_size=25))
def test_whatever_a_member_sends_the_others_hear_each_other(noise: list[tuple[bool, bytes, bytes]]) -> None:
    core, now = made(), 0.0
    core.publish(TrackId("rogue camera"), OTHER, VIDEO)
    core.subscribe(SubscriptionId("rogue view"), CAMERA, OTHER, SubscribedMedia("1", 900, 120, 901, 121), 0.0)
    core.subscribe(SubscriptionId("own view"), TrackId("rogue camera"), VIEWER, SubscribedMedia("2", 950, 120), 0.0)
    for number, (first, packet, report) in enumerate(noise):
        now += 0.02
        if first:
            core.on_rtp(OTHER, packet, now)
        core.on_rtcp(OTHER, report, now)
        core.on_rtp(SPEAKER, sound(number), now)
        core.tick(now)
        core.sample(OTHER, now)

    heard = [packet for peer, packet in sent(core) if peer == VIEWER and packet.ssrc == 800]
    assert len(heard) == len(noise)
