"""BBS ciphersuites and interfaces (draft-irtf-cfrg-bbs-signatures, sections "Interface" and "Ciphersuites").

A suite is a curve engine, an ``expand_message`` and the fixed point P1. An interface is a suite under one ``api_id``: its
generators, its map from messages to scalars and its domain calculation. The drafts define three; ours signs scalars
("Defining New Interfaces").
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from credence.circuits.curve import G1, G2, Curve
from credence.circuits.encoding import decode_g2, i2osp
from credence.circuits.errors import IllFormed, Malformed, Step
from credence.circuits.hashing import (
    EXPAND_LENGTH,
    Expand,
    expand_message_xmd,
    expand_message_xof,
    hash_to_g1,
    hash_to_scalar,
)

SHA256_ID: Final = b"BBS_BLS12381G1_XMD:SHA-256_SSWU_RO_"
SHAKE256_ID: Final = b"BBS_BLS12381G1_XOF:SHAKE-256_SSWU_RO_"

MAX_GENERATORS: Final = 1024
"""Generators of one api_id that are ever derived, so that a length field cannot order work without end."""

_P1_SHA256: Final = bytes.fromhex(
    "a8ce256102840821a3e94ea9025e4662b205762f9776b3a766c872b948f1fd225e7c59698588e70d11406d161b4e28c9"
)
_P1_SHAKE256: Final = bytes.fromhex(
    "8929dfbc7e6642c4ed9cba0856e493f8b9d7d5fcb0c31ef8fdcd34d50648a56c795e106e9eada6e0bda386b414150755"
)
_CACHED: Final = 128  # entries of each cache below; keys are public
_LONGEST_CACHED_HEADER: Final = 1024


@dataclass(frozen=True, eq=False)
class Suite:
    """A ciphersuite on one curve engine. ``P1`` differs per suite and is not the curve's generator."""

    id: bytes
    curve: Curve
    expand: Expand
    P1: G1


SuiteMaker = Callable[[Curve], Suite]


@lru_cache(maxsize=8)
def sha256_suite(curve: Curve) -> Suite:
    """BLS12-381-SHA-256."""
    return Suite(SHA256_ID, curve, expand_message_xmd, curve.decompress_g1(_P1_SHA256))


@lru_cache(maxsize=8)
def shake256_suite(curve: Curve) -> Suite:
    """BLS12-381-SHAKE-256."""
    return Suite(SHAKE256_ID, curve, expand_message_xof, curve.decompress_g1(_P1_SHAKE256))


def suite_named(name: str, curve: Curve) -> Suite:
    """``bls12-381-sha-256`` or ``bls12-381-shake-256``. Raises :class:`IllFormed` for another name."""
    with _MAKING:
        if name == "bls12-381-sha-256":
            return sha256_suite(curve)
        if name == "bls12-381-shake-256":
            return shake256_suite(curve)
    raise IllFormed("unknown BBS suite")


def derive_generators(suite: Suite, api_id: bytes, count: int, seed_label: bytes = b"MESSAGE_GENERATOR_SEED") -> list[G1]:
    """``create_generators`` without a cache: ``count`` points nobody knows a relation between.

    With ``seed_label`` ``BP_MESSAGE_GENERATOR_SEED`` the first one is the suite's P1.
    """
    return _GeneratorChain(suite, api_id, seed_label).first(count)


class _GeneratorChain:
    """The endless list of generators of one api_id, of which the first ones are known."""

    def __init__(self, suite: Suite, api_id: bytes, seed_label: bytes = b"MESSAGE_GENERATOR_SEED") -> None:
        self._suite = suite
        self._seed_dst = api_id + b"SIG_GENERATOR_SEED_"
        self._generator_dst = api_id + b"SIG_GENERATOR_DST_"
        self._state = suite.expand(api_id + seed_label, self._seed_dst, EXPAND_LENGTH)
        self._points: list[G1] = []
        self._lock = threading.Lock()

    def first(self, count: int) -> list[G1]:
        if not 0 <= count <= MAX_GENERATORS:
            raise IllFormed("too many messages", Step.SHAPE)
        if count > len(self._points):
            with self._lock:
                # assigned together at the end: a derivation that is interrupted must not leave the chain a step ahead
                state, points = self._state, list(self._points)
                while len(points) < count:
                    state = self._suite.expand(state + i2osp(len(points) + 1, 8), self._seed_dst, EXPAND_LENGTH)
                    points.append(hash_to_g1(self._suite.curve, self._suite.expand, state, self._generator_dst))
                self._state, self._points = state, points
        return self._points[:count]


class Interface:
    """A suite under an ``api_id``. Made once per process (see :func:`core_interface` and its siblings); thread-safe."""

    def __init__(self, suite: Suite, api_id: bytes) -> None:
        self.suite: Final = suite
        self.api_id: Final = api_id
        self.curve: Final = suite.curve
        self._h2s_dst = api_id + b"H2S_"
        self._map_dst = api_id + b"MAP_MSG_TO_SCALAR_AS_HASH_"
        self._generators = _GeneratorChain(suite, api_id)
        self._blind_generators = _GeneratorChain(suite, b"BLIND_" + api_id)
        self._cached_domain = lru_cache(maxsize=_CACHED)(self._calculate_domain)
        self._cached_base = lru_cache(maxsize=_CACHED)(self._calculate_base)

    def generators(self, count: int) -> tuple[G1, ...]:
        """``count`` generators: Q1, then H_1, H_2, …. Raises :class:`IllFormed` above :data:`MAX_GENERATORS`."""
        return tuple(self._generators.first(count))

    def blind_generators(self, count: int) -> tuple[G1, ...]:
        """``count`` generators under ``BLIND_`` || api_id: Q2, then J_1, J_2, …. Raises as :meth:`generators`."""
        return tuple(self._blind_generators.first(count))

    def precompute(self, count: int, blind_count: int = 0) -> None:
        """Let the engine tabulate P1 and the first generators for public sums; a verifier calls it once, at its start.

        On native this costs about 8 ms and 1.4 MiB a point. Tables serve public scalars only (``Curve.msm_public``).
        """
        self.curve.precompute([self.suite.P1, *self.generators(count), *self.blind_generators(blind_count)])

    def messages_to_scalars(self, messages: Sequence[bytes]) -> list[int]:
        """Each message hashed to a scalar on its own."""
        return [hash_to_scalar(self.suite.expand, message, self._map_dst) for message in messages]

    def hash_to_scalar(self, octets: bytes) -> int:
        """The interface's ``hash_to_scalar``, dst api_id || ``H2S_``: domains, challenges, ``e``."""
        return hash_to_scalar(self.suite.expand, octets, self._h2s_dst)

    def domain(self, public_key: bytes, generators: Sequence[G1], header: bytes) -> int:
        """``calculate_domain``: binds the key, all generators (Q1 first), the api_id and the header."""
        octets = b"".join([point.to_bytes() for point in generators])
        if len(header) <= _LONGEST_CACHED_HEADER:
            return self._cached_domain(public_key, octets, header)
        return self._calculate_domain(public_key, octets, header)

    def _calculate_domain(self, public_key: bytes, octets: bytes, header: bytes) -> int:
        message_count = len(octets) // 48 - 1
        return self.hash_to_scalar(
            public_key + i2osp(message_count, 8) + octets + self.api_id + i2osp(len(header), 8) + header
        )

    def pseudonym_base(self, context_id: bytes) -> G1:
        """OP: the context hashed to G1 under the api_id (pseudonym draft)."""
        if len(context_id) <= _LONGEST_CACHED_HEADER:
            return self._cached_base(context_id)
        return self._calculate_base(context_id)

    def _calculate_base(self, context_id: bytes) -> G1:
        return hash_to_g1(self.curve, self.suite.expand, context_id, self.api_id)


_MAKING: Final = threading.RLock()  # a cache alone lets two threads that come first each make their own


@lru_cache(maxsize=32)
def _interface(suite: Suite, api_id: bytes) -> Interface:
    return Interface(suite, api_id)


def interface(suite: Suite, api_id: bytes) -> Interface:
    """The one interface of a suite and api_id, whichever thread comes first."""
    with _MAKING:
        return _interface(suite, api_id)


def core_interface(suite: Suite) -> Interface:
    """Plain BBS signatures."""
    return interface(suite, suite.id + b"H2G_HM2S_")


def blind_interface(suite: Suite) -> Interface:
    """Blind BBS signatures."""
    return interface(suite, suite.id + b"BLIND_H2G_HM2S_")


def pseudonym_interface(suite: Suite) -> Interface:
    """BBS with per-verifier pseudonyms."""
    return interface(suite, suite.id + b"H2G_HM2S_PSEUDONYM_")


def credence_interface(suite: Suite) -> Interface:
    """Credentials whose attributes are scalars, so that later proofs can compute with them."""
    return interface(suite, suite.id + b"CREDENCE_V01_")


@lru_cache(maxsize=256)
def _decoded_public_key(curve: Curve, public_key: bytes) -> G2:
    return decode_g2(curve, public_key)


def decode_public_key(curve: Curve, public_key: bytes) -> G2:
    """``octets_to_pubkey``: the point W, decoded once per key. Raises :class:`Malformed`, for the identity too."""
    if not isinstance(public_key, bytes):
        raise Malformed("not a byte string", Step.DECODE)
    return _decoded_public_key(curve, public_key)


@lru_cache(maxsize=8)
def minus_bp2(curve: Curve) -> G2:
    """``-BP2``, so that ``e(A, W) = e(B, BP2)`` is asked as one product."""
    return -curve.BP2
