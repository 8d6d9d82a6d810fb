"""A path of prices by the hour whose volatility switches between two regimes by the day."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from credence.service.reputation.simulator.calibration import MarketModel

HOURS = 24


@dataclass(frozen=True)
class Market:
    """``price`` has one number an hour, the first before the first hour; ``stressed`` one a day."""

    price: npt.NDArray[np.float64]
    stressed: npt.NDArray[np.bool_]
    model: MarketModel

    def hazards(self, first_day: int) -> dict[int, int]:
        """What reputation counts expected events by: unix day to ppm of a calm day's hazard.

        It rises with the deviation of the regime, which is an assumption of the simulator.
        """
        times = self.model.stressed_deviation / self.model.calm_deviation
        return {first_day + day: round(1e6 * (times if bad else 1)) for day, bad in enumerate(self.stressed.tolist())}


def draw_market(days: int, rng: np.random.Generator, model: MarketModel | None = None) -> Market:
    """A market of so many days (at least 1), from its calm regime on."""
    model = model or MarketModel()
    stressed = np.zeros(days, dtype=np.bool_)
    chance = rng.random(days)
    for day in range(1, days):
        leaves = model.leave_stress if stressed[day - 1] else model.leave_calm
        stressed[day] = stressed[day - 1] ^ (chance[day] < leaves)
    daily = np.where(stressed, model.stressed_deviation, model.calm_deviation)
    hourly = np.repeat(daily / np.sqrt(HOURS), HOURS)
    steps = model.drift / HOURS - hourly**2 / 2 + hourly * rng.standard_normal(days * HOURS)
    return Market(model.first_price * np.exp(np.concatenate([[0.0], np.cumsum(steps)])), stressed, model)
