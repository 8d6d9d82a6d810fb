"""Logs that cannot tell: one JSON object a line, and only keys on the allow-list leave the process.

An event is a fixed slug, never a sentence with values in it. What libraries log passes as the unfilled template of the
message, without arguments and tracebacks, because either may hold what a caller sent; so do warnings, and exceptions that
nobody can catch any more.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import threading
from collections.abc import Mapping, MutableMapping
from typing import Any, Final, TextIO

import structlog
from structlog.typing import FilteringBoundLogger, WrappedLogger

ALLOWED_KEYS: Final = frozenset(
    {
        "attempt",
        "count",
        "duration_ms",
        "engine",
        "error",
        "event",
        "level",
        "logger",
        "method",
        "parties",
        "party",
        "port",
        "purpose",
        "reason",
        "request_id",
        "revision",
        "route",
        "size",
        "slug",
        "status",
        "step",
        "store",
        "time",
        "version",
        "where",
    }
)
"""Every key that a log line may have. None may ever carry a person, pseudonym, nonce, tag, case, key or body."""

_NUMBERS: Final = {"debug": 10, "info": 20, "warning": 30, "error": 40}
_EVENT: Final = re.compile(r"[a-z0-9]+([._-][a-z0-9]+)*")
_MAX_TEXT: Final = 300
_SERVER: Final = "uvicorn.error"
_SERVER_SAYS: Final = frozenset(
    {
        "Waiting for application startup.",
        "Application startup complete.",
        "Application startup failed. Exiting.",
        "Waiting for application shutdown.",
        "Application shutdown complete.",
        "Application shutdown failed. Exiting.",
        "Invalid HTTP request received.",
        "Shutting down",
        "Unsupported upgrade request.",
        "Waiting for connections to close. (CTRL+C to force quit)",
        "Waiting for background tasks to complete. (CTRL+C to force quit)",
    }
)


def keep_allowed(_logger: WrappedLogger | None, _method: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """Drops every key that is not on the list, every event that is no slug, and every value that is no short scalar."""
    kept = {key: _scalar(value) for key, value in event.items() if key in ALLOWED_KEYS}
    if not _EVENT.fullmatch(str(kept.get("event", ""))):
        kept["event"] = "unnamed"
    return kept


def _scalar(value: object) -> object:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return value[:_MAX_TEXT]
    if isinstance(value, frozenset | set | list | tuple):
        return ",".join(sorted(item for item in value if isinstance(item, str)))[:_MAX_TEXT]
    return type(value).__name__


class LibraryFormatter(logging.Formatter):
    """Writes a record of the standard library's logging in the same form, its arguments and traceback left out.

    A message without arguments may have been filled in already: then only its place is told. Of the server's the known
    sentences pass, and no other: a start that fails is told to it as a traceback, which it writes as its own words.
    """

    def format(self, record: logging.LogRecord) -> str:
        """One JSON object without line breaks."""
        line = {
            "event": "library",
            "level": record.levelname.lower(),
            "logger": record.name,
            "where": f"{record.filename}:{record.lineno}",
        }
        if isinstance(record.msg, str) and _passes(record):
            line["reason"] = record.msg[:_MAX_TEXT]
        if record.exc_info and record.exc_info[0]:
            line["error"] = record.exc_info[0].__name__
        return json.dumps(line, sort_keys=True)


def _passes(record: logging.LogRecord) -> bool:
    return bool(record.args) or (record.name == _SERVER and record.msg in _SERVER_SAYS)


class _Handler(logging.StreamHandler[TextIO]):
    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the standard library's name
        """Nothing: the standard library would print the message with its arguments."""


def configure(level: str = "info", stream: TextIO | None = None) -> None:
    """Sends all logs of this process, libraries included, to ``stream`` (default: standard error), from ``level`` upwards.

    For whoever owns the process, such as ``credence serve``; the server itself must then bring no configuration of its own.
    Warnings become log lines too, and so do exceptions that nobody can catch any more.
    """
    target = stream or sys.stderr
    _configure_own(level, target)
    handler = _Handler(target)
    handler.setFormatter(LibraryFormatter())
    logging.basicConfig(level=max(_NUMBERS[level], logging.INFO), handlers=[handler], force=True)
    logging.getLogger("alembic").setLevel(logging.WARNING)  # it greets whenever a schema is looked at
    logging.captureWarnings(True)
    threading.excepthook = _thread_died
    sys.unraisablehook = _unraisable


def logger() -> FilteringBoundLogger:
    """The logger. Until :func:`configure` is called it writes warnings to standard error, never structlog's open default."""
    if not structlog.is_configured():
        _configure_own("warning", sys.stderr)
    log: FilteringBoundLogger = structlog.get_logger()
    return log


def _thread_died(ended: threading.ExceptHookArgs) -> None:
    logger().error("thread.died", error=ended.exc_type.__name__, where=ended.thread.name if ended.thread else "none")


def _unraisable(lost: Any) -> None:
    logger().error("exception.lost", error=lost.exc_type.__name__)


def _configure_own(level: str, target: TextIO) -> None:
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
            keep_allowed,
            structlog.processors.JSONRenderer(sort_keys=True),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_NUMBERS[level]),
        logger_factory=structlog.WriteLoggerFactory(file=target),
        cache_logger_on_first_use=False,
    )
