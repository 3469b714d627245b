"""Pytest fixtures: a real Redis-compatible server, encrypted stores, a key folder, peers."""

import asyncio
import shutil
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final

import pytest
import pytest_asyncio
import redis as blocking_redis
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from giaoban.child import bound_to_parent
from giaoban.embedded_redis import command
from giaoban.keys import KeyFolder
from giaoban.principal import Principal
from giaoban.rpc.client import Peer
from giaoban.rpc.tokens import TokenMinter
from giaoban.sql.engine import create_engine
from giaoban.streams.redis import connect

DATA_KEY: Final = bytes(range(32))
EngineFactory = Callable[..., AsyncEngine]
PeerFactory = Callable[[str, str, Principal | None], Peer]


class RedisServer:
    """A server on a Unix socket, with a data folder that survives its end."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self.url: Final = f"unix://{folder / 'valkey.sock'}"

    def start(self) -> None:
        """Starts the server and waits until it answers; from the main thread, whose end would end the server."""
        line = bound_to_parent(command(self._folder / "valkey.sock", self._folder))
        self._process = subprocess.Popen(line, stdout=subprocess.DEVNULL)  # noqa: S603 - our own command line
        deadline = time.monotonic() + 15
        with blocking_redis.Redis.from_url(self.url) as client:
            while not _answers(client):
                if time.monotonic() > deadline or self._process.poll() is not None:
                    raise RuntimeError("The Redis-compatible server did not start.")
                time.sleep(0.02)

    def kill(self) -> None:
        """Ends the server as a power cut would end the process: SIGKILL."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


def _answers(client: blocking_redis.Redis) -> bool:
    try:
        return bool(client.ping())
    except blocking_redis.RedisError:
        return False


@pytest.fixture(scope="module")
def redis_server() -> Iterator[RedisServer]:
    """A real server, one for the tests of a module."""
    folder = Path(tempfile.mkdtemp(prefix="gb-"))  # short: a socket's path has 108 bytes
    server = RedisServer(folder)
    server.start()
    yield server
    server.kill()
    shutil.rmtree(folder)


@pytest_asyncio.fixture
async def redis(redis_server: RedisServer) -> AsyncIterator[Redis]:
    """A client of an emptied server."""
    client = connect(redis_server.url)
    await client.flushall()
    yield client
    await client.aclose()


@pytest_asyncio.fixture
async def engines(tmp_path: Path) -> AsyncIterator[EngineFactory]:
    """Makes encrypted SQLite stores: `engines("scheduler")`; the same name is the same file."""
    async with AsyncExitStack() as stack:

        def make(name: str = "store", key: bytes | None = DATA_KEY) -> AsyncEngine:
            engine = create_engine(f"sqlite+aiosqlite:///{tmp_path / name}.db", key)
            stack.push_async_callback(engine.dispose)
            return engine

        yield make


@pytest.fixture
def keys(tmp_path: Path) -> KeyFolder:
    """A folder of keys of its own."""
    return KeyFolder(tmp_path / "keys")


@pytest.fixture
def socket_folder() -> Iterator[Path]:
    """A short private folder for Unix sockets."""
    folder = Path(tempfile.mkdtemp(prefix="gb-"))
    yield folder
    shutil.rmtree(folder)


@pytest_asyncio.fixture
async def peers(keys: KeyFolder) -> AsyncIterator[PeerFactory]:
    """Makes peers: `peers(target, "scheduler", principal)` calls as the principal, None as the gateway itself."""
    minter = TokenMinter("gateway", keys)
    async with AsyncExitStack() as stack:

        def make(target: str, audience: str, principal: Principal | None = None) -> Peer:
            if principal is None:
                peer = Peer(target, audience, minter.for_service)
            else:
                peer = Peer(target, audience, lambda role: minter.mint(principal, role))
            stack.push_async_callback(peer.aclose)
            return peer

        yield make


async def eventually(condition: Callable[[], bool | Awaitable[bool]], seconds: float = 15.0) -> None:
    """Waits until a condition, plain or awaitable, holds; looks often.

    Raises:
        AssertionError: It does not hold in time.
    """
    deadline = asyncio.get_running_loop().time() + seconds
    while True:
        holds = condition()
        if await holds if isinstance(holds, Awaitable) else holds:
            return
        if asyncio.get_running_loop().time() > deadline:
            raise AssertionError("The condition did not come to hold.")
        await asyncio.sleep(0.01)
