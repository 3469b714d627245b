"""A running scheduler for the tests of the organisation."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from giaoban.keys import KeyFolder
from giaoban.testing.fixtures import EngineFactory
from tests.integration.scheduler.organisation.house import House, running_house


@pytest_asyncio.fixture
async def house(engines: EngineFactory, keys: KeyFolder, socket_folder: Path) -> AsyncIterator[House]:
    """One for each test."""
    async with running_house(engines("scheduler"), keys, socket_folder) as running:
        yield running
