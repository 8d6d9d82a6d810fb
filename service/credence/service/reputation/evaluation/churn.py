"""Churn and value on a published table: the fit against the published numbers, and what is expected of its customers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from credence.service.reputation.evaluation.tables import read_table
from credence.service.reputation.value.bgnbd import Expectation, Fit, Purchases, expect, fit_bgnbd

PUBLISHED: Final = MappingProxyType({"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426})
"""Fader, Hardie and Lee 2005, on the 2,357 customers of CDNOW's first quarter of 1997."""

LIMIT: Final = "customers of a music shop in 1997: that the fit is right, and nothing about traders"


@dataclass(frozen=True)
class ChurnReport:
    """The fit, what is expected within the horizon, and the limit of both."""

    fit: Fit
    expected: Expectation
    limit: str = LIMIT

    def to_json(self) -> dict[str, Any]:
        own = self.fit.to_json()
        return {
            **own,
            "published": dict(PUBLISHED),
            "same_to_three_decimals": all(round(own[name], 3) == value for name, value in PUBLISHED.items()),
            "expected_transactions": self.expected.to_json(),
            "limit": self.limit,
        }


def read_purchases(path: Path) -> Purchases:
    """A table with ``frequency``, ``recency`` and ``T``. Raises ``TableRefused``, ``ValueRefused``."""
    table = read_table(path, ("frequency", "recency", "T"))
    return Purchases(table.numbers("frequency"), table.numbers("recency"), table.numbers("T"))


def evaluate_churn(path: Path, *, horizon: float, seed: int) -> ChurnReport:
    """Raises ``TableRefused``, ``ValueRefused``."""
    data = read_purchases(path)
    fit = fit_bgnbd(data)
    return ChurnReport(fit, expect(fit, data, horizon, seed=seed))
