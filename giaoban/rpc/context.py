"""The context argument of servicer methods."""

from typing import Any, TypeAlias

import grpc.aio

# The stubs make it generic in request and response, which no method needs.
Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"
