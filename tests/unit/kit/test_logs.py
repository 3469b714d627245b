"""Logs tell what happened and nothing personal or secret."""

import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from briefing.v1 import org_pb2, room_service_pb2
from giaoban import logs

TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJwb2ludHMvYSJ9.c2lnbmF0dXJl"


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def test_fields_marked_for_redaction_are_blank_at_any_depth() -> None:
    person = org_pb2.Person(name="people/a", display_name="Nguyễn Văn A", position="Chủ tịch", email="a@b.vn")
    point = org_pb2.Point(name="points/a", line=org_pb2.Line(carrier="VNPT", it_contact_phone="0912"))
    signal = room_service_pb2.SignalRequest(open=room_service_pb2.SignalOpen(token=TOKEN, query="x=1"))

    assert logs.redact(person) == "{name: people/a, display_name: ****, position: Chủ tịch, email: ****}"
    assert logs.redact(point) == "{name: points/a, line: {carrier: VNPT, it_contact_phone: ****}}"
    assert logs.redact(signal) == "{open: {token: ****, query: ****}}"


@pytest.mark.parametrize(
    "text",
    [
        f"GET /rtc/v1?access_token={TOKEN}&auto_subscribe=1",
        f"Authorization: Bearer {TOKEN}",
        f"token {TOKEN} refused",
        "GET /join/i123.c2lnbmF0dXJl HTTP/1.1",
        "GET /calendar/c2lnbmF0dXJl.ics",
        "offer v=0\r\no=- 1 1 IN IP4 c2lnbmF0dXJl\r\n",
        "cannot reach redis://:c2lnbmF0dXJl@host:6379",
    ],
)
def test_tokens_links_and_descriptions_leave_no_trace(text: str) -> None:
    assert "c2lnbmF0dXJl" not in logs.clean(text)
    assert logs.HIDDEN in logs.clean(text)


def test_a_line_is_json_with_its_role_and_without_secrets(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("media", terminal=False)

    structlog.get_logger("x").info("joined", room="b1", token="secret", person=org_pb2.Person(email="a@b.vn"))
    logging.getLogger("library").warning("sent %s", f"Bearer {TOKEN}", extra={"room": "b2"})

    first, second = (json.loads(line) for line in capsys.readouterr().err.splitlines())
    assert (first["event"], first["role"], first["room"], first["token"]) == ("joined", "media", "b1", "****")
    assert first["person"] == "{email: ****}"
    assert (second["event"], second["room"]) == ("sent ****", "b2")


def fail() -> None:
    password = "".join(["only in ", "a variable"])
    raise ValueError(len(password))


def test_a_traceback_shows_no_local_variable(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("media", terminal=True)

    try:
        fail()
    except ValueError:
        structlog.get_logger("x").exception("failed")

    shown = capsys.readouterr().err
    assert "ValueError: 18" in shown
    assert "only in a variable" not in shown
