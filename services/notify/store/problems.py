"""The problem of the mail server, written down: a process that starts again must not try a wrong password anew."""

from typing import Final

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncEngine

from giaoban.sql.engine import sessions
from services.notify.domain.gate import Problem, ProblemKind
from services.notify.store.tables import mail_problem

_ONLY: Final = 1


class SqlProblemBook:
    """Holds at most one problem; under other settings it is none."""

    def __init__(self, engine: AsyncEngine, settings_mark: str) -> None:
        """Args: settings_mark: differs when the settings of the mail server do; holds no secret."""
        self._write = sessions(engine)
        self._read = sessions(engine, read_only=True)
        self._mark = settings_mark

    async def load(self) -> Problem | None:
        """Reads the problem that was met with the present settings."""
        async with self._read() as session:
            query = select(mail_problem).where(mail_problem.c.settings_mark == self._mark)
            row = (await session.execute(query)).first()
        if row is None:
            return None
        return Problem(ProblemKind(row.kind), row.reason, row.detail, row.since, row.next_try_time, row.tries)

    async def save(self, problem: Problem | None) -> None:
        """Writes it, or that there is none."""
        async with self._write.begin() as session:
            await session.execute(delete(mail_problem))
            if problem is not None:
                await session.execute(
                    insert(mail_problem).values(
                        id=_ONLY,
                        settings_mark=self._mark,
                        kind=problem.kind,
                        reason=problem.reason,
                        detail=problem.detail,
                        since=problem.since,
                        next_try_time=problem.next_try_time,
                        tries=problem.tries,
                    )
                )
