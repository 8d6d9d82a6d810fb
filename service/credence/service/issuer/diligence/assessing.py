"""The assessment: which factors weigh what, and the tier, level, monitoring and validity that follow.

The rule fits a sentence. One factor that refuses, refuses; otherwise one that forces enhanced makes the tier enhanced;
otherwise the points are added up, and two thresholds tell low, standard and enhanced apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from credence.circuits.credential import EPOCH_DAYS, day_of
from credence.circuits.days import EPOCH
from credence.service.issuer.diligence.demands import Demands
from credence.service.issuer.diligence.factors import NOT_STATED, NOTHING, OLDER, REFUSES, STATED, UNKNOWN, Effect, Weighed
from credence.service.issuer.evidence import Assurance, Kind, VerifiedEvidence
from credence.service.settings import Mode

INTENSITIES: Final = ("light", "regular", "close")

NOTHING_WEIGHS: Final = "nothing-weighs"
"""The reason of who has no points."""


@dataclass(frozen=True, slots=True)
class Monitoring:
    """How closely a person is watched: one of ``INTENSITIES``, and the days until the case is looked at again."""

    intensity: str
    review_days: int


@dataclass(frozen=True, slots=True)
class Assessment:
    """What diligence says. Level, tier and monitoring are None where the applicant is refused.

    ``reasons`` are slugs, of what weighs alone; ``table`` is the version of the table. ``factors`` are all that were looked
    at, with what each did; ``points`` is their sum.
    """

    kyc_level: int | None
    risk_tier: str | None
    reasons: tuple[str, ...]
    table: str
    factors: tuple[Weighed, ...] = ()
    points: int = 0
    monitoring: Monitoring | None = None

    @property
    def refused(self) -> bool:
        """Whether nothing may be issued."""
        return self.risk_tier is None


@dataclass(frozen=True, slots=True)
class DiligenceTable:
    """A checked table. Bands are by country, and ``standard`` where a country is in none; ``weights`` by factor and value.

    ``evidence_ages`` are pairs of days and the effect up to there, rising; ``older`` and ``unknown`` are what comes after
    them and without a date. ``standard_from`` and ``enhanced_from`` are points. Validity is in days by tier, and ends with
    the document where ``within_document`` says so.
    """

    version: str
    minimum_age: int
    kyc_levels: Mapping[Assurance, int]
    residence: Mapping[str, str]
    nationality: Mapping[str, str]
    weights: Mapping[str, Mapping[str, Effect]]
    evidence_ages: tuple[tuple[int, Effect], ...]
    older: Effect
    unknown: Effect
    standard_from: int
    enhanced_from: int
    monitoring: Mapping[str, Monitoring]
    validity_days: Mapping[str, int]
    within_document: bool
    modes: Mapping[Mode, Demands]

    def assess(self, evidence: VerifiedEvidence, today: int) -> Assessment:
        """Level, tier, monitoring and reasons; ``today`` is the UTC day."""
        factors = tuple(self._weighed(evidence, today))
        forced = {weighed.effect.forces for weighed in factors}
        if "refused" in forced:
            refusals = tuple(weighed.slug for weighed in factors if weighed.effect == REFUSES)
            return Assessment(None, None, refusals, self.version, factors)
        points = sum(weighed.effect.points for weighed in factors)
        if "enhanced" in forced or points >= self.enhanced_from:
            tier = "enhanced"
        else:
            tier = "standard" if points >= self.standard_from else "low"
        return Assessment(
            kyc_level=self.kyc_levels[evidence.assurance],
            risk_tier=tier,
            reasons=tuple(weighed.slug for weighed in factors if weighed.effect.weighs) or (NOTHING_WEIGHS,),
            table=self.version,
            factors=factors,
            points=points,
            monitoring=self.monitoring[tier],
        )

    def expiry_epoch(self, risk_tier: str, today: int, document_until: date | None = None) -> int:
        """The epoch whose first day is the credential's last: its validity, or the document's where that ends sooner,
        rounded down. Not later than today's epoch where the document leaves no room for a credential.
        """
        ends = today + self.validity_days[risk_tier]
        if self.within_document and document_until is not None:
            ends = min(ends, (document_until - EPOCH).days)
        return ends // EPOCH_DAYS

    def counting_nationality(self, evidence: VerifiedEvidence) -> int:
        """Which nationality the credential has, by its place among all in alphabetical order: that of the worst band, and of
        several the first.
        """
        codes = sorted(evidence.nationalities)
        return codes.index(max(codes, key=lambda code: self._effect_of("nationality", code)))

    def _effect_of(self, factor: str, country: str) -> Effect:
        bands = self.residence if factor == "residence" else self.nationality
        return self.weights[factor][bands.get(country, "standard")]

    def _weighed(self, evidence: VerifiedEvidence, today: int) -> Iterator[Weighed]:
        worst = sorted(evidence.nationalities)[self.counting_nationality(evidence)]
        yield self._by_value("residence", self.residence.get(evidence.residence, "standard"))
        yield self._by_value("nationality", self.nationality.get(worst, "standard"))
        for factor in STATED:
            yield self._by_value(factor, getattr(evidence, factor.replace("-", "_")) or NOT_STATED)
        yield self._evidence_age(evidence.verified_at, today)
        yield self._by_value("assurance", evidence.assurance.value)
        yield self._by_value("kind", evidence.kind.name.lower())
        yield self._by_value("pep", "yes" if evidence.pep else "no")
        if evidence.kind is Kind.NATURAL:
            under = age_on(evidence.birth_date, today) < self.minimum_age
            yield Weighed("age", "under-age", REFUSES) if under else Weighed("age", "of-age", NOTHING)
        if self.within_document and evidence.document_until is not None:
            room = (evidence.document_until - EPOCH).days // EPOCH_DAYS > today // EPOCH_DAYS
            yield Weighed("document", "lasts", NOTHING) if room else Weighed("document", "ends-too-soon", REFUSES)

    def _by_value(self, factor: str, value: str) -> Weighed:
        return Weighed(factor, str(value), self.weights[factor][value])

    def _evidence_age(self, verified_at: int | None, today: int) -> Weighed:
        if verified_at is None:
            return Weighed("evidence-age", UNKNOWN, self.unknown)
        age = today - day_of(verified_at)
        for days, effect in self.evidence_ages:
            if age <= days:
                return Weighed("evidence-age", f"{days}-days", effect)
        return Weighed("evidence-age", OLDER, self.older)


def age_on(birth: date, today: int) -> int:
    """Completed years on the UTC day ``today``; who was born on 29 February has a birthday on 1 March otherwise."""
    day = EPOCH + timedelta(days=today)
    return day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))
