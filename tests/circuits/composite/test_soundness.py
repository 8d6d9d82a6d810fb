"""Is a proof refused when any one thing it is about is another? Each case has the accepted twin ``full``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from credence.circuits.composite import proving
from credence.circuits.composite.checking import Keys, PairingClaim, Reading, check_claims, check_readings
from credence.circuits.composite.plan import Plan, Slot
from credence.circuits.composite.proving import Holding
from credence.circuits.composite.statement import compile_plan
from credence.circuits.credential import STANDING_1
from credence.circuits.curve import ORDER, Curve
from credence.circuits.encoding import random_scalar
from credence.circuits.errors import CircuitError, IllFormed, Malformed, Refused, Step, Unprovable
from credence.circuits.predicates.range import Interval
from credence.circuits.revocation import divide
from credence.circuits.sigma.transcript import Encoding
from tests.circuits.composite.subjects import BOTH, EU27, LISTED, PERSON, Subject, accumulator, full, issued
from tests.circuits.encodings import first, g1_bytes, g1_on_curve
from tests.conftest import SeededBytes

OUTSIDE_SUBGROUP = g1_bytes(first(map(g1_on_curve, range(1, 100))))


@cache
def honest(curve: Curve, encoding: Encoding = Encoding.BATCHABLE) -> bytes:
    """A message that is accepted."""
    return full(curve).prove(encoding)


def refused(subject: Subject, message: bytes, encoding: Encoding = Encoding.BATCHABLE) -> CircuitError:
    with pytest.raises(CircuitError) as caught:
        subject.verify(message, encoding)
    return caught.value


def slot_changed(subject: Subject, name: str, **changes: Any) -> Subject:
    slots = tuple(replace(slot, **changes) if slot.name == name else slot for slot in subject.plan.slots)
    return replace(subject, plan=replace(subject.plan, slots=slots))


def public_changed(subject: Subject, **changes: Any) -> Subject:
    return replace(subject, public=replace(subject.public, **changes))


OTHERWISE: dict[str, Callable[[Subject], Subject]] = {
    "context": lambda s: public_changed(s, context=s.public.context + b"."),
    "scope": lambda s: public_changed(s, scope=b"venue.example/another"),
    "accumulator value": lambda s: public_changed(s, accumulators={"person": s.curve.BP1 * 5}),
    "epoch": lambda s: public_changed(s, limit=replace(s.public.limit, epoch=20_779)),
    "audience of the limit": lambda s: public_changed(s, limit=replace(s.public.limit, audience="x")),
    "name of the limit": lambda s: public_changed(s, limit=replace(s.public.limit, name="x")),
    "escrow key": lambda s: public_changed(s, escrow=s.curve.BP1 * 5),
    "domain": lambda s: slot_changed(s, "person", domain=s.plan.slot("person").domain + 1),
    "disclosed value": lambda s: slot_changed(s, "person", disclosed=(("kyc_ge_1", 1), ("kyc_ge_2", 0))),
    "disclosed index": lambda s: slot_changed(s, "person", disclosed=(("kyc_ge_1", 1), ("kyc_ge_3", 1))),
    "range": lambda s: slot_changed(s, "standing", ranges=(("evidence_milli", Interval(999, 999 + (1 << 20) - 1)),)),
    "ranged attribute": lambda s: slot_changed(
        s, "standing", ranges=(("events_milli", Interval(1_000, 1_000 + (1 << 20) - 1)),)
    ),
    "set": lambda s: slot_changed(s, "person", inside=(("residence", (*EU27[:-1], 756)),)),
    "excluded set": lambda s: slot_changed(s, "person", outside=(("nationality", (*LISTED[:-1], 894)),)),
    "revoked slot": lambda s: public_changed(
        replace(
            s,
            plan=replace(s.plan, not_revoked=("standing",)),
            keys=Keys(s.keys.issuers, {"standing": s.keys.accumulators["person"]}),
        ),
        accumulators={"standing": s.public.accumulators["person"]},
    ),
    "issuer key": lambda s: replace(
        s, keys=replace(s.keys, issuers={**s.keys.issuers, "person": s.keys.issuers["standing"]})
    ),
    "accumulator key": lambda s: replace(s, keys=replace(s.keys, accumulators={"person": s.keys.issuers["standing"]})),
}


@pytest.mark.parametrize("encoding", BOTH)
@pytest.mark.parametrize("what", OTHERWISE)
def test_a_proof_of_one_thing_is_none_of_another(curve: Curve, what: str, encoding: Encoding) -> None:
    subject = full(curve)
    message = honest(curve, encoding)
    subject.verify(message, encoding)
    error = refused(OTHERWISE[what](subject), message, encoding)
    expected = Step.PAIRING if what in ("issuer key", "accumulator key") else Step.CHALLENGE
    assert (type(error), error.step) == (Refused, expected)


def test_a_proof_in_one_encoding_is_none_in_the_other(curve: Curve) -> None:
    subject = full(curve)
    for encoding, other in (BOTH, BOTH[::-1]):
        assert isinstance(refused(subject, honest(curve, encoding), other), Malformed)


class TestPoints:
    """Every point that is sent, replaced by one that is none."""

    @pytest.mark.parametrize(
        ("point", "kind"),
        [
            (b"\xc0" + bytes(47), "the identity"),
            (b"\xe0" + bytes(47), "the identity with a sign"),
            (bytes(48), "nothing"),
            (b"\xff" * 48, "no coordinate"),
            (OUTSIDE_SUBGROUP, "outside the subgroup"),
        ],
    )
    def test_what_is_no_point_of_the_group_is_refused_in_every_place(self, curve: Curve, point: bytes, kind: str) -> None:
        subject = full(curve)
        message = honest(curve)
        for at in range(len(compile_plan(subject.plan).sent)):
            error = refused(subject, message[: 48 * at] + point + message[48 * (at + 1) :])
            assert (type(error), error.step) == (Malformed, Step.DECODE)

    def test_a_point_in_another_s_place_is_refused(self, curve: Curve) -> None:
        subject = full(curve)
        message = honest(curve)
        sent = compile_plan(subject.plan).sent
        for at in range(len(sent)):
            other = (at + 1) % len(sent)
            swapped = bytearray(message)
            swapped[48 * at : 48 * (at + 1)] = message[48 * other : 48 * (other + 1)]
            assert refused(subject, bytes(swapped)).step in (Step.CHALLENGE, Step.INSTANCE)


@pytest.mark.parametrize("change", [lambda m: m[:-1], lambda m: m + b"\x00", lambda m: b"", lambda m: m * 2])
def test_another_length_is_refused_before_anything_is_read(curve: Curve, change: Callable[[bytes], bytes]) -> None:
    subject = full(curve)
    error = refused(subject, change(honest(curve)))
    assert (type(error), error.step) == (Malformed, Step.SHAPE)


@pytest.mark.parametrize("scalar", [ORDER, ORDER + 1, (1 << 256) - 1])
def test_a_scalar_that_is_not_canonical_is_refused(curve: Curve, scalar: int) -> None:
    subject = full(curve)
    error = refused(subject, honest(curve)[:-32] + scalar.to_bytes(32, "big"))
    assert (type(error), error.step) == (Malformed, Step.DECODE)


@pytest.mark.parametrize("bit", range(0, 4_496 * 8, 1_231))
def test_a_flipped_bit_is_refused(curve: Curve, bit: int) -> None:
    subject = full(curve)
    message = bytearray(honest(curve))
    message[bit // 8] ^= 1 << (bit % 8)
    refused(subject, bytes(message))


class TestHolders:
    """Two friends may not pool what they have."""

    @pytest.mark.parametrize("different", range(3))
    def test_credentials_of_two_holders_do_not_go_together(self, curve: Curve, different: int) -> None:
        """The holder secret, the nym secret and the use key: each is one for all credentials."""
        subject = full(curve)
        secrets = tuple(1_001 * (position + 1) + (7 if position == different else 0) for position in range(3))
        friend = issued(curve, STANDING_1, secrets)
        pooled = replace(subject, holdings={**subject.holdings, "standing": friend.holding})
        with pytest.raises(Unprovable, match="one holder"):
            pooled.prove()

    def test_nor_when_the_wallet_does_not_look(self, curve: Curve, monkeypatch: pytest.MonkeyPatch) -> None:
        subject = full(curve)
        friend = issued(curve, STANDING_1, (1_001, 2_002, 3_004))
        pooled = replace(subject, holdings={**subject.holdings, "standing": friend.holding})
        honest = proving._attribute_values

        def careless(plan: Plan, holdings: dict[str, Holding]) -> dict[str, int]:
            return {**honest(Plan(plan.slots[1:]), holdings), **honest(Plan(plan.slots[:1]), holdings)}

        monkeypatch.setattr(proving, "_attribute_values", careless)
        subject.verify(subject.prove())
        assert refused(pooled, pooled.prove()).step is Step.CHALLENGE

    def test_a_credential_that_is_missing_is_no_credential(self, curve: Curve) -> None:
        subject = full(curve)
        with pytest.raises(Unprovable, match="missing"):
            replace(subject, holdings={"person": subject.holdings["person"]}).prove()


class TestRevocation:
    def test_a_revoked_holder_is_refused_with_the_old_witness_and_with_none(self, curve: Curve) -> None:
        subject, manager = full(curve), accumulator(curve)
        rng = SeededBytes("revoke")
        revoked = divide(manager.value, manager.alpha, PERSON["revocation_handle"], rng)
        after = public_changed(subject, accumulators={"person": revoked})
        assert refused(after, after.prove()).step is Step.PAIRING
        bare = replace(subject, holdings={**subject.holdings, "person": replace(subject.holdings["person"], witness=None)})
        with pytest.raises(Unprovable, match="witness"):
            bare.prove()

    def test_another_holder_s_witness_is_refused(self, curve: Curve) -> None:
        subject, manager = full(curve), accumulator(curve)
        other = divide(manager.value, manager.alpha, 999, SeededBytes("other"))
        lent = replace(subject, holdings={**subject.holdings, "person": replace(subject.holdings["person"], witness=other)})
        assert refused(lent, lent.prove()).step is Step.PAIRING


class TestPairings:
    """One product for all claims."""

    def claims(self, curve: Curve) -> list[PairingClaim]:
        reading: Reading = full(curve).read(honest(curve))
        return list(reading.claims)

    def test_two_wrong_claims_do_not_cancel(self, curve: Curve) -> None:
        """Without weights they do: what one B has too much, the other has too little."""
        first, second, *rest = self.claims(curve)
        delta = curve.BP1 * 7
        wrong = [replace(first, B=first.B + delta), replace(second, B=second.B - delta), *rest]
        unweighted = [(claim.A, claim.key) for claim in wrong]
        total = curve.identity_g1
        for claim in wrong:
            total = total + claim.B
        assert curve.pairing_check([*unweighted, (-total, curve.BP2)])
        check_claims(curve, [first, second, *rest], SeededBytes("weights"))
        with pytest.raises(Refused) as caught:
            check_claims(curve, wrong, SeededBytes("weights"))
        assert caught.value.step is Step.PAIRING

    @pytest.mark.parametrize("place", range(3))
    def test_an_identity_would_hold_for_every_key(self, curve: Curve, place: int) -> None:
        claims = self.claims(curve)
        claims[place] = PairingClaim(curve.identity_g1, claims[place].key, curve.identity_g1)
        with pytest.raises(IllFormed, match="identity"):
            check_claims(curve, claims, SeededBytes("weights"))


@pytest.mark.parametrize(
    "change",
    [
        {"slots": ()},
        {"slots": lambda plan: plan.slots[::-1]},
        {"slots": lambda plan: (plan.slots[0], plan.slots[0])},
        {"slots": lambda plan: tuple(replace(plan.slots[0], name=f"s{i}") for i in range(9))},
        {"not_revoked": ("nobody",)},
        {"not_revoked": ("person", "person")},
        {"not_revoked": ("standing", "person")},
        {"pseudonym": "nobody"},
        {"limited": None},
        {"uses": 0},
        {"uses": 1 << 17},
        {"escrow": "standing"},
    ],
)
def test_a_plan_that_is_none_is_refused(curve: Curve, change: dict[str, Any]) -> None:
    plan = full(curve).plan
    values = {name: value(plan) if callable(value) else value for name, value in change.items()}
    with pytest.raises(IllFormed):
        replace(plan, **values)


@pytest.mark.parametrize(
    "change",
    [
        {"disclosed": (("revocation_handle", 1),)},
        {"disclosed": (("holder_secret", 1),)},
        {"disclosed": (("size", 1),)},
        {"disclosed": (("kind", 1), ("kind", 2))},
        {"disclosed": (("birth_date", 1),)},
        {"disclosed": (("kind", ORDER),)},
        {"ranges": (("nym_secret", Interval(0, 9)),)},
        {"ranges": (("revocation_handle", Interval(0, 9)),)},
        {"inside": (("use_key", (1, 2)),)},
        {"inside": (("residence", (2, 1)),)},
        {"inside": (("residence", (1,)),)},
        {"outside": (("nationality", ()),)},
    ],
)
def test_a_slot_that_is_none_is_refused(curve: Curve, change: dict[str, Any]) -> None:
    plan = full(curve).plan
    with pytest.raises(IllFormed):
        compile_plan(replace(plan, slots=(replace(plan.slots[0], **change), plan.slots[1])))


def test_a_statement_over_the_limits_is_refused(curve: Curve) -> None:
    slot = full(curve).plan.slots[1]
    wide = replace(
        slot,
        ranges=tuple((name, Interval(0, (1 << 60) - 1)) for name in ("evidence_milli", "events_milli", "score", "as_of")),
    )
    compile_plan(Plan((wide,)))
    with pytest.raises(IllFormed, match=r"512 variables|384 constraints"):
        compile_plan(Plan(tuple(replace(wide, name=f"s{i}") for i in range(4))))


def test_weights_are_drawn_after_all_messages_were_read(curve: Curve) -> None:
    """One reading in two batches gets other weights each time, and the verifier's randomness is asked for at the end."""
    subject = full(curve)
    drawn: list[int] = []

    def rng(count: int) -> bytes:
        drawn.append(count)
        return SeededBytes(f"{len(drawn)}")(count)

    reading = subject.read(honest(curve))
    assert drawn == []
    check_readings([reading], rng)
    assert drawn == [32, 32]
    assert random_scalar(rng) != 0


def test_slots_of_a_plan_know_their_values() -> None:
    assert Slot("s", STANDING_1, "bls12-381-sha-256", 1).scalar("nym_secret") == "nym_secret"
