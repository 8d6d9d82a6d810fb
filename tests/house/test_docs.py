"""Is every block of the README and the docs true? They are run in the order they are written, in an empty folder.

- ``python`` blocks of one page share a namespace.
- ``bash`` blocks run with the environment's commands on the path; ``console`` blocks run the lines that begin with ``$``.
- A block whose first line begins with ``# not run:`` says why and is left out, and so are the commands of ``ELSEWHERE``.
- ``json`` blocks parse, and every line of a ``jsonl`` block.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.house.tree import ROOT, relative, repository_files

FENCE = re.compile(r"^(?P<indent> *)```(?P<language>[\w-]*)[^\n]*\n(?P<body>.*?)^(?P=indent)```\s*$", re.M | re.S)
RUN = {"python", "bash", "console", "json", "jsonl"}
SHOWN = {"", "text", "mermaid", "toml", "yaml", "http", "sql", "diff", "nginx", "ini", "javascript"}

# Commands a page may name that run elsewhere: inside a test they would start the tests, or the set-up, once more.
ELSEWHERE = {
    "make setup": "has already been run: this test lives in what it made",
    "make demo": "is the demo, which tests/journeys runs",
    "make test": "would run this test again",
    "make lint": "is a step of .ci/run",
    "make bench": "measures, for minutes",
    "make conformance": "is a step of .ci/run, and needs the shared folder",
    "make interop": "is a step of .ci/run, and needs node",
    "make lock": "asks a package registry",
    "make build": "is a step of .ci/run",
    ".ci/run": "runs all of this",
}

PAGES = [
    path for path in repository_files() if path.suffix == ".md" and (path.parent == ROOT or relative(path)[:5] == "docs/")
]


@dataclass(frozen=True)
class Block:
    """One fenced block and the line its body begins at."""

    language: str
    body: str
    line: int


def blocks(page: Path) -> Iterator[Block]:
    text = page.read_text(encoding="utf-8")
    for match in FENCE.finditer(text):
        indent = match["indent"]
        body = "".join(line.removeprefix(indent) for line in match["body"].splitlines(keepends=True))
        yield Block(match["language"], body, text.count("\n", 0, match.start("body")) + 1)


def commands(block: Block) -> str:
    """The shell lines of a block that are run here."""
    lines = block.body.splitlines()
    if block.language == "console":
        lines = [line[2:] for line in lines if line.startswith("$ ")]
    return "\n".join(line for line in lines if line.split("#")[0].strip() not in ELSEWHERE)


def run_shell(page: Path, block: Block, folder: Path) -> None:
    """Run a block as a reader would, in ``folder``, with nothing of this machine's own configuration."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CREDENCE_", "PYTEST_"))}
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    environment = {**kept, "PATH": path, "HOME": str(folder), "NO_COLOR": "1"}
    script = ["bash", "-euo", "pipefail", "-c", commands(block)]
    result = subprocess.run(
        script,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert result.returncode == 0, f"{relative(page)}:{block.line} failed\n{block.body}\n{result.stdout}{result.stderr}"


@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_blocks_of_the_page_are_true(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    # `.venv/bin/credence` is how a page names the command to a reader who stands in the checkout.
    (tmp_path / ".venv").symlink_to(Path(sys.executable).parent.parent, target_is_directory=True)
    namespace: dict[str, Any] = {"__name__": page.stem}
    for block in blocks(page):
        place = f"{relative(page)}:{block.line}"
        assert block.language in RUN | SHOWN, f"{place}: '{block.language}' is neither run nor known to be shown only"
        if block.body.startswith("# not run:"):
            assert block.body.splitlines()[0].removeprefix("# not run:").strip(), f"{place} does not say why it is not run"
        elif block.language == "python":
            code = compile("\n" * (block.line - 1) + block.body, str(page), "exec")
            exec(code, namespace)  # the page is ours, and running it is the test
        elif block.language in ("bash", "console"):
            run_shell(page, block, tmp_path)
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
