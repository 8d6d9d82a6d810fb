"""BG/NBD: how many transactions to expect of accounts that come as they like and leave without saying so.

An account trades by a Poisson process of rate λ ~ Gamma(r, α) and leaves after each transaction with probability p ~ Beta(a,
b) (Fader, Hardie and Lee 2005). Fitted by maximum likelihood over (frequency, recency, T) alone. Time is in the unit of the
table: weeks in CDNOW.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize, special

from credence.service.errors import InvalidRequest
from credence.service.reputation.belief.arrays import Floats, counted

NAMES: Final = ("r", "alpha", "a", "b")
LOW: Final = 0.05
HIGH: Final = 0.95
LEAST: Final = 20
"""Accounts below which nothing is fitted, or shown."""

_STEP: Final = 1e-3
_NEAR_ONE: Final = 1e-6


class ValueRefused(InvalidRequest):
    """Histories that nothing can be expected from; ``reason`` names what is wrong and repeats none of them."""


@dataclass(frozen=True)
class Purchases:
    """Of each account: ``frequency``, its transactions after the first; ``recency``, the time from the first to the last one
    (0 where there was one alone); ``age``, the time since the first. Raises :class:`ValueRefused`.
    """

    frequency: Floats
    recency: Floats
    age: Floats

    def __post_init__(self) -> None:
        frequency, recency, age = counted(frequency=self.frequency, recency=self.recency, age=self.age)
        if frequency.ndim != 1 or (frequency != np.floor(frequency)).any():
            raise ValueRefused("a frequency is a whole number")
        if (recency > age).any() or (age <= 0).any():
            raise ValueRefused("the last transaction is not after the end, and time has passed")
        if ((frequency == 0) != (recency == 0)).any():
            raise ValueRefused("a recency is 0 exactly where there was no second transaction")
        for name, value in zip(("frequency", "recency", "age"), (frequency, recency, age), strict=True):
            object.__setattr__(self, name, value)

    def __len__(self) -> int:
        return int(self.frequency.size)


@dataclass(frozen=True)
class Fit:
    """The four numbers, all positive; ``covariance`` (4 × 4) is of their logarithms, by the curvature of the likelihood."""

    r: float
    alpha: float
    a: float
    b: float
    log_likelihood: float
    covariance: Floats
    n: int

    @property
    def point(self) -> Floats:
        return np.array([self.r, self.alpha, self.a, self.b])

    def draws(self, count: int, seed: int) -> Floats:
        """Parameters as the data leave them open: count × 4, lognormal around the fit."""
        rng = np.random.default_rng(seed)
        values, vectors = np.linalg.eigh(self.covariance)
        root = vectors * np.sqrt(np.maximum(values, 0.0))
        found: Floats = np.exp(np.log(self.point) + rng.standard_normal((count, 4)) @ root.T)
        return found

    def to_json(self) -> dict[str, Any]:
        spread = np.sqrt(np.diag(self.covariance)) * self.point
        return {
            **{name: round(float(value), 6) for name, value in zip(NAMES, self.point, strict=True)},
            "standard_errors": {name: round(float(value), 6) for name, value in zip(NAMES, spread, strict=True)},
            "log_likelihood": round(self.log_likelihood, 4),
            "n": self.n,
        }


def fit_bgnbd(data: Purchases) -> Fit:
    """The maximum of the likelihood. Raises :class:`ValueRefused` for fewer than 20 accounts, or without a maximum."""
    if len(data) < LEAST:
        raise ValueRefused(f"{LEAST} accounts are the fewest that anything is fitted on")
    if not data.frequency.any():
        raise ValueRefused("nobody came a second time")

    def loss(logs: Floats) -> float:
        return -float(log_likelihood(np.exp(logs), data).sum())

    start = np.log([1.0, float(data.age.mean()), 1.0, 1.0])
    best = optimize.minimize(loss, start, method="Nelder-Mead", options={"xatol": 1e-7, "fatol": 1e-7, "maxiter": 4_000})
    if not best.success or np.abs(best.x).max() > 12:
        raise ValueRefused("the likelihood has no maximum: these accounts do not trade and leave in this way")
    curve = _curvature(loss, best.x)
    if np.linalg.eigvalsh(curve).min() <= 0:
        raise ValueRefused("the likelihood is flat at its maximum: too little is told of who leaves")
    r, alpha, a, b = np.exp(best.x).tolist()
    covariance = np.asarray(np.linalg.inv(curve), dtype=np.float64)
    return Fit(r, alpha, a, b, -float(best.fun), covariance, len(data))


def log_likelihood(point: ArrayLike, data: Purchases) -> Floats:
    """Of each account, at (r, α, a, b)."""
    r, alpha, a, b = np.asarray(point, dtype=np.float64)
    x, since, age = data.frequency, data.recency, data.age
    common = special.gammaln(r + x) - special.gammaln(r) + r * np.log(alpha)
    stays = special.betaln(a, b + x) - special.betaln(a, b) - (r + x) * np.log(alpha + age)
    left = special.betaln(a + 1, b + np.maximum(x, 1) - 1) - special.betaln(a, b) - (r + x) * np.log(alpha + since)
    found: Floats = common + np.logaddexp(stays, np.where(x > 0, left, -np.inf))
    return found


def expected_transactions(point: ArrayLike, data: Purchases, horizon: float) -> Floats:
    """Of each account within ``horizon`` from now on, at (r, α, a, b)."""
    r, alpha, a, b = np.asarray(point, dtype=np.float64)
    if abs(a - 1) < _NEAR_ONE:
        a = a + 2 * _NEAR_ONE  # a limit that exists, but not as it is written
    x, since, age = data.frequency, data.recency, data.age
    share = horizon / (alpha + age + horizon)
    kept = ((alpha + age) / (alpha + age + horizon)) ** (r + x) * special.hyp2f1(r + x, b + x, a + b + x - 1, share)
    gone = np.where(x > 0, a / (b + np.maximum(x, 1) - 1) * ((alpha + age) / (alpha + since)) ** (r + x), 0.0)
    found: Floats = (a + b + x - 1) / (a - 1) * (1 - kept) / (1 + gone)
    return found


@dataclass(frozen=True)
class Expectation:
    """Of each account the expected transactions within ``horizon``, with the 5-95 % interval of that *expectation*.

    It is how far the data leave the parameters open; the number that comes varies more. ``total``: of all, likewise.
    """

    horizon: float
    mean: Floats
    low: Floats
    high: Floats
    total: tuple[float, float, float]

    def to_json(self) -> dict[str, Any]:
        mean, low, high = (round(each, 4) for each in self.total)
        size = len(self.mean)
        return {
            "horizon": self.horizon,
            "total": {"mean": mean, "low": low, "high": high},
            "per_account": {"mean": round(mean / size, 6), "low": round(low / size, 6), "high": round(high / size, 6)},
            "n": size,
        }


def expect(fit: Fit, data: Purchases, horizon: float, *, seed: int, draws: int = 200) -> Expectation:
    """Expected transactions of each account and of all. Raises :class:`ValueRefused` for a horizon that is not positive."""
    if not (np.isfinite(horizon) and horizon > 0):
        raise ValueRefused("a horizon is positive")
    told = np.stack([data.frequency, data.recency, data.age], axis=1)
    kinds, which, times = np.unique(told, axis=0, return_inverse=True, return_counts=True)
    few = Purchases(*kinds.T)
    mean = expected_transactions(fit.point, few, horizon)
    many = np.stack([expected_transactions(point, few, horizon) for point in fit.draws(draws, seed)])
    low, high = np.quantile(many, [LOW, HIGH], axis=0)
    totals = np.quantile(many @ times, [LOW, HIGH]).tolist()
    place = which.reshape(-1)
    return Expectation(horizon, mean[place], low[place], high[place], (float(mean @ times), totals[0], totals[1]))


def _curvature(loss: Any, at: Floats) -> Floats:
    size = at.size
    found = np.empty((size, size))
    steps = np.eye(size) * _STEP
    for i in range(size):
        for j in range(size):
            corners = [loss(at + p * steps[i] + q * steps[j]) for p, q in ((1, 1), (1, -1), (-1, 1), (-1, -1))]
            found[i, j] = (corners[0] - corners[1] - corners[2] + corners[3]) / (4 * _STEP**2)
    return found
