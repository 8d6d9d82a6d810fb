"""Random plans, each with a holder who satisfies it: a person, and up to four standings, over which there may be a bound."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from hypothesis import strategies as st

from credence.circuits.composite.checking import Keys
from credence.circuits.composite.plan import Plan, Slot
from credence.circuits.composite.public import Public
from credence.circuits.countries import COUNTRIES
from credence.circuits.credential import PERSON_1, STANDING_1
from credence.circuits.curve import ORDER
from credence.circuits.predicates.inequality import Inequality, Summand
from credence.circuits.predicates.posterior import Either
from credence.circuits.predicates.range import Interval
from credence.circuits.ratelimit import Limit
from tests.circuits.composite.subjects import (
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
STANDINGS = ("east", "north", "south", "west")
Facts = tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Draw:
    """What a test has drawn: a plan, and the ``facts`` of a holder who satisfies it, by slot."""

    plan: Plan
    facts: tuple[tuple[str, Facts], ...]
    secrets: tuple[int, ...]
    use: int = 0

    def subject(self) -> Subject:
        curve, whole = native(), full(native())
        asked = self.plan
        public = Public(
            context=b"a context",
            accumulators=whole.public.accumulators if asked.not_revoked else {},
            scope=None if asked.pseudonym is None else b"venue.example",
            limit=None if asked.limited is None else Limit("venue.example", "open", TODAY, asked.uses),
            escrow=None if asked.escrow is None else whole.public.escrow,
        )
        made = {name: issued(curve, schema_of(name), self.secrets, facts) for name, facts in self.facts}
        holdings = {name: each.holding for name, each in made.items()}
        if "person" in holdings:
            holdings["person"] = replace(holdings["person"], witness=accumulator(curve).witness)
        issuers = {name: each.public_key for name, each in made.items()}
        return Subject(curve, asked, public, Keys(issuers, whole.keys.accumulators), holdings, use=self.use)


def schema_of(slot: str) -> Any:
    return PERSON_1 if slot == "person" else STANDING_1


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


def standing_slot(draw: Any, name: str, number: int, facts: dict[str, int], *, bound: bool) -> Slot:
    """Of venue ``number``. Under a bound it shows venue and day, and what is summed may have a range besides."""
    ranges = [("score", around(draw, facts["score"], 1, 850))] if draw(st.booleans()) else []
    if bound and draw(st.booleans()):
        summed = draw(st.sampled_from(["evidence_milli", "events_milli"]))
        ranges.append((summed, around(draw, facts[summed], 1, MILLI)))
    shown = (("as_of", facts["as_of"]), ("venue", number)) if bound else ()
    return Slot(name, STANDING_1, SUITE, issued(native(), STANDING_1).domain, disclosed=shown, ranges=tuple(ranges))


SUMMED = {
    "person": (("issued_epoch", DAYS),),
    **dict.fromkeys(STANDINGS, (("evidence_milli", MILLI), ("events_milli", MILLI))),
}


def inequality(draw: Any, slots: list[Slot], facts: dict[str, dict[str, int]]) -> Inequality:
    summands, total, least = [], 0, 0
    for slot in slots:
        for name, top in SUMMED[slot.name]:
            a = draw(st.integers(-1_000, 1_000).filter(bool))
            summands.append(Summand(a, slot.scalar(name), 0, top))
            total, least = total + a * facts[slot.name][name], least + min(0, a * top)
    # above the least sum, of which it would say nothing
    return Inequality(tuple(summands), draw(st.integers(least + 1, total)))


Line = tuple[int, int]
"""(alpha, beta) in thousandths, of ``evidence >= alpha + beta*events``."""


@st.composite
def two_lines(draw: Any) -> tuple[Line, Line]:
    """As a policy has them: the second starts higher and rises less, and neither follows from the other."""
    alpha, beta = draw(st.integers(500, 30_000)), draw(st.integers(2, 6_000))
    return (alpha, beta), (alpha + draw(st.integers(1, 15_000)), draw(st.integers(1, beta - 1)))


def over(slots: tuple[str, ...], lines: tuple[Line, Line]) -> Either:
    """Over the sums of these slots, in thousandths of thousandths, as a policy's bound is assembled."""

    def inequality_of(line: Line) -> Inequality:
        evidence = [Summand(1_000, f"c.{slot}.m.evidence_milli", 0, MILLI) for slot in slots]
        events = [Summand(-line[1], f"c.{slot}.m.events_milli", 0, MILLI) for slot in slots]
        return Inequality((*evidence, *events), 1_000 * line[0])

    return Either(inequality_of(lines[0]), inequality_of(lines[1]))


def inside(lines: tuple[Line, Line], evidence: int, events: int) -> bool:
    """Whether either line holds, in integers, both sums being in thousandths."""
    return any(1_000 * evidence >= 1_000 * alpha + beta * events for alpha, beta in lines)


def least_evidence(lines: tuple[Line, Line], events: int) -> int:
    """The least that either line takes."""
    return min(-(-(1_000 * alpha + beta * events) // 1_000) for alpha, beta in lines)


def parted(draw: Any, total: int, parts: int) -> list[int]:
    """``total`` in so many parts, from 0 each, none of them above what a standing can say."""
    left, found = total, []
    for after in range(parts - 1, -1, -1):
        found.append(draw(st.integers(max(0, left - after * MILLI), min(left, MILLI))))
        left -= found[-1]
    return found


@st.composite
def records(draw: Any, count: int, lines: tuple[Line, Line], *, below: bool) -> list[tuple[int, int]]:
    """(evidence, events) of ``count`` standings: at the end of the region or well inside, or ``below`` it."""
    events = draw(st.integers(0, count * draw(st.sampled_from([2_000, 200_000]))))
    least, most = least_evidence(lines, events), count * MILLI
    if below:
        evidence = least - draw(st.one_of(st.just(1), st.integers(1, least)))
    else:
        evidence = draw(st.one_of(st.just(least), st.integers(least, most)))
    return list(zip(parted(draw, evidence, count), parted(draw, events, count), strict=True))


@st.composite
def draws(draw: Any) -> Draw:
    person = {
        "birth_date": draw(st.integers(2_000, 60_000)),
        "issued_epoch": draw(st.integers(1, 60_000)),
        "expires_on": 28 * draw(st.integers(1, 2_000)),
        "residence": draw(st.sampled_from(sorted(COUNTRIES))),
        "nationality": draw(st.sampled_from(sorted(COUNTRIES))),
        "accredited": draw(st.integers(0, 1)),
    }
    names = STANDINGS[: draw(st.integers(0, len(STANDINGS)))]
    posterior = None
    found: dict[str, dict[str, int]] = {"person": person, **{name: {} for name in names}}
    if names and draw(st.booleans()):
        lines = draw(two_lines())
        for number, (name, sums) in enumerate(zip(names, draw(records(len(names), lines, below=False)), strict=True)):
            found[name] = {"venue": number, "evidence_milli": sums[0], "events_milli": sums[1]}
        posterior = over(names, lines)
    known = {name: {**(PERSON if name == "person" else STANDING), **facts} for name, facts in found.items()}
    slots = [
        standing_slot(draw, name, number, known[name], bound=posterior is not None) for number, name in enumerate(names)
    ]
    slots = sorted([person_slot(draw, known["person"]), *slots], key=lambda slot: slot.name)
    uses = draw(st.sampled_from([0, 1, 2, 10, 16, 1_000]))
    plan = Plan(
        tuple(slots),
        not_revoked=("person",) if draw(st.booleans()) else (),
        pseudonym=draw(st.sampled_from([None, *(slot.name for slot in slots)])),
        limited="person" if uses else None,
        uses=uses,
        escrow="person" if draw(st.booleans()) else None,
        inequalities=(inequality(draw, slots, known),) if draw(st.booleans()) else (),
        posterior=posterior,
    )
    secrets = tuple(draw(st.integers(1, ORDER - 2_000)) for _ in range(3))
    facts = tuple((name, tuple(facts.items())) for name, facts in sorted(found.items()))
    return Draw(plan, facts, secrets, draw(st.integers(0, uses - 1)) if uses else 0)
