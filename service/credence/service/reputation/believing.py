"""From daily facts to what is believed: the one place where statistics meet the rooms of beliefs and tiers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from credence.service.reputation.statistics import DayFacts


def daily_sums(history: Sequence[DayFacts]) -> dict[str, list[float]]:
    """The daily sums that :mod:`credence.service.reputation.belief` reads, one number a day."""
    return {
        "near_miss": [float(day.margin.near_miss) for day in history],
        "call": [float(day.margin.call) for day in history],
        "liquidation": [float(day.margin.liquidation) for day in history],
        "bad_debt": [float(day.margin.bad_debt) for day in history],
        "expected": [day.expected for day in history],
        "days": [1.0 for _ in history],
        "event_days": [float(day.margin.any) for day in history],
        "winning_days": [float(day.pnl is not None and day.pnl > 0) for day in history],
        "return_n": [float(day.flow_return is not None) for day in history],
        "return_sum": [day.flow_return or 0.0 for day in history],
        "return_sumsq": [(day.flow_return or 0.0) ** 2 for day in history],
        "turnover": [day.turnover or 0.0 for day in history],
        "turnover_days": [float(day.turnover is not None) for day in history],
    }


def belief_of(history: Sequence[DayFacts], as_of_day: int) -> Mapping[str, Any]:
    """The belief about margin risk on a day, as it is answered. Days after it are not known yet."""
    from credence.service.reputation.belief.evidence import daily_evidence
    from credence.service.reputation.belief.risk import risk_belief

    known = [day for day in history if day.day <= as_of_day]
    evidence = daily_evidence(1, [0] * len(known), [day.day for day in known], daily_sums(known), as_of_day)
    found: Mapping[str, Any] = risk_belief(evidence, 0).to_json()
    return found
