"""A mixture of Gaussians over the accounts of a venue: names from the centroids, soft membership, and how stable it is.

The number of segments is the one of least BIC up to :data:`MOST`. Stability is the adjusted Rand index between the segments
and those of resampled accounts: 1 is the same, 0 what chance gives. Nothing smaller than :data:`LEAST` accounts is shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import numpy as np
from sklearn.metrics import adjusted_rand_score
from sklearn.mixture import GaussianMixture
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from credence.service.reputation.belief.arrays import Floats
from credence.service.reputation.segments.features import UNITS, Accounts, SegmentsRefused, scaled
from credence.service.reputation.segments.naming import named

LEAST: Final = 20
MOST: Final = 6
LOW: Final = 0.05
HIGH: Final = 0.95
STABLE: Final = 0.6
"""A mean Rand index below which the report says that segments are not to be relied on."""

LIMIT: Final = (
    "a description of who is here now: no account is priced, limited or judged by its segment, and kinds are not causes"
)

_DRAWS: Final = 400


@dataclass(frozen=True)
class Segment:
    """One kind of account. ``accounts``: sum of memberships. ``centre``: weighted median of each feature, natural units.

    ``profit``: per account, membership-weighted mean with its 5-95 % interval over resampled accounts, USD.
    """

    name: str
    accounts: float
    share: float
    centre: Mapping[str, float]
    profit: float
    profit_low: float
    profit_high: float

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "accounts": round(self.accounts, 1),
            "share": round(self.share, 4),
            "centre": {key: round(value, 4) for key, value in self.centre.items()},
            "profit_per_account": {
                "mean": round(self.profit, 2),
                "low": round(self.profit_low, 2),
                "high": round(self.profit_high, 2),
            },
        }


@dataclass(frozen=True)
class SegmentReport:
    """Segments that may be shown, the largest first. ``withheld``: accounts of those that may not. ``ari``: mean and 5 %
    quantile over resamples. ``membership``: accounts × all segments, rows sum to 1."""

    segments: tuple[Segment, ...]
    withheld: float
    n: int
    ari: tuple[float, float]
    resamples: int
    membership: Floats
    limit: str = LIMIT

    @property
    def stable(self) -> bool:
        return self.ari[0] >= STABLE

    def to_json(self) -> dict[str, Any]:
        return {
            "segments": [segment.to_json() for segment in self.segments],
            "withheld_accounts": round(self.withheld, 1),
            "n": self.n,
            "least_shown": LEAST,
            "stability": {
                "ari_mean": round(self.ari[0], 4),
                "ari_low": round(self.ari[1], 4),
                "resamples": self.resamples,
                "stable": self.stable,
            },
            "units": dict(UNITS),
            "limit": self.limit,
        }


def find_segments(data: Accounts, *, seed: int, resamples: int = 20) -> SegmentReport:
    """The segments of a venue's accounts. Raises :class:`SegmentsRefused` for fewer than twice :data:`LEAST`."""
    if len(data) < 2 * LEAST:
        raise SegmentsRefused(f"{2 * LEAST} accounts are the fewest that are told apart")
    points = scaled(data.features)
    with threadpool_limits(1):
        kinds = range(1, min(MOST, len(data) // LEAST) + 1)
        fitted = [_fit(points, count, seed) for count in kinds]
        model = min(fitted, key=lambda each: each.bic(points))
        membership: Floats = model.predict_proba(points)
        ari = _stability(points, model, seed, resamples)
    sizes = membership.sum(axis=0)
    shown = [place for place in np.argsort(-sizes, kind="stable").tolist() if sizes[place] >= LEAST]
    centres = [_centre(data.features, membership[:, place]) for place in shown]
    rng = np.random.default_rng([seed, 1])
    segments = [
        _segment(name, centre, membership[:, place], data, rng)
        for name, centre, place in zip(named(centres), centres, shown, strict=True)
    ]
    withheld = float(len(data) - sum(sizes[place] for place in shown))
    return SegmentReport(tuple(segments), max(0.0, withheld), len(data), ari, resamples, membership)


def _fit(points: Floats, count: int, seed: int) -> Any:
    return GaussianMixture(count, covariance_type="diag", n_init=3, reg_covar=1e-2, random_state=seed).fit(points)


def _stability(points: Floats, model: Any, seed: int, resamples: int) -> tuple[float, float]:
    label, rng = model.predict(points), np.random.default_rng([seed, 2])
    found = []
    for number in range(resamples):
        drawn = points[rng.integers(len(points), size=len(points))]
        again = GaussianMixture(
            model.n_components, covariance_type="diag", n_init=1, reg_covar=1e-2, random_state=seed + number
        ).fit(drawn)
        found.append(float(adjusted_rand_score(label, again.predict(points))))
    return float(np.mean(found)), float(np.quantile(found, LOW))


def _centre(features: Floats, weight: Floats) -> Mapping[str, float]:
    found = {}
    for place, name in enumerate(UNITS):
        order = np.argsort(features[:, place], kind="stable")
        upto = np.cumsum(weight[order])
        found[name] = float(features[order, place][np.searchsorted(upto, upto[-1] / 2)])
    return MappingProxyType(found)


def _segment(name: str, centre: Mapping[str, float], weight: Floats, data: Accounts, rng: np.random.Generator) -> Segment:
    picked = rng.integers(len(data), size=(_DRAWS, len(data)))
    means = (weight[picked] * data.profit[picked]).sum(axis=1) / np.maximum(weight[picked].sum(axis=1), 1e-9)
    low, high = np.quantile(means, [LOW, HIGH]).tolist()
    size = float(weight.sum())
    return Segment(name, size, size / len(data), centre, float(weight @ data.profit) / size, low, high)
