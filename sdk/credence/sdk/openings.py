"""Counting openings: every warrant that a service tells of is found in the log, or the count does not stand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from credence.sdk.calls import ask, auditor
from credence.sdk.calls.auditor import WarrantState
from credence.sdk.errors import BadResponse, InclusionFailed
from credence.sdk.flow import Flow, W
from credence.sdk.following import Follower

_PAGES: Final = 10_000


@dataclass(frozen=True, slots=True)
class Openings:
    """Every warrant, each in the log. ``waiting`` counts what the log has not taken yet."""

    entries: tuple[WarrantState, ...]
    waiting: int

    @property
    def warrants(self) -> int:
        """How many were posted."""
        return len(self.entries)

    @property
    def openings(self) -> int:
        """How many were opened."""
        return sum(entry.opened for entry in self.entries)

    @property
    def by_authority(self) -> Mapping[str, int]:
        """Openings by who asked."""
        return Counter(entry.notice.authority for entry in self.entries if entry.opened)


def count_openings(way: W, follower: Follower[W]) -> Flow[W, Openings]:
    """Reads every page, and asks the log for every leaf that it is said to have."""
    entries: dict[str, WarrantState] = {}
    after: str | None = None
    for _ in range(_PAGES):
        page = yield from ask(way, auditor.openings(after))
        if not page.page:
            break
        for entry in page.page:
            if entry.warrant_id in entries:
                raise BadResponse("The service tells of one warrant twice.")
            entries[entry.warrant_id] = entry
        after = page.page[-1].warrant_id
    else:
        raise BadResponse("The service tells of warrants without end.")
    opened = sum(entry.opened for entry in entries.values())
    if page.warrants < len(entries) or page.openings < opened:
        raise BadResponse("The service counts fewer warrants than it tells of.")
    waiting = 0
    for entry in entries.values():
        leaves = [(entry.notice.leaf(), entry.entry_index)]
        leaves += [(entry.notice.opening_leaf(), entry.opening_index)] if entry.opened else []
        for leaf, index in leaves:
            if index is None:
                waiting += 1
                continue
            found = yield from follower.inclusion(leaf)
            if found.index != index:
                raise InclusionFailed("A warrant or an opening is not where the service says.")
    return Openings(tuple(entries.values()), waiting)
