"""Are a proof's commitments looked at one by one, and is there nothing to recompute where there are no constraints?"""

from __future__ import annotations

import pytest

from credence.circuits.curve import ORDER, Curve
from credence.circuits.encoding import encode_scalar
from credence.circuits.errors import Refused, Step
from credence.circuits.sigma.proof import Answers, constraint_residual, derive_challenge, proof_length, verify
from credence.circuits.sigma.statement import GENERATOR, Clause, Row
from credence.circuits.sigma.transcript import Encoding
from tests.circuits.sigma.subjects import bits, equality, native, seeded, subject, tag_of

COMPACT = Encoding.COMPACT


@pytest.mark.parametrize("place", [0, 1])
def test_one_commitment_that_is_the_identity_is_refused(place: int, curve: Curve) -> None:
    """A compact proof sends none, so nobody has decoded it. Everything else is as it should be: with another nonce it is
    the accepted twin.
    """
    rows = [Row([(1, name.upper())], [(1, name, GENERATOR)]) for name in ("x", "y")]
    points = {"X": curve.BP1 * 5, "Y": curve.BP1 * 6}
    judged = subject(curve, [Clause(rows)], {"x": 5, "y": 6}, points, "two").statement
    tag = tag_of(judged, COMPACT)

    def proof(nonces: list[int]) -> bytes:
        x = derive_challenge(judged, tag, b"".join([(curve.BP1 * nonce).to_bytes() for nonce in nonces]))
        answers = zip(nonces, (5, 6), strict=True)
        return b"".join([encode_scalar(each) for each in (x, *((nonce + x * secret) % ORDER for nonce, secret in answers))])

    nonces = [1001, 1002]
    verify(judged, proof(nonces), tag, COMPACT, seeded("weights"))
    nonces[place] = 0
    with pytest.raises(Refused, match="identity") as refused:
        verify(judged, proof(nonces), tag, COMPACT, seeded("weights"))
    assert refused.value.step is Step.CHALLENGE


def test_no_constraints_leave_nothing_to_check() -> None:
    """The other twin: K_1, K_2, H0 and C_1 for two bits."""
    assert constraint_residual(native(equality).statement, 9, Answers((3,))) == []
    two = bits(native(equality).curve, [0, 1]).statement
    found = constraint_residual(two, 9, Answers((2, 3, 4), 5))
    assert found == [(4 - 9 * 2) % ORDER, (9 - 9 * 3) % ORDER, 5, -9]
    assert proof_length(two, COMPACT) == 5 * 32 + 48
