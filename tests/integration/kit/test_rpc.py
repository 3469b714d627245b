"""Calls between roles over real gRPC: who may call what, what errors look like, who is told apart."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import grpc
import grpc.aio
import jwt
import pytest
from google.rpc import error_details_pb2
from typing_extensions import override

from briefing.v1 import quality_service_pb2, quality_service_pb2_grpc
from giaoban.errors import (
    DomainError,
    FailedPrecondition,
    InvalidArgument,
    NotFound,
    PermissionDenied,
    Unauthenticated,
    Unavailable,
)
from giaoban.keys import KeyFolder
from giaoban.principal import Grant, Principal
from giaoban.rpc.client import Peer
from giaoban.rpc.context import Context
from giaoban.rpc.interceptors import current_principal
from giaoban.rpc.server import serve
from giaoban.rpc.status import from_call, proto_of
from giaoban.rpc.tokens import TokenMinter, TokenVerifier
from giaoban.testing.fixtures import PeerFactory
from giaoban.testing.permissions import assert_refusals

OFFICER = Principal("people/it", (Grant("district_it", "/tinh/huyen/"),))
CHAIR = Principal("people/chu-tri", (Grant("chair", "/tinh/"),))


class Quality(quality_service_pb2_grpc.QualityServiceServicer):
    @override
    async def ListSamples(
        self, request: quality_service_pb2.ListSamplesRequest, context: Context
    ) -> quality_service_pb2.ListSamplesResponse:
        if request.room == "bad":
            raise InvalidArgument("BAD_NAME", "room is bad.", field="room")
        if request.room == "bug":
            raise RuntimeError("internal detail")
        return quality_service_pb2.ListSamplesResponse(next_page_token=current_principal().subject)

    @override
    async def WatchQuality(
        self, request: quality_service_pb2.WatchQualityRequest, context: Context
    ) -> AsyncIterator[quality_service_pb2.WatchQualityResponse]:
        for _ in range(2):
            yield quality_service_pb2.WatchQualityResponse(reset=current_principal() == OFFICER)
            await asyncio.sleep(0)
        raise NotFound("UNKNOWN_ROOM", "No such room.", room=request.room)

    @override
    async def JudgeLine(
        self, request: quality_service_pb2.JudgeLineRequest, context: Context
    ) -> quality_service_pb2.JudgeLineResponse:
        return quality_service_pb2.JudgeLineResponse()


@asynccontextmanager
async def quality(folder: Path, keys: KeyFolder) -> AsyncIterator[str]:
    servicers = [(quality_service_pb2_grpc.add_QualityServiceServicer_to_server, Quality())]
    async with serve(f"unix:{folder / 'm.sock'}", servicers, "media", keys) as server:
        yield server.target


def stub(peer: Peer) -> quality_service_pb2_grpc.QualityServiceStub:
    return quality_service_pb2_grpc.QualityServiceStub(peer.channel)


async def refusal(peer: Peer, room: str = "") -> DomainError:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stub(peer).ListSamples(quality_service_pb2.ListSamplesRequest(room=room))
    return from_call(caught.value)


async def test_the_method_knows_who_calls(socket_folder: Path, keys: KeyFolder, peers: PeerFactory) -> None:
    async with quality(socket_folder, keys) as target:
        answer = await stub(peers(target, "media", OFFICER)).ListSamples(quality_service_pb2.ListSamplesRequest())

    assert answer.next_page_token == "people/it"


async def test_a_stream_knows_who_calls_to_its_end(socket_folder: Path, keys: KeyFolder, peers: PeerFactory) -> None:
    async with quality(socket_folder, keys) as target:
        request = quality_service_pb2.WatchQualityRequest(room="r")
        call = stub(peers(target, "media", OFFICER)).WatchQuality(request)
        seen = [(await anext(aiter(call))).reset for _ in range(2)]
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await anext(aiter(call))

    error = from_call(caught.value)
    assert seen == [True, True]
    assert isinstance(error, NotFound)
    assert error.metadata == {"room": "r"}


async def test_who_lacks_the_permission_is_refused(socket_folder: Path, keys: KeyFolder, peers: PeerFactory) -> None:
    async with quality(socket_folder, keys) as target:
        error = await refusal(peers(target, "media", CHAIR))

    assert isinstance(error, PermissionDenied)
    assert (error.reason, error.metadata) == ("NO_PERMISSION", {"permission": "quality.read"})


async def test_every_method_refuses_strangers(socket_folder: Path, keys: KeyFolder) -> None:
    async with quality(socket_folder, keys) as target:
        assert await assert_refusals(target, "media", keys, ["briefing.v1.QualityService"]) == 3


async def test_a_token_for_another_role_is_no_token(socket_folder: Path, keys: KeyFolder) -> None:
    minter = TokenMinter("gateway", keys)
    async with quality(socket_folder, keys) as target:
        peer = Peer(target, "media", lambda _: minter.mint(OFFICER, "scheduler"))
        error = await refusal(peer)
        await peer.aclose()

    assert isinstance(error, Unauthenticated)
    assert error.reason == "SIGNED_OUT"


async def test_a_bad_field_is_named(socket_folder: Path, keys: KeyFolder, peers: PeerFactory) -> None:
    async with quality(socket_folder, keys) as target:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await stub(peers(target, "media", OFFICER)).ListSamples(quality_service_pb2.ListSamplesRequest(room="bad"))

    details = error_details_pb2.BadRequest()
    [info, bad_request] = proto_of(caught.value).details
    assert info.Is(error_details_pb2.ErrorInfo.DESCRIPTOR)
    assert bad_request.Unpack(details)
    assert [violation.field for violation in details.field_violations] == ["room"]


async def test_a_bug_tells_the_caller_nothing(socket_folder: Path, keys: KeyFolder, peers: PeerFactory) -> None:
    async with quality(socket_folder, keys) as target:
        error = await refusal(peers(target, "media", OFFICER), room="bug")

    assert error.reason == "INTERNAL"
    assert "internal detail" not in error.message


async def test_a_unary_call_without_deadline_is_refused(socket_folder: Path, keys: KeyFolder) -> None:
    token = TokenMinter("gateway", keys).mint(OFFICER, "media")
    async with quality(socket_folder, keys) as target, grpc.aio.insecure_channel(target) as channel:
        bare = quality_service_pb2_grpc.QualityServiceStub(channel)
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await bare.ListSamples(
                quality_service_pb2.ListSamplesRequest(), metadata=(("authorization", f"Bearer {token}"),)
            )

    assert from_call(caught.value).reason == "DEADLINE_MISSING"


async def test_a_peer_that_is_away_is_unavailable(socket_folder: Path, peers: PeerFactory) -> None:
    peer = peers(f"unix:{socket_folder / 'nobody.sock'}", "media", OFFICER)

    error = await refusal(peer)

    assert isinstance(error, Unavailable)
    assert error.reason == "PEER_UNAVAILABLE"
    assert not await peer.serving()


async def test_a_second_server_on_a_living_socket_is_refused(socket_folder: Path, keys: KeyFolder) -> None:
    async with quality(socket_folder, keys):
        with pytest.raises(FailedPrecondition) as caught:
            async with quality(socket_folder, keys):
                pass

    assert caught.value.reason == "ADDRESS_TAKEN"


async def test_a_socket_left_by_a_killed_process_hinders_nobody(
    socket_folder: Path, keys: KeyFolder, peers: PeerFactory
) -> None:
    with socket.socket(socket.AF_UNIX) as killed:
        killed.bind(str(socket_folder / "m.sock"))

    async with quality(socket_folder, keys) as target:
        assert await peers(target, "media", None).serving()


@pytest.mark.parametrize(
    ("changed", "issuer"),
    [
        ({"sub": "service:scheduler"}, "gateway"),  # the gateway speaks for people, not for other roles
        ({"sub": "people/a"}, "notify"),  # only the gateway speaks for people
        ({"exp": int(time.time()) + 3600}, "gateway"),
        ({"exp": int(time.time()) - 60, "iat": int(time.time()) - 90}, "gateway"),
        ({"aud": "scheduler"}, "gateway"),
        ({"iss": "notify"}, "gateway"),  # signed with another key than it says
        ({"iss": "../../etc"}, "gateway"),
        ({"link": True}, "gateway"),  # a person is no link holder
        ({"grants": [["administrator"]]}, "gateway"),
        ({"grants": None}, "gateway"),
    ],
)
def test_a_token_that_claims_too_much_is_refused(keys: KeyFolder, changed: dict[str, object], issuer: str) -> None:
    now = int(time.time())
    claims: dict[str, object] = {
        "iss": issuer,
        "aud": "media",
        "sub": "people/a",
        "iat": now,
        "exp": now + 60,
        "grants": [],
        "link": False,
    }
    verifier = TokenVerifier("media", keys)
    keys.signing_key("notify")
    key = keys.signing_key(issuer)
    verifier.verify(jwt.encode(claims | ({"sub": f"service:{issuer}"}), key, "EdDSA"))

    with pytest.raises(Unauthenticated):
        verifier.verify(jwt.encode(claims | changed, key, "EdDSA"))


def test_a_token_with_one_changed_letter_is_refused(keys: KeyFolder) -> None:
    token = TokenMinter("gateway", keys).mint(OFFICER, "media")
    head, body, signature = token.split(".")
    forged = f"{head}.{body[:-3]}{'A' if body[-3] != 'A' else 'B'}{body[-2:]}.{signature}"
    verifier = TokenVerifier("media", keys)

    assert verifier.verify(token) == OFFICER
    for bad in (forged, f"{head}.{body}.", "", "x" * 20_000, jwt.encode({"iss": "gateway"}, "", "none")):
        with pytest.raises(Unauthenticated):
            verifier.verify(bad)
