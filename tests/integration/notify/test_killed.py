"""A process killed at any moment sends nobody two messages, and leaves nobody out of the list."""

import asyncio
import os
import random
import sys
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import grpc
import pytest

from briefing.v1 import delivery_service_pb2 as pb2
from giaoban.child import bound_to_parent
from services.notify.config import LANES
from tests.integration.notify.conftest import Surroundings
from tests.integration.notify.doubles import briefing_of, invitation_to, invitee_of, tell
from tests.integration.notify.waiting import listed, until

INVITED = 200
KILLS = 5
ROOT = Path(__file__).parents[3]


@pytest.mark.timeout(400)  # 25 s on an idle machine; most of it is Python starting six times
@pytest.mark.parametrize("seed", [11])
async def test_two_hundred_invitations_survive_kills_at_random_moments(around: Surroundings, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311  (moments, no secret)
    people = [invitation_to(invitee_of(number)) for number in range(INVITED)]
    around.briefings.put(briefing_of(datetime.now(UTC) + timedelta(days=3)), people, datetime.now(UTC))
    # The line to the server takes its time, or everything would be gone before the first kill.
    around.mail.answer_after_seconds = 0.02
    await tell(around.redis)

    taken_at_kills = []
    for kill in range(1, KILLS + 1):
        process = await _start(around)
        share = chance.uniform((kill - 1) / (KILLS + 1), kill / (KILLS + 1))
        await _until_taken(around, process, int(INVITED * share))
        await asyncio.sleep(chance.uniform(0, 0.05))  # the moment within a transaction is chance, too
        await _kill(process)
        taken_at_kills.append(len(around.mail.taken))
    process = await _start(around)
    await until(lambda: _settled(around), seconds=60)
    deliveries = await listed(around)
    await _kill(process)

    got = around.mail.count_by_recipient()
    unknown = {one.address for one in deliveries if one.state == pb2.Delivery.STATE_UNKNOWN}
    sent = {one.address for one in deliveries if one.state == pb2.Delivery.STATE_SENT}
    everyone = {invitation.invitee.email for invitation in people}
    assert taken_at_kills[-1] < INVITED, "the kills came too late to mean anything"
    assert max(got.values()) == 1
    assert sent | unknown == everyone
    assert sent <= set(got)
    assert everyone - set(got) <= unknown
    assert {one.reason for one in deliveries if one.state == pb2.Delivery.STATE_UNKNOWN} == {"INTERRUPTED"}
    assert 1 <= len(unknown) <= KILLS * LANES, "each kill interrupts at most what was under way"


async def _start(around: Surroundings) -> asyncio.subprocess.Process:
    settings = around.settings
    environment = os.environ | {
        "GIAOBAN_HOME": str(settings.home),
        "GIAOBAN_REDIS_URL": settings.redis_url,
        "GIAOBAN_SMTP_URL": settings.smtp_url,
        "GIAOBAN_PUBLIC_URL": settings.public_url,
        "GIAOBAN_PEER_SCHEDULER": settings.peer_scheduler,
        "GIAOBAN_PEER_NOTIFY": settings.peer_notify,
        "GIAOBAN_METRICS": "",
    }
    line = bound_to_parent([sys.executable, "-m", "services.notify"])
    return await asyncio.create_subprocess_exec(
        *line, cwd=ROOT, env=environment, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
    )


async def _kill(process: asyncio.subprocess.Process) -> None:
    with suppress(ProcessLookupError):
        process.kill()
    await process.wait()


async def _until_taken(around: Surroundings, process: asyncio.subprocess.Process, count: int) -> None:
    async def taken() -> bool:
        assert process.returncode is None, "the service ended by itself"
        return len(around.mail.taken) >= count

    await until(taken, seconds=60)


async def _settled(around: Surroundings) -> bool:
    try:
        deliveries = await listed(around)
    except grpc.aio.AioRpcError:
        return False
    open_states = {pb2.Delivery.STATE_PENDING, pb2.Delivery.STATE_SENDING}
    return len(deliveries) == INVITED and not any(one.state in open_states for one in deliveries)
