"""Due diligence: from what a vendor vouches for to a kyc_level and a risk_tier, by one versioned table.

The table is a file, read strictly; a table that breaks one of the named invariants is refused at start. The tier is the
worst that any factor gives, and every factor is named in the reasons, so that a decision can be explained without the facts.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, NoReturn

from credence.circuits.credential import EPOCH_DAYS
from credence.circuits.errors import Malformed
from credence.circuits.fields import Fields
from credence.circuits.policy import RISK_TIERS
from credence.service.errors import Misconfigured
from credence.service.issuer.evidence import Assurance, Kind, VerifiedEvidence, is_country

SHIPPED: Final = Path(__file__).with_name("diligence.json")

MIN_VALIDITY: Final = 2 * EPOCH_DAYS
"""Days of the shortest validity. Expiry is rounded down to an epoch, so that anything shorter could end at once."""

MAX_VALIDITY: Final = 1826

FACTORS: Final = ("pep", "basic-assurance", "legal-person")

_EPOCH: Final = date(1970, 1, 1)
_REFUSED: Final = "refused"


class DiligenceError(Misconfigured):
    """A table that is refused; ``invariant`` names what it breaks."""

    def __init__(self, invariant: str, reason: str) -> None:
        super().__init__(f"the diligence table is refused ({invariant}): {reason}")
        self.invariant = invariant


@dataclass(frozen=True, slots=True)
class Assessment:
    """What diligence says: both None where the applicant is refused. ``reasons`` are slugs, ``table`` its version."""

    kyc_level: int | None
    risk_tier: str | None
    reasons: tuple[str, ...]
    table: str

    @property
    def refused(self) -> bool:
        """Whether nothing may be issued."""
        return self.risk_tier is None


@dataclass(frozen=True, slots=True)
class DiligenceTable:
    """A checked table. Bands are by country, and ``standard`` where a country is in none; validity is in days by tier."""

    version: str
    minimum_age: int
    kyc_levels: Mapping[Assurance, int]
    residence: Mapping[str, str]
    nationality: Mapping[str, str]
    factors: Mapping[str, str]
    validity_days: Mapping[str, int]

    def assess(self, evidence: VerifiedEvidence, today: int) -> Assessment:
        """Level, tier and reasons; ``today`` is the UTC day."""
        residence = self.residence.get(evidence.residence, "standard")
        nationality = self.nationality.get(evidence.nationality, "standard")
        bands = {f"residence-{residence}": residence, f"nationality-{nationality}": nationality}
        if evidence.pep:
            bands["pep"] = self.factors["pep"]
        if evidence.assurance is Assurance.BASIC:
            bands["basic-assurance"] = self.factors["basic-assurance"]
        if evidence.kind is not Kind.NATURAL:
            bands["legal-person"] = self.factors["legal-person"]
        elif age_on(evidence.birth_date, today) < self.minimum_age:
            bands["under-age"] = _REFUSED
        if _REFUSED in bands.values():
            refusals = tuple(reason for reason, band in bands.items() if band == _REFUSED)
            return Assessment(None, None, refusals, self.version)
        tier = max(bands.values(), key=RISK_TIERS.index)
        return Assessment(self.kyc_levels[evidence.assurance], tier, tuple(bands), self.version)

    def expiry_epoch(self, risk_tier: str, today: int) -> int:
        """The epoch whose first day is the credential's last: its validity, rounded down."""
        return (today + self.validity_days[risk_tier]) // EPOCH_DAYS


def age_on(birth: date, today: int) -> int:
    """Completed years on the UTC day ``today``; who was born on 29 February has a birthday on 1 March otherwise."""
    day = _EPOCH + timedelta(days=today)
    return day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))


def load_table(path: Path = SHIPPED) -> DiligenceTable:
    """The table in a JSON file. Raises :class:`DiligenceError`."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=_unique)
    except (OSError, ValueError, RecursionError) as error:
        raise DiligenceError("shape", "it cannot be read as JSON") from error
    return parse_table(document)


def parse_table(document: object) -> DiligenceTable:
    """The table in a JSON document. Raises :class:`DiligenceError`, naming the invariant that is broken."""
    try:
        fields = Fields(document, "table")
        fields.choice("type", "credence/diligence/1")
        table = DiligenceTable(
            version=fields.text("version", max_length=32),
            minimum_age=fields.integer("minimum_age", maximum=25),
            kyc_levels=_kyc_levels(fields.nested("kyc_level")),
            residence=_bands(fields.nested("residence"), "residence"),
            nationality=_bands(fields.nested("nationality"), "nationality"),
            factors=_factors(fields.nested("factors")),
            validity_days=_validity(fields.nested("validity_days")),
        )
        fields.done()
    except Malformed as error:
        raise DiligenceError("shape", error.reason) from error
    return table


def _kyc_levels(fields: Fields) -> Mapping[Assurance, int]:
    levels = {assurance: fields.integer(assurance.value, minimum=1, maximum=3) for assurance in Assurance}
    fields.done()
    if sorted(levels.values()) != list(levels.values()) or len(set(levels.values())) != len(levels):
        raise DiligenceError("kyc-levels-rise", "more assurance gives a higher kyc_level")
    return MappingProxyType(levels)


def _bands(fields: Fields, what: str) -> Mapping[str, str]:
    bands: dict[str, str] = {}
    for band in (_REFUSED, "enhanced", "low"):
        for country in fields.texts(band, maximum=300):
            if not is_country(country):
                raise DiligenceError("countries-exist", f"a country of {what} is not assigned in ISO 3166-1")
            if country in bands:
                raise DiligenceError("one-band", f"a country of {what} is in two bands")
            bands[country] = band
    fields.done()
    return MappingProxyType(bands)


def _factors(fields: Fields) -> Mapping[str, str]:
    factors = {factor: fields.choice(factor, *RISK_TIERS, _REFUSED) for factor in FACTORS}
    fields.done()
    if factors["pep"] not in ("enhanced", _REFUSED):
        raise DiligenceError("pep-is-enhanced", "a politically exposed person is never below enhanced")
    return MappingProxyType(factors)


def _validity(fields: Fields) -> Mapping[str, int]:
    days = {tier: fields.integer(tier, minimum=MIN_VALIDITY, maximum=MAX_VALIDITY) for tier in RISK_TIERS}
    fields.done()
    if sorted(days.values(), reverse=True) != list(days.values()):
        raise DiligenceError("validity-falls", "a riskier tier is never valid for longer")
    return MappingProxyType(days)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({name for name, _ in pairs}) != len(pairs):
        _refuse_repeat()
    return dict(pairs)


def _refuse_repeat() -> NoReturn:
    raise ValueError("a name stands twice")
