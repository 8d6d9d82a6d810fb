"""Envelopes: AES-256-GCM whose associated data is the purpose and the key id, so that none can stand in another's place."""

from __future__ import annotations

import hmac
from typing import Any, Final

import rfc8785
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from credence.circuits.encoding import Rng
from credence.circuits.hashing import Label, hmac_labelled, sha256_labelled
from credence.service.errors import Misconfigured
from credence.service.keys.purposes import Purpose

SECRET_LENGTH: Final = 32
"""Bytes of every secret."""

NONCE_LENGTH: Final = 12


class KeyringRefused(Misconfigured):
    """A keyring or key file that is missing, readable by others, altered, or locked with something else."""

    default = "The keyring cannot be opened."


class Seal:
    """What the 32-byte master key does: seals secrets, and authenticates the keyring as a whole."""

    def __init__(self, master_key: bytes) -> None:
        self._cipher = AESGCM(hmac_labelled(master_key, Label.KEYRING, b"seal"))
        self._mac_key = hmac_labelled(master_key, Label.KEYRING, b"list")

    def close(self, secret: bytes, purpose: Purpose, key_id: str, rng: Rng) -> tuple[bytes, bytes]:
        """A fresh 12-byte nonce, and ``secret`` sealed under it."""
        nonce = rng(NONCE_LENGTH)
        return nonce, self._cipher.encrypt(nonce, secret, _bound(purpose, key_id))

    def open(self, nonce: bytes, sealed: bytes, purpose: Purpose, key_id: str) -> bytes:
        """The 32-byte secret. Raises :class:`KeyringRefused` for another purpose, key id, master key or content."""
        try:
            secret = self._cipher.decrypt(nonce, sealed, _bound(purpose, key_id))
        except (InvalidTag, ValueError) as error:
            raise KeyringRefused("a sealed key does not open under its purpose and id") from error
        if len(secret) != SECRET_LENGTH:
            raise KeyringRefused("a sealed key has a wrong length")
        return secret

    def mac(self, document: dict[str, Any]) -> bytes:
        """Authenticates what envelopes do not: which keys there are, and when each was made and retired."""
        return hmac_labelled(self._mac_key, Label.KEYRING, rfc8785.dumps(document))

    def check(self, document: dict[str, Any], mac: bytes) -> None:
        """Returns iff ``mac`` is :meth:`mac` of ``document``. Raises :class:`KeyringRefused`."""
        if not hmac.compare_digest(self.mac(document), mac):
            raise KeyringRefused("the keyring was altered, or is locked with another key or passphrase")


def _bound(purpose: Purpose, key_id: str) -> bytes:
    return sha256_labelled(Label.KEYRING, purpose.value.encode(), key_id.encode())
