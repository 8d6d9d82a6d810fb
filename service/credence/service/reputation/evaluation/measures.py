"""How good probabilities are: log loss, Brier score, calibration error, area under the curve, and rank correlation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from credence.service.errors import InvalidRequest
from credence.service.reputation.belief.arrays import Floats, measured

CLIP: Final = 1e-6
"""Probabilities nearer to 0 or 1 count as this near in the log loss: "never", where it is wrong, is not infinite."""

BINS: Final = 10


class MeasureRefused(InvalidRequest):
    """Outcomes and probabilities that nothing can be measured on."""


@dataclass(frozen=True, slots=True)
class Measures:
    """Of probabilities on outcomes not seen. ``auc`` is None where all outcomes are alike."""

    log_loss: float
    brier: float
    ece: float
    auc: float | None

    def to_json(self) -> dict[str, Any]:
        told = {name: getattr(self, name) for name in self.__slots__}
        return {name: None if value is None else round(value, 6) for name, value in told.items()}


def measure(outcomes: ArrayLike, chances: ArrayLike) -> Measures:
    """All four, of outcomes (0 or 1) and their probabilities (0-1). Raises :class:`MeasureRefused`, ``BeliefRefused``."""
    found, probabilities = _judged(outcomes, chances)
    return Measures(
        log_loss=float(np.mean(losses(found, probabilities))),
        brier=float(np.mean((probabilities - found) ** 2)),
        ece=calibration_error(found, probabilities),
        auc=area(found, probabilities),
    )


def losses(outcomes: ArrayLike, chances: ArrayLike) -> Floats:
    """The log loss of each outcome, in nats."""
    found, probabilities = _judged(outcomes, chances)
    clipped = np.clip(probabilities, CLIP, 1 - CLIP)
    each: Floats = -(found * np.log(clipped) + (1 - found) * np.log1p(-clipped))
    return each


def bins_of(chances: Floats, bins: int = BINS) -> np.ndarray[Any, np.dtype[np.int64]]:
    """The equal-mass bin (0 …) of each probability. Equal probabilities share a bin, so that the order of rows decides
    nothing; where many are equal there are fewer bins."""
    edges = np.quantile(chances, np.linspace(0, 1, bins + 1)[1:-1])
    return np.searchsorted(edges, chances, side="left").astype(np.int64)


def calibration_error(outcomes: ArrayLike, chances: ArrayLike) -> float:
    """Expected calibration error: |share of outcomes − mean probability| of each equal-mass bin, weighted by its size."""
    found, probabilities = _judged(outcomes, chances)
    number = bins_of(probabilities)
    gaps = np.bincount(number, weights=found - probabilities, minlength=BINS)
    return float(np.abs(gaps).sum() / found.size)


def area(outcomes: ArrayLike, chances: ArrayLike) -> float | None:
    """The probability that a hit was given the higher of two probabilities, ties counting half; None without both."""
    found, probabilities = _judged(outcomes, chances)
    hits = found.sum()
    misses = found.size - hits
    if hits == 0 or misses == 0:
        return None
    ranks = stats.rankdata(probabilities)
    return float((ranks[found == 1].sum() - hits * (hits + 1) / 2) / (hits * misses))


def rank_correlation(left: Floats, right: Floats) -> float | None:
    """Spearman's; None where it is not defined: fewer than three pairs, or a side that is all alike."""
    if left.size < 3 or np.ptp(left) == 0 or np.ptp(right) == 0:
        return None
    return float(np.corrcoef(stats.rankdata(left), stats.rankdata(right))[0, 1])


def _judged(outcomes: ArrayLike, chances: ArrayLike) -> list[Floats]:
    found, probabilities = measured(outcomes=outcomes, chances=chances)
    if found.ndim != 1 or found.size == 0:
        raise MeasureRefused("there is nothing to measure")
    if not np.isin(found, (0.0, 1.0)).all():
        raise MeasureRefused("an outcome is 0 or 1")
    if (probabilities < 0).any() or (probabilities > 1).any():
        raise MeasureRefused("a probability is between 0 and 1")
    return [found, probabilities]
