"""The command line: helpful help, files turned into what the scheduler reads, one line on refusal."""

from datetime import datetime
from pathlib import Path

import jwt
import openpyxl
import pytest
from typer.testing import CliRunner

from giaoban.config import Settings
from giaoban.errors import InvalidArgument
from services import administration
from services.cli import app


@pytest.mark.parametrize(
    "command",
    [["up"], ["serve"], ["demo"], ["token"], ["org", "import"], ["user", "add"], ["doctor"], ["cert"]],
    ids=" ".join,
)
def test_every_command_has_help(command: list[str]) -> None:
    result = CliRunner().invoke(app, [*command, "--help"])

    assert result.exit_code == 0
    assert "Usage" in result.output


def test_a_token_admits_to_the_room_it_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIAOBAN_HOME", str(tmp_path))
    monkeypatch.delenv("LIVEKIT_API_KEY", raising=False)
    arguments = ["token", "--room", "r1", "--identity", "points/a", "--name", "Điểm cầu A", "--no-publish"]

    result = CliRunner().invoke(app, arguments)

    key, secret = Settings(home=tmp_path).key_folder().room_api_pair()
    claims = jwt.decode(result.output.strip(), secret, algorithms=["HS256"], issuer=key)
    assert (claims["sub"], claims["name"]) == ("points/a", "Điểm cầu A")
    assert claims["video"]["room"] == "r1"
    assert claims["video"]["canPublish"] is False
    assert claims["attributes"]["giaoban.create"] == "1"


def test_a_sheet_becomes_csv_with_plain_numbers_and_dates(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["code", "name", "seats", "valid_from", "note"])
    sheet.append(["q1", 'Quận "1", cũ', 40.0, datetime(2026, 7, 1), None])  # noqa: DTZ001 - as spreadsheets have it
    book.save(tmp_path / "org.xlsx")

    text = administration._as_csv(tmp_path / "org.xlsx").decode()

    assert text.splitlines() == ["code,name,seats,valid_from,note", 'q1,"Quận ""1"", cũ",40,2026-07-01,']


@pytest.mark.parametrize("name", ["missing.csv", "broken.xlsx"])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / "broken.xlsx").write_bytes(b"not a sheet")

    with pytest.raises(InvalidArgument, match=name):
        administration._as_csv(tmp_path / name)


async def test_an_unknown_role_lists_the_known_ones(tmp_path: Path) -> None:
    person = administration.NewPerson("a", "A", "q1", "boss", "", "", "password")

    with pytest.raises(InvalidArgument, match="district_it"):
        await administration.add_person(Settings(home=tmp_path), person)
