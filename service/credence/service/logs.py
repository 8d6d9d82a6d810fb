"""Logs that cannot tell: one JSON object a line, and only keys on the allow-list leave the process.

An event is a fixed slug, never a sentence with values in it. What libraries log passes as the unfilled template of the
message, without arguments and tracebacks, because either may hold what a caller sent.
"""

from __future__ import annotations

import json
import logging
import re
import sys
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
_OWN_WORDS: Final = frozenset({"uvicorn.error"})


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

    A message without arguments may have been filled in already: then only its place is told, unless the server wrote it.
    """

    def format(self, record: logging.LogRecord) -> str:
        """One JSON object without line breaks."""
        line = {
            "event": "library",
            "level": record.levelname.lower(),
            "logger": record.name,
            "where": f"{record.filename}:{record.lineno}",
        }
        if isinstance(record.msg, str) and (record.args or record.name in _OWN_WORDS):
            line["reason"] = record.msg[:_MAX_TEXT]
        if record.exc_info and record.exc_info[0]:
            line["error"] = record.exc_info[0].__name__
        return json.dumps(line, sort_keys=True)


def configure(level: str = "info", stream: TextIO | None = None) -> None:
    """Sends all logs of this process, libraries included, to ``stream`` (default: standard error), from ``level`` upwards.

    For whoever owns the process, such as ``credence serve``; the server itself must then bring no configuration of its own.
    """
    target = stream or sys.stderr
    _configure_own(level, target)
    handler = logging.StreamHandler(target)
    handler.setFormatter(LibraryFormatter())
    logging.basicConfig(level=max(_NUMBERS[level], logging.INFO), handlers=[handler], force=True)


def logger() -> FilteringBoundLogger:
    """The logger. Until :func:`configure` is called it writes warnings to standard error, never structlog's open default."""
    if not structlog.is_configured():
        _configure_own("warning", sys.stderr)
    log: FilteringBoundLogger = structlog.get_logger()
    return log


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
