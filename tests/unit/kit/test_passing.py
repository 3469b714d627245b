"""Which failures of a handler are waited for."""

import math

import grpc
import grpc.aio
import pytest
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ResponseError
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from giaoban.errors import InvalidArgument, NotFound, ResourceExhausted, Unavailable
from giaoban.rpc.status import from_call
from giaoban.streams.passing import BROKEN_PEER_SECONDS, patience_seconds


def failed(code: grpc.StatusCode) -> grpc.aio.AioRpcError:
    return grpc.aio.AioRpcError(code, grpc.aio.Metadata(), grpc.aio.Metadata(), "The service failed.")


@pytest.mark.parametrize(
    "error",
    [
        Unavailable("PEER_UNAVAILABLE", "Away."),
        ResourceExhausted("DISK_FULL", "Full."),
        OperationalError("INSERT", {}, Exception("database is locked")),
        InterfaceError("INSERT", {}, Exception("connection is closed")),
        DBAPIError("INSERT", {}, Exception("terminating connection due to administrator command")),
        PoolTimeoutError("QueuePool limit"),
        ConnectionRefusedError(),
        RedisConnectionError(),
        failed(grpc.StatusCode.UNAVAILABLE),
        failed(grpc.StatusCode.DEADLINE_EXCEEDED),
        from_call(failed(grpc.StatusCode.RESOURCE_EXHAUSTED)),
    ],
    ids=repr,
)
def test_an_outage_is_waited_for_as_long_as_it_takes(error: Exception) -> None:
    assert patience_seconds(error) == math.inf


@pytest.mark.parametrize("code", [grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN])
def test_a_peer_that_fails_is_waited_for_but_not_for_ever(code: grpc.StatusCode) -> None:
    assert patience_seconds(failed(code)) == BROKEN_PEER_SECONDS
    assert patience_seconds(from_call(failed(code))) == BROKEN_PEER_SECONDS


@pytest.mark.parametrize(
    "error",
    [
        ValueError("not a media event"),
        NotFound("UNKNOWN_BRIEFING", "There is no such briefing."),
        InvalidArgument("BAD_EVENT", "The entry holds no BriefingEvent."),
        IntegrityError("INSERT", {}, Exception("UNIQUE constraint failed")),
        ProgrammingError("INSERT", {}, Exception("syntax error")),
        ResponseError("WRONGTYPE"),
        failed(grpc.StatusCode.NOT_FOUND),
    ],
    ids=repr,
)
def test_what_lies_in_the_entry_is_not_waited_for(error: Exception) -> None:
    assert patience_seconds(error) == 0
