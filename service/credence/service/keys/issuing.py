"""The issuing key at work: the only place that turns it into a number, signs with it and derives its public key."""

from __future__ import annotations

from threading import Lock
from typing import Final

from credence.circuits.bbs.key_possession import prove_possession
from credence.circuits.bbs.signature import sk_to_pk
from credence.circuits.curve import Curve
from credence.circuits.encoding import Rng, decode_scalar
from credence.circuits.issuance import DEFAULT_SUITE, issue_credential, issue_over_point, issuing_interface
from credence.circuits.issuer_document import possession_about
from credence.service.keys.keyring import Keyring, Version
from credence.service.keys.ordering import Order
from credence.service.keys.ports import PublicIssuerKey
from credence.service.keys.purposes import Purpose


class IssuerKeys:
    """The issuing keys of a keyring. Safe for many threads; ``rng`` only blinds."""

    def __init__(self, keyring: Keyring, curve: Curve, rng: Rng) -> None:
        self._keyring: Final = keyring
        self._rng: Final = rng
        self._curve: Final = curve
        self._interface: Final = issuing_interface(curve)
        self._public: dict[str, tuple[bytes, bytes]] = {}
        self._lock: Final = Lock()

    def live(self) -> tuple[PublicIssuerKey, ...]:
        """Every key that credentials may be shown under, newest first."""
        versions = self._keyring.live(Purpose.ISSUER_BBS)
        return tuple(self._shown(found) for found in versions)

    def current(self) -> PublicIssuerKey:
        """The key that credentials are signed with. Raises :class:`KeyringRefused` where there is none."""
        return self._shown(self._keyring.current(Purpose.ISSUER_BBS))

    def sign(self, order: Order) -> bytes:
        """The 80-byte signature under a live key, the same for the same order.

        Raises as :func:`~credence.circuits.issuance.issue_credential`, and :class:`KeyringRefused` for another key.
        """
        signed = (
            self._interface,
            self._secret(order.key_id),
            self._public_key(order.key_id)[0],
            order.layout,
            order.issuer_id,
            order.expiry_epoch,
            order.attributes,
            order.commitment,
        )
        if order.is_proven:
            return issue_over_point(*signed, self._rng)
        return issue_credential(*signed, order.entropy, self._rng)

    def is_at_hand(self) -> bool:
        """Always."""
        return True

    def _secret(self, key_id: str) -> int:
        return decode_scalar(self._keyring.secret(Purpose.ISSUER_BBS, key_id), zero_ok=False)

    def _shown(self, version: Version) -> PublicIssuerKey:
        return PublicIssuerKey(version, DEFAULT_SUITE, *self._public_key(version.key_id))

    def _public_key(self, key_id: str) -> tuple[bytes, bytes]:
        """The public key and the proof of possession, both made once."""
        with self._lock:
            if key_id not in self._public:
                secret, about = self._secret(key_id), possession_about(DEFAULT_SUITE, key_id)
                public = sk_to_pk(self._curve, secret, self._rng)
                self._public[key_id] = public, prove_possession(self._curve, secret, public, about, self._rng)
            return self._public[key_id]
