"""The Fiat-Shamir transcript of draft-irtf-cfrg-fiat-shamir: a duplex sponge on SHAKE128, and the codecs around it.

Absorbing frames nothing: two calls are one call with the strings joined. Whoever absorbs makes the encoding prefix-free.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from enum import Enum
from typing import Final, Literal

from credence.circuits.encoding import Reader, lp
from credence.circuits.errors import IllFormed, Malformed, Step

RATE: Final = 168
"""Bytes of a SHAKE128 block."""

SESSION_ID_LENGTH: Final = 32

SLACK: Final = 16
"""Bytes squeezed beyond an integer's length, so that its reduction is uniform but for 2^-128."""

_DERIVATION: Final = b"irtf-cfrg-fiat-shamir/session-id"

ByteOrder = Literal["little", "big"]

CIPHERSUITE: Final = b"sigma-proofs_Shake128_BLS12381"
CONSTRAINED: Final = b"+Q1:"
"""Follows the ciphersuite in a tag if and only if there are constraints: only the tag tells the two transcripts apart."""


class Sponge:
    """A duplex sponge over bytes, begun with a 32-byte session identifier that fills one block."""

    def __init__(self, session_id: bytes) -> None:
        if len(session_id) != SESSION_ID_LENGTH:
            raise IllFormed("a session identifier has 32 bytes")
        self._state = hashlib.shake_128(session_id + bytes(RATE - SESSION_ID_LENGTH))
        self._squeezed = 0

    def absorb(self, data: bytes) -> None:
        """Take in ``data``; nothing changes for an empty string."""
        if data:
            self._state.update(data)
            self._squeezed = 0

    def squeeze(self, length: int) -> bytes:
        """The next ``length`` bytes; consecutive calls continue one stream until something is absorbed."""
        start, self._squeezed = self._squeezed, self._squeezed + length
        return self._state.digest(self._squeezed)[start:]


def derive_session_id(tag: bytes) -> bytes:
    """``DeriveSessionID``: 32 bytes that name one use of one proof system."""
    sponge = Sponge(_DERIVATION)
    sponge.absorb(tag)
    return sponge.squeeze(SESSION_ID_LENGTH)


def uint_length(modulus: int) -> int:
    """``Ns``: the least number of bytes with ``256^Ns >= modulus``. Raises :class:`IllFormed` for a modulus below 2."""
    if modulus < 2:
        raise IllFormed("a modulus is at least two")
    return -(-(modulus - 1).bit_length() // 8)


def decode_uint(data: bytes, modulus: int) -> int:
    """``DecodeUint``: squeezed bytes, ``Ns + 16`` of them, to a near-uniform integer below ``modulus``. Never fails."""
    if len(data) != uint_length(modulus) + SLACK:
        raise IllFormed("another number of bytes is decoded for this modulus")
    return int.from_bytes(data, "little") % modulus


def decode_field(data: bytes, modulus: int, degree: int = 1) -> tuple[int, ...]:
    """``DecodeField``: coordinate by coordinate, the lowest first."""
    step = uint_length(modulus) + SLACK
    if len(data) != degree * step:
        raise IllFormed("another number of bytes is decoded for this field")
    return tuple(decode_uint(data[at : at + step], modulus) for at in range(0, len(data), step))


def serialize_varlen_string(data: bytes) -> bytes:
    """``SerializeVarLenString``: the same bytes as ``LP``."""
    return lp(data)


def deserialize_varlen_string(data: bytes) -> tuple[bytes, bytes]:
    """(string, unread remainder). Raises :class:`Malformed` where the input ends before the string does."""
    reader = Reader(data)
    value = reader.take_lp()
    return value, reader.take(reader.remaining)


def serialize_uint(value: int, modulus: int, byte_order: ByteOrder = "little") -> bytes:
    """``SerializeUint``: ``Ns`` bytes. Raises :class:`IllFormed` outside ``[0, modulus)``."""
    if not 0 <= value < modulus:
        raise IllFormed("integer not below its modulus")
    return value.to_bytes(uint_length(modulus), byte_order)


def deserialize_uint(data: bytes, modulus: int, byte_order: ByteOrder = "little") -> tuple[int, bytes]:
    """(integer, unread remainder). Raises :class:`Malformed` for too few bytes or an integer not below ``modulus``."""
    length = uint_length(modulus)
    reader = Reader(data)
    value = int.from_bytes(reader.take(length), byte_order)
    if value >= modulus:
        raise Malformed("integer not below its modulus", Step.DECODE)
    return value, reader.take(reader.remaining)


def serialize_field(coordinates: Sequence[int], modulus: int, byte_order: ByteOrder = "little") -> bytes:
    """``SerializeField``: the coordinates one after the other, the lowest first; groups that say so use big-endian."""
    return b"".join([serialize_uint(value, modulus, byte_order) for value in coordinates])


def deserialize_field(
    data: bytes, modulus: int, degree: int = 1, byte_order: ByteOrder = "little"
) -> tuple[tuple[int, ...], bytes]:
    """(coordinates, unread remainder). Raises :class:`Malformed` unless every coordinate is canonical."""
    values = []
    for _ in range(degree):
        value, data = deserialize_uint(data, modulus, byte_order)
        values.append(value)
    return tuple(values), data


class Encoding(Enum):
    """How a proof is written; the value is the draft's flavour marker in the tag."""

    BATCHABLE = b"DSFS"
    COMPACT = b"CMPT"


class Operation(Enum):
    """What a proof of ours is for; the value stands in the tag."""

    PRESENT = b"PRES"
    ISSUE = b"ISSUE"
    FOLD = b"FOLD"
    OPEN = b"OPEN"


def session_tag(operation: Operation, encoding: Encoding, context_hash: bytes, *, constrained: bool) -> bytes:
    """``CREDENCE-V01-PRES-CMPT-with-<ciphersuite>[+Q1]:<hex>`` and its like; ``context_hash`` is the context's SHA-256.

    Raises :class:`IllFormed` for a hash of another length.
    """
    if len(context_hash) != 32:
        raise IllFormed("a context hash has 32 bytes")
    name = b"CREDENCE-V01-%b-%b-with-%b" % (operation.value, encoding.value, CIPHERSUITE)
    return name + (CONSTRAINED if constrained else b":") + context_hash.hex().encode()


def check_tag(tag: bytes, encoding: Encoding, *, constrained: bool) -> None:
    """Raises :class:`IllFormed` for a tag that does not separate this encoding, suite and kind of statement from others."""
    if [each for each in Encoding if each.value in tag] != [encoding] or CIPHERSUITE not in tag:
        raise IllFormed("the tag names another encoding or suite", Step.CONTEXT)
    if (CIPHERSUITE + CONSTRAINED in tag) != constrained:
        raise IllFormed("the tag does not say whether there are constraints", Step.CONTEXT)
