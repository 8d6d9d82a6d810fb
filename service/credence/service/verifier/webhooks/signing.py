"""Secrets and signatures of webhooks, as Standard Webhooks has them.

A secret has 32 random bytes. It is shown once, as ``whsec_`` and base64, and kept sealed under a key of the keyring that
does nothing else, bound to the endpoint that it is for.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from standardwebhooks import Webhook

from credence.circuits.encoding import Rng
from credence.service.keys import Keyring, Purpose
from credence.service.keys.seal import NONCE_LENGTH, SECRET_LENGTH, Seal

PREFIX: Final = "whsec_"


def new_secret(rng: Rng) -> bytes:
    """32 fresh bytes."""
    return rng(SECRET_LENGTH)


def written(secret: bytes) -> str:
    """A secret as it is shown to its venue."""
    return PREFIX + b64encode(secret).decode("ascii")


def seal(keyring: Keyring, endpoint_id: str, secret: bytes, rng: Rng) -> bytes:
    """A secret as it is kept."""
    nonce, sealed = _sealing(keyring).close(secret, Purpose.WEBHOOK, endpoint_id, rng)
    return nonce + sealed


def unseal(keyring: Keyring, endpoint_id: str, kept: bytes) -> bytes:
    """The secret again. Raises :class:`~credence.service.keys.KeyringRefused` for another endpoint's or an altered one."""
    return _sealing(keyring).open(kept[:NONCE_LENGTH], kept[NONCE_LENGTH:], Purpose.WEBHOOK, endpoint_id)


def signed_headers(message_id: str, body: str, secrets: Sequence[bytes], now: int) -> dict[str, str]:
    """The three headers of one attempt at ``now`` (unix seconds), with a signature under each of ``secrets``.

    Raises :class:`standardwebhooks.webhooks.EmptyWebhookSecretError` for an empty secret, :class:`ValueError` for none.
    """
    if not secrets:
        raise ValueError("a webhook is signed")
    moment = datetime.fromtimestamp(now, UTC)
    signatures = [Webhook(secret).sign(message_id, moment, body) for secret in secrets]
    return {"webhook-id": message_id, "webhook-timestamp": str(now), "webhook-signature": " ".join(signatures)}


def _sealing(keyring: Keyring) -> Seal:
    return Seal(keyring.secret(Purpose.WEBHOOK))
