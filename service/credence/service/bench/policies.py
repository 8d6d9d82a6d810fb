"""Composite presentations that are measured: one proof for a whole policy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from credence.circuits.bbs.suite import Suite
from credence.circuits.composite.plan import Plan, Slot
from credence.circuits.countries import COUNTRIES, NUMERIC
from credence.circuits.credential import EPOCH_DAYS, PERSON_1, STANDING_1
from credence.circuits.predicates.inequality import Inequality, Summand
from credence.circuits.predicates.posterior import Either
from credence.circuits.predicates.range import Interval
from credence.circuits.sigma.transcript import Encoding
from credence.service.bench.rows import Row
from credence.service.bench.world import TEN, TODAY, VALUES, Case, World

_EU: Final = "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK"
EU_CODES: Final = tuple(_EU.split())
EU27: Final = tuple(sorted(NUMERIC[code] for code in EU_CODES))
LISTED_CODES: Final = ("BY", "CU", "IR", "KP", "MM", "RU", "SD", "SS", "SY", "VE")
LISTED: Final = tuple(sorted(NUMERIC[code] for code in LISTED_CODES))
ALL: Final = tuple(sorted(COUNTRIES))
BATCH: Final = 20
_ADULT: Final = 14_204  # eighteen years before today
_SCORE: Final = Interval(640, 640 + (1 << 20) - 1)

_STANDING: Final = VALUES[STANDING_1.id]
_TIERS: Final = (("standing_ge_1", 1), ("standing_ge_2", 1), ("standing_ge_3", 1))
_TANGENTS: Final = ((1_276, 967), (2_259, 805))
"""Of a score of 640, in the shipped tariff."""

_DISCLOSED: Final = (("first", 1), ("second", 0), ("third", 1))


def _row(name: str, what: str, case: Case, batch: int = 1) -> Row:
    """``prove`` is of one message; ``verify`` of ``batch`` of them together, to be divided by it."""
    messages = {encoding: [case.prove(encoding) for _ in range(batch)] for encoding in Encoding}
    batchable, compact = Encoding.BATCHABLE, Encoding.COMPACT
    for encoding in Encoding:
        case.check(messages[encoding], encoding)
    return Row(
        name=name,
        what=what,
        bytes=len(messages[batchable][0]),
        prove=lambda: case.prove(batchable),
        verify=lambda: case.check(messages[batchable], batchable),
        bytes_compact=len(messages[compact][0]),
        verify_compact=(lambda: case.check(messages[compact], compact)) if batch == 1 else None,
        each=batch,
    )


def _ten(suite: Suite, name: str, what: str, change: Callable[[Slot], Slot], **asked: object) -> Row:
    world = World(suite.curve)
    credential = world.credential(TEN)
    slot = change(replace(credential.slot("ten"), disclosed=_DISCLOSED))
    plan = replace(Plan((slot,)), **asked)  # type: ignore[arg-type]  # the rows below name a plan's own fields
    return _row(name, what, Case.of(world, plan, {"ten": credential}))


def _ranged(suite: Suite, bits: int) -> Row:
    return _ten(
        suite,
        f"range{bits}",
        f"10 messages, 3 disclosed, a range of {bits} bits",
        lambda slot: replace(slot, ranges=(("number", Interval(0, (1 << bits) - 1)),)),
    )


def _member(suite: Suite, values: tuple[int, ...]) -> Row:
    return _ten(
        suite,
        f"set{len(values)}",
        f"10 messages, 3 disclosed, in a set of {len(values)}",
        lambda slot: replace(slot, inside=(("country", values),)),
    )


def full_case(suite: Suite) -> Case:
    """Two credentials of one holder and everything that a policy may ask.

    The list of ten is asked about nationality and the set of 27 about residence: about one attribute a policy's set less
    its list would be a single, smaller, set.
    """
    world = World(suite.curve)
    person, standing = world.credential(PERSON_1), world.credential(STANDING_1)
    soonest = -(-TODAY // EPOCH_DAYS) * EPOCH_DAYS
    latest = PERSON_1.attributes["expires_on"].maximum // EPOCH_DAYS * EPOCH_DAYS
    plan = Plan(
        slots=(
            replace(
                person.slot("person"),
                disclosed=(("kyc_ge_1", 1), ("kyc_ge_2", 1)),
                ranges=(("expires_on", Interval(soonest, latest, EPOCH_DAYS)), ("birth_date", Interval(0, _ADULT))),
                inside=(("residence", EU27),),
                outside=(("nationality", LISTED),),
            ),
            replace(standing.slot("standing"), ranges=(("evidence_milli", _SCORE),)),
        ),
        not_revoked=("person",),
        pseudonym="person",
        limited="person",
        uses=16,
        escrow="person",
    )
    return Case.of(world, plan, {"person": person, "standing": standing})


def standing_case(suite: Suite) -> Case:
    """Of two venues' standings at a third one: a score, a tier, and who stands behind it is a person."""
    world = World(suite.curve)
    person, standing = world.credential(PERSON_1), world.credential(STANDING_1)
    plan = Plan(
        slots=(
            replace(person.slot("person"), disclosed=(("kyc_ge_1", 1), ("kyc_ge_2", 1))),
            replace(
                standing.slot("standing"),
                disclosed=(("as_of", _STANDING["as_of"]), ("venue", _STANDING["venue"]), *_TIERS),
                ranges=(("score", Interval(640, 850)),),
            ),
        ),
        not_revoked=("person",),
        pseudonym="person",
    )
    return Case.of(world, plan, {"person": person, "standing": standing})


def posterior_case(suite: Suite) -> Case:
    """Four standings of distinct venues, and a bound over the sums of their evidence and events."""
    world = World(suite.curve)
    names = ("east", "north", "south", "west")
    standings = {name: world.credential(STANDING_1, venue=number) for number, name in enumerate(names)}
    slots = tuple(
        replace(standings[name].slot(name), disclosed=(("as_of", _STANDING["as_of"]), ("venue", number)))
        for number, name in enumerate(names)
    )
    first, second = (_line(slots, alpha, beta) for alpha, beta in _TANGENTS)
    plan = Plan(slots=slots, pseudonym=names[0], posterior=Either(first, second))
    return Case.of(world, plan, standings)


def _line(slots: tuple[Slot, ...], alpha: int, beta: int) -> Inequality:
    domain = STANDING_1.attributes["evidence_milli"]
    evidence = [Summand(1_000, slot.scalar("evidence_milli"), domain.minimum, domain.maximum) for slot in slots]
    events = [Summand(-beta, slot.scalar("events_milli"), domain.minimum, domain.maximum) for slot in slots]
    return Inequality((*evidence, *events), 1_000 * alpha)


_FULL: Final = "2 credentials, 3 ranges (one of 20 bits), rung, in 27, not in 10, not revoked, pseudonym, 16 a day, escrow"

_STANDING_1: Final = "a person, not revoked, and a standing of another venue: score, tier, venue and day shown, pseudonym"
_STANDING_4: Final = (
    "standings of four venues, a bound over the sums of evidence and events, venues and day shown, pseudonym"
)

PRESENTATIONS: Final[dict[str, Callable[[Suite], Row]]] = {
    "bbs10+revocation+pseudonym": lambda suite: _ten(
        suite,
        "bbs10+revocation+pseudonym",
        "10 messages, 3 disclosed, not revoked, pseudonym",
        lambda slot: slot,
        not_revoked=("ten",),
        pseudonym="ten",
    ),
    "+range16+tag16": lambda suite: _ten(
        suite,
        "+range16+tag16",
        "the same with a range of 16 bits and 16 uses a day",
        lambda slot: replace(slot, ranges=(("number", Interval(0, (1 << 16) - 1)),)),
        not_revoked=("ten",),
        pseudonym="ten",
        limited="ten",
        uses=16,
    ),
    "full": lambda suite: _row("full", _FULL, full_case(suite)),
    "full-batch20": lambda suite: _row(
        f"full-batch{BATCH}", f"each of {BATCH} such proofs together", full_case(suite), BATCH
    ),
    "standing1": lambda suite: _row("standing1", _STANDING_1, standing_case(suite)),
    "standing4-posterior": lambda suite: _row("standing4-posterior", _STANDING_4, posterior_case(suite)),
    "range16": lambda suite: _ranged(suite, 16),
    "range32": lambda suite: _ranged(suite, 32),
    "range64": lambda suite: _ranged(suite, 64),
    "set27": lambda suite: _member(suite, EU27),
    "set249": lambda suite: _member(suite, ALL),
}
"""Every composite presentation by name, in the order of the report."""
