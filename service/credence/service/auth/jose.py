"""Compact JWS (RFC 7515) whose payload is a JWT claims set (RFC 7519), read strictly.

Three kinds cross here, told apart by ``typ``: assertions of clients, DPoP proofs, access tokens. Each names the header
parameters that it has; any other one is refused, so that ``crit`` is, and keys or addresses of keys where none belong.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from credence.circuits.encoding import b64u_decode
from credence.circuits.errors import Malformed
from credence.service.auth.jwk import ALGORITHMS, PublicJwk
from credence.service.auth.refusal import AccessRefused, Refusal
from credence.service.errors import InvalidRequest
from credence.service.problems.body import check_json

MAX_TOKEN: Final = 4_096
"""Characters of the longest token that is read."""

LEEWAY: Final = 30
"""Seconds by which a client's clock may be off."""

MAX_JTI: Final = 128

_MAX_TIME: Final = 1 << 40


@dataclass(frozen=True, slots=True)
class Compact:
    """A token in its parts; nothing of it is verified. ``signed`` is what ``signature`` is over."""

    header: Mapping[str, Any]
    claims: Mapping[str, Any]
    signed: bytes = field(repr=False)
    signature: bytes = field(repr=False)

    @property
    def algorithm(self) -> str:
        """The header's ``alg``, which is one of :data:`~credence.service.auth.jwk.ALGORITHMS`."""
        return str(self.header["alg"])


def read(token: str, *, types: frozenset[str | None], parameters: frozenset[str]) -> Compact:
    """The parts of a token of one of ``types`` (None: it may have no ``typ``) with no header parameter but ``parameters``.

    Raises :class:`AccessRefused`.
    """
    parts = token.split(".")
    if len(token) > MAX_TOKEN or len(parts) != 3:
        raise AccessRefused(Refusal.MALFORMED)
    try:
        header, claims, signature = (b64u_decode(part, max_length=MAX_TOKEN) for part in parts)
    except Malformed as error:
        raise AccessRefused(Refusal.MALFORMED) from error
    found = Compact(_object(header), _object(claims), f"{parts[0]}.{parts[1]}".encode("ascii"), signature)
    if not found.header.keys() <= parameters:
        raise AccessRefused(Refusal.HEADER)
    # compared one by one, because a stranger's value may be one that no set can be asked for
    if not any(found.header.get("typ") == kind for kind in types):
        raise AccessRefused(Refusal.TYPE)
    if not any(found.header.get("alg") == algorithm for algorithm in ALGORITHMS):
        raise AccessRefused(Refusal.ALGORITHM)
    return found


def verify(compact: Compact, key: PublicJwk) -> None:
    """Returns iff ``key`` signed the token. Raises :class:`AccessRefused`."""
    if compact.algorithm not in key.algorithms:
        raise AccessRefused(Refusal.ALGORITHM)
    if not key.verifies(compact.algorithm, compact.signed, compact.signature):
        raise AccessRefused(Refusal.FORGED)


def text(claims: Mapping[str, Any], name: str, *, max_length: int = 2_048) -> str:
    """A claim that is a string of printable ASCII. Raises :class:`AccessRefused`."""
    value = claims.get(name)
    if not (isinstance(value, str) and 1 <= len(value) <= max_length and value.isascii() and value.isprintable()):
        raise AccessRefused(Refusal.CLAIMS)
    return value


def moment(claims: Mapping[str, Any], name: str) -> int:
    """A claim that is a time in whole unix seconds. Raises :class:`AccessRefused`."""
    value = claims.get(name)
    if type(value) is not int or not 0 <= value < _MAX_TIME:
        raise AccessRefused(Refusal.CLAIMS)
    return value


def check_begun(claims: Mapping[str, Any], now: int) -> int:
    """``iat``, which lies in the future no more than a clock may be off, like ``nbf`` where there is one.

    Raises :class:`AccessRefused`.
    """
    issued = moment(claims, "iat")
    begins = moment(claims, "nbf") if "nbf" in claims else issued
    if max(issued, begins) > now + LEEWAY:
        raise AccessRefused(Refusal.NOT_YET_VALID)
    return issued


def _object(data: bytes) -> dict[str, Any]:
    try:
        check_json(data)
        value = json.loads(data)
    except InvalidRequest as error:
        raise AccessRefused(Refusal.MALFORMED) from error
    if not isinstance(value, dict):
        raise AccessRefused(Refusal.MALFORMED)
    return value
