"""What the transparency log holds of a fact: a salted commitment, never the fact.

Whoever keeps the salt can show that the fact was logged; once the salt is destroyed the leaf says nothing about it.
"""

from __future__ import annotations

from typing import Final

from credence.circuits.errors import IllFormed
from credence.circuits.hashing import Label, sha256_labelled

LEAF_LENGTH: Final = 32
"""Bytes of a leaf."""

SALT_LENGTH: Final = 32
"""Bytes of a salt, uniform, one per leaf."""

DIGEST_LENGTH: Final = 32
"""Bytes of the digest that a leaf commits to."""

ATTESTATION_LEAF: Final = "attestation"
"""The kind of a credential's leaf."""

ISSUER_DOCUMENT_LEAF: Final = "issuer-document"
"""The kind of an issuer document's leaf, which is not salted: the document is public."""

ACCUMULATOR_CHECKPOINT_LEAF: Final = "accumulator-checkpoint"
"""The kind of an accumulator checkpoint's leaf, which is not salted either."""

RECEIPT_LEAF: Final = "receipt"
"""The kind of an accepted receipt's leaf."""


def salted_leaf(kind: str, salt: bytes, digest: bytes) -> bytes:
    """The 32 leaf bytes that commit to ``digest``: ``SHA-256`` over label, salt, kind (ASCII) and digest, length-prefixed.

    Raises :class:`IllFormed` for a kind that is not 1-64 characters of printable ASCII, or a salt or digest that has not
    32 bytes.
    """
    if not (1 <= len(kind) <= 64 and kind.isascii() and kind.isprintable()):
        raise IllFormed("a leaf kind is short printable ASCII")
    if len(salt) != SALT_LENGTH:
        raise IllFormed("a leaf salt has 32 bytes")
    if len(digest) != DIGEST_LENGTH:
        raise IllFormed("a leaf commits to a digest of 32 bytes")
    return sha256_labelled(Label.LEAF, salt, kind.encode("ascii"), digest)
