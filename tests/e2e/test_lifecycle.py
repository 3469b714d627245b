"""The house starts, stops, comes back and refuses as its users were promised."""

import json
import os
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.house import GIAOBAN, ROOT, House, command_line


@pytest.fixture
def own_house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path / "var", {"GIAOBAN_MEDIA_WORKERS": "1"})
    yield house
    for pid in house.children():
        os.kill(pid, signal.SIGKILL)


def gone(house: House, seconds: float = 15.0) -> bool:
    deadline = time.monotonic() + seconds
    while house.children():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def test_it_starts_stops_without_a_trace_and_comes_back_with_its_data(own_house: House) -> None:
    own_house.start()
    own_house.api().call(
        "OrgService/CreateUnit", unit={"name": "units/them", "displayName": "Đơn vị thêm vào", "kind": "sở"}
    )
    assert own_house.stop() == 0
    assert gone(own_house)
    shown = own_house.log.read_text()

    own_house.start()
    units = own_house.api().call("OrgService/ListUnits", pageSize=2000)["units"]
    assert own_house.stop() == 0

    assert own_house.address in shown
    assert "admin" in shown
    assert "units/them" in {unit["name"] for unit in units}
    assert gone(own_house)


def test_media_workers_come_before_everything_else_of_the_house(own_house: House) -> None:
    own_house.start()

    nice = {command_line(pid): int(stat(pid)[16]) for pid in own_house.children()}
    [worker] = [value for line, value in nice.items() if "--worker" in line]
    [mail] = [value for line, value in nice.items() if "serve notify" in line]
    waited_for = [
        value for line, value in nice.items() if "serve" in line and "notify" not in line and "--worker" not in line
    ]

    assert worker < min(waited_for) <= max(waited_for) < mail
    assert own_house.stop() == 0


def stat(pid: int) -> list[str]:
    """The fields after the name, from the third on (proc(5)): nice is the nineteenth of all."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def test_no_child_outlives_a_killed_supervisor(own_house: House) -> None:
    own_house.start()

    own_house.kill()

    assert gone(own_house)


def test_a_service_that_dies_is_started_again(own_house: House) -> None:
    own_house.start()
    victim = next(pid for pid in own_house.children() if "notify" in command_line(pid))

    os.kill(victim, signal.SIGKILL)
    deadline = time.monotonic() + 30
    while (
        not any(pid != victim and "notify" in command_line(pid) for pid in own_house.children())
        or not own_house.ready()
    ):
        assert time.monotonic() < deadline, own_house.log_tail()
        time.sleep(0.1)

    assert own_house.stop() == 0


@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM])
def test_a_taken_port_is_one_clear_line(own_house: House, kind: socket.SocketKind) -> None:
    port = own_house.http_port if kind is socket.SOCK_STREAM else own_house.media_port
    with socket.socket(socket.AF_INET, kind) as holder:
        holder.bind(("127.0.0.1", port))
        if kind is socket.SOCK_STREAM:
            holder.listen()
        done = subprocess.run(  # noqa: S603 -- our own program
            [str(GIAOBAN), "up"],
            cwd=ROOT,
            env=own_house.environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    assert done.returncode != 0
    complaint = [line for line in done.stderr.splitlines() if line.startswith("giaoban:")]
    assert len(complaint) == 1
    assert str(port) in complaint[0]
    assert "Traceback" not in done.stderr


def test_a_wrong_setting_is_named(own_house: House) -> None:
    own_house.environment["GIAOBAN_HTTP"] = "8080"

    done = subprocess.run(  # noqa: S603 -- our own program
        [str(GIAOBAN), "up"],
        cwd=ROOT,
        env=own_house.environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode != 0
    assert "GIAOBAN_HTTP" in done.stderr
    assert "host:port" in done.stderr


def test_the_metrics_page_has_every_role(house: House) -> None:
    with urllib.request.urlopen(f"http://127.0.0.1:{house.metrics_port}/metrics", timeout=10) as response:
        page = response.read().decode()

    for role in ("gateway", "scheduler", "notify", "media"):
        assert f'process="{role}' in page


def test_the_doctor_finds_nothing_wrong_with_a_free_machine(tmp_path: Path) -> None:
    house = House(tmp_path / "var", {})

    report = house.run("doctor")

    assert len(report.splitlines()) >= 5
    assert "BAD" not in report


def test_the_ready_page_names_every_service(house: House) -> None:
    with urllib.request.urlopen(f"{house.address}/readyz", timeout=10) as response:  # noqa: S310 -- our own address
        services = json.load(response)["services"]

    assert services == {"scheduler": "serving", "media": "serving", "notify": "serving"}
