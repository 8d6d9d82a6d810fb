"""For random plans: one statement each time, whatever satisfies it verifies, and whatever does not is named."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credence.circuits.composite.plan import Plan, Slot
from credence.circuits.composite.public import Public
from credence.circuits.composite.size import Size, size_of
from credence.circuits.composite.statement import compile_afresh, compile_plan
from credence.circuits.countries import COUNTRIES
from credence.circuits.credential import PERSON_1, STANDING_1
from credence.circuits.curve import ORDER
from credence.circuits.errors import Unprovable
from credence.circuits.predicates.inequality import Inequality, Summand
from credence.circuits.predicates.range import Interval
from credence.circuits.ratelimit import Limit
from credence.circuits.sigma.transcript import Encoding
from tests.circuits.composite.subjects import (
    BOTH,
    PERSON,
    STANDING,
    SUITE,
    TODAY,
    Subject,
    accumulator,
    full,
    issued,
    native,
)

DAYS, MILLI = 65_535, (1 << 24) - 1
RANGED = (("birth_date", 1, DAYS), ("expires_on", 28, 65_520), ("issued_epoch", 1, DAYS))
LISTS = ("residence", "nationality")
Facts = tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Draw:
    """What a test of this file has drawn: a plan, and a holder who satisfies it."""

    plan: Plan
    person: Facts
    secrets: tuple[int, ...]
    use: int

    def subject(self) -> Subject:
        curve, whole = native(), full(native())
        names, asked = {slot.name for slot in self.plan.slots}, self.plan
        public = Public(
            context=b"a context",
            accumulators=whole.public.accumulators if asked.not_revoked else {},
            scope=None if asked.pseudonym is None else b"venue.example",
            limit=None if asked.limited is None else Limit("venue.example", "open", TODAY, asked.uses),
            escrow=None if asked.escrow is None else whole.public.escrow,
        )
        witness = accumulator(curve).witness
        issued_to = {
            "person": replace(issued(curve, PERSON_1, self.secrets, self.person).holding, witness=witness),
            "standing": issued(curve, STANDING_1, self.secrets).holding,
        }
        holdings = {name: holding for name, holding in issued_to.items() if name in names}
        return Subject(curve, asked, public, whole.keys, holdings, use=self.use)


def around(draw: Any, value: int, step: int, top: int) -> Interval:
    """An interval with the value in it, of two values at least."""
    low = value - step * draw(st.integers(0, value // step))
    high = value + step * draw(st.integers(0, (top - value) // step))
    if low == high:
        low, high = (value - step, value) if value >= step else (value, value + step)
    return Interval(low, high, step)


def numbers(draw: Any, without: int, least: int) -> tuple[int, ...]:
    return tuple(sorted(draw(st.sets(st.integers(0, 900).filter(lambda n: n != without), min_size=least, max_size=30))))


def person_slot(draw: Any, facts: dict[str, int]) -> Slot:
    said: dict[str, list[Any]] = {"disclosed": [], "ranges": [], "inside": [], "outside": []}
    for name, step, top in RANGED:
        if draw(st.booleans()):
            said["ranges"].append((name, around(draw, facts[name], step, top)))
    for name in LISTS:
        if draw(st.booleans()):
            said["inside"].append((name, tuple(sorted({*numbers(draw, facts[name], 1), facts[name]}))))
        if draw(st.booleans()):
            said["outside"].append((name, numbers(draw, facts[name], 1)))
    for name in ("kind", "kyc_ge_1", "accredited", "resets"):
        if draw(st.booleans()):
            said["disclosed"].append((name, facts[name]))
    person = issued(native(), PERSON_1)
    return Slot("person", PERSON_1, SUITE, person.domain, **{name: tuple(each) for name, each in said.items()})


SUMMED = {"person": (("issued_epoch", DAYS),), "standing": (("evidence_milli", MILLI), ("events_milli", MILLI))}


def inequality(draw: Any, slots: list[Slot], facts: dict[str, dict[str, int]]) -> Inequality:
    summands, total, least = [], 0, 0
    for slot in slots:
        for name, top in SUMMED[slot.name]:
            a = draw(st.integers(-1_000, 1_000).filter(bool))
            summands.append(Summand(a, slot.scalar(name), 0, top))
            total, least = total + a * facts[slot.name][name], least + min(0, a * top)
    # above the least sum, of which it would say nothing
    return Inequality(tuple(summands), draw(st.integers(least + 1, total)))


@st.composite
def draws(draw: Any) -> Draw:
    facts = {
        "birth_date": draw(st.integers(2_000, 60_000)),
        "issued_epoch": draw(st.integers(1, 60_000)),
        "expires_on": 28 * draw(st.integers(1, 2_000)),
        "residence": draw(st.sampled_from(sorted(COUNTRIES))),
        "nationality": draw(st.sampled_from(sorted(COUNTRIES))),
        "accredited": draw(st.integers(0, 1)),
    }
    known = {"person": {**PERSON, **facts}, "standing": STANDING}
    slots = [person_slot(draw, known["person"])]
    if draw(st.booleans()):
        ranges = (("score", around(draw, STANDING["score"], 1, 850)),) if draw(st.booleans()) else ()
        slots.append(Slot("standing", STANDING_1, SUITE, issued(native(), STANDING_1).domain, ranges=ranges))
    uses = draw(st.sampled_from([0, 1, 2, 10, 16, 1_000]))
    plan = Plan(
        tuple(slots),
        not_revoked=("person",) if draw(st.booleans()) else (),
        pseudonym="person" if draw(st.booleans()) else None,
        limited="person" if uses else None,
        uses=uses,
        escrow="person" if draw(st.booleans()) else None,
        inequalities=(inequality(draw, slots, known),) if draw(st.booleans()) else (),
    )
    secrets = tuple(draw(st.integers(1, ORDER - 2_000)) for _ in range(3))
    return Draw(plan, tuple(facts.items()), secrets, draw(st.integers(0, uses - 1)) if uses else 0)


@settings(max_examples=12, deadline=None)
@given(draws())
def test_a_plan_compiles_to_the_same_statement_each_time(drawn: Draw) -> None:
    first, again = compile_plan(drawn.plan), compile_afresh(drawn.plan)
    assert (first.sent, first.template.scalars, first.template.elements, first.template.loose) == (
        again.sent,
        again.template.scalars,
        again.template.elements,
        again.template.loose,
    )
    assert first.template.structure.serialized == again.template.structure.serialized
    systems = (first.template.constraints, again.template.constraints)
    assert len({None if system is None else system.serialized for system in systems}) == 1


@settings(max_examples=40, deadline=None)
@given(draws())
def test_its_size_is_counted_before_it_is_compiled(drawn: Draw) -> None:
    template = compile_plan(drawn.plan).template
    constraints = 0 if template.constraints is None else len(template.constraints.constraints)
    assert size_of(drawn.plan) == Size(len(template.scalars), template.structure.num_equations, constraints)


@settings(max_examples=8, deadline=None)
@given(draws(), st.sampled_from(BOTH))
def test_whatever_satisfies_a_plan_verifies(drawn: Draw, encoding: Encoding) -> None:
    subject = drawn.subject()
    subject.verify(subject.prove(encoding), encoding)


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(draws(), st.sampled_from(BOTH))
def test_whatever_satisfies_a_plan_verifies_at_length(drawn: Draw, encoding: Encoding) -> None:
    subject = drawn.subject()
    subject.verify(subject.prove(encoding), encoding)
    assert compile_plan(subject.plan).template.structure.num_equations <= 128


def born(subject: Subject) -> int:
    return subject.holdings["person"].scalars[PERSON_1.index("birth_date")]


def from_country(subject: Subject) -> int:
    return subject.holdings["person"].scalars[PERSON_1.index("nationality")]


def person_said(subject: Subject, **said: Any) -> Subject:
    """With more said about the person, in place of what was said of these attributes."""
    (person, *others) = subject.plan.slots
    names = {name for each in said.values() for name, _ in each}
    kept = {
        field: tuple(item for item in getattr(person, field) if item[0] not in names) + tuple(said.get(field, ()))
        for field in ("disclosed", "ranges", "inside", "outside")
    }
    return replace(subject, plan=replace(subject.plan, slots=(replace(person, **kept), *others)))


def tagged(subject: Subject, uses: int, use: int) -> Subject:
    limit = Limit("venue.example", "open", TODAY, uses)
    plan = replace(subject.plan, limited="person", uses=uses)
    return replace(subject, plan=plan, public=replace(subject.public, limit=limit), use=use)


def revoked(subject: Subject) -> Subject:
    manager = accumulator(native())
    bare = {**subject.holdings, "person": replace(subject.holdings["person"], witness=None)}
    public = replace(subject.public, accumulators={"person": manager.value})
    return replace(subject, plan=replace(subject.plan, not_revoked=("person",)), public=public, holdings=bare)


def unequal(subject: Subject, by: int) -> Subject:
    """The reset day, 0, is not above a threshold."""
    slot = subject.plan.slots[0]
    says = Inequality((Summand(1, slot.scalar("reset_day"), 0, DAYS),), by)
    return replace(subject, plan=replace(subject.plan, inequalities=(*subject.plan.inequalities, says)))


Failing = Callable[[Subject, int], Subject]
FAILING: dict[str, tuple[Failing, str]] = {
    "below": (
        lambda s, n: person_said(s, ranges=[("birth_date", Interval(born(s) + n, DAYS))]),
        "outside its interval",
    ),
    "above": (
        lambda s, n: person_said(s, ranges=[("birth_date", Interval(0, born(s) - n))]),
        "outside its interval",
    ),
    "between steps": (
        lambda s, n: person_said(s, ranges=[("expires_on", Interval(n % 28 or 1, (n % 28 or 1) + 28 * 2_000, 28))]),
        "between two steps",
    ),
    "not in": (lambda s, n: person_said(s, inside=[("residence", (900 + n, 2_000))]), "not in its set"),
    "in": (
        lambda s, n: person_said(s, outside=[("nationality", tuple(sorted({from_country(s), 1_000 + n})))]),
        "set that excludes it",
    ),
    "disclosed": (lambda s, n: person_said(s, disclosed=[("resets", n)]), "disclosed value"),
    "used up": (lambda s, n: tagged(s, n, n), "used up"),
    "no witness": (lambda s, n: revoked(s), "witness is missing"),
    "sum": (unequal, "outside its interval"),
}


@pytest.mark.parametrize("what", FAILING)
@settings(max_examples=3, deadline=None)
@given(drawn=draws(), number=st.integers(1, 1_000))
def test_whatever_does_not_is_named_and_nothing_is_sent(what: str, drawn: Draw, number: int) -> None:
    make, reason = FAILING[what]
    with pytest.raises(Unprovable, match=reason):
        make(drawn.subject(), number).prove()
