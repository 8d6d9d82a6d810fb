"""Proving possession of a secret key: whoever published W knows the SK of ``W = BP2·SK``.

A Schnorr proof in G2 with a hashed challenge (Fiat-Shamir over label, W, commitment and what the proof is about), 64 bytes.
The nonce is a function of the key and of what is proven, as in RFC 6979, so that the same key always has the same proof and
the document that carries it the same digest. A published key without one could be made from other people's keys.
"""

from __future__ import annotations

import hmac
from typing import Final

from credence.circuits.bbs.signature import check_secret_key, multiply_blinded
from credence.circuits.bbs.suite import decode_public_key
from credence.circuits.curve import G2, ORDER, SCALAR_LENGTH, Curve
from credence.circuits.encoding import Rng, decode_scalar, encode_scalar, lp, random_scalar
from credence.circuits.errors import IllFormed, Malformed, Refused, Step
from credence.circuits.hashing import Label, expand_message_xmd, hash_to_scalar, hmac_labelled

POSSESSION_LENGTH: Final = 2 * SCALAR_LENGTH
"""Bytes of a proof: the challenge and the response."""


def prove_possession(curve: Curve, secret_key: int, public_key: bytes, about: bytes, rng: Rng) -> bytes:
    """The 64-byte proof that ``secret_key`` is behind ``public_key`` (96 bytes), bound to ``about``. ``rng`` only blinds.

    Raises :class:`IllFormed` for a secret key outside ``[1, ORDER)``.
    """
    check_secret_key(secret_key)
    drawn = hmac_labelled(encode_scalar(secret_key), Label.KEY_POSSESSION, public_key, about)
    nonce = _hashed(b"nonce", drawn)
    if nonce == 0:
        raise IllFormed("no proof exists for this key")
    challenge = _challenge(public_key, multiply_blinded(curve.BP2, nonce, rng), about)
    share = random_scalar(rng)
    response = (nonce + challenge * share + challenge * ((secret_key - share) % ORDER)) % ORDER
    return encode_scalar(challenge) + encode_scalar(response)


def check_possession(curve: Curve, public_key: bytes, proof: bytes, about: bytes) -> None:
    """Returns iff ``proof`` shows that somebody knew the secret key, for the same ``about``.

    Raises :class:`Malformed` for a key or proof that encodes none, :class:`Refused` (step CHALLENGE) for another's.
    """
    if not isinstance(proof, bytes) or len(proof) != POSSESSION_LENGTH:
        raise Malformed("a proof of possession has 64 bytes", Step.SHAPE)
    challenge, response = decode_scalar(proof[:SCALAR_LENGTH]), decode_scalar(proof[SCALAR_LENGTH:])
    committed = curve.BP2 * response - decode_public_key(curve, public_key) * challenge
    if committed.is_identity:
        raise Refused("the commitment of a proof of possession is the identity", Step.INSTANCE)
    if not hmac.compare_digest(encode_scalar(_challenge(public_key, committed, about)), proof[:SCALAR_LENGTH]):
        raise Refused("the public key comes without a proof that somebody knows its secret", Step.CHALLENGE)


def _challenge(public_key: bytes, committed: G2, about: bytes) -> int:
    return _hashed(b"challenge", public_key, committed.to_bytes(), about)


def _hashed(*parts: bytes) -> int:
    return hash_to_scalar(expand_message_xmd, b"".join([lp(part) for part in parts]), Label.KEY_POSSESSION.value)
