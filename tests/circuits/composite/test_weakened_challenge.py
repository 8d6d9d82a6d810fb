"""As test_weakened.py, for the challenge: whatever is not hashed is chosen last (Frozen Heart).

A point that is sent may be left out where a pairing ties it to one that is hashed: Abar or Bbar alone, A' or Abar' alone.
Both of a pair may not. D stands in two equations, and no way is known to choose it last; it is hashed like everything else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from functools import cache
from types import SimpleNamespace
from typing import Any

import pytest

from credence.circuits.bbs.signature import Signature, signed_point
from credence.circuits.composite.statement import NYM_POINT, TAG_BASE, TAG_POINT, generator_names, generator_points
from credence.circuits.context import AccumulatorContext, Context, CredentialContext, Disclosed, EscrowContext, Operation
from credence.circuits.credential import PERSON_1
from credence.circuits.curve import G1, ORDER, Curve
from credence.circuits.errors import Step
from credence.circuits.escrow import handle_base
from credence.circuits.issuance import credential_generators, issuing_interface
from credence.circuits.ratelimit import use_tag_point
from credence.circuits.revocation import divide
from credence.circuits.sigma.statement import COMMITMENT
from credence.circuits.sigma.transcript import Encoding, session_tag
from credence.circuits.sigma.transcript import Operation as SigmaOperation
from tests.circuits.composite.dishonest import (
    Derive,
    Listed,
    Moves,
    Parts,
    challenge_over,
    parts,
    refused,
    weakened,
    without_coefficients,
    without_elements,
)
from tests.circuits.composite.subjects import (
    BOTH,
    PERSON,
    SECRETS,
    SUITE,
    TODAY,
    Subject,
    accumulator,
    full,
    issued,
    native,
    one,
)
from tests.circuits.sigma.subjects import base
from tests.conftest import SeededBytes


@cache
def whole() -> Parts:
    """Of the full policy, by its honest holder."""
    return parts(full(native()))


def chosen_last(made: Parts, element: str, row: int, solve: Callable[[Moves, int, G1], G1]) -> tuple[bytes, Derive]:
    """A message whose ``element`` is solved for when x is known, after T of ``row`` was moved by any point."""
    derive, moves = without_elements(made.compiled, element), Moves(made)
    moved = base(made.subject.curve, f"any point for {element}")
    moves.rows[row] = moves.rows[row] + moved
    x = derive(made.statement, made.tag(), moves.commitments())
    return moves.message(x, points={element: solve(moves, x, moved)}), derive


@pytest.mark.parametrize("element", [NYM_POINT, "c.person.E1", "c.person.E2"])
def test_a_pseudonym_or_a_sealing_of_one_s_choice(element: str, curve: Curve) -> None:
    """Weakened: the point is not hashed. T + x·P = map(z) is solved for P: a new pseudonym each time, a seal on nothing."""
    made = whole()
    subject, row = made.subject, Moves(made).row_of(element)
    forged, derive = chosen_last(
        made, element, row, lambda moves, x, moved: made.points[element] - moved * pow(x, -1, ORDER)
    )
    refused(subject, forged, Step.CHALLENGE)
    with weakened(proof__derive_challenge=derive):
        shown = subject.verify(forged).shown
    assert shown.pseudonym is not None
    assert shown.sealed is not None
    E1, E2 = shown.sealed
    opened = E2 - E1 * 987_654_321
    assert (shown.pseudonym == made.points[NYM_POINT]) == (element != NYM_POINT)
    assert (opened == handle_base(curve) * PERSON["subject_handle"]) == (element == NYM_POINT)


def test_a_tag_of_one_s_choice(curve: Curve) -> None:
    """Weakened: T is not hashed. G_e = (use_key + i)·T is answered for any T, so that there are tags without end."""
    made = whole()
    subject = made.subject
    row = Moves(made).row_of(TAG_BASE)

    def solve(moves: Moves, x: int, moved: G1) -> G1:
        z = moves.responses(x)
        total = z["use_key"] + sum(w * z[f"tag.i.{at}"] for at, w in enumerate((8, 4, 2, 1)))
        return (moves.rows[row] + made.points[TAG_BASE] * x) * pow(total % ORDER, -1, ORDER)

    forged, derive = chosen_last(made, TAG_POINT, row, solve)
    refused(subject, forged, Step.CHALLENGE)
    with weakened(proof__derive_challenge=derive):
        tag = subject.verify(forged).shown.use_tag
    assert subject.public.limit is not None
    assert tag not in [use_tag_point(curve, subject.public.limit, SECRETS["use_key"], at) for at in range(16)]


def test_variables_that_are_committed_to_last(curve: Curve) -> None:
    """Weakened: B is not hashed. The inverse that does not exist is answered last, and B is solved for from all answers."""
    made = Listed.parts(curve)
    subject, moves, judged = made.subject, Listed(made), made.statement
    derive = without_elements(made.compiled, COMMITMENT)
    x = derive(judged, made.tag(), moves.commitments())
    z = {**moves.responses(x), Listed.INVERSE: moves.inverse(x)}
    last = judged.relation.structure.equations[-1]
    B = (judged.relation.secret_sum(last.combine(tuple(z.values()))) - moves.rows[-1]) * pow(x, -1, ORDER)
    forged = moves.message(x, z, {COMMITMENT: B})
    refused(subject, forged, Step.CHALLENGE)
    with weakened(proof__derive_challenge=derive):
        subject.verify(forged)


def pair_under(curve: Curve, subject: Subject) -> tuple[G1, G1]:
    """(P, sk·P) under the person's issuer: from another holder's signature, ``(A, B - e·A)``."""
    interface = issuing_interface(curve, SUITE)
    other = issued(curve, PERSON_1, (5, 6, 7))
    signature = Signature.decode(curve, other.holding.signature)
    vector = signed_point(
        interface, subject.plan.slots[0].domain, credential_generators(interface, PERSON_1), other.holding.scalars
    )
    return signature.A, vector - signature.A * signature.e


class TestPairs:
    """A point that a pairing ties to another, both left out: k·(P, sk·P) with k chosen last."""

    def test_a_signature_nobody_made(self, curve: Curve) -> None:
        """``T = sk·P``, ``Abar = k·P``, ``Bbar = k·sk·P`` with k = -1/x: all answers of the first equation are zero."""
        subject = one(curve, (("kyc_ge_3", 1),), disclosed=(("kyc_ge_3", 1),))
        made = parts(subject)
        P, sk_P = pair_under(curve, subject)
        derive, moves = without_elements(made.compiled, "c.person.Abar", "c.person.Bbar"), Moves(made)
        moves.rows[0] = sk_P
        x = derive(made.statement, made.tag(), moves.commitments())
        k = -pow(x, -1, ORDER)
        points = {"c.person.Abar": P * k, "c.person.Bbar": sk_P * k}
        forged = moves.message(x, {"c.person.r1": 0, "c.person.e": 0}, points)
        refused(subject, forged, Step.CHALLENGE)
        with weakened(proof__derive_challenge=derive):
            subject.verify(forged)

    def test_a_witness_nobody_gave(self, curve: Curve) -> None:
        """The same with (V', alpha·V'), which the log gives: ``alpha·V' = V - y·V'`` for the y that was revoked."""
        manager, revoked_handle = accumulator(curve), PERSON["revocation_handle"]
        after = divide(manager.value, manager.alpha, revoked_handle, SeededBytes("revoked"))
        subject = one(curve)
        subject = replace(
            subject,
            plan=replace(subject.plan, not_revoked=("person",)),
            public=replace(subject.public, accumulators={"person": after}),
            keys=replace(subject.keys, accumulators={"person": manager.public_key}),
            holdings={"person": replace(subject.holdings["person"], witness=manager.witness)},
        )
        made = parts(subject)
        refused(subject, made.message(), Step.PAIRING)
        A, Abar = "c.person.acc.A", "c.person.acc.Abar"
        derive, moves = without_elements(made.compiled, A, Abar), Moves(made)
        t, alpha_V = 5, manager.value - after * revoked_handle
        moves.rows[moves.row_of(Abar)] = after * t + alpha_V
        x = derive(made.statement, made.tag(), moves.commitments())
        k = -pow(x, -1, ORDER)
        z_y = moves.responses(x)["c.person.m.revocation_handle"]
        forged = moves.message(x, {"c.person.acc.r": (t + z_y * k) % ORDER}, {A: after * k, Abar: alpha_V * k})
        refused(subject, forged, Step.CHALLENGE)
        with weakened(proof__derive_challenge=derive):
            subject.verify(forged)


def test_a_disclosed_value_chosen_last(curve: Curve) -> None:
    """Weakened: the coefficients of equations are not hashed. m' = m - t/x for a T that was moved by t·H."""
    subject = one(curve, disclosed=(("resets", 0),))
    made, derive = parts(subject), challenge_over(without_coefficients)
    moves, t = Moves(made), 12_345
    H = generator_points(curve, SUITE, PERSON_1)[generator_names(SUITE, PERSON_1)[PERSON_1.index("resets") + 2]]
    moves.rows[1] = moves.rows[1] + H * t
    x = derive(made.statement, made.tag(), moves.commitments())
    forged = moves.message(x)
    slot = replace(subject.plan.slots[0], disclosed=(("resets", -t * pow(x, -1, ORDER) % ORDER),))
    other = replace(subject, plan=replace(subject.plan, slots=(slot,)))
    for judged in (subject, other):
        refused(judged, forged, Step.CHALLENGE)
    with weakened(proof__derive_challenge=derive):
        refused(subject, forged, Step.CHALLENGE)
        other.verify(forged)


def test_a_constraint_chosen_last(curve: Curve) -> None:
    """Weakened: ``SerializeQ`` is not hashed. The last value of a set is chosen so that another value seems to be in it."""
    values = (40, 56, 100, 191)
    subject = one(curve, (("residence", 276),), inside=(("residence", values),))
    selected = {"c.person.in.residence.f.0": 0, "c.person.in.residence.g.0": 0}
    with weakened(proving__in_set_values=lambda *_: selected):
        made = parts(subject)
    derive, moves = challenge_over(lambda judged: judged.relation.serialized), Moves(made)
    x = derive(made.statement, made.tag(), moves.commitments())
    z = moves.responses(x)
    # the cell's own factor in the homogeneous form is (x - z_f)·(x - z_g); the error is Q(w)·x²
    factor = (x - z["c.person.in.residence.f.0"]) * (x - z["c.person.in.residence.g.0"])
    fitting = (values[-1] - (values[-1] - 276) * x * x * pow(factor, -1, ORDER)) % ORDER
    assert fitting not in (*values, 276)
    slot = replace(subject.plan.slots[0], inside=(("residence", (*values[:-1], fitting)),))
    other = replace(subject, plan=replace(subject.plan, slots=(slot,)))
    forged = moves.message(x)
    for judged in (subject, other):
        refused(judged, forged, Step.CHALLENGE)
    with weakened(proof__derive_challenge=derive):
        other.verify(forged)


KEY, POINT = bytes(range(96)), bytes(range(48))
CONTEXT = Context(
    operation=Operation.PRESENT,
    policy_hash=bytes(32),
    audience="verifier.example/venue-a",
    nonce=bytes(16),
    channel=b"",
    requested_at=1_795_000_000,
    expires_at=1_795_000_300,
    day=TODAY,
    use_epoch=TODAY,
    credentials=(CredentialContext(KEY, b"header", "credence/person/1", b"api"),),
    accumulators=(AccumulatorContext(KEY, POINT, 7, 29_916_666),),
    escrow=EscrowContext("trustees", POINT, 3, 5, "court order"),
    disclosed=(Disclosed(0, 5, 1), Disclosed(0, 6, 1)),
    message=b"an order",
)
OTHERWISE: Mapping[str, Any] = {
    "operation": SimpleNamespace(value=b"present-otherwise"),
    "policy_hash": bytes(31) + b"\x01",
    "audience": "verifier.example/venue-b",
    "nonce": bytes(15) + b"\x01",
    "channel": b"another",
    "requested_at": CONTEXT.requested_at + 1,
    "expires_at": CONTEXT.expires_at + 1,
    "day": TODAY + 1,
    "use_epoch": None,
    "credentials": (replace(CONTEXT.credentials[0], header=b"another"),),
    "accumulators": (replace(CONTEXT.accumulators[0], index=8),),
    "escrow": replace(CONTEXT.escrow, purpose="curiosity"),  # type: ignore[type-var]
    "disclosed": CONTEXT.disclosed[::-1],
    "message": b"another order",
}


def test_every_part_of_the_context_is_here() -> None:
    assert set(OTHERWISE) == {field.name for field in fields(Context)}


@pytest.mark.parametrize("left_out", OTHERWISE)
def test_a_part_of_the_context_outside_the_challenge(left_out: str, curve: Curve) -> None:
    """Weakened: the part is not hashed, and a proof for one context is one for another."""
    subject = one(curve)

    def bound(context: Context, *, weak: bool) -> Subject:
        read = replace(context, **{left_out: getattr(CONTEXT, left_out)}) if weak else context
        return replace(subject, public=replace(subject.public, context=read.encode()))

    other = replace(CONTEXT, **{left_out: OTHERWISE[left_out]})
    message = bound(CONTEXT, weak=False).prove()
    bound(CONTEXT, weak=False).verify(message)
    bound(other, weak=True).verify(message)
    refused(bound(other, weak=False), message, Step.CHALLENGE)


@pytest.mark.parametrize("encoding", BOTH)
def test_the_whole_context_outside_the_challenge(encoding: Encoding, curve: Curve) -> None:
    """Weakened: the tag names no context. One presentation serves every audience."""
    subject = one(curve)
    other = replace(subject, public=replace(subject.public, context=b"another venue"))
    empty = session_tag(SigmaOperation.PRESENT, encoding, bytes(32), constrained=False)
    refused(other, subject.prove(encoding), Step.CHALLENGE, encoding)
    without: Mapping[str, Any] = {
        f"{module}__presentation_tag": lambda *_, **__: empty for module in ("proving", "checking")
    }
    with weakened(**without):
        other.verify(subject.prove(encoding), encoding)
