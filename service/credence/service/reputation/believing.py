"""From daily facts to what is believed: the one place where statistics meet the rooms of beliefs and tiers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from credence.service.reputation.statistics import DayFacts

if TYPE_CHECKING:
    from credence.service.reputation.belief.evidence import Evidence
    from credence.service.reputation.belief.model import BeliefModel

Json: TypeAlias = Mapping[str, Any]


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


def evidence_of(history: Sequence[DayFacts], as_of_day: int, model: BeliefModel) -> Evidence:
    """What is remembered of a pseudonym on a day. Days after it are not known yet."""
    from credence.service.reputation.belief.evidence import daily_evidence

    known = [day for day in history if day.day <= as_of_day]
    return daily_evidence(1, [0] * len(known), [day.day for day in known], daily_sums(known), as_of_day, model)


def belief_of(history: Sequence[DayFacts], as_of_day: int, model: BeliefModel) -> Json:
    """The belief about margin risk on a day, as it is answered."""
    from credence.service.reputation.belief.risk import risk_belief

    found: Json = risk_belief(evidence_of(history, as_of_day, model), 0).to_json()
    return found


def other_beliefs_of(history: Sequence[DayFacts], as_of_day: int, model: BeliefModel) -> dict[str, Json]:
    """The other beliefs on a day, as they are answered: how often a day has a margin event, Sharpe ratio, turnover.

    Nothing follows from them: no tier, no margin, no fee.
    """
    from credence.service.reputation.belief.frequency import event_day_belief
    from credence.service.reputation.belief.sharpe import sharpe_belief
    from credence.service.reputation.belief.velocity import turnover_belief

    evidence = evidence_of(history, as_of_day, model)
    found = {"event_days": event_day_belief, "sharpe": sharpe_belief, "turnover": turnover_belief}
    return {name: belief(evidence, 0).to_json() for name, belief in found.items()}
