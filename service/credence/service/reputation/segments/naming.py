"""Names of segments, from their centroids alone. A name says what is typical of a segment, not what an account intends."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

MAKER_SHARE: Final = 0.5
HEDGED: Final = 0.35
NEW_DAYS: Final = 45.0
BUSY: Final = 1_000_000.0
"""USD in 30 days, where the fee ladder's first step is."""

MAKER, HEDGER, MERCENARY, RETAIL, DIRECTIONAL = "market maker", "hedger", "mercenary", "retail", "directional"


def kind_of(centre: Mapping[str, float]) -> str:
    """The first that fits: makes more than it takes; holds little net; is not busy; came lately; else directional."""
    if centre["maker_share"] >= MAKER_SHARE:
        return MAKER
    if centre["net_share"] <= HEDGED:
        return HEDGER
    if centre["volume"] < BUSY:
        return RETAIL
    return MERCENARY if centre["tenure"] <= NEW_DAYS else DIRECTIONAL


def named(centres: Sequence[Mapping[str, float]]) -> list[str]:
    """A name for each centroid; those of one kind are numbered, in the order given."""
    kinds = [kind_of(centre) for centre in centres]
    often, seen = Counter(kinds), Counter[str]()
    found = []
    for kind in kinds:
        seen[kind] += 1
        found.append(kind if often[kind] == 1 else f"{kind} {seen[kind]}")
    return found
