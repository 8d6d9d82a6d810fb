"""An invented venue: makers, hedgers, busy newcomers, and many small accounts."""

from __future__ import annotations

import numpy as np

from credence.service.reputation.segments.features import Accounts

KINDS = {
    "market maker": (5e7, 20_000, 3.0, 0.9, 0.2, 400, 2_000.0),
    "hedger": (2e6, 200, 2.0, 0.2, 0.1, 500, -50.0),
    "mercenary": (2e7, 3_000, 8.0, 0.1, 0.8, 15, 300.0),
    "retail": (2e4, 40, 5.0, 0.05, 0.9, 200, -100.0),
}


def crowd(sizes: dict[str, int], seed: int = 1) -> Accounts:
    """So many accounts of each kind, each around its kind's figures."""
    rng = np.random.default_rng(seed)
    rows, profit = [], []
    for kind, size in sizes.items():
        volume, trades, leverage, maker, net, tenure, earned = KINDS[kind]
        for _ in range(size):
            spread = np.exp(0.25 * rng.standard_normal(4))
            shares = np.clip([maker, net] + 0.03 * rng.standard_normal(2), 0, 1)
            rows.append([volume * spread[0], trades * spread[1], leverage * spread[2], *shares, tenure * spread[3]])
            profit.append(earned + 50 * rng.standard_normal())
    return Accounts(tuple(f"a{place}" for place in range(len(rows))), np.array(rows), np.array(profit))
