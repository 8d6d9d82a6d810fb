"""When a fall of the tier was told: a raise of margin on open positions is spread over the day that follows.

Each fall is a raise of its own, and those of one day add up. A better tier counts at once and ends them all. What a raise
does to margin is for the tariff to say (``verifier.terms.phasing``).
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from credence.service.reputation.tiers.machine import StandingError, rank

HOUR: Final = 3600


@dataclass(frozen=True, slots=True)
class Raise:
    """A fall from one tier to a worse one that was told at ``notice_at`` (unix seconds)."""

    from_tier: str
    to_tier: str
    notice_at: int


def noticed(raises: Iterable[Raise], before: str, after: str, *, now: int, hours: int) -> tuple[Raise, ...]:
    """The raises under way once the tier went from ``before`` to ``after`` at ``now``; a better tier ends them all."""
    if rank(after) > rank(before):
        return ()
    still = tuple(each for each in raises if now - each.notice_at < hours * HOUR)
    return still if after == before else (*still, Raise(before, after, now))


def written(raises: Iterable[Raise]) -> str:
    """As a row keeps them: ``[["R4","R2",1790000000]]``."""
    return json.dumps([[each.from_tier, each.to_tier, each.notice_at] for each in raises], separators=(",", ":"))


def read(text: str) -> tuple[Raise, ...]:
    """What :func:`written` wrote. Raises :class:`StandingError` for anything else."""
    try:
        rows: list[Any] = json.loads(text)
        found = tuple(Raise(str(before), str(after), int(at)) for before, after, at in rows)
    except (ValueError, TypeError) as error:
        raise StandingError("these are no raises") from error
    for each in found:
        rank(each.from_tier)
        rank(each.to_tier)
    return found
