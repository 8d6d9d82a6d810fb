"""Would anyone notice a verifier that left one thing out? Each attack is run twice: refused as it is, accepted without it.

Here: pairings, identities, generators. Slots, holders, tags and disclosed values are attacked in test_weakened_plan.py,
constraints in test_weakened_constraints.py, the challenge in test_weakened_challenge.py, the engine in the tests of sigma.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final

import py_arkworks_bls12381 as arkworks
import py_ecc.optimized_bls12_381 as ecc
import pytest
from py_ecc.bls.point_compression import decompress_G1

from credence.circuits.bbs.signature import core_sign, key_gen, signed_point, sk_to_pk
from credence.circuits.composite import checking
from credence.circuits.composite.checking import check_claims, check_readings
from credence.circuits.composite.plan import Plan, Slot
from credence.circuits.composite.proving import Holding
from credence.circuits.composite.statement import NYM_POINT, generator_names, generator_points, scalar_names
from credence.circuits.credential import PERSON_1, credential_header
from credence.circuits.curve import G1, ORDER, Curve
from credence.circuits.curve.native import NativeG1
from credence.circuits.errors import Refused, Step
from credence.circuits.issuance import credential_generators, issuing_interface
from credence.circuits.revocation import divide
from tests.circuits.composite.dishonest import Parts, claims_checked, fresh_weights, parts, refused, weakened
from tests.circuits.composite.subjects import PERSON, SUITE, Subject, accumulator, full, issued, one
from tests.circuits.encodings import G1_ORDER_3, g1_bytes
from tests.circuits.sigma.subjects import base
from tests.conftest import SeededBytes

HIGHEST: Final = (("kyc_ge_1", 1), ("kyc_ge_2", 1), ("kyc_ge_3", 1))


def pair_of(curve: Curve) -> Subject:
    """Two credentials of one issuer, the highest rung disclosed in both."""
    person = issued(curve, PERSON_1, changed=HIGHEST)
    slots = tuple(Slot(name, PERSON_1, SUITE, person.domain, disclosed=HIGHEST) for name in ("a", "b"))
    subject = one(curve)
    keys = replace(subject.keys, issuers=dict.fromkeys("ab", person.public_key))
    return replace(subject, plan=Plan(slots), keys=keys, holdings=dict.fromkeys("ab", person.holding))


def unsigned(subject: Subject, weight: int) -> bytes:
    """Two credentials that nobody signed: what one pairing lacks, ``weight`` times the other has too much.

    ``Abar`` is any point X in one and ``-X/weight`` in the other, ``Bbar = -e·Abar``, ``D`` the vector's own point, and
    r1 = 0, r3 = 1: both equations of both slots hold, for any attributes.
    """
    curve, made = subject.curve, parts(subject)
    interface = issuing_interface(curve, SUITE)
    X, e = base(curve, "nobody's signature"), 5
    points: dict[str, G1] = {}
    values: dict[str, int] = {}
    for slot, Abar in zip(subject.plan.slots, (X, X * -pow(weight, -1, ORDER)), strict=True):
        generators = credential_generators(interface, PERSON_1)
        scalars = [slot_value(slot, made, at) for at in range(PERSON_1.length)]
        points |= {f"{slot.label}.Abar": Abar, f"{slot.label}.Bbar": Abar * -e}
        points[f"{slot.label}.D"] = signed_point(interface, slot.domain, generators, scalars)
        values |= {f"{slot.label}.r1": 0, f"{slot.label}.r3": 1, f"{slot.label}.e": e}
    return made.but(points, values).message()


def slot_value(slot: Slot, made: Parts, at: int) -> int:
    shown = {slot.schema.index(name): scalar for name, scalar in slot.disclosed}
    return shown[at] if at in shown else made.values[scalar_names(slot)[at]]


class TestPairings:
    def test_without_weights_two_credentials_need_no_signature(self, curve: Curve) -> None:
        subject = pair_of(curve)
        subject.verify(subject.prove())
        forged = unsigned(subject, 1)
        refused(subject, forged, Step.PAIRING)
        with weakened(checking__check_claims=claims_checked(fresh_weights)):
            refused(subject, forged, Step.PAIRING)
        with weakened(checking__check_claims=claims_checked(lambda claims, rng: [1] * len(claims))):
            subject.verify(forged)

    def test_weights_that_the_prover_knows_are_none(self, curve: Curve) -> None:
        """Weakened: the verifier's bytes are drawn before the message is read, and seen. The proof is made to fit them."""
        subject = pair_of(curve)
        known = 0x1234_5678
        forged = unsigned(subject, known)
        claims = subject.read(forged).claims
        claims_checked(lambda *_: [1, known])(curve, claims, os.urandom)
        refused(subject, forged, Step.PAIRING)

    def test_a_claim_that_nobody_checks(self, curve: Curve) -> None:
        """Weakened: the accumulator's pairing is forgotten. Who was revoked is not."""
        subject, manager, all_claims = full(curve), accumulator(curve), checking._claims
        revoked = divide(manager.value, manager.alpha, PERSON["revocation_handle"], SeededBytes("revoked"))
        subject = replace(subject, public=replace(subject.public, accumulators={"person": revoked}))
        message = subject.prove()
        refused(subject, message, Step.PAIRING)
        with weakened(checking___claims=lambda *given: all_claims(*given)[:-1]):
            subject.verify(message)

    def test_the_copy_that_is_weakened_is_otherwise_the_verifier(self, curve: Curve) -> None:
        claims = full(curve).read(full(curve).prove()).claims
        wrong = (replace(claims[0], B=claims[0].B + curve.BP1), *claims[1:])
        for check in (check_claims, claims_checked(fresh_weights)):
            check(curve, claims, SeededBytes("weights"))
            with pytest.raises(Refused) as caught:
                check(curve, wrong, SeededBytes("weights"))
            assert caught.value.step is Step.PAIRING


class TestIdentities:
    """An A that is the identity, and a B that is: the pairing holds under every key. Four doors are in the way."""

    DOORS: tuple[tuple[Mapping[str, Any], Step], ...] = (
        ({}, Step.DECODE),
        ({"message__decode_g1": lambda curve, data: curve.decompress_g1(data)}, Step.INSTANCE),
        ({"relation__validate_elements": lambda relation: None}, Step.INSTANCE),
    )

    def through_all_doors(self, subject: Subject, forged: Callable[[], bytes]) -> None:
        opened: dict[str, Any] = {"relation__validate_elements": self.DOORS[2][0]["relation__validate_elements"]}
        with weakened(**opened):
            message = forged()
        opened = {}
        for door, step in self.DOORS:
            opened |= door
            with weakened(**opened):
                refused(subject, message, step)
        with weakened(**opened, checking__check_claims=claims_checked(fresh_weights, identities=True)):
            subject.verify(message)

    def test_a_signature_that_is_the_identity(self, curve: Curve) -> None:
        """``Abar = Bbar = O`` with r1 = e = 0: any attributes, no signature."""
        subject = one(curve, (("kyc_ge_3", 1),), disclosed=HIGHEST)
        O = curve.identity_g1  # noqa: E741 - as in docs/proofs.md
        made = parts(subject)
        points = {"c.person.Abar": O, "c.person.Bbar": O}
        self.through_all_doors(subject, lambda: made.but(points, {"c.person.r1": 0, "c.person.e": 0}).message())

    def test_a_witness_that_is_the_identity(self, curve: Curve) -> None:
        """``A' = Abar' = O`` with r = 0: who was revoked is not."""
        manager, subject = accumulator(curve), one(curve)
        revoked = divide(manager.value, manager.alpha, PERSON["revocation_handle"], SeededBytes("revoked"))
        subject = replace(
            subject,
            plan=replace(subject.plan, not_revoked=("person",)),
            public=replace(subject.public, accumulators={"person": revoked}),
            keys=replace(subject.keys, accumulators={"person": manager.public_key}),
            holdings={"person": replace(subject.holdings["person"], witness=manager.witness)},
        )
        O = curve.identity_g1  # noqa: E741 - as in docs/proofs.md
        made = parts(subject)
        refused(subject, made.message(), Step.PAIRING)
        points = {"c.person.acc.A": O, "c.person.acc.Abar": O}
        self.through_all_doors(subject, lambda: made.but(points, {"c.person.acc.r": 0}).message())


def test_a_point_outside_the_subgroup(curve: Curve) -> None:
    """Weakened: points are read without the check. A pseudonym plus a point of order three is accepted every third time.

    Random weights do not help, because three divides the cofactor: a weight is zero modulo three as often as that. One
    holder would have three pseudonyms, and three tags for each use.
    """
    curve = type(curve)()  # whose points nobody has converted yet: blst would find the sum outside
    subject = one(curve)
    plan, public = replace(subject.plan, pseudonym="person"), replace(subject.public, scope=b"venue.example")
    subject = replace(subject, plan=plan, public=public)

    def read(_: Curve, data: bytes) -> G1:
        return NativeG1(ark=arkworks.G1Point.from_compressed_bytes_unchecked(data))

    made = parts(subject)
    true = made.points[NYM_POINT].to_bytes()
    other = read(curve, g1_bytes(ecc.add(decompress_G1(int.from_bytes(true, "big")), G1_ORDER_3)))
    forged = made.but({NYM_POINT: other}).message()
    refused(subject, forged, Step.DECODE)
    accepted = 0
    with weakened(message__decode_g1=read):
        reading = subject.read(forged)
        for attempt in range(24):
            with suppress(Exception):  # the engine, too, may find out that its sum is outside
                check_readings([reading], SeededBytes(f"attempt {attempt}"))
                accepted += 1
    assert reading.shown.pseudonym == other != made.points[NYM_POINT]
    assert 2 <= accepted <= 16


class TestGenerators:
    """A vector is what a signature is over only where nobody knows a relation between its generators."""

    def signed_under(
        self, curve: Curve, place: int | None, point: Callable[[Mapping[str, G1]], G1], epoch: int = 749
    ) -> Any:
        """(subject, the generators by name), with one generator replaced before the issuer signed."""
        interface, rng = issuing_interface(curve, SUITE), SeededBytes("a careless issuer")
        named = dict(generator_points(curve, SUITE, PERSON_1))
        if place is not None:
            named[generator_names(SUITE, PERSON_1)[place]] = point(named)
        _, *generators = named.values()
        secret_key = key_gen(interface.suite, rng(32))
        public_key, header = (
            sk_to_pk(curve, secret_key, rng),
            credential_header("credence/person/1", "issuer.example", epoch),
        )
        honest = issued(curve, PERSON_1).holding.scalars
        signature = core_sign(interface, secret_key, public_key, generators, header, honest, rng)
        subject = one(curve)
        slot = replace(subject.plan.slots[0], domain=interface.domain(public_key, generators, header))
        keys = replace(subject.keys, issuers={"person": public_key})
        return replace(subject, plan=Plan((slot,)), keys=keys, holdings={"person": Holding(signature, honest)}), named

    @pytest.mark.parametrize("multiple", [True, False])
    def test_one_that_is_a_multiple_of_another(self, curve: Curve, multiple: bool) -> None:
        """Weakened: H(kyc_ge_3) = 5·H(resets). One rung up is five resets less, and neither was signed."""
        names = generator_names(SUITE, PERSON_1)
        rung, resets = PERSON_1.index("kyc_ge_3") + 2, PERSON_1.index("resets") + 2
        subject, named = self.signed_under(curve, rung if multiple else None, lambda points: points[names[resets]] * 5)
        scalars = list(subject.holdings["person"].scalars)
        scalars[rung - 2] += 1
        scalars[resets - 2] = (scalars[resets - 2] - 5) % ORDER
        holdings = {"person": replace(subject.holdings["person"], scalars=tuple(scalars))}
        slot = replace(subject.plan.slots[0], disclosed=HIGHEST)
        climbed = replace(subject, plan=Plan((slot,)), holdings=holdings)
        with weakened(statement__generator_points=lambda *_: named, proving__generator_points=lambda *_: named):
            subject.verify(subject.prove())
            if multiple:
                climbed.verify(climbed.prove())
            else:
                refused(climbed, climbed.prove(), Step.PAIRING)

    @pytest.mark.parametrize("equal", [True, False])
    def test_one_that_is_the_base(self, curve: Curve, equal: bool) -> None:
        """Weakened: Q2, which carries the blind factor, is P1. Then the whole vector may be scaled, the domain with it.

        The credential is of epoch 700; what is shown is one of epoch 749 and of another holder's secrets.
        """
        names = generator_names(SUITE, PERSON_1)
        Q2 = PERSON_1.blind_index + 2
        old, named = self.signed_under(curve, Q2 if equal else None, lambda points: points[names[0]], epoch=700)
        new, _ = self.signed_under(curve, Q2 if equal else None, lambda points: points[names[0]])
        factor = new.plan.slots[0].domain * pow(old.plan.slots[0].domain, -1, ORDER) % ORDER
        with weakened(statement__generator_points=lambda *_: named, proving__generator_points=lambda *_: named):
            made = parts(old)
            r3, blind = made.values["c.person.r3"], made.values["c.person.blind_factor"]
            scaled = {name: made.values[name] * factor % ORDER for name in scalar_names(old.plan.slots[0])}
            scaled["c.person.blind_factor"] = (factor * (1 + blind) - 1) % ORDER
            bound = parts(replace(old, plan=new.plan))
            forged = bound.but(made.points, {**made.values, **scaled, "c.person.r3": r3 * factor % ORDER}).message()
            if equal:
                new.verify(forged)
            else:
                refused(new, forged, Step.CHALLENGE)

    def test_none_of_them_is_a_small_multiple_of_another_or_of_the_base(self, curve: Curve) -> None:
        points = [*generator_points(curve, SUITE, PERSON_1).values(), curve.BP1]
        multiples = {point * factor for point in points for factor in (1, -1, 2, 3, 5)}
        assert len(multiples) == 5 * len(points)
