"""A hidden value in a Pedersen-like commitment, and whether a clause about it can be proven and is believed."""

from __future__ import annotations

from collections.abc import Mapping

from credence.circuits.curve import Curve
from credence.circuits.encoding import random_scalar
from credence.circuits.errors import Unprovable
from credence.circuits.sigma.proof import prove, verify
from credence.circuits.sigma.statement import BLIND, COMMITMENT, Clause, Row, compile_clauses
from credence.circuits.sigma.transcript import Encoding
from tests.circuits.sigma.subjects import base, tag_of
from tests.conftest import SeededBytes


def committed(names: Mapping[str, int]) -> Clause:
    """``X.name = name·H.name + blind.name·BP1`` for each value."""
    return Clause(
        rows=tuple(Row([(1, f"X.{name}")], [(1, name, f"H.{name}"), (1, f"blind.{name}", "BP1")]) for name in names)
    )


def convinces(curve: Curve, clauses: list[Clause], values: Mapping[str, int], answers: Mapping[str, int]) -> bool:
    """Whether a prover who knows ``values`` and gives ``answers`` for the gadgets' scalars gets through.

    Raises nothing where the prover is stopped by its own check: that is a no.
    """
    rng = SeededBytes("gadget")
    template = compile_clauses([committed(values), *clauses])
    scalars = {**values, **answers, **{f"blind.{name}": random_scalar(rng) for name in values}, BLIND: random_scalar(rng)}
    points = {f"H.{name}": base(curve, name) for name in values}
    points |= {
        f"X.{name}": curve.msm([points[f"H.{name}"], curve.BP1], [value, scalars[f"blind.{name}"]])
        for name, value in values.items()
    }
    if template.constraints is not None:
        points[COMMITMENT] = template.commit(curve, scalars)
    statement = template.bind(curve, points)
    tag = tag_of(statement, Encoding.COMPACT)
    try:
        proof = prove(statement, template.witness(scalars), tag, Encoding.COMPACT, rng)
    except Unprovable:
        return False
    verify(statement, proof, tag, Encoding.COMPACT, rng)
    return True
