"""The ledger in an encrypted store: its shape, its order, its reminders."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.notify.domain.gate import Problem, ProblemKind
from services.notify.domain.model import (
    Briefing,
    BriefingName,
    DeliveryQuery,
    Fate,
    Invitation,
    InviteeName,
    Method,
    Outcome,
    Recipient,
    State,
    Verdict,
)
from services.notify.store.problems import SqlProblemBook
from services.notify.store.reminders import SqlReminders
from services.notify.store.tables import metadata
from tests.integration.notify.ledger import Ledger
from tests.unit.notify.facts import BRIEFING, CHAIR, NOW, POINT, START, batch_of, request_to


async def test_the_migrations_make_exactly_the_tables_that_the_code_reads(ledger: Ledger) -> None:
    def differences(connection: Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection), metadata))

    async with ledger.engine.connect() as connection:
        assert await connection.run_sync(differences) == []


async def test_the_store_is_encrypted(ledger: Ledger, tmp_path: Path) -> None:
    await ledger.record(batch_of(request_to(POINT)))
    await ledger.engine.dispose()

    stored = b"".join(path.read_bytes() for path in tmp_path.glob("notify.db*"))  # noqa: ASYNC240  (nobody else waits)

    assert b"tanlap@tinh.gov.vn" not in stored
    assert not stored.startswith(b"SQLite format 3")


async def test_looking_for_what_waits_reads_the_partial_indexes_only(ledger: Ledger) -> None:
    waiting = (
        "SELECT id FROM delivery WHERE state = 'PENDING' AND turn = 2 AND next_attempt_time <= '2026' "
        "ORDER BY next_attempt_time, id"
    )
    due = "SELECT id FROM reminder WHERE reminder.state = 'PENDING' AND due_time <= '2026' ORDER BY due_time"
    async with ledger.engine.connect() as connection:
        plans = [
            " ".join(row.detail for row in await connection.execute(text(f"EXPLAIN QUERY PLAN {query}")))
            for query in (waiting, due)
        ]

    assert "ix_delivery_waiting" in plans[0]
    assert "TEMP B-TREE" not in plans[0], "nothing is sorted, however much waits"
    assert "ix_reminder_due" in plans[1]


async def test_the_same_fact_twice_has_one_effect(ledger: Ledger) -> None:
    for _ in range(2):
        await ledger.tellings.want("e1", BRIEFING.name, 1, ledger.clock.now())
    task = await ledger.tellings.next(ledger.clock.now())
    assert task is not None
    await ledger.tellings.finish(task, ledger.clock.now())
    await ledger.tellings.want("e1", BRIEFING.name, 1, ledger.clock.now())

    assert await ledger.tellings.next(ledger.clock.now()) is None


async def test_a_newer_message_waits_while_an_older_one_to_the_same_invitee_is_under_way(ledger: Ledger) -> None:
    await ledger.record(batch_of(request_to(POINT)))
    under_way = await ledger.outbox.claim(ledger.clock.now())
    ledger.clock.advance(1)
    await ledger.record(batch_of(request_to(POINT, 1, update=True), briefing=replace(BRIEFING, revision=2)))

    assert under_way is not None
    assert await ledger.outbox.claim(ledger.clock.now()) is None

    busy = Verdict(State.PENDING, "SMTP_451", "", ledger.clock.now())
    await ledger.outbox.settle(under_way.id, busy, ledger.clock.now())
    assert await ledger.states() == [State.SUPERSEDED, State.PENDING]
    assert await ledger.send_all() == [POINT.address]


async def test_what_was_under_way_at_the_end_is_unknown_at_the_start_and_repeated_by_people_only(
    ledger: Ledger,
) -> None:
    await ledger.record(batch_of(request_to(POINT)))
    claimed = await ledger.outbox.claim(ledger.clock.now())
    assert claimed is not None

    assert await ledger.outbox.interrupt(ledger.clock.now()) == 1
    assert await ledger.send_all() == []
    [delivery] = await ledger.books.find(DeliveryQuery(None))
    assert (delivery.state, delivery.reason) == (State.UNKNOWN, "INTERRUPTED")

    assert await ledger.books.requeue(delivery.id, (State.UNKNOWN,), ledger.clock.now())
    again = await ledger.outbox.claim(ledger.clock.now())
    assert again is not None
    assert (again.content, again.message_id, again.attempt) == (claimed.content, claimed.message_id, 2)


async def test_what_waits_past_its_time_fails_instead_of_going_out(ledger: Ledger) -> None:
    await ledger.record(batch_of(request_to(POINT)))
    ledger.advance_to(START)

    assert await ledger.send_all() == []
    await ledger.outbox.tidy(ledger.clock.now())
    [delivery] = await ledger.books.find(DeliveryQuery(None))
    assert (delivery.state, delivery.reason) == (State.FAILED, "EXPIRED")


async def test_an_older_message_is_not_repeated_over_a_newer_one(ledger: Ledger) -> None:
    await ledger.record(batch_of(request_to(POINT)))
    await ledger.send_all(Outcome(Fate.REFUSED, "SMTP_550"))
    ledger.clock.advance(60)
    await ledger.record(batch_of(request_to(POINT, 1, update=True), briefing=replace(BRIEFING, revision=2)))
    old = (await ledger.books.find(DeliveryQuery(None)))[-1]

    assert not await ledger.books.requeue(old.id, (State.FAILED,), ledger.clock.now())


async def test_both_reminders_go_to_those_who_come_each_once(ledger: Ledger) -> None:
    await ledger.record(batch_of(request_to(POINT), request_to(CHAIR)))
    await ledger.send_all()
    assert await ledger.rounds.look() == 0

    ledger.advance_to(START - timedelta(days=1))
    assert await ledger.rounds.look() == 1
    assert await ledger.rounds.look() == 0
    assert await ledger.send_all() == [POINT.address]
    ledger.advance_to(START - timedelta(minutes=15))
    assert await ledger.rounds.look() == 1
    assert await ledger.send_all() == [POINT.address]


async def test_who_has_an_address_only_later_is_reminded_too(ledger: Ledger) -> None:
    await ledger.record(batch_of(request_to(replace(POINT, address=""))))
    ledger.clock.advance(60)
    await ledger.record(batch_of(request_to(POINT, update=True), briefing=replace(BRIEFING, revision=2)))
    assert await ledger.send_all() == [POINT.address]

    ledger.advance_to(START - timedelta(days=1))

    assert await ledger.rounds.look() == 1
    assert await ledger.send_all() == [POINT.address]


async def test_a_moved_briefing_is_remembered_at_its_new_time_only(ledger: Ledger) -> None:
    moved = replace(BRIEFING, revision=2, start=START + timedelta(days=2), end=START + timedelta(days=2, hours=1))
    await ledger.record(batch_of(request_to(POINT)))
    await ledger.send_all()
    await ledger.record(batch_of(request_to(POINT, 1, update=True), briefing=moved))
    await ledger.send_all()
    ledger.scheduler.briefing = moved

    ledger.advance_to(START - timedelta(minutes=15))
    assert await ledger.rounds.look() == 0
    ledger.advance_to(moved.start - timedelta(days=1))
    assert await ledger.rounds.look() == 1


async def test_a_cancelled_briefing_is_not_remembered_even_if_nobody_told_us_yet(ledger: Ledger) -> None:
    await ledger.record(batch_of(request_to(POINT)))
    await ledger.send_all()
    ledger.scheduler.briefing = replace(BRIEFING, cancelled=True)

    ledger.advance_to(START - timedelta(days=1))

    assert await ledger.rounds.look() == 0
    assert await ledger.send_all() == []


async def test_a_cancellation_takes_waiting_reminders_off_the_list(ledger: Ledger) -> None:
    await ledger.record(batch_of(request_to(POINT)))
    await ledger.send_all()
    cancelling = replace(request_to(POINT, 1), method=Method.CANCEL)
    await ledger.record(batch_of(cancelling, briefing=replace(BRIEFING, revision=2, cancelled=True)))

    ledger.advance_to(START - timedelta(minutes=15))

    assert await SqlReminders(ledger.engine).due(ledger.clock.now(), 10) == []


async def test_a_reminder_does_not_overtake_an_invitation_that_still_waits(ledger: Ledger) -> None:
    await ledger.record(batch_of(request_to(POINT)))
    ledger.advance_to(START - timedelta(days=1))

    assert await ledger.rounds.look() == 0
    assert await ledger.states() == [State.PENDING]


async def test_what_concerns_a_briefing_within_a_day_goes_first_and_cancellations_before_it(ledger: Ledger) -> None:
    def invitee(number: int, briefing: Briefing) -> Recipient:
        name = InviteeName(f"{briefing.name}/invitees/i{number}")
        return replace(POINT, name=name, subject=f"points/p{number}", address=f"p{number}@{briefing.uid}")

    later = replace(BRIEFING, uid="later", start=START + timedelta(days=30), end=START + timedelta(days=30, hours=1))
    soon = replace(
        BRIEFING,
        name=BriefingName("briefings/b2"),
        uid="soon",
        start=NOW + timedelta(hours=3),
        end=NOW + timedelta(hours=4),
    )
    off = replace(soon, name=BriefingName("briefings/b3"), uid="off")
    await ledger.record(batch_of(request_to(invitee(1, off)), briefing=off))
    await ledger.send_all()
    await ledger.record(batch_of(*(request_to(invitee(n, later)) for n in range(3)), briefing=later))
    await ledger.record(batch_of(request_to(invitee(9, soon)), briefing=soon))
    cancelled = replace(off, revision=2, cancelled=True)
    await ledger.record(batch_of(Invitation(invitee(1, off), Method.CANCEL, 1), briefing=cancelled))

    urgent = [await ledger.outbox.claim(ledger.clock.now(), urgent_only=True) for _ in range(3)]
    assert [one.address if one else None for one in urgent] == ["p1@off", "p9@soon", None]
    assert sorted(await ledger.send_all()) == ["p0@later", "p1@later", "p2@later"]


async def test_what_has_become_urgent_moves_up_and_what_is_too_late_fails(ledger: Ledger) -> None:
    await ledger.record(batch_of(request_to(POINT)))
    ledger.advance_to(START - timedelta(hours=23))
    await ledger.outbox.tidy(ledger.clock.now())
    assert await ledger.outbox.claim(ledger.clock.now(), urgent_only=True) is not None

    await ledger.record(batch_of(request_to(CHAIR), briefing=replace(BRIEFING, revision=2)))
    ledger.advance_to(START)
    await ledger.outbox.tidy(ledger.clock.now())
    assert await ledger.states() == [State.SENDING, State.FAILED]


async def test_a_message_that_was_held_has_not_been_tried(ledger: Ledger) -> None:
    await ledger.record(batch_of(request_to(POINT)))
    first = await ledger.outbox.claim(ledger.clock.now())
    assert first is not None
    held = Verdict(State.PENDING, "SMTP_UNREACHABLE", "", ledger.clock.now(), counts=False)

    again = await ledger.outbox.exchange((first.id, held), ledger.clock.now())

    assert again is not None
    assert (again.id, again.attempt) == (first.id, 1)


async def test_what_was_taken_by_a_transaction_whose_end_was_not_heard_of_waits_again(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ledger.record(batch_of(request_to(POINT), request_to(CHAIR)))
    first = await ledger.outbox.claim(ledger.clock.now())
    assert first is not None
    sent = Verdict(State.SENT)

    @asynccontextmanager
    async def committed_and_cut() -> AsyncIterator[AsyncConnection]:
        async with ledger.engine.begin() as connection:
            yield connection
        raise ConnectionError

    with monkeypatch.context() as patched:
        patched.setattr(ledger.outbox, "_engine", SimpleNamespace(begin=committed_and_cut))
        with pytest.raises(ConnectionError):
            await ledger.outbox.exchange((first.id, sent), ledger.clock.now())
    second = await ledger.outbox.exchange((first.id, sent), ledger.clock.now())

    assert second is not None
    assert {first.address, second.address} == {POINT.address, CHAIR.address}  # of one moment, in no order
    assert second.attempt == 1
    assert await ledger.states() == [State.SENT, State.SENDING]


async def test_the_problem_of_the_server_outlives_the_process_and_not_its_settings(ledger: Ledger) -> None:
    problem = Problem(ProblemKind.SIGN_IN, "SMTP_535", "no", NOW, NOW + timedelta(minutes=15), 2)
    await ledger.problems.save(problem)

    assert await ledger.problems.load() == problem
    assert await SqlProblemBook(ledger.engine, "other settings").load() is None
    await ledger.problems.save(None)
    assert await ledger.problems.load() is None
