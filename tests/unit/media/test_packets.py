"""RTP, VP8 and RTCP on the wire: by example, against aiortc's own codec, and against noise."""

import struct

import pytest
from aiortc import rtp as oracle
from aiortc.codecs.vpx import VpxPayloadDescriptor
from aiortc.rtp import pack_remb_fci
from hypothesis import given
from hypothesis import strategies as st

from services.media.domain import rtcp, rtp, vp8
from services.media.domain.rtp import MalformedPacket
from services.media.domain.sequence import Unwrapper, forward_distance

SSRC = st.integers(0, 0xFFFFFFFF)
HALF = 0x8000


def packet(first: int, rest: bytes) -> bytes:
    return struct.pack("!BBHII", first, 0xE0, 7, 9, 11) + rest


@given(
    st.booleans(),
    st.integers(0, 127),
    st.integers(0, 0xFFFF),
    SSRC,
    SSRC,
    st.dictionaries(st.integers(1, 14), st.binary(min_size=1, max_size=16), max_size=6),
    st.binary(min_size=1, max_size=900),
)
def test_a_packet_written_by_aiortc_is_read_alike(
    marker: bool,
    payload_type: int,
    sequence: int,
    timestamp: int,
    ssrc: int,
    extensions: dict[int, bytes],
    payload: bytes,
) -> None:
    block = rtp.extension_block(list(extensions.items()))
    written = oracle.RtpPacket(payload_type, int(marker), sequence, timestamp, ssrc, payload).serialize()
    data = bytes((written[0] | (0x10 if block else 0),)) + written[1:12] + block + written[12:]

    read = rtp.parse(data)

    assert (read.marker, read.payload_type, read.sequence) == (marker, payload_type, sequence)
    assert (read.timestamp, read.ssrc) == (timestamp, ssrc)
    assert read.extensions == extensions
    assert read.payload == payload
    if block:
        profile, length = struct.unpack_from("!HH", block)
        assert len(block) == 4 + 4 * length
        assert oracle.unpack_header_extensions(profile, block[4:]) == list(extensions.items())


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "empty"),
        (bytes(11), "shorter than a header"),
        (b"\x80" + bytes(1600), "longer than a packet may be"),
        (packet(0x40, b""), "version 1"),
        (packet(0x82, bytes(7)), "two contributing sources announced, one and a bit there"),
        (packet(0x90, b"\xbe\xde"), "extension header cut"),
        (packet(0x90, b"\xbe\xde\x00\x02\x40\x01\x00\x00"), "extension longer than the packet"),
        (packet(0x90, b"\xbe\xde\x00\x01\x4f\x01\x00\x00"), "one-byte element past the extension"),
        (packet(0x90, b"\x10\x00\x00\x01\x04\x09\x00\x00"), "two-byte element past the extension"),
        (packet(0x90, b"\x10\x00\x00\x01\x00\x00\x00\x04"), "two-byte element without length"),
        (packet(0xA0, b"\x00"), "padding of nothing"),
        (packet(0xA0, b"\x00\x09"), "padding longer than the payload"),
    ],
)
def test_a_broken_packet_is_refused(data: bytes, why: str) -> None:
    with pytest.raises(MalformedPacket):
        rtp.parse(data)
    assert why


def test_padding_is_taken_off_and_a_packet_of_padding_is_known() -> None:
    assert rtp.parse(packet(0xA0, b"abc\x00\x02")).payload == b"abc"
    assert rtp.parse(packet(0xA0, b"\x00\x00\x03")).padding_only


@given(st.binary(max_size=1600))
def test_noise_is_read_or_refused(data: bytes) -> None:
    for parse in (rtp.parse, rtcp.parse, vp8.parse):
        try:
            parse(data)
        except MalformedPacket:
            continue


@given(st.binary(max_size=200), st.integers(0, 31), st.integers(200, 207))
def test_noise_after_an_rtcp_header_is_read_or_refused(body: bytes, count: int, kind: int) -> None:
    body += bytes(-len(body) % 4)
    try:
        rtcp.parse(struct.pack("!BBH", 0x80 | count, kind, len(body) // 4) + body)
    except MalformedPacket:
        return


DESCRIPTORS = st.builds(
    VpxPayloadDescriptor,
    partition_start=st.sampled_from([0, 1]),
    partition_id=st.integers(0, 7),
    picture_id=st.none() | st.integers(0, 0x7FFF),
    tl0picidx=st.none() | st.integers(0, 255),
    tid=st.none() | st.tuples(st.integers(0, 3), st.integers(0, 1)),
    keyidx=st.none() | st.integers(0, 31),
)


@given(DESCRIPTORS, st.binary(min_size=1, max_size=20))
def test_a_vp8_descriptor_written_by_aiortc_is_read_alike(written: VpxPayloadDescriptor, payload: bytes) -> None:
    found = vp8.parse(bytes(written) + payload)

    assert found.picture_id == (written.picture_id or 0)
    assert found.tl0_index == (written.tl0picidx or 0)
    assert found.temporal_layer == (written.tid[0] if written.tid else 0)
    assert found.key_index == (written.keyidx or 0)
    opens = bool(written.partition_start) and written.partition_id == 0
    assert found.keyframe == (opens and payload[0] & 1 == 0)


@given(DESCRIPTORS, st.integers(0, 0x7FFF), st.integers(0, 255), st.integers(0, 31))
def test_renumbering_changes_the_running_numbers_and_nothing_else(
    written: VpxPayloadDescriptor, picture: int, tl0: int, key_index: int
) -> None:
    payload = bytes(written) + b"\x9dbody"

    patched = vp8.renumber(payload, vp8.parse(payload), picture, tl0, key_index)

    read, rest = VpxPayloadDescriptor.parse(patched)
    wide = written.picture_id is not None and payload[2] & 0x80
    expected_picture = None if written.picture_id is None else picture & (0x7FFF if wide else 0x7F)
    assert read.picture_id == expected_picture
    assert read.tl0picidx == (None if written.tl0picidx is None else tl0)
    assert read.keyidx == (None if written.keyidx is None else key_index)
    assert read.tid == written.tid
    assert (len(patched), rest) == (len(payload), b"\x9dbody")


@given(SSRC, st.lists(st.integers(0, 300), min_size=1, max_size=60, unique=True), st.integers(0, 0xFFFF))
def test_a_nack_is_read_alike_by_aiortc_and_by_us(ssrc: int, offsets: list[int], base: int) -> None:
    missing = [base + offset & 0xFFFF for offset in sorted(offsets)]

    written = rtcp.nack(1, ssrc, missing)

    (read,) = oracle.RtcpPacket.parse(written)
    assert isinstance(read, oracle.RtcpRtpfbPacket)
    # aiortc counts past 65535 where the mask wraps.
    assert (read.media_ssrc, [number & 0xFFFF for number in read.lost]) == (ssrc, missing)
    assert rtcp.parse(written) == [rtcp.Nack(ssrc, tuple(missing))]


def test_a_nack_of_thousands_is_read_in_part() -> None:
    (read,) = rtcp.parse(rtcp.nack(1, 5, list(range(6000))))

    assert isinstance(read, rtcp.Nack)
    assert read.sequences == tuple(range(len(read.sequences)))
    assert 256 <= len(read.sequences) <= 272


@given(st.integers(0, 1 << 40))
def test_a_remb_keeps_eighteen_bits_of_the_estimate(bitrate: int) -> None:
    written = rtcp.remb(1, bitrate, [5, 6])

    (read,) = oracle.RtcpPacket.parse(written)
    assert isinstance(read, oracle.RtcpPsfbPacket)
    seen, ssrcs = oracle.unpack_remb_fci(read.fci)
    assert ssrcs == [5, 6]
    assert rtcp.parse(written) == [rtcp.Remb(seen)]
    assert seen <= bitrate <= seen + (seen >> 17) + 1


def test_a_remb_of_another_writer_is_read() -> None:
    written = bytes(oracle.RtcpPsfbPacket(fmt=15, ssrc=1, media_ssrc=0, fci=pack_remb_fci(4_000_000, [9])))

    assert rtcp.parse(written) == [rtcp.Remb(4_000_000)]


def test_a_compound_of_reports_and_requests_is_read_in_order() -> None:
    block = rtcp.ReportBlock(77, 12, -5, 70000, 90, 0xABCD, 65536)
    report = rtcp.SenderReport(11, 1 << 63, 90000, 5, 600)
    packet = rtcp.sender_report(report) + rtcp.receiver_report(1, [block]) + rtcp.picture_loss(1, 33)
    fir = bytes(oracle.RtcpPsfbPacket(fmt=4, ssrc=1, media_ssrc=0, fci=struct.pack("!IB3x", 44, 1)))
    bye = bytes(oracle.RtcpByePacket(sources=[55]))

    assert rtcp.parse(packet + fir + bye) == [
        report,
        block,
        rtcp.KeyframeRequest(33),
        rtcp.KeyframeRequest(44),
        rtcp.Goodbye(55),
    ]
    assert [type(each).__name__ for each in oracle.RtcpPacket.parse(packet)] == [
        "RtcpSrPacket",
        "RtcpRrPacket",
        "RtcpPsfbPacket",
    ]


@given(st.integers(0, 0xFFFF), st.lists(st.integers(-HALF + 1, HALF - 1), max_size=200))
def test_unwrapped_numbers_keep_their_low_bits_and_their_distances(first: int, steps: list[int]) -> None:
    unwrapper = Unwrapper()
    highest = unwrapper.extend(first)
    for step in steps:
        extended = unwrapper.extend(highest + step & 0xFFFF)
        assert extended == highest + step
        highest = max(highest, extended)


@given(SSRC, st.integers(-(1 << 31) + 1, (1 << 31) - 1))
def test_distance_on_a_wheel_is_signed(older: int, distance: int) -> None:
    assert forward_distance(older + distance & 0xFFFFFFFF, older, 32) == distance
