"""Can a log line tell what it must not?"""

from __future__ import annotations

import json
import logging
import sys
import threading
import warnings
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
import structlog

from credence.service import logs
from credence.service.logs import ALLOWED_KEYS

CANARY = "canary7f3a"


@pytest.fixture
def stream() -> Iterator[StringIO]:
    stream = StringIO()
    root = logging.getLogger()
    before = root.handlers[:], root.level
    hooks = threading.excepthook, sys.unraisablehook
    logs.configure("info", stream)
    yield stream
    structlog.reset_defaults()
    logging.captureWarnings(False)
    threading.excepthook, sys.unraisablehook = hooks
    root.handlers[:], root.level = before


def lines(stream: StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_an_allowed_key_is_kept(stream: StringIO) -> None:
    logs.logger().info("started", engine="native", count=3, parties=frozenset({"log", "issuer"}))
    (line,) = lines(stream)
    assert (line["event"], line["engine"], line["count"], line["parties"]) == ("started", "native", 3, "issuer,log")
    assert set(line) <= ALLOWED_KEYS


@pytest.mark.parametrize(
    "key", ["name", "pseudonym", "nonce", "tag", "case_id", "client_id", "body", "exc_info", "path", "query"]
)
def test_any_other_key_is_dropped(stream: StringIO, key: str) -> None:
    logs.logger().info("started", **{key: CANARY})
    assert CANARY not in stream.getvalue()


@pytest.mark.parametrize("event", [f"user {CANARY}", f"{CANARY}@example", "", "Started"])
def test_an_event_is_a_slug(stream: StringIO, event: str) -> None:
    logs.logger().info(event)
    assert lines(stream)[0]["event"] == "unnamed"
    assert CANARY not in stream.getvalue()


def test_an_object_is_its_type_and_a_text_is_short(stream: StringIO) -> None:
    logs.logger().info("started", reason=ValueError(CANARY), where="x" * 1_000, error={"a": CANARY}, slug=b"bytes")
    (line,) = lines(stream)
    assert (line["reason"], line["error"], line["slug"]) == ("ValueError", "dict", "bytes")
    assert len(line["where"]) == 300
    assert CANARY not in stream.getvalue()


def test_a_level_is_a_threshold(stream: StringIO) -> None:
    logs.logger().debug("quiet")
    assert not stream.getvalue()


def test_an_exception_leaves_no_trace(stream: StringIO) -> None:
    try:
        raise ValueError(CANARY)
    except ValueError:
        logs.logger().exception("failed")
        logging.getLogger("library").exception("it failed")
    assert CANARY not in stream.getvalue()
    assert lines(stream)[1]["error"] == "ValueError"


def test_libraries_pass_as_templates(stream: StringIO) -> None:
    logging.getLogger("library").warning("row %s of %s", CANARY, 7)
    logging.getLogger("library").warning({"a": CANARY})
    logging.getLogger("library").warning(f"filled in with {CANARY}")  # noqa: G004 - what libraries do
    logging.getLogger("uvicorn.error").warning("Application startup complete.")
    first, second, third, fourth = lines(stream)
    assert (first["event"], first["logger"], first["reason"]) == ("library", "library", "row %s of %s")
    assert {"reason"}.isdisjoint(second.keys() | third.keys())
    assert fourth["reason"] == "Application startup complete."
    assert CANARY not in stream.getvalue()


def test_a_start_that_fails_is_told_by_its_place(stream: StringIO) -> None:
    """The server is handed a traceback, and logs it as words of its own."""
    traceback = f"Traceback (most recent call last):\n  File ...\nValueError: {CANARY}"
    logging.getLogger("uvicorn.error").error(traceback)
    logging.getLogger("uvicorn.error").error(f"Error loading ASGI app. {CANARY}")  # noqa: G004 - what the server does
    logging.getLogger("uvicorn.error").error("Application startup failed. Exiting.")
    first, second, third = lines(stream)
    assert {"reason"}.isdisjoint(first.keys() | second.keys())
    assert third["reason"] == "Application startup failed. Exiting."
    assert CANARY not in stream.getvalue()


def test_an_access_line_has_no_address_and_no_path(stream: StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logging.getLogger("uvicorn.access"), "propagate", True)  # a server without access lines turns it off
    logging.getLogger("uvicorn.access").info('%s - "%s %s HTTP/%s" %d', CANARY, "GET", f"/{CANARY}", "1.1", 200)
    assert lines(stream)[0]["reason"] == '%s - "%s %s HTTP/%s" %d'
    assert CANARY not in stream.getvalue()


def test_a_warning_is_a_line_without_its_words(stream: StringIO, capsys: pytest.CaptureFixture[str]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(True)  # the block above has its own way of showing them
        warnings.warn(f"Expected `str` but got `{CANARY}`", UserWarning, stacklevel=1)
        logging.captureWarnings(False)
    (line,) = lines(stream)
    assert (line["event"], line["logger"], line["level"]) == ("library", "py.warnings", "warning")
    printed = capsys.readouterr()
    assert CANARY not in stream.getvalue() + printed.out + printed.err


def test_an_exception_that_ends_a_thread_is_its_kind(stream: StringIO, capsys: pytest.CaptureFixture[str]) -> None:
    def fail() -> None:
        raise ValueError(CANARY)

    thread = threading.Thread(target=fail, name="metrics")
    thread.start()
    thread.join()
    (line,) = lines(stream)
    assert (line["event"], line["error"], line["where"]) == ("thread.died", "ValueError", "metrics")
    printed = capsys.readouterr()
    assert CANARY not in stream.getvalue() + printed.out + printed.err


def test_an_exception_that_nobody_catches_is_its_kind(stream: StringIO, capsys: pytest.CaptureFixture[str]) -> None:
    class Failing:
        def __del__(self) -> None:
            raise ValueError(CANARY)

    Failing()
    (line,) = lines(stream)
    assert (line["event"], line["error"]) == ("exception.lost", "ValueError")
    printed = capsys.readouterr()
    assert CANARY not in stream.getvalue() + printed.out + printed.err


def test_a_line_that_cannot_be_written_is_not_printed(capsys: pytest.CaptureFixture[str], stream: StringIO) -> None:
    stream.close()
    logging.getLogger("library").warning("row %s", CANARY)
    printed = capsys.readouterr()
    assert CANARY not in printed.out + printed.err


def test_nothing_was_configured_and_still_only_allowed_keys_leave(capsys: pytest.CaptureFixture[str]) -> None:
    structlog.reset_defaults()
    logs.logger().warning("started", name=CANARY, count=1)
    printed = capsys.readouterr()
    assert not printed.out
    assert json.loads(printed.err)["count"] == 1
    assert CANARY not in printed.err
    structlog.reset_defaults()


def test_no_allowed_key_could_hold_a_person_or_pseudonym() -> None:
    forbidden = ("name", "person", "pseudonym", "nonce", "tag", "case", "client", "session", "key", "body", "query", "path")
    assert not [key for key in ALLOWED_KEYS for word in forbidden if word in key]
