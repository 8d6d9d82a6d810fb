"""Standing as a state machine: one daily evaluation moves it, and nothing else does.

A tier is entered from below by ``up_days`` evaluations in a row that meet all it asks, one step at a time, and left after
``down_days`` in a row that do not hold it. Two things move it at once: a hard flag (to RX) and a bad debt (to
``bad_debt_falls_to`` or below). Without a score, because the evidence is insufficient, R1 is held and nothing better.

The truth is :func:`replay`: a fold over the evaluations in the order of their days. Whoever learns of an event late makes
the evaluations again and replays them, so that the order in which events came changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import isfinite
from typing import Final

from credence.service.reputation.tiers.table import EARNED, TIERS, StandingTable

RX, R0, R1 = TIERS[:3]

_RANK: Final = {tier: rank for rank, tier in enumerate(TIERS)}


class StandingError(Exception):
    """Evaluations that cannot follow one another, or one that is out of its range. ``reason`` is a sentence."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What is believed of a pseudonym at the end of a unix day, from everything dated up to then.

    ``score`` 300-850, None where the evidence is insufficient. ``evidence`` is the effective E. ``tenure_days`` since its
    first day with exposure. ``liquidation_free_days`` and ``bad_debt_free_days`` since the last one: 0 on its day, None
    where there was none. ``flagged``: a hard flag of the venue's. ``unique``: it was proven that the person has one
    pseudonym here. Raises :class:`StandingError`.
    """

    day: int
    score: float | None
    evidence: float
    tenure_days: int
    liquidation_free_days: int | None = None
    bad_debt_free_days: int | None = None
    flagged: bool = False
    unique: bool = True

    def __post_init__(self) -> None:
        """Check the ranges."""
        if self.score is not None and not 300 <= self.score <= 850:
            raise StandingError("a score lies in 300-850")
        if not (isfinite(self.evidence) and self.evidence >= 0):
            raise StandingError("evidence is finite and not negative")
        days = (self.day, self.tenure_days, self.liquidation_free_days or 0, self.bad_debt_free_days or 0)
        if min(days) < 0:
            raise StandingError("days are not negative")


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a pseudonym stands after the evaluation of ``evaluated_day``.

    ``since_day``: the day of the last move. ``up_days``: evaluations in a row that met the next tier; ``down_days``: that
    did not hold this one, and ``down_to`` the best tier held over these.
    """

    tier: str
    since_day: int
    evaluated_day: int
    up_days: int = 0
    down_days: int = 0
    down_to: str | None = None


def rank(tier: str) -> int:
    """0 for RX to 6 for R5. Raises :class:`StandingError` for another name."""
    try:
        return _RANK[tier]
    except KeyError as error:
        raise StandingError("this is no standing tier") from error


def begin(day: int, *, unique: bool) -> Standing:
    """Before the evaluation of ``day``, the first: R1 with a proof of uniqueness, R0 without."""
    return Standing(R1 if unique else R0, day, day - 1)


def advance(table: StandingTable, standing: Standing, found: Evaluation) -> Standing:
    """After the evaluation of a later day. Days between that were not evaluated end both counts.

    Raises :class:`StandingError` for a day that was evaluated already.
    """
    if found.day <= standing.evaluated_day:
        raise StandingError("that day was evaluated already")
    tier, since = standing.tier, standing.since_day
    up, down, down_to = standing.up_days, standing.down_days, standing.down_to
    if found.day > standing.evaluated_day + 1:
        up, down, down_to = 0, 0, None
    hard = hard_fall(table, tier, found)
    if hard is not None:
        return _at(standing, hard, found.day)
    best = held(table, tier, found)
    if best != tier:
        lost = best if down_to is None else TIERS[max(rank(best), rank(down_to))]
        if down + 1 >= table.down_days:
            return _at(standing, lost, found.day)
        return Standing(tier, since, found.day, down_days=down + 1, down_to=lost)
    if tier == R0 and found.unique:
        return _at(standing, R1, found.day)  # a proof, not conduct: it lifts at once
    step = next_tier(tier, unique=found.unique)
    if step is None or not meets(table, step, found):
        return Standing(tier, since, found.day)
    if up + 1 >= table.up_days:
        return _at(standing, step, found.day)
    return Standing(tier, since, found.day, up_days=up + 1)


def replay(table: StandingTable, evaluations: Iterable[Evaluation]) -> Standing | None:
    """The standing after all of these, in any order; None for none. Raises :class:`StandingError` for a day come twice."""
    standing: Standing | None = None
    for found in sorted(evaluations, key=lambda each: each.day):
        standing = advance(table, standing or begin(found.day, unique=found.unique), found)
    return standing


def hard_fall(table: StandingTable, tier: str, found: Evaluation) -> str | None:
    """Where a hard event of this day leaves ``tier`` at once; None where there is none, or it leaves it where it is.

    For a day that is not over it is what counts until the evaluation at its end, which may be kinder.
    """
    if found.flagged:
        lower = RX
    elif found.bad_debt_free_days == 0:
        best = TIERS[min(rank(tier), rank(table.bad_debt_falls_to))]
        lower = RX if found.score is None else held(table, best, found)
    else:
        return None
    return lower if lower != tier else None


def held(table: StandingTable, tier: str, found: Evaluation) -> str:
    """The best tier up to ``tier`` whose conditions for staying are met."""
    if found.flagged:
        return RX
    for name in reversed(EARNED[: max(0, rank(tier) - 1)]):
        row = table.rows[name]
        clean = found.liquidation_free_days is None or found.liquidation_free_days >= row.liquidation_free_days
        enough = name == R1 if found.score is None else found.score >= row.leave_score
        if found.unique and clean and enough:
            return name
    low = found.score is not None and found.score < table.rows[R1].leave_score
    return RX if low or tier == RX else R0


def next_tier(tier: str, *, unique: bool) -> str | None:
    """One step up; None from R5, and from R0 on where uniqueness is not proven."""
    if tier == RX:
        return R1 if unique else R0
    return TIERS[rank(tier) + 1] if unique and tier != TIERS[-1] else None


def meets(table: StandingTable, tier: str, found: Evaluation) -> bool:
    """Whether an evaluation meets all that entering ``tier`` asks."""
    return not found.flagged and all(condition.met for condition in conditions(table, tier, found))


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing that entering a tier asks: what is there (None: nothing yet) against what is needed."""

    name: str
    value: float | None
    needed: float
    met: bool


def conditions(table: StandingTable, tier: str, found: Evaluation) -> tuple[Condition, ...]:
    """What entering ``tier`` asks. R0 is entered from RX alone and asks what R1 does: a score only where there is one."""
    row = table.rows[R1 if tier in (RX, R0) else tier]
    earned = tier in EARNED[1:]
    score = found.score
    return (
        Condition("score", score, row.enter_score, not earned if score is None else score >= row.enter_score),
        Condition("evidence", found.evidence, row.evidence, found.evidence >= row.evidence),
        Condition("tenure_days", found.tenure_days, row.tenure_days, found.tenure_days >= row.tenure_days),
        _free("liquidation_free_days", found.liquidation_free_days, row.liquidation_free_days),
        _free("bad_debt_free_days", found.bad_debt_free_days, row.bad_debt_free_days),
    )


def _free(name: str, days: int | None, needed: int) -> Condition:
    return Condition(name, days, needed, days is None or days >= needed)


def _at(standing: Standing, tier: str, day: int) -> Standing:
    """In ``tier`` after the evaluation of ``day``, with nothing counted."""
    return Standing(tier, standing.since_day if tier == standing.tier else day, day)
