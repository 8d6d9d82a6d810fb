"""When a fall was told: a raise of margin on open positions is spread over the day that follows.

Two things fall: the tier, and the ceiling up to which a proven one counts. Each fall is a raise of its own, and those of one
day add up: each begins where the one before ended. What becomes better counts at once, and shortens the raises under way to
what is still to be raised. What a raise does to margin is for the tariff to say (``verifier.terms.phasing``).
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from credence.service.reputation.tiers.machine import StandingError, rank

HOUR: Final = 3600

Place = tuple[str, str]
"""A tier and a ceiling."""


@dataclass(frozen=True, slots=True)
class Raise:
    """A fall that was told at ``notice_at`` (unix seconds): of the tier, of the ceiling, or of both."""

    from_tier: str
    to_tier: str
    notice_at: int
    from_ceiling: str
    to_ceiling: str


def noticed(raises: Iterable[Raise], before: Place, after: Place, *, now: int, hours: int) -> tuple[Raise, ...]:
    """The raises under way once tier and ceiling went from ``before`` to ``after`` at ``now``, in the order of their notice.

    ``before`` is where the last of ``raises`` ended, or a better place. At most ten, since each takes a tier or a ceiling.
    """
    tier, ceiling = after
    under_way = [each for each in raises if now - each.notice_at < hours * HOUR]
    under_way.append(Raise(before[0], tier, now, before[1], ceiling))
    shortened = (
        Raise(
            _better(each.from_tier, tier),
            _better(each.to_tier, tier),
            each.notice_at,
            _better(each.from_ceiling, ceiling),
            _better(each.to_ceiling, ceiling),
        )
        for each in under_way
    )
    return tuple(each for each in shortened if (each.from_tier, each.from_ceiling) != (each.to_tier, each.to_ceiling))


def _better(one: str, other: str) -> str:
    return max(one, other, key=rank)


def written(raises: Iterable[Raise]) -> str:
    """As a row keeps them: ``[["R4","R2",1790000000,"R5","R3"]]``."""
    rows = [[each.from_tier, each.to_tier, each.notice_at, each.from_ceiling, each.to_ceiling] for each in raises]
    return json.dumps(rows, separators=(",", ":"))


def read(text: str) -> tuple[Raise, ...]:
    """What :func:`written` wrote. Raises :class:`StandingError` for anything else."""
    try:
        rows: list[Any] = json.loads(text)
        found = tuple(Raise(str(old), str(new), int(at), str(most), str(least)) for old, new, at, most, least in rows)
    except (ValueError, TypeError) as error:
        raise StandingError("these are no raises") from error
    for each in found:
        for tier in (each.from_tier, each.to_tier, each.from_ceiling, each.to_ceiling):
            rank(tier)
    return found
