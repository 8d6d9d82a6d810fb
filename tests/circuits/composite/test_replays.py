"""Is a proof one proof, of one operation, in one encoding, under one suite, with or without constraints?"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from functools import cache

import pytest

from credence.circuits.composite.message import decode, message_length
from credence.circuits.composite.plan import Plan, Slot
from credence.circuits.composite.public import Public
from credence.circuits.composite.statement import compile_plan
from credence.circuits.credential import PERSON_1, STANDING_1
from credence.circuits.curve import ORDER, Curve
from credence.circuits.encoding import encode_scalar
from credence.circuits.errors import IllFormed, Step
from credence.circuits.predicates.range import Interval
from credence.circuits.sigma import proof
from credence.circuits.sigma.constraints import blind_base
from credence.circuits.sigma.statement import Statement
from credence.circuits.sigma.transcript import Encoding, Operation, session_tag
from tests.circuits.composite.dishonest import parts, refused, weakened
from tests.circuits.composite.subjects import BOTH, SUITE, Subject, issued, native, one
from tests.circuits.sigma.subjects import base
from tests.circuits.sigma.test_weakened import challenge_without, re_encoded
from tests.conftest import SeededBytes

SHAKE = "bls12-381-shake-256"
C_1_LEFT_OUT = challenge_without(lambda judged, points: (judged.serialized, points[:-96] + points[-48:]))


@cache
def adult() -> Subject:
    """One range: there are constraints."""
    return one(native(), ranges=(("birth_date", Interval(0, 14_203)),))


@cache
def honest(encoding: Encoding) -> bytes:
    message = adult().prove(encoding)
    adult().verify(message, encoding)
    return message


def tag_of(subject: Subject, encoding: Encoding, operation: Operation = Operation.PRESENT, *, constrained: bool) -> bytes:
    return session_tag(operation, encoding, hashlib.sha256(subject.public.context).digest(), constrained=constrained)


def opened(subject: Subject, message: bytes, encoding: Encoding) -> tuple[Statement, bytes, bytes]:
    """(the statement over the points that were sent, these points' bytes, the proof)."""
    compiled = compile_plan(subject.plan)
    decoded = decode(subject.curve, compiled, encoding, message)
    statement = compiled.bind(subject.curve, {**subject.public.points(subject.curve, subject.plan), **decoded.points})
    return statement, message[: compiled.points_length], decoded.proof


def moved(message: bytes, encoding: Encoding, *, tau: int, middle: int) -> bytes:
    """``τ + x·tau`` and ``C_1 + middle·H0``; where both are the same number, C_0 stays what it was."""
    curve = native()
    statement, points, made = opened(adult(), message, encoding)
    shift = blind_base(curve) * middle
    if encoding is Encoding.COMPACT:
        x, head, old, C_1 = int.from_bytes(made[:32], "big"), made[:-80], made[-80:-48], made[-48:]
        after = encode_scalar((int.from_bytes(old, "big") + x * tau) % ORDER)
        return points + head + after + (curve.decompress_g1(C_1) + shift).to_bytes()
    count = 48 * (statement.relation.structure.num_equations + 2)
    commitments, answers = made[:count], made[count:]
    x = proof.derive_challenge(statement, tag_of(adult(), encoding, constrained=True), commitments)
    C_1 = (curve.decompress_g1(commitments[-96:-48]) + shift).to_bytes()
    after = encode_scalar((int.from_bytes(answers[-32:], "big") + x * tau) % ORDER)
    return points + commitments[:-96] + C_1 + commitments[-48:] + answers[:-32] + after


@pytest.mark.parametrize("encoding", BOTH)
def test_tau_and_the_middle_commitment_move_neither_alone_nor_together(encoding: Encoding) -> None:
    for tau, middle in ((5, 0), (0, 5), (5, 5)):
        refused(adult(), moved(honest(encoding), encoding, tau=tau, middle=middle), Step.CHALLENGE, encoding)
    assert moved(honest(encoding), encoding, tau=0, middle=0) == honest(encoding)


@pytest.mark.parametrize("encoding", BOTH)
def test_they_would_move_together_where_the_middle_one_is_not_hashed(encoding: Encoding) -> None:
    """A second proof out of the first, by somebody who has no credential."""
    with weakened(proof__derive_challenge=C_1_LEFT_OUT):
        first = adult().prove(encoding)
        second = moved(first, encoding, tau=5, middle=5)
        assert first != second
        adult().verify(second, encoding)
    refused(adult(), second, Step.CHALLENGE, encoding)


@pytest.mark.parametrize("encoding", BOTH)
@pytest.mark.parametrize("operation", [each for each in Operation if each is not Operation.PRESENT])
def test_a_proof_of_another_operation_is_none(operation: Operation, encoding: Encoding) -> None:
    tag = tag_of(adult(), encoding, operation, constrained=True)
    with weakened(proving__presentation_tag=lambda *_, **__: tag):
        replayed = adult().prove(encoding)
    refused(adult(), replayed, Step.CHALLENGE, encoding)
    with weakened(checking__presentation_tag=lambda *_, **__: tag):
        adult().verify(replayed, encoding)
        refused(adult(), honest(encoding), Step.CHALLENGE, encoding)


@pytest.mark.parametrize("encoding", BOTH)
def test_a_proof_written_anew_in_the_other_encoding_is_none(encoding: Encoding) -> None:
    other = next(each for each in Encoding if each is not encoding)
    statement, points, made = opened(adult(), honest(encoding), encoding)
    again = points + re_encoded(statement, made, tag_of(adult(), encoding, constrained=True), encoding, native())
    assert len(again) == len(honest(other))
    refused(adult(), again, Step.CHALLENGE, other)
    refused(adult(), honest(encoding), Step.SHAPE, other)


def of_suite(curve: Curve, suite: str) -> Subject:
    person = issued(curve, PERSON_1, suite=suite)
    subject = one(curve)
    slot = replace(subject.plan.slots[0], api=suite, domain=person.domain)
    keys = replace(subject.keys, issuers={"person": person.public_key})
    return replace(subject, plan=Plan((slot,)), keys=keys, holdings={"person": person.holding})


@pytest.mark.parametrize("encoding", BOTH)
def test_a_proof_under_another_suite_is_none(encoding: Encoding, curve: Curve) -> None:
    """SHA-256 and SHAKE-256 differ in P1, in all generators and in the domain, and in no length."""
    subjects = [of_suite(curve, suite) for suite in (SUITE, SHAKE)]
    messages = [subject.prove(encoding) for subject in subjects]
    assert len({len(message) for message in messages}) == 1
    for subject, message, other in zip(subjects, messages, messages[::-1], strict=True):
        subject.verify(message, encoding)
        refused(subject, other, Step.CHALLENGE, encoding)


def test_a_credential_of_another_suite_s_slot_is_none(curve: Curve) -> None:
    """Also where the verifier's other inputs are those of the suite that signed."""
    subject = of_suite(curve, SHAKE)
    confused = replace(subject, plan=Plan((replace(subject.plan.slots[0], api=SUITE),)))
    refused(confused, subject.prove(), Step.CHALLENGE)
    refused(confused, confused.prove(), Step.PAIRING)


def test_both_suites_stand_in_one_proof(curve: Curve) -> None:
    """The holder's secrets are the same scalars whichever suite signed them."""
    person, standing = issued(curve, PERSON_1), issued(curve, STANDING_1, suite=SHAKE)
    subject = one(curve)
    slots = (subject.plan.slots[0], Slot("standing", STANDING_1, SHAKE, standing.domain))
    keys = replace(subject.keys, issuers={"person": person.public_key, "standing": standing.public_key})
    holdings = {"person": person.holding, "standing": standing.holding}
    mixed = replace(subject, plan=Plan(slots), keys=keys, holdings=holdings)
    mixed.verify(mixed.prove())


@pytest.mark.parametrize("encoding", BOTH)
def test_a_proof_without_constraints_is_none_with_them(encoding: Encoding) -> None:
    """The rows alone, proved truly, with any C_1, C_0 and τ to make up the length."""
    made = parts(adult())
    plain = Statement(made.statement.relation)
    bare = proof.prove(
        plain, made.witness, tag_of(adult(), encoding, constrained=False), encoding, SeededBytes("bare"), check=False
    )
    sent = b"".join(made.points[name].to_bytes() for name in made.compiled.sent)
    filler = base(native(), "any").to_bytes()
    padded = bare + bytes(32) + filler
    if encoding is Encoding.BATCHABLE:
        count = 48 * plain.relation.structure.num_equations
        padded = bare[:count] + filler + filler + bare[count:] + bytes(32)
    refused(adult(), sent + bare, Step.SHAPE, encoding)
    refused(adult(), sent + padded, Step.CHALLENGE, encoding)


@pytest.mark.parametrize("encoding", BOTH)
def test_a_proof_with_constraints_is_none_without_them(encoding: Encoding) -> None:
    bare = replace(one(native()), public=Public(context=adult().public.context))
    assert message_length(compile_plan(bare.plan), encoding) != len(honest(encoding))
    refused(bare, honest(encoding), Step.SHAPE, encoding)
    bare.verify(bare.prove(encoding), encoding)


@pytest.mark.parametrize("encoding", BOTH)
@pytest.mark.parametrize("constrained", [True, False])
def test_the_tag_has_to_say_which_kind_it_is(constrained: bool, encoding: Encoding) -> None:
    subject = adult() if constrained else one(native())
    wrong = tag_of(subject, encoding, constrained=not constrained)
    message = subject.prove(encoding)
    for side in ("proving", "checking"):
        with (
            weakened(**{f"{side}__presentation_tag": lambda *_, **__: wrong}),
            pytest.raises(IllFormed, match="constraints"),
        ):
            subject.verify(message if side == "checking" else subject.prove(encoding), encoding)
