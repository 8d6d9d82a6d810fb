"""Can whoever is not revoked show it, over public data, and nobody else?"""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from credence.circuits.curve import G1, ORDER, Curve
from credence.circuits.encoding import random_scalar
from credence.circuits.errors import IllFormed, Malformed, Refused, Step, Unprovable
from credence.circuits.revocation import (
    MAX_STEPS,
    Revocation,
    accumulator_public_key,
    catch_up,
    check_witness,
    decode_accumulator_key,
    divide,
    first_value,
    not_revoked,
    randomise_witness,
)
from credence.circuits.sigma.proof import prove, verify
from credence.circuits.sigma.statement import Clause, Quadratic, compile_clauses
from credence.circuits.sigma.transcript import Encoding
from tests.circuits.predicates.proofs import committed
from tests.circuits.sigma.subjects import base, tag_of
from tests.conftest import SeededBytes


@dataclass
class Manager:
    """An accumulator with its log of events."""

    curve: Curve
    rng: SeededBytes
    log: list[Revocation] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.alpha = random_scalar(self.rng)
        self.public_key = accumulator_public_key(self.curve, self.alpha, self.rng)
        self.value = first_value(self.curve, self.rng)

    def witness(self, handle: int) -> G1:
        return divide(self.value, self.alpha, handle, self.rng)

    def revoke(self, handle: int) -> None:
        self.value = divide(self.value, self.alpha, handle, self.rng)
        self.log.append(Revocation(handle, self.value))


@pytest.fixture
def manager(curve: Curve, rng: SeededBytes) -> Manager:
    return Manager(curve, rng)


def test_a_witness_is_of_the_value_it_was_made_for(manager: Manager) -> None:
    witness, before = manager.witness(77), manager.value
    check_witness(manager.curve, manager.public_key, before, witness, 77)
    manager.revoke(5)
    with pytest.raises(Refused) as refused:
        check_witness(manager.curve, manager.public_key, manager.value, witness, 77)
    assert refused.value.step is Step.PAIRING


@pytest.mark.parametrize("steps", [0, 1, 2, 9])
def test_a_holder_catches_up_over_public_data(manager: Manager, steps: int) -> None:
    """Also a holder whose credential came in the middle, and both at once or step by step."""
    witness = manager.witness(77)
    for handle in range(100, 100 + steps):
        manager.revoke(handle)
    caught = catch_up(manager.curve, witness, 77, manager.log)
    check_witness(manager.curve, manager.public_key, manager.value, caught, 77)
    for event in manager.log:
        witness = catch_up(manager.curve, witness, 77, [event])
    assert witness == caught == manager.witness(77)


def test_events_out_of_order_or_left_out_lead_to_no_witness(manager: Manager) -> None:
    witness = manager.witness(77)
    for handle in (1, 2, 3):
        manager.revoke(handle)
    for events in (manager.log[1:], manager.log[::-1], [*manager.log, manager.log[-1]]):
        with pytest.raises(Refused):
            check_witness(manager.curve, manager.public_key, manager.value, catch_up(manager.curve, witness, 77, events), 77)


def test_who_is_revoked_cannot_catch_up(manager: Manager) -> None:
    witness = manager.witness(77)
    manager.revoke(5)
    catch_up(manager.curve, witness, 77, manager.log)
    manager.revoke(77)
    with pytest.raises(Unprovable, match="revoked"):
        catch_up(manager.curve, witness, 77, manager.log)


def test_a_second_revocation_of_a_handle_would_be_a_witness_for_it(manager: Manager) -> None:
    """Why the manager refuses one: V after the second revocation is what y needs to show against V after the first."""
    manager.revoke(77)
    revoked = manager.value
    manager.revoke(77)
    check_witness(manager.curve, manager.public_key, revoked, manager.value, 77)


@pytest.mark.parametrize("handle", [0, ORDER, -1, True])
def test_a_handle_that_is_none_is_refused(manager: Manager, handle: int) -> None:
    manager.witness(1)
    with pytest.raises(IllFormed, match="handle"):
        manager.witness(handle)
    with pytest.raises(IllFormed, match="handle"):
        check_witness(manager.curve, manager.public_key, manager.value, manager.value, handle)
    with pytest.raises(IllFormed, match="handle"):
        catch_up(manager.curve, manager.value, handle, [])


def test_the_handle_that_has_no_witness_is_refused(manager: Manager) -> None:
    manager.witness(ORDER - manager.alpha + 1)
    with pytest.raises(IllFormed, match="no witness exists"):
        manager.witness(ORDER - manager.alpha)


def test_a_witness_that_is_the_identity_is_refused(manager: Manager) -> None:
    with pytest.raises(Refused):
        check_witness(manager.curve, manager.public_key, manager.curve.identity_g1, manager.curve.identity_g1, 77)


def test_too_many_events_at_once_are_refused(manager: Manager) -> None:
    assert MAX_STEPS == 131_072
    event = Revocation(1, manager.value)
    with pytest.raises(IllFormed, match="too many"):
        catch_up(manager.curve, manager.value, 77, [event] * (MAX_STEPS + 1))


@pytest.mark.parametrize("key", [b"", bytes(96), b"\xc0" + bytes(95), bytes(48)])
def test_an_accumulator_key_that_is_none_is_refused(manager: Manager, key: bytes) -> None:
    decode_accumulator_key(manager.curve, manager.public_key)
    with pytest.raises(Malformed, match="an accumulator's key has 96 bytes" if len(key) != 96 else None):
        decode_accumulator_key(manager.curve, key)


def test_no_constraint_stands_on_the_blinding_of_a_witness(manager: Manager) -> None:
    """Accepted twin: the handle. What A' is multiplied with is for its maker to choose."""
    for scalar in ("y", "s.acc.r"):
        square = Clause(constraints=(Quadratic(products=((1, scalar, scalar),), constant=-4),))
        template = compile_clauses([not_revoked("s", "y"), square])
        points = {point: manager.curve.BP1 * (number + 2) for number, point in enumerate(sorted(template.points))}
        if scalar == "y":
            template.bind(manager.curve, points)
            continue
        with pytest.raises(IllFormed, match="prover-chosen"):
            template.bind(manager.curve, points)


class TestTheGadget:
    """The clause alone, over a handle in a commitment."""

    def shown(self, manager: Manager, signed: int, witness: G1, used: int) -> tuple[G1, G1]:
        """Proves with the signed handle, randomises with ``used``; returns what the pairing is about."""
        curve = manager.curve
        hidden = randomise_witness(curve, "s", manager.value, witness, used, manager.rng)
        template = compile_clauses([committed({"y": signed}), not_revoked("s", "y")])
        values = {"y": signed, "blind.y": 5, **hidden.values}
        points = {"H.y": base(curve, "y"), "s.acc.V": manager.value, **hidden.points}
        points["X.y"] = curve.msm([points["H.y"], curve.BP1], [signed, 5])
        statement = template.bind(curve, points)
        tag = tag_of(statement, Encoding.BATCHABLE)
        proof = prove(statement, template.witness(values), tag, Encoding.BATCHABLE, manager.rng, check=False)
        verify(statement, proof, tag, Encoding.BATCHABLE, manager.rng)
        return hidden.points["s.acc.A"], hidden.points["s.acc.Abar"]

    def holds(self, manager: Manager, A: G1, Abar: G1) -> bool:
        curve = manager.curve
        key = decode_accumulator_key(curve, manager.public_key)
        return curve.pairing_check([(A, key), (-Abar, curve.BP2)])

    def test_a_witness_is_shown_without_being_sent(self, manager: Manager) -> None:
        first = self.shown(manager, 77, manager.witness(77), 77)
        second = self.shown(manager, 77, manager.witness(77), 77)
        assert self.holds(manager, *first)
        assert self.holds(manager, *second)
        assert {*first}.isdisjoint({*second, manager.witness(77)})

    def test_another_handle_s_witness_does_not_fit_the_signed_one(self, manager: Manager) -> None:
        assert not self.holds(manager, *self.shown(manager, 77, manager.witness(78), 77))
        with pytest.raises(Refused):
            self.shown(manager, 77, manager.witness(78), 78)

    def test_a_revoked_handle_has_nothing_to_show(self, manager: Manager) -> None:
        witness = manager.witness(77)
        assert self.holds(manager, *self.shown(manager, 77, witness, 77))
        manager.revoke(77)
        assert not self.holds(manager, *self.shown(manager, 77, witness, 77))

    def test_the_identity_is_no_instance(self, manager: Manager) -> None:
        """With A' = O and Abar' = O the pairing would hold for anyone."""
        assert self.holds(manager, manager.curve.identity_g1, manager.curve.identity_g1)
        with pytest.raises(IllFormed, match="check 8"):
            self.shown(manager, 77, manager.curve.identity_g1, 77)
