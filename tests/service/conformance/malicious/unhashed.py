"""Challenges that do not cover everything, that were chosen first, or that are another proof's.

A prover computes its challenge over less than it should. A verifier that leaves the same out accepts what comes of it: each
case says what would be left out. Where something follows, the forger makes use of it; the rest are the honest statement
proved under the poorer challenge.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import fields
from dataclasses import replace as with_
from typing import Any

import pytest

from credence.circuits.composite.message import encode
from credence.circuits.composite.statement import NYM_POINT
from credence.circuits.context import Context
from credence.circuits.curve import G1_LENGTH, ORDER
from credence.circuits.encoding import encode_scalar, random_scalar
from credence.circuits.errors import Step
from credence.circuits.presentation import statement as stating
from credence.circuits.sigma import proof
from credence.circuits.sigma.constraints import blind_base
from credence.circuits.sigma.proof import Answers, commitments_of
from credence.circuits.sigma.statement import COMMITMENT, Statement
from credence.circuits.sigma.transcript import Encoding, Operation, Sponge, derive_session_id, session_tag
from tests.circuits.composite.dishonest import (
    UNCHECKED,
    Moves,
    challenge_over,
    parts,
    weakened,
    without_coefficients,
    without_elements,
)
from tests.circuits.sigma.subjects import base
from tests.circuits.sigma.test_weakened import re_encoded
from tests.conftest import SeededBytes
from tests.service.conformance.malicious.book import Twin

Derive = Callable[[Statement, bytes, bytes], int]


def elements(twin: Twin, every: int = 4) -> None:
    """One point of the statement at a time (each that is sent, some of the public ones), coefficients, constraints."""
    made = parts(twin.scene.subject)
    names = [name for name in made.compiled.template.elements if name != "BP1"]
    for name in [*made.compiled.sent, *[name for name in names if name not in made.compiled.sent][::every]]:
        _under(twin, "UnhashedElement", f"the challenge leaves {name} out", without_elements(made.compiled, name))
    _under(twin, "UnhashedElement", "the challenge leaves all points out", without_elements(made.compiled, *names))
    _under(twin, "UnhashedStatement", "the challenge leaves the coefficients out", challenge_over(without_coefficients))
    _under(twin, "UnhashedStatement", "the challenge leaves the statement out", challenge_over(lambda judged: b""))
    if made.compiled.template.constraints is not None:
        _under(twin, "UnhashedConstraints", "the challenge leaves the constraints out",
               challenge_over(lambda judged: judged.relation.serialized))  # fmt: skip


def _under(twin: Twin, cause: str, what: str, derive: Derive) -> None:
    with weakened(proof__derive_challenge=derive):
        made = twin.scene.prove(twin.encoding, what)
    twin.forged(cause, Step.CHALLENGE, what, made)


def commitments(twin: Twin) -> None:
    """One T at a time, C_1, C_0; and the order of things."""

    def over(part: Callable[[bytes], bytes]) -> Derive:
        def derive(judged: Statement, tag: bytes, points: bytes) -> int:
            sponge = Sponge(derive_session_id(tag))
            sponge.absorb(judged.serialized)
            sponge.absorb(part(points))
            return int.from_bytes(sponge.squeeze(48), "little") % ORDER

        return derive

    template = parts(twin.scene.subject).compiled.template
    constrained = template.constraints is not None
    names = [f"T_{at + 1}" for at in range(template.structure.num_equations)] + (["C_1", "C_0"] if constrained else [])
    for at, name in enumerate(names):
        left, right = at * G1_LENGTH, (at + 1) * G1_LENGTH
        _under(twin, "UnhashedCommitment", f"the challenge leaves {name} out",
               over(lambda points, left=left, right=right: points[:left] + points[right:]))  # type: ignore[misc]  # fmt: skip
    _under(twin, "UnhashedCommitment", "the challenge leaves all commitments out", over(lambda points: b""))
    _under(twin, "UnhashedCommitment", "the challenge takes commitments backwards", over(lambda points: points[::-1]))


def contexts(twin: Twin) -> None:
    """One item of the context at a time, and the whole of it; other tags."""
    subject, encoding = twin.scene.subject, twin.encoding
    empty: dict[str, Any] = {
        "policy_hash": bytes(32),
        "audience": "-",
        "nonce": bytes(16),
        "requested_at": 0,
        "expires_at": 1 << 62,
    }
    empty |= {
        "channel": b"",
        "message": b"",
        "day": 0,
        "use_epoch": None,
        "credentials": (),
        "accumulators": (),
        "escrow": None,
    }
    empty |= {"disclosed": ()}
    context = _context_of(twin)
    for item in fields(Context):
        if item.name != "operation" and getattr(context, item.name) != empty[item.name]:
            bound = with_(context, **{item.name: empty[item.name]}).encode()
            poorer = with_(subject, public=with_(subject.public, context=bound))
            made = poorer.prove(encoding, f"without {item.name}")
            twin.forged("UnhashedContext", Step.CHALLENGE, f"the context leaves {item.name} out", made)
    made = with_(subject, public=with_(subject.public, context=b"")).prove(encoding, "without a context")
    twin.forged("UnhashedContext", Step.CHALLENGE, "no context at all", made)


def _context_of(twin: Twin) -> Context:
    """The context that both sides bind, before it is bytes."""
    kept: list[Context] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stating, "Context", lambda **given: kept.append(Context(**given)) or kept[-1])
        bound = with_(twin.scene).stated.public.context
    if bound != twin.scene.stated.public.context:
        raise AssertionError("another context")
    return kept[0]


def tags(twin: Twin) -> None:
    """Proofs made for another operation, encoding, or kind of statement."""
    subject, encoding = twin.scene.subject, twin.encoding
    constrained = parts(subject).compiled.template.constraints is not None
    digest = hashlib.sha256(subject.public.context).digest()
    tags = {
        f"for {operation.name.lower()}": session_tag(operation, encoding, digest, constrained=constrained)
        for operation in Operation
        if operation is not Operation.PRESENT
    }
    tags["with the context's hash in capitals"] = session_tag(Operation.PRESENT, encoding, digest, constrained=constrained)
    head, _, tail = tags["with the context's hash in capitals"].rpartition(b":")
    tags["with the context's hash in capitals"] = head + b":" + tail.upper()
    tags["of the draft alone"] = head.replace(b"CREDENCE-V01-PRES-", b"") + b":" + tail
    for what, tag in tags.items():
        with weakened(proving__presentation_tag=lambda *_, tag=tag, **__: tag):
            made = twin.scene.prove(encoding, what)
        twin.forged("CrossProtocol", Step.CHALLENGE, f"a proof made under a tag {what}", made)
    other = next(each for each in Encoding if each is not encoding)
    for tag, what in (
        (session_tag(Operation.PRESENT, other, digest, constrained=constrained), "the other encoding"),
        (session_tag(Operation.PRESENT, encoding, digest, constrained=not constrained), "the other kind of statement"),
    ):
        with weakened(proving__presentation_tag=lambda *_, tag=tag, **__: tag, proof__check_tag=lambda *_, **__: None):
            made = twin.scene.prove(encoding, what)
        twin.forged("CrossProtocol", Step.CHALLENGE, f"a proof made under the tag of {what}", made)


def simulated(twin: Twin) -> None:
    """Answers first: for a challenge of the prover's choice every equation holds, without any credential."""
    scene, encoding, curve = twin.scene, twin.encoding, twin.scene.curve
    made = parts(scene.subject)
    judged, constrained = made.statement, made.compiled.template.constraints is not None
    for chosen, what in ((0, "zero"), (None, "at random"))[encoding is Encoding.COMPACT :]:
        rng = SeededBytes(f"simulated {scene.name} {encoding.name} {what}")
        x = random_scalar(rng) if chosen is None else chosen
        z = tuple(random_scalar(rng) for _ in made.witness.scalars)
        answers = Answers(z, random_scalar(rng) if constrained else 0)
        points = commitments_of(judged, x, answers, curve.BP1 * random_scalar(rng) if constrained else None)
        octets = b"".join([point.to_bytes() for point in points])
        body = answers.encode(constrained=constrained)
        whole = octets + body
        if encoding is Encoding.COMPACT:
            whole = encode_scalar(x) + body + (octets[-96:-48] if constrained else b"")
        forged = encode(made.compiled, made.points, whole)
        twin.forged("SimulatedTranscript", Step.CHALLENGE, f"answers first, for a challenge {what}", forged)


def constant(twin: Twin) -> None:
    """Honest moves under a challenge that nobody hashed."""
    for derive, what in (
        (lambda *_: 0, "zero"),
        (lambda *_: 1, "one"),
        (lambda *given: int.from_bytes(hashlib.sha256(given[2]).digest(), "big") % ORDER, "a hash of the commitments"),
        (lambda *given: int.from_bytes(hashlib.sha256(given[1]).digest(), "big") % ORDER, "a hash of the tag"),
        (_other_order, "in the other byte order"),
        (lambda *given: _TRUE(*given) >> 128, "of half its bits"),
        (lambda *given: (_TRUE(*given) + 1) % ORDER, "one more"),
    ):
        _under(twin, "OtherChallenge", f"a challenge that is {what}", derive)


_TRUE = proof.derive_challenge


def _other_order(judged: Statement, tag: bytes, points: bytes) -> int:
    return int.from_bytes(_TRUE(judged, tag, points).to_bytes(32, "little"), "big") % ORDER


def malleable(twin: Twin) -> None:
    """A second proof out of the first, by somebody who has no credential: tau and C_1 move, alone and together."""
    layout, whole, curve = twin.layout, twin.proof, twin.scene.curve
    middle, last = layout.point("C_1"), layout.scalar("tau")
    for tau, shift in ((5, 0), (0, 5), (5, 5), (ORDER - 5, 5), (1, ORDER - 1)):
        x = _challenge_of(twin)
        moved = bytearray(whole)
        moved[last : last + 32] = encode_scalar((int.from_bytes(whole[last : last + 32], "big") + x * tau) % ORDER)
        C_1 = curve.decompress_g1(whole[middle : middle + 48]) + blind_base(curve) * shift
        moved[middle : middle + 48] = C_1.to_bytes()
        what = f"tau moved by {tau if tau < 9 else tau - ORDER}·x, C_1 by {shift if shift < 9 else shift - ORDER}·H0"
        twin.forged("MalleatedConstraints", Step.CHALLENGE, what, bytes(moved))


def _challenge_of(twin: Twin) -> int:
    if twin.encoding is Encoding.COMPACT:
        at = twin.layout.scalar("x")
        return int.from_bytes(twin.proof[at : at + 32], "big")
    statement, tag, made = _opened(twin)
    count = G1_LENGTH * (statement.relation.structure.num_equations + 2)
    return _TRUE(statement, tag, made[:count])


def _opened(twin: Twin) -> tuple[Statement, bytes, bytes]:
    """The statement over the points that were sent, the tag, and the proof behind the points."""
    subject = twin.scene.subject
    made = parts(subject, f"{twin.scene.name} {twin.encoding.name} honest")
    sent = b"".join([made.points[name].to_bytes() for name in made.compiled.sent])
    if not twin.proof.startswith(sent):
        raise AssertionError("parts of another proof")
    return made.statement, made.tag(twin.encoding), twin.proof[len(sent) :]


def written_anew(twin: Twin, other: Twin) -> None:
    """A proof in one encoding rewritten in the other, under a tag that it was not made for."""
    statement, tag, made = _opened(twin)
    again = re_encoded(statement, made, tag, twin.encoding, twin.scene.curve)
    sent = twin.proof[: len(twin.proof) - len(made)]
    other.forged("EncodingConfusion", Step.CHALLENGE, f"a {twin.encoding.name.lower()} proof written anew", sent + again)


def resting(twin: Twin) -> None:
    """Nonces of zero: T is the identity, which no encoding may carry and no compact verifier may compute."""
    made = parts(twin.scene.subject)
    judged, structure = made.statement, made.compiled.template.structure
    for row in range(structure.num_equations):
        zero = {scalar for scalar, _, _ in structure.equations[row].terms}
        rng = SeededBytes(f"resting {twin.scene.name} {row}")
        nonces = [0 if at in zero else random_scalar(rng) for at in range(structure.num_scalars)]
        nonces += [random_scalar(rng) for _ in range(proof.nonce_count(judged) - structure.num_scalars)]
        _with_nonces(twin, nonces, f"the nonces of equation {row + 1} are zero")
    if judged.constraints is not None:
        _with_nonces(twin, [0] * proof.nonce_count(judged), "all nonces are zero")


def _with_nonces(twin: Twin, nonces: list[int], what: str) -> None:
    made = parts(twin.scene.subject)
    careless = {"proof___encode_points": lambda points, refusal: b"".join([each.to_bytes() for each in points])}
    with weakened(**UNCHECKED, **careless):
        body = proof.prove_with_nonces(made.statement, made.witness, made.tag(twin.encoding), twin.encoding, nonces)
    step = Step.DECODE if twin.encoding is Encoding.BATCHABLE or what.startswith("all") else Step.CHALLENGE
    twin.forged("IdentityCommitment", step, what, encode(made.compiled, made.points, body))


def chosen_last(twin: Twin) -> None:
    """A point solved for when the challenge is known, ``T + x·P = map(z)``: any pseudonym, a seal on nothing."""
    made = parts(twin.scene.subject)
    for element in (NYM_POINT, "c.person.E1", "c.person.E2", COMMITMENT):
        if element not in made.compiled.sent:
            continue
        derive, moves = without_elements(made.compiled, element), Moves(made)
        row, moved = moves.row_of(element), base(twin.scene.curve, f"any point for {element}")
        moves.rows[row] = moves.rows[row] + moved
        x = derive(made.statement, made.tag(), moves.commitments())
        solved = made.points[element] - moved * pow(x, -1, ORDER)
        forged = moves.message(x, points={element: solved})
        twin.forged("ChosenLast", Step.CHALLENGE, f"{element} solved for after the challenge", forged)
