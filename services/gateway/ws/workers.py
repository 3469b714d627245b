"""Channels to media workers, by the target that media names for a room."""

from collections.abc import Callable

from briefing.v1.room_service_pb2_grpc import WorkerServiceStub
from giaoban.rpc.client import Peer


class Workers:
    """Keeps a channel per worker."""

    def __init__(self, connect: Callable[[str], Peer]) -> None:
        self._connect = connect
        self._peers: dict[str, Peer] = {}

    def stub(self, target: str) -> WorkerServiceStub:
        """The stub of the worker at a gRPC target."""
        peer = self._peers.get(target)
        if peer is None:
            peer = self._peers[target] = self._connect(target)
        return WorkerServiceStub(peer.channel)

    async def aclose(self) -> None:
        """Closes all channels; safe to repeat."""
        while self._peers:
            _, peer = self._peers.popitem()
            await peer.aclose()
