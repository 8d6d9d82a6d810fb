"""Can a challenger drive margin without having shown all that it has to show?"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import numpy as np
import pytest

from credence.service.errors import Conflict
from credence.service.reputation.belief.arrays import BeliefRefused
from credence.service.reputation.challenger import Challenger
from credence.service.reputation.evaluation.fairness import FairnessReport, judge_fairness
from credence.service.reputation.promotion import NotPromoted, Promoted, Promotion, State, Trial, Withheld, promote

CHALLENGER = Challenger(cast(Any, None), cast(Any, None), 1)
WON = Trial(accounts=500, gain=0.05, error=0.01, fitted_until=100, judged_from=101)


def fairness(*, bias: float = 0.0) -> FairnessReport:
    rng = np.random.default_rng(1)
    chances, groups = rng.beta(2, 6, 4_000), np.arange(4_000) % 2
    outcomes = (rng.random(4_000) < chances).astype(float)
    return judge_fairness(outcomes, chances + bias * groups, {"tenure": groups})


FAIR, UNFAIR = fairness(), fairness(bias=0.1)


def test_who_wins_out_of_time_and_is_fair_is_promoted() -> None:
    found = promote(CHALLENGER, WON, FAIR)
    assert found.challenger is CHALLENGER
    assert found.decision.state is State.PROMOTED
    assert found.decision.to_json() == {
        "state": "promoted",
        "withheld": [],
        "trial": {"accounts": 500, "gain": 0.05, "error": 0.01, "out_of_time": True},
    }


@pytest.mark.parametrize(
    ("trial", "report", "missing"),
    [
        (None, FAIR, (Withheld.NO_TRIAL,)),
        (WON, None, (Withheld.NO_FAIRNESS_REPORT,)),
        (WON, UNFAIR, (Withheld.UNFAIR,)),
        (replace(WON, judged_from=100), FAIR, (Withheld.NOT_OUT_OF_TIME,)),
        (replace(WON, accounts=199), FAIR, (Withheld.TOO_FEW,)),
        (replace(WON, gain=0.029), FAIR, (Withheld.NO_WIN,)),
        (replace(WON, gain=-0.05), FAIR, (Withheld.NO_WIN,)),
        (replace(WON, gain=0.0, error=0.0), FAIR, (Withheld.NO_WIN,)),
        (None, None, (Withheld.NO_TRIAL, Withheld.NO_FAIRNESS_REPORT)),
        (
            Trial(10, -1.0, 0.1, 5, 5),
            UNFAIR,
            (Withheld.NOT_OUT_OF_TIME, Withheld.TOO_FEW, Withheld.NO_WIN, Withheld.UNFAIR),
        ),
    ],
)
def test_whoever_lacks_something_stays_beside(
    trial: Trial | None, report: FairnessReport | None, missing: tuple[Withheld, ...]
) -> None:
    assert Promotion(trial, report).state is State.BESIDE
    with pytest.raises(NotPromoted) as refused:
        promote(CHALLENGER, trial, report)
    assert refused.value.withheld == missing
    with pytest.raises(NotPromoted):
        Promoted(CHALLENGER, Promotion(trial, report))
    assert isinstance(refused.value, Conflict)


def test_a_trial_is_of_the_gains_of_each_account() -> None:
    gains = np.array([0.1, 0.3, 0.2, 0.2])
    trial = Trial.of(gains, fitted_until=1, judged_from=2)
    assert (trial.accounts, trial.gain) == (4, pytest.approx(0.2))
    assert trial.error == pytest.approx(np.std(gains, ddof=1) / 2)
    for wrong in (gains[:1], gains * np.nan, gains.reshape(2, 2)):
        with pytest.raises(BeliefRefused):
            Trial.of(wrong, fitted_until=1, judged_from=2)
