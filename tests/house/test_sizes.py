"""Is every code file small enough to hold in one's head?"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.house.tree import code_files, relative

LIMIT = 400


@pytest.mark.parametrize("path", code_files(tests=True), ids=relative)
def test_code_file_is_short(path: Path) -> None:
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= LIMIT, f"{relative(path)} has {lines} lines, the limit is {LIMIT}: it holds more than one noun"
