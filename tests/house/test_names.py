"""Does every room carry a noun, and is every promise kept in code rather than announced?"""

from __future__ import annotations

import re
from pathlib import Path

from tests.house.tree import code_files, relative

# A function without a home means a module without a name.
DUMPING_GROUNDS = {"utils", "util", "helpers", "helper", "misc", "common", "sundries", "stuff"}
UNFINISHED = re.compile(
    "|".join((r"\bTODO\b", r"\bFIXME\b", r"\bXXX\b", "NotImplementedError", r"(?i:\b(?:stub|fake)s?\b)"))
)


def test_rooms_carry_a_noun() -> None:
    found = [path for path in map(relative, code_files(tests=True)) if _words(path) & DUMPING_GROUNDS]
    assert not found, "give the room the name of what it holds"


def test_a_room_without_a_noun_is_found() -> None:
    assert all(
        _words(path) & DUMPING_GROUNDS for path in ("sdk/utils.py", "service/misc/__init__.py", "circuits/_helpers.py")
    )


def _words(path: str) -> set[str]:
    return {part.removesuffix(".py").strip("_") for part in Path(path).parts}


def test_code_is_finished() -> None:
    found = [
        f"{relative(path)}:{number}: {line.strip()}"
        for path in code_files()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if UNFINISHED.search(line)
    ]
    assert not found
