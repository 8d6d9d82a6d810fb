"""As test_weakened.py, for a bound over two venues: who is below both lines passes where the choice may be any number."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from credence.circuits.composite.checking import Keys
from credence.circuits.composite.plan import Plan, Slot
from credence.circuits.composite.public import Public
from credence.circuits.composite.statement import POSTERIOR
from credence.circuits.credential import STANDING_1
from credence.circuits.curve import ORDER, Curve
from credence.circuits.errors import IllFormed, Step, Unprovable
from credence.circuits.predicates.digits import bit_values
from credence.circuits.predicates.inequality import Inequality, Summand
from credence.circuits.predicates.posterior import Either, either, which
from credence.circuits.sigma.statement import Clause
from credence.circuits.sigma.transcript import Encoding
from tests.circuits.composite.dishonest import UNCHECKED, refused, weakened
from tests.circuits.composite.subjects import BOTH, SECRETS, SUITE, Subject, issued

MILLI = (1 << 24) - 1
LINES = ((1_276, 967), (2_259, 805))
SLOTS = ("c.east", "c.west")


def line(alpha: int, beta: int) -> Inequality:
    evidence = [Summand(1_000, f"{slot}.m.evidence_milli", 0, MILLI) for slot in SLOTS]
    events = [Summand(-beta, f"{slot}.m.events_milli", 0, MILLI) for slot in SLOTS]
    return Inequality((*evidence, *events), 1_000 * alpha)


BOUND = Either(line(*LINES[0]), line(*LINES[1]))


def over(curve: Curve, evidence: int, events: int, bound: Either = BOUND) -> Subject:
    """Two standings of one holder, the first with these sums and the second a zero record."""
    sums = {"east": (evidence, events), "west": (0, 0)}
    secrets = tuple(SECRETS.values())
    slots, holdings, keys = [], {}, {}
    for number, (name, (e, o)) in enumerate(sums.items()):
        held = issued(curve, STANDING_1, secrets, (("venue", number), ("evidence_milli", e), ("events_milli", o)))
        slots.append(Slot(name, STANDING_1, SUITE, held.domain, disclosed=(("as_of", 20_777), ("venue", number))))
        holdings[name], keys[name] = held.holding, held.public_key
    plan = Plan(tuple(slots), posterior=bound)
    return Subject(curve, plan, Public(context=b"the context of a test"), Keys(keys, {}), holdings)


def _without_choice(prefix: str, bound: Either) -> Clause:
    """A copy of the gadget whose choice may be any number."""
    clause = either(prefix, bound)
    return replace(clause, constraints=clause.constraints[1:])


@pytest.mark.parametrize("encoding", BOTH)
def test_a_choice_that_is_no_bit(curve: Curve, encoding: Encoding) -> None:
    below = over(curve, 1_275, 0)
    honest = over(curve, 1_276, 0)
    honest.verify(honest.prove(encoding), encoding)
    with pytest.raises(Unprovable):
        below.prove(encoding)
    answers: dict[str, Any] = {which(POSTERIOR): ORDER - 1, **bit_values(POSTERIOR, -1_000 + 983_000, BOUND.width)}
    told = {"proving__either_values": lambda *_: answers}
    with weakened(**UNCHECKED, **told):
        refused(below, below.prove(encoding), Step.CHALLENGE, encoding)
    with weakened(**told, statement__either=_without_choice):
        below.verify(below.prove(encoding), encoding)


@pytest.mark.parametrize("encoding", BOTH)
def test_another_line_than_the_verifiers(curve: Curve, encoding: Encoding) -> None:
    lenient = Either(line(1_275, 967), BOUND.second)
    made = over(curve, 1_275, 0, lenient).prove(encoding)
    over(curve, 1_275, 0, lenient).verify(made, encoding)
    refused(over(curve, 1_275, 0), made, Step.CHALLENGE, encoding)
    swapped = Either(BOUND.second, BOUND.first)
    refused(over(curve, 1_276, 0), over(curve, 1_276, 0, swapped).prove(encoding), Step.CHALLENGE, encoding)


@pytest.mark.parametrize(
    "wrong",
    [
        [Summand(1_000, "c.east.m.evidence_milli", 0, MILLI - 1)],
        [Summand(1_000, "c.east.m.venue", 0, MILLI)],
        [Summand(1_000, "c.north.m.evidence_milli", 0, MILLI)],
        [Summand(1_000, "holder_secret", 0, MILLI)],
    ],
)
def test_a_bound_over_what_no_slot_hides_is_no_plan(curve: Curve, wrong: list[Summand]) -> None:
    events = Summand(-967, "c.east.m.events_milli", 0, MILLI)
    first = Inequality((*wrong, events), 1_276_000)
    bound = Either(first, replace(first, summands=(*wrong, replace(events, coefficient=-805)), threshold=2_259_000))
    with pytest.raises(IllFormed, match="that no credential hides"):
        over(curve, 2_000, 0, bound)
