"""Sixty kills and two wiped stores of streams while three thousand invitations go out: each once, or on the list."""

import os
import random
import signal
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from redis.exceptions import RedisError

from tests.e2e.house import ApiError, House
from tests.e2e.mailbox import Mailbox

INVITEES, BRIEFINGS, KILLS, WIPES = 300, 10, 60, (20, 40)
VICTIMS = ("serve notify", "serve scheduler", "valkey-server")
HOST = "units/so"


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with Mailbox() as running:
        yield running


@pytest.fixture
def house(tmp_path: Path, mailbox: Mailbox) -> Iterator[House]:
    settings = {"GIAOBAN_MEDIA_WORKERS": "1", "GIAOBAN_DEMO": "no", "GIAOBAN_SMTP_URL": mailbox.url}
    running = House(tmp_path / "var", settings)
    running.start()
    yield running
    running.stop()


class Office:
    """The API as a secretary uses it who tries again, and signs in again when her session is gone with its store."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._api = house.api()

    def call(self, method: str, **fields: object) -> dict[str, Any]:
        """Calls until it is answered."""
        deadline = time.monotonic() + 120
        while True:
            try:
                return self._api.call(method, **fields)
            except ApiError as error:
                if error.status == 400 or time.monotonic() > deadline:
                    raise
                if error.status == 401:
                    with suppress(ApiError, OSError):
                        self._api = self._house.api()
            except OSError:
                if time.monotonic() > deadline:
                    raise
            time.sleep(0.2)


def fill(folder: Path) -> None:
    rows = "".join(f"person,p{n},Người {n},so,p{n}@example.vn\n" for n in range(INVITEES))
    path = folder / "people.csv"
    path.write_text("record,code,name,unit,email\nunit,so,Sở Nội vụ,,\n" + rows)


def book(office: Office, number: int) -> str:
    start = (datetime.now(UTC) + timedelta(days=10 + number)).replace(microsecond=0).isoformat()
    briefing = {
        "title": f"Họp {number}",
        "hostUnit": HOST,
        "chair": "people/p0",
        "secretary": "people/p1",
        "startTime": start,
        "duration": "3600s",
        "attendees": [{"name": f"people/p{n}"} for n in range(INVITEES)],
    }
    answer = office.call(
        "BriefingService/CreateBriefing",
        briefing=briefing,
        overrideReasons=[{"reason": "thử"}],
        requestId=str(uuid.UUID(int=number + 1)),
    )
    return str(answer["briefing"]["name"])


def storm(house: House, chance: random.Random, struck: Counter[str], problems: list[str]) -> None:
    try:
        for number in range(KILLS):
            until_ready(house)
            time.sleep(chance.uniform(0.1, 1.5))
            if number in WIPES:
                wipe(house)
                struck["wiped"] += 1
            kind = VICTIMS[number % len(VICTIMS)]
            deadline = time.monotonic() + 30
            while not (found := [pid for pid in house.children() if kind in command_line(pid)]):
                if time.monotonic() > deadline:
                    raise AssertionError(f"{kind} does not come back")  # noqa: TRY301 - carried over to the test
                time.sleep(0.05)
            os.kill(found[0], signal.SIGKILL)
            struck[kind] += 1
    except Exception as error:  # noqa: BLE001 - carried over to the test
        problems.append(repr(error))


def until_ready(house: House) -> None:
    deadline = time.monotonic() + 60
    while not house.ready():
        assert time.monotonic() < deadline, "the house does not come back"
        time.sleep(0.1)


def wipe(house: House) -> None:
    socket = next(house.home.rglob("valkey.sock"), None)
    if socket is None:
        return
    deadline = time.monotonic() + 20
    while True:
        try:
            Redis(unix_socket_path=str(socket)).flushall()
        except RedisError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return


def command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


def deliveries_of(office: Office, briefing: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    token = ""
    while True:
        answer = office.call("DeliveryService/ListDeliveries", briefing=briefing, pageSize=1000, pageToken=token)
        found += answer.get("deliveries", [])
        token = answer.get("nextPageToken", "")
        if not token:
            return found


@pytest.mark.timeout(900)
def test_every_invitee_is_told_once_or_listed(house: House, mailbox: Mailbox, tmp_path: Path) -> None:
    office = Office(house)
    fill(tmp_path)
    house.run("org", "import", str(tmp_path / "people.csv"))
    struck: Counter[str] = Counter()
    problems: list[str] = []
    storming = threading.Thread(target=storm, args=(house, random.Random(7), struck, problems))  # noqa: S311 - moments
    storming.start()
    names = []
    for number in range(BRIEFINGS):
        names.append(book(office, number))
        time.sleep(3)
    storming.join()

    deadline = time.monotonic() + 300
    while True:
        listed = {name: deliveries_of(office, name) for name in names}
        untold = {
            name: office.call("DeliveryService/GetTelling", briefing=name).get("untoldNames", []) for name in names
        }
        moving = [one for each in listed.values() for one in each if one["state"] in ("STATE_PENDING", "STATE_SENDING")]
        if not moving and not any(untold.values()):
            break
        assert time.monotonic() < deadline, (
            f"{len(moving)} still move, untold: { {k: len(v) for k, v in untold.items()} }"
        )
        time.sleep(1)

    states = Counter(one["state"] for each in listed.values() for one in each)
    got = Counter(mailbox.everything())
    doubles = {key: count for key, count in got.items() if count > 1}
    print(dict(struck), dict(states), f"{sum(got.values())} mails")  # noqa: T201 - the result of a suite run by hand
    assert problems == []
    assert sum(struck[kind] for kind in VICTIMS) == KILLS
    assert struck["wiped"] == len(WIPES)
    assert doubles == {}
    for number, name in enumerate(names):
        told = {one["address"]: one["state"] for one in listed[name]}
        assert len(told) == INVITEES, f"{name}: somebody is neither told nor listed"
        for address, state in told.items():
            count = got[address, f"Họp {number}"]
            assert count == 1 if state == "STATE_SENT" else state == "STATE_UNKNOWN" and count <= 1, (address, state)
