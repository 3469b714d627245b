"""One room: who is in it, what they publish, who receives what."""

import secrets
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from services.media.domain import catching_up
from services.media.domain.client import ClientLink, GradeChange, LeaveAction, LeaveReason, RoomFacts
from services.media.domain.grants import Rights, RoomToken, Source
from services.media.domain.negotiation import Announced, Answer, Published, Wanted
from services.media.domain.participants import (
    ClientFacts,
    Identity,
    Participant,
    Presence,
    Subscription,
    Track,
    TrackDescription,
)
from services.media.domain.policy import RoomPolicy
from services.media.domain.ports import (
    Limit,
    PeerId,
    RoomId,
    SpeakerChange,
    SsrcPair,
    StreamState,
    SubscriptionId,
    TrackId,
)
from services.media.domain.relay import DataMemory, DataMessage
from services.media.domain.sdp import parse_offer
from services.media.domain.tools import Tools, new_sid

MAX_PARTICIPANTS: Final = 400
MAX_TRACKS: Final = 12
_SHARED: Final = frozenset({Source.SCREEN_SHARE, Source.SCREEN_SHARE_AUDIO})


@dataclass(slots=True)
class Room:
    """A room and its participants.

    Attributes:
        loopback: Each participant receives its own tracks, and nobody else's.
        policy: What those who lead decided.
        empty_since: When the last one left, on the monotonic clock; from the start until somebody comes.
    """

    name: RoomId
    tools: Tools
    sid: str
    create_time: datetime
    created_at: float
    loopback: bool = False
    metadata: str = ""
    empty_since: float | None = None
    members: dict[Identity, Participant] = field(default_factory=dict)
    tracks: dict[TrackId, Track] = field(default_factory=dict)
    subscriptions: dict[SubscriptionId, Subscription] = field(default_factory=dict)
    memory: DataMemory = field(default_factory=DataMemory)
    policy: RoomPolicy = field(default_factory=RoomPolicy)

    @property
    def facts(self) -> RoomFacts:
        """What clients know of the room."""
        publishers = sum(1 for member in self.members.values() if member.tracks)
        created = int(self.create_time.timestamp())
        return RoomFacts(self.sid, self.name, created, len(self.members), publishers, self.metadata)

    def by_sid(self, sid: PeerId) -> Participant | None:
        """Finds a participant by its session."""
        return next((member for member in self.members.values() if member.sid == sid), None)

    # Membership

    def join(self, token: RoomToken, facts: ClientFacts, link: ClientLink) -> Participant:
        """Admits somebody; who was here under the same identity goes out."""
        identity = Identity(token.identity)
        if (old := self.members.get(identity)) is not None:
            self.remove(old, LeaveReason.DUPLICATE_IDENTITY)
        sid = PeerId(new_sid("PA"))
        now = self.tools.clock.monotonic()
        me = Participant(
            sid=sid,
            identity=identity,
            room=self.name,
            token=token,
            facts=facts,
            join_time=self.tools.clock.now(),
            joined_at=now,
            refreshed_at=now,
            transport=self.tools.transports.open(sid, self.name, self.tools.listener),
            link=link,
            display_name=token.display_name,
            metadata=token.metadata,
            attributes=dict(token.attributes),
        )
        self.empty_since = None
        others = [] if self.loopback else list(self.members.values())
        self.members[identity] = me
        link.welcome(me, [other for other in others if not other.token.rights.hidden], self.facts)
        self._tell_others(me)
        for track in list(self.tracks.values()):
            if track.announced:
                self._auto_subscribe(me, track)
        return me

    def resume(self, me: Participant, link: ClientLink) -> None:
        """Gives a participant a new signalling connection; its media never stopped."""
        if me.link is not None:
            me.link.close()
        me.link = link
        me.absent_since = None
        me.negotiation.restart()
        everyone = [each for each in self.members.values() if each is me or not (self.loopback or each.hidden)]
        # Who went comes first: somebody may be there again under the same identity.
        gone, me.missed = me.missed, []
        link.welcome_back([*gone, *everyone], self.facts, me.last_sequence)
        link.room_changed(self.facts)
        catching_up.tell_streams(me, self.tracks)
        catching_up.tell_grades(me, everyone)
        self._ask_for_sections(me)

    def cut(self, me: Participant, link: ClientLink) -> None:
        """Notes that a signalling connection ended; an old one that was replaced means nothing."""
        if me.link is link:
            me.link = None
            me.absent_since = self.tools.clock.monotonic()

    def remove(self, me: Participant, reason: LeaveReason, action: LeaveAction = LeaveAction.STAY_OUT) -> None:
        """Sends somebody out, or notes that it went."""
        if self.members.get(me.identity) is not me:
            return
        del self.members[me.identity]
        was_active = me.presence is Presence.ACTIVE
        me.presence = Presence.GONE
        link, me.link = me.link, None
        for track in list(me.tracks.values()):
            self._drop_track(track)
        for subscription in list(me.subscriptions.values()):
            self._drop_subscription(me, subscription)
        me.transport.close()
        if not self.members:
            self.empty_since = self.tools.clock.monotonic()
        if was_active:
            self.tools.watcher.on_left(me, reason)
        # Words come last: whoever cannot be told of it, it is gone.
        me.version += 1
        if link is not None:
            link.leave(reason, action)
        self._tell_others(me)

    def connected(self, me: Participant) -> None:
        """Notes that somebody's media may flow."""
        if me.presence is Presence.JOINED:
            me.presence = Presence.ACTIVE
            self.changed(me)
            if not self.loopback:
                # Not behind the welcome: browsers may read on before they know the participants of it.
                catching_up.tell_grades(me, [each for each in self.members.values() if each is me or not each.hidden])
            self.tools.watcher.on_joined(me)

    def changed(self, me: Participant) -> None:
        """Tells everybody, the participant included, that it changed."""
        me.version += 1
        if me.link is not None:
            me.link.participants([me])
        self._tell_others(me)

    def rename(
        self, me: Participant, display_name: str = "", metadata: str = "", attributes: dict[str, str] | None = None
    ) -> None:
        """Changes what is shown of somebody; empty means unchanged, an attribute set to nothing goes away."""
        me.display_name = display_name or me.display_name
        me.metadata = metadata or me.metadata
        merged = me.attributes | (attributes or {})
        me.attributes = {name: value for name, value in merged.items() if value}
        self.changed(me)

    def permit(self, me: Participant, rights: Rights) -> None:
        """Changes somebody's rights at once: what is no longer allowed stops."""
        me.token = replace(me.token, rights=rights)
        for track in list(me.tracks.values()):
            if not rights.may_publish(track.description.source):
                self.unpublish(track)
        for subscription in list(me.subscriptions.values()):
            if not rights.subscribe:
                self.unsubscribe(me, subscription.track)
        if rights.subscribe:
            for track in list(self.tracks.values()):
                if track.announced:
                    self._auto_subscribe(me, track)
        self.changed(me)

    def govern(self, policy: RoomPolicy) -> None:
        """Makes a newer policy hold, at once and for whoever comes later."""
        if policy.version <= self.policy.version:
            return
        self.policy = policy
        for me in list(self.members.values()):
            if not policy.admits(me.token):
                self.remove(me, LeaveReason.REMOVED)
                continue
            for track in list(me.tracks.values()):
                if not policy.may_send(me.token, track.description.source):
                    self.unpublish(track)
                elif not track.muted and not policy.may_be_heard(me.token, track.description.kind):
                    self.ask_mute(track, muted=True)

    def may_publish(self, me: Participant, source: Source) -> bool:
        """Tells whether somebody may publish one more track of a source."""
        allowed = me.token.rights.may_publish(source) and self.policy.may_send(me.token, source)
        return allowed and sum(1 for track in me.tracks.values() if track.mid) < MAX_TRACKS

    # Publishing

    def ask_to_publish(self, me: Participant, description: TrackDescription, *, muted: bool) -> None:
        """Admits a track or refuses it, and says so; at once but for one that is published already.

        Who publishes a track again at once asks for it before the offer that ends it, which may show its end, or its
        section going on.
        """
        label = description.labels[0]
        known = next((track for track in me.tracks.values() if label in track.description.labels), None)
        if known is not None and known.mid:
            me.waiting[label] = (description, muted)
        elif known is not None:
            if me.link is not None:
                me.link.track_published(label, known)
        elif self.may_publish(me, description.source):
            self.add_track(me, description, muted=muted)
        elif me.link is not None:
            me.link.track_refused(label)

    def add_track(self, me: Participant, description: TrackDescription, *, muted: bool) -> Track:
        """Admits a track to be published; the offer with its section may be here already.

        The caller checked the right to publish. What was announced longest ago and never sent gives way.
        """
        if len(me.tracks) >= MAX_TRACKS:
            self.unpublish(next(track for track in me.tracks.values() if not track.mid))
        muted = muted or not self.policy.may_be_heard(me.token, description.kind)
        track = Track(TrackId(new_sid("TR")), me.sid, description, muted)
        if me.link is not None:
            # First of all: a track that cannot be told of is not kept either.
            me.link.track_published(description.labels[0], track)
        me.tracks[track.sid] = self.tracks[track.sid] = track
        announced = Announced(
            track.sid, description.kind, frozenset(description.labels), description.dtx, description.stereo
        )
        media = me.negotiation.announce(announced)
        if media is not None:
            self._expect(Published(track.sid, media))
        if muted:
            self._reveal(track)
        return track

    def offer(self, me: Participant, sdp: str, offer_id: int) -> None:
        """Answers an offer.

        Raises:
            SdpError: It cannot be answered; the session is as before.
        """
        parsed = parse_offer(sdp)
        local = me.transport.accept(parsed)
        answer = me.negotiation.answer(parsed, local)
        for track_id in answer.ended:
            if (track := me.tracks.get(track_id)) is not None:
                self._drop_track(track)
                self.changed(me)
        for published in answer.published:
            self._expect(published)
        self._take_over(me)
        if me.link is not None:
            me.link.answer(answer.sdp, offer_id, answer.tracks_by_mid)
        self._lay(me, answer)
        self._ask_for_sections(me)

    def first_packet(self, track_id: TrackId) -> None:
        """Notes that a track flows: now the others may know of it."""
        track = self.tracks.get(track_id)
        if track is not None and not track.live:
            track.live = True
            if not track.announced:
                self._reveal(track)

    def set_muted(self, track: Track, muted: bool) -> None:
        """Notes that a track was muted or opened by its publisher, who hears of it if that may not be."""
        owner = self.by_sid(track.owner)
        if owner is not None and not muted and not self.policy.may_be_heard(owner.token, track.description.kind):
            self.ask_mute(track, muted=True)
            return
        if track.muted == muted:
            return
        track.muted = muted
        self.tools.plane.set_muted(track.sid, muted)
        if muted or track.announced:
            self._reveal(track)
        elif owner is not None:
            self.changed(owner)

    def ask_mute(self, track: Track, muted: bool) -> None:
        """Mutes a track from outside. Muting holds at once; opening is only asked for: nobody opens another's room."""
        owner = self.by_sid(track.owner)
        if muted:
            self.set_muted(track, True)
        if owner is not None and owner.link is not None:
            owner.link.ask_mute(track.sid, muted)
        else:
            track.unheard_mute = muted

    def stop(self, me: Participant, sources: Collection[Source]) -> int:
        """Mutes what somebody sends of these sources; answers how many were open.

        A shared screen ends: whoever shares again chooses again what is seen.
        """
        stopped = [track for track in me.tracks.values() if track.description.source in sources and not track.muted]
        for track in stopped:
            if track.description.source in _SHARED:
                self.unpublish(track)
            else:
                self.ask_mute(track, muted=True)
        return len(stopped)

    def unpublish(self, track: Track) -> None:
        """Takes a track away from its publisher."""
        owner = self.by_sid(track.owner)
        self._drop_track(track)
        if owner is not None:
            if owner.link is not None:
                owner.link.track_unpublished(track.sid)
            self.changed(owner)

    # Receiving

    def subscribe(self, me: Participant, track: Track) -> None:
        """Gives somebody a track."""
        if track.sid in me.subscriptions or not me.token.rights.subscribe or me.presence is Presence.GONE:
            return
        if (track.owner == me.sid) is not self.loopback:
            return
        ssrc = self._new_ssrc()
        subscription = Subscription(SubscriptionId(new_sid("SU")), track.sid, me.sid, ssrc)
        me.subscriptions[track.sid] = self.subscriptions[subscription.sid] = subscription
        first = not track.subscribers
        track.subscribers.add(me.sid)
        owner = self.by_sid(track.owner)
        group = track.description.group if me.facts.keeps_stream_groups else ""
        label = f"{track.owner}|{group or track.sid}"
        me.negotiation.want(Wanted(subscription.sid, track.sid, track.description.kind, label, ssrc))
        self._ask_for_sections(me)
        if first and owner is not None and owner.link is not None:
            owner.link.track_subscribed(track.sid)

    def unsubscribe(self, me: Participant, track_id: TrackId) -> None:
        """Takes a track from somebody."""
        subscription = me.subscriptions.get(track_id)
        if subscription is not None:
            self._drop_subscription(me, subscription)
            self._ask_for_sections(me)

    def set_limit(self, me: Participant, track_id: TrackId, limit: Limit) -> None:
        """Notes the most somebody wants of a track."""
        subscription = me.subscriptions.get(track_id)
        if subscription is not None:
            subscription.limit = limit
            self.tools.plane.set_limit(subscription.sid, limit)

    # What is told to many

    def relay(self, me: Participant, message: DataMessage) -> None:
        """Passes a data message on to the others; a reliable one that was here already is dropped."""
        if message.sequence and message.sequence <= me.last_sequence:
            return
        me.last_sequence = max(me.last_sequence, message.sequence)
        self.send_data(message, sender=me)

    def send_data(self, message: DataMessage, sender: Participant | None) -> None:
        """Sends a data message to everybody it is for, but not to its sender."""
        if sender is not None:
            self.memory.keep(sender.sid, message, self.tools.clock.monotonic())
        for member in list(self.members.values()):
            if (member is sender) is not self.loopback or not message.is_for(member.identity):
                continue
            member.transport.send(message.channel, message.payload)

    def repeat_data(self, me: Participant, received: dict[PeerId, int]) -> None:
        """Sends again what somebody missed while its signalling was cut."""
        for message in self.memory.since(me.identity, received):
            me.transport.send(message.channel, message.payload)

    def speakers(self, changes: tuple[SpeakerChange, ...]) -> None:
        """Tells everybody who speaks."""
        for member in self.members.values():
            if member.link is not None:
                member.link.speakers(changes)

    def grades(self, changes: Iterable[GradeChange]) -> None:
        """Tells everybody how lines are, and keeps it for those who come later."""
        latest = {each.participant: each for each in changes}
        for member in self.members.values():
            member.grade = latest.get(member.sid, member.grade)
            catching_up.tell_changes(member, latest.values())

    def stream_state(self, subscription_id: SubscriptionId, state: StreamState) -> None:
        """Tells a subscriber that a track is paused or flows again."""
        subscription = self.subscriptions.get(subscription_id)
        track = self.tracks.get(subscription.track) if subscription is not None else None
        if subscription is None or track is None:
            return
        subscription.state = state
        member = self.by_sid(subscription.subscriber)
        if member is not None and member.link is not None:
            member.link.stream_state(track.owner, track.sid, state)

    def wanted_layers(self, track_id: TrackId, wanted: tuple[bool, ...]) -> None:
        """Tells a publisher which layers anybody wants."""
        track = self.tracks.get(track_id)
        if track is None:
            return
        track.wanted = wanted
        owner = self.by_sid(track.owner)
        if owner is not None and owner.link is not None:
            owner.link.wanted_layers(track, wanted)

    # Inside

    def _tell_others(self, me: Participant) -> None:
        if self.loopback or me.hidden:
            return
        for member in self.members.values():
            if member is me:
                continue
            if member.link is not None:
                member.link.participants([me])
            elif me.presence is Presence.GONE and me.joined_at <= (member.absent_since or 0.0):
                # All else is told on its return as it is then; nobody would tell it of who is not there.
                member.missed.append(me)

    def _expect(self, published: Published) -> None:
        track = self.tracks.get(published.track)
        if track is None:
            return
        track.mid = published.media.mid
        track.rids = published.media.rids
        self.tools.plane.publish(
            track.sid, track.owner, replace(published.media, sizes=track.description.sizes(published.media.rids))
        )
        self.tools.plane.set_muted(track.sid, track.muted)

    def _take_over(self, me: Participant) -> None:
        """Lets what waits have the section of what it waits for: the offer did not end it."""
        for label in list(me.waiting):
            track = next((each for each in me.tracks.values() if label in each.description.labels), None)
            if track is not None:
                me.negotiation.release(track.sid)
                self._drop_track(track)
                self.changed(me)

    def _reveal(self, track: Track) -> None:
        track.announced = True
        owner = self.by_sid(track.owner)
        if owner is not None:
            self.changed(owner)
        for member in list(self.members.values()):
            self._auto_subscribe(member, track)

    def _auto_subscribe(self, me: Participant, track: Track) -> None:
        if me.facts.auto_subscribe and track.sid not in me.unwanted:
            self.subscribe(me, track)

    def _drop_track(self, track: Track) -> None:
        owner = self.by_sid(track.owner)
        if owner is not None:
            owner.tracks.pop(track.sid, None)
            owner.negotiation.forget(track.sid)
        self.tracks.pop(track.sid, None)
        for member in list(self.members.values()):
            self.unsubscribe(member, track.sid)
        self.tools.plane.unpublish(track.sid)
        for label in track.description.labels:
            if owner is not None and label in owner.waiting:
                description, muted = owner.waiting.pop(label)
                self.ask_to_publish(owner, description, muted=muted)

    def _drop_subscription(self, me: Participant, subscription: Subscription) -> None:
        me.subscriptions.pop(subscription.track, None)
        self.subscriptions.pop(subscription.sid, None)
        me.negotiation.unwant(subscription.sid)
        self.tools.plane.unsubscribe(subscription.sid)
        if (track := self.tracks.get(subscription.track)) is not None:
            track.subscribers.discard(me.sid)

    def _lay(self, me: Participant, answer: Answer) -> None:
        for laid in answer.laid:
            subscription = self.subscriptions.get(laid.subscription)
            if subscription is None:
                continue
            self.tools.plane.subscribe(laid.subscription, laid.track, me.sid, laid.media)
            if not subscription.laid:
                subscription.laid = True
                self.tools.plane.set_limit(subscription.sid, subscription.limit)

    def _ask_for_sections(self, me: Participant) -> None:
        if me.link is None or me.presence is Presence.GONE:
            return
        missing = me.negotiation.missing()
        if missing is not None:
            me.link.sections_wanted(*missing)

    def _new_ssrc(self) -> SsrcPair:
        # 62 random bits a pair: two alike within one bundle are not to be expected in the life of a house.
        return SsrcPair(secrets.randbits(31) | 1, secrets.randbits(31) & ~1 or 2)
