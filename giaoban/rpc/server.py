"""A gRPC server of one role: guarded methods, standard health and reflection, an orderly end."""

import socket
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import grpc
import grpc.aio
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from giaoban.errors import FailedPrecondition
from giaoban.files import private_folder
from giaoban.keys import KeyFolder
from giaoban.metrics import observe_call
from giaoban.rpc.interceptors import Guard, Observer, permissions_of
from giaoban.rpc.tokens import TokenVerifier

Servicers = Sequence[tuple[Callable[[Any, grpc.aio.Server], None], object]]

MAX_MESSAGE_BYTES: Final = 8 * 1024 * 1024  # an organisation file of 5 MB fits
DRAIN_SECONDS: Final = 3.0
_OPTIONS: Final = (
    ("grpc.so_reuseport", 0),  # otherwise a second server takes half of the calls instead of failing
    ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
    ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
)


@dataclass(frozen=True, slots=True)
class Server:
    """A running server.

    Attributes:
        target: Where it is called; with port 0 asked for, the port that was given.
    """

    target: str
    grpc: grpc.aio.Server
    health: health.aio.HealthServicer

    async def set_serving(self, serving: bool) -> None:
        """Tells the standard health service whether the role can do its work."""
        status = health_pb2.HealthCheckResponse.SERVING if serving else health_pb2.HealthCheckResponse.NOT_SERVING
        await self.health.set("", status)


class _Recorder:
    """Notes which services the generated functions add, before a server exists."""

    def __init__(self) -> None:
        self.services: dict[str, Mapping[str, Any]] = {}

    def add_generic_rpc_handlers(self, _handlers: object) -> None:
        """Does nothing: generated code adds the same methods by name."""

    def add_registered_method_handlers(self, service: str, handlers: Mapping[str, Any]) -> None:
        """Notes a service."""
        self.services[service] = handlers


@asynccontextmanager
async def serve(
    target: str,
    servicers: Servicers,
    role: str,
    keys: KeyFolder,
    *,
    observe: Observer = observe_call,
    drain_seconds: float = DRAIN_SECONDS,
) -> AsyncIterator[Server]:
    """Serves until the block ends, then lets running calls finish for `drain_seconds`.

    Args:
        target: `unix:/path` or `host:port`; port 0 takes a free one.
        servicers: Pairs of the generated `add_…Servicer_to_server` and the servicer.
        role: Whose key folder entry and audience this is.
        keys: Where the public keys of the callers are.
        observe: Told method, code and seconds of each call; counts them for the metrics page unless said otherwise.
        drain_seconds: Streams that do not end by then are cancelled.

    Raises:
        FailedPrecondition: `PERMISSION_MISSING`: a method states no permission; `ADDRESS_TAKEN`: somebody listens there.
    """
    recorder: Any = _Recorder()
    for add, servicer in servicers:
        add(servicer, recorder)
    guard = Guard(TokenVerifier(role, keys), permissions_of(recorder.services), observe)
    server = grpc.aio.server(interceptors=[guard], options=_OPTIONS)
    for add, servicer in servicers:
        add(servicer, server)
    checks = health.aio.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(checks, server)
    reflection.enable_server_reflection((*recorder.services, health.SERVICE_NAME, reflection.SERVICE_NAME), server)
    running = Server(_listen(server, target), server, checks)
    await server.start()
    await running.set_serving(True)
    try:
        yield running
    finally:
        await checks.enter_graceful_shutdown()
        await server.stop(drain_seconds)


def _listen(server: grpc.aio.Server, target: str) -> str:
    path = Path(target.removeprefix("unix:")) if target.startswith("unix:") else None
    if path is not None:
        private_folder(path.parent)
        _refuse_if_served(path)
    try:
        port = server.add_insecure_port(target)
    except RuntimeError as error:
        raise FailedPrecondition(
            "ADDRESS_TAKEN", f"Nobody can listen on {target}: it is taken or not ours.", target=target
        ) from error
    return target if path is not None else f"{target.rpartition(':')[0]}:{port}"


def _refuse_if_served(path: Path) -> None:
    """Leaves a living socket alone: gRPC would unlink it, and its server would wait for calls for ever."""
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            return
    raise FailedPrecondition("ADDRESS_TAKEN", f"Another process serves {path}; end it first.", target=str(path))
