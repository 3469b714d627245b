"""Session descriptions (RFC 8866, RFC 9429): an offer is parsed with limits, an answer is written.

Only what forwarding needs is kept. Whatever is not understood is dropped, so an answer never repeats what it does not
mean.
"""

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, NamedTuple

from services.media.domain.ports import SsrcPair

# 250 stations in one room make some 500 sections of about 5 kB in a browser's offer.
MAX_BYTES: Final = 3 * 1024 * 1024
MAX_SECTIONS: Final = 1024
MAX_LINE: Final = 4096
MAX_PER_SECTION: Final = 64
MAX_RIDS: Final = 3

_TOKEN: Final = re.compile(r"[A-Za-z0-9_.+/=-]{1,64}")
_RID: Final = re.compile(r"[A-Za-z0-9_-]{1,16}")
_ICE: Final = re.compile(r"[A-Za-z0-9+/=-]{4,256}")
_FINGERPRINT: Final = re.compile(r"[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){15,63}")
# Both clients name layers q, h, f but list them in either order; the lowest comes first here.
_RID_ORDER: Final = {"q": 0, "h": 1, "f": 2}


class SdpError(ValueError):
    """A description that cannot be worked with; the message says why without quoting it."""


class Direction(StrEnum):
    """Direction of a section as its writer sees it."""

    SENDRECV = "sendrecv"
    SENDONLY = "sendonly"
    RECVONLY = "recvonly"
    INACTIVE = "inactive"


class Fingerprint(NamedTuple):
    """Digest of a DTLS certificate (RFC 8122)."""

    algorithm: str
    value: str


@dataclass(frozen=True, slots=True)
class OfferedCodec:
    """A payload type of a section; `name` is lower case, `parameters` is the `a=fmtp` text."""

    payload_type: int
    name: str
    clock_rate: int
    channels: int = 1
    parameters: str = ""
    feedback: tuple[str, ...] = ()

    @property
    def rtpmap(self) -> str:
        """The text of `a=rtpmap` behind the payload type."""
        name = {"vp8": "VP8"}.get(self.name, self.name)
        return f"{name}/{self.clock_rate}" + (f"/{self.channels}" if self.channels > 1 else "")


@dataclass(frozen=True, slots=True)
class Section:
    """One media section of an offer.

    Attributes:
        kind: `audio`, `video`, `application` or what else stood there.
        stream_label: First word of `a=msid`.
        track_label: Second word of `a=msid`: the client's id of the track.
        extensions: Header extension ids by URI; ids above 14 need two-byte headers and are left out.
        rids: Sent restriction ids, the lowest layer first.
    """

    kind: str
    port: int
    protocol: str
    formats: tuple[str, ...]
    mid: str
    direction: Direction
    codecs: tuple[OfferedCodec, ...] = ()
    extensions: dict[str, int] = field(default_factory=dict)
    rids: tuple[str, ...] = ()
    ssrcs: tuple[SsrcPair, ...] = ()
    stream_label: str = ""
    track_label: str = ""
    bundle_only: bool = False

    @property
    def rejected(self) -> bool:
        """Whether the offerer gave it up. Port 0 means that, but in a section that is only there in the bundle (RFC 9143 §6)."""
        return self.port == 0 and not self.bundle_only

    @property
    def sends(self) -> bool:
        """Whether the offerer would send here."""
        return self.direction in (Direction.SENDRECV, Direction.SENDONLY)


@dataclass(frozen=True, slots=True)
class Offer:
    """A parsed offer; the transport facts are those of the bundle."""

    sections: tuple[Section, ...]
    ice_ufrag: str
    ice_pwd: str = field(repr=False)
    fingerprints: tuple[Fingerprint, ...]
    setup: str


class _Lines:
    """The attribute lines of a section or of the session."""

    def __init__(self, lines: list[str]) -> None:
        self.first = lines[0] if lines else ""
        self._values: dict[str, list[str]] = {}
        for line in lines[1:]:
            if line.startswith("a="):
                name, _, value = line[2:].partition(":")
                self._values.setdefault(name, []).append(value)

    def get(self, name: str, default: str = "") -> str:
        return self._values.get(name, [default])[0].strip()

    def all(self, name: str, limit: int = MAX_PER_SECTION) -> list[str]:
        values = self._values.get(name, [])
        if len(values) > limit:
            raise SdpError(f"more than {limit} lines a={name} in one section")
        return values

    def has(self, name: str) -> bool:
        return name in self._values


def parse_offer(text: str) -> Offer:
    """Parses an offer.

    Raises:
        SdpError: It is too large, has no usable transport, or a section contradicts itself.
    """
    session, parts = _split(text)
    sections = tuple(_section(part) for part in parts)
    mids = [section.mid for section in sections]
    if len(set(mids)) != len(mids):
        raise SdpError("two sections have the same mid")
    bundle = next((part for part in parts if part.has("ice-ufrag")), session)
    ufrag, pwd = (_transport(bundle, session, name) for name in ("ice-ufrag", "ice-pwd"))
    if not _ICE.fullmatch(ufrag) or not _ICE.fullmatch(pwd):
        raise SdpError("no ICE credentials")
    fingerprints = tuple(_fingerprint(line) for line in bundle.all("fingerprint") or session.all("fingerprint"))
    if not fingerprints:
        raise SdpError("no fingerprint")
    setup = _transport(bundle, session, "setup") or "actpass"
    if setup not in ("actpass", "active"):
        raise SdpError("a=setup must be actpass or active: this side is passive")
    return Offer(sections, ufrag, pwd, fingerprints, setup)


def _split(text: str) -> tuple[_Lines, list[_Lines]]:
    if len(text) > MAX_BYTES:
        raise SdpError("the description is too long")
    lines = text.replace("\r\n", "\n").split("\n")
    if any(len(line) > MAX_LINE for line in lines):
        raise SdpError("a line is too long")
    groups: list[list[str]] = [[]]
    for line in lines:
        if line.startswith("m="):
            groups.append([])
        groups[-1].append(line)
    if not 0 < len(groups) - 1 <= MAX_SECTIONS:
        raise SdpError("no media section, or too many")
    return _Lines(groups[0]), [_Lines(group) for group in groups[1:]]


def _transport(bundle: _Lines, session: _Lines, name: str) -> str:
    return bundle.get(name) or session.get(name)


def _fingerprint(line: str) -> Fingerprint:
    algorithm, _, value = line.strip().partition(" ")
    if not _FINGERPRINT.fullmatch(value.strip()):
        raise SdpError("a fingerprint is malformed")
    return Fingerprint(algorithm.lower(), value.strip().upper())


def _section(lines: _Lines) -> Section:
    words = lines.first[2:].split()
    if len(words) < 4:
        raise SdpError("a media line is incomplete")
    kind, port, protocol, *formats = words
    mid = lines.get("mid")
    if not _TOKEN.fullmatch(mid) or not _TOKEN.fullmatch(kind) or not _TOKEN.fullmatch(protocol):
        raise SdpError("a section without a usable mid, kind or protocol")
    if len(formats) > 2 * MAX_PER_SECTION or not all(_TOKEN.fullmatch(word) for word in formats):
        raise SdpError("a section with unusable formats")
    direction = next((each for each in Direction if lines.has(each.value)), Direction.SENDRECV)
    stream_label, _, track_label = lines.get("msid").partition(" ")
    return Section(
        kind=kind,
        port=_number(port, 65535),
        protocol=protocol,
        formats=tuple(formats),
        mid=mid,
        direction=direction,
        codecs=_codecs(lines, formats) if kind in ("audio", "video") else (),
        extensions=_extensions(lines),
        rids=_rids(lines),
        ssrcs=_ssrcs(lines),
        stream_label=stream_label[:256],
        track_label=track_label.strip()[:256],
        bundle_only=lines.has("bundle-only"),
    )


def _number(text: str, largest: int) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 10 or int(text) > largest:
        raise SdpError("a number is out of range")
    return int(text)


def _codecs(lines: _Lines, formats: list[str]) -> tuple[OfferedCodec, ...]:
    limit = 2 * MAX_PER_SECTION
    parameters = dict(_pair(line) for line in lines.all("fmtp", limit))
    feedback: dict[str, list[str]] = {}
    for line in lines.all("rtcp-fb", 4 * limit):
        payload_type, name = _pair(line)
        feedback.setdefault(payload_type, []).append(name)
    maps = dict(_pair(line) for line in lines.all("rtpmap", limit))
    found = []
    for payload_type in formats:
        name, *numbers = maps.get(payload_type, "").strip().split("/")
        if not name or not numbers:
            continue
        found.append(
            OfferedCodec(
                payload_type=_number(payload_type, 127),
                name=name.lower(),
                clock_rate=_number(numbers[0], 1_000_000),
                channels=_number(numbers[1], 255) if len(numbers) > 1 else 1,
                parameters=parameters.get(payload_type, ""),
                feedback=tuple(feedback.get(payload_type, []) + feedback.get("*", [])),
            )
        )
    return tuple(found)


def _pair(line: str) -> tuple[str, str]:
    first, _, rest = line.strip().partition(" ")
    return first, rest.strip()


def _extensions(lines: _Lines) -> dict[str, int]:
    found: dict[str, int] = {}
    for line in lines.all("extmap"):
        number, uri = _pair(line)
        # Firefox qualifies the direction: "9/sendonly".
        identifier = _number(number.partition("/")[0], 255)
        if 1 <= identifier <= 14:
            found.setdefault(uri.partition(" ")[0], identifier)
    return found


def _rids(lines: _Lines) -> tuple[str, ...]:
    declared = []
    for line in lines.all("rid"):
        name, direction = _pair(line)
        if direction.partition(" ")[0] == "send":
            declared.append(name)
    # "send q;~h;f": a layer may be paused (~); alternatives behind a comma are not used by anybody.
    simulcast = _pair(lines.get("simulcast"))[1] if lines.get("simulcast").startswith("send ") else ""
    listed = [each.split(",")[0].lstrip("~") for each in simulcast.partition(" ")[0].split(";") if each]
    rids = [rid for rid in listed if rid in declared] or declared
    if len(rids) > MAX_RIDS or len(set(rids)) != len(rids) or not all(_RID.fullmatch(rid) for rid in rids):
        raise SdpError("unusable simulcast layers")
    if all(rid in _RID_ORDER for rid in rids):
        rids.sort(key=_RID_ORDER.__getitem__)
    return tuple(rids)


def _ssrcs(lines: _Lines) -> tuple[SsrcPair, ...]:
    repairs: dict[int, int] = {}
    for line in lines.all("ssrc-group"):
        semantics, members = _pair(line)
        if semantics == "FID":
            pair = [_number(word, 2**32 - 1) for word in members.split()]
            if len(pair) == 2:
                repairs[pair[0]] = pair[1]
    seen = dict.fromkeys(_number(_pair(line)[0], 2**32 - 1) for line in lines.all("ssrc", 4 * MAX_PER_SECTION))
    repaired = set(repairs.values())
    return tuple(SsrcPair(ssrc, repairs.get(ssrc)) for ssrc in seen if ssrc not in repaired)


@dataclass(frozen=True, slots=True)
class LocalTransport:
    """What an answer says of our side; the same for every section.

    Attributes:
        candidates: Texts of `a=candidate`, without the prefix.
    """

    ice_ufrag: str
    ice_pwd: str = field(repr=False)
    fingerprint: Fingerprint
    candidates: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AnsweredSection:
    """What an answer says of one section; without codecs an audio or video section is rejected.

    Attributes:
        stream_label: With `track_label` and `ssrc`: what is sent to the offerer.
        ssrc: Our media SSRC, with its repair SSRC.
    """

    offered: Section
    direction: Direction
    codecs: tuple[OfferedCodec, ...] = ()
    extensions: dict[str, int] = field(default_factory=dict)
    rids: tuple[str, ...] = ()
    stream_label: str = ""
    track_label: str = ""
    ssrc: SsrcPair | None = None

    @property
    def rejected(self) -> bool:
        """Whether the section is refused for good."""
        return not self.codecs and self.offered.kind != "application"


def write_answer(sections: list[AnsweredSection], transport: LocalTransport, version: int) -> str:
    """Writes an answer; `version` grows with each answer of a session (RFC 9429 §5.3.2)."""
    bundled = [section.offered.mid for section in sections if not section.rejected]
    lines = [
        "v=0",
        f"o=- 4242 {version} IN IP4 127.0.0.1",
        "s=-",
        "t=0 0",
        "a=ice-lite",
        "a=group:BUNDLE " + " ".join(bundled),
        "a=extmap-allow-mixed",
        "a=msid-semantic: WMS *",
    ]
    first = True
    for section in sections:
        lines += _media_line(section)
        if section.rejected:
            continue
        lines += _transport_lines(transport, with_candidates=first)
        first = False
        if section.offered.kind == "application":
            lines += ["a=sctp-port:5000", "a=max-message-size:65536"]
        else:
            lines += _media_lines(section)
    return "\r\n".join(lines) + "\r\n"


def _media_line(section: AnsweredSection) -> list[str]:
    offered = section.offered
    if offered.kind == "application":
        formats, port = " ".join(offered.formats), 9
    else:
        formats = " ".join(str(codec.payload_type) for codec in section.codecs) or offered.formats[0]
        port = 0 if section.rejected else 9
    lines = [f"m={offered.kind} {port} {offered.protocol} {formats}", "c=IN IP4 0.0.0.0", f"a=mid:{offered.mid}"]
    return [*lines, "a=inactive"] if section.rejected else lines


def _transport_lines(transport: LocalTransport, *, with_candidates: bool) -> list[str]:
    lines = [
        f"a=ice-ufrag:{transport.ice_ufrag}",
        f"a=ice-pwd:{transport.ice_pwd}",
        "a=ice-options:trickle",
        f"a=fingerprint:{transport.fingerprint.algorithm} {transport.fingerprint.value}",
        "a=setup:passive",
    ]
    if with_candidates:
        # All sections are bundled, so the first speaks for all (RFC 9143 §7.1.3).
        lines += [f"a=candidate:{candidate}" for candidate in transport.candidates] + ["a=end-of-candidates"]
    return lines


def _media_lines(section: AnsweredSection) -> list[str]:
    lines = ["a=rtcp:9 IN IP4 0.0.0.0", "a=rtcp-mux", "a=rtcp-rsize", f"a={section.direction}"]
    for codec in section.codecs:
        lines.append(f"a=rtpmap:{codec.payload_type} {codec.rtpmap}")
        lines += [f"a=rtcp-fb:{codec.payload_type} {name}" for name in codec.feedback]
        if codec.parameters:
            lines.append(f"a=fmtp:{codec.payload_type} {codec.parameters}")
    lines += [f"a=extmap:{identifier} {uri}" for uri, identifier in section.extensions.items()]
    if section.rids:
        lines += [f"a=rid:{rid} recv" for rid in section.rids] + ["a=simulcast:recv " + ";".join(section.rids)]
    if section.ssrc is not None:
        lines += _source_lines(section, section.ssrc)
    return lines


def _source_lines(section: AnsweredSection, pair: SsrcPair) -> list[str]:
    msid = f"{section.stream_label} {section.track_label}"
    name = section.stream_label.partition("|")[0]
    lines = [f"a=msid:{msid}"]
    if pair.rtx is not None:
        lines.append(f"a=ssrc-group:FID {pair.media} {pair.rtx}")
    for ssrc in pair if pair.rtx is not None else pair[:1]:
        lines += [f"a=ssrc:{ssrc} cname:{name}", f"a=ssrc:{ssrc} msid:{msid}"]
    return lines
