"""A vendor's signed result: a compact JWS (RFC 7515) with an Ed25519 signature (RFC 9864), for this issuer alone.

Header: ``alg`` (``Ed25519``), ``kid``, ``typ`` (``credence-evidence+jwt``), and nothing else. Claims: ``iss`` (the vendor),
``aud`` (this issuer's id, one string), ``jti`` (the vendor's own reference), ``iat``, ``exp`` and optionally ``nbf`` (unix
seconds); ``kind`` (``natural``, ``legal``, ``institution``), ``given_name``, ``family_name``, ``birth_date`` (YYYY-MM-DD),
``document`` (``country``, ``type``, ``number``, optionally ``expires_on``, and
``authority`` where numbers are a region's), ``nationality`` (or ``nationalities``, a list),
``residence`` (alpha-2), ``assurance`` (``basic``, ``substantial``, ``high``), ``pep`` and ``accredited`` (booleans); and
optionally ``product``, ``channel``, ``source_of_funds``, ``record``. Other claims are left alone.

The order of the checks: size and characters; the three parts; the header; the vendor; the signature; the claims. Nothing of
the payload is read before the signature is verified.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from credence.circuits.encoding import b64u_decode
from credence.circuits.errors import Malformed
from credence.circuits.fields import Fields
from credence.service.adapters.bundle import STATED, Stated, day, end_of, json_object
from credence.service.issuer.evidence import (
    Assurance,
    Document,
    EvidenceRefused,
    Kind,
    Reference,
    Refusal,
    VerifiedEvidence,
)

ALGORITHM: Final = "Ed25519"
TOKEN_TYPE: Final = "credence-evidence+jwt"  # noqa: S105 - the JWS header's typ
MAX_TOKEN: Final = 8_192
"""Characters of the longest token that is read."""

MAX_AGE: Final = 30 * 86_400
"""Seconds after which a result is stale, whatever its vendor says."""

LEEWAY: Final = 60
"""Seconds by which the vendor's clock may be off."""

_HEADER: Final = frozenset({"alg", "kid", "typ"})
_KINDS: Final = {kind.name.lower(): kind for kind in Kind}


@dataclass(frozen=True, slots=True)
class VendorKey:
    """A vendor that is believed: its name, which is the ``iss`` of its results, and its Ed25519 key."""

    vendor: str
    key: OKPKey


class VendorJws:
    """Reads the results of known vendors. ``issuer_id`` is the one audience that is accepted.

    ``keys`` are raw Ed25519 public keys (32 bytes) by key id. A key id is the vendor's name, or the name, an underscore and
    anything, so that a vendor may have several: ``vendor.example``, ``vendor.example_2027``.
    """

    type: Final = "vendor-jws"

    def __init__(self, issuer_id: str, keys: Mapping[str, bytes]) -> None:
        self._issuer_id = issuer_id
        self._keys = {
            kid: VendorKey(kid.partition("_")[0], OKPKey.import_key(Ed25519PublicKey.from_public_bytes(raw)))
            for kid, raw in keys.items()
        }

    def verify(self, token: bytes, now: int, received_at: int | None = None) -> VerifiedEvidence:
        """The facts in a compact JWS; when it was handed in first is all the same. Raises :class:`EvidenceRefused`."""
        header_part, payload_part = _parts(token)
        header = json_object(header_part)
        _check_header(header)
        vendor = self._keys.get(header["kid"])
        if vendor is None:
            raise EvidenceRefused(Refusal.UNKNOWN_VENDOR)
        try:
            jws.deserialize_compact(token, vendor.key, algorithms=[ALGORITHM])
        except JoseError as error:
            raise EvidenceRefused(Refusal.FORGED) from error
        claims = json_object(payload_part)
        self._check_claims(claims, vendor.vendor, now)
        found = _facts(claims)
        if found.document_until is not None and end_of(found.document_until) <= now:
            raise EvidenceRefused(Refusal.STALE)
        return found

    def _check_claims(self, claims: dict[str, Any], vendor: str, now: int) -> None:
        if claims.get("iss") != vendor:
            raise EvidenceRefused(Refusal.UNKNOWN_VENDOR)
        # one string, equal: a list, a prefix or another spelling is another audience
        if claims.get("aud") != self._issuer_id:
            raise EvidenceRefused(Refusal.WRONG_AUDIENCE)
        times = {name: claims.get(name) for name in ("iat", "nbf", "exp") if name in claims}
        if not {"iat", "exp"} <= times.keys() or not all(_is_time(value) for value in times.values()):
            raise EvidenceRefused(Refusal.INCOMPLETE)
        if max(claims["iat"], claims.get("nbf", 0)) > now + LEEWAY:
            raise EvidenceRefused(Refusal.NOT_YET_VALID)
        if _ends(claims) <= now:
            raise EvidenceRefused(Refusal.STALE)


def _parts(token: bytes) -> tuple[bytes, bytes]:
    """Header and payload, decoded, of a token whose three parts are canonical base64url."""
    if len(token) > MAX_TOKEN or not token.isascii():
        raise EvidenceRefused(Refusal.MALFORMED)
    parts = token.decode("ascii").split(".")
    if len(parts) != 3:
        raise EvidenceRefused(Refusal.MALFORMED)
    try:
        header, payload, _signature = (b64u_decode(part, max_length=MAX_TOKEN) for part in parts)
    except Malformed as error:
        raise EvidenceRefused(Refusal.MALFORMED) from error
    return header, payload


def _check_header(header: dict[str, Any]) -> None:
    if header.get("alg") != ALGORITHM:
        raise EvidenceRefused(Refusal.UNSUPPORTED_ALGORITHM)
    if header.get("typ") != TOKEN_TYPE:
        raise EvidenceRefused(Refusal.WRONG_TYPE)
    # crit, b64, and every way to bring one's own key along
    if header.keys() != _HEADER or not isinstance(header["kid"], str):
        raise EvidenceRefused(Refusal.MALFORMED)


def _is_time(value: object) -> bool:
    return type(value) is int and 0 <= value < 1 << 40


def _ends(claims: Mapping[str, Any]) -> int:
    """When it is no longer accepted, in unix seconds."""
    ends: int = min(claims["exp"], claims["iat"] + MAX_AGE) + LEEWAY
    return ends


def _facts(claims: dict[str, Any]) -> VerifiedEvidence:
    """The facts; claims that say something else are left alone, as RFC 7519 has it."""
    try:
        fields = Fields(claims, "result")
        document = fields.nested("document")
        stated = Stated.read({name: claims[name] for name in STATED if name in claims})
        return VerifiedEvidence(
            given_name=fields.text("given_name", empty_ok=True) if fields.has("given_name") else "",
            family_name=fields.text("family_name", empty_ok=True) if fields.has("family_name") else "",
            birth_date=day(fields.text("birth_date")),
            document=_document(document),
            nationalities=_nationalities(fields),
            residence=stated.residence,
            kind=_KINDS[fields.choice("kind", *_KINDS)],
            assurance=Assurance(fields.choice("assurance", *Assurance)),
            pep=stated.pep,
            accredited=stated.accredited,
            reference=Reference(fields.text("iss"), fields.text("jti")),
            valid_until=_ends(claims),
            product=stated.product,
            channel=stated.channel,
            source_of_funds=stated.source_of_funds,
            record=stated.record,
            verified_at=claims["iat"],
            document_until=day(document.text("expires_on")) if document.has("expires_on") else None,
        )
    except Malformed as error:
        raise EvidenceRefused(Refusal.INCOMPLETE) from error


def _document(fields: Fields) -> Document:
    by = fields.text("authority") if fields.has("authority") else None
    return Document(fields.text("country"), fields.text("type"), fields.text("number"), by)


def _nationalities(fields: Fields) -> tuple[str, ...]:
    """One, or a list of several, and not both."""
    if fields.has("nationality") == fields.has("nationalities"):
        raise EvidenceRefused(Refusal.INCOMPLETE)
    return (fields.text("nationality"),) if fields.has("nationality") else fields.texts("nationalities")
