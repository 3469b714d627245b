"""Offers of real clients are understood, and no text whatever does harm."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.media.domain.negotiation import Announced, Negotiation, Wanted
from services.media.domain.ports import Codec, Feedback, Kind, SsrcPair, SubscriptionId, TrackId
from services.media.domain.sdp import MAX_BYTES, Direction, SdpError, parse_offer
from tests.unit.media_sessions.fakes import LOCAL, OFFERS, offer_text

CAMERA, MICROPHONE = TrackId("TR_camera"), TrackId("TR_microphone")


def _answer_lines(sdp: str, mid: str) -> list[str]:
    section = next(part for part in sdp.split("\r\nm=") if f"a=mid:{mid}\r\n" in part)
    return section.split("\r\n")


@pytest.mark.parametrize("name", ["chromium_join", "native_join"])
def test_the_first_offer_of_a_client_has_sections_to_receive_on_and_data(name: str) -> None:
    offer = parse_offer(offer_text(name))

    kinds = [section.kind for section in offer.sections]
    assert sorted(kinds) == ["application"] + ["audio"] * 3 + ["video"] * 3
    assert all(section.direction is Direction.RECVONLY for section in offer.sections if section.kind != "application")
    assert offer.fingerprints[0].algorithm == "sha-256"
    assert offer.setup == "actpass"


@pytest.mark.parametrize(("name", "rids"), [("chromium_publish", ("q", "h", "f")), ("native_publish", ("q", "h"))])
def test_layers_are_read_lowest_first_whatever_their_order(name: str, rids: tuple[str, ...]) -> None:
    (video,) = [section for section in parse_offer(offer_text(name)).sections if section.rids]

    assert video.rids == rids
    assert video.ssrcs == ()
    assert video.codecs[0].name == "vp8"


@pytest.mark.parametrize("name", ["chromium_publish", "native_publish"])
def test_a_published_section_is_answered_with_repeats_layers_and_feedback(name: str) -> None:
    negotiation = Negotiation()
    negotiation.announce(Announced(CAMERA, Kind.VIDEO, frozenset({"unknown"})))
    negotiation.announce(Announced(MICROPHONE, Kind.AUDIO, frozenset({"unknown"})))

    answer = negotiation.answer(parse_offer(offer_text(name)), LOCAL)

    media = {published.track: published.media for published in answer.published}
    video = media[CAMERA]
    lines = _answer_lines(answer.sdp, video.mid)
    assert video.codec is Codec.VP8
    assert video.nack
    assert video.feedback is Feedback.TWCC
    assert video.extensions.mid
    assert video.extensions.rid
    assert video.extensions.repaired_rid
    # The native client offers no repeats for what it publishes in layers.
    assert (video.rtx_payload_type is not None) == (name == "chromium_publish")
    if video.rtx_payload_type is not None:
        assert f"a=fmtp:{video.rtx_payload_type} apt={video.payload_type}" in lines
    assert f"a=simulcast:recv {';'.join(video.rids)}" in lines
    assert "a=recvonly" in lines
    assert any("usedtx=1" in line for line in _answer_lines(answer.sdp, media[MICROPHONE].mid))


@pytest.mark.parametrize("path", sorted(OFFERS.glob("*.sdp")), ids=lambda path: path.stem)
def test_an_answer_has_the_sections_of_its_offer_in_order_and_is_passive_and_lite(path: object) -> None:
    offer = parse_offer(offer_text(path.stem))  # type: ignore[attr-defined]  # a Path of the glob

    sdp = Negotiation().answer(offer, LOCAL).sdp

    mids = [line.removeprefix("a=mid:") for line in sdp.split("\r\n") if line.startswith("a=mid:")]
    assert mids == [section.mid for section in offer.sections]
    assert f"a=group:BUNDLE {' '.join(mids)}" in sdp
    assert sdp.count("a=setup:passive") == len(mids)
    assert sdp.count("a=candidate:") == 1
    assert "a=ice-lite" in sdp.split("\r\nm=")[0]


def test_idle_sections_are_answered_with_every_extension() -> None:
    offer = parse_offer(offer_text("native_join"))

    sdp = Negotiation().answer(offer, LOCAL).sdp

    video = next(section for section in offer.sections if section.kind == "video")
    assert sum("rtp-stream-id" in line for line in _answer_lines(sdp, video.mid)) == 2
    assert "a=inactive" in _answer_lines(sdp, video.mid)


def test_firefox_qualified_extensions_and_paused_layers_are_read() -> None:
    text = offer_text("chromium_publish")
    text = text.replace("a=simulcast:send q;h;f", "a=simulcast:send q;~h;f")
    text = text.replace("a=extmap:4 urn", "a=extmap:4/sendonly urn")

    (video,) = [section for section in parse_offer(text).sections if section.rids]

    assert video.rids == ("q", "h", "f")
    assert video.extensions["urn:ietf:params:rtp-hdrext:sdes:mid"] == 4


@pytest.mark.parametrize(
    "text",
    [
        "",
        "v=0\r\n",
        "v=0\r\nm=audio\r\n",
        "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\n",
        "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n",
        "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\na=ice-ufrag:abcd\r\na=ice-pwd:abcdabcd\r\n",
        "x" * (MAX_BYTES + 1),
        "v=0\r\na=" + "x" * 5000 + "\r\nm=audio 9 a 1\r\n",
    ],
)
def test_what_is_no_offer_is_refused_with_a_reason(text: str) -> None:
    with pytest.raises(SdpError):
        parse_offer(text)


def test_a_client_that_wants_to_be_passive_is_refused() -> None:
    with pytest.raises(SdpError, match="passive"):
        parse_offer(offer_text("native_join").replace("a=setup:actpass", "a=setup:passive"))


def test_two_sections_of_one_mid_are_refused() -> None:
    with pytest.raises(SdpError, match="mid"):
        parse_offer(offer_text("native_join").replace("a=mid:1\r", "a=mid:0\r"))


@st.composite
def _damaged(draw: st.DrawFn) -> str:
    """An offer of a real client with lines dropped, doubled, swapped and garbled."""
    lines = offer_text(draw(st.sampled_from(["chromium_publish", "native_publish"]))).split("\r\n")
    for _ in range(draw(st.integers(1, 12))):
        at = draw(st.integers(0, len(lines) - 1))
        match draw(st.integers(0, 3)):
            case 0:
                del lines[at]
            case 1:
                lines.insert(at, lines[draw(st.integers(0, len(lines) - 1))])
            case 2:
                cut = draw(st.integers(0, len(lines[at])))
                lines[at] = lines[at][:cut] + draw(st.text(max_size=8)) + lines[at][cut:]
            case _:
                lines[at] = draw(st.text(max_size=40))
    return "\r\n".join(lines)


@settings(max_examples=60, deadline=None)
@given(_damaged())
def test_a_damaged_offer_is_answered_soundly_or_refused(text: str) -> None:
    negotiation = Negotiation()
    negotiation.announce(Announced(CAMERA, Kind.VIDEO, frozenset({"x"})))
    negotiation.want(Wanted(SubscriptionId("SU_1"), TrackId("TR_2"), Kind.AUDIO, "PA_1|TR_2", SsrcPair(5, 6)))
    try:
        offer = parse_offer(text)
        answer = negotiation.answer(offer, LOCAL)
    except SdpError:
        return

    assert answer.sdp.count("\r\nm=") == len(offer.sections)
    assert "\n" not in answer.sdp.replace("\r\n", "")
