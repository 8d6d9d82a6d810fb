"""Are generators, domains and hashed messages what the drafts make them, and does no length field order endless work?"""

from __future__ import annotations

from dataclasses import replace
from itertools import count

import pytest

from credence.circuits.bbs import suite
from credence.circuits.curve import Curve
from credence.circuits.errors import IllFormed, Malformed
from tests.circuits.bbs.subjects import native_suite
from tests.circuits.encodings import G2_TWIN, Case, g2_cases

MAKERS = [suite.sha256_suite, suite.shake256_suite]
INTERFACES = [
    suite.core_interface,
    suite.blind_interface,
    suite.pseudonym_interface,
    suite.credence_interface,
]


@pytest.mark.parametrize("make", MAKERS)
def test_p1_is_derived_as_the_draft_says(make: suite.SuiteMaker, curve: Curve) -> None:
    used = make(curve)
    derived = suite.derive_generators(used, used.id + b"H2G_HM2S_", 1, b"BP_MESSAGE_GENERATOR_SEED")
    assert derived == [used.P1]


@pytest.mark.parametrize("make", MAKERS)
def test_p1_on_both_engines(make: suite.SuiteMaker, curve: Curve, reference_curve: Curve) -> None:
    assert make(curve).P1.to_bytes() == make(reference_curve).P1.to_bytes()
    native, reference = suite.core_interface(make(curve)), suite.core_interface(make(reference_curve))
    assert [point.to_bytes() for point in native.generators(4)] == [point.to_bytes() for point in reference.generators(4)]


def test_no_two_generators_are_equal(curve: Curve) -> None:
    """A message on a generator that equals another, or a base, could be moved or cancelled."""
    seen = {curve.BP1.to_bytes(), curve.identity_g1.to_bytes()}
    expected = len(seen)
    for make in MAKERS:
        seen.add(make(curve).P1.to_bytes())
        expected += 1
        for interface_of in INTERFACES:
            interface = interface_of(make(curve))
            points = [*interface.generators(33), *interface.blind_generators(12)]
            seen.update(point.to_bytes() for point in points)
            expected += len(points)
    assert len(seen) == expected


def test_generators_do_not_depend_on_how_many_were_asked_for() -> None:
    interface = suite.Interface(native_suite(), b"another api id")
    few, many = interface.generators(3), interface.generators(9)
    assert many[:3] == few == interface.generators(3)
    assert list(many) == suite.derive_generators(native_suite(), b"another api id", 9)
    assert interface.blind_generators(2) == suite.Interface(native_suite(), b"BLIND_another api id").generators(2)


@pytest.mark.parametrize("count", [suite.MAX_GENERATORS + 1, 1 << 31, 1 << 63, -1])
def test_too_many_generators_are_refused_before_any_is_derived(count: int) -> None:
    """Accepted twin: three."""
    hashed: list[bytes] = []

    def expand(message: bytes, dst: bytes, length: int) -> bytes:
        hashed.append(message)
        return native_suite().expand(message, dst, length)

    interface = suite.Interface(replace(native_suite(), expand=expand), b"yet another api id")
    interface.generators(3)
    before = len(hashed)
    for derive in (interface.generators, interface.blind_generators):
        with pytest.raises(IllFormed):
            derive(count)
    assert len(hashed) == before


def test_interfaces_are_made_once(curve: Curve) -> None:
    for interface_of in INTERFACES:
        assert interface_of(suite.sha256_suite(curve)) is interface_of(suite.suite_named("bls12-381-sha-256", curve))
    assert suite.suite_named("bls12-381-shake-256", curve) is suite.shake256_suite(curve)
    with pytest.raises(IllFormed):
        suite.suite_named("bls12-381-sha-512", curve)


def test_api_ids() -> None:
    ids = [interface_of(native_suite()).api_id for interface_of in INTERFACES]
    assert [api_id.removeprefix(suite.SHA256_ID) for api_id in ids] == [
        b"H2G_HM2S_",
        b"BLIND_H2G_HM2S_",
        b"H2G_HM2S_PSEUDONYM_",
        b"CREDENCE_V01_",
    ]


def test_every_part_of_the_domain_counts() -> None:
    interface = suite.core_interface(native_suite())
    generators = interface.generators(4)
    parts = {
        "as it is": interface.domain(G2_TWIN, generators, b"header"),
        "other key": interface.domain(G2_TWIN[::-1], generators, b"header"),
        "other header": interface.domain(G2_TWIN, generators, b"header "),
        "no header": interface.domain(G2_TWIN, generators, b""),
        "long header": interface.domain(G2_TWIN, generators, b"header" * 1000),
        "one generator less": interface.domain(G2_TWIN, generators[:-1], b"header"),
        "generators swapped": interface.domain(G2_TWIN, generators[::-1], b"header"),
        "other api_id": suite.blind_interface(native_suite()).domain(G2_TWIN, generators, b"header"),
    }
    assert len(set(parts.values())) == len(parts)
    assert interface.domain(G2_TWIN, list(generators), b"header") == parts["as it is"]


def test_messages_are_hashed_one_by_one() -> None:
    interface = suite.core_interface(native_suite())
    together = interface.messages_to_scalars([b"a", b"", b"b"])
    assert together == [interface.messages_to_scalars([message])[0] for message in (b"a", b"", b"b")]
    assert suite.blind_interface(native_suite()).messages_to_scalars([b"a"]) != together[:1]


@pytest.mark.parametrize("case", g2_cases(), ids=lambda case: case.cause)
def test_public_keys_are_decoded_strictly(case: Case, curve: Curve) -> None:
    suite.decode_public_key(curve, case.twin)
    with pytest.raises(Malformed):
        suite.decode_public_key(curve, case.data)


@pytest.mark.parametrize("data", [None, "00" * 96, bytearray(G2_TWIN), [1]])
def test_public_keys_are_bytes(data: bytes, curve: Curve) -> None:
    with pytest.raises(Malformed):
        suite.decode_public_key(curve, data)


def test_an_interrupted_derivation_leaves_the_generators_right(curve: Curve) -> None:
    """The twin is an interface that is never interrupted."""
    whole = suite.sha256_suite(curve)
    calls = count()

    def interrupted(message: bytes, dst: bytes, length: int) -> bytes:
        if next(calls) == 5:  # between a step of the chain and the point that it gives
            raise KeyboardInterrupt
        return whole.expand(message, dst, length)

    chain = suite.Interface(replace(whole, expand=interrupted), b"INTERRUPTED_")
    with pytest.raises(KeyboardInterrupt):
        chain.generators(6)
    assert chain.generators(6) == suite.Interface(whole, b"INTERRUPTED_").generators(6)
