"""Do liquidations follow from the move, does closing move prices further, and is bad debt what is owed beyond equity?"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from credence.service.reputation.stress.cascade import Book, Outcome, StressRefused, read_book, run_stress
from credence.service.reputation.stress.scenarios import MAJOR, SCENARIOS, Scenario
from tests.service.reputation.links.wallets import write

DEEP = 1e15


def book(*positions: tuple[float, float], idle: int = 20) -> Book:
    """Accounts of (notional, equity) at a maintenance of 1 %, and as many idle ones as make it enough."""
    rows = [*positions, *[(1.0, 1e6)] * idle]
    notional = np.array([each[0] for each in rows])
    places = np.arange(len(rows), dtype=np.int64)
    return Book(
        places,
        np.zeros(len(rows), dtype=np.int64),
        notional,
        np.abs(notional) / 100,
        np.array([e[1] for e in rows]),
        (MAJOR,),
    )


def one(found: Book, scenario: Scenario, depth: float = DEEP, insurance: float = 1e6) -> Outcome:
    (outcome,) = run_stress(found, depth=depth, insurance=insurance, scenarios=[scenario]).outcomes
    return outcome


def test_who_falls_below_maintenance_is_closed_and_nobody_else() -> None:
    found = one(book((1_000.0, 100.0), (1_000.0, 300.0), (-1_000.0, 100.0)), Scenario("x", "", -0.24))
    assert (found.liquidated, found.bad_debt) == (1, 0)
    assert found.closed == pytest.approx(1_000 * 0.90, rel=0.02)
    assert found.move == {MAJOR: pytest.approx(-0.24)}
    rises = one(book((1_000.0, 100.0), (-1_000.0, 100.0)), Scenario("x", "", 0.24))
    assert rises.liquidated == 1


def test_a_stalled_oracle_leaves_the_whole_move_as_debt() -> None:
    stalled = one(book((1_000.0, 100.0)), Scenario("x", "", -0.24, stalled=True))
    assert (stalled.bad_debt, stalled.cover) == (pytest.approx(140.0), pytest.approx(140e-6))
    assert one(book((1_000.0, 100.0)), Scenario("x", "", -0.24)).bad_debt == 0


def test_closing_moves_the_price_and_takes_others_with_it() -> None:
    positions = [(1_000.0, 100.0), (1_000.0, 150.0), (1_000.0, 200.0)]
    deep = one(book(*positions), Scenario("x", "", -0.10))
    thin = one(book(*positions), Scenario("x", "", -0.10), depth=150.0)
    assert (deep.liquidated, thin.liquidated) == (1, 3)
    assert thin.move[MAJOR] < deep.move[MAJOR]
    assert thin.bad_debt >= deep.bad_debt == 0
    shorts = one(book((-1_000.0, 100.0), (-1_000.0, 150.0)), Scenario("x", "", 0.10), depth=150.0)
    assert shorts.move[MAJOR] > 0.10, "shorts are bought back"


def test_collateral_and_maintenance_fail_without_any_move() -> None:
    tight = book((1_000.0, 10.5))
    assert one(tight, Scenario("x", "")).liquidated == 0
    assert one(tight, Scenario("x", "", collateral=-0.10)).liquidated == 1
    assert one(tight, Scenario("x", "", maintenance=1.10)).liquidated == 1


def test_every_scenario_is_told_and_a_cascade_ends() -> None:
    rng = np.random.default_rng(1)
    many = book(
        *[(float(n), float(abs(n) * e)) for n, e in zip(rng.normal(0, 1e5, 300), rng.uniform(0.012, 0.5, 300), strict=True)]
    )
    report = run_stress(many, depth=1e5, insurance=0.0)
    told = report.to_json()
    assert [each["scenario"] for each in told["scenarios"]] == [each.name for each in SCENARIOS]
    assert {"2020-03-12", "2021-05-19", "2022-11-08", "2025-10-10", "-24%", "+50%", "stablecoin", "issuer-offline"} <= {
        each["scenario"] for each in told["scenarios"]
    }
    assert all(move > -1 for each in report.outcomes for move in each.move.values())
    assert told["scenarios"][0]["insurance_used"] is None
    assert told["n"]["accounts"] == 320


def test_books_that_cannot_be_are_refused(tmp_path: Path) -> None:
    head = ("account", "instrument", "notional", "maintenance", "equity")
    good = read_book(write(tmp_path / "a.csv", head, [("a", "x", -5, 1, 9), ("a", "y", 5, 1, 9), ("b", "x", 5, 1, 3)]))
    assert (good.equity.tolist(), good.instruments) == ([9.0, 3.0], ("x", "y"))
    with pytest.raises(StressRefused, match="one equity"):
        read_book(write(tmp_path / "b.csv", head, [("a", "x", -5, 1, 9), ("a", "y", 5, 1, 8)]))
    with pytest.raises(StressRefused, match="maintenance"):
        read_book(write(tmp_path / "c.csv", head, [("a", "x", -5, -1, 9)]))
    with pytest.raises(StressRefused, match="20 accounts"):
        run_stress(good, depth=1.0, insurance=1.0)
    with pytest.raises(StressRefused, match="depth"):
        run_stress(book(), depth=0.0, insurance=1.0)
