"""BBS keys and signatures (draft-irtf-cfrg-bbs-signatures, KeyGen, SkToPk, Sign, Verify and their core operations).

Neither native library is constant time, so the issuer's scalars are blinded: ``1/(SK + e)`` is computed as
``k/(k·(SK + e))`` for a uniform k, and a point is multiplied by a secret scalar s as ``P·a + P·(s - a)`` for a uniform a.
The blinding comes from the ``rng`` parameter and cancels: signatures are the same whatever it returns.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from credence.circuits.bbs.suite import Interface, Suite, decode_public_key, minus_bp2
from credence.circuits.curve import G1, G1_LENGTH, G2, ORDER, SCALAR_LENGTH, Curve
from credence.circuits.encoding import Rng, decode_g1, decode_scalar, encode_scalar, i2osp, random_scalar
from credence.circuits.errors import IllFormed, Malformed, Refused, Step
from credence.circuits.hashing import hash_to_scalar

SIGNATURE_LENGTH: Final = G1_LENGTH + SCALAR_LENGTH

_SHORTEST_KEY_MATERIAL: Final = 32
_LONGEST_KEY_INFO: Final = 65_535

_PointT = TypeVar("_PointT", G1, G2)


@dataclass(frozen=True)
class Signature:
    """A decoded signature: ``A`` is not the identity, ``e`` is in ``[1, ORDER)``."""

    A: G1
    e: int

    def encode(self) -> bytes:
        """``signature_to_octets``: 80 bytes."""
        return self.A.to_bytes() + encode_scalar(self.e)

    @classmethod
    def decode(cls, curve: Curve, data: bytes) -> Signature:
        """``octets_to_signature``. Raises :class:`Malformed`."""
        if not isinstance(data, bytes) or len(data) != SIGNATURE_LENGTH:
            raise Malformed("a signature has 80 bytes", Step.SHAPE)
        return cls(decode_g1(curve, data[:G1_LENGTH]), decode_scalar(data[G1_LENGTH:], zero_ok=False))


def key_gen(suite: Suite, key_material: bytes, key_info: bytes = b"", key_dst: bytes | None = None) -> int:
    """``KeyGen``: a secret key in ``[1, ORDER)`` from at least 32 bytes of secret key material.

    ``key_dst`` defaults to the suite's id || ``KEYGEN_DST_``. Raises :class:`IllFormed` for too little material or too
    long an info.
    """
    if len(key_material) < _SHORTEST_KEY_MATERIAL:
        raise IllFormed("key material has at least 32 bytes")
    if len(key_info) > _LONGEST_KEY_INFO:
        raise IllFormed("key info has at most 65535 bytes")
    dst = suite.id + b"KEYGEN_DST_" if key_dst is None else key_dst
    secret_key = hash_to_scalar(suite.expand, key_material + i2osp(len(key_info), 2) + key_info, dst)
    check_secret_key(secret_key)
    return secret_key


def sk_to_pk(curve: Curve, secret_key: int, rng: Rng) -> bytes:
    """``SkToPk``: the public key W = BP2·SK, 96 bytes. ``rng`` only blinds."""
    check_secret_key(secret_key)
    return multiply_blinded(curve.BP2, secret_key, rng).to_bytes()


def check_secret_key(secret_key: int) -> None:
    """Raises :class:`IllFormed` outside ``[1, ORDER)``."""
    if not 0 < secret_key < ORDER:
        raise IllFormed("a secret key is a scalar other than zero")


def multiply_blinded(point: _PointT, secret: int, rng: Rng) -> _PointT:
    """``point·secret`` as the sum of two multiplications by uniform shares."""
    share = random_scalar(rng)
    return point * share + point * ((secret - share) % ORDER)


def check_lengths(generators: Sequence[G1], scalars: Sequence[int]) -> None:
    """One generator more than messages (Q1), scalars in range; raises :class:`IllFormed` otherwise."""
    if len(generators) != len(scalars) + 1:
        raise IllFormed("as many messages as generators are needed", Step.SHAPE)
    if not all(0 <= scalar < ORDER for scalar in scalars):
        raise IllFormed("a message is no scalar", Step.SHAPE)


def signed_point(interface: Interface, domain: int, generators: Sequence[G1], scalars: Sequence[int]) -> G1:
    """``B = P1 + Q1·domain + Σ H_i·msg_i``: what a signature signs. ``generators`` begin with Q1."""
    return interface.suite.P1 + interface.curve.msm(generators, [domain, *scalars])


def finalize_sign(secret_key: int, B: G1, e: int, rng: Rng) -> bytes:
    """``A = B·1/(SK + e)`` and e, 80 bytes; see the module's text on blinding."""
    if B.is_identity:
        raise IllFormed("nothing to sign")
    denominator = (secret_key + e) % ORDER
    if denominator == 0 or e == 0:
        raise IllFormed("no signature exists under this key")
    mask = random_scalar(rng)
    inverse = mask * pow(mask * denominator % ORDER, -1, ORDER) % ORDER
    return Signature(multiply_blinded(B, inverse, rng), e).encode()


def core_sign(
    interface: Interface,
    secret_key: int,
    public_key: bytes,
    generators: Sequence[G1],
    header: bytes,
    scalars: Sequence[int],
    rng: Rng,
) -> bytes:
    """``CoreSign``: 80 bytes over scalars; ``generators`` are Q1 and one for each scalar. Deterministic; ``rng`` blinds.

    Raises :class:`IllFormed` for unequal lengths or values that are no scalars.
    """
    check_secret_key(secret_key)
    check_lengths(generators, scalars)
    domain = interface.domain(public_key, generators, header)
    octets = b"".join([encode_scalar(value) for value in (secret_key, *scalars, domain)])
    e = interface.hash_to_scalar(octets)
    return finalize_sign(secret_key, signed_point(interface, domain, generators, scalars), e, rng)


def core_verify(
    interface: Interface,
    public_key: bytes,
    signature: bytes,
    generators: Sequence[G1],
    header: bytes,
    scalars: Sequence[int],
) -> None:
    """``CoreVerify``: returns if the signature is the key's over header and scalars.

    Raises :class:`IllFormed` for unequal lengths, :class:`Malformed` for a key or signature that encodes nothing,
    :class:`Refused` (step PAIRING) for a signature over something else.
    """
    check_lengths(generators, scalars)
    curve = interface.curve
    decoded = Signature.decode(curve, signature)
    W = decode_public_key(curve, public_key)
    domain = interface.domain(public_key, generators, header)
    B = signed_point(interface, domain, generators, scalars)
    # e(A, W + BP2·e) = e(B, BP2), with the scalar moved to the cheaper group
    if not curve.pairing_check([(decoded.A, W), (B - decoded.A * decoded.e, minus_bp2(curve))]):
        raise Refused("the signature does not verify", Step.PAIRING)


def sign(
    interface: Interface, secret_key: int, public_key: bytes, header: bytes, messages: Sequence[bytes], rng: Rng
) -> bytes:
    """``Sign``: :func:`core_sign` over messages hashed to scalars."""
    generators = interface.generators(len(messages) + 1)
    scalars = interface.messages_to_scalars(messages)
    return core_sign(interface, secret_key, public_key, generators, header, scalars, rng)


def verify(interface: Interface, public_key: bytes, signature: bytes, header: bytes, messages: Sequence[bytes]) -> None:
    """``Verify``: :func:`core_verify` over messages hashed to scalars."""
    generators = interface.generators(len(messages) + 1)
    core_verify(interface, public_key, signature, generators, header, interface.messages_to_scalars(messages))
