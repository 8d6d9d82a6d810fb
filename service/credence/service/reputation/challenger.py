"""The challenger: gradient boosting that may only rise with what is known to be worse, calibrated on accounts not seen.

It is reported beside the belief. It drives nothing until :mod:`.promotion` lets it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.isotonic import IsotonicRegression
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from credence.service.reputation.belief.arrays import BeliefRefused, Floats, measured

FOLDS: Final = 5
"""Parts of the accounts: each is predicted by a model of the others, and the calibration is fitted to these predictions.
Whoever is new is predicted by all of these models."""

LEAST_ROWS: Final = 100
BINS: Final = 100
LEAST_IN_BIN: Final = 20

_SEED: Final = 0


@dataclass(frozen=True)
class Challenger:
    """Fitted models, one for each fold that was left out, whose log odds are averaged; and their calibration."""

    models: tuple[Any, ...]
    calibration: Any
    columns: int

    def predict(self, features: Floats) -> Floats:
        """The probability of an event for each row, strictly between 0 and 1. Raises ``BeliefRefused``."""
        (rows,) = measured(features=features)
        if rows.ndim != 2 or rows.shape[1] != self.columns:
            raise BeliefRefused("features have another number of columns than were fitted")
        return np.asarray(
            self.calibration.predict(np.mean([_raw(model, rows) for model in self.models], axis=0)), dtype=np.float64
        )


def fit_challenger(features: Floats, outcomes: Floats, directions: Sequence[int]) -> Challenger:
    """Fits on rows of features, one row an account, and outcomes (0 or 1). The same input gives the same model.

    ``directions``, one a column: 1 where more can only be worse, −1 where it can only be better, 0 where nobody knows.
    Isotonic calibration rises as well, so the whole keeps these directions. Raises ``BeliefRefused``.
    """
    (rows,), (found,) = measured(features=features), measured(outcomes=outcomes)
    if rows.ndim != 2 or found.shape != rows.shape[:1] or len(directions) != rows.shape[1]:
        raise BeliefRefused("features, outcomes and directions do not fit each other")
    if not set(directions) <= {-1, 0, 1} or not np.isin(found, (0.0, 1.0)).all():
        raise BeliefRefused("a direction is -1, 0 or 1, and an outcome 0 or 1")
    if len(found) < LEAST_ROWS or min(found.sum(), len(found) - found.sum()) < FOLDS:
        raise BeliefRefused(f"a challenger needs {LEAST_ROWS} rows, and outcomes of both kinds in every fold")
    fold = _folds(found)
    apart = np.empty(len(found))
    models = tuple(_fitted(rows[fold != part], found[fold != part], directions) for part in range(FOLDS))
    for part, model in enumerate(models):
        apart[fold == part] = _raw(model, rows[fold == part])
    return Challenger(models, _calibration(apart, found), rows.shape[1])


def _fitted(rows: Floats, outcomes: Floats, directions: Sequence[int]) -> Any:
    model = HistGradientBoostingClassifier(
        learning_rate=0.05,
        max_iter=150,
        max_leaf_nodes=20,
        min_samples_leaf=30,
        l2_regularization=1.0,
        monotonic_cst=list(directions),
        early_stopping=False,
        random_state=_SEED,
    )
    with threadpool_limits(1, "openmp"):  # threads that wait for each other on a busy machine take ten times as long
        return model.fit(rows, outcomes)


def _calibration(scores: Floats, outcomes: Floats) -> Any:
    """A rising step function of the log odds, linear in between, fitted to the shares of equal-mass bins.

    Each share counts one account more, of the mean risk: nobody has seen enough to say "never", and a step that a few
    accounts make would be believed of thousands.
    """
    parts = np.array_split(np.argsort(scores, kind="stable"), min(BINS, len(scores) // LEAST_IN_BIN))
    middles = [scores[part].mean() for part in parts]
    shares = [(outcomes[part].sum() + outcomes.mean()) / (len(part) + 1) for part in parts]
    sizes = [len(part) for part in parts]
    return IsotonicRegression(increasing=True, out_of_bounds="clip").fit(middles, shares, sample_weight=sizes)


def _raw(model: Any, rows: Floats) -> Floats:
    """The log odds before calibration."""
    with threadpool_limits(1, "openmp"):
        found: Floats = model.decision_function(rows)
    return found


def _folds(outcomes: Floats) -> np.ndarray[Any, np.dtype[np.int64]]:
    """A fold for each row, the same for the same input, with outcomes of both kinds alike in each."""
    fold = np.empty(len(outcomes), dtype=np.int64)
    shuffled = np.random.default_rng(_SEED).permutation(len(outcomes))
    for kind in (0.0, 1.0):
        chosen = shuffled[outcomes[shuffled] == kind]
        fold[chosen] = np.arange(len(chosen)) % FOLDS
    return fold
