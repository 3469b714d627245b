"""Calls of other roles: the token and a deadline are added to each."""

from collections.abc import Callable
from typing import Any, Final, cast

import grpc
import grpc.aio
from grpc_health.v1 import health_pb2, health_pb2_grpc

from giaoban.rpc.server import MAX_MESSAGE_BYTES

TokenSource = Callable[[str], str]
"""Makes the token for an audience: `TokenMinter.for_service`, or in the gateway one for whoever asks."""

DEADLINE_SECONDS: Final = 10.0
_OPTIONS: Final = (
    # A role comes back within a second or two of its end; the default grows to two minutes.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1_000),
    ("grpc.keepalive_time_ms", 20_000),
    ("grpc.keepalive_timeout_ms", 5_000),
    ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
    ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
    ("grpc.enable_http_proxy", 0),
)


class _AuthorizedChannel:
    """A channel whose calls carry a token and, when unary, a deadline.

    Interceptors of grpc.aio would replace the call objects of streams by slower ones that lack half of their methods.
    """

    def __init__(self, channel: grpc.aio.Channel, authorize: Callable[[], str]) -> None:
        self._channel = channel
        self._authorize = authorize

    def unary_unary(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as generated stubs call it
        """Prepares calls with one request and one response; 10 s unless the caller sets a deadline."""
        return self._authorized(self._channel.unary_unary(*args, **kwargs), DEADLINE_SECONDS)

    def unary_stream(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as generated stubs call it
        """Prepares calls with one request and many responses."""
        return self._authorized(self._channel.unary_stream(*args, **kwargs), None)

    def stream_unary(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as generated stubs call it
        """Prepares calls with many requests and one response."""
        return self._authorized(self._channel.stream_unary(*args, **kwargs), None)

    def stream_stream(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as generated stubs call it
        """Prepares calls with many requests and many responses."""
        return self._authorized(self._channel.stream_stream(*args, **kwargs), None)

    def _authorized(self, call: Callable[..., Any], deadline: float | None) -> Callable[..., Any]:
        def start(*args: Any, timeout: float | None = None, metadata: Any = None, **kwargs: Any) -> Any:  # noqa: ANN401
            sent = tuple(metadata or ())
            if not any(key == "authorization" for key, _ in sent):
                sent = (*sent, ("authorization", f"Bearer {self._authorize()}"))
            return call(*args, timeout=deadline if timeout is None else timeout, metadata=sent, **kwargs)

        return start


class Peer:
    """Another role.

    Args:
        target: `unix:…` or `host:port`.
        audience: The role called; its tokens are good for nothing else.
        token_source: Makes the token of each call that brings no `authorization` of its own.
    """

    def __init__(self, target: str, audience: str, token_source: TokenSource) -> None:
        self.target: Final = target
        self.audience: Final = audience
        self._channel = grpc.aio.insecure_channel(target, options=_OPTIONS)
        authorized = _AuthorizedChannel(self._channel, lambda: token_source(audience))
        self.channel: Final = cast("grpc.aio.Channel", authorized)
        """What generated stubs take."""

    async def serving(self, timeout_seconds: float = 2.0) -> bool:
        """Asks the standard health service whether the role can do its work; False when it does not answer."""
        stub: Any = health_pb2_grpc.HealthStub(self._channel)  # its stubs know no methods
        try:
            answer = await stub.Check(health_pb2.HealthCheckRequest(), timeout=timeout_seconds)
        except grpc.aio.AioRpcError:
            return False
        return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)

    async def aclose(self) -> None:
        """Ends all calls; may be repeated."""
        await self._channel.close()
