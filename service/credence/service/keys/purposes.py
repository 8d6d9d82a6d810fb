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
    ISSUER_ACCUMULATOR = "issuer-accumulator"
    """Derives alpha and the first value of each accumulator. Permanent: what is not revoked is shown under it."""
    RECEIPT = "receipt-ed25519"
    """Signs the verifier's receipts."""
    TARIFF = "tariff-ed25519"
    """Signs the verifier's announcements of tariff versions."""
    LEDGER = "ledger-ed25519"
    """Signs log checkpoints. Permanent: a log is known by its key, and with another it is another log."""
    API_KEY = "api-key"
    """Keys what is kept of an API key."""
    ACCESS_TOKEN = "access-token-ed25519"  # noqa: S105 - a name
    """Signs the access tokens of clients."""
    IDEMPOTENCY = "idempotency"
    """Keys what is kept of requests that may be repeated, and of their answers."""
    WEBHOOK = "webhook"
    """Seals the secrets that sign webhooks. Permanent: what it sealed would not open again."""

    KEEPER = "keeper"
    """Keys what a signer or tagger counts and writes, in a keyring of its own. Permanent: it would not be known again."""

    SUBJECTS = "subjects"
    """Seals the keys of persons and pseudonyms, each destroyed to erase one. Permanent: they would not open again."""

    @property
    def is_ed25519(self) -> bool:
        """Whether the secret is the seed of an Ed25519 key."""
        return self.value.endswith("-ed25519")

    @property
    def is_permanent(self) -> bool:
        """Whether it is never rotated; :attr:`permanence` says why."""
        return self.permanence is not None

    @property
    def permanence(self) -> str | None:
        """Why it is never rotated; None where it may be."""
        match self:
            case Purpose.ISSUER_IDENTITY_TAG | Purpose.ISSUER_ENTROPY:
                return "what was derived with it would not be found again"
            case Purpose.ISSUER_ACCUMULATOR:
                return "nobody could show any more that a credential of before is not revoked"
            case Purpose.LEDGER:
                return "whoever follows the log knows it by this key; a new key begins a new log"
            case Purpose.WEBHOOK | Purpose.SUBJECTS:
                return "what was sealed with it would not open again"
            case Purpose.KEEPER:
                return "a keeper would not know its own tally and log again"
        return None
