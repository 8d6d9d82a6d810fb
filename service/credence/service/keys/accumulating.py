"""The accumulators' keys at work: the only place that turns them into numbers, and divides by them.

Each schema has an accumulator of its own, whose alpha and first value follow from one secret of the keyring. That secret is
used for nothing else, and alpha meets a handle in :meth:`AccumulatorKeys.divide` and :meth:`AccumulatorKeys.draw` alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from typing import Final

from credence.circuits.curve import G1, ORDER, Curve
from credence.circuits.encoding import Rng, random_scalar, u64le
from credence.circuits.hashing import Label, hmac_labelled
from credence.circuits.revocation import accumulator_public_key, divide, first_value
from credence.service.keys.keyring import Keyring, Version
from credence.service.keys.purposes import Purpose


@dataclass(frozen=True)
class PublicAccumulator:
    """What the world may know of an accumulator: ``alpha·BP2`` (96 bytes), its first value, and the key it follows from."""

    version: Version
    public_key: bytes
    first_value: G1


class AccumulatorKeys:
    """The accumulators of a keyring, by schema id. Safe for many threads; ``rng`` only blinds, and draws handles."""

    def __init__(self, keyring: Keyring, curve: Curve, rng: Rng) -> None:
        self._keyring: Final = keyring
        self._curve: Final = curve
        self._rng: Final = rng
        self._public: dict[str, PublicAccumulator] = {}
        self._lock: Final = Lock()

    def public(self, schema: str) -> PublicAccumulator:
        """A schema's accumulator. Raises :class:`~credence.service.keys.KeyringRefused` where the keyring has no key."""
        with self._lock:
            if schema not in self._public:
                self._public[schema] = PublicAccumulator(
                    version=self._keyring.current(Purpose.ISSUER_ACCUMULATOR),
                    public_key=accumulator_public_key(self._curve, self._alpha(schema), self._rng),
                    first_value=first_value(self._curve, self._stream(schema, b"first-value")),
                )
            return self._public[schema]

    def draw(self, schema: str) -> int:
        """A uniform handle for which there is a witness: neither zero nor ``-alpha``."""
        alpha = self._alpha(schema)
        while True:
            handle = random_scalar(self._rng)
            if (alpha + handle) % ORDER:
                return handle

    def divide(self, schema: str, value: G1, handle: int) -> G1:
        """``V/(alpha + y)``: the witness of a handle while V holds, and the value that revokes it.

        Which of the two it is made for is decided once for a handle, by who calls. Raises
        :class:`~credence.circuits.errors.IllFormed` for a handle that has no witness.
        """
        return divide(value, self._alpha(schema), handle, self._rng)

    def _alpha(self, schema: str) -> int:
        return random_scalar(self._stream(schema, b"alpha"))

    def _stream(self, schema: str, what: bytes) -> Rng:
        """Bytes that are the same for the same accumulator and purpose."""
        secret = self._keyring.secret(Purpose.ISSUER_ACCUMULATOR)
        blocks = 0

        def draw(count: int) -> bytes:
            nonlocal blocks
            drawn = b""
            while len(drawn) < count:
                blocks += 1
                drawn += hmac_labelled(secret, Label.ACCUMULATOR, what, schema.encode(), u64le(blocks))
            return drawn[:count]

        return draw
