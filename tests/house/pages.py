"""A page and its reader: the blocks of a page, run in the order they are written, as one terminal and one Python would.

- ``python`` blocks of one page share a namespace. ``bash`` blocks run with the environment's commands on the path, and what
  one exports the next has; ``console`` blocks run the lines that begin with ``$``.
- An ``output`` block is what the block before it printed to standard output. ``…`` stands for any text of a line, and a line
  of it alone for any lines.
- ``credence serve --sandbox`` runs until the page ends, on a free port, which takes the place of ``8440`` in what follows.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Any

from tests.house.tree import relative

FENCE = re.compile(r"^(?P<indent> *)```(?P<language>[\w-]*)[^\n]*\n(?P<body>.*?)^(?P=indent)```\s*$", re.M | re.S)
SHELL = ("bash", "console")
SANDBOX = ".venv/bin/credence serve --sandbox"
WRITTEN = "http://127.0.0.1:8440"
SECONDS = 120

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


@dataclass(frozen=True)
class Block:
    """One fenced block and the line its body begins at."""

    language: str
    body: str
    line: int


def blocks(page: Path) -> Iterator[Block]:
    """The fenced blocks of a page."""
    text = page.read_text(encoding="utf-8")
    for match in FENCE.finditer(text):
        indent = match["indent"]
        body = "".join(line.removeprefix(indent) for line in match["body"].splitlines(keepends=True))
        yield Block(match["language"], body, text.count("\n", 0, match.start("body")) + 1)


def commands(block: Block) -> list[str]:
    """The shell lines of a block that are run here."""
    lines = block.body.splitlines()
    if block.language == "console":
        lines = [line[2:] for line in lines if line.startswith("$ ")]
    return [line for line in lines if line.split("#")[0].strip() not in ELSEWHERE]


def matches(expected: str, printed: str) -> bool:
    """Whether a page's output is what was printed, with ``…`` for what varies."""
    pattern = ""
    for line in expected.rstrip("\n").split("\n"):
        pattern += "(?:.*\n)*" if line.strip() == "…" else ".*".join(map(re.escape, line.split("…"))) + "\n"
    return re.fullmatch(pattern, printed.rstrip("\n") + "\n") is not None


@dataclass
class Reader:
    """Whoever follows a page, in an empty folder, with nothing of this machine's own configuration."""

    page: Path
    folder: Path
    printed: str = ""
    namespace: dict[str, Any] = field(default_factory=dict)
    _server: subprocess.Popen[str] | None = None
    _url: str = WRITTEN

    def run_python(self, block: Block) -> None:
        """Runs a block in the page's namespace."""
        out = StringIO()
        code = compile("\n" * (block.line - 1) + self._here(block.body), str(self.page), "exec")
        with redirect_stdout(out):
            exec(code, self.namespace)  # the page is ours, and running it is the test
        self.printed = out.getvalue()

    def run_shell(self, block: Block) -> None:
        """Runs a block as one shell would."""
        lines = commands(block)
        if any(line.startswith(SANDBOX) for line in lines):
            assert len(lines) == 1, f"{relative(self.page)}:{block.line}: a server has a block of its own"
            self._serve(lines[0])
            return
        state = self.folder / ".exported"
        script = f"[ ! -e {state} ] || . {state}\n" + self._here("\n".join(lines)) + f"\nexport -p > {state}"
        result = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=self.folder,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        said = f"{relative(self.page)}:{block.line} failed\n{block.body}\n{result.stdout}{result.stderr}"
        assert result.returncode == 0, said
        self.printed = result.stdout

    def compare(self, block: Block) -> None:
        """Holds an ``output`` block against what the block before it printed."""
        said = f"{relative(self.page)}:{block.line} shows\n{block.body}\nand this was printed\n{self.printed}"
        assert matches(self._here(block.body), self.printed), said

    def leave(self) -> None:
        """Ends the page's server."""
        if self._server is not None:
            self._server.terminate()
            try:
                self._server.communicate(timeout=30)
            except subprocess.TimeoutExpired:
                self._server.kill()
                self._server.communicate()

    def _serve(self, command: str) -> None:
        assert self._server is None, f"{relative(self.page)} starts two servers"
        # standard error is a file: nobody reads it while the page runs, and a full pipe would stop the server
        log, out = self.folder / ".served", self.folder / ".keys"
        with log.open("w") as errors, out.open("w") as keys:
            self._server = subprocess.Popen(
                [*command.split(), "--port", "0"],
                cwd=self.folder,
                env=self._environment(),
                stderr=errors,
                stdout=keys,
                text=True,
            )
        for _ in range(SECONDS * 20):
            found = re.search(r"serving .+ at (http://[0-9.:]+);", log.read_text())
            if found:
                self._url, self.printed = found[1], out.read_text()
                return
            try:
                self._server.wait(0.05)
                break
            except subprocess.TimeoutExpired:
                continue
        raise AssertionError(f"{relative(self.page)}: the server did not start\n{log.read_text()}")

    def _here(self, text: str) -> str:
        return text.replace(WRITTEN, self._url)

    def _environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("CREDENCE_", "PYTEST_"))}
        path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
        return {**kept, "PATH": path, "HOME": str(self.folder), "NO_COLOR": "1", "COLUMNS": "160"}
