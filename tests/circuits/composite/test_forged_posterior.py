"""A prover of its own making, who skips every honest check, has standings that do not make a bound over two venues true.

Each attack has its twin, the same prover with what is signed, which is accepted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from credence.circuits.composite.plan import Plan, Slot
from credence.circuits.composite.proving import Holding
from credence.circuits.composite.statement import scalar_names
from credence.circuits.credential import STANDING_1
from credence.circuits.curve import ORDER, Curve
from credence.circuits.errors import Step, Unprovable
from credence.circuits.predicates.posterior import either_values
from credence.circuits.sigma.transcript import Encoding
from tests.circuits.composite.dishonest import UNCHECKED, refused, weakened
from tests.circuits.composite.drawn import Draw, over
from tests.circuits.composite.subjects import SECRETS, SUITE, Subject, issued
from tests.circuits.composite.test_weakened_posterior import LINES

DAY = 20_777
OTHERS = {name: secret + 5 for name, secret in SECRETS.items()}
SHOWN = {"east": (1_000, 0), "west": (276, 0)}
"""Together at the first line's very end."""


def scene(curve: Curve, **changes: Any) -> Subject:
    """Two standings, of venues 0 and 1; ``changes`` are to what is signed of the west, ``secrets`` whose it is."""
    secrets = {"east": tuple(SECRETS.values()), "west": tuple(changes.pop("secrets", SECRETS).values())}
    signed = {
        slot: {"venue": number, "as_of": DAY, "evidence_milli": evidence, "events_milli": events}
        for number, (slot, (evidence, events)) in enumerate(SHOWN.items())
    }
    signed["west"] |= changes
    made = {slot: issued(curve, STANDING_1, secrets[slot], tuple(facts.items())) for slot, facts in signed.items()}
    facts = tuple((slot, tuple(each.items())) for slot, each in signed.items())
    whole = Draw(said(made["east"].domain), facts, secrets["east"]).subject()
    return replace(whole, holdings={slot: each.holding for slot, each in made.items()})


def said(domain: int) -> Plan:
    """What the verifier is told: both venues, and one day."""
    slots = tuple(
        Slot(slot, STANDING_1, SUITE, domain, disclosed=(("as_of", DAY), ("venue", number)))
        for number, slot in enumerate(SHOWN)
    )
    return Plan(slots, posterior=over(tuple(SHOWN), LINES))


def unscrupulous(subject: Subject, encoding: Encoding, **claimed: int) -> bytes:
    """Takes the first of two secrets, says whatever the plan discloses, and puts ``claimed`` of the west in its bits."""

    def values(plan: Plan, holdings: Mapping[str, Holding]) -> dict[str, int]:
        found: dict[str, int] = {}
        for slot in plan.slots:
            for name, scalar in zip(scalar_names(slot), holdings[slot.name].scalars, strict=True):
                found.setdefault(name, scalar)
        return found | {f"c.west.m.{name}": value for name, value in claimed.items()}

    with weakened(**UNCHECKED, proving___attribute_values=values):
        return subject.prove(encoding)


@pytest.mark.parametrize("encoding", [Encoding.BATCHABLE, pytest.param(Encoding.COMPACT, marks=pytest.mark.slow)])
class TestWhoSkipsEveryCheck:
    def test_with_what_is_signed_is_accepted(self, curve: Curve, encoding: Encoding) -> None:
        subject = scene(curve)
        subject.verify(unscrupulous(subject, encoding), encoding)

    @pytest.mark.parametrize("secret", SECRETS)
    def test_pools_no_standing_of_a_friend(self, curve: Curve, encoding: Encoding, secret: str) -> None:
        """Who has one secret of three in common with its friend has nothing more than who has none."""
        pooled = scene(curve, secrets={**SECRETS, secret: OTHERS[secret]})
        with pytest.raises(Unprovable, match="one holder"):
            pooled.prove(encoding)
        refused(pooled, unscrupulous(pooled, encoding), Step.CHALLENGE, encoding)

    def test_counts_no_credential_twice(self, curve: Curve, encoding: Encoding) -> None:
        """The west's place is taken by the east's credential, whose venue is said to be the west's."""
        twice = scene(curve)
        twice = replace(twice, holdings={**twice.holdings, "west": twice.holdings["east"]})
        with pytest.raises(Unprovable, match="disclosed value"):
            twice.prove(encoding)
        refused(twice, unscrupulous(twice, encoding), Step.CHALLENGE, encoding)

    @pytest.mark.parametrize("signed", [{"as_of": DAY - 1}, {"as_of": DAY + 1}, {"venue": 0}, {"venue": 2}], ids=str)
    def test_says_no_other_venue_or_day_than_was_signed(
        self, curve: Curve, encoding: Encoding, signed: dict[str, int]
    ) -> None:
        other = scene(curve, **signed)
        refused(other, unscrupulous(other, encoding), Step.CHALLENGE, encoding)

    @pytest.mark.parametrize(
        ("signed", "claimed"),
        [
            ({"evidence_milli": 275}, {"evidence_milli": 276}),
            ({"evidence_milli": 0}, {"evidence_milli": 1 << 23}),
            ({"events_milli": 1}, {"events_milli": 0}),
            ({"events_milli": 5_000}, {"events_milli": ORDER - 5_000}),
        ],
        ids=str,
    )
    def test_computes_with_nothing_but_what_was_signed(
        self, curve: Curve, encoding: Encoding, signed: dict[str, int], claimed: dict[str, int]
    ) -> None:
        """Also with a number of events that is negative in the field, under which the sum is beyond the line."""
        poor = scene(curve, **signed)
        with pytest.raises(Unprovable, match="outside its interval"):
            poor.prove(encoding)
        honest = either_values

        def bits(values: Mapping[str, int], prefix: str, bound: Any) -> dict[str, int]:
            small = {name: value - ORDER if value > ORDER // 2 else value for name, value in values.items()}
            return honest(small, prefix, bound)

        with weakened(proving__either_values=bits):
            refused(poor, unscrupulous(poor, encoding, **claimed), Step.CHALLENGE, encoding)
