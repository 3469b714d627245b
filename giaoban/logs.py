"""Logs: one event a line, JSON for machines, plain for a terminal; nothing personal, no SDP, no token, no local variable.

Events are logged as `structlog.get_logger(__name__).info("briefing opened", briefing=name)`; libraries that use the
standard module come out the same way.
"""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any, Final

import structlog
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from structlog.typing import Processor

HIDDEN: Final = "****"
_LONGEST_VALUE: Final = 2_000
_SECRET_KEY: Final = re.compile(
    r"(^|_)(password|passwd|secret|token|access_token|authorization|cookie|sdp|key_material|credentials?)$",
    re.IGNORECASE,
)
_SECRET_TEXT: Final = re.compile(
    r"eyJ[\w-]{5,}\.[\w-]{5,}\.[\w-]*"  # JSON Web Tokens
    r"|(?i:bearer\s+)\S+"
    r"|(?i:[?&](?:access_token|token|join_request)=)[^&\s\"']+"
    r"|/join/[\w.=-]+"
    r"|/calendar/[\w.=-]+\.ics"
    r"|v=0\r?\n(?s:.*)"  # a session description runs to the end of the text
    r"|(?<=://)[^/\s:@]*:[^/\s@]+(?=@)"  # user and password of an address
)


def redact(message: Message) -> str:
    """Writes a protobuf message on one line with every `debug_redact` field blanked, at any depth.

    Python's own `str(message)` and text format do not honour the option.
    """
    return "{" + ", ".join(_fields(message)) + "}"


def _fields(message: Message) -> list[str]:
    shown = []
    for field, value in message.ListFields():
        if field.GetOptions().debug_redact:
            shown.append(f"{field.name}: {HIDDEN}")
        elif field.message_type is not None and field.message_type.GetOptions().map_entry:
            shown.append(f"{field.name}: {_map(field.message_type.fields_by_name['value'], value)}")
        elif field.is_repeated:
            shown.append(f"{field.name}: [{', '.join(_value(field, item) for item in value)}]")
        else:
            shown.append(f"{field.name}: {_value(field, value)}")
    return shown


def _map(of_value: FieldDescriptor, entries: MutableMapping[Any, Any]) -> str:
    if of_value.GetOptions().debug_redact:
        return HIDDEN
    return "{" + ", ".join(f"{key}: {_value(of_value, value)}" for key, value in entries.items()) + "}"


def _value(field: FieldDescriptor, value: Any) -> str:  # noqa: ANN401 - any protobuf value
    if isinstance(value, Message):
        return redact(value)
    if field.type == FieldDescriptor.TYPE_BYTES:
        return f"<{len(value)} bytes>"
    return str(value)


def clean(text: str) -> str:
    """Blanks tokens, links, session descriptions and passwords within a text, and cuts it to 2,000 characters."""
    shown = _SECRET_TEXT.sub(HIDDEN, text)
    return shown if len(shown) <= _LONGEST_VALUE else shown[:_LONGEST_VALUE] + "…"


def _clean_event(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for key, value in event.items():
        if _SECRET_KEY.search(key):
            event[key] = HIDDEN
        elif isinstance(value, Message):
            event[key] = redact(value)
        elif isinstance(value, str):
            event[key] = clean(value) if key != "exception" else _SECRET_TEXT.sub(HIDDEN, value)
        elif isinstance(value, bytes):
            event[key] = f"<{len(value)} bytes>"
        elif isinstance(value, BaseException):
            event[key] = clean(f"{type(value).__name__}: {value}")
    return event


def configure(role: str, *, terminal: bool | None = None, level: str = "INFO") -> None:
    """Sends all logs to standard error, in the form that suits it; the last call counts.

    Args:
        role: Stands on every line.
        terminal: Plain lines for people; None decides by what standard error is.
        level: Lowest level that is shown.
    """
    plain = sys.stderr.isatty() if terminal is None else terminal
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _add_role(role),
        structlog.processors.format_exc_info,
        _clean_event,
    ]
    # Plain tracebacks: the pretty ones print local variables, and those hold what must not be logged.
    renderer: Processor = (
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
        if plain
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.ExtraAdder(), *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for chatty in ("aiosqlite", "alembic", "aioice", "aiortc", "asyncio", "grpc"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    # Its lines hold whole URLs, and with them the tokens of the signalling.
    logging.getLogger("aiohttp.access").setLevel(logging.WARNING)


def _add_role(role: str) -> Processor:
    def add(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        event["role"] = role
        return event

    return add
