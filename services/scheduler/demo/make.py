"""Writes the demonstration into an empty store."""

import asyncio
import secrets
import sys
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
from giaoban.names import person_name
from giaoban.principal import Grant, Principal
from services.scheduler.app import first_administrator, opened_store
from services.scheduler.demo.attendance import answers, came, stays
from services.scheduler.demo.meetings import make_plans
from services.scheduler.demo.province import PROVINCE, SECRETARY, SEED, make_province
from services.scheduler.domain.booking import Booking, record_end
from services.scheduler.domain.briefing_cases import organizer_at
from services.scheduler.domain.briefings import Briefing, Kind, State
from services.scheduler.domain.changes import Changes
from services.scheduler.domain.directory import Directory
from services.scheduler.domain.org_cases import org_cases
from services.scheduler.domain.passwords import Argon2Hasher
from services.scheduler.store.briefing_store import SqlBriefingStore
from services.scheduler.store.org_store import SqlOrgStore

_CALLER: Final = Principal(person_name(SECRETARY), (Grant("secretary", f"/{PROVINCE}/"),))
_BOOKED_AHEAD: Final = timedelta(days=5)
_ANSWERED_AFTER: Final = timedelta(hours=3)

log = structlog.get_logger(__name__)


async def make(settings: Settings) -> None:
    """Makes the province with its briefings and prints how to sign in; does nothing where there are units already.

    Its accounts share one password, made for this house and kept beside its keys in `demo-password`. The scheduler may
    run meanwhile or not.
    """
    keys = settings.key_folder()
    async with opened_store(settings, keys) as engine:
        password = await asyncio.to_thread(_password, settings)
        if not await _write_province(settings, keys, engine, password):
            log.info("there are units already; the demonstration changes nothing")
            return
        await _write_briefings(settings, engine, SystemClock().now())
    sys.stdout.write(
        "Demonstration: tỉnh Sơn Hà. Accounts: vanthu (secretary), chutri (chair), cntt.binh-khe (district IT), "
        f"vanthu.binh-khe (secretary of a district); password of all: {password}\n"
    )


def _password(settings: Settings) -> str:
    # Not one that everybody knows: the first house of a site begins with the demonstration too.
    path = settings.keys_dir / "demo-password"
    return read_or_make(path, _new_password).decode().strip()


def _new_password() -> bytes:
    return f"son-ha-{secrets.token_hex(5)}".encode()


async def _write_province(settings: Settings, keys: KeyFolder, engine: AsyncEngine, password: str) -> bool:
    store, hasher = SqlOrgStore(engine), Argon2Hasher()
    await first_administrator(settings, keys, org_cases(store, hasher))
    made = make_province()
    # One hash for all accounts: they share the password anyway, and thirty hashes take seconds.
    password_hash = await hasher.hash(password)
    async with store.changing() as writer:
        tree = await writer.tree()
        if len(tree):
            return False
        await writer.put_units(tree.put(made.units))
        await writer.put_points(made.points)
        await writer.put_people(made.people)
        await writer.set_password_hashes({person.id: password_hash for person in made.people if person.username})
        counts = {"units": len(made.units), "points": len(made.points), "people": len(made.people)}
        await writer.append_audit("service:scheduler", "org.demo", "units", counts)
    return True


async def _write_briefings(settings: Settings, engine: AsyncEngine, now: datetime) -> None:
    plans = make_plans(now)
    # Booking asks what time it is; those of the past were booked in the past.
    clock = FakeClock(plans[0].start - _BOOKED_AHEAD)
    store = SqlBriefingStore(engine, clock)
    organizer = organizer_at(settings.public_url)
    booking = Booking(store, Directory(SqlOrgStore(engine)), clock, organizer, Changes())
    random = Random(SEED)  # noqa: S311 - who comes to an invented meeting is no secret
    for plan in plans:
        booked_at = min(now, plan.start - _BOOKED_AHEAD)
        clock.advance((booked_at - clock.now()).total_seconds())
        briefing = await booking.create(_CALLER, plan, {})
        await _write_answers(store, random, briefing, min(now, booked_at + _ANSWERED_AFTER))
        if plan.end < now:
            await _write_end(store, random, briefing)


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
