"""From a pseudonym's days to what its venue's issuer signs: a standing as a credential says it, never better than it is.

Everything is that of the last whole day, so that several venues' standings are of one day and add up. E and O are the very
numbers that the score is made of: events of different severity, each as long as it is remembered, were added before
(reputation.md, section 2). Where a credential is coarser than the state, it says what is worse for the holder.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from credence.circuits.credential import LADDERS, STANDING_1
from credence.service.reputation.belief.model import BeliefModel, shipped_model
from credence.service.reputation.belief.risk import WORST
from credence.service.reputation.standing import DAY, remembered_on, stand
from credence.service.reputation.statistics import DayFacts
from credence.service.reputation.tiers.table import EARNED
from credence.service.runtime import AttestedStanding

_MILLI: Final = 1_000
_MOST: Final = STANDING_1.attributes["evidence_milli"].maximum
_MOST_RUNGS: Final = len(LADDERS["standing_tier"])
_RUNGS: Final = dict(zip(EARNED, range(1, _MOST_RUNGS + 1), strict=True))


def attested(
    history: Sequence[DayFacts],
    *,
    now: int,
    unique: bool = True,
    flagged_at: int | None = None,
    model: BeliefModel | None = None,
) -> AttestedStanding:
    """What is signed at ``now`` (unix seconds) of a pseudonym with these days, which are in order; none are a zero record.

    The tier is that of the last whole day, or a worse one where a hard event or flag of today fell it already, and R1 at
    most where there is no score to speak of; RX and R0 are no rung. At RX, and after a fall of today, nothing good is said:
    no score and no evidence, so that who asks for a score alone is not told of the day before; and so on the day of a
    liquidation or bad debt, which may fell nothing below R1. Evidence is said under the numbers that bounds over several
    venues are made of alone: a ``model`` with another prior or hazard has its score and tier, and no evidence. ``unique``:
    one person was proven behind the pseudonym.
    """
    today, model = now // DAY, model or shipped_model()
    state = stand(history, as_of_day=today, now=now, unique=unique, flagged_at=flagged_at, model=model)
    found = remembered_on(history, today - 1, model)
    # a bad debt ends the days that are free of liquidations too
    fell = state.tier in ("RX", "R0") or state.tier != state.standing.tier or state.evaluation.liquidation_free_days == 0
    score = math.floor(WORST if fell or found.score is None else found.score)
    evidence, events = math.floor(found.evidence * _MILLI), math.ceil(found.events * _MILLI)
    return AttestedStanding(
        as_of=today - 1,
        score=score,
        rungs=min(_RUNGS.get(state.tier, 0), _MOST_RUNGS if score > WORST else 1),
        # events beyond what can be said are as good as no evidence: cut off alone they would be too few
        evidence_milli=0 if fell or events > _MOST or not _is_common(model) else min(evidence, _MOST),
        events_milli=min(events, _MOST),
        model=model.version,
    )


def _is_common(model: BeliefModel) -> bool:
    """Whether E and O lead to the same score under the model as under the shipped one, whose prior and hazard the lines of
    tariffs have (verifier/tariff/tangents.py)."""
    common = shipped_model()
    return (model.risk_prior, model.hazard) == (common.risk_prior, common.hazard)
