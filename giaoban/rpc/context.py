"""The context argument of servicer methods."""

from typing import Any, Final, TypeAlias

import grpc.aio

# The stubs make it generic in request and response, which no method needs.
Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"

ADMITTED: Final = "giaoban-admitted"
"""The key of initial metadata by which a media worker says that it has let a signalling client in."""
