"""Tokens, join requests, data packets and connectivity checks: what is genuine passes, all else is refused."""

import base64
import contextlib
import gzip
from datetime import UTC, datetime, timedelta

import jwt
import pytest
from aioice import stun
from hypothesis import given, settings
from hypothesis import strategies as st
from livekit.protocol import models, rtc

from giaoban.clock import FakeClock
from giaoban.errors import DomainError, InvalidArgument
from services.media.domain.grants import Rights, Source
from services.media.domain.ports import Path, PeerId
from services.media.domain.transport import Channel
from services.media.rpc.data_packets import relayed
from services.media.rpc.signal_join import parse_start
from services.media.rpc.tokens import mint_room_token, verify_join_token, verify_room_token
from services.media.sfu.ice import Announced, IceAgent
from tests.unit.media_sessions.fakes import FakeHouse, FakePlane

PAIR = ("key", "a-secret-that-is-long-enough-for-hs256")
HOUR = timedelta(hours=1)


def test_a_minted_token_says_what_it_was_made_of() -> None:
    text = mint_room_token(
        PAIR,
        room="b1",
        identity="points/x",
        display_name="Xã Tân Lập",
        unit_path="/t/x/",
        kind="point",
        rights=Rights(subscribe=False, sources=frozenset({Source.MICROPHONE})),
        expire_time=datetime.now(UTC) + HOUR,
        create=True,
    )

    token = verify_join_token(PAIR, text)

    assert (token.room, token.identity, token.display_name) == ("b1", "points/x", "Xã Tân Lập")
    assert (token.unit_path, token.kind, token.create, token.loopback) == ("/t/x/", "point", True, False)
    assert not token.rights.subscribe
    assert token.rights.may_publish(Source.MICROPHONE)
    assert not token.rights.may_publish(Source.CAMERA)


def _signed(**claims: object) -> str:
    whole = {"iss": "key", "sub": "an", "exp": datetime.now(UTC) + HOUR, "video": {"roomJoin": True, "room": "r"}}
    return jwt.encode(whole | claims, PAIR[1], algorithm="HS256")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "TOKEN_INVALID"),
        ("x" * 9000, "TOKEN_INVALID"),
        (_signed() + "x", "TOKEN_INVALID"),
        (jwt.encode({"iss": "key"}, PAIR[1], algorithm="HS256"), "TOKEN_INVALID"),
        (_signed(iss="other"), "TOKEN_INVALID"),
        (_signed(attributes=[1]), "TOKEN_INVALID"),
        (_signed(name=5), "TOKEN_INVALID"),
        (_signed(exp=datetime(2020, 1, 1, tzinfo=UTC)), "TOKEN_EXPIRED"),
        (_signed(video={"room": "r"}), "TOKEN_NO_JOIN"),
        (_signed(sub=""), "TOKEN_NO_JOIN"),
    ],
)
def test_a_token_that_is_no_good_is_refused_with_its_reason(text: str, reason: str) -> None:
    with pytest.raises(DomainError) as refused:
        verify_join_token(PAIR, text)

    assert refused.value.reason == reason


def test_what_a_grant_does_not_say_is_allowed_for_media_and_denied_for_all_else() -> None:
    rights = verify_room_token(PAIR, _signed()).rights

    assert (rights.publish, rights.subscribe, rights.data) == (True, True, True)
    assert (rights.own_metadata, rights.admin, rights.hidden) == (False, False, False)


def _query(request: rtc.JoinRequest, *, compressed: bool = False) -> str:
    raw = request.SerializeToString()
    kind = rtc.WrappedJoinRequest.GZIP if compressed else rtc.WrappedJoinRequest.NONE
    wrapped = rtc.WrappedJoinRequest(compression=kind, join_request=gzip.compress(raw) if compressed else raw)
    return "join_request=" + base64.urlsafe_b64encode(wrapped.SerializeToString()).decode().rstrip("=")


@pytest.mark.parametrize("compressed", [False, True])
def test_a_join_request_is_read_whether_compressed_or_not(compressed: bool) -> None:
    request = rtc.JoinRequest(
        reconnect=True,
        participant_sid="PA_1",
        client_info=models.ClientInfo(client_protocol=2, browser="Firefox"),
        connection_settings=rtc.ConnectionSettings(auto_subscribe=True),
    )

    start = parse_start(_query(request, compressed=compressed))

    assert (start.resume, start.sid) == (True, "PA_1")
    assert (start.facts.protocol, start.facts.auto_subscribe, start.facts.keeps_stream_groups) == (2, True, False)


def test_a_join_request_that_unpacks_without_end_is_refused() -> None:
    bomb = rtc.WrappedJoinRequest(
        compression=rtc.WrappedJoinRequest.GZIP, join_request=gzip.compress(bytes(20_000_000))
    )

    with pytest.raises(InvalidArgument, match="JOIN_REQUEST_INVALID"):
        parse_start("join_request=" + base64.urlsafe_b64encode(bomb.SerializeToString()).decode())


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_a_join_request_or_refused(noise: bytes) -> None:
    with contextlib.suppress(InvalidArgument):
        assert isinstance(parse_start("join_request=" + base64.urlsafe_b64encode(noise).decode()).sid, str)


def test_a_data_packet_says_who_really_sent_it_and_keeps_its_number() -> None:
    anna, _ = FakeHouse().join("anna")
    packet = models.DataPacket(
        participant_identity="chair",
        participant_sid="PA_chair",
        sequence=9,
        user=models.UserPacket(payload=b"x", participant_identity="chair", destination_sids=["PA_b"]),
    )

    message = relayed(anna, Channel.RELIABLE, packet.SerializeToString(), {"PA_b": "binh"})

    assert message is not None
    written = models.DataPacket.FromString(message.payload)
    assert (written.participant_identity, written.participant_sid) == ("anna", anna.sid)
    assert written.user.participant_identity == "anna"
    assert (message.sequence, message.destinations) == (9, frozenset({"binh"}))


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_a_data_packet_or_dropped(noise: bytes) -> None:
    anna, _ = FakeHouse().join("anna")

    message = relayed(anna, Channel.LOSSY, noise, {})

    assert message is None or models.DataPacket.FromString(message.payload).participant_sid == anna.sid


PEER, HOME, AWAY = PeerId("PA_1"), Path(0, "10.0.0.1", 5000), Path(0, "10.0.0.2", 6000)


class _Plane(FakePlane):
    taken: Path | None = None

    def select(self, peer: PeerId, path: Path) -> bool:
        self.calls.append(("select", (peer, path)))
        return path != self.taken

    def bind(self, peer: PeerId, path: Path) -> bool:
        self.calls.append(("bind", (peer, path)))
        return path != self.taken

    def send_to(self, path: Path, datagram: bytes) -> bool:
        self.calls.append(("send_to", (path, datagram)))
        return True


def _check(ufrag: str, password: str, *, nominate: bool = True, controlled: bool = False) -> bytes:
    message = stun.Message(message_method=stun.Method.BINDING, message_class=stun.Class.REQUEST)
    message.attributes["USERNAME"] = f"{ufrag}:theirs"
    if controlled:
        message.attributes["ICE-CONTROLLED"] = 1
    if nominate:
        message.attributes["USE-CANDIDATE"] = None
    message.add_message_integrity(password.encode())
    return bytes(message)


def _agent() -> tuple[IceAgent, _Plane]:
    plane = _Plane()
    return IceAgent(plane, FakeClock()), plane  # type: ignore[arg-type]  # a recorder stands for the plane


def test_a_nominated_path_is_followed_when_the_address_changes() -> None:
    agent, plane = _agent()
    mine = agent.admit(PEER, lambda: None)

    agent.on_stun(HOME, _check(mine.ufrag, mine.password))
    agent.on_stun(AWAY, _check(mine.ufrag, mine.password, nominate=False))
    agent.on_stun(AWAY, _check(mine.ufrag, mine.password))

    assert plane.named("select") == [(PEER, HOME), (PEER, AWAY)]
    assert plane.named("bind") == [(PEER, AWAY)]
    reply = stun.parse_message(plane.named("send_to")[0][1])
    assert reply.attributes["XOR-MAPPED-ADDRESS"] == ("10.0.0.1", 5000)
    assert reply.check_message_integrity(mine.password.encode())


def test_every_check_tells_the_plane_that_the_peer_is_there_on_its_path() -> None:
    agent, plane = _agent()
    mine = agent.admit(PEER, lambda: None)

    for _ in range(2):
        agent.on_stun(HOME, _check(mine.ufrag, mine.password))
        agent.on_stun(AWAY, _check(mine.ufrag, mine.password, nominate=False))

    assert plane.named("select") == [(PEER, HOME)] * 2
    assert plane.named("bind") == [(PEER, AWAY)] * 2


def test_a_path_that_is_another_peers_begins_nothing_and_is_asked_for_again() -> None:
    agent, plane = _agent()
    begun: list[int] = []
    mine = agent.admit(PEER, lambda: begun.append(1))
    plane.taken = HOME

    agent.on_stun(HOME, _check(mine.ufrag, mine.password))
    before = list(begun)
    plane.taken = None
    agent.on_stun(HOME, _check(mine.ufrag, mine.password))

    assert (before, begun) == ([], [1])


def test_a_check_with_another_password_is_not_answered() -> None:
    agent, plane = _agent()
    mine = agent.admit(PEER, lambda: None)

    agent.on_stun(HOME, _check(mine.ufrag, "wrong" * 5))
    agent.on_stun(HOME, _check("nobody", mine.password))

    assert plane.calls == []
    assert agent.heard(PEER) is None


def test_old_credentials_work_until_the_new_ones_are_nominated() -> None:
    agent, plane = _agent()
    old = agent.admit(PEER, lambda: None)
    agent.on_stun(HOME, _check(old.ufrag, old.password))
    new = agent.restart(PEER)

    agent.on_stun(HOME, _check(old.ufrag, old.password))
    agent.on_stun(AWAY, _check(new.ufrag, new.password))
    answered = len(plane.named("send_to"))
    agent.on_stun(HOME, _check(old.ufrag, old.password))

    assert answered == 3
    assert len(plane.named("send_to")) == answered
    assert plane.named("select")[-1] == (PEER, AWAY)


def test_a_client_that_thinks_it_is_controlled_is_told_of_the_conflict() -> None:
    agent, plane = _agent()
    mine = agent.admit(PEER, lambda: None)

    agent.on_stun(HOME, _check(mine.ufrag, mine.password, controlled=True))

    assert stun.parse_message(plane.named("send_to")[0][1]).error_code == 487
    assert plane.named("select") == []


def test_candidates_prefer_the_addresses_named_first() -> None:
    first, second = (Announced("10.0.0.1", 7882).candidate(index).split() for index in (0, 1))

    assert first[4:] == ["10.0.0.1", "7882", "typ", "host"]
    assert int(first[3]) > int(second[3])


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=120), st.integers(0, 60), st.binary(max_size=8))
def test_no_datagram_harms_the_agent(noise: bytes, at: int, patch: bytes) -> None:
    agent, _ = _agent()
    mine = agent.admit(PEER, lambda: None)
    genuine = bytearray(_check(mine.ufrag, mine.password))
    genuine[at : at + len(patch)] = patch

    agent.on_stun(HOME, noise)
    agent.on_stun(HOME, bytes(genuine))
    agent.on_stun(AWAY, _check(mine.ufrag, mine.password))

    assert agent.heard(PEER) is not None
