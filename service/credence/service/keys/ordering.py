"""What a signer is asked to sign, and the leaf that whoever signed it answers for.

The leaf follows from the signature, so that it is known before the signature leaves the signer: a signer with a log of its
own writes the leaf down first, and the ledger has to show the same one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self

from credence.circuits.credential import STANDING_1, Schema, schema
from credence.circuits.curve import G1_LENGTH, ORDER
from credence.circuits.encoding import b64u
from credence.circuits.errors import IllFormed, Malformed, Step
from credence.circuits.fields import Fields, canonical_json
from credence.circuits.hashing import Label, sha256_labelled
from credence.circuits.issuance import IssuerEntropy, commitment_length, commitment_point
from credence.circuits.leaf import ATTESTATION_LEAF, SALT_LENGTH, salted_leaf

MAX_EPOCH: Final = 1 << 32

PROVEN: Final = frozenset({STANDING_1.id})
"""Schemas whose commitment holds the secrets of a person's credential, as its renewal has proven."""


@dataclass(frozen=True, slots=True)
class Order:
    """A credential to be signed under the live key ``key_id``, as ``attestation_id`` whose leaf is salted with ``salt``.

    ``commitment`` is the wallet's, with its proof; ``entropy`` the issuer's halves of the committed secrets. Of a schema in
    :data:`PROVEN` it is the point alone, which was proven before, and the halves are zero. Raises :class:`IllFormed` for a
    salt that has not 32 bytes, and for halves where there are none.
    """

    key_id: str
    layout: Schema
    issuer_id: str
    issued_epoch: int
    expiry_epoch: int
    attributes: Mapping[str, int] = field(repr=False)
    commitment: bytes = field(repr=False)
    entropy: IssuerEntropy = field(repr=False)
    attestation_id: str = field(repr=False)
    salt: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.salt) != SALT_LENGTH:
            raise IllFormed("a leaf salt has 32 bytes")
        if self.is_proven and (self.entropy.nym or self.entropy.use):
            raise IllFormed("nothing is added to secrets that are in another credential already")

    @property
    def is_proven(self) -> bool:
        """Whether the commitment is a point that was proven before."""
        return self.layout.id in PROVEN

    def digest(self, signature: bytes) -> bytes:
        """What the attestation's leaf commits to: the record and the signature, 32 bytes."""
        record = {
            "attestation_id": self.attestation_id,
            "issuer": self.issuer_id,
            "schema": self.layout.id,
            "key_id": self.key_id,
            "issued_epoch": self.issued_epoch,
            "expiry_epoch": self.expiry_epoch,
            "commitment": b64u(commitment_point(self.commitment)),
        }
        return sha256_labelled(Label.ATTESTATION, canonical_json(record), signature)

    def leaf(self, signature: bytes) -> bytes:
        """The attestation's leaf, 32 bytes."""
        return salted_leaf(ATTESTATION_LEAF, self.salt, self.digest(signature))

    def known_by(self) -> bytes:
        """The same for two orders that lead to the same signature and leaf. Secret: it holds attributes.

        The proof beside the commitment's point is another one each time, and no signature depends on it.
        """
        return canonical_json({**self.to_json(), "commitment": b64u(commitment_point(self.commitment))})

    def to_json(self) -> dict[str, Any]:
        """As it goes to a signer in another process. Secret."""
        return {
            "key_id": self.key_id,
            "schema": self.layout.id,
            "issuer": self.issuer_id,
            "issued_epoch": self.issued_epoch,
            "expiry_epoch": self.expiry_epoch,
            "attributes": {name: str(value) for name, value in self.attributes.items()},
            "commitment": b64u(self.commitment),
            "nym_entropy": str(self.entropy.nym),
            "use_entropy": str(self.entropy.use),
            "attestation_id": self.attestation_id,
            "salt": b64u(self.salt),
        }

    @classmethod
    def parse(cls, value: object) -> Self:
        """Reads :meth:`to_json`. Raises :class:`Malformed` or :class:`IllFormed`."""
        fields = Fields(value, "order")
        layout = schema(fields.text("schema", max_length=64))
        order = cls(
            key_id=fields.text("key_id", max_length=64),
            layout=layout,
            issuer_id=fields.text("issuer", max_length=128),
            issued_epoch=fields.integer("issued_epoch", maximum=MAX_EPOCH),
            expiry_epoch=fields.integer("expiry_epoch", maximum=MAX_EPOCH),
            attributes=fields.scalars("attributes"),
            commitment=fields.binary("commitment", length=G1_LENGTH if layout.id in PROVEN else commitment_length(layout)),
            entropy=IssuerEntropy(_below_order(fields, "nym_entropy"), _below_order(fields, "use_entropy")),
            attestation_id=fields.text("attestation_id", max_length=128),
            salt=fields.binary("salt", length=SALT_LENGTH),
        )
        fields.done()
        return order


def _below_order(fields: Fields, name: str) -> int:
    value = fields.scalar(name)
    if value >= ORDER:
        raise Malformed("an issuer's half is a scalar below the order", Step.SHAPE)
    return value
