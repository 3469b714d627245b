"""Small services behind a real gateway: the contract over real gRPC, the content invented."""

import asyncio
import base64
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

from google.protobuf.timestamp_pb2 import Timestamp

from briefing.v1 import briefing_pb2, briefing_service_pb2, credential_service_pb2, org_pb2, room_service_pb2
from briefing.v1.briefing_service_pb2_grpc import BriefingServiceServicer
from briefing.v1.credential_service_pb2_grpc import CredentialServiceServicer
from briefing.v1.room_service_pb2_grpc import RoomServiceServicer, WorkerServiceServicer
from giaoban.errors import Conflict, NotFound, Unauthenticated, Unavailable
from giaoban.rpc.context import ADMITTED, Context
from giaoban.rpc.interceptors import current_principal

SECRETARY = org_pb2.Person(
    name="people/thu",
    display_name="Nguyễn Thị Thu",
    username="vanthu",
    roles=[org_pb2.RoleGrant(role=org_pb2.ROLE_SECRETARY, unit="units/tinh", unit_path="/tinh/")],
)
PASSWORD = "đúng rồi 123"
LINK_TOKEN = "i1.abcdef"
INVITEE = "briefings/b1/invitees/i1"


class Credentials(CredentialServiceServicer):
    """One account and one link."""

    def __init__(self) -> None:
        self.retired = False
        self.password_version = "1"
        self.away = False
        self.verified = 0
        self.gate = asyncio.Event()
        self.gate.set()

    async def VerifyPassword(
        self, request: credential_service_pb2.VerifyPasswordRequest, context: Context
    ) -> credential_service_pb2.VerifyPasswordResponse:
        del context
        self.verified += 1
        await self.gate.wait()
        if self.away:
            raise Unavailable("STORE_AWAY", "The store is away.")
        if (request.username.strip(), request.password) != (SECRETARY.username, PASSWORD):
            raise Unauthenticated("WRONG_CREDENTIALS", "Name or password is wrong.")
        return credential_service_pb2.VerifyPasswordResponse(person=SECRETARY, password_version=self.password_version)

    async def GetIdentity(
        self, request: credential_service_pb2.GetIdentityRequest, context: Context
    ) -> credential_service_pb2.GetIdentityResponse:
        del context
        if self.retired or request.name != SECRETARY.name:
            raise NotFound("UNKNOWN_PERSON", "There is no such person.")
        return credential_service_pb2.GetIdentityResponse(person=SECRETARY, password_version=self.password_version)

    async def VerifyLink(
        self, request: credential_service_pb2.VerifyLinkRequest, context: Context
    ) -> credential_service_pb2.VerifyLinkResponse:
        del context
        if request.token != LINK_TOKEN:
            raise NotFound("LINK_INVALID", "The link is not one of ours.")
        expire_time = Timestamp()
        expire_time.FromDatetime(datetime.now(UTC) + timedelta(hours=30))
        return credential_service_pb2.VerifyLinkResponse(invitee=INVITEE, expire_time=expire_time)


class Briefings(BriefingServiceServicer):
    """Says who asked, refuses a taken point, streams three states."""

    async def GetBriefing(
        self, request: briefing_service_pb2.GetBriefingRequest, context: Context
    ) -> briefing_service_pb2.GetBriefingResponse:
        del context
        asker = current_principal()
        return briefing_service_pb2.GetBriefingResponse(
            briefing=briefing_pb2.Briefing(name=request.name, title=asker.subject, revision=2**60 + 1)
        )

    async def CreateBriefing(
        self, request: briefing_service_pb2.CreateBriefingRequest, context: Context
    ) -> briefing_service_pb2.CreateBriefingResponse:
        del context
        raise Conflict("POINT_TAKEN", "The point is taken.", holder_title="Giao ban tuần", subject="points/tan-lap")

    async def WatchBriefing(
        self, request: briefing_service_pb2.WatchBriefingRequest, context: Context
    ) -> AsyncIterator[briefing_service_pb2.WatchBriefingResponse]:
        del context
        for position in range(3):
            yield briefing_service_pb2.WatchBriefingResponse(position=position)
        if request.name == "briefings/gone":
            raise NotFound("UNKNOWN_BRIEFING", "There is no such briefing.")


ROOM_TOKEN = "e30." + base64.urlsafe_b64encode(b'{"video":{"room":"b1"}}').decode().rstrip("=") + ".c2ln"
"""As room tokens look: a JSON Web Token that names its room."""


class Rooms(RoomServiceServicer):
    """Knows one token and where its room is; echoes calls of the room API."""

    def __init__(self) -> None:
        self.target = ""
        self.away = 0
        self.located: list[bool] = []

    async def LocateRoom(
        self, request: room_service_pb2.LocateRoomRequest, context: Context
    ) -> room_service_pb2.LocateRoomResponse:
        del context
        self.located.append(request.anew)
        if request.token not in ("room token", ROOM_TOKEN):
            raise Unauthenticated("TOKEN_INVALID", "The token is not valid.")
        if self.away:
            self.away -= 1
            raise Unavailable("NO_MEDIA_WORKER", "No media worker is running.")
        return room_service_pb2.LocateRoomResponse(target=self.target)

    async def CallRoomApi(
        self, request: room_service_pb2.CallRoomApiRequest, context: Context
    ) -> room_service_pb2.CallRoomApiResponse:
        del context
        return room_service_pb2.CallRoomApiResponse(
            status=404 if request.method == "Nothing" else 200,
            body=request.authorization.encode() + b"|" + request.body,
            content_type=request.content_type,
        )


class Worker(WorkerServiceServicer):
    """Echoes frames; the frame `leave` is answered with a last one and ends the connection from the server."""

    def __init__(self) -> None:
        self.opened: list[room_service_pb2.SignalOpen] = []
        self.ended = asyncio.Event()
        self.forgot_rooms = 0

    async def Signal(
        self, request_iterator: AsyncIterator[room_service_pb2.SignalRequest], context: Context
    ) -> AsyncIterator[room_service_pb2.SignalResponse]:
        if self.forgot_rooms:
            self.forgot_rooms -= 1
            raise NotFound("UNKNOWN_ROOM", "The room is not here.")
        await context.send_initial_metadata(((ADMITTED, "1"),))
        try:
            async for request in request_iterator:
                if request.WhichOneof("message") == "open":
                    self.opened.append(request.open)
                elif request.frame == b"leave":
                    yield room_service_pb2.SignalResponse(frame=b"leave")
                    yield room_service_pb2.SignalResponse(close=room_service_pb2.SignalClose(code=4001, reason="left"))
                    return
                else:
                    yield room_service_pb2.SignalResponse(frame=b"echo " + request.frame)
        finally:
            self.ended.set()

    async def Validate(
        self, request: room_service_pb2.ValidateRequest, context: Context
    ) -> room_service_pb2.ValidateResponse:
        del request, context
        return room_service_pb2.ValidateResponse()
