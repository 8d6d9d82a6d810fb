"""The same machine over columns: one evaluation of each of many pseudonyms, equal to ``machine.advance`` row by row."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final, Self

import numpy as np
import numpy.typing as npt

from credence.service.reputation.tiers.machine import Evaluation, Standing, StandingError
from credence.service.reputation.tiers.table import EARNED, TIERS, StandingTable

Whole = npt.NDArray[np.int64]
Real = npt.NDArray[np.float64]
Truth = npt.NDArray[np.bool_]

_RX, _R0, _R1, _TOP = 0, 1, 2, len(TIERS) - 1
_NEVER: Final = np.iinfo(np.int64).max


@dataclass(frozen=True)
class Standings:
    """One row for each pseudonym. ``tier`` and ``down_to`` are ranks, ``down_to`` -1 where no days are counted down."""

    tier: Whole
    since_day: Whole
    evaluated_day: Whole
    up_days: Whole
    down_days: Whole
    down_to: Whole

    @classmethod
    def begin(cls, day: Whole, unique: Truth) -> Self:
        """Before each one's first evaluation, on ``day``."""
        zero = np.zeros_like(day)
        return cls(np.where(unique, _R1, _R0), day, day - 1, zero, zero, zero - 1)

    def rows(self) -> list[Standing]:
        """The same as :class:`Standing`, one by one."""
        return [
            Standing(TIERS[tier], since, evaluated, up, down, None if to < 0 else TIERS[to])
            for tier, since, evaluated, up, down, to in zip(
                *(getattr(self, each.name).tolist() for each in fields(self)), strict=True
            )
        ]


@dataclass(frozen=True)
class Evaluations:
    """As :class:`Evaluation`, by column: NaN for no score, the largest integer for no liquidation or bad debt ever."""

    day: Whole
    score: Real
    evidence: Real
    tenure_days: Whole
    liquidation_free_days: Whole
    bad_debt_free_days: Whole
    flagged: Truth
    unique: Truth

    @classmethod
    def of(cls, rows: list[Evaluation]) -> Self:
        """From single ones."""

        def free(name: str) -> Whole:
            found = (getattr(row, name) for row in rows)
            return np.array([_NEVER if days is None else days for days in found], dtype=np.int64)

        return cls(
            day=np.array([row.day for row in rows], dtype=np.int64),
            score=np.array([np.nan if row.score is None else row.score for row in rows], dtype=np.float64),
            evidence=np.array([row.evidence for row in rows], dtype=np.float64),
            tenure_days=np.array([row.tenure_days for row in rows], dtype=np.int64),
            liquidation_free_days=free("liquidation_free_days"),
            bad_debt_free_days=free("bad_debt_free_days"),
            flagged=np.array([row.flagged for row in rows], dtype=np.bool_),
            unique=np.array([row.unique for row in rows], dtype=np.bool_),
        )


def advance_columns(table: StandingTable, at: Standings, found: Evaluations) -> Standings:
    """Each standing after its evaluation. Raises :class:`StandingError` where one day was evaluated already."""
    if np.any(found.day <= at.evaluated_day):
        raise StandingError("that day was evaluated already")
    gap = found.day > at.evaluated_day + 1
    up = np.where(gap, 0, at.up_days)
    down = np.where(gap, 0, at.down_days)
    down_to = np.where(gap, -1, at.down_to)

    hard_to = _hard(table, at.tier, found)
    hard = hard_to != at.tier
    best = _held(table, at.tier, found)
    below = ~hard & (best != at.tier)
    lost = np.maximum(best, down_to)
    falls = below & (down + 1 >= table.down_days)
    waits = below & ~falls

    proven = ~hard & ~below & (at.tier == _R0) & found.unique
    step = np.where(at.tier == _RX, np.where(found.unique, _R1, _R0), np.minimum(at.tier + 1, _TOP))
    may = ~hard & ~below & ~proven & (at.tier != _TOP) & (found.unique | (at.tier == _RX))
    met = may & _meets(table, step, found)
    rises = met & (up + 1 >= table.up_days)

    tier = np.select([hard, falls, proven, rises], [hard_to, lost, np.full_like(at.tier, _R1), step], at.tier)
    return Standings(
        tier=tier,
        since_day=np.where(tier != at.tier, found.day, at.since_day),
        evaluated_day=found.day,
        up_days=np.where(met & ~rises, up + 1, 0),
        down_days=np.where(waits, down + 1, 0),
        down_to=np.where(waits, lost, -1),
    )


def _hard(table: StandingTable, tier: Whole, found: Evaluations) -> Whole:
    cap = np.minimum(tier, TIERS.index(table.bad_debt_falls_to))
    bad = np.where(np.isnan(found.score), _RX, _held(table, cap, found))
    return np.where(found.flagged, _RX, np.where(found.bad_debt_free_days == 0, bad, tier))


def _held(table: StandingTable, tier: Whole, found: Evaluations) -> Whole:
    scored = ~np.isnan(found.score)
    low = scored & (found.score < table.rows[EARNED[0]].leave_score)
    best = np.where(low | (tier == _RX), _RX, _R0)
    for place, name in enumerate(EARNED):
        row = table.rows[name]
        enough = np.where(scored, found.score >= row.leave_score, place == 0)
        stays = (tier >= place + _R1) & found.unique & enough & (found.liquidation_free_days >= row.liquidation_free_days)
        best = np.where(stays, place + _R1, best)
    return np.where(found.flagged, _RX, best)


def _meets(table: StandingTable, step: Whole, found: Evaluations) -> Truth:
    rows = [table.rows[name] for name in EARNED]
    place = np.maximum(step - _R1, 0)

    def asked(name: str) -> Real:
        return np.array([getattr(row, name) for row in rows], dtype=np.float64)[place]

    scored = np.where(np.isnan(found.score), place == 0, found.score >= asked("enter_score"))
    met: Truth = (
        scored
        & ~found.flagged
        & (found.evidence >= asked("evidence"))
        & (found.tenure_days >= asked("tenure_days"))
        & (found.liquidation_free_days >= asked("liquidation_free_days"))
        & (found.bad_debt_free_days >= asked("bad_debt_free_days"))
    )
    return met
