"""Bytes that one reader alone can read: a Diffie-Hellman value on G1, a key derived from it, AES-256-GCM.

DHIES (Abdalla, Bellare, Rogaway 2001) with the whole exchange hashed into the key, as HPKE does (RFC 9180). It is on G1 and
not on a curve of its own so that a reader can prove what it was sent: the shared point with a proof of equality opens one
locked message to everybody and no other one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from credence.circuits.curve import G1, G1_LENGTH, Curve
from credence.circuits.encoding import Rng, b64u, decode_g1, random_scalar
from credence.circuits.errors import Refused, Step
from credence.circuits.fields import Fields
from credence.circuits.hashing import Label, hmac_labelled

_NONCE: Final = bytes(12)  # a key is derived for one message
_MAX_LOCKED: Final = 1_024


@dataclass(frozen=True, slots=True)
class Locked:
    """A locked message: ``r·BP1`` (48 bytes), and what AES-256-GCM made of it (16 bytes longer)."""

    point: bytes
    sealed: bytes

    @classmethod
    def parse(cls, value: object) -> Self:
        """Read one. Raises :class:`Malformed`; the point itself is decoded by who uses it."""
        fields = Fields(value, "locked message")
        locked = cls(fields.binary("point", length=G1_LENGTH), fields.binary("sealed", max_length=_MAX_LOCKED))
        fields.done()
        return locked

    def to_json(self) -> dict[str, Any]:
        """The accepted form."""
        return {"point": b64u(self.point), "sealed": b64u(self.sealed)}


def lock(curve: Curve, reader: G1, message: bytes, about: bytes, rng: Rng) -> Locked:
    """``message`` for whoever has the secret of ``reader``; it opens with the same ``about`` alone."""
    return lock_by(curve, random_scalar(rng), reader, message, about)


def lock_by(curve: Curve, secret: int, reader: G1, message: bytes, about: bytes) -> Locked:
    """As :func:`lock`, with r: uniform, and used for one message."""
    point = curve.msm([curve.BP1], [secret]).to_bytes()
    cipher = _cipher(curve.msm([reader], [secret]), reader, point, about)
    return Locked(point, cipher.encrypt(_NONCE, message, about))


def shared_point(curve: Curve, secret: int, locked: Locked) -> G1:
    """What opens ``locked`` and nothing else. Raises :class:`Malformed` for a point that is none."""
    return curve.msm([decode_g1(curve, locked.point)], [secret])


def unlock(curve: Curve, secret: int, locked: Locked, about: bytes) -> bytes:
    """The message. Raises :class:`Malformed` for a point that is none, :class:`Refused` for another reader or ``about``."""
    reader = curve.msm([curve.BP1], [secret])
    return unlock_shared(shared_point(curve, secret, locked), reader, locked, about)


def unlock_shared(shared: G1, reader: G1, locked: Locked, about: bytes) -> bytes:
    """The message, by :func:`shared_point`. Raises :class:`Refused`."""
    try:
        return _cipher(shared, reader, locked.point, about).decrypt(_NONCE, locked.sealed, about)
    except (InvalidTag, ValueError) as error:
        raise Refused("a locked message does not open", Step.DECODE) from error


def _cipher(shared: G1, reader: G1, point: bytes, about: bytes) -> AESGCM:
    return AESGCM(hmac_labelled(shared.to_bytes(), Label.LOCK, point, reader.to_bytes(), about))
