"""The main job, without pictures, against four processes of `giaoban serve`."""

import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from giaoban.testing.fixtures import RedisServer, eventually
from tests.e2e.house import GIAOBAN, ROOT, ApiError, House, free_ports
from tests.e2e.mailbox import Mailbox
from tests.e2e.story import PASSWORD, POINTS, STAFF, book, follow, link_in, settle
from tests.integration.media_sessions.clients import clients

ROLES = ("scheduler", "media", "notify", "gateway")


class SplitHouse(House):
    """Four processes that find each other by TCP addresses."""

    def __init__(self, home: Path, mailbox: Mailbox, redis: RedisServer) -> None:
        super().__init__(home, {"GIAOBAN_SMTP_URL": mailbox.url, "GIAOBAN_REDIS_URL": redis.url})
        ports = free_ports(12)[2:]
        self._grpc = {"scheduler": ports[0], "notify": ports[1], "gateway": ports[2], "media": ports[3]}
        self.environment |= {
            f"GIAOBAN_PEER_{role.upper()}": f"127.0.0.1:{self._grpc[role]}" for role in ("scheduler", "notify", "media")
        }
        self.environment |= {"GIAOBAN_MEDIA_WORKERS": "1", "GIAOBAN_METRICS": "", "GIAOBAN_KEYS": str(home / "keys")}
        self._roles: dict[str, subprocess.Popen[bytes]] = {}

    def start(self) -> None:
        for role in ROLES:
            self._start_role(role)
        deadline = time.monotonic() + 90
        while not self.ready():
            if time.monotonic() > deadline:
                raise TimeoutError(self.log_tail())
            time.sleep(0.1)

    def _start_role(self, role: str) -> None:
        environment = {**self.environment, "GIAOBAN_GRPC": f"127.0.0.1:{self._grpc[role]}"}
        with self.log.open("ab") as log:
            self._roles[role] = subprocess.Popen(  # noqa: S603 -- our own program
                [str(GIAOBAN), "serve", role], cwd=ROOT, env=environment, stdout=log, stderr=log
            )

    def stop(self) -> int:
        for process in self._roles.values():
            process.send_signal(signal.SIGTERM)
        return max(process.wait(30) for process in self._roles.values())


@pytest.fixture(scope="module")
def split_house(mailbox: Mailbox, redis_server: RedisServer) -> Iterator[SplitHouse]:
    folder = tempfile.TemporaryDirectory(prefix="gb-split-")
    running = SplitHouse(Path(folder.name) / "var", mailbox, redis_server)
    running.start()
    try:
        settle(running)
        yield running
        assert running.stop() == 0
    finally:
        folder.cleanup()


async def test_the_main_job_works_across_four_processes(split_house: SplitHouse, mailbox: Mailbox) -> None:
    secretary = split_house.api(STAFF.secretary, PASSWORD)
    title = f"Giao ban phân tán {os.getpid()}"

    briefing = book(secretary, title)
    point = follow(split_house, link_in(mailbox, "mot@thu.example", title))
    admission = point.call("PointService/GetAdmission")
    joined = point.call("PointService/JoinBriefing", headcount=7)

    assert admission["invitee"]["subject"] == POINTS[1]
    assert admission["supportPhone"] == "0900 111 000"
    async with clients(1) as (client,):
        await client.join(f"ws://{urlsplit(split_house.address).netloc}", joined["token"])
        await client.publish_tone()

        def present() -> bool:
            invitees = secretary.call("BriefingService/ListInvitees", parent=briefing["name"])["invitees"]
            return any(i["subject"] == POINTS[1] and i.get("present") and i.get("headcount") == 7 for i in invitees)

        await eventually(present, seconds=15)
    secretary.call("BriefingService/EndBriefing", name=briefing["name"])
    invitees = secretary.call("BriefingService/ListInvitees", parent=briefing["name"])["invitees"]
    interval = next(i for i in invitees if i["subject"] == POINTS[1])["intervals"][0]
    assert interval["joinTime"] < interval["leaveTime"]


async def test_a_taken_point_is_refused_with_its_holder(split_house: SplitHouse) -> None:
    secretary = split_house.api(STAFF.secretary, PASSWORD)
    first = book(secretary, "Họp đã đặt", start="2027-03-01T01:00:00Z", points=POINTS[:2])

    with pytest.raises(ApiError) as refused:
        book(secretary, "Họp đến sau", start="2027-03-01T01:30:00Z", points=POINTS[1:3])

    assert refused.value.reason == "POINT_TAKEN"
    assert refused.value.metadata["holder"] == first["name"]
    assert refused.value.metadata["holder_title"] == "Họp đã đặt"
