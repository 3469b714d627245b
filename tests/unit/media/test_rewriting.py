"""One subscriber's stream stays one stream: across loss, reorder, wraps, layer switches and pauses."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from services.media.domain import vp8
from services.media.domain.packet import MediaPacket
from services.media.domain.resend import ResendBudget
from services.media.domain.rewrite import Rewriter, align, apply
from services.media.domain.rtcp import SenderReport

VIDEO_CLOCK = 90_000


def picture(extended: int, number: int, *, timestamp: int = 0, key: bool = False) -> MediaPacket:
    head = b"\x90\xf0" + (0x8000 | number & 0x7FFF).to_bytes(2, "big") + bytes((number & 0xFF, number & 0x1F))
    payload = head + (b"\x00" if key else b"\x01") + b"body"
    return MediaPacket(extended, timestamp & 0xFFFFFFFF, payload, marker=True, descriptor=vp8.parse(payload))


@given(
    st.integers(0, 0x7FFF),
    st.lists(st.tuples(st.integers(1, 12), st.integers(0, 0x7FFF), st.integers(0, 0xFFFFF)), min_size=1, max_size=12),
)
def test_switches_leave_no_gap_in_sequence_and_pictures_and_time_runs_forward(
    first: int, stretches: list[tuple[int, int, int]]
) -> None:
    rewriter = Rewriter(first, VIDEO_CLOCK)
    now, sent = 0.0, []
    for source, (length, number, base) in enumerate(stretches):
        for index in range(length):
            packet = picture(base + index, number + index, timestamp=base * 977 + 3000 * index, key=index == 0)
            if index == 0:
                rewriter.switch(source, packet, now, None)
            rewritten = rewriter.forward(packet, now)
            assert rewritten is not None
            sent.append(rewritten)
            now += 1 / 30

    for before, after in itertools.pairwise(sent):
        assert after.extended == before.extended + 1
        assert 0 < (after.timestamp - before.timestamp & 0xFFFFFFFF) < VIDEO_CLOCK
        old, new = vp8.parse(before.payload), vp8.parse(after.payload)
        assert new.picture_id == old.picture_id + 1 & 0x7FFF
        assert new.tl0_index == old.tl0_index + 1 & 0xFF
        assert new.key_index == old.key_index + 1 & 0x1F
    assert sent[0].extended & 0xFFFF == first


@given(st.permutations(range(20)), st.sets(st.integers(1, 19), max_size=8))
def test_lost_numbers_stay_free_and_late_packets_fill_them(order: list[int], lost: set[int]) -> None:
    rewriter = Rewriter(7, VIDEO_CLOCK)
    rewriter.switch(0, picture(100, 0, key=True), 0.0, None)
    rewriter.forward(picture(100, 0, key=True), 0.0)

    for index in order:
        if index in lost or index == 0:
            continue
        rewritten = rewriter.forward(picture(100 + index, index), 0.0)
        assert rewritten is not None
        assert rewritten.extended - 0x10000 == 7 + index


def padding(extended: int) -> MediaPacket:
    return MediaPacket(extended, 0, b"", padding_only=True)


@given(st.lists(st.sampled_from("mmpppl"), min_size=1, max_size=60), st.integers(0, 3))
def test_padding_is_left_out_without_a_gap_and_what_is_missing_keeps_its_place(kinds: list[str], late_by: int) -> None:
    rewriter = Rewriter(7, VIDEO_CLOCK)
    rewriter.switch(0, picture(100, 0, key=True), 0.0, None)
    sent = {100: rewriter.forward(picture(100, 0, key=True), 0.0)}
    late: list[int] = []
    gap = False

    for extended, kind in enumerate(kinds, start=101):
        if kind == "l":
            late.append(extended)
            gap = True
        elif kind == "m":
            sent[extended] = rewriter.forward(picture(extended, extended), 0.0)
            gap = False
        else:
            # What came behind a gap is sent, as it may be what the gap was of.
            sent_padding = rewriter.forward(padding(extended), 0.0)
            assert (sent_padding is not None) == gap
            if sent_padding is not None:
                sent[extended] = sent_padding
            gap = False
        if len(late) > late_by:
            arrived = late.pop(0)
            gap = gap and arrived != extended
            sent[arrived] = rewriter.forward(picture(arrived, arrived), 0.0)
    kept = sorted(sent.items())
    outputs = [rewritten.extended for _, rewritten in kept if rewritten is not None]

    assert len(outputs) == len(kept)
    assert outputs == sorted(set(outputs))
    assert outputs[-1] - outputs[0] + 1 == len(outputs) + sum(number < kept[-1][0] for number in late)
    for source, rewritten in kept:
        assert rewritten is not None
        found = rewriter.locate(rewritten.extended & 0xFFFF)
        assert found is not None
        assert found[1] == source


@given(st.integers(0, 0x7FFF), st.permutations(range(1, 40)), st.sets(st.integers(1, 39), max_size=20))
def test_numbers_never_sent_are_counted_for_each_moment(first: int, order: list[int], lost: set[int]) -> None:
    rewriter = Rewriter(first, VIDEO_CLOCK)
    rewriter.switch(0, picture(100, 0, key=True), 0.0, None)
    unsent: dict[int, int] = {}
    highest = 0

    for sent, index in enumerate([0, *(index for index in order if index not in lost)], start=1):
        rewriter.forward(picture(100 + index, index), 0.0)
        highest = max(highest, index)
        unsent[first + highest & 0xFFFF] = highest + 1 - sent

    assert {sequence: rewriter.unsent(sequence) for sequence in unsent} == unsent


def test_a_packet_from_before_the_switch_is_not_sent() -> None:
    rewriter = Rewriter(0, VIDEO_CLOCK)
    rewriter.switch(0, picture(100, 0, key=True), 0.0, None)
    rewriter.forward(picture(100, 0, key=True), 0.0)

    assert rewriter.forward(picture(99, 0), 0.0) is None


@given(st.lists(st.integers(1, 30), min_size=1, max_size=8))
def test_every_number_sent_is_found_again_at_its_source(lengths: list[int]) -> None:
    rewriter = Rewriter(0x7FF0, VIDEO_CLOCK)
    sent: dict[int, tuple[int, int]] = {}
    for source, length in enumerate(lengths):
        for index in range(length):
            packet = picture(1000 * source + index, index, key=index == 0)
            if index == 0:
                rewriter.switch(source, packet, 0.0, None)
            rewritten = rewriter.forward(packet, 0.0)
            assert rewritten is not None
            sent[rewritten.extended & 0xFFFF] = (source, packet.extended)

    for sequence, (source, extended) in sent.items():
        located = rewriter.locate(sequence)
        assert located is not None
        assert (located[0].source, located[1]) == (source, extended)
    assert rewriter.locate(rewriter.highest + 1 & 0xFFFF) is None


def test_reports_of_both_layers_keep_lip_sync_over_a_switch() -> None:
    low = SenderReport(1, 1000 << 32, 5_000, 0, 0)
    high = SenderReport(2, (1000 << 32) + (1 << 31), 700_000, 0, 0)
    rewriter = Rewriter(0, VIDEO_CLOCK)
    rewriter.switch(1, picture(10, 0, timestamp=5_000, key=True), 0.0, None)
    rewriter.forward(picture(10, 0, timestamp=5_000, key=True), 0.0)

    # The high layer's picture was taken half a second later, and came a little late.
    switched = picture(90, 0, timestamp=700_000, key=True)
    rewriter.switch(2, switched, 0.55, align(0, low, high, VIDEO_CLOCK))
    rewritten = rewriter.forward(switched, 0.55)

    assert rewritten is not None
    assert rewritten.timestamp == 5_000 + VIDEO_CLOCK // 2


def test_a_report_that_cannot_be_true_is_not_believed() -> None:
    rewriter = Rewriter(0, VIDEO_CLOCK)
    rewriter.switch(1, picture(10, 0, timestamp=0, key=True), 0.0, None)
    rewriter.forward(picture(10, 0, timestamp=0, key=True), 0.0)

    switched = picture(90, 0, timestamp=0, key=True)
    rewriter.switch(2, switched, 0.1, 1 << 30)
    rewritten = rewriter.forward(switched, 0.1)

    assert rewritten is not None
    assert rewritten.timestamp == 9_000


def test_a_picture_that_went_out_from_the_other_layer_does_not_stop_time() -> None:
    rewriter = Rewriter(0, VIDEO_CLOCK)
    rewriter.switch(1, picture(10, 0, timestamp=3_000, key=True), 0.0, None)
    rewriter.forward(picture(10, 0, timestamp=3_000, key=True), 0.0)

    switched = picture(90, 0, timestamp=3_000, key=True)
    rewriter.switch(2, switched, 0.001, 0)
    rewritten = rewriter.forward(switched, 0.001)

    assert rewritten is not None
    assert rewritten.timestamp == 3_001


def test_a_repeat_is_renumbered_as_the_packet_was() -> None:
    rewriter = Rewriter(0, VIDEO_CLOCK)
    rewriter.switch(1, picture(10, 5, key=True), 0.0, None)
    rewriter.forward(picture(10, 5, key=True), 0.0)
    second = picture(500, 900, key=True)
    rewriter.switch(2, second, 0.1, None)
    sent = rewriter.forward(second, 0.1)
    assert sent is not None

    located = rewriter.locate(sent.extended & 0xFFFF)

    assert located is not None
    assert apply(located[0], second) == sent


def test_repeats_are_spaced_and_cost_at_most_half_of_what_is_sent() -> None:
    budget = ResendBudget()
    assert budget.spend(1, 1000, 0.0)
    assert not budget.spend(1, 1000, 0.005)
    assert budget.spend(1, 1000, 0.010)

    granted = sum(budget.spend(number, 1000, 1.0) for number in range(2, 200))
    assert granted == 28
    for _ in range(10):
        budget.earn(1000)
    assert [budget.spend(300 + number, 1000, 2.0) for number in range(6)] == [True] * 5 + [False]
