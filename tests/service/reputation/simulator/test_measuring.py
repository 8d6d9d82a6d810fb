"""Are the regimes of a market found again where they are known, and are the shipped numbers those that the data give?"""

from __future__ import annotations

import csv
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from credence.service.reputation.evaluation.tables import TableRefused
from credence.service.reputation.simulator.calibration import ActivityModel, MarketModel
from credence.service.reputation.simulator.market import draw_market
from credence.service.reputation.simulator.measuring import calibrate

FIRST = date(2024, 1, 1)


def written(path: Path, columns: tuple[str, ...], rows: list[tuple[object, ...]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([columns, *rows])
    return path


def prices(folder: Path, model: MarketModel, days: int) -> Path:
    daily = draw_market(days, np.random.default_rng(2), model).price[::24].tolist()
    return written(
        folder / "prices.csv", ("date", "price"), [(FIRST + timedelta(day), price) for day, price in enumerate(daily)]
    )


def test_regimes_that_were_drawn_are_found_again(tmp_path: Path) -> None:
    drawn = MarketModel(calm_deviation=0.01, stressed_deviation=0.05, leave_calm=0.1, leave_stress=0.2)
    found = calibrate([prices(tmp_path, drawn, 1_500)])
    assert found.market is not None
    assert found.activity is None
    assert found.returns == 1_500
    for name, tolerance in (
        ("calm_deviation", 0.1),
        ("stressed_deviation", 0.1),
        ("leave_calm", 0.3),
        ("leave_stress", 0.3),
    ):
        assert getattr(found.market, name) == pytest.approx(getattr(drawn, name), rel=tolerance)


def test_activity_is_the_share_of_days_between_the_first_and_the_last(tmp_path: Path) -> None:
    rows: list[tuple[object, ...]] = [
        (FIRST + timedelta(day), f"a{account}") for account in range(10) for day in range(0, 100, account + 1)
    ]
    found = calibrate([written(tmp_path / "days.csv", ("date", "account"), rows)])
    assert found.activity is not None
    assert found.accounts == 10
    assert found.activity.active_shares == pytest.approx((0.118, 0.19, 0.55), abs=0.01)


def test_other_tables_are_refused(tmp_path: Path) -> None:
    prices(tmp_path, MarketModel(), 120)
    assert calibrate([tmp_path / "prices.csv"]).returns == 120
    prices(tmp_path, MarketModel(), 99)
    with pytest.raises(TableRefused, match="more than 100 prices"):
        calibrate([tmp_path / "prices.csv"])
    few: list[tuple[object, ...]] = [(FIRST, f"a{account}") for account in range(9)]
    with pytest.raises(TableRefused, match="10 accounts"):
        calibrate([written(tmp_path / "days.csv", ("date", "account"), few)])
    with pytest.raises(TableRefused, match="date and price"):
        calibrate([written(tmp_path / "days.csv", ("date", "weather"), [(FIRST, "rain")])])


@pytest.mark.data
def test_what_is_shipped_is_what_the_data_give(shared: Path) -> None:
    data = shared / "data"
    found = calibrate([data / "defi_lending/eth_daily_price.csv", data / "hyperliquid/account_days.csv"])
    assert found.market is not None
    assert found.activity is not None
    assert (found.returns, found.accounts) == (999, 32)
    for name in ("calm_deviation", "stressed_deviation", "drift"):
        assert round(getattr(found.market, name), 4) == getattr(MarketModel(), name)
    for name in ("leave_calm", "leave_stress"):
        assert round(getattr(found.market, name), 3) == getattr(MarketModel(), name)
    assert found.activity.active_shares == pytest.approx(ActivityModel().active_shares, abs=5e-4)
