"""Invented accounts that trade and leave as BG/NBD supposes."""

from __future__ import annotations

import numpy as np

from credence.service.reputation.value.bgnbd import Purchases


def buyers(
    count: int, seed: int, age: float = 40.0, point: tuple[float, float, float, float] = (0.8, 6.0, 1.2, 3.0)
) -> Purchases:
    """Drawn at (r, α, a, b)."""
    rng = np.random.default_rng(seed)
    r, alpha, a, b = point
    frequency, recency = np.zeros(count), np.zeros(count)
    rate, leaves = rng.gamma(r, 1 / alpha, count), rng.beta(a, b, count)
    for account in range(count):
        own = np.random.default_rng([seed, account])
        now = own.exponential(1 / rate[account])
        while now < age:
            frequency[account] += 1
            recency[account] = now
            if own.random() < leaves[account]:
                break
            now += own.exponential(1 / rate[account])
    return Purchases(frequency, recency, np.full(count, age))
