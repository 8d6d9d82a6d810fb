"""SD-JWT with key binding (RFC 9901), as SD-JWT VC uses it: ``<issuer JWT>~<disclosure>~…~<key binding JWT>``.

Signatures, disclosures and ``sd_hash`` are checked by openvc-core; what it leaves open or judges by the clock of the machine
is checked here, at the time that is given (docs/decisions/0031-evidence.md). What is refused before a signature was looked
at is refused by what it says itself; nothing is accepted before all of it was checked.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from openvc.errors import OpenvcError
from openvc.proof.errors import ClaimsInvalid, ProofError, SignatureInvalid, UnsupportedAlgorithm
from openvc.proof.sd_jwt import SdJwtVcProofSuite

from credence.circuits.encoding import b64u_decode
from credence.circuits.errors import Malformed
from credence.service.adapters.bundle import json_object
from credence.service.issuer.evidence import EvidenceRefused, Refusal

ALGORITHMS: Final = frozenset({"ES256", "ES384", "EdDSA", "Ed25519"})
LEEWAY: Final = 60
"""Seconds by which another clock may be off."""

MAX_SHOWN: Final = 24_576
"""Characters of the longest presentation that is read."""

BINDING_AGE: Final = 300
"""Seconds after which a holder's signature is stale."""

_VC: Final = "dc+sd-jwt"
_BINDING: Final = "kb+jwt"
_SUITE: Final = SdJwtVcProofSuite(leeway_s=LEEWAY)


@dataclass(frozen=True, slots=True)
class Jws:
    """The header and payload of a compact JWS, read and not verified."""

    header: dict[str, Any] = field(repr=False)
    claims: dict[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Presentation:
    """A presentation that is read and not verified: ``text`` as it came, the issuer's JWT, the holder's."""

    text: str = field(repr=False)
    credential: Jws
    binding: Jws

    @property
    def nonce(self) -> str:
        """What the holder answers to. Raises :class:`EvidenceRefused` (``replayed``) where it answers nothing."""
        found = self.binding.claims.get("nonce")
        if not isinstance(found, str) or not found:
            raise EvidenceRefused(Refusal.REPLAYED)
        return found

    def disclosed_length(self, name: str) -> int | None:
        """How many entries the list ``name`` of a verified presentation has in its issuer's own words, those among them that
        the holder kept back; None where there is no such list."""
        found = [self.credential.claims.get(name)]
        for part in self.text.split("~")[1:-1]:
            disclosure = json.loads(b64u_decode(part))
            if len(disclosure) == 3 and disclosure[1] == name:
                found.append(disclosure[2])
        lists = [value for value in found if isinstance(value, list)]
        return len(lists[0]) if len(lists) == 1 else None


def read_presentation(text: object) -> Presentation:
    """Reads a presentation whose every part is canonical base64url.

    Raises :class:`EvidenceRefused`: ``malformed``, ``wrong-type`` for another kind of token, ``unsupported-algorithm``,
    ``unbound`` where there is no key binding.
    """
    if not isinstance(text, str) or len(text) > MAX_SHOWN or not text.isascii() or "~" not in text:
        raise EvidenceRefused(Refusal.MALFORMED)
    issued, *disclosures, bound = text.split("~")
    for part in disclosures:
        _part(part)
    credential = read_jws(issued, _VC)
    if not bound:
        raise EvidenceRefused(Refusal.UNBOUND)
    return Presentation(text, credential, read_jws(bound, _BINDING))


def read_jws(text: str, kind: str, longest: int = MAX_SHOWN) -> Jws:
    """A compact JWS of the type ``kind``, without extensions, of at most ``longest`` characters in a part.

    Raises as :func:`read_presentation`.
    """
    parts = text.split(".")
    if len(parts) != 3:
        raise EvidenceRefused(Refusal.MALFORMED)
    header, claims = (json_object(_part(part, longest)) for part in parts[:2])
    _part(parts[2])
    if header.get("typ") != kind:
        raise EvidenceRefused(Refusal.WRONG_TYPE)
    if not isinstance(header.get("alg"), str) or header["alg"] not in ALGORITHMS:
        raise EvidenceRefused(Refusal.UNSUPPORTED_ALGORITHM)
    if "crit" in header or "b64" in header:
        raise EvidenceRefused(Refusal.MALFORMED)
    return Jws(header, claims)


def verify_presentation(
    shown: Presentation, issuer_key: dict[str, Any], audience: str, now: int, received_at: int
) -> dict[str, Any]:
    """The claims of a presentation that the issuer signed with ``issuer_key`` (a JWK) and the holder for ``audience``.

    The credential has to be valid ``now``, the holder's signature fresh when it was received. Raises
    :class:`EvidenceRefused`.
    """
    _check_credential_times(shown.credential.claims, now)
    _check_binding(shown.binding.claims, audience, received_at)
    if shown.credential.claims.get("aud", audience) != audience:
        raise EvidenceRefused(Refusal.WRONG_AUDIENCE)
    try:
        verified = _SUITE.verify(
            shown.text,
            public_key_jwk=issuer_key,
            audience=audience,
            nonce=shown.nonce,
            require_key_binding=True,
            check_temporal=False,
            kb_max_age_s=BINDING_AGE,
            now=datetime.fromtimestamp(received_at, UTC),
        )
    except OpenvcError as error:
        raise EvidenceRefused(_reason(error)) from error
    claims = dict(verified.claims)
    _check_credential_times(claims, now)  # an iat may have been disclosed
    return claims


def is_time(value: object) -> bool:
    """Whether a value is a point in time, in whole seconds."""
    return type(value) is int and 0 <= value < 1 << 40


def _check_credential_times(claims: dict[str, Any], now: int) -> None:
    times = {name: claims[name] for name in ("iat", "nbf", "exp") if name in claims}
    if "exp" not in times or not all(is_time(value) for value in times.values()):
        raise EvidenceRefused(Refusal.INCOMPLETE)
    if max(times.get("iat", 0), times.get("nbf", 0)) > now + LEEWAY:
        raise EvidenceRefused(Refusal.NOT_YET_VALID)
    if times["exp"] + LEEWAY <= now:
        raise EvidenceRefused(Refusal.STALE)


def _check_binding(claims: dict[str, Any], audience: str, received_at: int) -> None:
    if claims.get("aud") != audience:  # one string, equal: a list, a prefix or another spelling is another audience
        raise EvidenceRefused(Refusal.WRONG_AUDIENCE)
    if not is_time(claims.get("iat")) or "sd_hash" not in claims:
        raise EvidenceRefused(Refusal.INCOMPLETE)
    if claims["iat"] > received_at + LEEWAY:
        raise EvidenceRefused(Refusal.NOT_YET_VALID)
    if claims["iat"] + BINDING_AGE + LEEWAY < received_at:
        raise EvidenceRefused(Refusal.STALE)


def _part(text: str, longest: int = MAX_SHOWN) -> bytes:
    try:
        found = b64u_decode(text, max_length=longest)
    except Malformed as error:
        raise EvidenceRefused(Refusal.MALFORMED) from error
    if not found:
        raise EvidenceRefused(Refusal.MALFORMED)
    return found


def _reason(error: OpenvcError) -> Refusal:
    """What openvc-core refused it for. Times and audiences were looked at before: what is left of claims is the binding."""
    if isinstance(error, UnsupportedAlgorithm):
        return Refusal.UNSUPPORTED_ALGORITHM
    if isinstance(error, ClaimsInvalid):
        return Refusal.UNBOUND
    # a key that does not fit the algorithm could not have made the signature
    forged = isinstance(error, SignatureInvalid) or type(error) is ProofError
    return Refusal.FORGED if forged else Refusal.MALFORMED
