"""Does the context bind every item, in an encoding that two contexts never share?"""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from credence.circuits.context import (
    AccumulatorContext,
    Context,
    CredentialContext,
    Disclosed,
    EscrowContext,
    Operation,
    scope,
)
from credence.circuits.curve import ORDER
from credence.circuits.encoding import Reader
from credence.circuits.errors import IllFormed

CONTEXT = Context(
    operation=Operation.PRESENT,
    policy_hash=bytes(32),
    audience="venue-a",
    nonce=bytes(range(16)),
    channel=b"",
    requested_at=1_790_000_000,
    expires_at=1_790_000_300,
    day=20_717,
    use_epoch=None,
    credentials=(CredentialContext(b"W" * 96, b"header", "credence/person/1", b"api"),),
    accumulators=(),
    escrow=None,
    disclosed=(Disclosed(0, 6, 1),),
    message=b"",
)
CHANGES: list[dict[str, Any]] = [
    {"policy_hash": b"\x01" + bytes(31)},
    {"audience": "venue-b"},
    {"nonce": bytes(17)},
    {"nonce": bytes(64)},
    {"channel": b"x"},
    {"requested_at": 1_790_000_001},
    {"expires_at": 1_790_000_301},
    {"day": 20_718},
    {"use_epoch": 0},
    {"use_epoch": 20_717},
    {"credentials": ()},
    {"credentials": (CredentialContext(b"X" * 96, b"header", "credence/person/1", b"api"),)},
    {"credentials": (CredentialContext(b"W" * 96, b"headeR", "credence/person/1", b"api"),)},
    {"credentials": (CredentialContext(b"W" * 96, b"header", "credence/person/2", b"api"),)},
    {"credentials": (CredentialContext(b"W" * 96, b"header", "credence/person/1", b"apj"),)},
    {"accumulators": (AccumulatorContext(b"k", b"v", 1, 2),)},
    {"accumulators": (AccumulatorContext(b"k", b"v", 2, 1),)},
    {"escrow": EscrowContext("set", b"Y", 2, 3, "court")},
    {"escrow": EscrowContext("set", b"Y", 3, 3, "court")},
    {"disclosed": ()},
    {"disclosed": (Disclosed(0, 6, 0),)},
    {"disclosed": (Disclosed(0, 7, 1),)},
    {"disclosed": (Disclosed(1, 6, 1),)},
    {"disclosed": (Disclosed(0, 6, 1), Disclosed(0, 7, 1))},
    {"message": b"0xabc"},
]


def test_every_field_changes_the_encoding() -> None:
    encodings = {dataclasses.replace(CONTEXT, **change).encode() for change in CHANGES}
    encodings.add(CONTEXT.encode())
    assert len(encodings) == len(CHANGES) + 1
    changed_fields = {name for change in CHANGES for name in change}
    assert changed_fields | {"operation"} == {field.name for field in dataclasses.fields(Context)}


def test_it_is_a_sequence_of_length_prefixed_items() -> None:
    reader = Reader(CONTEXT.encode())
    items = []
    while reader.remaining:
        items.append(reader.take_lp())
    assert items[0] == b"CREDENCE-CTX-V01"
    assert items[1] == b"present"
    assert items[9] == b""  # no use_epoch: an absent item is present and empty
    assert items[10] == (1).to_bytes(8, "little")


@pytest.mark.parametrize(
    "change",
    [
        {"policy_hash": bytes(31)},
        {"nonce": bytes(15)},
        {"nonce": bytes(65)},
        {"audience": ""},
        {"expires_at": CONTEXT.requested_at},
    ],
)
def test_a_context_that_binds_too_little_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(IllFormed):
        dataclasses.replace(CONTEXT, **change)


@pytest.mark.parametrize("scalar", [ORDER, -1])
def test_a_disclosed_scalar_is_canonical(scalar: int) -> None:
    with pytest.raises(IllFormed):
        dataclasses.replace(CONTEXT, disclosed=(Disclosed(0, 6, scalar),)).encode()


def test_scopes_do_not_run_into_each_other() -> None:
    assert len({scope("venue", "a"), scope("venuea", ""), scope("venue", ""), scope("a", "venue")}) == 4
