"""The test vendor: an identity vendor that vouches for whatever it is told, with a key of its own.

It signs exactly as a real one has to. A service believes it only where its key is among the configured vendor keys.
"""

from __future__ import annotations

import json
from typing import Final, Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc import jws
from joserfc.jwk import OKPKey

from credence.circuits.encoding import Rng
from credence.service.adapters.vendor_jws import ALGORITHM, TOKEN_TYPE
from credence.service.sandbox.persons import Person

NAME: Final = "vendor.example"

LIFETIME: Final = 86_400
"""Seconds that a result is valid."""


class Vendor:
    """Signs results. ``key_id`` is how the service names the key: the vendor's name, or the name, an underscore and more."""

    def __init__(self, key: Ed25519PrivateKey, rng: Rng, key_id: str = NAME) -> None:
        self._key: Final = OKPKey.import_key(key)
        self._rng: Final = rng
        self.key_id: Final = key_id
        self.name: Final = key_id.partition("_")[0]
        self.public_key: Final = key.public_key().public_bytes_raw()

    @classmethod
    def create(cls, rng: Rng, key_id: str = NAME) -> Self:
        """A vendor with a new key."""
        return cls(Ed25519PrivateKey.from_private_bytes(rng(32)), rng, key_id)

    @property
    def vendor_keys(self) -> dict[str, bytes]:
        """What the settings' ``vendor_keys`` need in order to believe it."""
        return {self.key_id: self.public_key}

    def issue_result(self, person: Person, audience: str, now: int, *, lifetime: int = LIFETIME) -> str:
        """A compact JWS that vouches for ``person`` to the issuer ``audience``, from ``now`` for ``lifetime`` seconds.

        Every result has a reference of its own, so that two for one person differ.
        """
        times = {"iat": now, "nbf": now, "exp": now + lifetime}
        claims = {"iss": self.name, "aud": audience, "jti": self._rng(12).hex(), **times, **person.claims()}
        header = {"alg": ALGORITHM, "kid": self.key_id, "typ": TOKEN_TYPE}
        return jws.serialize_compact(header, json.dumps(claims), self._key, algorithms=[ALGORITHM])
