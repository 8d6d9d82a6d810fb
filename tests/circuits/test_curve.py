"""Do the two engines agree on every primitive, and do the rules of a group hold in each?"""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Any

import pytest

from credence.circuits import curve as curves
from credence.circuits.curve import FIELD, G1, G2, ORDER, Curve, native, yardstick
from credence.circuits.encoding import random_scalar
from credence.circuits.errors import IllFormed, Malformed
from tests.conftest import SeededBytes

BOTH = pytest.mark.parametrize("engine", ["native", "reference"])
EDGES = [0, 1, 2, 3, 255, 256, 1 << 128, 1 << 254, ORDER - 1, ORDER, ORDER + 1, -1, 1 << 256, -(1 << 300)]


@pytest.fixture
def any_curve(engine: str) -> Curve:
    return curves.load(engine)


def test_engines_start_from_the_same_points(curve: Curve, reference_curve: Curve) -> None:
    for name, length in (("BP1", 48), ("BP2", 96), ("identity_g1", 48), ("identity_g2", 96)):
        ours, theirs = getattr(curve, name).to_bytes(), getattr(reference_curve, name).to_bytes()
        assert ours == theirs
        assert len(ours) == length


@pytest.mark.parametrize("scalar", EDGES)
def test_multiplication_agrees_and_reduces(curve: Curve, reference_curve: Curve, scalar: int) -> None:
    for base in ("BP1", "BP2"):
        ours, theirs = getattr(curve, base) * scalar, getattr(reference_curve, base) * (scalar % ORDER)
        assert ours.to_bytes() == theirs.to_bytes()
        assert ours.is_identity == theirs.is_identity == (scalar % ORDER == 0)


def test_sums_agree(curve: Curve, reference_curve: Curve, rng: SeededBytes) -> None:
    a, b = random_scalar(rng), random_scalar(rng)
    operations: list[Callable[[Any, Any], Any]] = [
        lambda p, q: p + q,
        lambda p, q: p - q,
        lambda p, q: -p,
        lambda p, q: p + p,
        lambda p, q: p - p,
        lambda p, q: -(p - p),
        lambda p, q: (p - p) + q,
        lambda p, q: q - (p - p),
        lambda p, q: (p - p) * 5,
    ]
    for base in ("BP1", "BP2"):
        ours = getattr(curve, base) * a, getattr(curve, base) * b
        theirs = getattr(reference_curve, base) * a, getattr(reference_curve, base) * b
        for operation in operations:
            assert operation(*ours).to_bytes() == operation(*theirs).to_bytes()


@BOTH
def test_group_laws(any_curve: Curve, rng: SeededBytes) -> None:
    a, b = random_scalar(rng), random_scalar(rng)
    for base, zero in ((any_curve.BP1, any_curve.identity_g1), (any_curve.BP2, any_curve.identity_g2)):
        p, q = base * a, base * b
        assert p + q == q + p == base * (a + b)
        assert p + p == p * 2
        assert p - p == zero != p
        assert (p - p).is_identity
        assert not p.is_identity
        assert p + zero == p - zero == zero - (-p) == p
        assert len({p, q, p * 1, p + q, base * (a + b)}) == 3, "equal points hash alike"


@BOTH
def test_a_point_equals_no_other_thing(any_curve: Curve) -> None:
    assert any_curve.BP1.to_bytes() != any_curve.BP1
    assert any_curve.BP1 != any_curve.BP2
    assert any_curve.identity_g1 != any_curve.identity_g2


def test_points_of_two_engines_are_never_equal(curve: Curve, reference_curve: Curve) -> None:
    assert curve.BP1 != reference_curve.BP1
    assert reference_curve.BP2 != curve.BP2


@BOTH
def test_decompression_is_the_inverse(any_curve: Curve, rng: SeededBytes) -> None:
    p, q = any_curve.BP1 * random_scalar(rng), any_curve.BP2 * random_scalar(rng)
    for point, again in ((p, any_curve.decompress_g1(p.to_bytes())), (q, any_curve.decompress_g2(q.to_bytes()))):
        assert again == point
        assert (-again).to_bytes() == (-point).to_bytes() != point.to_bytes()
    assert any_curve.decompress_g1(any_curve.identity_g1.to_bytes()).is_identity, "the strict door is encoding.decode_g1"
    assert any_curve.decompress_g2(any_curve.identity_g2.to_bytes()).is_identity


@BOTH
@pytest.mark.parametrize("length", [0, 1, 47, 49, 95, 96, 97, 192])
def test_decompression_of_another_length(any_curve: Curve, length: int) -> None:
    data = (any_curve.BP2.to_bytes() * 2)[:length]
    with pytest.raises(Malformed):
        any_curve.decompress_g1(data)
    if length != 96:
        with pytest.raises(Malformed):
            any_curve.decompress_g2(data)


@pytest.mark.parametrize("u", [0, 1, 2, FIELD - 1, FIELD >> 1, 0xC0FFEE << 300])
def test_maps_agree(curve: Curve, reference_curve: Curve, u: int) -> None:
    mapped = curve.map_to_g1(u)
    assert mapped.to_bytes() == reference_curve.map_to_g1(u).to_bytes()
    assert curve.decompress_g1(mapped.to_bytes()) == mapped, "the cofactor is cleared"


@BOTH
@pytest.mark.parametrize("u", [-1, FIELD, FIELD + 1, 1 << 384])
def test_maps_take_field_elements_only(any_curve: Curve, u: int) -> None:
    with pytest.raises(IllFormed):
        any_curve.map_to_g1(u)


def points(engine: Curve, count: int) -> list[G1]:
    """``count`` points, of which one is the identity, one repeated and one held by another library than the rest."""
    made = [engine.BP1 * (number * number + 2) for number in range(count)]
    if count > 2:
        made[1] = engine.identity_g1
        made[2] = made[0]
        made[-1] = engine.map_to_g1(count)
    return made


def scalars(rng: SeededBytes, count: int) -> list[int]:
    drawn = [random_scalar(rng) for _ in range(count)]
    drawn[-2:] = [0, ORDER + 3][: len(drawn[-2:])]
    return drawn


@pytest.mark.parametrize("count", [0, 1, 2, 3, 7, 8, 12, 23, 24, 40])
def test_multi_scalar_sums_agree(curve: Curve, reference_curve: Curve, rng: SeededBytes, count: int) -> None:
    factors = scalars(rng, count)
    wanted = reference_curve.msm(points(reference_curve, count), factors).to_bytes()
    assert reference_curve.msm_public(points(reference_curve, count), factors).to_bytes() == wanted
    for bases in (points(curve, count), [curve.decompress_g1(p.to_bytes()) for p in points(curve, count)]):
        assert curve.msm(bases, factors).to_bytes() == wanted
        assert curve.msm_public(bases, factors).to_bytes() == wanted
        again = curve.msm(bases, factors)  # now every point may be held by both libraries
        assert again.to_bytes() == wanted
        assert (again - again).is_identity


@pytest.mark.parametrize("tabled", [slice(0, 0), slice(0, 1), slice(0, 3), slice(2, None), slice(None)])
def test_sums_with_tables_agree(curve: Curve, reference_curve: Curve, rng: SeededBytes, tabled: slice) -> None:
    factors = scalars(rng, 5)
    bases = points(curve, 5)
    curve.precompute(bases[tabled])
    curve.precompute(bases[tabled])
    wanted = reference_curve.msm(points(reference_curve, 5), factors)
    assert curve.msm_public(bases, factors).to_bytes() == wanted.to_bytes()
    assert curve.msm(bases, factors).to_bytes() == wanted.to_bytes()


@pytest.mark.parametrize("scalar", EDGES)
def test_a_table_agrees_on_every_edge(curve: Curve, scalar: int) -> None:
    base = curve.BP1 * 5
    curve.precompute([base])
    assert curve.msm_public([base], [scalar]) == base * scalar


@BOTH
def test_a_sum_over_nothing_is_the_identity(any_curve: Curve) -> None:
    assert any_curve.msm([], []).is_identity
    assert any_curve.msm_public([], []).is_identity


@pytest.mark.parametrize("count", [1, 30])
def test_points_of_the_other_engine_are_refused(curve: Curve, reference_curve: Curve, count: int) -> None:
    for engine, other in ((curve, reference_curve), (reference_curve, curve)):
        mixed = [engine.BP1] * (count - 1) + [other.BP1]
        for call in (engine.msm, engine.msm_public):
            with pytest.raises(IllFormed):
                call(mixed, [1] * count)
        for pair in ((other.BP1, engine.BP2), (engine.BP1, other.BP2)):
            with pytest.raises(IllFormed):
                engine.pairing_check([pair] * count)


A, B, C = 0xA11CE, 0xB0B << 200, ORDER - 5
PAIRINGS: dict[str, tuple[Callable[[Any, Any, Any, Any], list[tuple[G1, G2]]], bool]] = {
    "two, equal": (lambda p, q, o1, o2: [(p * A, q), (-p, q * A)], True),
    "two, unequal": (lambda p, q, o1, o2: [(p * A, q), (-p, q * (A + 1))], False),
    "three, product one": (lambda p, q, o1, o2: [(p * A, q * B), (p * C, q), (-(p * (A * B + C)), q)], True),
    "three, off by one": (lambda p, q, o1, o2: [(p * A, q * B), (p * C, q), (-(p * (A * B + C + 1)), q)], False),
    "one": (lambda p, q, o1, o2: [(p, q)], False),
    "one identity": (lambda p, q, o1, o2: [(o1, q)], True),
    "all identities": (lambda p, q, o1, o2: [(o1, q), (p, o2), (o1, o2)], True),
    "identities beside a pair": (lambda p, q, o1, o2: [(o1, q), (p, q), (p, o2)], False),
    "identity beside an equal pair": (lambda p, q, o1, o2: [(p, q), (o1, q), (-p, q)], True),
    "the same pair twice": (lambda p, q, o1, o2: [(p, q), (p, q)], False),
}


def pairing(engine: Curve, name: str) -> tuple[list[tuple[G1, G2]], bool]:
    pairs, one = PAIRINGS[name]
    return pairs(engine.BP1, engine.BP2, engine.identity_g1, engine.identity_g2), one


@pytest.mark.parametrize("name", PAIRINGS)
def test_pairing_products(curve: Curve, name: str) -> None:
    pairs, one = pairing(curve, name)
    assert curve.pairing_check(pairs) is one
    assert curve.pairing_check(pairs[::-1]) is one


# a tenth of a second a pair: the slow engine decides the few that the others follow from
@pytest.mark.parametrize("name", ["two, equal", "three, product one", "three, off by one", "all identities"])
def test_pairing_products_on_the_reference_engine(reference_curve: Curve, name: str) -> None:
    pairs, one = pairing(reference_curve, name)
    assert reference_curve.pairing_check(pairs) is one


def test_tables_are_built_once_by_threads_that_race(curve: Curve, monkeypatch: pytest.MonkeyPatch) -> None:
    built: list[bytes] = []
    build = native._fixed_base_table

    def counting(base: Any) -> Any:
        built.append(bytes(base.compress()))
        return build(base)

    monkeypatch.setattr(native, "_fixed_base_table", counting)
    encoded = [(curve.BP1 * (1000 + number)).to_bytes() for number in range(3)]
    wanted = (curve.BP1 * sum((1000 + number) * (number + 7) for number in range(3))).to_bytes()
    gate, results = threading.Barrier(6), []

    def work() -> None:
        mine = [curve.decompress_g1(data) for data in encoded]
        gate.wait()
        for _ in range(3):
            curve.precompute(mine)
            results.append(curve.msm_public(mine, [7, 8, 9]).to_bytes())

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [wanted] * 18
    assert sorted(built) == sorted(encoded)


def test_the_environment_names_the_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CREDENCE_CURVE", raising=False)
    assert curves.load().name == "native"
    for name in curves.ENGINES:
        monkeypatch.setenv("CREDENCE_CURVE", name)
        assert curves.load().name == name
        assert curves.load() is curves.load(name)
    assert curves.load("native").name == "native", "an argument goes before the environment"
    monkeypatch.setenv("CREDENCE_CURVE", "")
    assert curves.load().name == "native"


@pytest.mark.parametrize("name", ["Native", "native ", "blst", "auto"])
def test_an_unknown_engine_is_refused(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    with pytest.raises(ValueError, match="choose one of native, reference"):
        curves.load(name)
    monkeypatch.setenv("CREDENCE_CURVE", name)
    with pytest.raises(ValueError, match="choose one of native, reference"):
        curves.load()


ABSENT = """
import os, sys
sys.modules["{library}"] = None
from credence.circuits import curve
print(curve.load().name)
os.environ["CREDENCE_CURVE"] = "native"
for name in ("native", None):
    try:
        curve.load(name)
    except ImportError:
        print("refused")
"""


@pytest.mark.parametrize("library", ["pyblst", "py_arkworks_bls12381"])
def test_without_the_wheels_the_reference_engine_is_the_default(monkeypatch: pytest.MonkeyPatch, library: str) -> None:
    """Asking for native by name stays an error: a service that was promised speed must not start slow."""
    monkeypatch.delenv("CREDENCE_CURVE", raising=False)
    command = [sys.executable, "-c", ABSENT.format(library=library)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert result.stdout.split() == ["reference", "refused", "refused"], result.stderr


@pytest.mark.parametrize("count", [1, 8, 24])
def test_the_yardstick_measures_true_sums_and_true_pairings(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    ways = yardstick.sums(count)
    pairing2 = yardstick.pairing2()
    assert ways is not None
    assert pairing2 is not None
    assert pairing2() is True
    assert ways.blst() == ways.arkworks() == ways.arkworks_ready()
    assert (ways.chosen, ways.chosen_ready) == {1: ("blst",) * 2, 8: ("blst", "arkworks"), 24: ("arkworks",) * 2}[count]
    monkeypatch.setitem(sys.modules, "py_arkworks_bls12381", None)
    assert yardstick.pairing2() is None
