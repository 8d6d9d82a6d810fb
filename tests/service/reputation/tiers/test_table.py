"""Is a table of standing tiers refused, by name, for everything that it must not say?"""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from credence.service.reputation.tiers import TIERS, TableError, parse_table, shipped_table

SHIPPED: dict[str, Any] = json.loads(shipped_table().canonical)


def changed(tier: str | None = None, **values: Any) -> bytes:
    document = copy.deepcopy(SHIPPED)
    (document if tier is None else document["tiers"][tier]).update(values)
    return json.dumps(document).encode()


def refused(data: bytes) -> str:
    with pytest.raises(TableError) as caught:
        parse_table(data)
    return caught.value.invariant


def test_the_shipped_table_is_the_one_that_is_described() -> None:
    table = shipped_table()
    assert (table.up_days, table.down_days, table.raise_hours, table.bad_debt_falls_to) == (7, 2, 24, "R1")
    rows = {
        tier: (row.enter_score, row.leave_score, row.evidence, row.tenure_days, row.liquidation_free_days)
        for tier, row in table.rows.items()
    }
    assert rows == {
        "R1": (600, 575, 0, 0, 0),
        "R2": (640, 620, 1, 14, 0),
        "R3": (685, 660, 4, 60, 0),
        "R4": (720, 695, 8, 120, 0),
        "R5": (760, 735, 16, 240, 360),
    }
    assert parse_table(changed()).digest == table.digest
    assert parse_table(changed(version="2")).digest != table.digest


@pytest.mark.parametrize(
    ("data", "invariant"),
    [
        (b"[]", "shape"),
        (b"{", "shape"),
        (b"\xff", "shape"),
        (b'{"table": 1}', "number"),
        (b'{"table": "a", "table": "b"}', "shape"),
        (b" " * 20_000, "shape"),
        (changed(more="1"), "shape"),
        (changed(table="Standing"), "shape"),
        (changed(bad_debt_falls_to="R9"), "shape"),
        (changed("R2", enter_score="640.5"), "number"),
        (changed("R2", enter_score="860"), "number"),
        (changed("R2", evidence="-1"), "number"),
        (changed("R2", evidence="1e3"), "number"),
        (changed(up_days="0"), "number"),
        (changed("R3", enter_score="640"), "ascending"),
        (changed("R3", leave_score="620"), "ascending"),
        (changed("R2", leave_score="631"), "band"),
        (changed("R4", evidence="3"), "earned"),
        (changed("R4", tenure_days="59"), "earned"),
        (changed("R5", bad_debt_free_days="1"), "earned"),
        (changed(up_days="2"), "slow-up"),
        (changed(bad_debt_falls_to="R2"), "hard-fall"),
    ],
)
def test_what_is_refused_and_why(data: bytes, invariant: str) -> None:
    assert refused(data) == invariant


@pytest.mark.parametrize(
    "data",
    [
        changed("R2", leave_score="630"),
        changed("R3", enter_score="671"),
        changed("R4", evidence="4"),
        changed(up_days="3"),
        changed(bad_debt_falls_to="RX"),
    ],
)
def test_the_twins_at_the_edge_are_taken(data: bytes) -> None:
    assert set(parse_table(data).rows) == set(TIERS[2:])
