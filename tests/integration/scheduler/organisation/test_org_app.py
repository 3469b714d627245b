from pathlib import Path

import pytest

from briefing.v1 import credential_service_pb2 as pb
from briefing.v1 import credential_service_pb2_grpc
from giaoban.config import Secret, Settings
from giaoban.errors import FailedPrecondition
from giaoban.rpc.client import Peer
from giaoban.rpc.tokens import TokenMinter
from giaoban.testing.fixtures import RedisServer
from services.scheduler.app import running


async def first_sign_in(settings: Settings, password: str) -> str:
    peer = Peer(
        settings.grpc_target("scheduler"), "scheduler", TokenMinter("gateway", settings.key_folder()).for_service
    )
    try:
        credentials = credential_service_pb2_grpc.CredentialServiceStub(peer.channel)
        answer = await credentials.VerifyPassword(pb.VerifyPasswordRequest(username="admin", password=password))
        return answer.person.name
    finally:
        await peer.aclose()


@pytest.fixture
def settings(socket_folder: Path, redis_server: RedisServer) -> Settings:
    return Settings(home=socket_folder, redis_url=redis_server.url)


async def test_a_new_scheduler_knows_its_first_administrator_and_so_does_the_second_start(settings: Settings) -> None:
    for _ in range(2):
        async with running(settings):
            assert await first_sign_in(settings, settings.key_folder().admin_password()) == "people/admin"


async def test_a_password_set_by_the_site_is_the_first_administrators(
    socket_folder: Path, redis_server: RedisServer
) -> None:
    chosen = Settings(home=socket_folder, redis_url=redis_server.url, admin_password=Secret("do site chọn lấy"))

    async with running(chosen):
        assert await first_sign_in(chosen, "do site chọn lấy") == "people/admin"


async def test_the_store_is_unreadable_without_its_key(settings: Settings) -> None:
    async with running(settings):
        pass
    store = settings.home / "scheduler.db"
    assert b"SQLite format" not in store.read_bytes()
    (settings.keys_dir / "data.key").write_bytes(bytes(32))

    with pytest.raises(FailedPrecondition) as refused:
        async with running(settings):
            pass

    assert refused.value.reason == "DATA_KEY_WRONG"
