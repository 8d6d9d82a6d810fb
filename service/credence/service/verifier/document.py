"""What the verifier publishes of itself: the keys that open its receipts, and the key of the log they are in."""

from __future__ import annotations

from typing import Any

from credence.circuits.encoding import b64u
from credence.service.keys import Purpose
from credence.service.runtime import Services


def verifier_document(services: Services) -> dict[str, Any]:
    """The document; receipt keys newest first."""
    keyring = services.keyring
    keys = (
        (version.key_id, keyring.signing_key(Purpose.RECEIPT, version.key_id).public_key())
        for version in keyring.live(Purpose.RECEIPT)
    )
    return {
        "type": "credence/verifier-document/1",
        "verifier": services.settings.verifier_id,
        "receipt_keys": [{"key_id": key_id, "public_key": b64u(key.public_bytes_raw())} for key_id, key in keys],
        "log_vkey": services.ledger.verifier.vkey,
    }
