"""The terms answer: fees, margin, limits, expiry and reasons of one pseudonym, and how they are written on the wire."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, localcontext

from credence.service.verifier.tariff.amounts import EXACT, MAX_AMOUNT, ZERO, bps, is_amount, plain
from credence.service.verifier.tariff.margin import MarginSchedule, OpenInterestCap
from credence.service.verifier.terms.phasing import Ramp, im_at, mm_at


@dataclass(frozen=True)
class Reason:
    """One factor: its name, the value it was given, and its effects in words and decimal strings, in order."""

    factor: str
    value: str
    effect: tuple[tuple[str, str], ...]

    def text(self) -> str:
        """The reason on one line: ``risk_tier low: risk_tier low, im_factor 0.95, …``."""
        return f"{self.factor} {self.value}: " + ", ".join(f"{name} {value}" for name, value in self.effect)

    def to_json(self) -> dict[str, object]:
        """The wire form."""
        return {"factor": self.factor, "value": self.value, "effect": dict(self.effect)}


def reason(factor: str, value: str | Decimal, *effect: tuple[str, str | Decimal]) -> Reason:
    """A Reason with its decimals written plainly."""
    return Reason(factor, _written(value), tuple((name, _written(what)) for name, what in effect))


def _written(value: str | Decimal) -> str:
    return plain(value) if isinstance(value, Decimal) else value


def _optional(value: Decimal | None) -> str | None:
    return None if value is None else plain(value)


@dataclass(frozen=True)
class Fees:
    """Integer ppm of notional (1 bp = 100 ppm); a negative maker fee is paid to the maker."""

    volume_tier: str
    maker_ppm: int
    taker_ppm: int

    def to_json(self) -> dict[str, object]:
        """The wire form, in ppm and in basis points."""
        return {
            "volume_tier": self.volume_tier,
            "maker_ppm": str(self.maker_ppm),
            "maker_bps": bps(self.maker_ppm),
            "taker_ppm": str(self.taker_ppm),
            "taker_bps": bps(self.taker_ppm),
        }


@dataclass(frozen=True)
class ClassTerms:
    """Margin of one instrument class: ``base`` is the tariff's, ``schedule`` after all factors.

    ``max_leverage`` is for opening: 0 if that is not allowed.
    """

    instrument_class: str
    base: MarginSchedule
    schedule: MarginSchedule
    open_interest_cap: OpenInterestCap | None
    stress_move: Decimal
    max_leverage: Decimal
    leverage_cap: Decimal | None

    def im(self, notional: Decimal) -> Decimal:
        """Initial margin of the brackets alone, in USD. Raises ValueError for a notional that is no amount."""
        return self.schedule.im(notional)

    def mm(self, notional: Decimal) -> Decimal:
        """Maintenance margin in USD. Raises ValueError for a notional that is no amount."""
        return self.schedule.mm(notional)

    def to_open(self, notional: Decimal, open_interest_usd: Decimal = ZERO) -> Decimal:
        """What to ask before a position is opened: ``im``, moved towards 100 % by a crowded market, within the leverage cap.

        ``open_interest_usd`` is the market's. Raises ValueError for an argument that is no amount.
        """
        margin = self.schedule.im(notional)
        if not is_amount(open_interest_usd):
            raise ValueError("open interest is a finite Decimal, not negative, of at most 18 decimals")
        with localcontext(EXACT):
            if self.open_interest_cap is not None:
                margin += self.open_interest_cap.weight(open_interest_usd) * (notional - margin)
            return margin if self.leverage_cap is None else max(margin, notional / self.leverage_cap)

    def to_json(self) -> dict[str, object]:
        """The wire form; rates are fractions of notional."""
        cap = self.open_interest_cap
        return {
            "instrument_class": self.instrument_class,
            "max_leverage": plain(self.max_leverage),
            "brackets": [
                {
                    "from_usd": plain(bracket.from_usd),
                    "to_usd": _optional(bracket.to_usd),
                    "im": plain(bracket.im),
                    "mm": plain(bracket.mm),
                }
                for bracket in self.schedule.brackets
            ],
            "open_interest_cap": None
            if cap is None
            else {"lower_usd": plain(cap.lower_usd), "upper_usd": plain(cap.upper_usd)},
            "stress_move": plain(self.stress_move),
        }


@dataclass(frozen=True)
class Terms:
    """What one pseudonym gets until ``expires_at`` (unix seconds). Made by ``terms.terms_for`` alone.

    ``kyc_level``, ``risk_tier`` and ``standing_tier`` are the ones that were priced, after floors and fallbacks. ``relief``
    False: no factor below 1 counted. ``notional_cap_usd`` and ``leverage_cap`` None: no cap besides the brackets.
    ``im_factor`` and ``mm_factor`` are the combined ones; ``ramps`` the raises on open positions that are under way.
    """

    tariff: str
    tariff_version: int
    tariff_digest: str
    currency: str
    kyc_level: int
    risk_tier: str
    standing_tier: str
    fees: Fees
    margin: tuple[ClassTerms, ...]
    fallback_class: str
    max_leverage: Decimal
    leverage_cap: Decimal | None
    notional_cap_usd: Decimal | None
    reduce_only: bool
    relief: bool
    relief_open_interest_share: Decimal
    priority_class: int
    monitoring_class: int
    expires_at: int
    reasons: tuple[Reason, ...]
    im_factor: Decimal
    mm_factor: Decimal
    ramps: tuple[Ramp, ...]

    def open_margin(self, instrument_class: str, notional: Decimal, at: int) -> tuple[Decimal, Decimal]:
        """(IM, MM) in USD at ``at`` (unix seconds) of a position that was open when the raises under way were told.

        Raises ValueError for a notional that is no amount.
        """
        base = self.margin_for(instrument_class).base
        schedule = base.scaled(im_at(self.im_factor, self.ramps, at), mm_at(self.mm_factor, self.ramps, at))
        return schedule.im(notional), schedule.mm(notional)

    def held(self, positions: Iterable[tuple[str, Decimal]], at: int) -> list[dict[str, object]]:
        """The margin of the positions that a person holds, by instrument class, in the wire form: (IM, MM) at ``at`` (unix
        seconds) and once the raises under way have ended.
        """
        by_class: dict[str, Decimal] = {}
        with localcontext(EXACT):
            for name, notional in positions:
                known = self.margin_for(name).instrument_class
                by_class[known] = min(MAX_AMOUNT, by_class.get(known, ZERO) + notional)
        found: list[dict[str, object]] = []
        for name, notional in by_class.items():
            row = self.margin_for(name)
            initial, maintenance = self.open_margin(name, notional, at)
            found.append(
                {
                    "instrument_class": name,
                    "notional_usd": plain(notional),
                    "im_usd": plain(initial),
                    "mm_usd": plain(maintenance),
                    "im_usd_after": plain(row.im(notional)),
                    "mm_usd_after": plain(row.mm(notional)),
                }
            )
        return found

    def margin_for(self, instrument_class: str) -> ClassTerms:
        """The margin of that class; an unknown class is asked the most."""
        by_name = {row.instrument_class: row for row in self.margin}
        return by_name.get(instrument_class) or by_name[self.fallback_class]

    def to_json(self) -> dict[str, object]:
        """The wire form: strings (every number a decimal string), flags and nulls, keys in a fixed order."""
        return {
            "tariff": {"name": self.tariff, "version": str(self.tariff_version), "digest": self.tariff_digest},
            "currency": self.currency,
            "expires_at": str(self.expires_at),
            "kyc_level": str(self.kyc_level),
            "risk_tier": self.risk_tier,
            "standing_tier": self.standing_tier,
            "fees": self.fees.to_json(),
            "margin": [row.to_json() for row in self.margin],
            "max_leverage": plain(self.max_leverage),
            "leverage_cap": _optional(self.leverage_cap),
            "notional_cap_usd": _optional(self.notional_cap_usd),
            "reduce_only": self.reduce_only,
            "raises": [ramp.to_json() for ramp in self.ramps],
            "relief": {"granted": self.relief, "open_interest_share": plain(self.relief_open_interest_share)},
            "priority_class": str(self.priority_class),
            "monitoring_class": str(self.monitoring_class),
            "reasons": [item.to_json() for item in self.reasons],
        }
