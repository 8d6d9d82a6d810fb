"""Does an escrow hold the signed handle and nothing else, for the holders of its key alone?"""

from __future__ import annotations

import pytest

from credence.circuits.curve import G1, Curve
from credence.circuits.errors import IllFormed, Malformed, Refused
from credence.circuits.escrow import decode_escrow_key, handle_base, seal, sealed
from credence.circuits.sigma.proof import prove, verify
from credence.circuits.sigma.statement import compile_clauses
from credence.circuits.sigma.transcript import Encoding
from tests.circuits.predicates.proofs import committed
from tests.circuits.sigma.subjects import base, tag_of
from tests.conftest import SeededBytes

TRUSTEES = 987_654_321
HANDLE = 67_890


def shown(curve: Curve, key: G1, signed: int, sealed_handle: int) -> tuple[G1, G1]:
    rng = SeededBytes("escrow")
    sealing = seal(curve, "s", key, sealed_handle, rng)
    template = compile_clauses([committed({"id": signed}), sealed("s", "id")])
    values = {"id": signed, "blind.id": 5, **sealing.values}
    points = {"H.id": base(curve, "id"), "s.Y": key, "s.Gid": handle_base(curve), **sealing.points}
    points["X.id"] = curve.msm([points["H.id"], curve.BP1], [signed, 5])
    statement = template.bind(curve, points)
    tag = tag_of(statement, Encoding.COMPACT)
    verify(
        statement,
        prove(statement, template.witness(values), tag, Encoding.COMPACT, rng, check=False),
        tag,
        Encoding.COMPACT,
        rng,
    )
    return sealing.points["s.E1"], sealing.points["s.E2"]


def test_the_key_opens_what_was_signed(curve: Curve) -> None:
    E1, E2 = shown(curve, curve.BP1 * TRUSTEES, HANDLE, HANDLE)
    assert handle_base(curve) * HANDLE == E2 - E1 * TRUSTEES


def test_another_key_opens_nothing(curve: Curve) -> None:
    E1, E2 = shown(curve, curve.BP1 * TRUSTEES, HANDLE, HANDLE)
    assert handle_base(curve) * HANDLE != E2 - E1 * (TRUSTEES + 1)


def test_another_handle_than_the_signed_one_cannot_be_sealed(curve: Curve) -> None:
    shown(curve, curve.BP1 * TRUSTEES, HANDLE, HANDLE)
    with pytest.raises(Refused):
        shown(curve, curve.BP1 * TRUSTEES, HANDLE, HANDLE + 1)


def test_two_sealings_of_a_handle_have_nothing_in_common(curve: Curve, rng: SeededBytes) -> None:
    first, second = (seal(curve, "s", curve.BP1 * TRUSTEES, HANDLE, rng) for _ in range(2))
    assert set(first.points.values()).isdisjoint(second.points.values())


def test_a_key_that_is_the_identity_would_seal_nothing_and_is_refused(curve: Curve) -> None:
    with pytest.raises(IllFormed, match="check 8"):
        shown(curve, curve.identity_g1, HANDLE, HANDLE)


@pytest.mark.parametrize("key", [b"", bytes(48), b"\xc0" + bytes(47), b"\xff" * 48, bytes(96)])
def test_a_key_that_is_none_is_refused(curve: Curve, key: bytes) -> None:
    assert decode_escrow_key(curve, curve.BP1.to_bytes()) == curve.BP1
    with pytest.raises(Malformed, match="an escrow key has 48 bytes" if len(key) != 48 else None):
        decode_escrow_key(curve, key)
