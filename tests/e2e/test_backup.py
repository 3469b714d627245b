"""A backup of a house at work, and the way back: nothing lost, nobody told twice, no update that calendars refuse."""

import shutil
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from icalendar import Calendar

from tests.e2e.house import Api, ApiError, House
from tests.e2e.mailbox import Mailbox, part

PASSPHRASE = "con duong nho den truong"
HOST, PERSON, MAIL = "units/so", "people/canbo", "canbo@example.vn"


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with Mailbox() as running:
        yield running


@pytest.fixture
def house(tmp_path: Path, mailbox: Mailbox) -> Iterator[House]:
    settings = {
        "GIAOBAN_MEDIA_WORKERS": "1",
        "GIAOBAN_DEMO": "no",
        "GIAOBAN_SMTP_URL": mailbox.url,
        "GIAOBAN_BACKUP_PASSPHRASE": PASSPHRASE,
    }
    running = House(tmp_path / "var", settings)
    running.start()
    api = running.api()
    api.call("OrgService/CreateUnit", unit={"name": HOST, "displayName": "Sở Nội vụ", "kind": "sở"})
    for name, email in ((PERSON, MAIL), ("people/chutri", "chutri@example.vn")):
        api.call("OrgService/CreatePerson", person={"name": name, "displayName": name, "unit": HOST, "email": email})
    yield running
    running.stop()


def book(api: Api, title: str, days: int) -> str:
    start = (datetime.now(UTC) + timedelta(days=days)).replace(microsecond=0).isoformat()
    briefing = {
        "title": title,
        "hostUnit": HOST,
        "chair": "people/chutri",
        "startTime": start,
        "duration": "3600s",
        "attendees": [{"name": PERSON}],
    }
    reasons = [{"reason": "thử"}]
    return str(
        api.call("BriefingService/CreateBriefing", briefing=briefing, overrideReasons=reasons)["briefing"]["name"]
    )


def titles(api: Api) -> set[str]:
    return {one["title"] for one in api.call("BriefingService/ListBriefings", pageSize=200).get("briefings", [])}


def sequence_of(mailbox: Mailbox, title: str, count: int) -> tuple[int, datetime]:
    """What a calendar holds of a briefing: SEQUENCE and DTSTAMP of the newest message."""
    deadline = time.monotonic() + 30
    while len(found := [mail for mail in mailbox.to(MAIL) if title in str(mail["Subject"])]) < count:
        assert time.monotonic() < deadline, f"{title}: {len(found)} mails"
        time.sleep(0.05)
    event: Any = Calendar.from_ical(part(found[-1], "text/calendar")).walk("VEVENT")[0]
    return int(event["SEQUENCE"]), event["DTSTAMP"].dt


def move(api: Api, name: str, hours: int) -> None:
    briefing = api.call("BriefingService/GetBriefing", name=name)["briefing"]
    start = datetime.fromisoformat(briefing["startTime"]) + timedelta(hours=hours)
    changed = {key: briefing[key] for key in ("name", "etag", "title", "hostUnit", "chair", "duration", "attendees")}
    changed["startTime"] = start.isoformat()
    changed["attendees"] = [{"name": one["name"]} for one in briefing["attendees"]]
    api.call("BriefingService/UpdateBriefing", briefing=changed, overrideReasons=[{"reason": "thử"}])


def test_a_backup_under_load_comes_back_and_its_next_update_is_taken_by_calendars(
    house: House, mailbox: Mailbox, tmp_path: Path
) -> None:
    api, folder, enough = house.api(), tmp_path / "backup", threading.Event()
    moved = book(api, "Giao ban dời giờ", 10)
    sequence_of(mailbox, "Giao ban dời giờ", 1)
    booked: list[tuple[float, str]] = []

    def load() -> None:
        while not enough.is_set():
            title = f"Họp số {len(booked)}"
            book(api, title, 20 + len(booked))
            booked.append((time.time(), title))

    worker = threading.Thread(target=load)
    worker.start()
    while len(booked) < 3:
        time.sleep(0.05)
    before = time.time()
    house.run("backup", str(folder))
    after = time.time()
    enough.set()
    worker.join()
    seen_sequence, seen_stamp = 0, datetime.min.replace(tzinfo=UTC)
    for number in (1, 2, 3):  # calendars see what the backup does not know
        move(api, moved, number)
        seen_sequence, seen_stamp = sequence_of(mailbox, "Giao ban dời giờ", 1 + number)
    book(api, "Họp sau bản sao", 15)
    sequence_of(mailbox, "Họp sau bản sao", 1)

    with pytest.raises(RuntimeError, match="ALREADY_RUNNING"):
        house.run("restore", str(folder))
    house.stop()
    house.run("restore", "--verify", str(folder))
    shown = house.run("restore", str(folder))
    count = len(mailbox.to(MAIL))
    house.start()
    api = house.api()
    kept = titles(api)
    move(api, moved, 5)
    with pytest.raises(RuntimeError, match="held until"):
        house.run("mail", "status")
    held = len(mailbox.to(MAIL))
    house.run("mail", "release")
    next_sequence, next_stamp = sequence_of(mailbox, "Giao ban dời giờ", 5)

    assert "mail release" in shown
    assert {title for moment, title in booked if moment < before} <= kept, "nothing lost before its mark"
    assert not {title for moment, title in booked if moment > after + 5} & kept
    assert "Họp sau bản sao" not in kept
    assert held == count, "no mail before it is released"
    assert (next_sequence, next_stamp) > (seen_sequence, seen_stamp), "RFC 5546 §2.1.5"
    assert next_sequence > seen_sequence


def test_what_is_wrong_with_a_backup_or_a_store_is_said_by_name(house: House, tmp_path: Path) -> None:
    folder = tmp_path / "backup"
    house.run("backup", str(folder))
    with pytest.raises(RuntimeError, match="BACKUP_EXISTS"):
        house.run("backup", str(folder))
    house.stop()

    other = shutil.copytree(folder, tmp_path / "other")
    shutil.copy(tmp_path / "backup.keys", tmp_path / "other.keys")
    overwrite(other / "scheduler.db", 4096 * 5)
    with pytest.raises(RuntimeError, match=r"scheduler\.db is not the file"):
        house.run("restore", str(other))
    house.environment["GIAOBAN_BACKUP_PASSPHRASE"] = "another passphrase"
    with pytest.raises(RuntimeError, match="KEYS_DAMAGED"):
        house.run("restore", str(folder))
    house.environment["GIAOBAN_BACKUP_PASSPHRASE"] = PASSPHRASE

    overwrite(house.home / "scheduler.db", 4096 * 5)
    [incremental] = (house.home / "streams" / "appendonlydir").glob("*.incr.aof")
    overwrite(incremental, incremental.stat().st_size // 2)
    with pytest.raises(RuntimeError) as examined:
        house.run("doctor")
    bad = [line for line in str(examined.value).splitlines() if line.startswith("BAD")]

    assert [line for line in bad if "scheduler.db is damaged" in line and "giaoban restore" in line]
    assert [line for line in bad if "append only file" in line and "move" in line]
    with pytest.raises(RuntimeError, match="valkey does not start") as refused:
        house.start()
    assert "appendonlydir" in str(refused.value) or "streams away" in str(refused.value)


def test_the_audit_log_says_whether_it_was_changed(house: House) -> None:
    assert "none changed" in house.run("audit", "verify")
    with pytest.raises(ApiError):
        house.api().call("OrgService/CreateUnit", unit={"name": HOST, "displayName": "Sở", "kind": "sở"})


def overwrite(path: Path, at: int) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        file.write(bytes(4096))
