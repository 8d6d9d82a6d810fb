"""What the verifier publishes of itself: the keys that open its receipts, the key of the log they are in, and its rules.

A receipt outlives the key that signed it, so a retired key stays published, with the time after which it signed nothing.
"""

from __future__ import annotations

from typing import Any, Final

from credence.circuits.encoding import b64u
from credence.circuits.verifier_rules import VerifierRules
from credence.service.keys import Keyring, Purpose, Version
from credence.service.runtime import Services

MAX_KEYS: Final = 256
"""Receipt keys of a document: one a month for twenty years."""


def verifier_document(services: Services, rules: VerifierRules | None = None) -> dict[str, Any]:
    """The document, with the rules that are shown; receipt keys newest first, at most ``MAX_KEYS``."""
    versions = services.keyring.versions(Purpose.RECEIPT)[: -MAX_KEYS - 1 : -1]
    return {
        "type": "credence/verifier-document/2",
        "verifier": services.settings.verifier_id,
        "receipt_keys": [_key(services.keyring, version) for version in versions],
        "log_vkey": services.ledger.verifier.vkey,
        "rules": None if rules is None else rules.to_json(),
    }


def _key(keyring: Keyring, version: Version) -> dict[str, Any]:
    raw = keyring.public_key(Purpose.RECEIPT, version.key_id).public_bytes_raw()
    return {"key_id": version.key_id, "public_key": b64u(raw), "not_after": version.retired}
