"""Commands that write the organisation's books: calls of the scheduler as the administrator.

Whoever can read the folder of keys may: it owns the data anyway.
"""

import csv
import io
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import grpc.aio

from briefing.v1 import org_pb2, org_service_pb2
from briefing.v1.org_service_pb2_grpc import OrgServiceStub
from giaoban.config import Settings
from giaoban.errors import InvalidArgument
from giaoban.names import parse_unit, unit_name
from giaoban.principal import Grant, Principal
from giaoban.rpc.client import Peer
from giaoban.rpc.status import from_call
from giaoban.rpc.tokens import TokenMinter

_ADMINISTRATOR: Final = Principal("people/admin", (Grant("administrator", "/"),))
_LARGEST_FILE: Final = 5 * 1024 * 1024
_IMPORT_SECONDS: Final = 120.0


@dataclass(frozen=True, slots=True)
class NewPerson:
    """A person to be made, as the command line gives it."""

    username: str
    display_name: str
    unit: str
    role: str
    email: str
    position: str
    password: str = field(repr=False)


@asynccontextmanager
async def _org(settings: Settings) -> AsyncIterator[OrgServiceStub]:
    minter = TokenMinter("gateway", settings.key_folder())
    peer = Peer(settings.grpc_target("scheduler"), "scheduler", lambda role: minter.mint(_ADMINISTRATOR, role))
    try:
        yield OrgServiceStub(peer.channel)
    except grpc.aio.AioRpcError as error:
        raise from_call(error) from error
    finally:
        await peer.aclose()


async def import_org(settings: Settings, file: Path, *, check_only: bool) -> int:
    """Sends a file to the scheduler, prints every problem, and answers the exit status.

    Raises:
        InvalidArgument: `BAD_FILE`: it cannot be read, or is larger than 5 MB.
    """
    request = org_service_pb2.ImportOrgRequest(content=_as_csv(file), validate_only=check_only)
    async with _org(settings) as stub:
        answer = await stub.ImportOrg(request, timeout=_IMPORT_SECONDS)
    for problem in answer.problems:
        cell = f"{problem.column}: " if problem.column else ""
        sys.stderr.write(f"{file.name}:{problem.row}: {cell}{problem.message} ({problem.reason}) {problem.value}\n")
    if answer.problems:
        sys.stderr.write(f"Nothing was written: {len(answer.problems)} problems.\n")
        return 1
    verb = "would be written" if check_only else "written"
    counts = f"{answer.unit_count} units, {answer.point_count} points, {answer.person_count} people"
    sys.stdout.write(f"{counts} {verb}.\n")
    return 0


async def add_person(settings: Settings, person: NewPerson) -> int:
    """Makes a person with an account and one role on the own unit; answers the exit status.

    Raises:
        InvalidArgument: `BAD_NAME`, `UNKNOWN_ROLE`, or as scheduler says.
    """
    role = f"ROLE_{person.role.upper()}"
    roles = org_pb2.Role.keys()[1:]  # the first is "not given"
    if role not in roles:
        known = ", ".join(name.removeprefix("ROLE_").lower() for name in roles)
        raise InvalidArgument("UNKNOWN_ROLE", f"The role must be one of {known}.", field="role")
    unit = unit_name(parse_unit(unit_name(person.unit.removeprefix("units/")), "unit"))
    request = org_service_pb2.CreatePersonRequest(
        person=org_pb2.Person(
            display_name=person.display_name,
            username=person.username,
            unit=unit,
            email=person.email,
            position=person.position,
            roles=[org_pb2.RoleGrant(role=org_pb2.Role.Value(role), unit=unit)],
        ),
        password=person.password,
    )
    async with _org(settings) as stub:
        answer = await stub.CreatePerson(request)
    sys.stdout.write(f"{answer.person.name}\n")
    return 0


def _as_csv(file: Path) -> bytes:
    try:
        if file.stat().st_size > _LARGEST_FILE:
            raise InvalidArgument("BAD_FILE", f"{file} is larger than 5 MB; split it.", field="file")
        return _from_xlsx(file) if file.suffix.lower() == ".xlsx" else file.read_bytes()
    except OSError as error:
        raise InvalidArgument("BAD_FILE", f"{file}: {error.strerror}.", field="file") from error


def _from_xlsx(file: Path) -> bytes:
    """Reads the first sheet; dates and whole numbers look as in CSV."""
    import zipfile  # noqa: PLC0415

    import openpyxl  # noqa: PLC0415 - heavy, and most files are CSV
    from openpyxl.utils.exceptions import InvalidFileException  # noqa: PLC0415

    try:
        sheet = openpyxl.load_workbook(file, read_only=True, data_only=True).worksheets[0]
        text = io.StringIO()
        writer = csv.writer(text)
        for row in sheet.iter_rows(values_only=True):
            writer.writerow([_cell(value) for value in row])
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError) as error:
        raise InvalidArgument("BAD_FILE", f"{file} is no XLSX file.", field="file") from error
    return text.getvalue().encode()


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    date = getattr(value, "date", None)
    return date().isoformat() if callable(date) else str(value)
