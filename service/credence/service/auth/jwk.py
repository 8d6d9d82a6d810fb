"""Public keys of clients as JSON Web Keys (RFC 7517): Ed25519 and P-256, read strictly, named by thumbprint (RFC 7638)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, Self

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey
from joserfc.jws import JWSRegistry

from credence.circuits.encoding import b64u_decode
from credence.circuits.errors import Malformed

ALGORITHMS: Final = frozenset({"ES256", "EdDSA", "Ed25519"})
"""Every JWS algorithm that a client may sign with. ``Ed25519`` is RFC 9864's name for what ``EdDSA`` means here."""

_COORDINATE: Final = 32
_TEXT: Final = 64
# (kty, crv) -> the members that are the key, and how it may sign
_KINDS: Final[Mapping[tuple[str, str], tuple[tuple[str, ...], frozenset[str]]]] = MappingProxyType(
    {
        ("OKP", "Ed25519"): (("x",), frozenset({"EdDSA", "Ed25519"})),
        ("EC", "P-256"): (("x", "y"), frozenset({"ES256"})),
    }
)
_ASIDE: Final = frozenset({"kid", "alg", "use", "key_ops"})
_MODELS: Final = {"ES256": "ES256", "EdDSA": "Ed25519", "Ed25519": "Ed25519"}


@dataclass(frozen=True, slots=True)
class PublicJwk:
    """A public key. ``thumbprint`` is the SHA-256 of its required members, in base64url; ``kid`` what its owner calls it."""

    key: ECKey | OKPKey
    members: Mapping[str, str]
    thumbprint: str
    kid: str
    algorithms: frozenset[str]

    @classmethod
    def parse(cls, value: object) -> Self:
        """A key from JSON. Raises :class:`Malformed` for a private one, another kind, or a member that a key of its kind
        does not have."""
        if not isinstance(value, Mapping) or not all(isinstance(name, str) for name in value):
            raise Malformed("a key is a JSON object")
        if "d" in value:
            raise Malformed("a private key never leaves its owner")
        kind = _KINDS.get((str(value.get("kty")), str(value.get("crv"))))
        if kind is None:
            raise Malformed("a key is of type OKP with Ed25519, or EC with P-256")
        coordinates, algorithms = kind
        if not value.keys() - _ASIDE == {"kty", "crv", *coordinates}:
            raise Malformed("a key has exactly the members of its kind")
        _check_aside(value, algorithms)
        members = {name: str(value[name]) for name in ("kty", "crv", *coordinates)}
        if any(len(b64u_decode(value[name], max_length=_TEXT)) != _COORDINATE for name in coordinates):
            raise Malformed("a coordinate has 32 bytes")
        key = _imported(members)
        thumbprint = key.thumbprint()
        return cls(key, MappingProxyType(members), thumbprint, value.get("kid", thumbprint), algorithms)

    def verifies(self, algorithm: str, signed: bytes, signature: bytes) -> bool:
        """Whether ``signature`` is this key's over ``signed``, by an algorithm that is one of ``algorithms``."""
        if algorithm not in self.algorithms:
            return False
        return JWSRegistry.algorithms[_MODELS[algorithm]].verify(signed, signature, self.key)


def _check_aside(value: Mapping[str, Any], algorithms: frozenset[str]) -> None:
    kid = value.get("kid", "key")
    if not (isinstance(kid, str) and 1 <= len(kid) <= _TEXT and kid.isascii() and kid.isprintable()):
        raise Malformed("a kid has 1-64 printable ASCII characters")
    if "alg" in value and not any(value["alg"] == algorithm for algorithm in algorithms):
        raise Malformed("the algorithm of the key does not fit its kind")
    if value.get("use", "sig") != "sig" or value.get("key_ops", ["verify"]) != ["verify"]:
        raise Malformed("the key is not for verifying signatures")


def _imported(members: Mapping[str, str]) -> ECKey | OKPKey:
    kind = ECKey if members["kty"] == "EC" else OKPKey
    try:
        return kind.import_key({**members})
    except (JoseError, ValueError) as error:  # a point that is not on the curve
        raise Malformed("the key is no point of its curve") from error
