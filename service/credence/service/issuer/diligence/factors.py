"""The factors of risk, the values each can have, and what a value does.

Every value is a coarse slug: a band of countries, a category, an age in steps. None of them is a fact about one person.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import total_ordering
from types import MappingProxyType
from typing import Final, Self

from credence.service.issuer.evidence import Assurance, Channel, Kind, Product, SourceOfFunds

NOT_STATED: Final = "not-stated"
UNKNOWN: Final = "unknown"
OLDER: Final = "older"

BANDS: Final = ("low", "standard", "enhanced", "refused")
"""Of countries, best first. A country that is in none is standard."""

STATED: Final[Mapping[str, type[StrEnum]]] = MappingProxyType(
    {"product": Product, "channel": Channel, "source-of-funds": SourceOfFunds}
)
"""What the desk may state, and need not in every mode."""

VALUES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "residence": BANDS,
        "nationality": BANDS,
        **{factor: (*choices, NOT_STATED) for factor, choices in STATED.items()},
        "assurance": tuple(reversed(Assurance)),
        "kind": tuple(kind.name.lower() for kind in Kind),
        "pep": ("no", "yes"),
    }
)
"""The values of every factor whose weights the table has by value; those of an order best first."""

ORDERED: Final = ("residence", "nationality", "assurance", "pep")
"""Factors whose values have an order of their own: a worse one never weighs less."""

MAX_POINTS: Final = 99
_POINTS: Final = re.compile(r"0|[1-9][0-9]?", re.ASCII)


@total_ordering
@dataclass(frozen=True, slots=True)
class Effect:
    """What a value does: ``points`` (0-99), or by itself ``enhanced`` or ``refused``; the latter two have none."""

    points: int = 0
    forces: str | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """An effect as it is written. Raises :class:`ValueError`."""
        if text in ("enhanced", "refused"):
            return cls(forces=text)
        if not _POINTS.fullmatch(text):
            raise ValueError("an effect is a number of points from 0 to 99, enhanced or refused")
        return cls(int(text))

    @property
    def severity(self) -> int:
        """A greater one is never better for the applicant, whatever the other factors are."""
        return {"enhanced": MAX_POINTS + 1, "refused": MAX_POINTS + 2}.get(self.forces or "", self.points)

    @property
    def weighs(self) -> bool:
        """Whether it does anything."""
        return self.severity > 0

    def __lt__(self, other: Effect) -> bool:
        return self.severity < other.severity

    def __str__(self) -> str:
        return self.forces or str(self.points)


NOTHING: Final = Effect()
FORCES_ENHANCED: Final = Effect(forces="enhanced")
REFUSES: Final = Effect(forces="refused")


@dataclass(frozen=True, slots=True)
class Weighed:
    """One factor of one assessment: which value it had, and what that did."""

    factor: str
    value: str
    effect: Effect

    @property
    def slug(self) -> str:
        """Both in one word, such as ``residence-enhanced``."""
        return f"{self.factor}-{self.value}"

    def to_json(self) -> list[str]:
        """Three texts, as a case keeps them."""
        return [self.factor, self.value, str(self.effect)]
