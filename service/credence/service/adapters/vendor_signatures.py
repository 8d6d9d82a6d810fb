"""How identity vendors sign their messages: an HMAC over the raw bytes, in the spelling of each.

A signature is lower-case hexadecimal of its whole length, compared in constant time, with each of an account's secrets: two
while one of them is replaced. A header that is missing, given twice, not ASCII or of another form is no signature.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Sequence
from typing import Final

from credence.service.issuer.inbox.standing import HeaderValues, NotSigned

WINDOW: Final = 300
"""Seconds by which a signed time may differ from now, where a vendor signs one."""

_HEX: Final = {"sha256": re.compile(r"[0-9a-f]{64}", re.ASCII), "sha512": re.compile(r"[0-9a-f]{128}", re.ASCII)}
_PAIR: Final = re.compile(r"t=([0-9]{1,12}),v1=([0-9a-f]{64})", re.ASCII)
_SUMSUB: Final = {"HMAC_SHA256_HEX": "sha256", "HMAC_SHA512_HEX": "sha512"}
_MAX_PAIRS: Final = 4


def check_sumsub(headers: HeaderValues, body: bytes, secrets: Sequence[bytes], _now: int) -> None:
    """``X-Payload-Digest`` by the algorithm of ``X-Payload-Digest-Alg``, never SHA-1. Raises :class:`NotSigned`."""
    digest = _SUMSUB.get(_one(headers, "x-payload-digest-alg"))
    if digest is None:
        raise NotSigned
    _check(_one(headers, "x-payload-digest"), body, secrets, digest)


def check_onfido(headers: HeaderValues, body: bytes, secrets: Sequence[bytes], _now: int) -> None:
    """``X-SHA2-Signature``. Raises :class:`NotSigned`."""
    _check(_one(headers, "x-sha2-signature"), body, secrets, "sha256")


def check_veriff(headers: HeaderValues, body: bytes, secrets: Sequence[bytes], _now: int) -> None:
    """``X-HMAC-SIGNATURE``. Raises :class:`NotSigned`."""
    _check(_one(headers, "x-hmac-signature"), body, secrets, "sha256")


def check_persona(headers: HeaderValues, body: bytes, secrets: Sequence[bytes], now: int) -> None:
    """``Persona-Signature``: pairs of a time and a signature over time, full stop and body, one for each secret of theirs.

    Raises :class:`NotSigned`, also where the time is further off than :data:`WINDOW`.
    """
    pairs = [_PAIR.fullmatch(text) for text in _one(headers, "persona-signature").split(" ")]
    if len(pairs) > _MAX_PAIRS:
        raise NotSigned
    valid = False
    for pair in pairs:
        if pair is None:
            raise NotSigned
        lately = abs(int(pair[1]) - now) <= WINDOW
        valid |= lately and _matches(pair[2], pair[1].encode() + b"." + body, secrets, "sha256")
    if not valid:
        raise NotSigned


def _one(headers: HeaderValues, name: str) -> str:
    values = headers(name)
    if len(values) != 1 or not values[0].isascii():
        raise NotSigned
    return values[0]


def _check(signature: str, signed: bytes, secrets: Sequence[bytes], digest: str) -> None:
    if not _HEX[digest].fullmatch(signature) or not _matches(signature, signed, secrets, digest):
        raise NotSigned


def _matches(signature: str, signed: bytes, secrets: Sequence[bytes], digest: str) -> bool:
    """Whether one of the secrets made it; all of them are tried, so that time does not tell which."""
    found = False
    for secret in secrets:
        expected = hmac.new(secret, signed, getattr(hashlib, digest)).hexdigest()
        found |= hmac.compare_digest(expected, signature)
    return found
