"""What keys are for. A key has one purpose, and its envelope opens under no other."""

from __future__ import annotations

from enum import StrEnum


class Purpose(StrEnum):
    """Each secret has 32 bytes: a BBS scalar, the seed of an Ed25519 key, or the key of an HMAC."""

    ISSUER_BBS = "issuer-bbs"
    """Signs credentials: a scalar below the group order, big-endian."""
    ISSUER_IDENTITY_TAG = "issuer-identity-tag"
    """Turns a person into the identity_tag. Permanent: a new one would find nobody again."""
    ISSUER_ENTROPY = "issuer-entropy"
    """Derives the issuer's half of nym_secret and use_key from an identity_tag. Permanent for the same reason."""
    ISSUER_EVIDENCE = "issuer-evidence"
    """Keys what is derived from evidence."""
    ISSUER_OFFER = "issuer-offer"
    """Keys what is kept of an offer's bearer secret."""
    RECEIPT = "receipt-ed25519"
    """Signs the verifier's receipts."""
    LEDGER = "ledger-ed25519"
    """Signs log checkpoints."""
    API_KEY = "api-key"
    """Keys what is kept of an API key."""
    ACCESS_TOKEN = "access-token-ed25519"  # noqa: S105 - a name
    """Signs the access tokens of clients."""

    @property
    def is_ed25519(self) -> bool:
        """Whether the secret is the seed of an Ed25519 key."""
        return self.value.endswith("-ed25519")

    @property
    def is_permanent(self) -> bool:
        """Whether what was derived with it must come out the same for ever, so that it is never rotated."""
        return self in (Purpose.ISSUER_IDENTITY_TAG, Purpose.ISSUER_ENTROPY)
