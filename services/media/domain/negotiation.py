"""The media sections of one participant's only peer connection: what it publishes, and where it receives.

Only the client offers. Tracks it publishes come in sections it sends on; tracks it receives are laid into sections it
offered to receive on. When there are too few, `missing` says how many more to ask it for.
"""

from dataclasses import dataclass, field
from typing import Final, NamedTuple

from services.media.domain.ports import (
    Codec,
    ExtensionIds,
    Feedback,
    Kind,
    PublishedMedia,
    SsrcPair,
    SubscribedMedia,
    SubscriptionId,
    TrackId,
)
from services.media.domain.sdp import (
    AnsweredSection,
    Direction,
    LocalTransport,
    Offer,
    OfferedCodec,
    Section,
    write_answer,
)

MID: Final = "urn:ietf:params:rtp-hdrext:sdes:mid"
RID: Final = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"
REPAIRED_RID: Final = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"
ABS_SEND_TIME: Final = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
TRANSPORT_CC: Final = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
AUDIO_LEVEL: Final = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"

_NAMES: Final = {Kind.AUDIO: Codec.OPUS, Kind.VIDEO: Codec.VP8}


@dataclass(frozen=True, slots=True)
class Announced:
    """A track its participant said it would publish.

    Attributes:
        labels: The client's ids for it, one of which its section may carry.
        dtx: Whether silence may be left unsent.
    """

    track: TrackId
    kind: Kind
    labels: frozenset[str]
    dtx: bool = True
    stereo: bool = False


@dataclass(frozen=True, slots=True)
class Wanted:
    """A subscription that needs a section; the labels are what the client will read in `a=msid`."""

    subscription: SubscriptionId
    track: TrackId
    kind: Kind
    stream_label: str
    ssrc: SsrcPair


class Published(NamedTuple):
    """A track's section is answered: the plane may expect it."""

    track: TrackId
    media: PublishedMedia


class Laid(NamedTuple):
    """A subscription has a section: the plane may send it."""

    subscription: SubscriptionId
    track: TrackId
    media: SubscribedMedia


@dataclass(frozen=True, slots=True)
class Answer:
    """What one offer led to.

    Attributes:
        ended: Tracks whose section stopped sending: the client unpublished them.
    """

    sdp: str
    tracks_by_mid: dict[str, TrackId]
    published: tuple[Published, ...]
    ended: tuple[TrackId, ...]
    laid: tuple[Laid, ...]


@dataclass(slots=True)
class _Incoming:
    """A section the client sends on.

    Attributes:
        track: None until an announced track claims it.
        taken_over: Its track took it from one that was released, and no offer since has shown that it goes on sending.
    """

    label: str
    media: PublishedMedia
    track: TrackId | None = None
    taken_over: bool = False


@dataclass(slots=True)
class _Slot:
    """A section the client receives on.

    Attributes:
        live: The last answer sent something here. A section goes through `inactive` before it is used again, else
            browsers tell of no new track.
    """

    kind: Kind
    wanted: Wanted | None = None
    live: bool = False


@dataclass(slots=True)
class _Round:
    """What is gathered while one offer is answered; `guessed` are tracks by mid where no label tells."""

    guessed: dict[str, Announced]
    sections: list[AnsweredSection] = field(default_factory=list)
    published: list[Published] = field(default_factory=list)
    ended: list[TrackId] = field(default_factory=list)
    laid: list[Laid] = field(default_factory=list)
    sending: set[str] = field(default_factory=set)


class Negotiation:
    """Answers the offers of one client and remembers what each section is for."""

    def __init__(self) -> None:
        self._version = 0
        self._announced: dict[TrackId, Announced] = {}
        self._incoming: dict[str, _Incoming] = {}
        self._slots: dict[str, _Slot] = {}
        self._wanted: dict[SubscriptionId, Wanted] = {}
        self._asked = False
        self._labelled = False

    def announce(self, announced: Announced) -> PublishedMedia | None:
        """Takes a track to be published; answers its media at once when its section was offered before."""
        self._announced[announced.track] = announced
        for incoming in self._incoming.values():
            if incoming.track is None and incoming.media.kind is announced.kind and incoming.label in announced.labels:
                return self._claim(incoming, announced)
        unclaimed = [each for each in self._incoming.values() if each.track is None]
        fitting = [each for each in unclaimed if each.media.kind is announced.kind]
        if not fitting or (self._labelled and len(fitting) > 1):
            return None
        return self._claim(fitting[0], announced)

    def release(self, track: TrackId) -> None:
        """Frees the section of a track for the one that is announced next: the client sends something else there."""
        self._announced.pop(track, None)
        for incoming in self._incoming.values():
            if incoming.track == track:
                incoming.track, incoming.taken_over = None, True

    def forget(self, track: TrackId) -> None:
        """Drops a published track; its section is answered inactive from now on."""
        self._announced.pop(track, None)
        for mid, incoming in list(self._incoming.items()):
            if incoming.track == track:
                del self._incoming[mid]

    def want(self, wanted: Wanted) -> None:
        """Takes a subscription that needs a section."""
        self._wanted[wanted.subscription] = wanted

    def unwant(self, subscription: SubscriptionId) -> None:
        """Drops a subscription; its section is answered inactive next time."""
        self._wanted.pop(subscription, None)
        for slot in self._slots.values():
            if slot.wanted is not None and slot.wanted.subscription == subscription:
                slot.wanted = None

    def missing(self) -> tuple[int, int] | None:
        """Answers how many more (audio, video) sections to ask for; None when no offer is needed now.

        (0, 0) asks for a new offer with the sections there are. Nothing is asked twice before the next offer: an
        offer that crosses a question would otherwise multiply sections.
        """
        stale = any(slot.live and slot.wanted is None for slot in self._slots.values())
        waiting = self._waiting()
        if self._asked or not (waiting or stale):
            return None
        self._asked = True
        return self._count(waiting, Kind.AUDIO), self._count(waiting, Kind.VIDEO)

    def restart(self) -> None:
        """Forgets an unanswered question: the signalling connection it was asked on is gone."""
        self._asked = False

    def answer(self, offer: Offer, transport: LocalTransport) -> Answer:
        """Answers an offer, section by section in its order."""
        self._asked = False
        self._version += 1
        result = _Round(guessed=self._guess(offer))
        for section in offer.sections:
            result.sections.append(self._answer_section(section, result))
        for mid in [mid for mid in self._incoming if mid not in result.sending]:
            self._end(mid, result)
        tracks_by_mid = {
            mid: slot.wanted.track for mid, slot in self._slots.items() if slot.live and slot.wanted is not None
        }
        sdp = write_answer(result.sections, transport, self._version)
        return Answer(sdp, tracks_by_mid, tuple(result.published), tuple(result.ended), tuple(result.laid))

    def _waiting(self) -> list[Wanted]:
        placed = {slot.wanted.subscription for slot in self._slots.values() if slot.wanted is not None}
        return [wanted for wanted in self._wanted.values() if wanted.subscription not in placed]

    def _count(self, waiting: list[Wanted], kind: Kind) -> int:
        empty = sum(1 for slot in self._slots.values() if slot.kind is kind and slot.wanted is None)
        return max(0, sum(1 for wanted in waiting if wanted.kind is kind) - empty)

    def _answer_section(self, section: Section, result: _Round) -> AnsweredSection:
        if section.kind == "application":
            return AnsweredSection(section, Direction.INACTIVE)
        if section.kind not in (Kind.AUDIO, Kind.VIDEO) or section.rejected:
            return AnsweredSection(section, Direction.INACTIVE)
        kind = Kind(section.kind)
        codecs = _usable(section, kind)
        if not codecs:
            return AnsweredSection(section, Direction.INACTIVE)
        if section.sends:
            return self._answer_incoming(section, kind, codecs, result)
        if section.direction is Direction.RECVONLY:
            return self._answer_slot(section, kind, codecs, result)
        return _idle(section, codecs)

    def _answer_incoming(
        self, section: Section, kind: Kind, codecs: tuple[OfferedCodec, ...], result: _Round
    ) -> AnsweredSection:
        result.sending.add(section.mid)
        self._slots.pop(section.mid, None)
        feedback = _feedback(section, codecs[0])
        extensions = _extensions(section, feedback)
        media = _published_media(section, kind, codecs, extensions, feedback)
        incoming = self._incoming.get(section.mid)
        if incoming is None or self._relabelled(incoming, section):
            if incoming is not None:
                self._end(section.mid, result)
            incoming = self._incoming[section.mid] = _Incoming(section.track_label, media)
        else:
            incoming.taken_over = False
        incoming.media = media
        announced = self._match(incoming, kind, result.guessed)
        if announced is not None:
            self._claim(incoming, announced)
            result.published.append(Published(announced.track, media))
        answered = tuple(_answered_codec(codec, feedback, announced) for codec in codecs)
        return AnsweredSection(section, Direction.RECVONLY, answered, extensions, section.rids)

    def _relabelled(self, incoming: _Incoming, section: Section) -> bool:
        """Whether a section was reused for another track; Firefox's labels never match, so a change alone is none."""
        if incoming.track is None or incoming.label == section.track_label:
            return False
        taken = self._claimed()
        return any(
            section.track_label in announced.labels and announced.track not in taken
            for announced in self._announced.values()
        )

    def _claimed(self) -> set[TrackId]:
        return {incoming.track for incoming in self._incoming.values() if incoming.track is not None}

    def _guess(self, offer: Offer) -> dict[str, Announced]:
        """Pairs, in their order, sections and announced tracks that no label pairs.

        Firefox's labels never match. What was announced and never sent is older than what is sent now, so the newest
        are meant. Where labels do match, only what is alone is paired without one.
        """
        taken = self._claimed()
        labels = {section.track_label for section in offer.sections if section.sends}
        pairs: dict[str, Announced] = {}
        for kind in Kind:
            free = [each for each in self._announced.values() if each.kind is kind and each.track not in taken]
            known = {label for each in free for label in each.labels}
            unpaired = [each for each in free if not labels & each.labels]
            sections = [each for each in offer.sections if self._is_new(each, kind) and each.track_label not in known]
            if self._labelled and not len(unpaired) == len(sections) == 1:
                continue
            pairs |= zip([each.mid for each in sections], unpaired[-len(sections) :], strict=False)
        return pairs

    def _is_new(self, section: Section, kind: Kind) -> bool:
        incoming = self._incoming.get(section.mid)
        unclaimed = incoming is None or incoming.track is None
        return (
            unclaimed
            and section.kind == kind
            and section.sends
            and not section.rejected
            and bool(_usable(section, kind))
        )

    def _match(self, incoming: _Incoming, kind: Kind, guessed: dict[str, Announced]) -> Announced | None:
        if incoming.track is not None:
            return self._announced.get(incoming.track)
        taken = self._claimed()
        free = [each for each in self._announced.values() if each.kind is kind and each.track not in taken]
        by_label = next((each for each in free if incoming.label in each.labels), None)
        self._labelled = self._labelled or by_label is not None
        return by_label or guessed.get(incoming.media.mid)

    def _claim(self, incoming: _Incoming, announced: Announced) -> PublishedMedia:
        incoming.track = announced.track
        return incoming.media

    def _end(self, mid: str, result: _Round) -> None:
        incoming = self._incoming.pop(mid)
        if incoming.track is not None and not incoming.taken_over:
            # An offer that was under way when a section was taken over still ends the track of before.
            self._announced.pop(incoming.track, None)
            result.ended.append(incoming.track)

    def _answer_slot(
        self, section: Section, kind: Kind, codecs: tuple[OfferedCodec, ...], result: _Round
    ) -> AnsweredSection:
        slot = self._slots.setdefault(section.mid, _Slot(kind))
        if slot.wanted is None and not slot.live:
            slot.wanted = next((wanted for wanted in self._waiting() if wanted.kind is kind), None)
        slot.live = slot.wanted is not None
        if slot.wanted is None:
            return _idle(section, codecs)
        wanted = slot.wanted
        main = codecs[0]
        repair = codecs[1] if len(codecs) > 1 and wanted.ssrc.rtx is not None else None
        media = SubscribedMedia(
            mid=section.mid,
            ssrc=wanted.ssrc.media,
            payload_type=main.payload_type,
            rtx_ssrc=wanted.ssrc.rtx if repair else None,
            rtx_payload_type=repair.payload_type if repair else None,
            extensions=_identifiers(_pick(section, MID, ABS_SEND_TIME)),
            nack="nack" in main.feedback,
        )
        result.laid.append(Laid(wanted.subscription, wanted.track, media))
        return AnsweredSection(
            section,
            Direction.SENDONLY,
            tuple(_answered_codec(codec, Feedback.REMB, None) for codec in (main, repair) if codec is not None),
            _extensions(section, _feedback(section, main)),
            stream_label=wanted.stream_label,
            track_label=wanted.track,
            ssrc=SsrcPair(wanted.ssrc.media, wanted.ssrc.rtx if repair else None),
        )


def _usable(section: Section, kind: Kind) -> tuple[OfferedCodec, ...]:
    """The codec we forward, followed by its RTX; empty when it was not offered."""
    name = _NAMES[kind]
    main = next((codec for codec in section.codecs if codec.name == name), None)
    if main is None:
        return ()
    repair = next(
        (codec for codec in section.codecs if codec.name == "rtx" and _apt(codec) == str(main.payload_type)), None
    )
    return (main,) if repair is None else (main, repair)


def _idle(section: Section, codecs: tuple[OfferedCodec, ...]) -> AnsweredSection:
    """Answers a section nothing flows on, as fully as one in use.

    libwebrtc offers later sections only with what earlier ones were answered: without the RID extension here it fails
    to publish layers there.
    """
    feedback = _feedback(section, codecs[0])
    answered = tuple(_answered_codec(codec, feedback, None) for codec in codecs)
    return AnsweredSection(section, Direction.INACTIVE, answered, _extensions(section, feedback))


def _extensions(section: Section, feedback: Feedback) -> dict[str, int]:
    """The header extensions every section of a kind is answered with."""
    uris = [MID, RID, REPAIRED_RID, ABS_SEND_TIME, AUDIO_LEVEL]
    return _pick(section, *uris, *([TRANSPORT_CC] if feedback is Feedback.TWCC else []))


def _apt(codec: OfferedCodec) -> str:
    for parameter in codec.parameters.split(";"):
        name, _, value = parameter.strip().partition("=")
        if name == "apt":
            return value.strip()
    return ""


def _feedback(section: Section, codec: OfferedCodec) -> Feedback:
    if Feedback.TWCC in codec.feedback and TRANSPORT_CC in section.extensions:
        return Feedback.TWCC
    return Feedback.REMB if Feedback.REMB in codec.feedback else Feedback.NONE


def _pick(section: Section, *uris: str) -> dict[str, int]:
    return {uri: section.extensions[uri] for uri in uris if uri in section.extensions}


def _identifiers(extensions: dict[str, int]) -> ExtensionIds:
    return ExtensionIds(
        mid=extensions.get(MID, 0),
        rid=extensions.get(RID, 0),
        repaired_rid=extensions.get(REPAIRED_RID, 0),
        abs_send_time=extensions.get(ABS_SEND_TIME, 0),
        transport_wide_cc=extensions.get(TRANSPORT_CC, 0),
        audio_level=extensions.get(AUDIO_LEVEL, 0),
    )


def _published_media(
    section: Section,
    kind: Kind,
    codecs: tuple[OfferedCodec, ...],
    extensions: dict[str, int],
    feedback: Feedback,
) -> PublishedMedia:
    return PublishedMedia(
        kind=kind,
        codec=_NAMES[kind],
        mid=section.mid,
        payload_type=codecs[0].payload_type,
        rtx_payload_type=codecs[1].payload_type if len(codecs) > 1 else None,
        rids=section.rids,
        ssrcs=() if section.rids else section.ssrcs,
        extensions=_identifiers(extensions),
        feedback=feedback,
        nack="nack" in codecs[0].feedback,
    )


def _answered_codec(codec: OfferedCodec, feedback: Feedback, announced: Announced | None) -> OfferedCodec:
    accepted = {"nack", "nack pli", "ccm fir", feedback.value}
    parameters = codec.parameters
    if codec.name == Codec.OPUS and announced is not None:
        additions = ["usedtx=1"] if announced.dtx else []
        additions += ["stereo=1", "maxaveragebitrate=510000"] if announced.stereo else []
        present = {each.strip().partition("=")[0] for each in parameters.split(";")}
        wanted = [each for each in additions if each.partition("=")[0] not in present]
        parameters = ";".join([parameters] * bool(parameters) + wanted)
    return OfferedCodec(
        payload_type=codec.payload_type,
        name=codec.name,
        clock_rate=codec.clock_rate,
        channels=codec.channels,
        parameters=parameters,
        feedback=tuple(name for name in codec.feedback if name in accepted),
    )
