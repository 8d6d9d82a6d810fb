"""Is every block of the README and the docs true? They are run in the order they are written, in an empty folder.

How is said in :mod:`tests.house.pages`. A block whose first line begins with ``# not run:`` says why and is left out, and so
are the commands of ``ELSEWHERE``. ``json`` blocks parse, and every line of a ``jsonl`` block.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
from pathlib import Path

import pytest

from tests.house.pages import ELSEWHERE, SHELL, Block, Reader, blocks, commands, matches
from tests.house.tree import ROOT, relative, repository_files

RUN = {"python", "bash", "console", "output", "json", "jsonl"}
SHOWN = {"", "text", "mermaid", "toml", "yaml", "http", "sql", "diff", "nginx", "ini", "javascript"}

PAGES = [
    path for path in repository_files() if path.suffix == ".md" and (path.parent == ROOT or relative(path)[:5] == "docs/")
]


PATIENT = {
    "issuer-handbook",
    "keepers",
    "key-ceremony",
    "links",
    "operating",
    "clients",
    "sessions",
    "sandbox",
    "segments",
    "quickstart-auditor",
    "quickstart-venue",
    "quickstart-wallet",
    "trustee-handbook",
    "value",
    "wallet",
}
"""Pages that start servers, make keys or fit models, and take seconds each."""


@pytest.mark.parametrize(
    "page", [pytest.param(page, marks=[pytest.mark.slow] * (page.stem in PATIENT), id=relative(page)) for page in PAGES]
)
def test_blocks_of_the_page_are_true(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = list(blocks(page))
    if shutil.which("curl") is None and any("curl " in block.body for block in found if block.language in SHELL):
        pytest.skip("no curl here, which this page uses")
    monkeypatch.chdir(tmp_path)
    # `.venv/bin/credence` is how a page names the command to a reader who stands in the checkout.
    (tmp_path / ".venv").symlink_to(Path(sys.executable).parent.parent, target_is_directory=True)
    reader = Reader(page, tmp_path, namespace={"__name__": page.stem})
    try:
        for block in found:
            follow(reader, block)
    finally:
        reader.leave()


def follow(reader: Reader, block: Block) -> None:
    """Does what a block asks for."""
    place = f"{relative(reader.page)}:{block.line}"
    assert block.language in RUN | SHOWN, f"{place}: '{block.language}' is neither run nor known to be shown only"
    if block.body.startswith("# not run:"):
        assert block.body.splitlines()[0].removeprefix("# not run:").strip(), f"{place} does not say why it is not run"
    elif block.language == "python":
        reader.run_python(block)
    elif block.language in SHELL:
        reader.run_shell(block)
    elif block.language == "output":
        reader.compare(block)
    elif block.language == "json":
        json.loads(block.body)
    elif block.language == "jsonl":
        for line in block.body.splitlines():
            json.loads(line)


def test_commands_that_run_elsewhere_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for command in ELSEWHERE:
        name = command.removeprefix("make ")
        exists = re.search(rf"^{name}:", makefile, re.M) if command.startswith("make ") else (ROOT / command).is_file()
        assert exists, f"{command} is excused from running, but there is no such command"


@pytest.mark.parametrize(
    ("expected", "printed", "same"),
    [
        ("one\n", "one\n", True),
        ("one\n", "one", True),
        ("one\n", "One\n", False),
        ("one\n", "one\ntwo\n", False),
        ("", "", True),
        ("key cred_…_x\n", "key cred_abc_x\n", True),
        ("key cred_…\n", "key cred_abc\ntwo\n", False),
        ("one\n…\nfour\n", "one\ntwo\nthree\nfour\n", True),
        ("one\n…\nfour\n", "one\nfour\n", True),
        ("one\n…\nfour\n", "one\ntwo\nthree\n", False),
        ("a.c\n", "abc\n", False),
    ],
)
def test_what_varies_is_left_open_and_nothing_else(expected: str, printed: str, same: bool) -> None:
    assert matches(expected, printed) is same


def test_a_reader_has_one_terminal_and_one_python(tmp_path: Path) -> None:
    reader = Reader(ROOT / "README.md", tmp_path)
    reader.run_shell(Block("bash", "export WORD=kept\nhere=lost\necho said", 1))
    assert reader.printed == "said\n"
    reader.run_shell(Block("console", '$ echo "$WORD ${here:-gone}"\nnot run', 1))
    reader.compare(Block("output", "kept gone\n", 1))
    with pytest.raises(AssertionError, match="and this was printed"):
        reader.compare(Block("output", "kept\n", 1))
    with pytest.raises(AssertionError, match="failed"):
        reader.run_shell(Block("bash", "false\necho on", 1))
    reader.run_python(Block("python", "number = 1", 1))
    reader.run_python(Block("python", "print(number)", 1))
    assert reader.printed == "1\n"
    assert commands(Block("bash", "make setup  # once\necho on", 1)) == ["echo on"]
