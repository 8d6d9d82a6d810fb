"""Hashing to strings, scalars and G1, and the one table of domain labels.

``expand_message`` is RFC 9380 section 5.3; hash-to-curve is its section 3 with the SSWU map of the curve engine. Both the
SHA-256 (XMD) and the SHAKE-256 (XOF) forms are used by the BBS suites.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from enum import Enum
from typing import Final

from credence.circuits.curve import FIELD, G1, ORDER, Curve
from credence.circuits.encoding import i2osp, lp
from credence.circuits.errors import IllFormed

Expand = Callable[[bytes, bytes, int], bytes]
"""``expand_message(message, dst, length)``."""

EXPAND_LENGTH: Final = 48
"""Bytes hashed per scalar (BBS ``expand_len``)."""

_FIELD_EXPANSION: Final = 64  # L of RFC 9380 for BLS12-381 and k = 128
_OVERSIZE_DST: Final = 32  # 2k bits, k = 128 as in every suite of this curve (curve448 would take more)
_SHA256_BLOCK: Final = 64
_SHA256_SIZE: Final = 32


class Label(bytes, Enum):
    """Every domain label of this project's own hashes; the drafts' labels live with the drafts' code."""

    CONTEXT = b"CREDENCE-CTX-V01"
    HEADER = b"CREDENCE-V01-HEADER"
    SCOPE = b"CREDENCE-V01-SCOPE"
    TEXT = b"CREDENCE-V01-TEXT"
    ISSUER_DOCUMENT = b"CREDENCE-V01-ISSUER-DOCUMENT"
    RECEIPT = b"CREDENCE-V01-RECEIPT"
    LEAF = b"CREDENCE-V01-LEAF"
    EVIDENCE = b"CREDENCE-V01-EVIDENCE"
    IDENTITY_TAG = b"CREDENCE-V01-IDENTITY-TAG"
    NYM_ENTROPY = b"CREDENCE-V01-NYM-ENTROPY"
    USE_ENTROPY = b"CREDENCE-V01-USE-ENTROPY"
    ATTESTATION = b"CREDENCE-V01-ATTESTATION"
    OFFER_SECRET = b"CREDENCE-V01-OFFER-SECRET"
    API_KEY = b"CREDENCE-V01-API-KEY"
    CLIENT = b"CREDENCE-V01-CLIENT"
    TOKEN_ID = b"CREDENCE-V01-TOKEN-ID"
    IDEMPOTENCY = b"CREDENCE-V01-IDEMPOTENCY"
    WALLET_SECRET = b"CREDENCE-V01-WALLET-SECRET"
    VAULT = b"CREDENCE-V01-VAULT"
    KEYRING = b"CREDENCE-V01-KEYRING"
    DECISION = b"CREDENCE-V01-DECISION"
    HEDGE = b"CREDENCE-V01-HEDGE"
    NONCES = b"CREDENCE-V01-NONCES"
    WEIGHTS = b"CREDENCE-V01-WEIGHTS"
    USE_TAG = b"CREDENCE-V01-USE-TAG"
    ACCUMULATOR = b"CREDENCE-V01-ACCUMULATOR"
    ACCUMULATOR_CHECKPOINT = b"CREDENCE-V01-ACCUMULATOR-CHECKPOINT"
    ACCUMULATOR_DELTA = b"CREDENCE-V01-ACCUMULATOR-DELTA"
    TARIFF = b"CREDENCE-V01-TARIFF"
    KEEPER = b"CREDENCE-V01-KEEPER"
    SUBJECT_KEY = b"CREDENCE-V01-SUBJECT-KEY"
    KEY_POSSESSION = b"CREDENCE-V01-KEY-POSSESSION"
    KEY_CEREMONY = b"CREDENCE-V01-KEY-CEREMONY"
    TRUSTEES = b"CREDENCE-V01-TRUSTEES"
    LOCK = b"CREDENCE-V01-LOCK"
    OPENING = b"CREDENCE-V01-OPENING"
    WARRANT = b"CREDENCE-V01-WARRANT"
    WARRANT_NOTICE = b"CREDENCE-V01-WARRANT-NOTICE"
    OPENING_NOTICE = b"CREDENCE-V01-OPENING-NOTICE"
    OPENING_SHARE = b"CREDENCE-V01-OPENING-SHARE"
    VERIFIER_RULES = b"CREDENCE-V01-VERIFIER-RULES"
    POLICY_MARK = b"CREDENCE-V01-POLICY-MARK"


def sha256_labelled(label: Label, *parts: bytes) -> bytes:
    """``SHA-256(LP(label) || LP(part) ...)``, 32 bytes; no two lists of parts share an encoding."""
    return hashlib.sha256(b"".join(lp(bytes(part)) for part in (label.value, *parts))).digest()


def hmac_labelled(key: bytes, label: Label, *parts: bytes) -> bytes:
    """``HMAC-SHA-256(key, LP(label) || LP(part) ...)``, 32 bytes. Raises :class:`IllFormed` for a key under 32 bytes."""
    if len(key) < 32:
        raise IllFormed("a key has at least 32 bytes")
    return hmac.new(key, b"".join(lp(bytes(part)) for part in (label.value, *parts)), hashlib.sha256).digest()


def expand_message_xmd(message: bytes, dst: bytes, length: int) -> bytes:
    """RFC 9380 section 5.3.1 with SHA-256. Raises :class:`IllFormed` for an empty dst or a length over 8160."""
    if not dst:
        raise IllFormed("empty domain separation tag")
    if len(dst) > 255:
        dst = hashlib.sha256(b"H2C-OVERSIZE-DST-" + dst).digest()
    blocks = -(-length // _SHA256_SIZE)
    if not 0 < blocks <= 255:
        raise IllFormed("length out of range for expand_message_xmd")
    suffix = dst + i2osp(len(dst), 1)
    first = hashlib.sha256(bytes(_SHA256_BLOCK) + message + i2osp(length, 2) + b"\x00" + suffix).digest()
    block = hashlib.sha256(first + b"\x01" + suffix).digest()
    output = [block]
    for index in range(2, blocks + 1):
        mixed = (int.from_bytes(first, "big") ^ int.from_bytes(block, "big")).to_bytes(_SHA256_SIZE, "big")
        block = hashlib.sha256(mixed + i2osp(index, 1) + suffix).digest()
        output.append(block)
    return b"".join(output)[:length]


def expand_message_xof(message: bytes, dst: bytes, length: int) -> bytes:
    """RFC 9380 section 5.3.2 with SHAKE-256. Raises :class:`IllFormed` for an empty dst or a length over 65535."""
    if not dst:
        raise IllFormed("empty domain separation tag")
    if len(dst) > 255:
        dst = hashlib.shake_256(b"H2C-OVERSIZE-DST-" + dst).digest(_OVERSIZE_DST)
    if not 0 < length <= 65535:
        raise IllFormed("length out of range for expand_message_xof")
    return hashlib.shake_256(message + i2osp(length, 2) + dst + i2osp(len(dst), 1)).digest(length)


def hash_to_scalar(expand: Expand, message: bytes, dst: bytes) -> int:
    """BBS ``hash_to_scalar``: 48 expanded bytes modulo q, in ``[0, ORDER)``."""
    return int.from_bytes(expand(message, dst, EXPAND_LENGTH), "big") % ORDER


def hash_to_g1(curve: Curve, expand: Expand, message: bytes, dst: bytes) -> G1:
    """RFC 9380 ``hash_to_curve`` (random oracle) into G1."""
    uniform = expand(message, dst, 2 * _FIELD_EXPANSION)
    u0 = int.from_bytes(uniform[:_FIELD_EXPANSION], "big") % FIELD
    u1 = int.from_bytes(uniform[_FIELD_EXPANSION:], "big") % FIELD
    # clearing the cofactor is linear, so the two cleared maps may be added
    return curve.map_to_g1(u0) + curve.map_to_g1(u1)
