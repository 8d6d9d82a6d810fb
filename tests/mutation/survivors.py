"""Mutants that no test notices, each with the reason why none has to: survivors.toml, checked in."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Final

FILE: Final = Path(__file__).with_name("survivors.toml")


@cache
def explained() -> dict[str, str]:
    """The reason by the mutant's name. Raises :class:`ValueError` for a name that is given twice."""
    found: dict[str, str] = {}
    for group in tomllib.loads(FILE.read_text(encoding="utf-8")).get("explained", []):
        for name in group["mutants"]:
            if found.setdefault(name, group["why"]) != group["why"]:
                raise ValueError(f"explained twice: {name}")
    return found
