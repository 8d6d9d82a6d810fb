"""Is what an issuer publishes read strictly, and written in one way?"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

import pytest

from credence.circuits.curve import ORDER
from credence.circuits.encoding import b64u
from credence.circuits.errors import IllFormed, Malformed
from credence.circuits.revocation_log import (
    PAGE,
    AccumulatorCheckpoint,
    AccumulatorKey,
    RevocationEvent,
    accumulator_id,
    events_digest,
    read_page,
)
from credence.circuits.revocation_log.published import MAX_INDEX, MAX_MINUTE, decode_events, encode_events

NAME = "ab" * 16
KEY = AccumulatorKey(NAME, "credence/person/1", b"\x01" * 96, b"\x02" * 48, 5, 9)
EVENT = RevocationEvent(NAME, 3, ORDER - 1, b"\x03" * 48)
CHECKPOINT = AccumulatorCheckpoint("issuer.example", NAME, 0, b"\x04" * 48, 29_833_333)
PUBLISHED: list[Any] = [KEY, EVENT, CHECKPOINT]


@pytest.mark.parametrize("found", PUBLISHED, ids=lambda found: type(found).__name__)
def test_it_round_trips_and_every_key_is_required_and_typed(found: Any) -> None:
    accepted = found.to_json()
    assert type(found).parse(accepted) == found
    for key in accepted:
        with pytest.raises(Malformed):
            type(found).parse({name: value for name, value in accepted.items() if name != key})
        with pytest.raises(Malformed):
            type(found).parse({**accepted, key: 1.5})
    with pytest.raises(Malformed):
        type(found).parse({**accepted, "unknown": 1})


@pytest.mark.parametrize("name", ["", "ab", "AB" * 16, "ab" * 17, "../" + "ab" * 14, "ag" * 16])
def test_an_id_has_32_hex_digits(name: str) -> None:
    for found in PUBLISHED:
        with pytest.raises(Malformed):
            type(found).parse({**found.to_json(), "accumulator_id": name})


@pytest.mark.parametrize("handle", ["0", str(ORDER), str(ORDER + 5), str((1 << 256) - 1), "-1", "01", "1.0"])
def test_a_handle_is_a_scalar_other_than_zero(handle: str) -> None:
    assert RevocationEvent.parse({**EVENT.to_json(), "handle": "1"}).handle == 1
    with pytest.raises(Malformed):
        RevocationEvent.parse({**EVENT.to_json(), "handle": handle})


@pytest.mark.parametrize(
    ("index", "accepted"), [(0, False), (1, True), (MAX_INDEX, True), (MAX_INDEX + 1, False), (1 << 31, True)]
)
def test_events_count_from_one(index: int, accepted: bool) -> None:
    document = {**EVENT.to_json(), "index": index}
    if accepted:
        assert RevocationEvent.parse(document).index == index
        return
    with pytest.raises(Malformed):
        RevocationEvent.parse(document)


def test_the_limits_are_those_of_the_protocol() -> None:
    assert (PAGE, MAX_INDEX, MAX_MINUTE) == (512, 281_474_976_710_655, 4_294_967_295)


@pytest.mark.parametrize(
    ("found", "key", "longest", "longer"),
    [
        (KEY, "schema", "s" * 64, "s" * 65),
        (CHECKPOINT, "issuer", "i" * 128, "i" * 129),
        (CHECKPOINT, "index", MAX_INDEX, MAX_INDEX + 1),
        (KEY, "public_key", b64u(bytes(96)), b64u(bytes(97))),
        (KEY, "first_value", b64u(bytes(48)), b64u(bytes(49))),
        (EVENT, "value", b64u(bytes(48)), b64u(bytes(49))),
        (CHECKPOINT, "value", b64u(bytes(48)), b64u(bytes(49))),
    ],
    ids=lambda value: value if value in ("schema", "issuer", "index", "public_key", "first_value", "value") else "",
)
def test_every_key_has_an_end(found: Any, key: str, longest: object, longer: object) -> None:
    accepted = {**found.to_json(), key: longest}
    assert type(found).parse(accepted).to_json() == accepted
    with pytest.raises(Malformed):
        type(found).parse({**accepted, key: longer})


@pytest.mark.parametrize(
    ("found", "key", "length"),
    [(KEY, "public_key", 96), (KEY, "first_value", 48), (EVENT, "value", 48), (CHECKPOINT, "value", 48)],
)
def test_a_point_has_no_byte_less(found: Any, key: str, length: int) -> None:
    """Accepted twins: in :func:`test_every_key_has_an_end`."""
    for short in (0, length // 2, length - 1):
        with pytest.raises(Malformed):
            type(found).parse({**found.to_json(), key: b64u(bytes(short))})


def test_a_minute_has_an_end() -> None:
    assert AccumulatorCheckpoint.parse({**CHECKPOINT.to_json(), "minute": MAX_MINUTE}).minute == MAX_MINUTE
    with pytest.raises(Malformed):
        AccumulatorCheckpoint.parse({**CHECKPOINT.to_json(), "minute": MAX_MINUTE + 1})


@pytest.mark.parametrize(
    "change",
    [{"issuer": "other.example"}, {"accumulator_id": "cd" * 16}, {"index": 1}, {"value": b"\x05" * 48}, {"minute": 1}],
    ids=lambda change: next(iter(change)),
)
def test_a_leaf_depends_on_everything(change: dict[str, Any]) -> None:
    assert replace(CHECKPOINT, **change).leaf() != CHECKPOINT.leaf() == replace(CHECKPOINT).leaf()


def test_an_id_depends_on_all_that_an_accumulator_is() -> None:
    made = {
        accumulator_id(*parts)
        for parts in (
            ("a", "b", b"c", b"d"),
            ("x", "b", b"c", b"d"),
            ("a", "x", b"c", b"d"),
            ("a", "b", b"x", b"d"),
            ("a", "b", b"c", b"x"),
            ("ab", "", b"c", b"d"),
        )
    }
    assert len(made) == 6
    assert all(len(name) == 32 for name in made)


def events(first: int, count: int, name: str = NAME) -> list[RevocationEvent]:
    return [RevocationEvent(name, first + place, 100 + place, bytes([place + 1]) * 48) for place in range(count)]


def test_events_are_packed_and_unpacked() -> None:
    made = events(6, 3)
    packed = encode_events(made)
    assert len(packed) == 3 * 80
    assert decode_events(NAME, 5, 3, packed) == tuple(made)
    assert len({events_digest(NAME, 5, packed), events_digest(NAME, 6, packed), events_digest("cd" * 16, 5, packed)}) == 3


def test_a_delta_is_known_by_its_accumulator_its_place_and_its_events() -> None:
    """The bytes that are hashed, by hand."""
    label = b"CREDENCE-V01-ACCUMULATOR-DELTA"
    parts = (label, b"ab" * 16, (5).to_bytes(8, "little"), b"events")
    hashed = b"".join(len(part).to_bytes(4, "little") + part for part in parts)
    assert events_digest("ab" * 16, 5, b"events") == hashlib.sha256(hashed).digest()


@pytest.mark.parametrize("scalar", [bytes(32), ORDER.to_bytes(32, "big"), b"\xff" * 32])
def test_a_packed_handle_is_a_scalar_other_than_zero(scalar: bytes) -> None:
    decode_events(NAME, 0, 1, b"\x01".rjust(32, b"\x00") + bytes(48))
    with pytest.raises(Malformed):
        decode_events(NAME, 0, 1, scalar + bytes(48))


@pytest.mark.parametrize("length", [79, 81, 160, 0])
def test_packed_events_have_one_length(length: int) -> None:
    with pytest.raises(Malformed):
        decode_events(NAME, 0, 1, b"\x01" * length)


def page(found: list[RevocationEvent]) -> dict[str, Any]:
    return {"events": [event.to_json() for event in found]}


def test_a_page_has_the_events_that_were_asked_for() -> None:
    asked = page(events(PAGE + 1, 4))
    assert read_page(asked, NAME, PAGE, 4) == tuple(events(PAGE + 1, 4))
    assert read_page(page([]), NAME, PAGE, 0) == ()
    with pytest.raises(Malformed, match="unknown key"):
        read_page({**asked, "next": 5}, NAME, PAGE, 4)


@pytest.mark.parametrize(
    "found",
    [
        events(PAGE + 1, 3),
        events(PAGE + 1, 5),
        events(PAGE + 2, 4),
        events(1, 4),
        events(PAGE + 1, 4, "cd" * 16),
        events(PAGE + 1, 4)[::-1],
        [*events(PAGE + 1, 3), events(PAGE + 1, 3)[-1]],
        [*events(PAGE + 1, 3), events(PAGE + 5, 1)[0]],
    ],
    ids=["too few", "too many", "later", "earlier", "another's", "backwards", "twice", "gap"],
)
def test_another_page_is_refused(found: list[RevocationEvent]) -> None:
    with pytest.raises((Malformed, IllFormed)):
        read_page(page(found), NAME, PAGE, 4)
