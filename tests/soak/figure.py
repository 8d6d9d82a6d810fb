"""The shape of a figure: a module of this folder with a ``TARGET``, a ``LIMIT`` in seconds, and ``run(options) -> Result``.

Each is run in a process of its own, in a process group of its own, and is ended at its limit together with whatever it
started. A module without a ``TARGET`` is furniture. ``ORDER`` (default 50) says where in the table a figure stands.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Final, NotRequired, Protocol, TypedDict, TypeVar, cast

T = TypeVar("T")

BUDGET: Final = 150 * 60
"""Seconds that all figures together may take: whichever are not done by then have failed."""

Value = bool | int | float | str | None
"""What a figure says is a number or a word, by name, one or two levels deep: it goes into a table and into JSON."""


@dataclass(frozen=True, slots=True)
class Options:
    """How to run. ``room`` is an empty folder that is removed afterwards."""

    room: Path
    quick: bool = field(default=False)

    def sized(self, full: T, quick: T) -> T:
        """``full``, or ``quick`` where it only has to be shown that the figure still works."""
        return quick if self.quick else full


class Result(TypedDict):
    """``ok`` says whether the target was met at the size that was run; ``figures`` what was seen, met or not."""

    ok: bool
    figures: Mapping[str, Value | Mapping[str, Value]]
    note: NotRequired[str]


class Figure(Protocol):
    """A module that measures something."""

    TARGET: str
    """What is promised, in a few words."""
    LIMIT: int
    """Seconds after which it has failed, at any size."""

    def run(self, options: Options) -> Result:
        """Measures. Whatever it raises is a failure of the figure."""
        ...


def figures(names: Sequence[str] = ()) -> dict[str, Figure]:
    """Every figure by its name, in the order of the table; of ``names`` alone, those that there are."""
    modules = {name: find(name) for name in _modules() if not names or name in names}
    named = {name: module for name, module in modules.items() if hasattr(module, "TARGET")}
    return dict(sorted(named.items(), key=lambda item: (getattr(item[1], "ORDER", 50), item[0])))


def find(name: str) -> Figure:
    """The figure of that name; nothing else is imported."""
    return cast(Figure, import_module(f"{__package__}.{name}"))


def _modules() -> list[str]:
    names = (found.name for found in pkgutil.iter_modules([str(Path(__file__).parent)]))
    return [name for name in names if not name.startswith(("__", "test_", "conftest"))]
