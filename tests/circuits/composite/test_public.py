"""Is what both sides know exactly what the plan asks for? One part too many or too few is refused before anything else."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from credence.circuits.curve import Curve
from credence.circuits.errors import IllFormed, Step
from credence.circuits.ratelimit import Limit
from tests.circuits.composite.subjects import full, one

LIMIT = Limit("venue", "open-account", 1, 16)


def test_every_point_has_its_name(curve: Curve) -> None:
    subject = full(curve)
    names = {"c.person.acc.V", "nym.OP", "tag.G", "c.person.Y"}
    assert subject.public.points(curve, subject.plan).keys() == names
    alone = one(curve)
    assert alone.public.points(curve, alone.plan) == {}


@pytest.mark.parametrize(
    "change",
    [
        {"accumulators": {}},
        {"accumulators": lambda curve: {"person": curve.BP1, "standing": curve.BP1}},
        {"accumulators": lambda curve: {"standing": curve.BP1}},
        {"escrow": None},
        {"scope": None},
        {"limit": None},
        {"limit": replace(LIMIT, uses=15)},
    ],
    ids=["no accumulator", "one too many", "another one", "no key", "no scope", "no limit", "another limit"],
)
def test_a_part_too_few_or_another_one_is_refused(curve: Curve, change: dict[str, Any]) -> None:
    subject = full(curve)
    values = {name: value(curve) if callable(value) else value for name, value in change.items()}
    with pytest.raises(IllFormed, match="other than the plan's") as caught:
        replace(subject.public, **values).points(curve, subject.plan)
    assert caught.value.step is Step.CONTEXT


@pytest.mark.parametrize("part", ["accumulators", "escrow", "scope", "limit"])
def test_a_part_too_many_is_refused(curve: Curve, part: str) -> None:
    subject = one(curve)
    given = {"accumulators": {"person": curve.BP1}, "escrow": curve.BP1, "scope": b"venue", "limit": LIMIT}
    with pytest.raises(IllFormed, match="other than the plan's") as caught:
        replace(subject.public, **{part: given[part]}).points(curve, subject.plan)
    assert caught.value.step is Step.CONTEXT
