"""What sending and planning cost: the ledger's dispatcher against a bare aiosmtplib loop, and a planner with a fifth of a processor.

The sink is a process of its own and takes everything. The bare loop sends the same bytes over one connection and writes nothing; the
dispatcher writes each SENT to an encrypted store before it goes on. Both alternate in the same run.

Run: make bench NAME=mail [QUICK=1]
"""

import argparse
import asyncio
import json
import logging
import os
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiosmtpd.smtp
import structlog
from aiosmtplib import SMTP

from giaoban.clock import SystemClock
from giaoban.config import Mailbox
from giaoban.sql.engine import create_engine
from giaoban.sql.migrate import upgrade
from services.notify.app import MIGRATIONS
from services.notify.channels.smtp import SmtpChannel
from services.notify.config import Secret, SmtpServer, StartTls
from services.notify.domain.dispatching import Dispatcher
from services.notify.domain.holding import Holding
from services.notify.domain.message import MessageRenderer
from services.notify.domain.model import (
    AgendaItem,
    Ahead,
    Briefing,
    BriefingName,
    BriefingStanding,
    Invitation,
    InvitationBatch,
    Invited,
    InviteeName,
    Kind,
    Language,
    Method,
    Note,
    Organizer,
    Part,
    PlannedMessage,
    Recipient,
    RenderedMessage,
    State,
)
from services.notify.domain.planning import Planner
from services.notify.domain.retry import RetryPolicy
from services.notify.domain.telling import Teller
from services.notify.store.books import SqlDeliveryBooks
from services.notify.store.outbox import SqlOutbox
from services.notify.store.problems import SqlProblemBook
from services.notify.store.tellings import SqlTellings

SENDER = Mailbox("Văn phòng UBND tỉnh", "giaoban@tinh.example.vn")
MANY, FEW, PLANNED, RENDERED = 3_000, 100, 992, 50
DUTY = (0.1, 0.4)  # seconds on, seconds off
KEY = bytes(range(32))


def batch_of(count: int, name: str = "briefings/nhieu", *, days: int = 10, cancelled: bool = False) -> InvitationBatch:
    """A briefing with so many invitees, each with a mailbox of its own."""
    start = datetime.now(UTC).replace(microsecond=0) + timedelta(days=days)
    briefing = Briefing(
        name=BriefingName(name),
        uid=f"{name.partition('/')[2]}@tinh.example.vn",
        revision=2 if cancelled else 1,
        title="Giao ban công tác tuần 48",
        start=start,
        end=start + timedelta(minutes=90),
        host_unit="units/vp",
        host_name="Văn phòng UBND tỉnh",
        chair_name="Nguyễn Văn An",
        secretary_name="Trần Thị Bình",
        secretary_address="binh@tinh.example.vn",
        agenda=tuple(AgendaItem(f"Nội dung thứ {number}", "Văn phòng", 10) for number in range(6)),
        notes="Kết nối thử trước 15 phút.",
        cancelled=cancelled,
    )
    method = Method.CANCEL if cancelled else Method.REQUEST
    invitations = [
        Invitation(_recipient(name, number), method, int(cancelled), update=cancelled) for number in range(count)
    ]
    return InvitationBatch(briefing, Organizer(SENDER.address, SENDER.name), datetime.now(UTC), "/tinh/", invitations)


def _recipient(briefing: str, number: int) -> Recipient:
    return Recipient(
        name=InviteeName(f"{briefing}/invitees/i{number}"),
        subject=f"points/p{number}",
        kind=Kind.POINT,
        part=Part.ATTENDEE,
        display_name=f"Điểm cầu xã số {number}",
        unit_name=f"UBND xã số {number}",
        address=f"xa{number}@{briefing.partition('/')[2]}.example.vn",
        join_path=f"/join/i{number}.0123456789abcdefghijkl",
        language=Language.VIETNAMESE,
    )


class Scheduler:
    """Knows some revisions; nothing else is asked of it here."""

    def __init__(self, batches: Sequence[InvitationBatch]) -> None:
        self._batches = {(each.briefing.name, each.briefing.revision): each for each in batches}

    async def invitations(self, briefing: BriefingName, revision: int) -> InvitationBatch:
        """One of them."""
        return self._batches[briefing, revision]

    async def ahead(self, position: str, *, reset: bool = False) -> Ahead:
        """Not asked."""
        raise NotImplementedError

    async def invited(self, briefing: BriefingName) -> Invited:
        """Not asked."""
        raise NotImplementedError

    async def standing(self, briefing: BriefingName) -> BriefingStanding:
        """Not asked."""
        raise NotImplementedError


@asynccontextmanager
async def sink() -> AsyncIterator[int]:
    """A mail server in a process of its own; answers its port."""
    process = await asyncio.create_subprocess_exec(sys.executable, __file__, "--sink", stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    try:
        yield int(await process.stdout.readline())
    finally:
        process.terminate()
        await process.wait()


class Taking:
    """Takes every message."""

    async def handle_DATA(self, *_: object) -> str:  # noqa: N802 - aiosmtpd finds it by this name
        """Takes it."""
        return "250 taken"


async def be_sink() -> None:
    """Serves until it is ended."""
    server = await asyncio.get_running_loop().create_server(lambda: aiosmtpd.smtp.SMTP(Taking()), "127.0.0.1", 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


class Rendering:
    """Renders some messages and repeats their bytes: rendering is not what is measured."""

    def __init__(self) -> None:
        self._renderer = MessageRenderer("https://giaoban.tinh.example.vn", SENDER)
        self._rendered: list[RenderedMessage] = []
        self._count = 0

    def render(self, note: Note) -> RenderedMessage:
        """A message with an id of its own."""
        self._count += 1
        if len(self._rendered) < RENDERED:
            self._rendered.append(self._renderer.render(note))
        found = self._rendered[self._count % len(self._rendered)]
        return replace(found, message_id=f"<{self._count}@bench.example.vn>")


class Ledger:
    """A store with messages that wait."""

    def __init__(self, folder: Path, port: int) -> None:
        self.url = f"sqlite+aiosqlite:///{folder}/notify.db"
        self.engine = create_engine(self.url, KEY)
        self.outbox = SqlOutbox(self.engine)
        self.books = SqlDeliveryBooks(self.engine)
        self.holding = Holding()
        self.holding.compared()
        self.clock = SystemClock()
        channel = SmtpChannel(SmtpServer("127.0.0.1", port, False, StartTls.NEVER, "", Secret("")), "bench.example.vn")
        problems = SqlProblemBook(self.engine, "bench")
        self.dispatcher = Dispatcher(
            self.outbox, channel, RetryPolicy(), self.clock, problems=problems, holding=self.holding
        )

    async def left(self, until: int) -> None:
        """Waits until no more than so many wait."""
        while await self.books.waiting() > until:  # noqa: ASYNC110 - the ledger tells nobody
            await asyncio.sleep(0.2)  # each question takes of its time

    async def drain(self, until: int) -> tuple[float, float]:
        """Sends until so many wait; answers wall and processor seconds."""
        started, used = time.perf_counter(), time.process_time()
        running = asyncio.create_task(self.dispatcher.run())
        await self.left(until)
        seconds, processor = time.perf_counter() - started, time.process_time() - used
        self.dispatcher.stop()
        await running
        return seconds, processor


async def waiting(folder: Path, port: int, planned: Sequence[PlannedMessage], batch: InvitationBatch) -> Ledger:
    """A new ledger in which these messages wait."""
    folder.mkdir()  # noqa: ASYNC240 - nothing else runs
    ledger = Ledger(folder, port)
    await upgrade(ledger.url, KEY, MIGRATIONS)
    await ledger.outbox.record(batch, planned, ledger.clock.now())
    return ledger


async def bare(port: int, contents: Sequence[tuple[str, bytes]]) -> float:
    """Sends the same bytes over one connection; answers wall seconds."""
    started = time.perf_counter()
    async with SMTP(hostname="127.0.0.1", port=port, start_tls=False) as client:
        for address, content in contents:
            await client.sendmail(SENDER.address, [address], content)
    return time.perf_counter() - started


async def sending(folder: Path, rounds: int) -> dict[str, float]:
    """Compares the dispatcher with the bare loop, and many that wait with few."""
    batch = batch_of(MANY)
    planned = Planner(Rendering().render, ()).plan(batch, {}, datetime.now(UTC))
    contents = [
        (one.delivery.note.recipient.address, one.delivery.message.content) for one in planned if one.delivery.message
    ]
    ratios, per_many, per_few = [], [], []
    async with sink() as port:
        for number in range(rounds):
            ledger = await waiting(folder / f"many{number}", port, planned, batch)
            _, many = await ledger.drain(MANY - 10 * FEW)  # while two thousand and more wait
            second = Ledger(folder / f"many{number}", port)
            rest, _ = await second.drain(0)
            sent = await second.books.find(_all(MANY + 1))
            assert len(sent) == MANY
            assert {one.state for one in sent} == {State.SENT}
            loop = await bare(port, contents[: 10 * FEW])
            ratios.append((loop / (10 * FEW)) / (rest / (MANY - 10 * FEW)))
            per_many.append(many / (10 * FEW))
            few = await waiting(folder / f"few{number}", port, planned[:FEW], batch)
            _, used = await few.drain(0)
            per_few.append(used / FEW)
            for each in (ledger, second, few):
                await each.engine.dispose()
    return {
        "ratio_to_bare_loop": round(statistics.median(ratios), 3),
        "growth_3000_over_100": round(statistics.median(per_many) / statistics.median(per_few), 3),
        "cpu_ms_per_message_at_3000": round(1000 * statistics.median(per_many), 2),
        "cpu_ms_per_message_at_100": round(1000 * statistics.median(per_few), 2),
    }


def _all(limit: int):  # noqa: ANN202 - a query of the books
    from services.notify.domain.model import DeliveryQuery  # noqa: PLC0415

    return DeliveryQuery(unit_paths=None, limit=limit)


async def planning(folder: Path, count: int) -> dict[str, float]:
    """Lets a process plan with a fifth of the time, and asks how long it and its chunks took."""
    async with sink() as port:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, __file__, "--plan", str(folder), str(port), str(count)), stdout=asyncio.subprocess.PIPE
        )
        assert process.stdout is not None
        reading = asyncio.create_task(process.stdout.read())
        try:
            while not reading.done():
                await asyncio.wait({reading}, timeout=DUTY[0])
                _signal(process, signal.SIGSTOP)
                await asyncio.sleep(DUTY[1])
                _signal(process, signal.SIGCONT)
        finally:
            _signal(process, signal.SIGCONT)
            await process.wait()
        return dict(json.loads(reading.result()))


def _signal(process: asyncio.subprocess.Process, number: signal.Signals) -> None:
    if process.returncode is None:
        process.send_signal(number)


async def plan(folder: Path, port: int, count: int) -> None:
    """Plans a large briefing while another is called off; prints what it took."""
    batches = [batch_of(count), batch_of(3, "briefings/khac", days=0), batch_of(3, "briefings/khac", cancelled=True)]
    called_off = batches[2].briefing.name
    ledger = Ledger(folder, port)
    await upgrade(ledger.url, KEY, MIGRATIONS)
    renderer = MessageRenderer("https://giaoban.tinh.example.vn", SENDER)
    planner = Planner(renderer.render, (24 * 60, 15))
    first = replace(
        batches[1], briefing=replace(batches[1].briefing, start=batches[2].briefing.start, end=batches[2].briefing.end)
    )
    await ledger.outbox.record(first, planner.plan(first, {}, ledger.clock.now()), ledger.clock.now())
    dispatcher = asyncio.create_task(ledger.dispatcher.run())
    await ledger.left(0)
    tellings = SqlTellings(ledger.engine, ledger.clock)
    teller = Teller(
        Scheduler(batches), tellings, ledger.outbox, planner, ledger.clock,
        holding=ledger.holding, wake=ledger.dispatcher.wake,
    )  # fmt: skip
    started = time.monotonic()
    await teller.want("large", batches[0].briefing.name, 1)
    chunks = [await _timed(teller)]
    await teller.want("off", called_off, 2)
    asked, out = time.monotonic(), 0.0
    while await tellings.open_of(batches[0].briefing.name) or not out:
        chunks.append(await _timed(teller))
        if not out and await _is_out(ledger, called_off):
            out = time.monotonic() - asked
    seconds = time.monotonic() - started
    ledger.dispatcher.stop()
    await dispatcher
    figures = {
        "planning_invitees": count,
        "planning_seconds_at_one_fifth": round(seconds, 1),
        "longest_chunk_seconds": round(max(chunks), 2),
        "others_cancellation_out_after_seconds": round(out, 1),
    }
    sys.stdout.write(json.dumps(figures))


async def _timed(teller: Teller) -> float:
    began = time.monotonic()
    if not await teller.step():
        await asyncio.sleep(0.02)
    return time.monotonic() - began


async def _is_out(ledger: Ledger, briefing: BriefingName) -> bool:
    found = await ledger.books.find(replace(_all(100), briefing=briefing, states=(State.SENT,)))
    return sum(one.purpose.value == "CANCELLATION" for one in found) == 3


def main() -> None:
    """Prints figures, the JSON object of them last."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sink", action="store_true")
    parser.add_argument("--plan", nargs=3)
    arguments = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    if arguments.sink:
        asyncio.run(be_sink())
    elif arguments.plan:
        folder, port, count = arguments.plan
        asyncio.run(plan(Path(folder), int(port), int(count)))
    else:
        quick = os.environ.get("QUICK") == "1"
        with tempfile.TemporaryDirectory(prefix="giaoban-bench-") as name:
            figures = asyncio.run(sending(Path(name), 1 if quick else 3))
            figures |= asyncio.run(planning(Path(name), 40 if quick else PLANNED))
        sys.stdout.write(json.dumps(figures) + "\n")


if __name__ == "__main__":
    main()
