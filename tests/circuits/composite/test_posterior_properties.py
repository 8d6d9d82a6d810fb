"""For random bounds over several venues: is what is accepted true in integers, and what is false refused of any prover?

A prover by force skips its own checks and answers whatever makes the one equation of the bound true in the field. The choice
is no branch of its own that could be simulated: both lines are in that equation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credence.circuits.composite.assembly import Choice, assemble, check_policy
from credence.circuits.composite.plan import Plan, Slot
from credence.circuits.composite.statement import POSTERIOR
from credence.circuits.credential import STANDING_1, text_to_scalar
from credence.circuits.curve import ORDER
from credence.circuits.errors import Step, Unprovable
from credence.circuits.policy import load_policy
from credence.circuits.predicates.digits import bit_names, bit_values, weights
from credence.circuits.predicates.posterior import either_values, which
from credence.circuits.sigma.transcript import Encoding
from tests.circuits.composite.dishonest import UNCHECKED, refused, weakened
from tests.circuits.composite.drawn import MILLI, STANDINGS, Draw, Line, inside, over, records, two_lines
from tests.circuits.composite.subjects import BOTH, SECRETS, SUITE, TODAY, Subject, issued, native

Lines = tuple[Line, Line]
Records = list[tuple[int, int]]
WIDTH = 40
"""Thousandths around both ends of the region that are looked at one by one."""


@dataclass(frozen=True)
class Bounded:
    """Sums of one holder's standings, and two lines."""

    lines: Lines
    records: Records

    @property
    def subject(self) -> Subject:
        names = STANDINGS[: len(self.records)]
        domain = issued(native(), STANDING_1).domain
        shown = [(("as_of", 20_777), ("venue", number)) for number in range(len(names))]
        slots = [Slot(name, STANDING_1, SUITE, domain, disclosed=said) for name, said in zip(names, shown, strict=True)]
        facts = tuple(
            (name, (("venue", number), ("evidence_milli", evidence), ("events_milli", events)))
            for number, (name, (evidence, events)) in enumerate(zip(names, self.records, strict=True))
        )
        plan = Plan(tuple(slots), posterior=over(names, self.lines))
        return Draw(plan, facts, tuple(SECRETS.values())).subject()

    @property
    def sums(self) -> tuple[int, int]:
        return sum(evidence for evidence, _ in self.records), sum(events for _, events in self.records)

    @property
    def holds(self) -> bool:
        return inside(self.lines, *self.sums)

    def above(self, choice: int) -> int:
        """By how much the chosen line is exceeded, in the field; the choice is any scalar."""
        evidence, events = self.sums
        first, second = (1_000 * (evidence - alpha) - beta * events for alpha, beta in self.lines)
        return (first + choice * (second - first)) % ORDER


@st.composite
def bounded(draw: Any, *, below: bool) -> Bounded:
    lines, count = draw(two_lines()), draw(st.integers(1, len(STANDINGS)))
    return Bounded(lines, draw(records(count, lines, below=below)))


@st.composite
def forced(draw: Any) -> tuple[Bounded, dict[str, int]]:
    """Who is below both lines, and answers of which some are no bits, with which the bound's equation is true."""
    asked = draw(bounded(below=True))
    width = over(STANDINGS[: len(asked.records)], asked.lines).width
    names, sizes = bit_names(POSTERIOR, width), weights(width)
    if draw(st.booleans()):  # digits as they should be, and a choice that makes them right
        wanted = draw(st.integers(0, width))
        choice = (wanted - asked.above(0)) * pow(asked.above(1) - asked.above(0), -1, ORDER) % ORDER
        return asked, {which(POSTERIOR): choice, **bit_values(POSTERIOR, wanted, width)}
    choice = draw(st.integers(0, 1))
    digits = [draw(st.sampled_from([0, 1])) for _ in names]
    odd = draw(st.integers(0, len(names) - 1))
    digits[odd] = 0
    missing = asked.above(choice) - sum(size * digit for size, digit in zip(sizes, digits, strict=True))
    digits[odd] = missing * pow(sizes[odd], -1, ORDER) % ORDER
    return asked, {which(POSTERIOR): choice, **dict(zip(names, digits, strict=True))}


def by_force(subject: Subject, answers: Mapping[str, int], encoding: Encoding) -> bytes:
    with weakened(**UNCHECKED, proving__either_values=lambda *_: dict(answers)):
        return subject.prove(encoding)


def judge(asked: Bounded, encoding: Encoding) -> None:
    """The prover's answer is that of integers, and so is the verifier's."""
    subject = asked.subject
    if asked.holds:
        subject.verify(subject.prove(encoding), encoding)
    else:
        with pytest.raises(Unprovable, match="outside its interval"):
            subject.prove(encoding)


@settings(max_examples=4, deadline=None)
@given(st.booleans().flatmap(lambda below: bounded(below=below)), st.sampled_from(BOTH))
def test_it_is_shown_exactly_where_either_line_holds(asked: Bounded, encoding: Encoding) -> None:
    judge(asked, encoding)


@settings(max_examples=3, deadline=None)
@given(forced(), st.sampled_from(BOTH))
def test_a_false_one_is_refused_of_any_prover(drawn: tuple[Bounded, dict[str, int]], encoding: Encoding) -> None:
    asked, answers = drawn
    assert not asked.holds
    refused(asked.subject, by_force(asked.subject, answers, encoding), Step.CHALLENGE, encoding)


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(st.booleans().flatmap(lambda below: bounded(below=below)), forced(), st.sampled_from(BOTH))
def test_both_at_length(asked: Bounded, lying: tuple[Bounded, dict[str, int]], encoding: Encoding) -> None:
    judge(asked, encoding)
    refused(lying[0].subject, by_force(lying[0].subject, lying[1], encoding), Step.CHALLENGE, encoding)


@settings(max_examples=15, deadline=None)
@given(st.booleans().flatmap(lambda below: bounded(below=below)))
def test_a_policy_says_the_same_and_so_does_a_wallet_that_looks_at_it(asked: Bounded) -> None:
    names = STANDINGS[: len(asked.records)]
    tangents = [{"alpha_milli": alpha, "beta_milli": beta} for alpha, beta in asked.lines]
    policy = load_policy(
        {
            "name": "p",
            "version": 1,
            "credentials": {name: {"schema": STANDING_1.id, "issuers": ["issuer.example"]} for name in names},
            "all_of": [{"posterior": {name: f"{name}.example" for name in names}, "score": 640, "tangents": tangents}],
            "tariff": "t",
        }
    )
    demand = check_policy(policy, TODAY)
    choices = {slot.name: Choice(SUITE, 1, dict.fromkeys(slot.disclosed, 1)) for slot in demand.slots}
    assert assemble(policy, demand, choices).posterior == over(names, asked.lines)
    values = {
        name: {"venue": text_to_scalar(f"{name}.example"), "as_of": 7, "evidence_milli": evidence, "events_milli": events}
        for name, (evidence, events) in zip(names, asked.records, strict=True)
    }
    assert demand.posterior is not None
    assert demand.posterior.holds_for(values) is asked.holds


@settings(max_examples=2, deadline=None)
@given(bounded(below=False))
def test_the_answers_of_who_is_inside_do_not_serve_who_is_not(asked: Bounded) -> None:
    """A true proof, and the answers of it in the hands of somebody with less evidence or more events."""
    true: dict[str, int] = {}

    def told(values: Mapping[str, int], prefix: str, bound: Any) -> dict[str, int]:
        true.update(either_values(values, prefix, bound))
        return dict(true)

    with weakened(proving__either_values=told):
        asked.subject.verify(asked.subject.prove())
    (evidence, events), *others = asked.records
    for record in ((evidence - 1, events), (evidence, events + 1)):
        if record[0] >= 0 and record[1] <= MILLI:
            poorer = Bounded(asked.lines, [record, *others])
            refused(poorer.subject, by_force(poorer.subject, true, Encoding.BATCHABLE), Step.CHALLENGE)


@settings(max_examples=30, deadline=None)
@given(two_lines(), st.integers(1, 4), st.integers(0, 200_000))
def test_the_prover_agrees_with_integers_at_every_thousandth_near_the_end(lines: Lines, count: int, events: int) -> None:
    """Without a proof: what the bits say is what the lines say."""
    bound = over(STANDINGS[:count], lines)
    end = min(-(-(1_000 * alpha + beta * events) // 1_000) for alpha, beta in lines)
    for evidence in range(max(0, end - WIDTH), min(end + WIDTH, MILLI)):
        values = {f"c.{name}.m.{what}": 0 for name in STANDINGS for what in ("evidence_milli", "events_milli")}
        values |= {"c.east.m.evidence_milli": evidence, "c.east.m.events_milli": events}
        if inside(lines, evidence, events):
            found = either_values(values, "p", bound)
            chosen = (bound.first, bound.second)[found[which("p")]]
            above = sum(w * found[name] for w, name in zip(weights(bound.width), bit_names("p", bound.width), strict=True))
            assert above == sum(s.coefficient * values[s.value] for s in chosen.summands) - chosen.threshold >= 0
        else:
            with pytest.raises(Unprovable):
                either_values(values, "p", bound)
