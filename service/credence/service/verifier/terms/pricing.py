"""Terms: what one pseudonym gets from a tariff, and every reason for it.

``terms_for`` is a pure function of a tariff and facts. The order of the factors is the order of the reasons; docs/terms.md
tells it. The result is a frozen value whose JSON has strings, flags and nulls only.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, localcontext

from credence.service.verifier.tariff.amounts import EXACT, MAX_AMOUNT, ONE, ZERO
from credence.service.verifier.tariff.tables import STANDING_TIERS, Factors, KycLevel, Tariff, exact_fee, round_fee
from credence.service.verifier.terms.answer import ClassTerms, Fees, Reason, Terms, reason
from credence.service.verifier.terms.facts import INSTITUTION, Facts, FactsError
from credence.service.verifier.terms.phasing import Ramp

_NONE = "none"
_UNKNOWN = "unknown"
_UNMEASURED = "unmeasured"
_REDUCE_ONLY = "reduce_only_tier"
_MAX_TIME = 2**53 - 1


def terms_for(tariff: Tariff, facts: Facts, *, expires_at: int) -> Terms:
    """The terms of these facts under this tariff, until ``expires_at`` (unix seconds, decided by the caller).

    Raises FactsError if ``expires_at`` is not a positive time; a tariff and facts that exist are good.
    """
    if type(expires_at) is not int or not 0 < expires_at <= _MAX_TIME:
        raise FactsError("expires_at")
    reasons: list[Reason] = []
    level = _kyc_level(tariff, facts, reasons)
    kyc = tariff.kyc_levels[level]
    shown = combined(facts.standing_tier, facts.own_standing, facts.own_ceiling)
    _explain_own(facts, shown, reasons)
    standing_tier, risk_tier = _standing_tier(tariff, shown, kyc), _risk_tier(tariff, facts, kyc)
    standing, risk = tariff.standing_tiers[standing_tier], tariff.risk_tiers[risk_tier]

    blockers = _relief_blockers(tariff, facts, standing_tier)
    reasons += blockers or _relief_limits(tariff, facts)
    factors = tariff.factors(standing_tier, risk_tier, relief=not blockers)
    _explain_factors(tariff, facts, shown, standing_tier, risk_tier, factors, reasons)
    ramps = _ramps(tariff, facts, kyc, risk_tier, [item.factor for item in blockers], reasons)

    notional_cap = _notional_cap(kyc, risk.cap_factor, reasons)
    _explain_exposure(facts, notional_cap, reasons)
    over_cap = _over_cap(facts, notional_cap, reasons)
    reduce_only = standing.reduce_only or over_cap
    margin = _margin(tariff, factors, kyc.leverage_cap, reduce_only, reasons)
    return Terms(
        tariff=tariff.name,
        tariff_version=tariff.version,
        tariff_digest=tariff.digest,
        currency=tariff.currency,
        kyc_level=level,
        risk_tier=risk_tier,
        standing_tier=standing_tier,
        fees=_fees(tariff, facts, standing_tier, factors, reasons),
        margin=margin,
        fallback_class=tariff.fallback.instrument_class,
        max_leverage=max(row.max_leverage for row in margin),
        leverage_cap=kyc.leverage_cap,
        notional_cap_usd=notional_cap,
        reduce_only=reduce_only,
        relief=not blockers,
        relief_open_interest_share=tariff.relief_open_interest_share,
        priority_class=_priority_class(tariff, facts, reasons),
        monitoring_class=risk.monitoring_class,
        expires_at=expires_at,
        reasons=tuple(reasons),
        im_factor=factors.im,
        mm_factor=factors.mm,
        ramps=ramps,
    )


def combined(proven: str | None, own: str | None, ceiling: str | None) -> str | None:
    """The standing tier of what a credential proves of conduct anywhere and what the venue's own reports come to.

    The worst own tier always counts: no credential lifts a flag, or a score below the last line. Otherwise the better of the
    two does, because little was seen here of whoever is new here; but what was proven counts up to ``ceiling`` only, the
    best tier that what happened here does not contradict. None for neither. A name that is no tier is passed on, to be
    priced as unknown.
    """
    given = [tier for tier in (proven, own, ceiling) if tier is not None]
    if own is None or proven is None or not set(given) <= set(STANDING_TIERS):
        unknown = [tier for tier in (own, proven) if tier is not None and tier not in STANDING_TIERS]
        return next(iter([*unknown, *(tier for tier in (own, proven) if tier is not None)]), None)
    if own == STANDING_TIERS[0]:
        return own
    rank = STANDING_TIERS.index
    counted = proven if ceiling is None else STANDING_TIERS[min(rank(proven), rank(ceiling))]
    return max(own, counted, key=rank)


def _explain_own(facts: Facts, shown: str | None, reasons: list[Reason]) -> None:
    if facts.own_standing is None:
        return
    known = facts.own_standing in STANDING_TIERS
    effect = [("proven", facts.standing_tier or _NONE), ("counts", shown or _NONE)]
    if facts.standing_tier is not None and facts.own_ceiling is not None:
        effect.insert(1, ("proven_counts_up_to", facts.own_ceiling))
    tiers = {*STANDING_TIERS, _NONE}
    effect = [(name, value if value in tiers else _UNKNOWN) for name, value in effect]
    reasons.append(reason("own_standing", _shown(facts.own_standing, known), *effect))


def _ramps(
    tariff: Tariff, facts: Facts, kyc: KycLevel, risk_tier: str, blockers: Sequence[str], reasons: list[Reason]
) -> tuple[Ramp, ...]:
    """The raises that change what this person is asked: a fall that the proven tier makes up for changes nothing.

    A fall is of what counted: the proven tier up to the ceiling as it was before, and as it was after.
    """
    other = [name for name in blockers if name != _REDUCE_ONLY]
    found = []
    for each in facts.raises:
        before, after, notice_at, ends_at = each[:4]
        ceilings = (each[4], each[5]) if len(each) == 6 else (facts.own_ceiling, facts.own_ceiling)
        places = zip((before, after), ceilings, strict=True)
        tiers = [_standing_tier(tariff, combined(facts.standing_tier, own, most), kyc) for own, most in places]
        old, new = (
            tariff.factors(tier, risk_tier, relief=not other and not tariff.standing_tiers[tier].reduce_only)
            for tier in tiers
        )
        if new.im > old.im or new.mm > old.mm:
            ramp = Ramp(tiers[0], tiers[1], notice_at, ends_at, old.im, new.im, old.mm, new.mm)
            found.append(ramp)
            reasons.append(
                reason(
                    "phased_raise",
                    f"{ramp.from_tier} to {ramp.to_tier}",
                    ("from", str(notice_at)),
                    ("to", str(ends_at)),
                    ("im_factor_before", old.im),
                    ("im_factor_after", new.im),
                    ("mm_factor_before", old.mm),
                    ("mm_factor_after", new.mm),
                )
            )
    return tuple(found)


def _kyc_level(tariff: Tariff, facts: Facts, reasons: list[Reason]) -> int:
    given = facts.kyc_level
    known = given in tariff.kyc_levels
    level = given if known and given is not None else tariff.fallback.kyc_level
    row = tariff.kyc_levels[level]
    reasons.append(
        reason(
            "kyc_level",
            _shown(given, known),
            ("kyc_level", str(level)),
            ("standing_floor", row.standing_floor),
            ("standing_ceiling", row.standing_ceiling),
            ("notional_cap_usd", _NONE if row.notional_cap_usd is None else row.notional_cap_usd),
            ("leverage_cap", _NONE if row.leverage_cap is None else row.leverage_cap),
        )
    )
    return level


def _shown(given: object, known: bool) -> str:
    """How a reason names its input; an unknown value is not repeated."""
    if given is None:
        return _NONE
    return str(given) if known else _UNKNOWN


def _standing_tier(tariff: Tariff, given: str | None, kyc: KycLevel) -> str:
    if given is None:
        return kyc.standing_floor
    if given not in STANDING_TIERS:
        return tariff.fallback.standing_tier
    if tariff.standing_tiers[given].reduce_only:
        # A floor lifts those without conduct; it does not forgive.
        return given
    rank = STANDING_TIERS.index
    return STANDING_TIERS[min(rank(kyc.standing_ceiling), max(rank(kyc.standing_floor), rank(given)))]


def _risk_tier(tariff: Tariff, facts: Facts, kyc: KycLevel) -> str:
    if facts.risk_tier is None:
        return kyc.risk_tier_unproven
    return facts.risk_tier if facts.risk_tier in tariff.risk_tiers else tariff.fallback.risk_tier


def _relief_blockers(tariff: Tariff, facts: Facts, standing_tier: str) -> list[Reason]:
    """Why no factor below 1 may count. What is not measured blocks as soon as there are positions."""
    found: list[tuple[str, str | Decimal]] = []
    held = any(notional > 0 for _, notional in facts.positions)
    if tariff.standing_tiers[standing_tier].reduce_only:
        found.append((_REDUCE_ONLY, standing_tier))
    if facts.stress_regime:
        found.append(("stress_regime", "true"))
    share = facts.open_interest_share
    if share is None and held:
        found.append(("open_interest_share", _UNMEASURED))
    elif share is not None and share > tariff.relief_open_interest_share:
        found.append(("open_interest_share", share))
    shortfall = max(expected_shortfall(tariff, facts.positions), facts.expected_shortfall_usd or ZERO)
    if shortfall > 0 and facts.insurance_share_usd is None:
        found.append(("insurance_share", _UNMEASURED))
    elif facts.insurance_share_usd is not None and shortfall > facts.insurance_share_usd:
        found.append(("expected_shortfall", shortfall))
    return [reason(name, value, ("relief", "off")) for name, value in found]


def _relief_limits(tariff: Tariff, facts: Facts) -> list[Reason]:
    """That relief stands, where the venue stated what could end it: each figure beside its limit."""
    effect: list[tuple[str, str | Decimal]] = []
    if facts.open_interest_share is not None:
        effect += [("open_interest_share", facts.open_interest_share), ("at_most", tariff.relief_open_interest_share)]
    shortfall = max(expected_shortfall(tariff, facts.positions), facts.expected_shortfall_usd or ZERO)
    if facts.insurance_share_usd is not None:
        effect += [("expected_shortfall_usd", shortfall), ("insurance_share_usd", facts.insurance_share_usd)]
    return [reason("relief_limits", "within", *effect)] if effect else []


def _explain_exposure(facts: Facts, cap: Decimal | None, reasons: list[Reason]) -> None:
    """What the person holds over its accounts, and the room that is left."""
    if not facts.positions:
        return
    with localcontext(EXACT):
        held = sum((notional for _, notional in facts.positions), ZERO)
        room = _NONE if cap is None else max(ZERO, cap - held)
    reasons.append(reason("exposure", held, ("accounts", str(facts.accounts)), ("room_usd", room)))


def expected_shortfall(tariff: Tariff, positions: Sequence[tuple[str, Decimal]]) -> Decimal:
    """What the positions could lose beyond their initial margin if every class moved by its stress move, in USD.

    The margin is the least that any relief leaves, whoever holds the positions: measured with a person's own factors, a
    better standing tier would post less, lose its relief first, and so pay more than a worse one. Classes are summed
    without offsets, because gross notionals do not say which side they are on.
    """
    by_class: dict[str, Decimal] = {}
    total = ZERO
    with localcontext(EXACT):
        for name, notional in positions:
            known = tariff.instrument_class(name).name
            by_class[known] = by_class.get(known, ZERO) + notional
        for name, notional in by_class.items():
            row = tariff.instrument_class(name)
            margin = row.schedule.scaled(tariff.im_factor_min, ONE).im(min(notional, MAX_AMOUNT))
            total += max(ZERO, row.stress_move * notional - margin)
    return total


def _explain_factors(
    tariff: Tariff,
    facts: Facts,
    shown: str | None,
    standing_tier: str,
    risk_tier: str,
    factors: Factors,
    reasons: list[Reason],
) -> None:
    standing, risk = tariff.standing_tiers[standing_tier], tariff.risk_tiers[risk_tier]
    reasons.append(
        reason(
            "standing_tier",
            _shown(shown, shown in STANDING_TIERS),
            ("standing_tier", standing_tier),
            ("im_factor", factors.standing_im),
            *_withheld("im_factor", tariff.table_im_factor(standing_tier), factors.standing_im),
            ("mm_factor", factors.mm),
            ("taker_factor", factors.standing_taker),
            *_withheld("taker_factor", standing.taker_factor, factors.standing_taker),
            *((("reduce_only", "true"),) if standing.reduce_only else ()),
        )
    )
    reasons.append(
        reason(
            "risk_tier",
            _shown(facts.risk_tier, facts.risk_tier in tariff.risk_tiers),
            ("risk_tier", risk_tier),
            ("im_factor", factors.risk_im),
            *_withheld("im_factor", risk.im_factor, factors.risk_im),
            ("taker_factor", factors.risk_taker),
            *_withheld("taker_factor", risk.taker_factor, factors.risk_taker),
            ("notional_cap_factor", risk.cap_factor),
            ("monitoring_class", str(risk.monitoring_class)),
        )
    )
    if factors.im != factors.im_product:
        reasons.append(reason("im_factor_range", factors.im_product, ("combined_im_factor", factors.im)))


def _withheld(name: str, table: Decimal, counted: Decimal) -> tuple[tuple[str, Decimal], ...]:
    return () if table == counted else ((f"{name}_withheld", table),)


def _notional_cap(kyc: KycLevel, factor: Decimal, reasons: list[Reason]) -> Decimal | None:
    if kyc.notional_cap_usd is None:
        return None
    with localcontext(EXACT):
        cap = kyc.notional_cap_usd * factor
    if factor != ONE:
        reasons.append(reason("notional_cap", kyc.notional_cap_usd, ("notional_cap_usd", cap)))
    return cap


def _over_cap(facts: Facts, cap: Decimal | None, reasons: list[Reason]) -> bool:
    with localcontext(EXACT):
        held = sum((notional for _, notional in facts.positions), ZERO)
    if cap is None or held <= cap:
        return False
    reasons.append(reason("positions", held, ("reduce_only", "true")))
    return True


def _margin(
    tariff: Tariff, factors: Factors, leverage_cap: Decimal | None, reduce_only: bool, reasons: list[Reason]
) -> tuple[ClassTerms, ...]:
    found: list[ClassTerms] = []
    at_ceiling: list[tuple[str, Decimal]] = []
    capped: list[tuple[str, Decimal]] = []
    for row in tariff.instrument_classes:
        schedule = row.schedule.scaled(factors.im, factors.mm)
        if row.schedule.brackets[-1].im * factors.im > ONE:
            at_ceiling.append((row.name, ONE))
        leverage = schedule.max_leverage()
        if leverage_cap is not None and leverage_cap < leverage:
            capped.append((row.name, leverage_cap))
            leverage = leverage_cap
        found.append(
            ClassTerms(
                instrument_class=row.name,
                base=row.schedule,
                schedule=schedule,
                open_interest_cap=row.open_interest_cap,
                stress_move=row.stress_move,
                max_leverage=ZERO if reduce_only else leverage,
                leverage_cap=leverage_cap,
            )
        )
    if at_ceiling:
        reasons.append(reason("im_ceiling", factors.im, *at_ceiling))
    if capped and not reduce_only:
        reasons.append(reason("leverage_cap", capped[0][1], *capped))
    if reduce_only:
        reasons.append(reason("reduce_only", "true", ("max_leverage", "0")))
    return tuple(found)


def _fees(tariff: Tariff, facts: Facts, standing_tier: str, factors: Factors, reasons: list[Reason]) -> Fees:
    row = tariff.volume_tier(facts.volume_30d_usd)
    reasons.append(
        reason(
            "volume_30d_usd",
            facts.volume_30d_usd,
            ("volume_tier", row.name),
            ("maker_ppm", str(row.maker_ppm)),
            ("taker_ppm", str(row.taker_ppm)),
        )
    )
    exact = exact_fee(row.taker_ppm, factors.taker)
    taker = round_fee(exact)
    if taker != row.taker_ppm:
        reasons.append(reason("taker_fee", exact, ("taker_ppm", str(taker))))
    maker = row.maker_ppm
    rebates = tariff.rebates
    reached = [step for step in rebates.steps if step.share_from <= facts.maker_share]
    names = [tier.name for tier in tariff.volume_tiers]
    by_standing = STANDING_TIERS.index(standing_tier) >= STANDING_TIERS.index(rebates.standing_from)
    if reached and by_standing and names.index(row.name) >= names.index(rebates.volume_from):
        maker = reached[-1].maker_ppm
        reasons.append(reason("maker_share", facts.maker_share, ("maker_ppm", str(maker))))
    return Fees(volume_tier=row.name, maker_ppm=maker, taker_ppm=taker)


def _priority_class(tariff: Tariff, facts: Facts, reasons: list[Reason]) -> int:
    if facts.kind != INSTITUTION or not facts.accredited:
        return tariff.priority_class
    granted = tariff.priority_class_institution
    reasons.append(reason("institution_accredited", "true", ("priority_class", str(granted))))
    return granted
