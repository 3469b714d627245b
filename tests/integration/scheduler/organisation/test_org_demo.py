from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from giaoban.clock import SystemClock
from giaoban.config import Settings
from giaoban.errors import Unauthenticated
from giaoban.sql.engine import create_engine
from services.scheduler.demo import make
from services.scheduler.domain.audit import first_broken
from services.scheduler.domain.briefing_ports import BriefingQuery, Sight
from services.scheduler.domain.briefings import State
from services.scheduler.domain.changes import Changes
from services.scheduler.domain.org_cases import org_cases
from services.scheduler.domain.passwords import Argon2Hasher
from services.scheduler.domain.readdressing import Readdressing
from services.scheduler.store.briefing_store import SqlBriefingStore
from services.scheduler.store.org_store import SqlOrgStore


async def test_a_new_house_gets_a_province_that_can_be_signed_in_to_and_met_in(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = Settings(home=tmp_path)

    await make(settings)

    shown = capsys.readouterr().out
    passwords = dict(line.split() for line in (settings.keys_dir / "demo-passwords").read_text().splitlines())
    engine = create_engine(settings.database_url("scheduler"), settings.key_folder().data_key())
    people, briefings = SqlOrgStore(engine), SqlBriefingStore(engine, SystemClock())
    try:
        accounts = org_cases(people, Argon2Hasher(), Readdressing(briefings, SystemClock(), Changes())).accounts
        assert f"vanthu (secretary), password: {passwords['vanthu']}" in shown
        assert len(set(passwords.values())) == len(passwords) > 20
        assert (await accounts.verify_password("vanthu", passwords["vanthu"])).view.grant_paths == ("/son-ha/",)
        with pytest.raises(Unauthenticated):
            await accounts.verify_password("chutri", passwords["vanthu"])
        first = settings.key_folder().admin_password()
        assert (await accounts.verify_password("admin", first)).view.grant_paths == ("/",)
        async with briefings.reading() as reader:
            made = await reader.briefings(BriefingQuery(Sight(everything=True), limit=100))
            over = [each for each in made if each.state is State.ENDED]
            stays = [await reader.stays(each.id) for each in over]
            heads = [await reader.headcounts(each.id) for each in over]
        assert len(made) == 13
        assert len(over) == 5
        assert all(stays)
        assert all(heads)
        assert max(each.point_count for each in made) == 146
        async with people.reading() as org:
            log = await org.audit_entries("", None, 1000)
        assert first_broken(reversed(log)) is None

        await make(settings)

        async with briefings.reading() as reader:
            again = await reader.briefings(BriefingQuery(Sight(everything=True), limit=100))
        assert again == made
    finally:
        await engine.dispose()
    assert min(each.plan.start for each in made) < datetime.now(UTC) - timedelta(days=7)
