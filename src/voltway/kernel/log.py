"""The log: structlog for us, the same form for the libraries that use `logging`; secrets and people's names masked.

Written to the standard error stream, readable on a terminal and as JSON lines elsewhere. A log that cannot be written (a full
disk, a closed pipe) costs lines, which are counted, and never the work.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any, TextIO, cast

import structlog
from structlog.typing import Processor, WrappedLogger

MASK = "***"
TEXT_MAX = 8_000
_DEPTH_MAX = 6

# A field is masked if one of the words of its name is among these: `id_token`, `new_password`, `csrf_token`, `user_email`.
_MASKED_WORDS = frozenset(
    [
        "password",
        "passwords",
        "passwd",
        "secret",
        "secrets",
        "authorization",
        "cookie",
        "cookies",
        "token",
        "tokens",
        "csrf",
        "email",
        "emails",
        "phone",
        "iban",
        "card",
        "pan",
        "pin",
        "apikey",
        "signature",
        "uid",
        "rfid",
    ]
)
_MASKED_NAMES = frozenset({"api_key", "first_name", "last_name", "full_name", "person", "driver_name", "account_name"})
_MASKED_TEXT = re.compile(
    r"(?P<scheme>\b(?:bearer|basic)\s+)[\w.~+/=-]{6,}"  # an Authorization header
    r"|(?P<key>\bvw_\w{8}_)\w+"  # an API key of ours
    r"|(?P<url>\b\w[\w+.-]*://[^\s/:@]*:)[^\s/@]+(?=@)",  # a password in a URL
    re.IGNORECASE,
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")


class Written:
    """How the log fares; the lines lost are in the metrics."""

    lost = 0


def configure_logging(level: str = "info", form: str = "auto", stream: TextIO | None = None) -> None:
    """Set the log up for this process. `level`: debug, info, warning, error; `form`: text, json, or auto (text on a
    terminal)."""
    stream = stream or sys.stderr
    is_text = form == "text" or (form == "auto" and stream.isatty())
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        mask,
    ]
    renderer: Processor = (
        structlog.dev.ConsoleRenderer(colors=stream.isatty(), exception_formatter=structlog.dev.plain_traceback)
        if is_text
        else structlog.processors.JSONRenderer(default=repr)
    )
    threshold = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=lambda *_: _Lines(stream),
        cache_logger_on_first_use=True,
    )
    handler = _Handler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[_name_library, *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    # What libraries say below a warning is about themselves: connections made, plug-ins loaded.
    logging.basicConfig(handlers=[handler], level=max(threshold, logging.WARNING), force=True)
    logging.captureWarnings(True)


def mask(_logger: WrappedLogger, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """The processor that hides what nobody should read in a log, and what would forge its lines."""
    for name, value in event.items():
        event[name] = MASK if _is_masked(name) and value is not None else _clean(value, is_trace=name == "exception")
    return event


def _is_masked(name: str) -> bool:
    return name in _MASKED_NAMES or any(word.lower() in _MASKED_WORDS for word in _WORD.findall(name))


def _clean(value: Any, depth: int = 0, *, is_trace: bool = False) -> Any:
    if isinstance(value, str):
        # Of a long trace the end says what happened. Masked before it is cut: half a secret would not be recognised.
        text = _MASKED_TEXT.sub(_keep_kind, value)
        if is_trace:
            return text[-TEXT_MAX:]
        text = text[:TEXT_MAX]
        return _CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode(), text)
    if depth >= _DEPTH_MAX or not isinstance(value, (Mapping, list, tuple, set, frozenset)):
        return value
    if isinstance(value, Mapping):
        return {
            key: MASK if _is_masked(str(key)) and below is not None else _clean(below, depth + 1)
            for key, below in value.items()
        }
    return [_clean(below, depth + 1) for below in value]


def _keep_kind(found: re.Match[str]) -> str:
    return (found["scheme"] or found["key"] or found["url"]) + MASK


def _name_library(_logger: WrappedLogger, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A library's line gets our form: an event name, and its sentence as a field."""
    record = cast(logging.LogRecord, event["_record"])
    event["message"] = event["event"]
    event["event"] = "library.logged"
    event["library"] = record.name
    return event


class _Lines:
    """Writes lines and never fails."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def msg(self, line: str) -> None:
        try:
            self._stream.write(line + "\n")
            self._stream.flush()
        except (OSError, ValueError):
            Written.lost += 1

    log = debug = info = warn = warning = error = critical = exception = fatal = failure = err = msg


class _Handler(logging.StreamHandler[TextIO]):
    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the name that logging calls
        Written.lost += 1
