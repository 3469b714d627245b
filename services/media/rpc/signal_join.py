"""How a signalling connection begins: the join request in the query string of `/rtc/v1`."""

import base64
import binascii
import zlib
from typing import Final, NamedTuple
from urllib.parse import parse_qs

from google.protobuf.message import DecodeError
from livekit.protocol import rtc

from giaoban.errors import InvalidArgument
from services.media.domain.participants import ClientFacts

# An offer with two dozen sections has 60 kB; the query that carries it compressed has 3.
_LONGEST_QUERY: Final = 64 * 1024
_LARGEST_REQUEST: Final = 1024 * 1024


class SignalStart(NamedTuple):
    """What a connection asks for.

    Attributes:
        resume: Take up the session `sid` instead of joining.
        request: The whole request: tracks to add and an offer may come with it.
    """

    resume: bool
    sid: str
    facts: ClientFacts
    request: rtc.JoinRequest


def parse_start(query: str) -> SignalStart:
    """Parses the query string of a connection.

    Raises:
        InvalidArgument: `JOIN_REQUEST_INVALID`.
    """
    if len(query) > _LONGEST_QUERY:
        raise _invalid("is too long")
    try:
        fields = parse_qs(query, max_num_fields=64, strict_parsing=False)
    except ValueError as error:
        raise _invalid("has too many fields") from error
    encoded = fields.get("join_request", [""])[0]
    request = _decode(encoded)
    return SignalStart(request.reconnect, request.participant_sid, _facts(request), request)


def _decode(encoded: str) -> rtc.JoinRequest:
    wrapped, request = rtc.WrappedJoinRequest(), rtc.JoinRequest()
    try:
        wrapped.ParseFromString(base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)))
        inner = wrapped.join_request
        if wrapped.compression == rtc.WrappedJoinRequest.GZIP:
            inner = _gunzip(inner)
        request.ParseFromString(inner)
    except (binascii.Error, ValueError, zlib.error, DecodeError) as error:
        raise _invalid("cannot be read") from error
    return request


def _gunzip(compressed: bytes) -> bytes:
    """Decompresses at most `_LARGEST_REQUEST` bytes: a kilobyte of gzip can hold a megabyte of nothing."""
    decompressor = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    inner = decompressor.decompress(compressed, _LARGEST_REQUEST)
    if not decompressor.eof:
        raise ValueError("the request is too large or incomplete")
    return inner


def _facts(request: rtc.JoinRequest) -> ClientFacts:
    client = request.client_info
    return ClientFacts(
        protocol=client.client_protocol,
        capabilities=tuple(client.capabilities[:16]),
        auto_subscribe=request.connection_settings.auto_subscribe,
        keeps_stream_groups=client.browser.lower() not in ("firefox", "firefox mobile"),
    )


def _invalid(what: str) -> InvalidArgument:
    return InvalidArgument("JOIN_REQUEST_INVALID", f"The join request of the connection {what}.", field="join_request")
