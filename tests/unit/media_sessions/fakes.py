"""A plane, transports and links that remember what they were told."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path as FilePath
from typing import Any

from giaoban.clock import FakeClock
from services.media.domain.client import LeaveReason
from services.media.domain.grants import Rights, RoomToken
from services.media.domain.participants import ClientFacts, Participant
from services.media.domain.ports import PeerId, QualityFacts, RoomId
from services.media.domain.room import Room
from services.media.domain.rooms import Rooms
from services.media.domain.sdp import Fingerprint, LocalTransport, Offer
from services.media.domain.tools import Tools
from services.media.domain.transport import Channel, TransportListener

ALL, PLAIN = Rights(), ClientFacts()
OFFERS = FilePath(__file__).parent / "offers"
LOCAL = LocalTransport(
    "ufrag", "password-password-pw", Fingerprint("sha-256", "AA:BB"), ("1 1 udp 1 127.0.0.1 7 typ host",)
)


def offer_text(name: str) -> str:
    """Answers a recorded offer with the line ends of the wire, whatever git made of them."""
    return (OFFERS / f"{name}.sdp").read_text(encoding="utf-8").replace("\n", "\r\n")


@dataclass(frozen=True)
class Sent:
    """A section of video that a client sends on."""

    mid: str
    label: str = "{label-of-firefox}"
    direction: str = "sendonly"
    port: int = 9
    bundle_only: bool = False


def offer_with(*sections: Sent) -> str:
    """Writes an offer of these sections."""
    lines = ["v=0", "o=- 1 1 IN IP4 0.0.0.0", "s=-", "t=0 0", "a=group:BUNDLE " + " ".join(one.mid for one in sections)]
    lines += [
        "a=ice-ufrag:abcd",
        "a=ice-pwd:0123456789abcdef01234567",
        "a=fingerprint:sha-256 " + ":".join(["AA"] * 32),
    ]
    for one in sections:
        lines += [f"m=video {0 if one.bundle_only else one.port} UDP/TLS/RTP/SAVPF 120", "c=IN IP4 0.0.0.0"]
        lines += ["a=bundle-only"] * one.bundle_only
        lines += [f"a=mid:{one.mid}", f"a={one.direction}", "a=rtpmap:120 VP8/90000", f"a=msid:s {one.label}"]
    return "\r\n".join(lines) + "\r\n"


class Recorder:
    """Remembers every call by its name."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, tuple[Any, ...]]] = []

    def __getattr__(self, name: str) -> Callable[..., None]:
        if name.startswith("_"):
            raise AttributeError(name)

        def note(*args: object, **options: object) -> None:
            self.calls.append((name, (*args, *options.values())))

        return note

    def named(self, name: str) -> list[tuple[Any, ...]]:
        return [args for called, args in self.calls if called == name]

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.calls]


class FakePlane(Recorder):
    """A plane that measures what a test says."""

    def __init__(self) -> None:
        super().__init__()
        self.facts: dict[PeerId, QualityFacts] = {}

    def sample(self, peer: PeerId) -> QualityFacts:
        return self.facts.get(peer, QualityFacts())


@dataclass
class FakeTransport:
    """A transport that is always there."""

    heard_at: float | None = None
    closed: bool = False
    sent: list[tuple[Channel, bytes]] = field(default_factory=list)

    def accept(self, _offer: Offer) -> LocalTransport:
        return LOCAL

    def send(self, channel: Channel, payload: bytes) -> bool:
        self.sent.append((channel, payload))
        return True

    def heard(self) -> float | None:
        return self.heard_at

    def close(self) -> None:
        self.closed = True


class FakeTransports:
    def open(self, _peer: PeerId, _room: RoomId, _listener: TransportListener) -> FakeTransport:
        return FakeTransport()


@dataclass
class FakeWatcher:
    joined: list[str] = field(default_factory=list)
    left: list[tuple[str, LeaveReason]] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)

    def on_joined(self, participant: Participant) -> None:
        self.joined.append(participant.identity)

    def on_left(self, participant: Participant, reason: LeaveReason) -> None:
        self.left.append((participant.identity, reason))

    def on_closed(self, room: Room) -> None:
        self.closed.append(room.name)


class FakeHouse:
    """Rooms on fakes."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.plane = FakePlane()
        plane: Any = self.plane
        self.watcher = FakeWatcher()
        listener: Any = Recorder()
        self.rooms = Rooms(Tools(plane, FakeTransports(), listener, self.watcher, self.clock))

    def join(
        self, identity: str, *, loopback: bool = False, rights: Rights = ALL, facts: ClientFacts = PLAIN
    ) -> tuple[Participant, Any]:
        """Joins the room `demo`; answers the participant and the link that remembers what it was told."""
        link: Any = Recorder()
        return self.rooms.join(token(identity, loopback=loopback, rights=rights), facts, link), link

    @property
    def room(self) -> Room:
        return self.rooms.get(RoomId("demo"))


def token(identity: str, *, loopback: bool = False, rights: Rights = ALL, create: bool = True) -> RoomToken:
    attributes = {"giaoban.create": "1"} if create else {}
    return RoomToken(
        identity=identity,
        expire_time=datetime.now(UTC) + timedelta(hours=1),
        room="demo",
        join=True,
        attributes=attributes | ({"giaoban.loopback": "1"} if loopback else {}),
        rights=rights,
    )
