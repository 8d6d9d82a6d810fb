"""For random plans: one statement each time, whatever satisfies it verifies, and whatever does not is named."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credence.circuits.composite.size import Size, size_of
from credence.circuits.composite.statement import compile_afresh, compile_plan
from credence.circuits.credential import PERSON_1
from credence.circuits.errors import Unprovable
from credence.circuits.predicates.inequality import Inequality, Summand
from credence.circuits.predicates.range import Interval
from credence.circuits.ratelimit import Limit
from credence.circuits.sigma.transcript import Encoding
from tests.circuits.composite.drawn import DAYS, Draw, draws
from tests.circuits.composite.subjects import BOTH, TODAY, Subject, accumulator, native


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


@settings(max_examples=25, deadline=None)
@given(draws())
def test_its_size_is_counted_before_it_is_compiled(drawn: Draw) -> None:
    template = compile_plan(drawn.plan).template
    constraints = 0 if template.constraints is None else len(template.constraints.constraints)
    assert size_of(drawn.plan) == Size(len(template.scalars), template.structure.num_equations, constraints)


@settings(max_examples=6, deadline=None)
@given(draws(), st.sampled_from(BOTH))
def test_whatever_satisfies_a_plan_verifies(drawn: Draw, encoding: Encoding) -> None:
    subject = drawn.subject()
    subject.verify(subject.prove(encoding), encoding)


@pytest.mark.slow
@settings(max_examples=200, deadline=None)
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
    person = subject.plan.slot("person")
    names = {name for each in said.values() for name, _ in each}
    kept = {
        field: tuple(item for item in getattr(person, field) if item[0] not in names) + tuple(said.get(field, ()))
        for field in ("disclosed", "ranges", "inside", "outside")
    }
    slots = (replace(person, **kept) if slot is person else slot for slot in subject.plan.slots)
    return replace(subject, plan=replace(subject.plan, slots=tuple(slots)))


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
    slot = subject.plan.slot("person")
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
