"""Two proofs of the one engine: that somebody knows a key's secret, and that two points have the same secret.

Schnorr (1991) and Chaum and Pedersen (1992) as linear relations, compact, under the tag ``OPEN`` of a context that says who
proves it and for what. Without constraints both are exactly proofs of draft-irtf-cfrg-sigma-protocols.
"""

from __future__ import annotations

import hashlib
from typing import Final

from credence.circuits.curve import G1, SCALAR_LENGTH, Curve
from credence.circuits.encoding import Rng, lp
from credence.circuits.hashing import Label
from credence.circuits.sigma.proof import prove, verify
from credence.circuits.sigma.statement import GENERATOR, Clause, Row, Template, compile_clauses
from credence.circuits.sigma.transcript import Encoding, Operation, session_tag

PROOF_LENGTH: Final = 2 * SCALAR_LENGTH
"""Bytes of either proof: the challenge and one response."""

_KNOWN: Final[Template] = compile_clauses([Clause(rows=[Row(image=[(1, "X")], terms=[(1, "s", GENERATOR)])])])
_EQUAL: Final[Template] = compile_clauses(
    [
        Clause(
            rows=[
                Row(image=[(1, "X")], terms=[(1, "s", GENERATOR)]),
                Row(image=[(1, "D")], terms=[(1, "s", "E")]),
            ]
        )
    ]
)


def context(label: Label, *parts: bytes) -> bytes:
    """What a proof is bound to: ``LP(label) LP(part) …``, which no two lists of parts share."""
    return b"".join(lp(part) for part in (label.value, *parts))


def _tag(bound: bytes) -> bytes:
    return session_tag(Operation.OPEN, Encoding.COMPACT, hashlib.sha256(bound).digest(), constrained=False)


def prove_known(curve: Curve, secret: int, bound: bytes, rng: Rng) -> bytes:
    """A proof that its maker knows ``secret`` of ``secret·BP1``. Raises :class:`IllFormed` for zero."""
    statement = _KNOWN.bind(curve, {"X": curve.msm([curve.BP1], [secret])})
    return prove(statement, _KNOWN.witness({"s": secret}), _tag(bound), Encoding.COMPACT, rng)


def check_known(curve: Curve, point: G1, proof: bytes, bound: bytes, rng: Rng) -> None:
    """Returns iff ``proof`` is of the secret of ``point``. Raises as :func:`~credence.circuits.sigma.proof.verify`."""
    verify(_KNOWN.bind(curve, {"X": point}), proof, _tag(bound), Encoding.COMPACT, rng)


def prove_equal(curve: Curve, secret: int, base: G1, bound: bytes, rng: Rng) -> bytes:
    """A proof that ``secret·BP1`` and ``secret·base`` have one secret."""
    points = {"X": curve.msm([curve.BP1], [secret]), "E": base, "D": curve.msm([base], [secret])}
    return prove(_EQUAL.bind(curve, points), _EQUAL.witness({"s": secret}), _tag(bound), Encoding.COMPACT, rng)


def check_equal(curve: Curve, point: G1, base: G1, image: G1, proof: bytes, bound: bytes, rng: Rng) -> None:
    """Returns iff ``point`` is to BP1 what ``image`` is to ``base``. Raises as :func:`check_known`."""
    statement = _EQUAL.bind(curve, {"X": point, "E": base, "D": image})
    verify(statement, proof, _tag(bound), Encoding.COMPACT, rng)
