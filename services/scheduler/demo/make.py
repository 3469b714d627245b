"""Writes the demonstration into an empty store."""

import asyncio
import secrets
import sys
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Final

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from giaoban.clock import FakeClock, SystemClock
from giaoban.config import Settings
from giaoban.files import read_or_make
from giaoban.keys import KeyFolder
from giaoban.names import BriefingId, person_name
from giaoban.principal import Grant, Principal
from services.scheduler.app import first_administrator, opened_store
from services.scheduler.demo.attendance import answers, came, stays
from services.scheduler.demo.meetings import make_plans
from services.scheduler.demo.province import PROVINCE, SECRETARY, SEED, Province, make_province
from services.scheduler.domain.booking import Booking, record_end
from services.scheduler.domain.briefings import Briefing, Kind, Organizer, State
from services.scheduler.domain.changes import Changes
from services.scheduler.domain.directory import Directory
from services.scheduler.domain.org_cases import org_cases
from services.scheduler.domain.passwords import Argon2Hasher
from services.scheduler.domain.readdressing import Readdressing
from services.scheduler.store.briefing_store import SqlBriefingStore
from services.scheduler.store.org_store import SqlOrgStore

_CALLER: Final = Principal(person_name(SECRETARY), (Grant("secretary", f"/{PROVINCE}/"),))
_BOOKED_AHEAD: Final = timedelta(days=5)
_ANSWERED_AFTER: Final = timedelta(hours=3)
_SHOWN: Final = {
    "vanthu": "secretary",
    "chutri": "chair",
    "cntt.binh-khe": "district IT",
    "vanthu.binh-khe": "secretary of a district",
}

PASSWORDS: Final = "demo-passwords"
"""The file beside the keys that holds a user name and its password in each line."""

log = structlog.get_logger(__name__)


async def make(settings: Settings) -> None:
    """Makes the province with its briefings and prints how to sign in; does nothing where there are units already.

    Each account has a password of its own, made here and kept beside the keys in `demo-passwords`, a user name and its
    password in each line. The scheduler may run meanwhile or not.
    """
    keys = settings.key_folder()
    made = make_province()
    async with opened_store(settings, keys) as engine:
        passwords = await asyncio.to_thread(_passwords, settings, made)
        if not await _write_province(settings, keys, engine, made, passwords):
            log.info("there are units already; the demonstration changes nothing")
            return
        await _write_briefings(settings, engine, SystemClock().now())
    sys.stdout.write("Demonstration: tỉnh Sơn Hà. Accounts:\n")
    for username, what in _SHOWN.items():
        sys.stdout.write(f"  {username} ({what}), password: {passwords[username]}\n")
    sys.stdout.write(f"All others stand in {settings.keys_dir / PASSWORDS}; its mail stays in files on this machine.\n")


def _passwords(settings: Settings, made: Province) -> dict[str, str]:
    # None that everybody knows and none that opens another account: the first installation of a site begins with the
    # demonstration too.
    usernames = [person.username for person in made.people if person.username]
    lines = read_or_make(settings.keys_dir / PASSWORDS, lambda: _new_passwords(usernames)).decode().splitlines()
    return dict(line.split(maxsplit=1) for line in lines)


def _new_passwords(usernames: Iterable[str]) -> bytes:
    return "".join(f"{username} son-ha-{secrets.token_hex(5)}\n" for username in usernames).encode()


async def _write_province(
    settings: Settings, keys: KeyFolder, engine: AsyncEngine, made: Province, passwords: Mapping[str, str]
) -> bool:
    store, hasher = SqlOrgStore(engine), Argon2Hasher()
    await first_administrator(settings, keys, org_cases(store, hasher, _readdressing(engine)))
    async with store.reading() as reader:
        if len(await reader.tree()):
            return False
    accounts = [person for person in made.people if person.username]
    hashes = await asyncio.gather(*(hasher.hash(passwords[person.username]) for person in accounts))
    async with store.changing() as writer:
        tree = await writer.tree()
        if len(tree):
            return False
        await writer.put_units(tree.put(made.units))
        await writer.put_points(made.points)
        await writer.put_people(made.people)
        await writer.set_password_hashes(
            {person.id: password_hash for person, password_hash in zip(accounts, hashes, strict=True)}
        )
        counts = {"units": len(made.units), "points": len(made.points), "people": len(made.people)}
        await writer.append_audit("service:scheduler", "org.demo", "units", counts)
    return True


def _readdressing(engine: AsyncEngine) -> Readdressing:
    clock = SystemClock()
    return Readdressing(SqlBriefingStore(engine, clock), clock, Changes())


async def _write_briefings(settings: Settings, engine: AsyncEngine, now: datetime) -> None:
    plans = make_plans(now)
    # Booking asks what time it is; those of the past were booked in the past.
    clock = FakeClock(plans[0].start - _BOOKED_AHEAD)
    store = SqlBriefingStore(engine, clock)
    organizer = Organizer(settings.mail_sender.address, settings.mail_sender.name)
    booking = Booking(store, Directory(SqlOrgStore(engine)), clock, organizer, _nobody_inside, Changes())
    random = Random(SEED)  # noqa: S311 - who comes to an invented meeting is no secret
    for plan in plans:
        booked_at = min(now, plan.start - _BOOKED_AHEAD)
        clock.advance((booked_at - clock.now()).total_seconds())
        briefing = await booking.create(_CALLER, plan, {})
        await _write_answers(store, random, briefing, min(now, booked_at + _ANSWERED_AFTER))
        if plan.end < now:
            await _write_end(store, random, briefing)


async def _nobody_inside(_briefing: BriefingId) -> None:
    """There are no rooms yet."""


async def _write_answers(store: SqlBriefingStore, random: Random, briefing: Briefing, at: datetime) -> None:
    async with store.changing() as writer:
        await writer.put_invitees(briefing.id, answers(random, await writer.invitees(briefing.id), at))


async def _write_end(store: SqlBriefingStore, random: Random, briefing: Briefing) -> None:
    async with store.changing() as writer:
        present = came(await writer.invitees(briefing.id))
        await writer.put_stays(briefing.id, list(stays(random, briefing, present)))
        for invitee in present:
            if invitee.kind is Kind.POINT:
                await writer.put_headcount(briefing.id, invitee.id, random.randrange(2, 15), briefing.plan.start)
        await record_end(writer, replace(briefing, state=State.ENDED), briefing.plan.end)
