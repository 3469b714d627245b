"""A scheduler that knows a few briefings, and a mail server with moods; both speak over real sockets."""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from google.protobuf.timestamp_pb2 import Timestamp
from redis.asyncio import Redis

from briefing.v1 import briefing_pb2, briefing_service_pb2, events_pb2, org_pb2, org_service_pb2
from briefing.v1.briefing_service_pb2_grpc import BriefingServiceServicer
from briefing.v1.org_service_pb2_grpc import OrgServiceServicer
from giaoban.errors import NotFound, Unavailable
from giaoban.rpc.context import Context
from giaoban.streams.redis import publish
from services.notify.consumers.invitations import STREAM

ORGANIZER = "giaoban@tinh.gov.vn"
HOST_UNIT = org_pb2.Unit(name="units/vp", display_name="Văn phòng UBND tỉnh", path="/tinh/vp/")
REQUEST = briefing_service_pb2.Invitation.METHOD_REQUEST
CANCEL = briefing_service_pb2.Invitation.METHOD_CANCEL


def timestamp(moment: datetime) -> Timestamp:
    found = Timestamp()
    found.FromDatetime(moment)
    return found


def briefing_of(start: datetime, revision: int = 1, name: str = "briefings/b1") -> briefing_pb2.Briefing:
    briefing = briefing_pb2.Briefing(
        name=name,
        title="Giao ban tuần 48",
        host_unit=HOST_UNIT.name,
        host_unit_display_name=HOST_UNIT.display_name,
        chair_display_name="Nguyễn Văn An",
        start_time=timestamp(start),
        state=briefing_pb2.Briefing.STATE_SCHEDULED,
        revision=revision,
        uid=f"{name.removeprefix('briefings/')}-7f3a@giaoban",
        agenda=[briefing_pb2.AgendaItem(title="Khai mạc", minutes=10)],
    )
    briefing.duration.FromTimedelta(timedelta(minutes=90))
    return briefing


def invitee_of(number: int, email: str | None = None, briefing: str = "briefings/b1") -> briefing_pb2.Invitee:
    return briefing_pb2.Invitee(
        name=f"{briefing}/invitees/i{number}",
        kind=briefing_pb2.Invitee.KIND_POINT,
        subject=f"points/p{number}",
        display_name=f"Điểm cầu xã số {number}",
        part=briefing_pb2.Invitee.PART_ATTENDEE,
        status=briefing_pb2.PARTICIPATION_STATUS_NEEDS_ACTION,
        email=f"xa{number}@tinh.gov.vn" if email is None else email,
        join_path=f"/join/i{number}.c2lnbmVk",
    )


def invitation_to(
    invitee: briefing_pb2.Invitee, method: briefing_service_pb2.Invitation.Method.ValueType = REQUEST, sequence: int = 0
) -> briefing_service_pb2.Invitation:
    return briefing_service_pb2.Invitation(
        invitee=invitee, method=method, sequence=sequence, language="vi", whole_briefing=True, update=sequence > 0
    )


class Briefings(BriefingServiceServicer):
    """Answers what the test has put in."""

    def __init__(self) -> None:
        self.revisions: dict[tuple[str, int], briefing_service_pb2.GetInvitationsResponse] = {}
        self.current: dict[str, briefing_pb2.Briefing] = {}
        self.invitees: dict[str, list[briefing_pb2.Invitee]] = {}
        self.away = False
        self.position = ""
        self.forgets = False

    def put(
        self, briefing: briefing_pb2.Briefing, invitations: list[briefing_service_pb2.Invitation], made: datetime
    ) -> None:
        """Stores a revision; it is the newest one."""
        self.revisions[briefing.name, briefing.revision] = briefing_service_pb2.GetInvitationsResponse(
            briefing=briefing,
            invitations=invitations,
            organizer_email=ORGANIZER,
            organizer_display_name="Văn phòng UBND tỉnh",
            revision_time=timestamp(made),
            latest_revision=briefing.revision,
        )
        self.current[briefing.name] = briefing
        self.invitees[briefing.name] = [one.invitee for one in invitations if one.method == REQUEST]

    async def GetInvitations(
        self, request: briefing_service_pb2.GetInvitationsRequest, context: Context
    ) -> briefing_service_pb2.GetInvitationsResponse:
        del context
        if self.away:
            raise Unavailable("STORE_AWAY", "The store is away.")
        if (request.name, request.revision) not in self.revisions:
            raise NotFound("UNKNOWN_BRIEFING", "There is no such briefing.")
        return self.revisions[request.name, request.revision]

    async def ListRevisions(
        self, request: briefing_service_pb2.ListRevisionsRequest, context: Context
    ) -> briefing_service_pb2.ListRevisionsResponse:
        del context
        if self.away:
            raise Unavailable("STORE_AWAY", "The store is away.")
        self.position = request.position if request.reset else max(self.position, request.position)
        return briefing_service_pb2.ListRevisionsResponse(
            revisions=[
                briefing_service_pb2.BriefingRevision(name=each.name, revision=each.revision)
                for each in self.current.values()
                if not self.forgets
            ],
            known_position=self.position,
        )

    async def GetBriefing(
        self, request: briefing_service_pb2.GetBriefingRequest, context: Context
    ) -> briefing_service_pb2.GetBriefingResponse:
        del context
        if request.name not in self.current:
            raise NotFound("UNKNOWN_BRIEFING", "There is no such briefing.")
        return briefing_service_pb2.GetBriefingResponse(briefing=self.current[request.name])

    async def ListInvitees(
        self, request: briefing_service_pb2.ListInviteesRequest, context: Context
    ) -> briefing_service_pb2.ListInviteesResponse:
        del context
        return briefing_service_pb2.ListInviteesResponse(invitees=self.invitees[request.parent])


class Org(OrgServiceServicer):
    """Knows one unit."""

    async def ListUnits(
        self, request: org_service_pb2.ListUnitsRequest, context: Context
    ) -> org_service_pb2.ListUnitsResponse:
        del context
        return org_service_pb2.ListUnitsResponse(units=[HOST_UNIT] if request.parent == HOST_UNIT.name else [])


async def tell(
    redis: Redis,
    revision: int = 1,
    kind: events_pb2.BriefingEvent.Kind.ValueType = events_pb2.BriefingEvent.KIND_BOOKED,
    briefing: str = "briefings/b1",
) -> None:
    """Publishes a fact as the scheduler's relay does."""
    key = f"{briefing}/{revision}"
    event = events_pb2.BriefingEvent(key=key, kind=kind, briefing=briefing, revision=revision)
    await publish(redis, STREAM, key, event.SerializeToString())


@dataclass(frozen=True, slots=True)
class Mail:
    """A message that the mail server took."""

    sender: str
    recipients: list[str]
    content: bytes

    @property
    def message(self) -> EmailMessage:
        return message_from_bytes(self.content, policy=default)


@dataclass  # no slots: aiosmtpd reads every member of its handler, which a class with slots refuses before 3.11.3
class MailServer:
    """A real SMTP server; `recipient_answer` and `data_answer` decide what it says, by address."""

    taken: list[Mail] = field(default_factory=list)
    recipient_answer: Callable[[str], str] = lambda _address: "250 OK"
    data_answer: Callable[[str], str] = lambda _address: "250 OK"
    answer_after_seconds: float = 0.0
    drop_after_taking: bool = False
    login: tuple[str, str] | None = None
    sender_answer: str = "250 OK"
    connections: int = 0
    goodbyes: int = 0
    logins: int = 0
    names: list[str] = field(default_factory=list)
    _server: asyncio.Server | None = None
    _lines: list[SMTP] = field(default_factory=list)

    async def start(self) -> None:
        self._server = await asyncio.get_running_loop().create_server(self._accept, "127.0.0.1", 0)

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
        for line in self._lines:
            if line.transport is not None:
                line.transport.abort()  # type: ignore[attr-defined]  # aiosmtpd names only the base class
        await asyncio.sleep(0)  # an aborted transport closes its socket in the next round of the loop

    def _accept(self) -> SMTP:
        line = SMTP(self, hostname="localhost", authenticator=self._check_login, auth_require_tls=False)
        self._lines.append(line)
        self.connections += 1
        return line

    def cut(self) -> None:
        """Ends every connection without a word."""
        for line in self._lines:
            if line.transport is not None:
                line.transport.abort()  # type: ignore[attr-defined]  # aiosmtpd names only the base class

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        del server, envelope
        session.host_name = hostname
        self.names.append(hostname)
        return responses

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        del server, session
        if self.sender_answer.startswith("250"):
            envelope.mail_from = address
            envelope.mail_options.extend(options)
        return self.sender_answer

    async def handle_QUIT(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        del server, session, envelope
        self.goodbyes += 1
        return "221 Bye"

    def _check_login(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, login: object
    ) -> AuthResult:
        del server, session, envelope, mechanism
        assert isinstance(login, LoginPassword)
        self.logins += 1
        given = (login.login.decode(), login.password.decode())
        return AuthResult(success=given == self.login, handled=False)

    @property
    def url(self) -> str:
        assert self._server is not None
        return f"smtp://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def count_by_recipient(self) -> Counter[str]:
        return Counter(address for mail in list(self.taken) for address in mail.recipients)

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        del server, session, options
        answer = self.recipient_answer(address)
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        del session
        answer = self.data_answer(envelope.rcpt_tos[0])
        if answer.startswith("250"):
            assert isinstance(envelope.content, bytes)
            self.taken.append(Mail(envelope.mail_from or "", list(envelope.rcpt_tos), envelope.content))
        if self.drop_after_taking and server.transport is not None:
            server.transport.abort()  # type: ignore[attr-defined]  # aiosmtpd names only the base class
        await asyncio.sleep(self.answer_after_seconds)
        return answer
