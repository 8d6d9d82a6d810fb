"""An honest tape of strangers, and what is done on it by those whom a rule is there to see."""

from __future__ import annotations

import numpy as np

from credence.service.reputation.abuse.tape import Order, Trade


def honest(count: int = 400, seed: int = 1, accounts: int = 30) -> list[Trade]:
    """Strangers who trade with one another around a price of 100."""
    rng = np.random.default_rng(seed)
    names = [f"account-{place:02}" for place in range(accounts)]
    found = []
    for place in range(count):
        buyer, seller = rng.choice(accounts, 2, replace=False)
        quantity = float(rng.lognormal(0, 0.5))
        side = "buy" if rng.random() < 0.5 else "sell"
        price = 100 + float(rng.normal(0, 1))
        found.append(Trade(place * 7.0, "ETH-PERP", price, quantity, names[buyer], names[seller], side))
    return found


def quotes(account: str, count: int, *, cancelled: float, apart: float) -> list[Order]:
    """So many orders, of which a share is cancelled, and the others are filled in between."""
    kept = 1 - cancelled
    return [
        Order(
            place * apart,
            place * apart + 0.5,
            account,
            "ETH-PERP",
            "buy",
            99.0,
            1.0,
            "fill" if int((place + 1) * kept) > int(place * kept) else "cancel",
        )
        for place in range(count)
    ]


def trade(
    at: float, buyer: str, seller: str, quantity: float = 5.0, aggressor: str = "buy", instrument: str = "ETH-PERP"
) -> Trade:
    """One trade at 100."""
    return Trade(at, instrument, 100.0, quantity, buyer, seller, aggressor)
