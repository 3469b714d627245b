"""Reading the body of a request whole."""

from typing import Final

from aiohttp import web

_CHUNK_BYTES: Final = 1 << 16


async def read_whole(request: web.Request, limit: int) -> bytes | None:
    """The body, or None as soon as it is known to have more bytes than the limit."""
    if (request.content_length or 0) > limit:
        return None
    body = bytearray()
    # StreamReader.read(n) would answer what has arrived so far.
    async for chunk in request.content.iter_chunked(_CHUNK_BYTES):
        body += chunk
        if len(body) > limit:
            return None
    return bytes(body)
