"""Promotion: what a challenger has to show before it may drive margin, and a type for having shown it.

A challenger is a venue's own model (:mod:`.fitting`), or boosting. Whoever computes margin by one takes a :class:`Promoted`,
which cannot be made without the evidence for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Generic, TypeVar

import numpy as np

from credence.service.errors import Conflict
from credence.service.reputation.belief.arrays import BeliefRefused, Floats, measured
from credence.service.reputation.evaluation.fairness import FairnessReport

T = TypeVar("T")

LEAST_ACCOUNTS: Final = 200
STANDARD_ERRORS: Final = 3.0
"""By how many of its standard errors a gain has to exceed nothing."""


class Withheld(StrEnum):
    """Why a challenger is not promoted."""

    NO_TRIAL = "no-trial"
    NOT_OUT_OF_TIME = "not-out-of-time"
    TOO_FEW = "too-few-accounts"
    NO_WIN = "does-not-win"
    NO_FAIRNESS_REPORT = "no-fairness-report"
    UNFAIR = "unfair"


class State(StrEnum):
    """What a challenger may do."""

    BESIDE = "beside"
    """It is reported beside the belief and drives nothing."""
    PROMOTED = "promoted"


class NotPromoted(Conflict):
    """A challenger was to drive margin and may not; ``withheld`` says why."""

    default = "The challenger has not shown what it has to show before it may drive margin."

    def __init__(self, withheld: tuple[Withheld, ...]) -> None:
        super().__init__()
        self.withheld = withheld


@dataclass(frozen=True, slots=True)
class Trial:
    """A challenger against the belief. ``gain``: log loss saved an account (nats), and its standard error. Times in any
    unit: the last that was fitted on, and the first that was judged. Only where the one is before the other is it out of
    time, and an account may be in both: it is no trial on accounts that nobody was fitted to."""

    accounts: int
    gain: float
    error: float
    fitted_until: int
    judged_from: int

    @classmethod
    def of(cls, gains: Floats, *, fitted_until: int, judged_from: int) -> Trial:
        """The trial of each account's gain: the belief's log loss less the challenger's. Raises ``BeliefRefused``."""
        (each,) = measured(gains=gains)
        if each.ndim != 1 or each.size < 2:
            raise BeliefRefused("a trial needs two accounts")
        error = float(np.std(each, ddof=1) / np.sqrt(each.size))
        return cls(int(each.size), float(each.mean()), error, fitted_until, judged_from)

    @property
    def is_won(self) -> bool:
        """Whether the gain is beyond chance."""
        return self.gain > max(0.0, STANDARD_ERRORS * self.error)

    @property
    def is_lost(self) -> bool:
        """Whether the loss is beyond chance."""
        return self.gain < min(0.0, -STANDARD_ERRORS * self.error)

    def to_json(self) -> dict[str, Any]:
        return {
            "accounts": self.accounts,
            "gain": round(self.gain, 6),
            "error": round(self.error, 6),
            "out_of_time": self.judged_from > self.fitted_until,
        }


@dataclass(frozen=True, slots=True)
class Promotion:
    """What was decided follows from what was shown, so that nobody can say otherwise."""

    trial: Trial | None
    fairness: FairnessReport | None

    @property
    def withheld(self) -> tuple[Withheld, ...]:
        """All that is missing. A challenger has to win out of time, on enough accounts, beyond chance, and be fair."""
        missing: list[Withheld] = []
        if self.trial is None:
            missing.append(Withheld.NO_TRIAL)
        else:
            checks = {
                Withheld.NOT_OUT_OF_TIME: self.trial.judged_from > self.trial.fitted_until,
                Withheld.TOO_FEW: self.trial.accounts >= LEAST_ACCOUNTS,
                Withheld.NO_WIN: self.trial.is_won,
            }
            missing += [reason for reason, holds in checks.items() if not holds]
        if self.fairness is None:
            missing.append(Withheld.NO_FAIRNESS_REPORT)
        elif not self.fairness.passed:
            missing.append(Withheld.UNFAIR)
        return tuple(missing)

    @property
    def state(self) -> State:
        return State.BESIDE if self.withheld else State.PROMOTED

    def to_json(self) -> dict[str, Any]:
        trial = None if self.trial is None else self.trial.to_json()
        return {"state": self.state.value, "withheld": [reason.value for reason in self.withheld], "trial": trial}


@dataclass(frozen=True)
class Promoted(Generic[T]):
    """A challenger that may drive margin. Raises :class:`NotPromoted` where something is missing."""

    challenger: T
    decision: Promotion

    def __post_init__(self) -> None:
        if self.decision.state is not State.PROMOTED:
            raise NotPromoted(self.decision.withheld)


def promote(challenger: T, trial: Trial | None, fairness: FairnessReport | None) -> Promoted[T]:
    """The challenger as one that may drive margin. Raises :class:`NotPromoted` with everything that is missing."""
    return Promoted(challenger, Promotion(trial, fairness))
