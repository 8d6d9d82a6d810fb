"""A passport or identity card with a chip (eMRTD, ICAO 9303), read by the desk: EF.SOD and data groups.

Bundle (:mod:`~credence.service.adapters.bundle`): ``type`` is ``credence/icao-emrtd/1``, ``sod`` is EF.SOD, ``data_groups``
has the files by number, both in base64url; ``stated`` is what the desk says. Data group 1, the machine-readable zone, is
needed; 11, 12, 14 and 15 are checked where they come; pictures, fingerprints and irises are not accepted.

The order of the checks: form; the signature of EF.SOD; its signer under a country's CSCA; the hashes of the data groups; the
zone and its check digits; that the signer's state is the document's; its expiry.

Passive authentication says that a state made this data, not that this chip is the one it was written to, nor that who holds
it is the person: a copy passes. That is why the assurance is ``basic``, whatever else is known (docs/evidence.md).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from asn1crypto import parser

from credence.circuits.encoding import b64u_decode
from credence.circuits.errors import Malformed
from credence.service.adapters.bundle import MAX_AGE, MAX_BUNDLE, Stated, end_of, read_bundle
from credence.service.adapters.country_signers import CountrySigners
from credence.service.adapters.mrz import read_mrz
from credence.service.adapters.security_object import read_security_object
from credence.service.issuer.evidence import (
    Assurance,
    Document,
    EvidenceRefused,
    Kind,
    Reference,
    Refusal,
    VerifiedEvidence,
)

BUNDLE: Final = "credence/icao-emrtd/1"
GROUPS: Final = frozenset({1, 11, 12, 14, 15})
"""The data groups that are read: the machine-readable zone, further words, and keys."""

_DG1: Final = (1, 1, 0x01)
_ZONE: Final = (1, 0, 0x1F)


@dataclass(frozen=True, slots=True)
class IcaoEmrtd:
    """Reads chips of the states whose CSCAs are trusted."""

    signers: CountrySigners

    @property
    def type(self) -> str:
        """Its name on the wire."""
        return "icao-emrtd"

    def verify(self, token: bytes, now: int, received_at: int | None = None) -> VerifiedEvidence:
        """The facts in a bundle. Raises as :meth:`EvidenceAdapter.verify`."""
        bundle = read_bundle(token, BUNDLE, "sod", "data_groups")
        stated, sod, groups = Stated.read(bundle["stated"]), _binary(bundle["sod"]), _groups(bundle["data_groups"])
        signed = read_security_object(sod)
        country = self.signers.country_of(signed.signer, now)
        for number, content in groups.items():
            signed.check(number, content)
        today = datetime.fromtimestamp(now, UTC).date()
        zone = read_mrz(_zone(groups[1]), today)
        if zone.state != country:
            raise EvidenceRefused(Refusal.UNTRUSTED)
        if zone.expires_on < today:
            raise EvidenceRefused(Refusal.STALE)
        ends = min(end_of(zone.expires_on), (now if received_at is None else received_at) + MAX_AGE)
        return VerifiedEvidence(
            given_name=zone.given_name,
            family_name=zone.family_name,
            birth_date=zone.birth_date,
            document=Document(zone.state, zone.document_type, zone.number),
            nationalities=(zone.nationality,),
            residence=stated.residence,
            kind=Kind.NATURAL,
            assurance=Assurance.BASIC,
            pep=stated.pep,
            accredited=stated.accredited,
            reference=Reference(self.type, hashlib.sha256(sod).hexdigest()),
            valid_until=ends,
            product=stated.product,
            channel=stated.channel,
            source_of_funds=stated.source_of_funds,
            record=stated.record,
            verified_at=None,  # neither the zone nor EF.SOD has to say when the document was made
            document_until=zone.expires_on,
            repeats=True,
        )


def _groups(value: object) -> Mapping[int, bytes]:
    """The files by number. Raises :class:`EvidenceRefused`, ``incomplete`` without the machine-readable zone."""
    if not isinstance(value, dict) or not value.keys() <= {str(number) for number in GROUPS}:
        raise EvidenceRefused(Refusal.MALFORMED)
    found = {int(number): _binary(content) for number, content in value.items()}
    if 1 not in found:
        raise EvidenceRefused(Refusal.INCOMPLETE)
    return found


def _binary(value: Any) -> bytes:
    try:
        return b64u_decode(value, max_length=MAX_BUNDLE)
    except Malformed as error:
        raise EvidenceRefused(Refusal.MALFORMED) from error


def _zone(group: bytes) -> str:
    """The machine-readable zone in data group 1."""
    try:
        outer = parser.parse(group, strict=True)
        inner = parser.parse(outer[4], strict=True)
        if outer[:3] != _DG1 or inner[:3] != _ZONE:
            raise EvidenceRefused(Refusal.MALFORMED)
        return str(inner[4].decode("ascii"))
    except ValueError as error:
        raise EvidenceRefused(Refusal.MALFORMED) from error
