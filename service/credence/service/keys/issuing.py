"""The issuing key at work: the only place that turns it into a number, signs with it and derives its public key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Final

from credence.circuits.bbs.signature import sk_to_pk
from credence.circuits.credential import Schema
from credence.circuits.curve import Curve
from credence.circuits.encoding import Rng, decode_scalar
from credence.circuits.issuance import DEFAULT_SUITE, IssuerEntropy, issue_credential, issuing_interface
from credence.service.keys.keyring import Keyring, Version
from credence.service.keys.purposes import Purpose


@dataclass(frozen=True)
class PublicIssuerKey:
    """What the world may know of an issuing key: its version, the suite's name and the 96-byte public key."""

    version: Version
    suite: str
    public_key: bytes


class IssuerKeys:
    """The issuing keys of a keyring. Safe for many threads; ``rng`` only blinds."""

    def __init__(self, keyring: Keyring, curve: Curve, rng: Rng) -> None:
        self._keyring: Final = keyring
        self._rng: Final = rng
        self._curve: Final = curve
        self._interface: Final = issuing_interface(curve)
        self._public: dict[str, bytes] = {}
        self._lock: Final = Lock()

    def live(self) -> tuple[PublicIssuerKey, ...]:
        """Every key that credentials may be shown under, newest first."""
        versions = self._keyring.live(Purpose.ISSUER_BBS)
        return tuple(PublicIssuerKey(found, DEFAULT_SUITE, self._public_key(found.key_id)) for found in versions)

    def current(self) -> PublicIssuerKey:
        """The key that credentials are signed with. Raises :class:`KeyringRefused` where there is none."""
        version = self._keyring.current(Purpose.ISSUER_BBS)
        return PublicIssuerKey(version, DEFAULT_SUITE, self._public_key(version.key_id))

    def sign(
        self,
        key_id: str,
        layout: Schema,
        issuer_id: str,
        expiry_epoch: int,
        attributes: Mapping[str, int],
        commitment: bytes,
        entropy: IssuerEntropy,
    ) -> bytes:
        """The 80-byte signature under a live key, the same for the same arguments.

        Raises as :func:`~credence.circuits.issuance.issue_credential`, and :class:`KeyringRefused` for another key.
        """
        return issue_credential(
            self._interface,
            self._secret(key_id),
            self._public_key(key_id),
            layout,
            issuer_id,
            expiry_epoch,
            attributes,
            commitment,
            entropy,
            self._rng,
        )

    def _secret(self, key_id: str) -> int:
        return decode_scalar(self._keyring.secret(Purpose.ISSUER_BBS, key_id), zero_ok=False)

    def _public_key(self, key_id: str) -> bytes:
        with self._lock:
            if key_id not in self._public:
                self._public[key_id] = sk_to_pk(self._curve, self._secret(key_id), self._rng)
            return self._public[key_id]
