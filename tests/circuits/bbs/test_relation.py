"""Is a signed vector stated whole, each position once, and may no constraint stand on what its prover chose?"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from credence.circuits.bbs.relation import Signed, check_pseudonym_point, possession
from credence.circuits.bbs.suite import core_interface, sha256_suite
from credence.circuits.curve import ORDER, Curve
from credence.circuits.errors import IllFormed, Step
from credence.circuits.sigma.statement import Clause, Quadratic, compile_clauses

SIGNED = Signed("c", "P1", ("Q1", "H1", "H2", "H3"), 5, {1: 9}, {0: "a", 2: "b"})


def test_the_accepted_twin_is_two_equations() -> None:
    clause = possession(SIGNED)
    assert len(clause.rows) == 2
    assert tuple(clause.loose) == ("c.r1", "c.r3", "c.e")
    assert compile_clauses([clause]).scalars == ("c.r1", "c.e", "c.r3", "a", "b")


@pytest.mark.parametrize(
    "change",
    [
        {"hidden": {0: "a"}},
        {"hidden": {0: "a", 1: "c", 2: "b"}},
        {"hidden": {0: "a", 3: "b"}},
        {"disclosed": {}},
        {"disclosed": {-1: 9}},
        {"generators": ("Q1", "H1", "H2")},
        {"generators": ("Q1", "H1", "H2", "H3", "H4")},
    ],
    ids=str,
)
def test_each_message_is_disclosed_or_hidden(change: dict[str, Any]) -> None:
    with pytest.raises(IllFormed, match="either disclosed or hidden") as caught:
        replace(SIGNED, **change)
    assert caught.value.step is Step.INSTANCE


def test_no_two_messages_of_a_credential_share_a_name() -> None:
    with pytest.raises(IllFormed, match="share a name"):
        replace(SIGNED, hidden={0: "a", 2: "a"})


@pytest.mark.parametrize("value", [-1, ORDER, ORDER + 9])
def test_what_is_public_is_a_scalar(value: int) -> None:
    for twin in (0, ORDER - 1):
        replace(SIGNED, domain=twin, disclosed={1: twin})
    with pytest.raises(IllFormed, match="no scalar"):
        replace(SIGNED, disclosed={1: value})
    with pytest.raises(IllFormed, match="no scalar"):
        replace(SIGNED, domain=value)


@pytest.mark.parametrize("name", ["c.r1", "c.r3", "c.e"])
def test_no_constraint_stands_on_what_the_prover_chose(curve: Curve, name: str) -> None:
    """Accepted twin: a hidden message."""
    for scalar in ("a", name):
        square = Clause(constraints=(Quadratic(products=((1, scalar, scalar),), constant=-4),))
        template = compile_clauses([possession(SIGNED), square])
        points = {point: curve.BP1 * (number + 2) for number, point in enumerate(sorted(template.points))}
        if scalar == "a":
            template.bind(curve, points)
            continue
        with pytest.raises(IllFormed, match="prover-chosen"):
            template.bind(curve, points)


def test_neither_fixed_point_is_a_pseudonym(curve: Curve) -> None:
    interface = core_interface(sha256_suite(curve))
    check_pseudonym_point(interface, curve.BP1)
    for fixed in (curve.identity_g1, interface.suite.P1):
        with pytest.raises(IllFormed, match="fixed point"):
            check_pseudonym_point(interface, fixed)
