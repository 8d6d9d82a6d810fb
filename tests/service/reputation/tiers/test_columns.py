"""Do the columns say of every pseudonym what the machine says of one?"""

from __future__ import annotations

import random

import numpy as np
import pytest

from credence.service.reputation.tiers import TIERS, Evaluation, StandingError, advance, begin, shipped_table
from credence.service.reputation.tiers.columns import Evaluations, Standings, advance_columns

TABLE = shipped_table()


def drawn(chance: random.Random, day: int, *, calm: bool) -> Evaluation:
    if calm and chance.random() < 0.995:
        return Evaluation(day, 780.0, 16.0, 240)
    edges = [575.0, 600.0, 620.0, 640.0, 660.0, 685.0, 695.0, 720.0, 735.0, 760.0, 574.99, 800.0]
    free: list[int | None] = [None, None, None, None, 0, 29, 30, 90, 180, 359, 360]
    return Evaluation(
        day=day,
        score=chance.choice([None, *edges]) if chance.random() < 0.3 else 780.0,
        evidence=chance.choice([0.4, 4.0, 16.0, 16.0, 40.0]),
        tenure_days=chance.choice([0, 14, 120, 240, 240]),
        liquidation_free_days=chance.choice(free),
        bad_debt_free_days=None if chance.random() < 0.95 else chance.choice(free),
        flagged=chance.random() < 0.02,
        unique=chance.random() > 0.03,
    )


def test_a_column_is_its_rows() -> None:
    chance = random.Random(6)
    first = [drawn(chance, 1000, calm=place % 2 == 0) for place in range(300)]
    one = [begin(each.day, unique=each.unique) for each in first]
    columns = Standings.begin(np.full(300, 1000), np.array([each.unique for each in first]))
    assert columns.rows() == one
    seen: set[str] = set()
    today = [1000] * 300
    for _ in range(60):
        found = [drawn(chance, day, calm=place % 2 == 0) for place, day in enumerate(today)]
        one = [advance(TABLE, standing, each) for standing, each in zip(one, found, strict=True)]
        columns = advance_columns(TABLE, columns, Evaluations.of(found))
        assert columns.rows() == one
        seen.update(standing.tier for standing in one)
        today = [day + (1 if chance.random() < 0.97 else 2) for day in today]
    assert seen == set(TIERS)


def test_a_day_is_evaluated_once_here_too() -> None:
    found = Evaluations.of([Evaluation(1000, 700.0, 3.0, 20)])
    after = advance_columns(TABLE, Standings.begin(np.array([1000]), np.array([True])), found)
    with pytest.raises(StandingError):
        advance_columns(TABLE, after, found)
