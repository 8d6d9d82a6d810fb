"""Holders whose standings of several venues are below a bound, or of other venues and days than the policy names."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from credence.circuits.composite.statement import POSTERIOR
from credence.circuits.credential import STANDING_1, text_to_scalar
from credence.circuits.curve import ORDER, Curve
from credence.circuits.errors import Step
from credence.circuits.predicates.digits import bit_names, bit_values, weights
from credence.circuits.predicates.inequality import Inequality
from credence.circuits.predicates.posterior import Either, which
from credence.circuits.presentation import POLICY_NOT_MET
from tests.circuits.composite.dishonest import weakened
from tests.service.conformance.malicious.book import Twin
from tests.service.conformance.malicious.book import replace as put
from tests.service.conformance.malicious.cheating import told
from tests.service.conformance.malicious.scenes import BOTH_SLOTS, Card, Scene, card
from tests.service.conformance.malicious.scenes import scene as scene_of
from tests.service.conformance.malicious.strangers import FRIEND, careless

TANGENTS: Final = ((1_276, 967), (2_259, 805))
OVER: Final[dict[str, Any]] = {
    "posterior": {"east": "east.example", "west": "west.example"},
    "score": 640,
    "tangents": [{"alpha_milli": alpha, "beta_milli": beta} for alpha, beta in TANGENTS],
}


def at_venue(curve: Curve, slot: str, **changes: int) -> Card:
    """A standing of the venue that the policy names for the slot."""
    return card(curve, STANDING_1, **{"venue": text_to_scalar(OVER["posterior"][slot]), **changes})


def venues(curve: Curve) -> Scene:
    """Standings of two venues; what the bound is not about is disclosed."""
    slots = dict.fromkeys(OVER["posterior"], BOTH_SLOTS["standing"])
    shown = [{"of": slot, "attribute": name} for slot in slots for name in ("score", "standing_tier", "model")]
    made = scene_of(curve, "venues", credentials=slots, all_of=[OVER], disclose=shown)
    return made.but(cards={slot: at_venue(curve, slot, evidence_milli=9_000, events_milli=9_500) for slot in slots})


def _above(line: tuple[int, int], evidence: int, events: int) -> int:
    alpha, beta = line
    return 1_000 * evidence - 1_000 * alpha - beta * events


def below(twin: Twin) -> None:
    """Sums that neither line accepts, with a choice, digits or lines that would."""
    scene, encoding = twin.scene, twin.encoding
    bound = scene.stated.plan.posterior
    assert bound is not None
    choice, names, weighed = which(POSTERIOR), bit_names(POSTERIOR, bound.width), weights(bound.width)

    def poor(evidence: int, events: int) -> Scene:
        east = at_venue(scene.curve, "east", evidence_milli=evidence, events_milli=events)
        return scene.but(cards={"east": east, "west": at_venue(scene.curve, "west", evidence_milli=0, events_milli=0)})

    for evidence, events, chosen in ((1_275, 0, ORDER - 1), (12_000, 13_000, 3), (0, 40_000, 8)):
        first, second = (_above(line, evidence, events) for line in TANGENTS)
        signed = chosen if chosen < ORDER // 2 else chosen - ORDER
        answers = {choice: chosen, **bit_values(POSTERIOR, first + signed * (second - first), bound.width)}
        made = told(poor(evidence, events), encoding, either_values=answers)
        what = f"{evidence} and {events} thousandths, by {signed} times the way from one line to the other"
        twin.forged("ChoiceNotBoolean", Step.CHALLENGE, what, made)
    part = -_above(TANGENTS[0], 0, 0) * pow(_above(TANGENTS[1], 0, 0) - _above(TANGENTS[0], 0, 0), -1, ORDER) % ORDER
    made = told(poor(0, 0), encoding, either_values={choice: part, **dict.fromkeys(names, 0)})
    twin.forged(
        "ChoiceNotBoolean", Step.CHALLENGE, "no evidence at all, by a fraction of the way that makes up for it", made
    )
    for chosen, line in enumerate(TANGENTS):
        missing = _above(line, 1_275, 0) % ORDER
        bent = {choice: chosen, **dict.fromkeys(names, 0), names[0]: missing * pow(weighed[0], -1, ORDER) % ORDER}
        made = told(poor(1_275, 0), encoding, either_values=bent)
        twin.forged("DigitNotBoolean", Step.CHALLENGE, f"one digit makes up for what line {chosen + 1} misses", made)
        made = told(poor(1_275, 0), encoding, either_values={choice: chosen, **dict.fromkeys(names, 0)})
        twin.forged("InequalityNegative", Step.CHALLENGE, f"one thousandth below is said to be on line {chosen + 1}", made)
    for what, first, second, sums in (
        ("a first line that starts lower", (1_275, 967), TANGENTS[1], (1_275, 0)),
        ("a second line that rises less", TANGENTS[0], (2_259, 700), (12_000, 13_000)),
        ("a first line with the slope of the second", (1_276, 805), (2_259, 804), (12_000, 13_000)),
    ):
        subject, gentle = poor(*sums).subject, Either(_with(bound.first, *first), _with(bound.second, *second))
        made = replace(subject, plan=replace(subject.plan, posterior=gentle)).prove(encoding, what)
        twin.forged("OtherTangent", Step.CHALLENGE, what, made)


def _with(line: Inequality, alpha: int, beta: int) -> Inequality:
    summands = tuple(replace(each, coefficient=1_000 if each.coefficient > 0 else -beta) for each in line.summands)
    return Inequality(summands, 1_000 * alpha)


def elsewhere(twin: Twin) -> None:
    """True proofs about standings of other venues or days, and what is then said of them."""
    scene, encoding, curve = twin.scene, twin.encoding, twin.scene.curve
    east = scene.cards["east"]
    said = scene.stated.plan.slot("west").disclosed
    day, venue = dict(said)["as_of"], dict(said)["venue"]
    for cause, what, west in (
        ("CountedTwice", "one credential in both slots", east),
        ("PolicyNotMet", "two standings of one venue", at_venue(curve, "east", evidence_milli=9_000, events_milli=0)),
        ("PolicyNotMet", "a standing of the day before", at_venue(curve, "west", as_of=day - 1, evidence_milli=9_000)),
        ("PolicyNotMet", "a standing of the day after", at_venue(curve, "west", as_of=day + 1, evidence_milli=9_000)),
    ):
        other = scene.but(cards={"west": west})
        proof = other.prove(encoding, what)
        twin.refuse(cause, Step.CONTEXT, what, put("/presentation", other.wrap(proof, encoding)), reason=POLICY_NOT_MET)
        told_so = other.wrap(proof, encoding)
        told_so["disclosed"] |= {"west.as_of": str(day), "west.venue": str(venue)}
        twin.refuse(cause, Step.CHALLENGE, f"{what}, said to be what is asked for", put("/presentation", told_so))
    friend = card(curve, east.schema, secrets=FRIEND, venue=venue, evidence_milli=9_000, events_milli=0)
    with weakened(proving___attribute_values=careless(True)):
        made = scene.but(cards={"west": friend}).prove(encoding, "friend")
    twin.forged("PooledCredentials", Step.CHALLENGE, "a friend's standing of the other venue", made)
