"""As test_weakened.py, for what a plan says: which slots there are, whose they are, how many tags, what was disclosed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from credence.circuits.bbs.relation import Signed, possession
from credence.circuits.composite.message import message_length
from credence.circuits.composite.plan import Slot
from credence.circuits.composite.statement import compile_plan
from credence.circuits.credential import STANDING_1
from credence.circuits.curve import G1, Curve
from credence.circuits.errors import IllFormed, Step, Unprovable
from credence.circuits.predicates import digits
from credence.circuits.ratelimit import Limit, use_tag_point
from credence.circuits.revocation import divide, not_revoked, randomise_witness
from credence.circuits.sigma.statement import Clause
from credence.circuits.sigma.transcript import Encoding
from tests.circuits.composite.dishonest import parts, refused, weakened
from tests.circuits.composite.subjects import BOTH, PERSON, SECRETS, TODAY, Subject, accumulator, full, issued, one
from tests.conftest import SeededBytes


@pytest.mark.parametrize("encoding", BOTH)
def test_a_slot_that_is_dropped(encoding: Encoding, curve: Curve) -> None:
    """Weakened: the verifier takes from the message's length which of the policy's credentials it is about."""
    subject = full(curve)
    fewer = replace(
        subject,
        plan=replace(subject.plan, slots=subject.plan.slots[:1]),
        holdings={"person": subject.holdings["person"]},
    )
    forged = fewer.prove(encoding)
    refused(subject, forged, Step.SHAPE, encoding)
    lengths = {message_length(compile_plan(each.plan), encoding): each for each in (subject, fewer)}
    lengths[len(forged)].verify(forged, encoding)


class TestHolders:
    """Two friends, one with the person's credential and one with the standing."""

    @pytest.mark.parametrize(
        ("shared", "secrets"),
        [
            (frozenset[str](), (7_001, 7_002, 7_003)),
            # they agreed on a holder secret: the issuer's entropy is in the other two
            (frozenset({"holder_secret"}), (SECRETS["holder_secret"], 7_002, 7_003)),
        ],
    )
    def test_secrets_of_a_slot_s_own(self, curve: Curve, shared: frozenset[str], secrets: tuple[int, ...]) -> None:
        """Weakened: a slot's secrets have names of their own, all of them or all but the holder secret."""
        subject = full(curve)
        pooled = replace(subject, holdings={**subject.holdings, "standing": issued(curve, STANDING_1, secrets).holding})
        honest = Slot.scalar

        def apart(slot: Slot, attribute: str) -> str:
            name = honest(slot, attribute)
            return f"{slot.label}.m.{name}" if name == attribute and name not in shared and slot.name == "standing" else name

        with pytest.raises(Unprovable, match="one holder"):
            pooled.prove()
        with pytest.MonkeyPatch.context() as patch, weakened():
            patch.setattr(Slot, "scalar", apart)
            forged = pooled.prove()
            pooled.verify(forged)
        refused(pooled, forged, Step.SHAPE)

    def test_a_handle_that_is_nobody_s(self, curve: Curve) -> None:
        """Weakened: the handle that is shown not to be revoked is a scalar of no credential. A friend's witness will do."""
        subject, manager, friend = full(curve), accumulator(curve), 999
        revoked = divide(manager.value, manager.alpha, PERSON["revocation_handle"], SeededBytes("revoked"))
        lent = divide(revoked, manager.alpha, friend, SeededBytes("friend"))
        subject = replace(
            subject,
            public=replace(subject.public, accumulators={"person": revoked}),
            holdings={**subject.holdings, "person": replace(subject.holdings["person"], witness=lent)},
        )
        refused(subject, subject.prove(), Step.PAIRING)
        honest = randomise_witness

        def another(curve: Curve, slot: str, value: G1, witness: G1, handle: int, rng: Any) -> Any:
            found = honest(curve, slot, value, witness, friend, rng)
            return replace(found, values={**found.values, "free": friend})

        def of_nobody(slot: str, handle: str) -> Clause:
            return not_revoked(slot, "free")

        with weakened(statement__not_revoked=of_nobody, proving__randomise_witness=another):
            forged = subject.prove()
            subject.verify(forged)
        refused(subject, forged, Step.SHAPE)


class TestTags:
    def limited(self, curve: Curve, uses: int, use: int) -> Subject:
        subject = one(curve)
        return replace(
            subject,
            plan=replace(subject.plan, limited="person", uses=uses),
            public=replace(subject.public, limit=Limit("venue.example", "open-account", TODAY, uses)),
            use=use,
        )

    def test_an_eleventh_tag_of_ten(self, curve: Curve) -> None:
        """Weakened: n = 10 with the weights of four whole bits, 8, 4, 2, 1. There are sixteen tags then."""
        last, eleventh = self.limited(curve, 10, 9), self.limited(curve, 10, 10)
        last.verify(last.prove())
        with pytest.raises(Unprovable, match="used up"):
            eleventh.prove()
        assert eleventh.public.limit is not None
        sixteen = replace(eleventh.public.limit, uses=16)
        careless: Mapping[str, Any] = {
            "ratelimit__weights": lambda width: digits.weights(15),
            "ratelimit__bit_names": lambda prefix, width: digits.bit_names(prefix, 15),
            "proving__use_tag_values": lambda index, prefix, uses: digits.bit_values(prefix, index, 15),
            "proving__use_tag_point": lambda curve, limit, key, index: use_tag_point(curve, sixteen, key, index),
        }
        with weakened(**careless):
            forged = eleventh.prove()
            shown = eleventh.verify(forged).shown.use_tag
        assert shown == use_tag_point(curve, sixteen, SECRETS["use_key"], 10)
        refused(eleventh, forged, Step.CHALLENGE)


class TestDisclosed:
    """A disclosed value is believed because of the generator it stands on."""

    def test_an_attribute_that_is_named_twice(self, curve: Curve) -> None:
        """Weakened: a slot may name an attribute twice. One value is proved, the other is read."""
        lied = (("kyc_ge_3", 1), ("kyc_ge_3", 0))
        with pytest.raises(IllFormed, match="twice"):
            one(curve, disclosed=lied)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Slot, "__post_init__", lambda slot: None)
            subject = one(curve, disclosed=lied)
            with weakened(proving___check_disclosed=lambda slot, scalars: None):
                subject.verify(subject.prove())
            assert subject.plan.slots[0].disclosed[0] == ("kyc_ge_3", 1)
        truth, lie = one(curve, disclosed=lied[1:]), one(curve, disclosed=lied[:1])
        truth.verify(truth.prove())
        with pytest.raises(Unprovable, match="disclosed value"):
            lie.prove()

    def test_values_in_another_order_than_their_places(self, curve: Curve) -> None:
        """Weakened: places are sorted, values are taken as they came. Rung 3 is read where rung 1 was proved."""
        swapped = one(curve, disclosed=(("kyc_ge_3", 1), ("kyc_ge_1", 0)))
        with pytest.raises(Unprovable, match="disclosed value"):
            swapped.prove()

        def mixed_up(signed: Signed) -> Clause:
            values = dict(zip(sorted(signed.disclosed), signed.disclosed.values(), strict=True))
            return possession(replace(signed, disclosed=values))

        careless: Mapping[str, Any] = {
            "statement__possession": mixed_up,
            "proving___check_disclosed": lambda slot, scalars: None,
        }
        with weakened(**careless):
            forged = swapped.prove()
            swapped.verify(forged)
        refused(swapped, forged, Step.CHALLENGE)

    def test_the_order_in_which_a_plan_names_them_is_nothing(self, curve: Curve) -> None:
        said = (("kyc_ge_1", 1), ("kyc_ge_3", 0))
        one_way, other = (one(curve, disclosed=each) for each in (said, said[::-1]))
        other.verify(one_way.prove())
        assert parts(one_way).statement.serialized == parts(other).statement.serialized
