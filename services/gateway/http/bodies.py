"""Reading the body of a request whole, within a limit of bytes and a time."""

import asyncio
import zlib
from typing import Final

from aiohttp import web

from giaoban.errors import InvalidArgument, Unimplemented

BODY_SECONDS: Final = 20.0
"""A megabyte over a line of half a megabit a second takes 16."""

_CHUNK_BYTES: Final = 1 << 16
_GZIP: Final = 16 + zlib.MAX_WBITS


async def read_whole(request: web.Request, limit: int, seconds: float = BODY_SECONDS) -> bytes | None:
    """The body, or None as soon as it is known to have more bytes than the limit.

    Raises:
        web.HTTPRequestTimeout: It did not arrive in time (RFC 9110 §15.5.9); the connection ends.
    """
    if (request.content_length or 0) > limit:
        return None
    body = bytearray()
    try:
        async with asyncio.timeout(seconds):
            # StreamReader.read(n) would answer what has arrived so far.
            async for chunk in request.content.iter_chunked(_CHUNK_BYTES):
                body += chunk
                if len(body) > limit:
                    return None
    except TimeoutError:
        raise web.HTTPRequestTimeout(headers={"Connection": "close"}) from None
    return bytes(body)


def decompressed(body: bytes, encoding: str, limit: int) -> bytes:
    """A body as it was before compression.

    Raises:
        Unimplemented: `COMPRESSION_NOT_SUPPORTED`: another encoding than gzip and identity (Connect protocol, «Unary-Request»).
        InvalidArgument: `BAD_REQUEST`: it is no gzip; `REQUEST_TOO_LARGE`: it grows beyond the limit.
    """
    if encoding in ("", "identity"):
        return body
    if encoding not in ("gzip", "x-gzip"):
        raise Unimplemented(
            "COMPRESSION_NOT_SUPPORTED", "Send the request with gzip or without compression.", supported="gzip"
        )
    reader = zlib.decompressobj(_GZIP)
    try:
        plain = reader.decompress(body, limit + 1)
    except zlib.error as error:
        raise InvalidArgument("BAD_REQUEST", "The request says gzip and is none.") from error
    if len(plain) > limit:
        raise InvalidArgument("REQUEST_TOO_LARGE", f"A request has at most {limit} bytes.", limit=str(limit))
    if not reader.eof:
        raise InvalidArgument("BAD_REQUEST", "The compressed request ends too early.")
    return plain
