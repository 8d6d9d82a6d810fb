"""The repository as the house tests see it: which files belong to it, and what they import."""

from __future__ import annotations

import ast
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PORTIONS = ("circuits", "service", "sdk")
_MADE = {".venv", ".git", "node_modules", "__pycache__", "dist", "build", "var"}


@cache
def repository_files() -> tuple[Path, ...]:
    """Every file that is, or is about to be, committed; a copy without git history is walked instead."""
    git = shutil.which("git")
    if git and (ROOT / ".git").exists():
        command = [git, "-C", str(ROOT), "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
        listing = subprocess.run(command, capture_output=True, check=True).stdout.decode()
        return tuple(sorted({path for name in listing.split("\0") if name and (path := ROOT / name).is_file()}))
    return tuple(sorted(path for path in ROOT.rglob("*") if path.is_file() and not _is_made(path)))


def _is_made(path: Path) -> bool:
    return any(part in _MADE or part.startswith(".ci-room.") for part in path.relative_to(ROOT).parts)


@cache
def code_files(*, tests: bool = False) -> tuple[Path, ...]:
    """Python files of the three portions, migration steps left out; with ``tests`` the tests as well."""
    folders = (*PORTIONS, "tests", ".ci") if tests else PORTIONS
    python = (path for path in repository_files() if path.suffix == ".py")
    return tuple(path for path in python if path.relative_to(ROOT).parts[0] in folders and "versions" not in path.parts)


def relative(path: Path) -> str:
    """The path from the repository's root, with forward slashes."""
    return path.relative_to(ROOT).as_posix()


def module_name(path: Path) -> str:
    """``circuits/credence/circuits/bbs/__init__.py`` -> ``credence.circuits.bbs``."""
    parts = path.relative_to(ROOT).with_suffix("").parts[1:]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path) -> Iterator[tuple[str, str | None]]:
    """Every import of a file: ``(module, None)`` for ``import module``, ``(module, name)`` for each imported name."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), str(path))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, None) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((node.module or "", alias.name) for alias in node.names)
