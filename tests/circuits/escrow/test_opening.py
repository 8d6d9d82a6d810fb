"""Is a handle opened by enough trustees, for one warrant, one presentation and one label, and is a wrong part named?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from credence.circuits.curve import Curve
from credence.circuits.errors import IllFormed, Malformed, Refused
from credence.circuits.escrow import handle_base, seal
from credence.circuits.escrow.locking import Locked, lock, unlock
from credence.circuits.escrow.messages import TrusteeRefused
from credence.circuits.escrow.opening import Opening, Part, combine, open_part
from tests.circuits.escrow.ceremony import Ceremony
from tests.conftest import SeededBytes

HANDLE = 0xDECAF


class Scene:
    """A handle sealed to 2 of 3 trustees, and what is said when it is opened."""

    def __init__(self, curve: Curve, rng: SeededBytes, handle: int = HANDLE) -> None:
        self.curve, self.rng, self.made = curve, rng, Ceremony(curve, rng)
        trustees = self.made.trustees
        sealing = seal(curve, "s", curve.decompress_g1(trustees.key), handle, rng)
        E1, E2 = (sealing.points[name].to_bytes() for name in ("s.E1", "s.E2"))
        self.opening = Opening(trustees, b"w" * 32, b"p" * 32, "a court's warrant", E1, E2)
        self.point = handle_base(curve) * handle

    def part(self, index: int, opening: Opening | None = None) -> Part:
        return open_part(self.curve, opening or self.opening, index, self.made.shares[index - 1], self.rng)


@pytest.fixture
def scene(curve: Curve, rng: SeededBytes) -> Scene:
    return Scene(curve, rng)


def test_enough_parts_in_any_order_open_the_handle_and_fewer_nothing(scene: Scene, curve: Curve, rng: SeededBytes) -> None:
    parts = [scene.part(index) for index in (1, 2, 3)]
    for chosen in (parts[:2], parts[1:], parts[::2], parts[::-1]):
        assert combine(curve, scene.opening, chosen, rng) == scene.point
    for chosen in (parts[:1], []):
        with pytest.raises(Refused, match="fewer parts"):
            combine(curve, scene.opening, chosen, rng)


def test_two_parts_of_one_trustee_are_one(scene: Scene, curve: Curve, rng: SeededBytes) -> None:
    first, second = scene.part(1), scene.part(2)
    assert combine(curve, scene.opening, [first, second], rng) == scene.point
    with pytest.raises(Refused, match="two parts of one trustee"):
        combine(curve, scene.opening, [first, scene.part(1)], rng)


OTHERS: dict[str, Callable[[Opening], Opening]] = {
    "another warrant": lambda o: replace(o, warrant=b"W" * 32),
    "another presentation": lambda o: replace(o, presentation=b"P" * 32),
    "another label": lambda o: replace(o, purpose="curiosity"),
    "another seal": lambda o: replace(o, E2=o.E1),
    "another base": lambda o: replace(o, E1=o.E2),
    "another set": lambda o: replace(o, trustees=replace(o.trustees, id="trustees.example/2")),
    "another threshold": lambda o: replace(o, trustees=replace(o.trustees, threshold=3)),
}


@pytest.mark.parametrize("other", OTHERS)
def test_a_part_is_for_one_opening(scene: Scene, curve: Curve, rng: SeededBytes, other: str) -> None:
    parts = [scene.part(1), scene.part(2)]
    assert combine(curve, scene.opening, parts, rng) == scene.point
    with pytest.raises(TrusteeRefused, match="its share does not make") as refused:
        combine(curve, OTHERS[other](scene.opening), parts, rng)
    assert refused.value.trustee == 1


IDENTITY = bytes([0xC0]) + bytes(47)
OUTSIDE = bytes.fromhex("80" + "00" * 46 + "04")
"""On the curve, and not in the subgroup."""

WRONG: dict[str, Callable[[Part, Part], Part]] = {
    "another's point": lambda own, other: replace(own, point=other.point),
    "another's proof": lambda own, other: replace(own, proof=other.proof),
    "another's part": lambda own, other: replace(other, index=own.index),
    "no proof": lambda own, other: replace(own, proof=bytes(64)),
    "the identity": lambda own, other: replace(own, point=IDENTITY),
    "out of the subgroup": lambda own, other: replace(own, point=OUTSIDE),
    "no point": lambda own, other: replace(own, point=bytes(48)),
    "a short proof": lambda own, other: replace(own, proof=own.proof[:-1]),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_part_is_refused_and_names_its_trustee(scene: Scene, curve: Curve, rng: SeededBytes, wrong: str) -> None:
    one, two, three = (scene.part(index) for index in (1, 2, 3))
    assert combine(curve, scene.opening, [one, two], rng) == scene.point
    with pytest.raises(TrusteeRefused, match="trustee 2: ") as refused:
        combine(curve, scene.opening, [one, WRONG[wrong](two, three)], rng)
    assert refused.value.trustee == 2


@pytest.mark.parametrize("index", [0, 4])
def test_a_number_that_no_trustee_has_is_malformed(scene: Scene, curve: Curve, rng: SeededBytes, index: int) -> None:
    with pytest.raises(Malformed, match="no trustee of the set"):
        combine(curve, scene.opening, [replace(scene.part(1), index=index), scene.part(2)], rng)


def test_a_trustee_makes_no_part_of_another_share(scene: Scene, curve: Curve, rng: SeededBytes) -> None:
    with pytest.raises(Refused, match="not the share"):
        open_part(curve, scene.opening, 1, scene.made.shares[1], rng)


def test_nothing_sealed_is_nothing_found(curve: Curve, rng: SeededBytes) -> None:
    empty = Scene(curve, rng, handle=0)
    with pytest.raises(Refused, match="no handle in it"):
        combine(curve, empty.opening, [empty.part(1), empty.part(2)], rng)


def test_a_part_is_read_strictly(scene: Scene) -> None:
    part = scene.part(1)
    assert Part.parse(part.to_json()) == part
    for change in ({"index": 0}, {"index": 33}, {"point": "AA"}, {"proof": "AA"}, {"extra": 1}, {"type": "other"}):
        with pytest.raises(Malformed):
            Part.parse({**part.to_json(), **change})
    with pytest.raises(IllFormed):
        replace(scene.opening, warrant=b"short")


def test_a_locked_message_opens_for_its_reader_and_its_subject_alone(curve: Curve, rng: SeededBytes) -> None:
    locked = lock(curve, curve.BP1 * 7, b"message", b"about", rng)
    assert unlock(curve, 7, Locked.parse(locked.to_json()), b"about") == b"message"
    for secret, about, changed in (
        (8, b"about", locked),
        (7, b"other", locked),
        (7, b"about", replace(locked, sealed=bytes(len(locked.sealed)))),
        (7, b"about", replace(locked, sealed=b"")),
        (7, b"about", replace(locked, point=(curve.BP1 * 9).to_bytes())),
    ):
        with pytest.raises(Refused, match="does not open"):
            unlock(curve, secret, changed, about)
    with pytest.raises(Malformed):
        unlock(curve, 7, replace(locked, point=IDENTITY), b"about")
    assert lock(curve, curve.BP1 * 7, b"message", b"about", rng) != locked
