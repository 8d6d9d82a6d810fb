"""The attributes of a person's credential, from the facts and from what was decided about them."""

from __future__ import annotations

from dataclasses import dataclass

from credence.circuits.credential import EPOCH_DAYS, ladder_bits
from credence.circuits.days import EPOCH
from credence.circuits.policy import RISK_TIERS
from credence.service.issuer.evidence import VerifiedEvidence, country_codes


@dataclass(frozen=True, slots=True)
class Terms:
    """What the issuer decides: level, tier, which nationality counts (its place in alphabetical order), epochs of 28 days,
    the handles, the resets."""

    kyc_level: int
    risk_tier: str
    issued_epoch: int
    expiry_epoch: int
    revocation_handle: int
    subject_handle: int
    resets: int
    reset_day: int
    nationality_place: int = 0


def person_attributes(evidence: VerifiedEvidence, terms: Terms) -> dict[str, int]:
    """The issuer's attributes of ``credence/person/1``. A birth before 1970 is day 0 (docs/decisions/0003)."""
    countries = country_codes()
    return {
        "expires_on": terms.expiry_epoch * EPOCH_DAYS,
        "birth_date": max(0, (evidence.birth_date - EPOCH).days),
        "residence": countries[evidence.residence],
        "nationality": countries[sorted(evidence.nationalities)[terms.nationality_place]],
        "kind": int(evidence.kind),
        **ladder_bits("kyc_level", terms.kyc_level),
        **ladder_bits("risk_tier", len(RISK_TIERS) - 1 - RISK_TIERS.index(terms.risk_tier)),
        "accredited": int(evidence.accredited),
        "issued_epoch": terms.issued_epoch,
        "revocation_handle": terms.revocation_handle,
        "subject_handle": terms.subject_handle,
        "resets": terms.resets,
        "reset_day": terms.reset_day,
    }
