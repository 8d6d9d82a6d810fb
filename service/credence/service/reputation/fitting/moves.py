"""Who would stand elsewhere under a candidate: counts of tiers and scores, before and after.

Of fewer than :data:`~credence.service.reputation.small.LEAST` pseudonyms nothing is shown. Tiers are counted in four parts,
and each part that may be shown by its moves, so that what is withheld follows from nothing that is shown.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from credence.service.reputation.promotion import LEAST_ACCOUNTS
from credence.service.reputation.small import LEAST, Showing, showing
from credence.service.reputation.standing import State
from credence.service.reputation.tiers.machine import RX, rank
from credence.service.reputation.tiers.table import TIERS

MOST_FALLING: Final = 0.05
"""The share of pseudonyms with a score that may fall to RX without somebody saying that it is meant."""


_HALF: Final = 0.5


class Tiered(StrEnum):
    """What becomes of a pseudonym's tier."""

    TO_RX = "to_rx"
    LOWER = "lower"
    """It falls, and not to RX."""
    SAME = "same"
    HIGHER = "higher"


class Scored(StrEnum):
    """What becomes of its score, in whole points."""

    DOWN = "down"
    SAME = "same"
    UP = "up"
    TO_INSUFFICIENT = "to_insufficient"
    FROM_INSUFFICIENT = "from_insufficient"
    INSUFFICIENT = "insufficient"
    """It had none, and has none."""


@dataclass
class Moves:
    """What many pseudonyms come to; it is as large as there are tiers, however many it has seen."""

    tiers: Counter[tuple[str, str]] = field(default_factory=Counter)
    scores: Counter[Scored] = field(default_factory=Counter)

    def add(self, before: State, after: State) -> None:
        """One more pseudonym, under the model that counts and under the candidate."""
        self.tiers[before.tier, after.tier] += 1
        self.scores[_scored(before.evaluation.score, after.evaluation.score)] += 1

    @property
    def accounts(self) -> int:
        """Pseudonyms."""
        return self.tiers.total()

    @property
    def many_fall(self) -> bool:
        """Whether more than :data:`MOST_FALLING` of those with a score, before or after, fall to RX."""
        return self._fall_beyond(MOST_FALLING)

    def _fall_beyond(self, share: float) -> bool:
        scored = self.accounts - self.scores[Scored.INSUFFICIENT]
        return self._parts()[Tiered.TO_RX] > share * scored

    def _parts(self) -> Counter[Tiered]:
        found: Counter[Tiered] = Counter()
        for (old, new), count in self.tiers.items():
            found[_tiered(old, new)] += count
        return found

    def to_json(self) -> dict[str, Any]:
        """Counts, None for what is withheld; ``moves`` has those alone that are shown, the worst first.

        Whether many fall, and most (more than half), is said of as many as a promotion needs: of fewer it would be a count
        of a few.
        """
        parts = _shown(self._parts(), tuple(Tiered))
        return {
            "accounts": self.accounts,
            "k": LEAST,
            "tiers": parts,
            "moves": [
                {"from": old, "to": new, "accounts": count}
                for part in Tiered
                if parts[part.value]
                for (old, new), count in self._moves(part)
            ],
            "scores": _shown(self.scores, tuple(Scored)),
            "many_fall": None if self.accounts < LEAST_ACCOUNTS else self.many_fall,
            "most_fall": None if self.accounts < LEAST_ACCOUNTS else self._fall_beyond(_HALF),
            "most_falling": MOST_FALLING,
        }

    def _moves(self, part: Tiered) -> list[tuple[tuple[str, str], int]]:
        found = [(old, new) for new in TIERS for old in TIERS if self.tiers[old, new] and _tiered(old, new) is part]
        what = showing([self.tiers[move] for move in found])
        return [(move, self.tiers[move]) for move, each in zip(found, what, strict=True) if each is Showing.SHOWN]


def _shown(counts: Mapping[Any, int], names: Sequence[StrEnum]) -> dict[str, int | None]:
    sizes = [counts[name] for name in names]
    if sum(sizes) < LEAST:
        return {name.value: None for name in names}
    return {
        name.value: None if what is Showing.WITHHELD else size
        for name, size, what in zip(names, sizes, showing(sizes), strict=True)
    }


def _tiered(old: str, new: str) -> Tiered:
    if rank(new) == rank(old):
        return Tiered.SAME
    if new == RX:
        return Tiered.TO_RX
    return Tiered.LOWER if rank(new) < rank(old) else Tiered.HIGHER


def _scored(old: float | None, new: float | None) -> Scored:
    if old is None:
        return Scored.INSUFFICIENT if new is None else Scored.FROM_INSUFFICIENT
    if new is None:
        return Scored.TO_INSUFFICIENT
    if round(new) == round(old):
        return Scored.SAME
    return Scored.UP if new > old else Scored.DOWN
