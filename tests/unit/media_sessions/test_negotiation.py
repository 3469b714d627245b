"""Sections: what they are for, when more are asked for, when they are used again."""

from services.media.domain.negotiation import Announced, Answer, Negotiation, Wanted
from services.media.domain.ports import Kind, SsrcPair, SubscriptionId, TrackId
from services.media.domain.sdp import parse_offer
from tests.unit.media_sessions.fakes import LOCAL, Sent, offer_text, offer_with


def _wanted(number: int, kind: Kind = Kind.AUDIO) -> Wanted:
    track = TrackId(f"TR_{number}")
    return Wanted(
        SubscriptionId(f"SU_{number}"), track, kind, f"PA_1|{track}", SsrcPair(2 * number + 1, 2 * number + 2)
    )


def _joined() -> Negotiation:
    negotiation = Negotiation()
    negotiation.answer(parse_offer(offer_text("native_join")), LOCAL)
    return negotiation


def test_a_burst_of_tracks_asks_once_for_the_sections_that_are_missing() -> None:
    negotiation = _joined()

    for number in range(5):
        negotiation.want(_wanted(number))

    assert negotiation.missing() == (2, 0)
    assert negotiation.missing() is None


def test_with_sections_enough_only_an_offer_is_asked_for() -> None:
    negotiation = _joined()
    negotiation.want(_wanted(1))

    assert negotiation.missing() == (0, 0)


def test_who_waits_gets_a_section_and_its_mid_is_named() -> None:
    negotiation = _joined()
    negotiation.want(_wanted(1))

    answer = negotiation.answer(parse_offer(offer_text("native_join")), LOCAL)

    (laid,) = answer.laid
    assert answer.tracks_by_mid == {laid.media.mid: TrackId("TR_1")}
    assert "a=msid:PA_1|TR_1 TR_1\r\n" in answer.sdp
    assert f"a=ssrc:{laid.media.ssrc} cname:PA_1\r\n" in answer.sdp
    assert negotiation.missing() is None


def test_a_section_is_silent_for_one_answer_before_it_is_used_again() -> None:
    negotiation = _joined()
    for number in range(3):
        negotiation.want(_wanted(number))
    offer = parse_offer(offer_text("native_join"))
    first = negotiation.answer(offer, LOCAL)
    used = next(laid.media.mid for laid in first.laid if laid.track == "TR_1")

    negotiation.unwant(SubscriptionId("SU_1"))
    negotiation.want(_wanted(9))
    between = negotiation.answer(offer, LOCAL)
    assert negotiation.missing() == (0, 0)
    after = negotiation.answer(offer, LOCAL)

    assert used not in between.tracks_by_mid
    assert after.tracks_by_mid[used] == TrackId("TR_9")


def test_an_unanswered_question_is_asked_again_on_a_new_connection() -> None:
    negotiation = _joined()
    negotiation.want(_wanted(1))
    assert negotiation.missing() is not None

    negotiation.restart()

    assert negotiation.missing() == (0, 0)


def test_an_offer_may_come_before_its_track_is_announced() -> None:
    negotiation = Negotiation()
    offer = parse_offer(offer_text("chromium_publish"))
    first = negotiation.answer(offer, LOCAL)
    (video,) = [section for section in offer.sections if section.rids]

    media = negotiation.announce(Announced(TrackId("TR_1"), Kind.VIDEO, frozenset({video.track_label})))

    assert not first.published
    assert media is not None
    assert media.rids == ("q", "h", "f")


def test_a_label_that_never_matches_is_remembered_by_section() -> None:
    negotiation = Negotiation()
    negotiation.announce(Announced(TrackId("TR_1"), Kind.VIDEO, frozenset({"{cid-of-firefox}"})))
    offer = parse_offer(offer_text("chromium_publish"))
    first = negotiation.answer(offer, LOCAL)
    negotiation.announce(Announced(TrackId("TR_2"), Kind.VIDEO, frozenset({"{another}"})))

    second = negotiation.answer(offer, LOCAL)

    assert [each.track for each in first.published] == [each.track for each in second.published] == ["TR_1"]
    assert not second.ended


def _announced(number: int, *labels: str, kind: Kind = Kind.VIDEO) -> Announced:
    return Announced(TrackId(f"TR_{number}"), kind, frozenset(labels or {f"{{cid-{number}}}"}))


def _answer(negotiation: Negotiation, *sections: Sent) -> Answer:
    return negotiation.answer(parse_offer(offer_with(*sections)), LOCAL)


def _published(answer: Answer) -> dict[str, str]:
    return {each.media.mid: each.track for each in answer.published}


def test_what_comes_in_the_bundle_only_is_no_rejection() -> None:
    negotiation = Negotiation()
    for number in (1, 2):
        negotiation.announce(_announced(number))

    answer = _answer(negotiation, Sent("1"), Sent("2", bundle_only=True))

    assert _published(answer) == {"1": "TR_1", "2": "TR_2"}
    assert "m=video 0 " not in answer.sdp
    assert "bundle-only" not in answer.sdp  # of an answer no word (RFC 9143 §7.3)


def test_a_section_with_port_zero_alone_is_given_up() -> None:
    negotiation = Negotiation()
    negotiation.announce(_announced(1))

    answer = _answer(negotiation, Sent("1", port=0))

    assert not answer.published
    assert "m=video 0 " in answer.sdp


def test_two_tracks_announced_together_are_paired_in_their_order_whatever_their_labels() -> None:
    negotiation = Negotiation()
    for number in (1, 2):
        negotiation.announce(_announced(number))

    assert _published(_answer(negotiation, Sent("5"), Sent("6"))) == {"5": "TR_1", "6": "TR_2"}


def test_two_sections_offered_before_their_announcement_are_paired_in_their_order() -> None:
    negotiation = Negotiation()
    _answer(negotiation, Sent("5"), Sent("6"))

    claimed = [negotiation.announce(_announced(number)) for number in (1, 2)]

    assert [media and media.mid for media in claimed] == ["5", "6"]


def test_what_was_announced_and_never_sent_is_not_taken_for_what_is_sent() -> None:
    negotiation = Negotiation()
    for number in range(4):
        negotiation.announce(_announced(number))

    assert _published(_answer(negotiation, Sent("5"), Sent("6"))) == {"5": "TR_2", "6": "TR_3"}


def test_where_labels_match_a_stranger_is_not_guessed_at() -> None:
    negotiation = Negotiation()
    negotiation.announce(_announced(0, "never-sent"))
    negotiation.announce(_announced(1, "camera"))
    first = _answer(negotiation, Sent("5", label="camera"))
    negotiation.announce(_announced(2, "never-sent-too"))

    second = _answer(negotiation, Sent("5", label="camera"), Sent("6", label="screen"))
    media = negotiation.announce(_announced(3, "screen"))

    assert _published(first) == _published(second) == {"5": "TR_1"}
    assert media is not None
    assert media.mid == "6"


def test_a_section_that_is_released_goes_to_the_next_track_and_may_pause_once_on_the_way() -> None:
    negotiation = Negotiation()
    negotiation.announce(_announced(1, "camera"))
    _answer(negotiation, Sent("5", label="camera"))

    negotiation.release(TrackId("TR_1"))
    taken = negotiation.announce(_announced(2, "camera"))
    paused = _answer(negotiation, Sent("5", label="camera", direction="inactive"))
    again = _answer(negotiation, Sent("5", label="camera"))
    ended = _answer(negotiation, Sent("5", label="camera", direction="inactive"))

    assert taken is not None
    assert paused.ended == ()
    assert _published(again) == {"5": "TR_2"}
    assert ended.ended == (TrackId("TR_2"),)


def test_a_section_that_stops_sending_ends_its_track() -> None:
    negotiation = Negotiation()
    negotiation.announce(Announced(TrackId("TR_1"), Kind.VIDEO, frozenset({"x"})))
    text = offer_text("chromium_publish")
    negotiation.answer(parse_offer(text), LOCAL)

    answer = negotiation.answer(parse_offer(text.replace("a=sendonly", "a=inactive")), LOCAL)

    assert answer.ended == (TrackId("TR_1"),)
