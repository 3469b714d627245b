"""What an upgrade makes of a ledger in use."""

from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import text

from giaoban.sql.migrate import upgrade
from giaoban.testing.fixtures import DATA_KEY, EngineFactory
from services.notify.domain.model import BriefingName
from services.notify.store.outbox import SqlOutbox
from services.notify.store.reminders import SqlReminders

MIGRATIONS = Path("services/notify/store/migrations")
WHEN = "2026-11-24 01:00:00.000000"
DELIVERY = (
    "INSERT INTO delivery (id, key, briefing, revision, invitee, display_name, host_unit_path, purpose, method, sequence,"
    " stamp, start_time, end_time, sender, address, subject, state, reason, detail, attempt_count, next_attempt_time,"
    " expire_time, create_time, update_time) VALUES (:id, :id, 'briefings/b1', 1, :invitee, '', '/', 'INVITATION', 'REQUEST',"
    " 0, :at, :at, :at, '', :address, '', 'SENT', '', '', 1, :at, :at, :at, :at)"
)
RECIPIENT = (
    "INSERT INTO recipient (invitee, briefing, subject, kind, part, display_name, unit_name, address, join_path, language,"
    " phone, organizer_address, organizer_name, host_unit_path) VALUES (:invitee, 'briefings/b1', '', 'POINT', 'ATTENDEE', '',"
    " '', :address, '', 'vi', '', 'giaoban@tinh.gov.vn', 'Giao Ban', '/')"
)
REMINDER = (
    "INSERT INTO reminder (id, briefing, invitee, offset_minutes, occ_rev, start_time, due_time, state, reason, update_time)"
    " VALUES (:id, 'briefings/b1', :invitee, 15, 1, :at, :at, 'PENDING', '', :at)"
)


async def test_mailboxes_of_an_older_ledger_keep_what_they_were_told_and_are_reminded_once(
    engines: EngineFactory,
) -> None:
    engine = engines("notify")
    url = engine.url.render_as_string(hide_password=False)
    await upgrade(url, DATA_KEY, MIGRATIONS, "0004_tellings")
    async with engine.begin() as connection:
        for number, address in enumerate(["Xa@tinh.gov.vn", "xa@tinh.gov.vn", ""]):
            facts = {
                "id": f"d{number}",
                "invitee": f"briefings/b1/invitees/i{number}",
                "address": address,
                "at": WHEN,
            }
            for statement in (DELIVERY, RECIPIENT, REMINDER):
                await connection.execute(text(statement), facts)

    await upgrade(url, DATA_KEY, MIGRATIONS)

    told = await SqlOutbox(engine).told(BriefingName("briefings/b1"))
    due = await SqlReminders(engine).due(datetime(2027, 1, 1, tzinfo=UTC), 10)
    boxes = ["briefings/b1/invitees/i2", "briefings/b1/xa@tinh.gov.vn"]
    assert sorted(told) == sorted(one.mailbox for one in due) == boxes
    assert {one.start for one in due} == {datetime(2026, 11, 24, 1, tzinfo=UTC)}
