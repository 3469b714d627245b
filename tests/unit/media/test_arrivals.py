"""What arrives: repeats asked for, transport feedback, receiver reports, key frame requests, demultiplexing."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.media.domain.arrival import RateMeter, ReceiveStatistics
from services.media.domain.demux import Demultiplexer, Route
from services.media.domain.history import CAPACITY, PacketHistory
from services.media.domain.keyframes import KeyframeGate
from services.media.domain.layer import unwrap_repair
from services.media.domain.nack import MAX_TRIES, GapTracker
from services.media.domain.packet import MediaPacket
from services.media.domain.ports import Codec, ExtensionIds, Kind, PublishedMedia, SsrcPair, TrackId
from services.media.domain.rtcp import SenderReport
from services.media.domain.rtp import MalformedPacket, RtpPacket
from services.media.domain.twcc import FeedbackRecorder
from services.media.domain.uplink import UplinkEstimate

CAMERA, VOICE = TrackId("camera"), TrackId("voice")


def test_a_reordered_packet_is_not_asked_for() -> None:
    gaps = GapTracker()
    gaps.on_packet(1, 0.0)
    gaps.on_packet(3, 0.001)
    assert gaps.due(0.015, 0.1) == []
    gaps.on_packet(2, 0.016)

    assert gaps.due(0.030, 0.1) == []
    assert not gaps


def test_a_lost_packet_is_asked_for_each_round_trip_until_given_up() -> None:
    gaps = GapTracker()
    gaps.on_packet(1, 0.0)
    gaps.on_packet(3, 0.0)
    asked = [step / 1000 for step in range(0, 3000, 5) if gaps.due(step / 1000, 0.2) == [2]]

    assert asked == pytest.approx([0.02, 0.22, 0.42, 0.62, 0.82], abs=0.006)
    assert gaps.abandoned == 1


def test_a_near_publisher_is_asked_ten_times_at_most() -> None:
    gaps = GapTracker()
    gaps.on_packet(1, 0.0)
    gaps.on_packet(3, 0.0)

    assert sum(len(gaps.due(step / 1000, 0.0)) for step in range(0, 3000, 5)) == MAX_TRIES
    assert gaps.abandoned == 1


def test_a_jump_too_far_to_repair_wants_a_key_frame() -> None:
    gaps = GapTracker()
    gaps.on_packet(1, 0.0)

    assert gaps.on_packet(1000, 0.0)
    assert gaps.due(1.0, 0.1) == []


@given(st.permutations(range(200)), st.sets(st.integers(1, 198), max_size=50))
def test_what_is_asked_for_is_exactly_what_is_missing(order: list[int], lost: set[int]) -> None:
    gaps = GapTracker()
    gaps.on_packet(1000, 0.0)
    for number in [*order, 199]:
        if number not in lost:
            gaps.on_packet(1001 + number, 0.0)

    assert sorted(gaps.due(0.5, 0.1)) == [1001 + number for number in sorted(lost)]


def test_key_frame_requests_of_many_become_few_and_none_is_lost() -> None:
    gate = KeyframeGate()
    sent = [step for step in range(200) if (gate.want(step / 100) if step < 30 else gate.due(step / 100))]
    assert sent == [0, 50]

    gate.want(0.6)
    gate.on_keyframe()
    assert not gate.due(5.0)


def packet(extended: int) -> MediaPacket:
    return MediaPacket(extended, 0, b"x")


def test_the_history_keeps_the_last_thousand_and_knows_duplicates() -> None:
    history = PacketHistory()
    kept = [packet(number) for number in range(2000)]
    assert all(history.put(each) for each in kept)

    assert not history.put(packet(1999))
    assert not history.put(packet(1999 - CAPACITY))
    assert history.get(1999) is kept[1999]
    assert history.get(2000 - CAPACITY) is kept[2000 - CAPACITY]
    assert history.get(1999 - CAPACITY) is None


def test_a_receiver_report_tells_loss_jitter_and_the_senders_clock() -> None:
    statistics = ReceiveStatistics(90_000)
    for number in range(100):
        if number % 4 != 3:
            statistics.on_packet(1000 + number, 3000 * number, number / 30, repaired=False)
    statistics.on_sender_report(SenderReport(5, 0x1234_5678_9ABC_DEF0, 0, 0, 0), 10.0)

    block = statistics.report_block(5, 10.5)

    assert (block.fraction_lost, block.packets_lost) == (62, 24)
    assert (block.last_report, block.delay) == (0x5678_9ABC, 32768)
    assert block.jitter == 0
    assert statistics.report_block(5, 11.0).fraction_lost == 0


def test_uneven_arrivals_are_jitter_and_repaired_ones_are_not() -> None:
    statistics = ReceiveStatistics(48_000)
    for number in range(200):
        late = 0.010 if number % 2 else 0.0
        statistics.on_packet(number, 960 * number, number / 50 + late, repaired=False)
        statistics.on_packet(number, 960 * number + 1, number / 50 + 9, repaired=True)

    assert statistics.jitter_ms == pytest.approx(10, abs=0.5)


def test_a_rate_is_that_of_the_last_whole_window() -> None:
    meter = RateMeter()
    for step in range(101):
        meter.add(125, step / 100)

    assert meter.bps == pytest.approx(101_000)
    meter.roll(3.0)
    assert meter.bps == 0


def decode_feedback(data: bytes) -> tuple[int, dict[int, float]]:
    """Reads transport-wide feedback by the draft, independent of the writer."""
    first, kind, words, _, media, base, count = struct.unpack_from("!BBHIIHH", data)
    assert (first & 0xDF, kind, len(data)) == (0x8F, 205, 4 + 4 * words)
    reference = int.from_bytes(data[16:19], "big")
    at, symbols = 20, list[int]()
    while len(symbols) < count:
        (chunk,) = struct.unpack_from("!H", data, at)
        at += 2
        if chunk & 0x8000:
            assert chunk & 0x4000
            symbols += [chunk >> 2 * (6 - position) & 3 for position in range(7)]
        else:
            symbols += [chunk >> 13] * (chunk & 0x1FFF)
    arrivals: dict[int, float] = {}
    clock = reference * 0.064
    for offset, symbol in enumerate(symbols[:count]):
        if symbol == 1:
            clock += data[at] * 0.00025
        elif symbol == 2:
            clock += struct.unpack_from("!h", data, at)[0] * 0.00025
        at += symbol
        if symbol:
            arrivals[base + offset & 0xFFFF] = clock
    end = len(data) - (data[-1] if first & 0x20 else 0)
    assert at == end
    return media, arrivals


@given(
    st.integers(0, 0xFFFF),
    st.lists(st.tuples(st.integers(1, 9), st.floats(0, 0.3)), min_size=1, max_size=120),
)
def test_transport_feedback_tells_each_arrival_once(base: int, steps: list[tuple[int, float]]) -> None:
    recorder = FeedbackRecorder()
    sequence, now, sent = base, 100.0, dict[int, float]()
    for step, gap in steps:
        sequence, now = sequence + step, now + gap
        recorder.on_packet(sequence & 0xFFFF, now)
        sent[sequence & 0xFFFF] = now

    told: dict[int, float] = {}
    for message in recorder.take(1, 2):
        media, arrivals = decode_feedback(message)
        assert media == 2
        assert not told.keys() & arrivals.keys()
        told |= arrivals

    assert told.keys() == sent.keys()
    for number, at in sent.items():
        assert told[number] == pytest.approx(at, abs=0.00026)
    assert recorder.take(1, 2) == []


def test_a_packet_lost_between_two_feedbacks_is_told_lost() -> None:
    recorder = FeedbackRecorder()
    recorder.on_packet(0xFFFF, 1.0)
    recorder.take(1, 2)
    recorder.on_packet(2, 1.1)

    (message,) = recorder.take(1, 2)

    assert struct.unpack_from("!HH", message, 12) == (0, 3)
    assert list(decode_feedback(message)[1]) == [2]


IDS = ExtensionIds(mid=1, rid=2, repaired_rid=3)
SIMULCAST = PublishedMedia(Kind.VIDEO, Codec.VP8, "1", 96, rtx_payload_type=97, rids=("q", "h", "f"), extensions=IDS)
PLAIN = PublishedMedia(Kind.AUDIO, Codec.OPUS, "0", 111, extensions=IDS)


def arriving(ssrc: int, payload_type: int, payload: bytes = b"x", **names: str) -> RtpPacket:
    ids = {"mid": 1, "rid": 2, "repaired": 3}
    return RtpPacket(
        marker=False,
        payload_type=payload_type,
        sequence=9,
        timestamp=5,
        ssrc=ssrc,
        extensions={ids[name]: value.encode() for name, value in names.items()},
        payload=payload,
        padding_only=not payload,
    )


def test_layers_are_found_by_their_names_and_then_by_ssrc() -> None:
    demux = Demultiplexer()
    demux.announce(CAMERA, SIMULCAST)
    demux.announce(VOICE, PLAIN)

    assert demux.route(arriving(10, 96, mid="1", rid="h")) == Route(CAMERA, 1, repair=False)
    assert demux.route(arriving(11, 97, mid="1", repaired="h")) == Route(CAMERA, 1, repair=True)
    assert demux.route(arriving(12, 111)) == Route(VOICE, 0, repair=False)
    assert demux.route(arriving(10, 96)) == Route(CAMERA, 1, repair=False)
    assert demux.route(arriving(11, 97)) == Route(CAMERA, 1, repair=True)


def test_a_packet_that_names_no_layer_of_ours_is_nobodys() -> None:
    demux = Demultiplexer()
    demux.announce(CAMERA, SIMULCAST)

    assert demux.route(arriving(10, 96, mid="7", rid="q")) is None
    assert demux.route(arriving(10, 96, mid="1", rid="x")) is None
    assert demux.route(arriving(10, 100, mid="1", rid="q")) is None
    assert demux.route(arriving(10, 96, mid="1")) is None


def test_a_layer_that_begins_again_takes_the_place_of_its_old_ssrc() -> None:
    demux = Demultiplexer()
    demux.announce(CAMERA, SIMULCAST)
    demux.route(arriving(10, 96, mid="1", rid="q"))
    demux.route(arriving(20, 96, mid="1", rid="q"))

    assert demux.known(10) is None
    assert demux.known(20) == Route(CAMERA, 0, repair=False)
    demux.withdraw(CAMERA)
    assert demux.known(20) is None


def test_announced_ssrcs_need_no_extension() -> None:
    demux = Demultiplexer()
    demux.announce(CAMERA, PublishedMedia(Kind.VIDEO, Codec.VP8, "2", 96, 97, ssrcs=(SsrcPair(5, 6),)))

    assert demux.known(5) == Route(CAMERA, 0, repair=False)
    assert demux.known(6) == Route(CAMERA, 0, repair=True)


def test_a_repair_packet_becomes_the_packet_it_repeats() -> None:
    repeated = unwrap_repair(arriving(6, 97, b"\x12\x34body"), 5, 96)

    assert repeated is not None
    assert (repeated.sequence, repeated.ssrc, repeated.payload_type) == (0x1234, 5, 96)
    assert repeated.payload == b"body"
    assert unwrap_repair(arriving(6, 97, b""), 5, 96) is None
    with pytest.raises(MalformedPacket):
        unwrap_repair(arriving(6, 97, b"\x12"), 5, 96)


def uplink_after(queue_growth: float, seconds: int = 10) -> list[int]:
    """Sends 1.6 Mbit/s; each packet waits `queue_growth` seconds longer per second than the one before."""
    estimate, told = UplinkEstimate(), list[int]()
    for step in range(seconds * 200):
        sent = step / 200
        estimate.on_packet(1000, int(sent * 262144) & 0xFFFFFF, 5.0 + sent * (1 + queue_growth))
        if step % 200 == 199:
            told.append(estimate.report(5.0 + sent * (1 + queue_growth)))
    return told


def test_a_free_uplink_is_told_more_and_a_filling_queue_less() -> None:
    free, filling = uplink_after(0.0), uplink_after(0.2)

    assert free == sorted(free)
    assert free[-1] > 1_600_000
    assert filling[-1] < 1_600_000 * 0.9
