"""Would the tests notice a verifier that sums its equations carelessly? As in test_weakened.py, with the weights left out.

The accepted twin of every forgery is the honest proof or batch of the same shape in test_proof.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import pytest

from credence.circuits.curve import G1, ORDER, Curve
from credence.circuits.encoding import encode_scalar, lp
from credence.circuits.errors import Refused, Step
from credence.circuits.hashing import Label
from credence.circuits.sigma import proof
from credence.circuits.sigma.proof import prove, read_batchable, verify
from credence.circuits.sigma.statement import GENERATOR, Clause, Row, Statement, Witness
from credence.circuits.sigma.transcript import Encoding, Sponge, derive_session_id
from tests.circuits.sigma.subjects import base, equality, native, seeded, subject, tag_of

BATCHABLE: Final = Encoding.BATCHABLE


def judge(judged: Statement, forged: bytes) -> None:
    verify(judged, forged, tag_of(judged, BATCHABLE), BATCHABLE, seeded("weights"))


def refused(judged: Statement, forged: bytes) -> None:
    with pytest.raises(Refused) as error:
        judge(judged, forged)
    assert error.value.step is Step.CHALLENGE


@contextmanager
def summing_with(sponge: type[Sponge]) -> Iterator[None]:
    """The verifier with another source of weights; its challenges are what they were."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(proof, "Sponge", sponge)
        yield


class EqualWeights(Sponge):
    """The sponge of a verifier that adds its equations up as they are."""

    def __init__(self, session_id: bytes) -> None:
        super().__init__(session_id)
        self._weights = session_id == derive_session_id(Label.WEIGHTS.value)

    def squeeze(self, length: int) -> bytes:
        return (b"\x01" + bytes(15)) * (length // 16) if self._weights else super().squeeze(length)


def test_two_wrong_equations_that_cancel(curve: Curve) -> None:
    """Weakened: the equations of one proof are added without weights. X and Y are wrong by F and -F."""
    made = native(equality)
    F = base(curve, "F")
    points = {**made.points, "X": made.points["X"] + F, "Y": made.points["Y"] - F}
    judged = made.template.bind(curve, points)
    forged = prove(judged, made.witness, tag_of(judged, BATCHABLE), BATCHABLE, seeded("cancel"), check=False)
    refused(judged, forged)
    with summing_with(EqualWeights):
        judge(judged, forged)


def single(curve: Curve, x: int, image: G1) -> tuple[Statement, Witness]:
    made = subject(curve, [Clause([Row([(1, "X")], [(1, "x", GENERATOR)])])], {"x": x}, {"X": image}, "single")
    return made.statement, made.witness


def test_two_wrong_proofs_of_a_batch_that_cancel(curve: Curve) -> None:
    """Weakened: proofs are added without weights. Two commitments are off by F and -F, before they are hashed."""
    F = base(curve, "F")
    batch = []
    for offset, x, nonce in ((F, 5, 1001), (-F, 6, 1002)):
        judged, witness = single(curve, x, curve.BP1 * x)
        T = curve.BP1 * nonce + offset
        tag = tag_of(judged, BATCHABLE)
        challenge = proof.derive_challenge(judged, tag, T.to_bytes())
        forged = T.to_bytes() + encode_scalar((nonce + challenge * witness.scalars[0]) % ORDER)
        refused(judged, forged)
        batch.append(read_batchable(judged, forged, tag))
    with pytest.raises(Refused):
        proof.check_pending(batch, seeded("weights"))
    with summing_with(EqualWeights):
        proof.check_pending(batch, seeded("weights"))


class EarlyWeights(Sponge):
    """The sponge of a verifier whose weights depend on the first ``heard`` parts alone: on nothing, or on its own bytes."""

    heard = 0

    def __init__(self, session_id: bytes) -> None:
        super().__init__(session_id)
        self._left = self.heard if session_id == derive_session_id(Label.WEIGHTS.value) else 1 << 30

    def absorb(self, data: bytes) -> None:
        if self._left:
            super().absorb(data)
            self._left -= 1


class LocalWeights(EarlyWeights):
    """Random, but drawn before the proofs are in."""

    heard = 1


@pytest.mark.parametrize("sponge", [EarlyWeights, LocalWeights])
def test_weights_that_are_known_beforehand(sponge: type[Sponge], curve: Curve) -> None:
    """Weakened: weights before the proofs. Two equations are wrong in the ratio that such weights take out."""
    drawn = sponge(derive_session_id(Label.WEIGHTS.value))
    drawn.absorb(lp(seeded("weights")(32)))
    first, second = (int.from_bytes(drawn.squeeze(16), "little") for _ in range(2))
    made, F = native(equality), base(curve, "F")
    points = {**made.points, "X": made.points["X"] + F * second, "Y": made.points["Y"] - F * first}
    judged = made.template.bind(curve, points)
    forged = prove(judged, made.witness, tag_of(judged, BATCHABLE), BATCHABLE, seeded("known"), check=False)
    refused(judged, forged)
    with summing_with(sponge):
        judge(judged, forged)


def test_what_weights_are_drawn_from_is_the_whole_proof(curve: Curve) -> None:
    judged, witness = single(curve, 5, curve.BP1 * 5)
    forged = prove(judged, witness, tag_of(judged, BATCHABLE), BATCHABLE, seeded("whole"))
    x = proof.derive_challenge(judged, tag_of(judged, BATCHABLE), forged[:48])
    assert read_batchable(judged, forged, tag_of(judged, BATCHABLE)).transcript == encode_scalar(x) + forged[48:]
