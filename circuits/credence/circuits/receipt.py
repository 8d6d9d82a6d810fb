"""Signed receipts: what a verifier decided, checkable by anyone who has its Ed25519 key.

The signature covers ``LP(label) LP(canonical JSON)`` hashed with SHA-256. An accepted receipt has a leaf in the ledger,
salted so that the log tells nothing; a denied one has none.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final, Literal, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from credence.circuits.encoding import b64u
from credence.circuits.errors import IllFormed, Malformed, Refused, Step
from credence.circuits.fields import Fields, Json, canonical_json
from credence.circuits.hashing import Label, sha256_labelled
from credence.circuits.leaf import RECEIPT_LEAF, SALT_LENGTH, salted_leaf

_ID: Final = 128
_AUDIENCE: Final = 2 * _ID + 1  # <verifier>/<client>
REASONS: Final = ("accepted", "not_accepted", "policy_not_met")


@dataclass(frozen=True, slots=True)
class Receipt:
    """One decision. Digests are SHA-256 (32 bytes); ``pseudonym`` is 48 bytes or None; ``salt`` opens the log leaf.

    ``decision_digest`` is :func:`decision_digest` of the whole answer, so that nothing of it can be changed.
    """

    receipt_id: str
    verifier: str
    audience: str
    session_id: str = field(repr=False)
    policy_hash: bytes
    decision: Literal["accepted", "denied"]
    reason: str
    pseudonym: bytes | None = field(repr=False)
    presentation_digest: bytes
    decision_digest: bytes
    tariff: str | None
    decided_at: int
    salt: bytes = field(repr=False)

    def to_json(self) -> dict[str, Any]:
        """The signed content."""
        return {
            "type": "credence/receipt/1",
            "receipt_id": self.receipt_id,
            "verifier": self.verifier,
            "audience": self.audience,
            "session_id": self.session_id,
            "policy_hash": b64u(self.policy_hash),
            "decision": self.decision,
            "reason": self.reason,
            "pseudonym": None if self.pseudonym is None else b64u(self.pseudonym),
            "presentation_digest": b64u(self.presentation_digest),
            "decision_digest": b64u(self.decision_digest),
            "tariff": self.tariff,
            "decided_at": self.decided_at,
            "salt": b64u(self.salt),
        }

    @classmethod
    def parse(cls, value: object) -> Self:
        """Read the content. Raises :class:`Malformed`, also where decision and reason disagree."""
        fields = Fields(value, "receipt")
        fields.choice("type", "credence/receipt/1")
        decision: Literal["accepted", "denied"] = (
            "accepted" if fields.choice("decision", "accepted", "denied") == "accepted" else "denied"
        )
        receipt = cls(
            receipt_id=fields.text("receipt_id", max_length=_ID),
            verifier=fields.text("verifier", max_length=_ID),
            audience=fields.text("audience", max_length=_AUDIENCE),
            session_id=fields.text("session_id", max_length=_ID),
            policy_hash=fields.binary("policy_hash", length=32),
            decision=decision,
            reason=fields.choice("reason", *REASONS),
            pseudonym=fields.binary("pseudonym", length=48) if fields.has("pseudonym") else None,
            presentation_digest=fields.binary("presentation_digest", length=32),
            decision_digest=fields.binary("decision_digest", length=32),
            tariff=fields.text("tariff", max_length=_ID) if fields.has("tariff") else None,
            decided_at=fields.integer("decided_at"),
            salt=fields.binary("salt", length=SALT_LENGTH),
        )
        fields.done()
        if (receipt.decision == "accepted") != (receipt.reason == "accepted"):
            raise Malformed("decision and reason disagree", Step.RECEIPT)
        return receipt

    def signed_bytes(self) -> bytes:
        """The 32 bytes that are signed, and that the log leaf commits to."""
        return sha256_labelled(Label.RECEIPT, canonical_json(self.to_json()))

    def leaf(self) -> bytes:
        """The 32 leaf bytes that the log holds of an accepted receipt. Raises :class:`IllFormed` for a denied one."""
        if self.decision != "accepted":
            raise IllFormed("a denied receipt has no leaf", Step.RECEIPT)
        return salted_leaf(RECEIPT_LEAF, self.salt, self.signed_bytes())


def decision_digest(decision: Json) -> bytes:
    """What a receipt says of the answer it came with: 32 bytes over all of the decision but its ``receipt``.

    ``decision`` is the answer's JSON object, whole; a member that this release does not know counts too. Raises
    :class:`Malformed` where it has no canonical form.
    """
    said = {name: value for name, value in decision.items() if name != "receipt"}
    return sha256_labelled(Label.DECISION, canonical_json(said))


def sign_receipt(receipt: Receipt, key: Ed25519PrivateKey) -> dict[str, Any]:
    """The receipt with its signature, as it goes over the wire: ``{"receipt": …, "signature": base64url}``."""
    return {"receipt": receipt.to_json(), "signature": b64u(key.sign(receipt.signed_bytes()))}


def open_receipt(value: object, key: Ed25519PublicKey) -> Receipt:
    """The receipt inside a signed one. Raises :class:`Malformed`, or :class:`Refused` for another key's signature."""
    fields = Fields(value, "signed receipt")
    receipt = Receipt.parse(fields.raw_object("receipt"))
    signature = fields.binary("signature", length=64)
    fields.done()
    try:
        key.verify(signature, receipt.signed_bytes())
    except InvalidSignature as error:
        raise Refused("the receipt's signature is not valid", Step.RECEIPT) from error
    return receipt
