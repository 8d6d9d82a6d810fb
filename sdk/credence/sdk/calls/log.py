"""``/v1/log``: the transparency log's public face."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from credence.circuits.errors import Malformed
from credence.circuits.fields import Fields
from credence.circuits.merkle import HASH_LENGTH, MAX_SIZE
from credence.sdk.answers import read_text
from credence.sdk.calls import Call, answer
from credence.sdk.messages import TEXT, Request

_MAX_PROOF: Final = 128
"""Hashes of a proof that is looked at: two for each of the 63 levels a tree may have, and a little."""


@dataclass(frozen=True, slots=True)
class InclusionProof:
    """The log's claim that a leaf is entry ``index`` at ``size`` entries; worth nothing until verified."""

    index: int
    size: int
    hashes: tuple[bytes, ...]


def checkpoint() -> Call[str]:
    """The newest signed checkpoint, a note."""
    return Call(Request("GET", "/v1/log/checkpoint", accept=TEXT), read_text)


def inclusion(leaf: bytes, size: int) -> Call[InclusionProof]:
    """The proof that the 32 bytes ``leaf`` are in the log of ``size`` entries."""
    return Call(Request("GET", "/v1/log/inclusion", query={"leaf": leaf.hex(), "size": str(size)}), answer(_inclusion))


def consistency(first: int, second: int) -> Call[tuple[bytes, ...]]:
    """The hashes that prove the log of ``second`` entries to extend that of ``first``."""
    return Call(Request("GET", "/v1/log/consistency", query={"first": str(first), "second": str(second)}), answer(_hashes))


def _inclusion(members: Mapping[str, Any]) -> InclusionProof:
    fields = Fields(members, "inclusion proof")
    index, size = fields.integer("index", maximum=MAX_SIZE), fields.integer("size", maximum=MAX_SIZE)
    return InclusionProof(index, size, _hashes(members))


def _hashes(members: Mapping[str, Any]) -> tuple[bytes, ...]:
    return Fields(members, "proof").items("proof", _hash, maximum=_MAX_PROOF)


def _hash(value: object) -> bytes:
    if not isinstance(value, str) or len(value) != 2 * HASH_LENGTH:
        raise Malformed("a hash is 64 hexadecimal digits")
    try:
        return bytes.fromhex(value)
    except ValueError as error:
        raise Malformed("a hash is 64 hexadecimal digits") from error
