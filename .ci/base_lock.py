"""Print the part of requirements.lock that an installed wheel needs: the base dependencies and what they bring, and
those of the extras that are named after it.

Run by the environment that the lock built: the closure is read from the installed distributions' own metadata, so a
dependency that the code needs and pyproject.toml forgot is missing here, and the smoke test fails.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PROJECT = "credence-kyc"


def closure(project: str, extras: Sequence[str] = ()) -> set[str]:
    """Names of everything ``project`` with ``extras`` needs on this interpreter, extras followed."""
    seen: set[tuple[str, str]] = set()
    waiting = [(project, extra) for extra in ("", *extras)]
    while waiting:
        name, extra = waiting.pop()
        if (name, extra) in seen:
            continue
        seen.add((name, extra))
        try:
            lines = requires(name) or []
        except PackageNotFoundError:
            continue  # its marker names another platform
        for requirement in map(Requirement, lines):
            if requirement.marker is None or requirement.marker.evaluate({"extra": extra}):
                needed = canonicalize_name(requirement.name)
                waiting.extend((needed, wanted) for wanted in ("", *requirement.extras))
    return {name for name, _ in seen} - {project}


def main(lock: Path, extras: Sequence[str] = ()) -> None:
    """Print the entries of ``lock`` whose package is in the closure, hashes and all."""
    needed = closure(PROJECT, extras)
    for entry in re.split(r"\n(?=\S)", lock.read_text(encoding="utf-8").strip()):
        if canonicalize_name(entry.split("==")[0]) in needed:
            print(entry)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
