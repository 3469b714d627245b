"""What clients say: each frame becomes one call of a room. A bad frame ends at worst its own connection."""

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

from google.protobuf.message import DecodeError
from livekit.protocol import rtc

from briefing.v1 import room_service_pb2 as pb
from giaoban.clock import Clock
from services.media.domain.budget import Budget
from services.media.domain.client import LeaveAction, LeaveReason
from services.media.domain.participants import Participant, Presence
from services.media.domain.ports import PeerId, Plane, RoomId, TrackId
from services.media.domain.room import Room
from services.media.domain.rooms import Rooms
from services.media.domain.sdp import MAX_BYTES, SdpError
from services.media.domain.transport import Channel
from services.media.rpc.data_packets import relayed
from services.media.rpc.signal_convert import description_of, limit_of
from services.media.rpc.signal_join import SignalStart, parse_start
from services.media.rpc.signal_link import SignalLink
from services.media.rpc.tokens import verify_join_token, write_room_token

log = logging.getLogger(__name__)

_LARGEST_FRAME: Final = MAX_BYTES
_REFRESHED: Final = timedelta(minutes=10)
_LONGEST_METADATA: Final = 16_384
_MOST_ATTRIBUTES: Final = 64
_MOST_TRACKS: Final = 2000
_RESERVED: Final = "giaoban."
_LONGEST_ROUND_TRIP_MS: Final = 60_000

# The client protocol's words for how a connection ends (RFC 6455 §7.4.1).
_UNREADABLE: Final = 1007
_TOO_MUCH: Final = 1008
_FAILED: Final = 1011


class Conversation:
    """One signalling connection, from the client."""

    def __init__(self, room: Room, me: Participant, link: SignalLink, plane: Plane, clock: Clock) -> None:
        self.link: Final = link
        self._room = room
        self._me = me
        self._plane = plane
        self._clock = clock
        self._frames = Budget(per_second=100, burst=500)
        self._bytes = Budget(per_second=1024 * 1024, burst=2 * _LARGEST_FRAME)
        self._answers: dict[str, Callable[[Any], None]] = {
            "offer": self._offer,
            "add_track": self._add_track,
            "mute": self._mute,
            "subscription": self._subscription,
            "track_setting": self._track_setting,
            "leave": self._leave,
            "ping": self._ping,
            "ping_req": self._ping_req,
            "update_metadata": self._update_metadata,
            "sync_state": self._sync_state,
            "publish_data_track_request": self._publish_data_track,
            "store_data_blob_request": self._refuse_blob,
            "get_data_blob_request": self._refuse_blob,
        }

    def take(self, frame: bytes) -> None:
        """Takes a frame; never raises."""
        now = self._clock.monotonic()
        if len(frame) > _LARGEST_FRAME or not self._frames.take(1, now) or not self._bytes.take(len(frame), now):
            self.link.end(_TOO_MUCH, "too much")
            return
        try:
            request = rtc.SignalRequest()
            request.ParseFromString(frame)
        except DecodeError:
            self.link.end(_UNREADABLE, "unreadable frame")
            return
        self.answer(request)

    def begin(self, start: SignalStart) -> None:
        """Does what came with the join request: tracks to add, an offer, the state of a resumed session."""
        for wanted in start.request.add_track_requests[:8]:
            self.answer(rtc.SignalRequest(add_track=wanted))
        if start.request.publisher_offer.sdp:
            self.answer(rtc.SignalRequest(offer=start.request.publisher_offer))
        if start.resume and start.request.HasField("sync_state"):
            self.answer(rtc.SignalRequest(sync_state=start.request.sync_state))

    def close(self) -> None:
        """Notes that the connection is over; the participant may come back on another one."""
        self.link.end()
        self._room.cut(self._me, self.link)

    def answer(self, request: rtc.SignalRequest) -> None:
        """Answers a message; what goes wrong ends this session only."""
        name = request.WhichOneof("message")
        answer = self._answers.get(name or "")
        # Candidates are not needed by a lite agent; layer and feature hints are the plane's own to find out.
        if answer is None or self._me.presence is Presence.GONE:
            return
        try:
            answer(getattr(request, name or ""))
        except SdpError as error:
            log.warning("an offer cannot be answered", extra={"participant": self._me.sid, "why": str(error)})
            self._room.remove(self._me, LeaveReason.STATE_MISMATCH, LeaveAction.RECONNECT)
        except Exception:
            log.exception("a signalling message failed", extra={"participant": self._me.sid, "message_kind": name})
            self.link.end(_FAILED, "the message failed")

    def _offer(self, offer: rtc.SessionDescription) -> None:
        self._room.offer(self._me, offer.sdp, offer.id)

    def _add_track(self, request: rtc.AddTrackRequest) -> None:
        description = description_of(request)
        if not request.sid:  # else a backup codec of a track: there is one codec, and it is admitted
            self._room.ask_to_publish(self._me, description, muted=request.muted)

    def _mute(self, request: rtc.MuteTrackRequest) -> None:
        track = self._me.tracks.get(TrackId(request.sid))
        if track is not None:
            self._room.set_muted(track, request.muted)

    def _subscription(self, request: rtc.UpdateSubscription) -> None:
        named = [*request.track_sids, *(sid for each in request.participant_tracks for sid in each.track_sids)]
        for sid in named[:_MOST_TRACKS]:
            track = self._room.tracks.get(TrackId(sid))
            if track is None:
                continue
            if request.subscribe:
                self._me.unwanted.discard(track.sid)
                self._room.subscribe(self._me, track)
            else:
                self._me.unwanted.add(track.sid)
                self._room.unsubscribe(self._me, track.sid)

    def _track_setting(self, setting: rtc.UpdateTrackSettings) -> None:
        limit = limit_of(setting)
        for sid in setting.track_sids[:_MOST_TRACKS]:
            self._room.set_limit(self._me, TrackId(sid), limit)

    def _leave(self, _request: rtc.LeaveRequest) -> None:
        self._room.remove(self._me, LeaveReason.CLIENT)

    def _ping(self, _milliseconds: int) -> None:
        self.link.old_pong()

    def _ping_req(self, ping: rtc.Ping) -> None:
        self.link.pong(ping.timestamp)
        if 0 < ping.rtt < _LONGEST_ROUND_TRIP_MS:
            self._plane.set_round_trip(self._me.sid, ping.rtt / 1000)

    def _update_metadata(self, request: rtc.UpdateParticipantMetadata) -> None:
        reason = self._verdict(request)
        if reason == rtc.RequestResponse.OK:
            self._room.rename(self._me, request.name, request.metadata, dict(request.attributes))
        self._respond(request.request_id, reason)

    def _verdict(self, request: rtc.UpdateParticipantMetadata) -> "rtc.RequestResponse.Reason":
        reserved = any(name.startswith(_RESERVED) for name in request.attributes)
        if reserved or not self._me.token.rights.own_metadata:
            return rtc.RequestResponse.NOT_ALLOWED
        names = self._me.attributes.keys() | request.attributes.keys()
        texts = [request.name, request.metadata, *request.attributes, *request.attributes.values()]
        if len(names) > _MOST_ATTRIBUTES or any(len(text) > _LONGEST_METADATA for text in texts):
            return rtc.RequestResponse.LIMIT_EXCEEDED
        return rtc.RequestResponse.OK

    def _sync_state(self, state: rtc.SyncState) -> None:
        if any(TrackId(each.track.sid) not in self._me.tracks for each in state.publish_tracks):
            self._room.remove(self._me, LeaveReason.STATE_MISMATCH, LeaveAction.RECONNECT)
            return
        self._subscription(state.subscription)
        received = {
            PeerId(each.publisher_sid): each.last_seq for each in state.datachannel_receive_states[:_MOST_TRACKS]
        }
        self._room.repeat_data(self._me, received)

    def _publish_data_track(self, request: rtc.PublishDataTrackRequest) -> None:
        # Data tracks are not served; without a word the client would wait for ever.
        self._respond(0, rtc.RequestResponse.NOT_ALLOWED, publish_data_track=request)

    def _refuse_blob(self, request: rtc.StoreDataBlobRequest | rtc.GetDataBlobRequest) -> None:
        self._respond(request.request_id, rtc.RequestResponse.UNSUPPORTED_TYPE)

    def _respond(self, request_id: int, reason: "rtc.RequestResponse.Reason", **fields: Any) -> None:  # noqa: ANN401
        name = rtc.RequestResponse.Reason.Name(reason)
        self.link.tell(request_response=rtc.RequestResponse(request_id=request_id, reason=name, **fields))


class Signalling:
    """Opens conversations, and hears the transports of their participants.

    Args:
        rooms: Of this worker.
        pair: Key and secret of room tokens.
        plane: Told round trips.
        clock: For limits and tokens.
    """

    def __init__(self, rooms: Rooms, pair: tuple[str, str], plane: Plane, clock: Clock) -> None:
        self._rooms = rooms
        self._pair = pair
        self._plane = plane
        self._clock = clock
        self._sender_data: dict[PeerId, Budget] = {}
        self._room_data: dict[RoomId, Budget] = {}

    def check(self, token: str) -> None:
        """Raises what `open` would raise about a token or its room."""
        self._rooms.admit(verify_join_token(self._pair, token))

    def open(self, opening: pb.SignalOpen) -> tuple[Conversation | None, SignalLink]:
        """Begins a conversation; None with a link that says why when a session cannot be resumed.

        Raises:
            DomainError: The token, the room or the join request is no good.
        """
        token = verify_join_token(self._pair, opening.token)
        start = parse_start(opening.query)
        link = SignalLink(self._write_token, self._clock.now)
        if start.resume:
            me = self._rooms.returning(token, PeerId(start.sid))
            if me is None:
                link.leave(LeaveReason.STATE_MISMATCH, LeaveAction.RECONNECT)
                return None, link
            room = self._rooms.get(me.room)
            room.resume(me, link)
        else:
            me = self._rooms.join(token, start.facts, link)
            room = self._rooms.get(me.room)
        conversation = Conversation(room, me, link, self._plane, self._clock)
        conversation.begin(start)
        return conversation, link

    # What transports tell

    def on_connected(self, peer: PeerId) -> None:
        """Notes that media may flow."""
        found = self._rooms.find(peer)
        if found is not None:
            room, me = found
            room.connected(me)

    def on_data(self, peer: PeerId, channel: Channel, payload: bytes) -> None:
        """Relays a data message."""
        found = self._rooms.find(peer)
        if found is None:
            return
        room, me = found
        if not me.token.rights.data:
            return
        # Everybody's line carries what one sends to all, and who cannot drain it is sent out: chat passes, files do not.
        sender = self._sender_data.setdefault(peer, Budget(per_second=32 * 1024, burst=512 * 1024))
        everyone = self._room_data.setdefault(room.name, Budget(per_second=64 * 1024, burst=2 * 1024 * 1024))
        # A message costs its bytes and as much again as a small one takes to handle.
        cost, now = len(payload) + 2000, self._clock.monotonic()
        if not sender.take(cost, now) or not everyone.take(cost, now):
            return
        by_sid = {str(member.sid): str(member.identity) for member in room.members.values()}
        message = relayed(me, channel, payload, by_sid)
        if message is not None:
            room.relay(me, message)

    def on_closed(self, peer: PeerId) -> None:
        """Notes that a client went; its `leave` may come later or never."""
        found = self._rooms.find(peer)
        if found is not None:
            room, me = found
            room.remove(me, LeaveReason.CLIENT)

    def on_lost(self, peer: PeerId, reason: str) -> None:
        """Sends out whose transport failed: with the signalling still there it joins anew."""
        found = self._rooms.find(peer)
        if found is not None:
            room, me = found
            log.info("a transport is lost", extra={"participant": peer, "why": reason})
            room.remove(me, LeaveReason.TRANSPORT_LOST, LeaveAction.RECONNECT)

    def forget(self, peer: PeerId) -> None:
        """Releases what was kept for a participant that left."""
        self._sender_data.pop(peer, None)

    def forget_room(self, room: RoomId) -> None:
        """Releases what was kept for a room that is no more."""
        self._room_data.pop(room, None)

    def _write_token(self, me: Participant) -> str:
        until = max(me.token.expire_time, self._clock.now() + _REFRESHED)
        return write_room_token(self._pair, me.token.until(until))
