"""Is every code file small enough to hold in one's head?"""

from __future__ import annotations

from tests.house.tree import code_files, relative

LIMIT = 400


def test_code_files_are_short() -> None:
    lengths = {relative(path): len(path.read_text(encoding="utf-8").splitlines()) for path in code_files(tests=True)}
    assert len(lengths) > 1_000
    long = {path: lines for path, lines in lengths.items() if lines > LIMIT}
    assert not long, f"more than {LIMIT} lines hold more than one noun"
