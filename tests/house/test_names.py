"""Does every room carry a noun, and is every promise kept in code rather than announced?"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.house.tree import code_files, relative

# A function without a home means a module without a name.
DUMPING_GROUNDS = {"utils", "util", "helpers", "helper", "misc", "common", "sundries", "stuff"}
UNFINISHED = re.compile(
    "|".join((r"\bTODO\b", r"\bFIXME\b", r"\bXXX\b", "NotImplementedError", r"(?i:\b(?:stub|fake)s?\b)"))
)


@pytest.mark.parametrize("path", code_files(tests=True), ids=relative)
def test_room_carries_a_noun(path: Path) -> None:
    parts = {part.removesuffix(".py").strip("_") for part in Path(relative(path)).parts}
    assert not parts & DUMPING_GROUNDS, f"{relative(path)}: give the room the name of what it holds"


@pytest.mark.parametrize("path", code_files(), ids=relative)
def test_code_is_finished(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    found = [f"{relative(path)}:{number}: {line.strip()}" for number, line in enumerate(lines, 1) if UNFINISHED.search(line)]
    assert not found, "\n".join(found)
