from datetime import UTC, datetime, timedelta

from services.gateway.domain.sessions import (
    ABSOLUTE_LIFETIME,
    IDLE_LIFETIME,
    new_token,
    open_session,
    token_digest,
)

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


def test_a_session_that_is_used_lives_on() -> None:
    session = open_session("people/thu", NOW)

    used = session.used(NOW + timedelta(hours=10))

    assert session.expire_time == NOW + IDLE_LIFETIME
    assert used.expire_time == NOW + timedelta(hours=10) + IDLE_LIFETIME


def test_a_busy_session_still_ends() -> None:
    session = open_session("people/thu", NOW)

    last = session.used(NOW + ABSOLUTE_LIFETIME - timedelta(minutes=1))

    assert last.expire_time == NOW + ABSOLUTE_LIFETIME


def test_a_link_session_ends_with_its_link_and_not_by_idling() -> None:
    end = NOW + timedelta(hours=30)

    session = open_session("briefings/b1/invitees/i1", NOW, end)

    assert session.is_link
    assert session.expire_time == end


def test_no_link_outlives_the_absolute_limit() -> None:
    session = open_session("briefings/b1/invitees/i1", NOW, NOW + timedelta(days=90))

    assert session.expire_time == NOW + ABSOLUTE_LIFETIME


def test_tokens_differ_and_their_digest_does_not_show_them() -> None:
    first, second = new_token(), new_token()

    assert first != second
    assert first not in token_digest(first)
    assert token_digest(first) != token_digest(second)
