"""The people and steps of the main job, as a script sees it."""

import re
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.cookiejar import CookieJar
from pathlib import Path

from tests.e2e.house import Api, House
from tests.e2e.mailbox import Mailbox, part

ORGANISATION = Path(__file__).with_name("organisation.csv")
PASSWORD = "giao-ban-2026"
POINTS = ("points/diem-huyen-thu", "points/diem-xa-mot", "points/diem-xa-hai", "points/diem-xa-ba")


@dataclass(frozen=True)
class Staff:
    """Accounts of the tests' own organisation."""

    secretary: str = "vanthu.thu"
    district_it: str = "cntt.thu"


STAFF = Staff()


def settle(house: House) -> None:
    """Brings the organisation of the tests into a house."""
    house.run("org", "import", str(ORGANISATION))
    for username, name, unit, role, mail in (
        (STAFF.secretary, "Nguyễn Thị Thư Ký", "thu", "secretary", "vanthu@thu.example"),
        (STAFF.district_it, "Phạm Văn Kỹ", "huyen-thu", "district_it", "cntt@thu.example"),
    ):
        house.run(
            *("user", "add", username, "--name", name, "--unit", unit, "--role", role, "--email", mail),
            given=PASSWORD + "\n",
        )


def soon(minutes: int = 10) -> str:
    """A start time within the half hour in which rooms are open, as the API writes it."""
    start = (datetime.now(UTC) + timedelta(minutes=minutes)).replace(second=0, microsecond=0)
    return start.isoformat().replace("+00:00", "Z")


def book(api: Api, title: str, *, start: str | None = None, points: tuple[str, ...] = POINTS) -> dict[str, object]:
    """Books a briefing for points and one person."""
    answer = api.call(
        "BriefingService/CreateBriefing",
        briefing={
            "title": title,
            "hostUnit": "units/thu",
            "chair": "people/chu-tri-thu",
            "startTime": start or soon(),
            "duration": "3600s",
            "agenda": [{"title": "Thu ngân sách", "presenter": "Sở Tài chính", "minutes": 20}],
            "attendees": [{"name": name} for name in (*points, "people/dai-bieu-thu")],
        },
    )
    return dict(answer["briefing"])


@contextmanager
def under_way(house: House, title: str) -> Iterator[str]:
    """A booked briefing, by its name, whose room is open; at the end its points and people are free again."""
    secretary = house.api(STAFF.secretary, PASSWORD)
    name = str(book(secretary, title)["name"])
    try:
        yield name
    finally:
        secretary.call("BriefingService/EndBriefing", name=name)


def link_in(mailbox: Mailbox, address: str, title: str, seconds: float = 30.0) -> str:
    """The join link of the mail about a briefing."""
    deadline = time.monotonic() + seconds
    while True:
        for mail in mailbox.to(address):
            if title in str(mail["Subject"]):
                found = re.search(r"https?://\S+/join/[^\s?\"<>]+", part(mail, "text/plain"))
                assert found, "the mail has no link"
                return found.group()
        if time.monotonic() > deadline:
            raise TimeoutError(f"no mail about {title} for {address}")
        time.sleep(0.1)


def follow(house: House, link: str) -> Api:
    """The API as the holder of a join link."""
    jar = CookieJar()
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    opener.open(link, timeout=10).close()
    cookie = next(cookie for cookie in jar if cookie.name == "giaoban_link")
    return Api(house.address, {"Cookie": f"giaoban_link={cookie.value}", "X-Giaoban-Link": "1"})
