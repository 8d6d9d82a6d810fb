"""Reading a table, strictly. Every value of every factor has to be there; what is unknown is refused."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Final

from credence.circuits.errors import Malformed
from credence.circuits.fields import Fields, unrepeated
from credence.circuits.policy import RISK_TIERS
from credence.service.issuer.diligence.assessing import INTENSITIES, DiligenceTable, Monitoring
from credence.service.issuer.diligence.demands import Demands
from credence.service.issuer.diligence.factors import MAX_POINTS, OLDER, STATED, UNKNOWN, VALUES, Effect
from credence.service.issuer.diligence.invariants import MAX_VALIDITY, MIN_VALIDITY, DiligenceError, check
from credence.service.issuer.evidence import Assurance, is_country
from credence.service.settings import Mode

SHIPPED: Final = Path(__file__).with_name("table.json")

TYPE: Final = "credence/diligence/2"

_MAX_DAYS: Final = 36_525
_NAMED_BANDS: Final = ("refused", "enhanced", "low")


def load_table(path: Path = SHIPPED) -> DiligenceTable:
    """The table in a JSON file. Raises :class:`DiligenceError`."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=unrepeated)
    except (OSError, ValueError, RecursionError) as error:
        raise DiligenceError("shape", "it cannot be read as JSON") from error
    return parse_table(document)


def parse_table(document: object) -> DiligenceTable:
    """The table in a JSON document. Raises :class:`DiligenceError`, naming the invariant that is broken."""
    try:
        table = _table(Fields(document, "table"))
    except Malformed as error:
        raise DiligenceError("shape", error.reason) from error
    check(table)
    return table


def _table(fields: Fields) -> DiligenceTable:
    fields.choice("type", TYPE)
    ages, points = fields.nested("evidence_age"), fields.nested("points")
    table = DiligenceTable(
        version=fields.text("version", max_length=32),
        minimum_age=fields.integer("minimum_age", maximum=25),
        kyc_levels=_kyc_levels(fields.nested("kyc_level")),
        residence=_bands(fields.nested("residence"), "residence"),
        nationality=_bands(fields.nested("nationality"), "nationality"),
        weights=_weights(fields.nested("weights")),
        evidence_ages=ages.items("up_to_days", _age, minimum=1, maximum=8),
        older=_effect(ages, OLDER),
        unknown=_effect(ages, UNKNOWN),
        standard_from=points.integer("standard_from", minimum=1, maximum=MAX_POINTS),
        enhanced_from=points.integer("enhanced_from", minimum=1, maximum=MAX_POINTS),
        monitoring=_monitoring(fields.nested("monitoring")),
        validity_days=_validity(fields.nested("validity_days")),
        within_document=fields.choice("ends_with", "tier", "document") == "document",
        modes=_modes(fields.nested("modes")),
    )
    for inner in (ages, points, fields):
        inner.done()
    return table


def _kyc_levels(fields: Fields) -> Mapping[Assurance, int]:
    levels = {assurance: fields.integer(assurance.value, minimum=1, maximum=3) for assurance in Assurance}
    fields.done()
    return MappingProxyType(levels)


def _bands(fields: Fields, what: str) -> Mapping[str, str]:
    bands: dict[str, str] = {}
    for band in _NAMED_BANDS:
        for country in fields.texts(band, maximum=300):
            if not is_country(country):
                raise DiligenceError("countries-exist", f"a country of {what} is not assigned in ISO 3166-1")
            if country in bands:
                raise DiligenceError("one-band", f"a country of {what} is in two bands")
            bands[country] = band
    fields.done()
    return MappingProxyType(bands)


def _weights(fields: Fields) -> Mapping[str, Mapping[str, Effect]]:
    weights: dict[str, Mapping[str, Effect]] = {}
    for factor, values in VALUES.items():
        inner = fields.nested(factor)
        weights[factor] = MappingProxyType({value: _effect(inner, value) for value in values})
        inner.done()
    fields.done()
    return MappingProxyType(weights)


def _effect(fields: Fields, name: str) -> Effect:
    try:
        return Effect.parse(fields.text(name, max_length=8))
    except ValueError as error:
        raise Malformed(f"{name} is no number of points from 0 to {MAX_POINTS}, enhanced or refused") from error


def _age(value: object) -> tuple[int, Effect]:
    fields = Fields(value, "evidence_age")
    found = fields.integer("days", maximum=_MAX_DAYS), _effect(fields, "weight")
    fields.done()
    return found


def _monitoring(fields: Fields) -> Mapping[str, Monitoring]:
    found: dict[str, Monitoring] = {}
    for tier in RISK_TIERS:
        inner = fields.nested(tier)
        intensity = inner.choice("intensity", *INTENSITIES)
        found[tier] = Monitoring(intensity, inner.integer("review_days", minimum=1, maximum=MAX_VALIDITY))
        inner.done()
    fields.done()
    return MappingProxyType(found)


def _validity(fields: Fields) -> Mapping[str, int]:
    days = {tier: fields.integer(tier, minimum=MIN_VALIDITY, maximum=MAX_VALIDITY) for tier in RISK_TIERS}
    fields.done()
    return MappingProxyType(days)


def _modes(fields: Fields) -> Mapping[Mode, Demands]:
    found = {mode: _demands(fields.nested(mode.value)) for mode in Mode}
    fields.done()
    return MappingProxyType(found)


def _demands(fields: Fields) -> Demands:
    demands = Demands(
        minimum_assurance=Assurance(fields.choice("minimum_assurance", *Assurance)),
        stated=_among(fields.texts("stated", maximum=len(STATED)), STATED),
        record_years=fields.integer("record_years", maximum=100),
    )
    fields.done()
    return demands


def _among(values: Sequence[str], known: Mapping[str, object]) -> tuple[str, ...]:
    if not set(values) <= set(known):
        raise Malformed("stated names a factor that the desk does not state")
    return tuple(values)
