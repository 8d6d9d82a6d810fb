"""A tariff: one versioned file, parsed strictly, checked against every invariant, known by its digest.

The file is JSON in which every number is a decimal string. A missing key, an unknown key, a repeated key or a bare number
is refused; so is any table that breaks an invariant (``invariants.py``, listed in docs/terms.md). Nothing is filled in.
"""

from __future__ import annotations

import hashlib
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

import rfc8785

from credence.circuits.policy.terms import LEAST_ALPHA, MAX_TANGENT
from credence.service.verifier.tariff import door, invariants
from credence.service.verifier.tariff.amounts import ONE
from credence.service.verifier.tariff.margin import Bracket, MarginSchedule, OpenInterestCap
from credence.service.verifier.tariff.tables import (
    KYC_LEVELS,
    RISK_TIERS,
    STANDING_TIERS,
    Fallback,
    InstrumentClass,
    KycLevel,
    MakerShareRebates,
    PosteriorTable,
    RebateStep,
    RiskTier,
    StandingTier,
    TangentPair,
    Tariff,
    VolumeTier,
)

_MAX_FEE_PPM: Final = 100_000
_MAX_CLASS: Final = 99
_MAX_FACTOR: Final = Decimal(10)
_SECTIONS: Final = (
    "tariff",
    "version",
    "currency",
    "volume_tiers",
    "maker_share_rebates",
    "standing_tiers",
    "risk_tiers",
    "kyc_levels",
    "im_factor_range",
    "relief",
    "priority_classes",
    "instrument_classes",
    "fallback",
)


_POSTERIOR: Final = "posterior"
"""A section that a tariff need not have: those of before do not."""


def parse_tariff(data: bytes) -> Tariff:
    """Parse, validate and return one tariff.

    Raises TariffError, whose ``invariant`` is ``shape`` (keys, types or names are not these), ``number`` (not a decimal
    string, or out of its range) or the name of the first broken invariant of ``invariants.INVARIANTS``.
    """
    tariff = _tariff(door.decode(data))
    invariants.check(tariff)
    return tariff


def _tariff(document: dict[str, Any]) -> Tariff:
    root = door.fields(document, "the document", (*_SECTIONS, *([_POSTERIOR] if _POSTERIOR in document else [])))
    im_range = door.fields(root["im_factor_range"], "im_factor_range", ("min", "max"))
    relief = door.fields(root["relief"], "relief", ("open_interest_share",))
    priority = door.fields(root["priority_classes"], "priority_classes", ("base", "institution_accredited"))
    standing = door.fields(root["standing_tiers"], "standing_tiers", STANDING_TIERS)
    risk = door.fields(root["risk_tiers"], "risk_tiers", RISK_TIERS)
    kyc = door.fields(root["kyc_levels"], "kyc_levels", [str(level) for level in KYC_LEVELS])
    volume_tiers = _volume_tiers(root["volume_tiers"])
    classes = tuple(_instrument_class(row) for row in door.rows(root["instrument_classes"], "instrument_classes"))
    if len({row.name for row in classes}) != len(classes):
        door.refuse("instrument_classes", "repeats no name")
    canonical = rfc8785.dumps(document)
    return Tariff(
        name=door.slug(root["tariff"], "tariff"),
        version=door.integer(root["version"], "version", 1, 999_999_999),
        currency=door.one_of(root["currency"], "currency", ("USD",)),
        volume_tiers=volume_tiers,
        rebates=_rebates(root["maker_share_rebates"], [row.name for row in volume_tiers]),
        standing_tiers=MappingProxyType({name: _standing_tier(standing[name], name) for name in STANDING_TIERS}),
        risk_tiers=MappingProxyType({name: _risk_tier(risk[name], name) for name in RISK_TIERS}),
        kyc_levels=MappingProxyType({level: _kyc_level(kyc[str(level)], f"kyc_level {level}") for level in KYC_LEVELS}),
        im_factor_min=_factor(im_range["min"], "im_factor_range.min"),
        im_factor_max=_factor(im_range["max"], "im_factor_range.max"),
        relief_open_interest_share=door.positive(relief["open_interest_share"], "relief.open_interest_share", ONE),
        priority_class=door.integer(priority["base"], "priority_classes.base", 0, _MAX_CLASS),
        priority_class_institution=door.integer(priority["institution_accredited"], "priority_classes", 0, _MAX_CLASS),
        instrument_classes=classes,
        fallback=_fallback(root["fallback"], [row.name for row in classes]),
        posterior=_posterior(root[_POSTERIOR]) if _POSTERIOR in root else None,
        digest=hashlib.sha256(canonical).hexdigest(),
        canonical=canonical,
    )


def _factor(value: Any, where: str) -> Decimal:
    return door.positive(value, where, _MAX_FACTOR)


def _fee(value: Any, where: str) -> int:
    return door.integer(value, where, -_MAX_FEE_PPM, _MAX_FEE_PPM)


def _volume_tiers(value: Any) -> tuple[VolumeTier, ...]:
    found = []
    for index, item in enumerate(door.rows(value, "volume_tiers")):
        row = door.fields(item, "a volume tier", ("tier", "from_usd", "maker_ppm", "taker_ppm"))
        name = door.one_of(row["tier"], "the name of the next volume tier", (f"V{index}",))
        threshold = door.amount(row["from_usd"], f"{name}.from_usd")
        found.append(VolumeTier(name, threshold, _fee(row["maker_ppm"], name), _fee(row["taker_ppm"], name)))
    return tuple(found)


def _rebates(value: Any, volume_tiers: list[str]) -> MakerShareRebates:
    row = door.fields(value, "maker_share_rebates", ("standing_tier_from", "volume_tier_from", "steps"))
    steps = []
    for item in door.rows(row["steps"], "maker_share_rebates.steps"):
        step = door.fields(item, "a rebate step", ("share_from", "maker_ppm"))
        share = door.positive(step["share_from"], "share_from", ONE)
        steps.append(RebateStep(share, door.integer(step["maker_ppm"], "a rebate", -_MAX_FEE_PPM, 0)))
    return MakerShareRebates(
        standing_from=door.one_of(row["standing_tier_from"], "standing_tier_from", STANDING_TIERS),
        volume_from=door.one_of(row["volume_tier_from"], "volume_tier_from", volume_tiers),
        steps=tuple(steps),
    )


def _standing_tier(value: Any, where: str) -> StandingTier:
    row = door.fields(value, where, ("im_factor", "mm_factor", "taker_factor", "reduce_only"))
    return StandingTier(
        im_factor=None if row["im_factor"] is None else _factor(row["im_factor"], f"{where}.im_factor"),
        mm_factor=_factor(row["mm_factor"], f"{where}.mm_factor"),
        taker_factor=_factor(row["taker_factor"], f"{where}.taker_factor"),
        reduce_only=door.flag(row["reduce_only"], f"{where}.reduce_only"),
    )


def _risk_tier(value: Any, where: str) -> RiskTier:
    row = door.fields(value, where, ("im_factor", "taker_factor", "notional_cap_factor", "monitoring_class"))
    return RiskTier(
        im_factor=_factor(row["im_factor"], f"{where}.im_factor"),
        taker_factor=_factor(row["taker_factor"], f"{where}.taker_factor"),
        cap_factor=door.positive(row["notional_cap_factor"], f"{where}.notional_cap_factor", ONE),
        monitoring_class=door.integer(row["monitoring_class"], f"{where}.monitoring_class", 0, _MAX_CLASS),
    )


def _kyc_level(value: Any, where: str) -> KycLevel:
    keys = ("standing_floor", "standing_ceiling", "risk_tier_unproven", "notional_cap_usd", "leverage_cap")
    row = door.fields(value, where, keys)
    notional, leverage = row["notional_cap_usd"], row["leverage_cap"]
    return KycLevel(
        standing_floor=door.one_of(row["standing_floor"], f"{where}.standing_floor", STANDING_TIERS),
        standing_ceiling=door.one_of(row["standing_ceiling"], f"{where}.standing_ceiling", STANDING_TIERS),
        risk_tier_unproven=door.one_of(row["risk_tier_unproven"], f"{where}.risk_tier_unproven", RISK_TIERS),
        notional_cap_usd=None if notional is None else door.positive(notional, f"{where}.notional_cap_usd"),
        leverage_cap=None if leverage is None else _leverage_cap(leverage, f"{where}.leverage_cap"),
    )


def _leverage_cap(value: Any, where: str) -> Decimal:
    # Below 1 a position would be asked more than itself, against IM <= 100 %.
    cap = door.positive(value, where)
    if cap < ONE:
        door.refuse(where, "is at least 1", "number")
    return cap


def _instrument_class(value: Any) -> InstrumentClass:
    row = door.fields(value, "an instrument class", ("name", "stress_move", "open_interest_cap", "brackets"))
    name = door.slug(row["name"], "the name of an instrument class")
    cap = row["open_interest_cap"]
    return InstrumentClass(
        name=name,
        schedule=MarginSchedule(tuple(_bracket(item, name) for item in door.rows(row["brackets"], f"{name}.brackets"))),
        open_interest_cap=None if cap is None else _open_interest_cap(cap, f"{name}.open_interest_cap"),
        stress_move=door.positive(row["stress_move"], f"{name}.stress_move", ONE),
    )


def _bracket(value: Any, where: str) -> Bracket:
    row = door.fields(value, f"a bracket of {where}", ("from_usd", "to_usd", "im", "mm"))
    return Bracket(
        from_usd=door.amount(row["from_usd"], f"{where}.from_usd"),
        to_usd=None if row["to_usd"] is None else door.amount(row["to_usd"], f"{where}.to_usd"),
        im=_factor(row["im"], f"{where}.im"),
        mm=_factor(row["mm"], f"{where}.mm"),
    )


def _open_interest_cap(value: Any, where: str) -> OpenInterestCap:
    row = door.fields(value, where, ("lower_usd", "upper_usd"))
    return OpenInterestCap(door.amount(row["lower_usd"], where), door.positive(row["upper_usd"], where))


def _fallback(value: Any, classes: list[str]) -> Fallback:
    row = door.fields(value, "fallback", ("standing_tier", "risk_tier", "kyc_level", "instrument_class"))
    return Fallback(
        standing_tier=door.one_of(row["standing_tier"], "fallback.standing_tier", STANDING_TIERS),
        risk_tier=door.one_of(row["risk_tier"], "fallback.risk_tier", RISK_TIERS),
        kyc_level=door.integer(row["kyc_level"], "fallback.kyc_level", KYC_LEVELS[0], KYC_LEVELS[-1]),
        instrument_class=door.one_of(row["instrument_class"], "fallback.instrument_class", classes),
    )


def _posterior(value: Any) -> PosteriorTable:
    row = door.fields(value, _POSTERIOR, ("prior", "hazard", "most_events", "tangents"))
    return PosteriorTable(
        prior=door.positive(row["prior"], "posterior.prior"),
        hazard=door.positive(row["hazard"], "posterior.hazard", ONE),
        most_events=door.integer(row["most_events"], "posterior.most_events", 1, 1_000),
        rows=tuple(_tangents(item) for item in door.rows(row["tangents"], "posterior.tangents")),
    )


def _tangents(value: Any) -> TangentPair:
    row = door.fields(value, "a score's tangents", ("score", "loss", "lines"))
    score = door.integer(row["score"], "the score of tangents", 301, 850)
    lines = door.rows(row["lines"], f"the tangents of {score}")
    if len(lines) != 2:
        door.refuse(f"the tangents of {score}", "are two")
    first, second = (_line(item, f"a tangent of {score}") for item in lines)
    return TangentPair(score, (first, second), door.amount(row["loss"], f"the loss of {score}"))


def _line(value: Any, where: str) -> tuple[int, int]:
    row = door.fields(value, where, ("alpha_milli", "beta_milli"))
    alpha = door.integer(row["alpha_milli"], where, LEAST_ALPHA, MAX_TANGENT)
    return alpha, door.integer(row["beta_milli"], where, 1, MAX_TANGENT)
