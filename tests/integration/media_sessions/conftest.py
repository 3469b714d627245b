"""A served worker for each test."""

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.integration.media_sessions.front import Front, served_worker


@pytest_asyncio.fixture
async def front() -> AsyncIterator[Front]:
    async with served_worker() as served:
        yield served
