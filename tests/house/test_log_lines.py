"""Does every line that the code logs have a fixed event, and no key that would be dropped?"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from credence.service.logs import _EVENT, ALLOWED_KEYS
from tests.house.tree import code_files, relative

LEVELS = {"debug", "info", "warning", "error", "exception", "critical", "log", "bind", "msg"}


def lines(path: Path) -> Iterator[ast.Call]:
    """Every ``logger().level(...)`` of a file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in LEVELS:
            made = node.func.value
            if isinstance(made, ast.Call) and isinstance(made.func, ast.Name) and made.func.id == "logger":
                yield node


LOGGING = [path for path in code_files() if any(lines(path))]


def test_the_service_logs() -> None:
    assert len(LOGGING) > 8


@pytest.mark.parametrize("path", LOGGING, ids=relative)
def test_a_line_is_a_fixed_event_with_allowed_keys(path: Path) -> None:
    for call in lines(path):
        place = f"{relative(path)}:{call.lineno}"
        assert len(call.args) == 1, f"{place}: an event takes no arguments, they would be filled into it"
        event = call.args[0]
        assert isinstance(event, ast.Constant), f"{place}: an event is written out"
        assert _EVENT.fullmatch(str(event.value)), f"{place}: '{event.value}' is no slug"
        unknown = {str(keyword.arg) for keyword in call.keywords} - ALLOWED_KEYS
        assert not unknown, f"{place}: {', '.join(unknown)} would be dropped"


def calls(path: Path) -> set[str]:
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    return {ast.unparse(node.func) for node in nodes if isinstance(node, ast.Call)}


def test_only_the_own_logger_is_written_to() -> None:
    """The standard library's would let a message through as a library's."""
    others = {relative(path) for path in code_files() if calls(path) & {"logging.getLogger", "structlog.get_logger"}}
    assert others == {
        "service/credence/service/logs.py",
        "service/credence/service/demo/server.py",  # keeps the server quiet
    }
