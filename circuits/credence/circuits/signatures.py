"""Ed25519 signatures of whoever is known by a key."""

from __future__ import annotations

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from credence.circuits.errors import Refused


def check_signed(message: bytes, signature: bytes, public_key: bytes, refusal: Refused) -> None:
    """Returns iff the key of 32 bytes signed the message. Raises ``refusal``, also for a key that is none."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError) as error:
        raise refusal from error
