"""ICE-lite (RFC 8445 §2.5): connectivity checks are answered, none is sent.

All peers of a worker share its few sockets; the first half of a check's USERNAME says whose it is. The path a client
nominates carries its media from then on, so a client whose address changed is followed without a word of signalling.
"""

import secrets
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from aioice import stun

from giaoban.clock import Clock
from services.media.domain.ports import Path, PeerId, Plane

# RFC 8445 §5.3: at least 24 bits of ufrag and 128 bits of password.
_UFRAG_BYTES: Final = 6
_PASSWORD_BYTES: Final = 18
_ROLE_CONFLICT: Final = (487, "Role Conflict")


class Announced(NamedTuple):
    """An address clients are told to send to; it need not be the one bound (NAT)."""

    host: str
    port: int

    def candidate(self, index: int) -> str:
        """Writes the host candidate (RFC 8839 §5.1); earlier addresses are preferred."""
        priority = (126 << 24) + ((65535 - index) << 8) + 255
        return f"{index + 1} 1 udp {priority} {self.host} {self.port} typ host"


@dataclass(frozen=True, slots=True)
class IceCredentials:
    """One generation of a peer's local credentials."""

    ufrag: str
    password: str = field(repr=False)

    @classmethod
    def new(cls) -> "IceCredentials":
        """Makes unguessable ones."""
        return cls(secrets.token_hex(_UFRAG_BYTES), secrets.token_hex(_PASSWORD_BYTES))


@dataclass(slots=True)
class _Session:
    """What is known of one peer; generations are in order, the last is the newest."""

    peer: PeerId
    generations: list[IceCredentials]
    on_selected: Callable[[], None]
    selected: Path | None = None
    selected_generation: IceCredentials | None = None
    heard: float | None = None


class IceAgent:
    """Answers the checks of all peers of a worker."""

    def __init__(self, plane: Plane, clock: Clock) -> None:
        self._plane = plane
        self._clock = clock
        self._sessions: dict[PeerId, _Session] = {}
        self._by_ufrag: dict[str, tuple[_Session, IceCredentials]] = {}

    def admit(self, peer: PeerId, on_selected: Callable[[], None]) -> IceCredentials:
        """Begins to answer for a peer; `on_selected` is called once, when the first path is there."""
        session = _Session(peer, [], on_selected)
        self._sessions[peer] = session
        return self._add_generation(session)

    def restart(self, peer: PeerId) -> IceCredentials:
        """Makes a new generation of credentials; the one before works until the new one is nominated (RFC 8445 §9)."""
        session = self._sessions[peer]
        for stale in session.generations[:-1]:
            self._drop_generation(session, stale)
        return self._add_generation(session)

    def forget(self, peer: PeerId) -> None:
        """Answers no more for a peer."""
        session = self._sessions.pop(peer, None)
        if session is not None:
            for credentials in list(session.generations):
                self._drop_generation(session, credentials)

    def heard(self, peer: PeerId) -> float | None:
        """Answers when a peer's last verified check came, on the monotonic clock."""
        session = self._sessions.get(peer)
        return session.heard if session is not None else None

    def on_stun(self, path: Path, datagram: bytes) -> None:
        """Takes a datagram that begins like STUN; whatever is not a check for one of our peers is dropped."""
        try:
            request = stun.parse_message(datagram)
        except (ValueError, struct.error):
            return
        if request.message_class is not stun.Class.REQUEST or request.message_method is not stun.Method.BINDING:
            return
        found = self._by_ufrag.get(str(request.attributes.get("USERNAME", "")).partition(":")[0])
        if found is None:
            return
        session, credentials = found
        if not request.check_message_integrity(credentials.password.encode()):
            return
        if "ICE-CONTROLLED" in request.attributes:
            # The offerer controls a lite answerer; only a confused client thinks otherwise (RFC 8445 §7.3.1.1).
            self._reply(request, path, credentials, stun.Class.ERROR)
            return
        session.heard = self._clock.monotonic()
        if not self._reply(request, path, credentials, stun.Class.RESPONSE):
            return
        self._learn(session, credentials, path, nominated="USE-CANDIDATE" in request.attributes)

    def _reply(self, request: stun.Message, path: Path, credentials: IceCredentials, kind: stun.Class) -> bool:
        reply = stun.Message(
            message_method=request.message_method, message_class=kind, transaction_id=request.transaction_id
        )
        if kind is stun.Class.ERROR:
            reply.attributes["ERROR-CODE"] = _ROLE_CONFLICT
        else:
            reply.attributes["XOR-MAPPED-ADDRESS"] = (path.host, path.port)
        reply.add_message_integrity(credentials.password.encode())
        return self._plane.send_to(path, bytes(reply))

    def _learn(self, session: _Session, credentials: IceCredentials, path: Path, *, nominated: bool) -> None:
        outdated = session.selected_generation is not None and credentials is not session.generations[-1]
        # The plane is told of every check, not of news alone: it is how it knows that a silent listener is still there,
        # and how a path that went to another peer comes back.
        if (nominated and not outdated) or session.selected is None:
            if not self._plane.select(session.peer, path):
                return  # it is another's; a client that has it by right checks again, and gets it once that is silent
            first = session.selected is None
            session.selected, session.selected_generation = path, credentials
            if nominated:
                for stale in session.generations[: session.generations.index(credentials)]:
                    self._drop_generation(session, stale)
            if first:
                session.on_selected()
        else:
            self._plane.bind(session.peer, path)

    def _add_generation(self, session: _Session) -> IceCredentials:
        credentials = IceCredentials.new()
        session.generations.append(credentials)
        self._by_ufrag[credentials.ufrag] = (session, credentials)
        return credentials

    def _drop_generation(self, session: _Session, credentials: IceCredentials) -> None:
        session.generations.remove(credentials)
        self._by_ufrag.pop(credentials.ufrag, None)
