"""Counting openings: every warrant that a service tells of is found in the log, or the count does not stand.

An opening is counted where as many trustees as it takes have handed in a signed share. Whether a share is any good nobody
but the warrant's authority can see, and a warrant that the service keeps from its list nobody but the trustees who were
asked: which is why they look for it there (:func:`listed`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from credence.circuits.encoding import b64u
from credence.circuits.warrant import Notice
from credence.sdk.calls import ask, auditor
from credence.sdk.calls.auditor import OpeningsPage, WarrantState
from credence.sdk.errors import BadResponse, InclusionFailed
from credence.sdk.flow import Flow, W
from credence.sdk.following import Follower

_PAGES: Final = 10_000
_READINGS: Final = 3
"""Of the whole list, as long as its numbers are not the service's: a warrant may come while it is read."""


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
        """For how many as many shares were handed in as it takes."""
        return sum(entry.opened for entry in self.entries)

    @property
    def by_authority(self) -> Mapping[str, int]:
        """Openings by who asked."""
        return Counter(entry.notice.authority for entry in self.entries if entry.opened)


def count_openings(way: W, follower: Follower[W]) -> Flow[W, Openings]:
    """Reads every page, and asks the log for every leaf that it is said to have."""
    entries = yield from _entries(way)
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


def listed(way: W, notice: Notice) -> Flow[W, WarrantState]:
    """What the public list says of a warrant. The list is read whole, so that nobody is shown one that was made for them.

    Raises :class:`InclusionFailed` where the warrant is not in it.
    """
    entry = (yield from _entries(way)).get(b64u(notice.warrant))
    if entry is None or entry.notice != notice:
        raise InclusionFailed("The public list of warrants does not have this one.")
    return entry


def _entries(way: W) -> Flow[W, dict[str, WarrantState]]:
    """All of the list, by id. Raises :class:`BadResponse` where its numbers stay others than the service's."""
    for _ in range(_READINGS):
        page, entries = yield from _list(way)
        opened = sum(entry.opened for entry in entries.values())
        if (page.warrants, page.openings) == (len(entries), opened):
            return entries
    raise BadResponse("The service counts other warrants than it tells of.")


def _list(way: W) -> Flow[W, tuple[OpeningsPage, dict[str, WarrantState]]]:
    """Every page once, and the last one with its numbers."""
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
    return page, entries
