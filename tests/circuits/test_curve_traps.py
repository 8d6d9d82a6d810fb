"""What do the curve libraries do that they should not, and do our engines keep it from happening?

Each test first shows the library's own behaviour: if a new version mends it, the test says so, and the guard may go.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import py_arkworks_bls12381 as arkworks
import py_ecc.optimized_bls12_381 as ecc
import pyblst
import pytest
from py_ecc.bls.point_compression import decompress_G1, decompress_G2

from credence.circuits import curve as curves
from credence.circuits import encoding
from credence.circuits.curve import ORDER, Curve
from credence.circuits.errors import IllFormed, Malformed
from tests.circuits.encodings import G1_ORDER_3, G1_OUTSIDE, G1_TWIN, G2_OUTSIDE, g1_bytes, g2_bytes, with_flags

BOTH = pytest.mark.parametrize("engine", ["native", "reference"])
IDENTITY = b"\xc0" + bytes(47)
OTHER_IDENTITIES = [b"\xe0" + bytes(47), b"\xc0" + bytes(46) + b"\x01", with_flags(G1_TWIN, on=0x40)]


@pytest.fixture
def any_curve(engine: str) -> Curve:
    return curves.load(engine)


def fastest(action: Callable[[], Any]) -> float:
    """Seconds of the fastest of many runs: what the machine does besides only ever adds."""
    runs = []
    for _ in range(40):
        start = time.perf_counter()
        action()
        runs.append(time.perf_counter() - start)
    return min(runs)


@BOTH
@pytest.mark.parametrize("data", [IDENTITY, *OTHER_IDENTITIES], ids=bytes.hex)
def test_arkworks_accepts_the_identity_in_many_spellings(any_curve: Curve, data: bytes) -> None:
    assert bytes(arkworks.G1Point.from_compressed_bytes(data).to_compressed_bytes()) == IDENTITY
    with pytest.raises(Malformed):
        encoding.decode_g1(any_curve, data)
    if data != IDENTITY:
        with pytest.raises(Malformed):
            any_curve.decompress_g1(data)
    assert encoding.decode_g1(any_curve, G1_TWIN)


@BOTH
def test_pyblst_accepts_the_identity(any_curve: Curve) -> None:
    assert bytes(pyblst.BlstP1Element.uncompress(IDENTITY).compress()) == IDENTITY
    assert bytes(pyblst.BlstP2Element.uncompress(IDENTITY + bytes(48)).compress()) == IDENTITY + bytes(48)
    with pytest.raises(Malformed):
        encoding.decode_g1(any_curve, IDENTITY)
    with pytest.raises(Malformed):
        encoding.decode_g2(any_curve, IDENTITY + bytes(48))


@BOTH
@pytest.mark.parametrize("count", [1, 2, 30])
def test_arkworks_sums_truncate_without_a_word(any_curve: Curve, count: int) -> None:
    base = arkworks.G1Point()
    assert arkworks.G1Point.multiexp_unchecked([base] * 3, [arkworks.Scalar(1)]) == base
    for lengths in ((count, count - 1), (count, count + 1), (0, count)):
        points, scalars = [any_curve.BP1] * lengths[0], [1] * lengths[1]
        for call in (any_curve.msm, any_curve.msm_public):
            with pytest.raises(IllFormed):
                call(points, scalars)
    assert any_curve.msm([any_curve.BP1] * count, [1] * count) == any_curve.BP1 * count


@BOTH
def test_arkworks_finds_the_empty_pairing_product_true(any_curve: Curve) -> None:
    assert arkworks.GT.pairing_check([], [])
    with pytest.raises(IllFormed):
        any_curve.pairing_check([])


def test_arkworks_reduces_scalars_without_a_word(curve: Curve, reference_curve: Curve) -> None:
    assert int(arkworks.Scalar(1 << 256)) == (1 << 256) % ORDER
    for refuse in (lambda: encoding.decode_scalar((1 << 256).to_bytes(33, "big")), lambda: encoding.encode_scalar(1 << 256)):
        with pytest.raises((Malformed, IllFormed)):
            refuse()
    # inside, where a scalar is an integer, reduction is the rule: on both engines, for every size and path
    for count in (1, 30):
        wanted = reference_curve.BP1 * (count * ((1 << 256) % ORDER))
        assert curve.msm([curve.BP1] * count, [1 << 256] * count).to_bytes() == wanted.to_bytes()


def test_arkworks_cannot_exponentiate_in_gt(curve: Curve) -> None:
    """So the weights of several pairing equations go onto their points of G1; without any, two wrong ones cancel."""
    value: Any = arkworks.GT.pairing(arkworks.G1Point(), arkworks.G2Point())
    with pytest.raises(TypeError):
        value * arkworks.Scalar(3)
    with pytest.raises(TypeError):
        value**3
    p, q = curve.BP1, curve.BP2
    wrong, opposite = [(p * 4, q), (-p, q * 5)], [(p * 6, q), (-p, q * 5)]
    assert not curve.pairing_check(wrong)
    assert not curve.pairing_check(opposite)
    assert curve.pairing_check(wrong + opposite)
    assert not curve.pairing_check(wrong + [(left * 7, right) for left, right in opposite])


def test_arkworks_multiplies_faster_by_short_scalars(curve: Curve) -> None:
    """Its time tells the length of a secret. Single multiplications go to blst, which takes as long for any scalar."""
    base, short, long = arkworks.G1Point(), arkworks.Scalar(3), arkworks.Scalar(ORDER - 3)
    assert fastest(lambda: base * long) > 10 * fastest(lambda: base * short)
    bases = [curve.BP1] * 2
    ratio = fastest(lambda: curve.BP1 * (ORDER - 3)) / fastest(lambda: curve.BP1 * 3)
    assert 0.7 < ratio < 1.4, f"a long scalar takes {ratio:.2f} times as long as a short one"
    ratio = fastest(lambda: curve.msm(bases, [ORDER - 3] * 2)) / fastest(lambda: curve.msm(bases, [3] * 2))
    assert 0.7 < ratio < 1.4, f"two long scalars take {ratio:.2f} times as long as two short ones"


@BOTH
@pytest.mark.parametrize("raw", [G1_OUTSIDE, G1_ORDER_3], ids=["other order", "order 3"])
def test_py_ecc_decodes_g1_points_outside_the_subgroup(any_curve: Curve, raw: Any) -> None:
    if raw is not G1_ORDER_3:  # its x is zero, which py-ecc takes for the identity
        decoded = decompress_G1(int.from_bytes(g1_bytes(raw), "big"))  # type: ignore[arg-type]
        assert not ecc.is_inf(ecc.multiply(decoded, ORDER))
    with pytest.raises(Malformed):
        any_curve.decompress_g1(g1_bytes(raw))


@BOTH
def test_py_ecc_decodes_g2_points_outside_the_subgroup(any_curve: Curve) -> None:
    data = g2_bytes(G2_OUTSIDE)
    halves = int.from_bytes(data[:48], "big"), int.from_bytes(data[48:], "big")
    assert not ecc.is_inf(ecc.multiply(decompress_G2(halves), ORDER))  # type: ignore[arg-type]
    with pytest.raises(Malformed):
        any_curve.decompress_g2(data)


def test_arkworks_decodes_outside_the_subgroup_when_told_not_to_check(curve: Curve) -> None:
    """The native engine does tell it so, and only for the bytes of a point that blst has checked."""
    outside = g1_bytes(G1_OUTSIDE)
    assert not arkworks.G1Point.from_compressed_bytes_unchecked(outside).is_in_subgroup()
    with pytest.raises(ValueError, match="invalid"):
        arkworks.G1Point.from_compressed_bytes(outside)
    with pytest.raises(Malformed):
        curve.decompress_g1(outside)


def test_the_tests_themselves_run_with_the_usual_recursion_limit() -> None:
    """They name py-ecc too; tests/circuits/conftest.py sees to it."""
    assert sys.getrecursionlimit() < 10_000


def test_loading_the_reference_engine_leaves_the_recursion_limit_alone() -> None:
    """py-ecc raises it to 100,000; then a deeply nested JSON document ends the process instead of being refused."""
    script = (
        "import sys; before = sys.getrecursionlimit(); from credence.circuits import curve; curve.load('reference');"
        "import json; print(sys.getrecursionlimit() == before)"
        "\ntry: json.loads('[' * 100000)\nexcept RecursionError: print('refused')"
    )
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert result.stdout.split() == ["True", "refused"]
