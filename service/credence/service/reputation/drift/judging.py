"""Two samples of every feature, then and now: population stability index, and Kolmogorov and Smirnov's test.

A feature has drifted if both say so: PSI of :data:`LARGE` or more, which is how much has moved, and a KS test below
:data:`SIGNIFICANCE` over all features together, which is that it is no chance. One drifted feature asks for a refit **in
shadow**: nobody is priced by it until it has been compared.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from scipy import stats

from credence.service.errors import InvalidRequest
from credence.service.reputation.belief.arrays import Floats, measured
from credence.service.reputation.evaluation.tables import read_table

BINS: Final = 10
LEAST: Final = 200
"""Rows on either side: with fewer the index of two samples of one population is often above 0.1."""

LARGE: Final = 0.2
SIGNIFICANCE: Final = 0.01
MOST_FEATURES: Final = 100
LIMIT: Final = "that a feature moved, not why, and not that a model is worse by it: only outcomes tell that"


class DriftRefused(InvalidRequest):
    """Samples that cannot be compared; ``reason`` names what is missing."""


@dataclass(frozen=True, slots=True)
class FeatureDrift:
    """One feature. ``psi`` ≥ 0; ``ks``: largest difference of the two distributions, 0-1; ``p``: how likely by chance."""

    name: str
    psi: float
    ks: float
    p: float
    drifted: bool

    def to_json(self) -> dict[str, Any]:
        return {"name": self.name, "psi": round(self.psi, 4), "ks": round(self.ks, 4), "p": self.p, "drifted": self.drifted}


@dataclass(frozen=True)
class DriftReport:
    """Every feature, that with the largest index first, and how many rows were compared."""

    features: tuple[FeatureDrift, ...]
    before: int
    after: int
    limit: str = LIMIT

    @property
    def refit(self) -> bool:
        """Whether a refit in shadow is asked for."""
        return any(feature.drifted for feature in self.features)

    def to_json(self) -> dict[str, Any]:
        return {
            "refit_in_shadow": self.refit,
            "features": [feature.to_json() for feature in self.features],
            "n": {"before": self.before, "after": self.after},
            "needed": {"psi": LARGE, "p": SIGNIFICANCE / max(1, len(self.features))},
            "limit": self.limit,
        }


def stability_index(before: Floats, after: Floats) -> float:
    """PSI over the tenths of ``before``; equal values share a bin, and an empty bin counts as half a row."""
    edges = np.unique(np.quantile(before, np.linspace(0, 1, BINS + 1)[1:-1]))
    counts = [np.bincount(np.searchsorted(edges, part, side="left"), minlength=len(edges) + 1) for part in (before, after)]
    old, new = (np.maximum(count, 0.5) / np.maximum(count, 0.5).sum() for count in counts)
    return float(np.sum((new - old) * np.log(new / old)))


def judge_drift(before: Mapping[str, Floats], after: Mapping[str, Floats]) -> DriftReport:
    """Of the features that both sides have. Raises :class:`DriftRefused`, ``BeliefRefused``."""
    if set(before) != set(after) or not 0 < len(before) <= MOST_FEATURES:
        raise DriftRefused(f"both sides have the same features, at most {MOST_FEATURES}")
    old, new = (dict(zip(side, measured(**side), strict=True)) for side in (before, after))
    sizes = [next(iter(side.values())).size for side in (old, new)]
    if min(sizes) < LEAST:
        raise DriftRefused(f"{LEAST} rows on either side are the fewest that are compared")
    bar = SIGNIFICANCE / len(old)
    found = []
    for name in old:
        index, test = stability_index(old[name], new[name]), stats.ks_2samp(old[name], new[name], method="asymp")
        found.append(
            FeatureDrift(name, index, float(test.statistic), float(test.pvalue), index >= LARGE and float(test.pvalue) < bar)
        )
    found.sort(key=lambda each: (-each.psi, each.name))
    return DriftReport(tuple(found), sizes[0], sizes[1])


def read_features(path: Path, names: tuple[str, ...]) -> dict[str, Floats]:
    """Columns of a table. Raises ``TableRefused``."""
    table = read_table(path, names)
    return {name: table.numbers(name) for name in names}
