"""A margin call explained: the buffer, the price at which liquidation begins, and what would cure it, exactly.

Everything is rational arithmetic over the tariff's brackets, rounded once at the end and to the cautious side: amounts to
pay or close up to the cent, the price towards the present one. Other positions are taken as they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from fractions import Fraction
from typing import Final, Literal

from credence.service.verifier.tariff.amounts import MAX_AMOUNT, ZERO, is_amount, plain
from credence.service.verifier.tariff.margin import Bracket, MarginSchedule
from credence.service.verifier.terms.answer import Terms
from credence.service.verifier.terms.phasing import mm_at

CALL_BUFFER: Final = Decimal("0.25")
"""The buffer below which a venue calls: reputation counts an hour below it as a margin call."""

Level = Literal["short", "plain", "full"]

_CENT: Final = Decimal("0.01")
_PRICE: Final = Decimal("1E-8")
_RATIO: Final = Decimal("0.0001")
_WIDE: Final = Context(prec=80)


class NotExplained(ValueError):
    """A position or amount that is out of its range; the reason says which."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Position:
    """``quantity`` (of the underlying, positive) held ``long`` or ``short`` at a mark ``price`` in USD.

    Raises :class:`NotExplained`.
    """

    instrument_class: str
    side: Literal["long", "short"]
    quantity: Decimal
    price: Decimal

    def __post_init__(self) -> None:
        """Check the ranges."""
        if self.side not in ("long", "short"):
            raise NotExplained("a position is long or short")
        for name in ("quantity", "price"):
            value = getattr(self, name)
            if not is_amount(value) or value == 0:
                raise NotExplained(f"{name} is a positive amount of at most 18 decimals")
        if self.exact > Fraction(MAX_AMOUNT):
            raise NotExplained("the notional is too large")

    @property
    def exact(self) -> Fraction:
        """The notional in USD."""
        return Fraction(self.quantity) * Fraction(self.price)


@dataclass(frozen=True, slots=True)
class MarginCall:
    """What is so now, and what would cure it.

    ``buffer`` is equity over maintenance less 1, rounded down. ``liquidation_notional`` is the exact notional at which
    equity meets the maintenance margin, ``liquidation_price`` the price there; None where no price does. ``deposit`` and
    ``close_notional`` each bring the buffer to ``target`` by themselves, None where closing alone cannot.
    """

    position: Position
    equity: Decimal
    maintenance: Decimal
    other_maintenance: Decimal
    buffer: Decimal
    target: Decimal
    liquidation_notional: Fraction | None
    liquidation_price: Decimal | None
    deposit: Decimal
    close_notional: Decimal | None
    taker_ppm: int
    clause: str
    at: int

    @property
    def called(self) -> bool:
        """Whether the buffer is below the target."""
        return self.buffer < self.target

    def text(self, level: Level = "plain") -> str:
        """In words: one sentence, a paragraph, or with everything it follows from."""
        return "\n".join({"short": self._short, "plain": self._plain, "full": self._full}[level]())

    def to_json(self) -> dict[str, object]:
        """The wire form, with the words at each level."""
        return {
            "called": self.called,
            "equity_usd": plain(self.equity),
            "maintenance_usd": plain(self.maintenance),
            "buffer": plain(self.buffer),
            "target_buffer": plain(self.target),
            "liquidation_price": None if self.liquidation_price is None else plain(self.liquidation_price),
            "cures": {
                "deposit_usd": plain(self.deposit),
                "close_notional_usd": None if self.close_notional is None else plain(self.close_notional),
            },
            "clause": self.clause,
            "at": str(self.at),
            "words": {"short": self.text("short"), "plain": self.text("plain"), "full": self.text("full")},
        }

    def _short(self) -> list[str]:
        if self.buffer < 0:
            return [f"Your equity is below the maintenance margin: pay in {plain(self.deposit)} USD now, or be liquidated."]
        if not self.called:
            return [f"No margin call: your equity is {_percent(self.buffer)} above the maintenance margin."]
        return [f"Margin call: pay in {plain(self.deposit)} USD{self._or_close()}."]

    def _plain(self) -> list[str]:
        needed, have = plain(self.maintenance), plain(self.equity)
        lines = [
            f"You need {needed} USD to keep what you hold, and you have {have} USD: a buffer of {_percent(self.buffer)}."
        ]
        lines.append(self._where())
        if self.called:
            lines.append(f"To end the call, pay in {plain(self.deposit)} USD{self._or_close()}.")
        lines.append(f"The rule: {self.clause}.")
        return lines

    def _where(self) -> str:
        if self.liquidation_price is None:
            return "No price of this instrument alone brings your equity to the maintenance margin."
        price, mark, is_long = plain(self.liquidation_price), plain(self.position.price), self.position.side == "long"
        if self.buffer < 0:
            way = "above" if is_long else "below"
            return f"Liquidation may begin now, at a price of {mark} USD; {way} {price} USD it would not."
        way = "falls" if is_long else "rises"
        return f"If the price {way} from {mark} to {price} USD ({_percent(self._distance())} away), liquidation begins."

    def _full(self) -> list[str]:
        held = self.position
        sign = "+" if held.side == "long" else "-"
        notional, wanted = plain(_rounded(held.exact, _CENT, ROUND_CEILING)), plain(1 + self.target)
        return [
            *self._plain(),
            f"Notional: {plain(held.quantity)} x {plain(held.price)} = {notional} USD.",
            f"Maintenance margin of other positions, held constant: {plain(self.other_maintenance)} USD.",
            f"Buffer: equity / maintenance margin - 1 = {plain(self.buffer)}; a call is below {plain(self.target)}.",
            f"Liquidation price p: equity {sign} quantity x (p - mark) = maintenance margin at quantity x p.",
            f"Paying in brings the equity to {wanted} x maintenance margin.",
            f"Closing costs {self.taker_ppm} ppm of what is closed and lowers the margin by the brackets from the top.",
        ]

    def _or_close(self) -> str:
        if self.close_notional is None:
            return "; closing alone would not be enough"
        return f", or close {plain(self.close_notional)} USD of the position"

    def _distance(self) -> Decimal:
        away = abs(Fraction(self.liquidation_price or ZERO) / Fraction(self.position.price) - 1)
        return _rounded(away, _RATIO, ROUND_FLOOR)


def explain_call(
    terms: Terms,
    position: Position,
    equity: Decimal,
    *,
    at: int,
    other_maintenance: Decimal = ZERO,
    target: Decimal = CALL_BUFFER,
) -> MarginCall:
    """The call of one position under ``terms`` at the time ``at`` (unix seconds), raises that are phased in included.

    ``equity`` is the account's in USD, and may be negative. Raises :class:`NotExplained` for amounts out of their ranges.
    """
    if not is_amount(abs(equity)) or not is_amount(other_maintenance) or not is_amount(target):
        raise NotExplained("equity, other margin and target are amounts of at most 18 decimals")
    row = terms.margin_for(position.instrument_class)
    factor = mm_at(terms.mm_factor, terms.ramps, at)
    schedule = row.base.scaled(terms.im_factor, factor)
    margin = maintenance(schedule, position.exact) + Fraction(other_maintenance)
    have = Fraction(equity)
    wanted = (1 + Fraction(target)) * margin
    end = _liquidation(schedule, position, have, Fraction(other_maintenance))
    towards = ROUND_CEILING if position.side == "long" else ROUND_FLOOR
    fee = Fraction(terms.fees.taker_ppm, 1_000_000)
    close = _to_close(schedule, position.exact, have, Fraction(other_maintenance), 1 + Fraction(target), fee)
    return MarginCall(
        position=position,
        equity=equity,
        maintenance=_rounded(margin, _CENT, ROUND_CEILING),
        other_maintenance=other_maintenance,
        buffer=_rounded(have / margin - 1, Decimal("1E-6"), ROUND_FLOOR),
        target=target,
        liquidation_notional=end,
        liquidation_price=None if end is None else _rounded(end / Fraction(position.quantity), _PRICE, towards),
        deposit=_rounded(max(wanted - have, Fraction(0)), _CENT, ROUND_CEILING),
        close_notional=None if close is None else _rounded(close, _CENT, ROUND_CEILING),
        taker_ppm=terms.fees.taker_ppm,
        clause=_clause(terms, row.instrument_class, row.base, position.exact, factor, at),
        at=at,
    )


def maintenance(schedule: MarginSchedule, notional: Fraction) -> Fraction:
    """The maintenance margin at any rational notional, exactly: the schedule's own ``mm`` where that is defined."""
    total = Fraction(0)
    for bracket in schedule.brackets:
        start, end = _edges(bracket)
        if notional <= start:
            break
        total += ((notional if end is None else min(notional, end)) - start) * Fraction(bracket.mm)
    return total


def _edges(bracket: Bracket) -> tuple[Fraction, Fraction | None]:
    return Fraction(bracket.from_usd), None if bracket.to_usd is None else Fraction(bracket.to_usd)


def _liquidation(schedule: MarginSchedule, position: Position, equity: Fraction, other: Fraction) -> Fraction | None:
    """The notional n with equity ± (n - now) = mm(n) + other: the left less the right is monotone in n, so there is one."""
    sign = 1 if position.side == "long" else -1
    for bracket in schedule.brackets:
        start, end = _edges(bracket)
        rate = Fraction(bracket.mm)
        below = maintenance(schedule, start)
        found = (below - rate * start + other - equity + sign * position.exact) / (sign - rate)
        if start <= found and (end is None or found <= end) and found > 0:
            return found
    return None


def _to_close(
    schedule: MarginSchedule, notional: Fraction, equity: Fraction, other: Fraction, times: Fraction, fee: Fraction
) -> Fraction | None:
    """The least c with equity - fee·c >= times·(mm(notional - c) + other); None where even closing all is not enough."""

    def spare(left: Fraction) -> Fraction:
        return equity - fee * (notional - left) - times * (maintenance(schedule, left) + other)

    if spare(notional) >= 0:
        return Fraction(0)
    best: Fraction | None = None
    for bracket in schedule.brackets:  # within a bracket ``spare`` is linear in what is left
        start, end = _edges(bracket)
        if start >= notional:
            break
        stop = notional if end is None else min(end, notional)
        low, high = spare(start), spare(stop)
        if high >= 0:
            best = stop
        elif low >= 0:
            best = start + (stop - start) * low / (low - high)
    return None if best is None else notional - best


def _clause(terms: Terms, name: str, base: MarginSchedule, notional: Fraction, factor: Decimal, at: int) -> str:
    place = max(index for index, bracket in enumerate(base.brackets) if Fraction(bracket.from_usd) < notional)
    bracket = base.brackets[place]
    end = "on" if bracket.to_usd is None else f"to {plain(bracket.to_usd)}"
    return (
        f"tariff {terms.tariff}, version {terms.tariff_version} ({terms.tariff_digest[:16]}), {name}, bracket {place + 1}:"
        f" maintenance margin of {_percent(bracket.mm)} from {plain(bracket.from_usd)} {end} USD, times {plain(factor)}"
        f" for {terms.standing_tier}{_rising(terms, factor, at)}"
    )


def _rising(terms: Terms, factor: Decimal, at: int) -> str:
    """To what the factor still rises, and by when: what cures a call now may not do then."""
    if factor == terms.mm_factor:
        return ""
    ends = max(ramp.ends_at for ramp in terms.ramps if ramp.mm_after > ramp.mm_before and ramp.ends_at > at)
    return f", rising to {plain(terms.mm_factor)} by {datetime.fromtimestamp(ends, UTC):%Y-%m-%dT%H:%M:%SZ}"


def _rounded(value: Fraction, places: Decimal, way: str) -> Decimal:
    unit = Fraction(places)
    whole, rest = divmod(value, unit)
    steps = int(whole) + (1 if rest and way == ROUND_CEILING else 0)
    return _WIDE.multiply(Decimal(steps), places)


def _percent(share: Decimal) -> str:
    return f"{plain(_rounded(Fraction(share) * 100, _CENT, ROUND_FLOOR))} %"
