"""What of an applicant is screened: the name, the date of birth and the countries, for one call."""

from __future__ import annotations

from credence.service.issuer.evidence import Kind, VerifiedEvidence
from credence.service.screening.births import BirthSpan
from credence.service.screening.ranking import Subject


def subject_of(evidence: VerifiedEvidence) -> Subject:
    """The applicant as screening asks for them, with every nationality. A date of formation is no date of birth."""
    countries = tuple(sorted({*evidence.nationalities, evidence.residence}))
    if evidence.kind is Kind.NATURAL:
        return Subject(evidence.full_name, "individual", BirthSpan.of_day(evidence.birth_date), countries)
    return Subject(evidence.full_name, "entity", None, countries)
