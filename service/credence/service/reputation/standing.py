"""From a pseudonym's days to its standing: every calendar day is evaluated anew, and the evaluations are replayed.

Nothing of an evaluation is kept for the next one, so an event that comes late changes what it would have changed in time.
Two things are as they are now for all days: a flag that was lifted was never there, and a proof of uniqueness counts from
the first day, because a pseudonym is one person's whenever that is shown. Kept from before is only when falls were told.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, Final, Self

import numpy as np
from scipy import special

from credence.service.reputation.belief.arrays import Floats
from credence.service.reputation.belief.evidence import Evidence, columns_of
from credence.service.reputation.belief.model import BeliefModel, shipped_model
from credence.service.reputation.belief.risk import expected_of, observed_of, score_all
from credence.service.reputation.statistics import DayFacts
from credence.service.reputation.tiers import (
    Evaluation,
    Raise,
    Standing,
    StandingError,
    StandingTable,
    advance,
    begin,
    hard_fall,
    noticed,
    shipped_table,
)
from credence.service.reputation.tiers.machine import rank
from credence.service.reputation.tiers.phasing import read, written
from credence.service.reputation.tiers.table import EARNED
from credence.service.reputation.tiers.words import LEVELS, explained

DAY: Final = 86_400

MAX_DAYS: Final = 3_660
"""Calendar days that are evaluated: who was here before begins ten years ago, with all that is remembered of it."""

UNLIKELY: Final = 0.05
"""Below this probability what happened contradicts a tier."""

_ODDS, _AT_ODDS, _HALVING = 19.0, 600.0, 50.0  # of the score: belief/risk.py

_MARGIN: Final = ("near_miss", "call", "liquidation", "bad_debt")
_RISK: Final = ("calls", "liquidations", "bad_debts", "expected", "expected_recent")


@dataclass(frozen=True, slots=True)
class Remembered:
    """What is remembered of a pseudonym at the end of a day: weighted events O, evidence E, and the score that they make,
    300-850, None where E is insufficient."""

    events: float
    evidence: float
    score: float | None


@dataclass(frozen=True, slots=True)
class State:
    """Where a pseudonym stands at a moment.

    ``standing`` is that of the last whole day; ``tier`` is its tier, or a worse one where a hard event of today, the day of
    ``evaluation``, fell it already. ``raises`` are the margin raises that are still phased in. ``ceiling`` is the best tier
    that what happened here does not contradict, whatever was proven of conduct elsewhere.
    """

    tier: str
    standing: Standing
    evaluation: Evaluation
    raises: tuple[Raise, ...]
    table_version: int
    ceiling: str

    @property
    def since_day(self) -> int:
        """The unix day of the last move."""
        return self.evaluation.day if self.tier != self.standing.tier else self.standing.since_day

    @property
    def evaluated_day(self) -> int:
        """The day that is under way."""
        return self.evaluation.day

    def to_json(self) -> dict[str, Any]:
        """The wire form, and what is kept. Scores to two decimals, days as unix days."""
        found, standing = self.evaluation, self.standing
        return {
            "tier": self.tier,
            "since_day": self.since_day,
            "score": None if found.score is None else round(found.score, 2),
            "evidence": round(found.evidence, 4),
            "tenure_days": found.tenure_days,
            "liquidation_free_days": found.liquidation_free_days,
            "bad_debt_free_days": found.bad_debt_free_days,
            "flagged": found.flagged,
            "unique": found.unique,
            "evaluated_day": found.day,
            "last_whole_day": {
                "tier": standing.tier,
                "since_day": standing.since_day,
                "evaluated_day": standing.evaluated_day,
                "up_days": standing.up_days,
                "down_days": standing.down_days,
                "down_to": standing.down_to,
            },
            "raises": json.loads(written(self.raises)),
            "ceiling": self.ceiling,
            "table_version": self.table_version,
        }

    def words(self, table: StandingTable | None = None) -> dict[str, list[str]]:
        """What it rests on and what comes next, at three reading levels."""
        table = table or shipped_table()
        return {level: list(explained(table, self.tier, self.standing, self.evaluation, level)) for level in LEVELS}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Self:
        """What :meth:`to_json` made. Raises :class:`KeyError`, :class:`TypeError`, :class:`StandingError` for others."""
        for tier in (value["tier"], value["ceiling"], value["last_whole_day"]["tier"]):
            rank(tier)
        names = ("score", "evidence", "tenure_days", "liquidation_free_days", "bad_debt_free_days", "flagged", "unique")
        return cls(
            tier=value["tier"],
            standing=Standing(**value["last_whole_day"]),
            evaluation=Evaluation(day=value["evaluated_day"], **{name: value[name] for name in names}),
            raises=read(json.dumps(value["raises"])),
            table_version=value["table_version"],
            ceiling=value["ceiling"],
        )


def stand(
    history: Sequence[DayFacts],
    *,
    as_of_day: int,
    now: int,
    previous: State | None = None,
    unique: bool = False,
    flagged_at: int | None = None,
    table: StandingTable | None = None,
    model: BeliefModel | None = None,
) -> State:
    """Where a pseudonym stands on ``as_of_day`` (unix day), which is not over. Days after it are not known yet.

    ``history`` is in the order of days. ``previous`` is what was told last: a fall since is told at ``now`` (unix seconds).
    """
    table = table or shipped_table()
    standing: Standing | None = None
    *whole, today = evaluations(history, as_of_day, unique=unique, flagged_at=flagged_at, model=model)
    for found in whole:
        standing = advance(table, standing or begin(found.day, unique=unique), found)
    standing = standing or begin(as_of_day, unique=unique)
    tier = hard_fall(table, standing.tier, today) or standing.tier
    best = ceiling(history, as_of_day, table=table, model=model)
    raises: tuple[Raise, ...] = ()
    if previous is not None:
        before, after = (previous.tier, previous.ceiling), (tier, best)
        raises = noticed(previous.raises, before, after, now=now, hours=table.raise_hours)
    return State(tier, standing, today, raises, table.version, best)


def told_before(state: str) -> State | None:
    """What a row keeps of the evaluation before; None for nothing, and for what this release cannot read."""
    try:
        return State.from_json(json.loads(state))
    except (ValueError, LookupError, TypeError, StandingError):
        return None


def ceiling(
    history: Sequence[DayFacts], as_of_day: int, *, table: StandingTable | None = None, model: BeliefModel | None = None
) -> str:
    """The best tier that the events of these days do not contradict, from R1 on.

    A tier is contradicted by a liquidation or bad debt in the days that it asks to be free of them, and where a pseudonym as
    risky as its entry score allows would have had this many weighted events, or more, in this exposure with a probability
    below ``UNLIKELY``. Without events nothing is contradicted, however little is known: unlike a score, it takes nothing
    from whoever is new here.
    """
    table, model = table or shipped_table(), model or shipped_model()
    known = [day for day in history if day.day <= as_of_day]
    found = _remembered(known, as_of_day, as_of_day, model)
    events, exposure = float(observed_of(found)[0]), float(expected_of(found)[0])
    liquidated, indebted = _liquidated(known), _indebted(known)
    for tier in reversed(EARNED[1:]):
        row = table.rows[tier]
        hazard = 1 / (1 + _ODDS * 2 ** ((row.enter_score - _AT_ODDS) / _HALVING))
        risk = -np.log1p(-hazard) / model.hazard
        likely = events == 0 or float(special.gammainc(events, risk * exposure)) >= UNLIKELY
        free = _free(liquidated, as_of_day, row.liquidation_free_days) and _free(indebted, as_of_day, row.bad_debt_free_days)
        if likely and free:
            return str(tier)
    return str(EARNED[0])


def remembered_on(history: Sequence[DayFacts], day: int, model: BeliefModel) -> Remembered:
    """What is remembered at the end of a unix day. Days after it are not known yet."""
    found = _remembered([each for each in history if each.day <= day], day, day, model)
    events, evidence = observed_of(found), expected_of(found)
    score = float(score_all(events, evidence, model=model).score[0])
    return Remembered(float(events[0]), float(evidence[0]), None if score != score else score)


def evaluations(
    history: Sequence[DayFacts],
    as_of_day: int,
    *,
    unique: bool,
    flagged_at: int | None = None,
    model: BeliefModel | None = None,
) -> Iterator[Evaluation]:
    """One for every calendar day from the first that was reported (at most ``MAX_DAYS`` back) to ``as_of_day``."""
    known = [day for day in history if day.day <= as_of_day]
    if not known:
        yield Evaluation(as_of_day, None, 0.0, 0, flagged=flagged_at is not None, unique=unique)
        return
    first = known[0].day
    exposed = next((day.day for day in known if day.exposure_days > 0), as_of_day)
    start = max(first, as_of_day - MAX_DAYS + 1)
    remembered = _remembered(known, start, as_of_day, model or shipped_model())
    scores = score_all(observed_of(remembered), expected_of(remembered), model=remembered.model)
    liquidated, indebted = _liquidated(known), _indebted(known)
    for place, (score, evidence) in enumerate(zip(scores.score.tolist(), expected_of(remembered).tolist(), strict=True)):
        day = start + place
        yield Evaluation(
            day=day,
            score=None if score != score else score,
            evidence=evidence,
            tenure_days=max(0, day - exposed),
            liquidation_free_days=_since(liquidated, day),
            bad_debt_free_days=_since(indebted, day),
            flagged=flagged_at is not None and flagged_at // DAY <= day,
            unique=unique,
        )


def _liquidated(known: Sequence[DayFacts]) -> list[int]:
    return sorted(day.day for day in known if day.margin.liquidation or day.margin.bad_debt)


def _indebted(known: Sequence[DayFacts]) -> list[int]:
    return sorted(day.day for day in known if day.margin.bad_debt)


def _free(days: Sequence[int], day: int, needed: int) -> bool:
    since = _since(days, day)
    return since is None or since >= needed


def _since(days: Sequence[int], day: int) -> int | None:
    past = bisect_right(days, day)
    return day - days[past - 1] if past else None


def _remembered(known: Sequence[DayFacts], start: int, end: int, model: BeliefModel) -> Evidence:
    """What is remembered on each day from ``start`` to ``end``, as if each were a pseudonym of its own."""
    length = end - start + 1
    days = np.array([day.day for day in known], dtype=np.int64) - start
    place, early = np.maximum(days, 0), np.minimum(days, 0)
    sums = {source: np.array([_sum(day, source) for day in known]) for source in (*_MARGIN, "expected")}
    found: dict[str, Floats] = {}
    for name, column in columns_of(model).items():
        daily = np.zeros(length)
        if name in _RISK:
            amount = sum((weight * sums[source] for source, weight in column.sources.items()), np.zeros(len(known)))
            np.add.at(daily, place, amount * 2 ** (early / column.half_life))
            daily = _forgetting(daily, 2 ** (-1 / column.half_life))
        found[name] = daily
    return Evidence(end, found, model)


def _forgetting(daily: Floats, kept: float) -> Floats:
    """The sum of every day and of what is kept of the day before."""

    def add(before: float, more: float) -> float:
        return before * kept + more

    return np.array(list(accumulate(daily.tolist(), add)))


def _sum(day: DayFacts, source: str) -> float:
    return float(getattr(day.margin, source)) if source in _MARGIN else day.expected
