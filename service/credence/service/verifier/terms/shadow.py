"""A tariff in the shadow of another: who would be priced otherwise, how, and what it costs; nobody is told anything.

Groups of fewer than ``K`` pseudonyms are not shown: they are merged, smallest first, until none is left that small. Of a
group in which something changes, or stays, for somebody and for fewer than ``K`` the size alone is shown. Rows are summed up
as they come, and none of them is kept.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal, localcontext
from typing import Final, Literal, Self, get_args

from credence.service.verifier.tariff.amounts import EXACT, MAX_AMOUNT, ZERO, plain
from credence.service.verifier.tariff.tables import Tariff
from credence.service.verifier.terms.answer import Terms
from credence.service.verifier.terms.facts import Facts
from credence.service.verifier.terms.pricing import terms_for

K: Final = 20
"""Pseudonyms of the smallest group that is shown."""

OTHERS: Final = "others"

Effect = Literal["better", "worse", "mixed", "same"]

_EFFECTS: Final = get_args(Effect)

_PPM: Final = Decimal("0.000001")
_CENT: Final = Decimal("0.01")
_EXPIRY: Final = 2**40


@dataclass(frozen=True, slots=True)
class Account:
    """What is known of one pseudonym: its facts, and what it did: USD of 30 days, and an open notional of one class."""

    pseudonym: str
    facts: Facts
    taken_usd: Decimal
    made_usd: Decimal
    position: tuple[str, Decimal] | None = None


@dataclass(frozen=True, slots=True)
class Priced:
    """One pseudonym under one tariff. USD: fees of the 30 days at today's rates, margin on the open notional."""

    terms: Terms
    fees: Decimal
    initial: Decimal
    maintenance: Decimal


@dataclass(frozen=True, slots=True)
class Row:
    """One pseudonym under both."""

    account: Account
    before: Priced
    after: Priced

    @property
    def effect(self) -> Effect:
        """What it means for the pseudonym, by its rates and not by what it happened to do."""
        signs = {(new > old) - (new < old) for old, new in self._costs()} - {0}
        if not signs:
            return "same"
        return "mixed" if len(signs) == 2 else "worse" if 1 in signs else "better"

    def _costs(self) -> Iterator[tuple[Decimal, Decimal]]:
        """What is worse the more it is, before and after: fees, margins at every bracket end, and the room left, negated."""
        old, new = self.before.terms, self.after.terms
        yield Decimal(old.fees.taker_ppm), Decimal(new.fees.taker_ppm)
        yield Decimal(old.fees.maker_ppm), Decimal(new.fees.maker_ppm)
        yield Decimal(old.reduce_only), Decimal(new.reduce_only)
        yield _room(old.notional_cap_usd), _room(new.notional_cap_usd)
        yield _room(old.leverage_cap), _room(new.leverage_cap)
        for name in dict.fromkeys(row.instrument_class for row in (*old.margin, *new.margin)):
            less, more = old.margin_for(name).schedule, new.margin_for(name).schedule
            ends = {bracket.to_usd or MAX_AMOUNT for schedule in (less, more) for bracket in schedule.brackets}
            for end in sorted(ends):
                yield less.im(end), more.im(end)
                yield less.mm(end), more.mm(end)

    @property
    def group(self) -> str:
        """Standing tier, kyc_level and risk_tier as they are priced now."""
        terms = self.before.terms
        return f"{terms.standing_tier}, level {terms.kyc_level}, {terms.risk_tier}"

    def to_json(self) -> dict[str, object]:
        """For the venue itself: this names the pseudonym."""
        return {
            "pseudonym": self.account.pseudonym,
            "group": self.group,
            "effect": self.effect,
            "before": _priced(self.before),
            "after": _priced(self.after),
        }


@dataclass(frozen=True, slots=True)
class Group:
    """Pseudonyms that are priced alike: how many there are, how many would be better off and so on, and what changes.

    ``movers`` are those for whom each of the three amounts changes.
    """

    name: str
    pseudonyms: int = 0
    effects: Mapping[str, int] = field(default_factory=lambda: dict.fromkeys(_EFFECTS, 0))
    fees_usd: Decimal = ZERO
    initial_usd: Decimal = ZERO
    maintenance_usd: Decimal = ZERO
    movers: tuple[int, int, int] = (0, 0, 0)
    hidden: bool = False

    @classmethod
    def of(cls, row: Row) -> Self:
        """The group of one."""
        before, after = row.before, row.after
        with localcontext(EXACT):
            fees, initial = after.fees - before.fees, after.initial - before.initial
            maintenance = after.maintenance - before.maintenance
        found = row.effect
        effects = {name: int(name == found) for name in _EFFECTS}
        moved = (int(fees != 0), int(initial != 0), int(maintenance != 0))
        return cls(row.group, 1, effects, fees, initial, maintenance, moved)

    def with_(self, other: Group) -> Group:
        """The two together, under this one's name."""
        with localcontext(EXACT):
            fees, initial, maintenance = (
                self.fees_usd + other.fees_usd,
                self.initial_usd + other.initial_usd,
                self.maintenance_usd + other.maintenance_usd,
            )
        effects = {name: count + other.effects[name] for name, count in self.effects.items()}
        moved = self.movers[0] + other.movers[0], self.movers[1] + other.movers[1], self.movers[2] + other.movers[2]
        return Group(self.name, self.pseudonyms + other.pseudonyms, effects, fees, initial, maintenance, moved)

    def may_be_shown(self, k: int) -> bool:
        """Whether every count in it, said or behind a sum, is of nobody or of ``k`` and more."""
        return all(count == 0 or count >= k for count in (*self.effects.values(), *self.movers))

    def to_json(self) -> dict[str, object]:
        """Changes in USD, signed. Of a hidden one its size alone."""
        changes: dict[str, object] = {
            **self.effects,
            "fees_change_usd": _usd(self.fees_usd),
            "initial_margin_change_usd": _usd(self.initial_usd),
            "maintenance_margin_change_usd": _usd(self.maintenance_usd),
        }
        if self.hidden:
            changes = dict.fromkeys(changes)  # None each
        return {"group": self.name, "pseudonyms": self.pseudonyms, **changes}


class Tally:
    """What many rows come to. It is as large as there are ways to be priced, however many rows it has seen."""

    def __init__(self, rows: Iterable[Row] = ()) -> None:
        self._groups: dict[str, Group] = {}
        self._moves: Counter[str] = Counter()
        self._total = Group("all")
        for row in rows:
            self.add(row)

    def add(self, row: Row) -> None:
        """One more pseudonym."""
        one = Group.of(row)
        self._total = self._total.with_(one)
        known = self._groups.get(one.name)
        self._groups[one.name] = one if known is None else known.with_(one)
        before, after = (priced.terms.fees.volume_tier for priced in (row.before, row.after))
        if before != after:
            self._moves[f"{before} to {after}"] += 1

    @property
    def total(self) -> Group:
        """All of them as one group, nothing hidden."""
        return self._total

    def groups(self, k: int = K) -> tuple[Group, ...]:
        """By standing tier, kyc_level and risk_tier, largest first. None where there are fewer than ``k`` in all."""
        if self._total.pseudonyms < k:
            return ()
        large, merged = dict(self._groups), Group(OTHERS)
        for name in sorted(large, key=lambda each: (large[each].pseudonyms, each)):
            if large[name].pseudonyms >= k and (not merged.pseudonyms or merged.pseudonyms >= k):
                break
            merged = merged.with_(large.pop(name))
        found = sorted(large.values(), key=lambda group: (-group.pseudonyms, group.name))
        return (*found, merged) if merged.pseudonyms else tuple(found)

    def shown(self, k: int = K) -> tuple[Group | None, tuple[Group, ...]]:
        """All as one group, and :meth:`groups`; what must not be shown of them is hidden. None and none below ``k`` rows.

        Where the total is shown, what is hidden in groups is not the total less the rest: more of them are hidden, smallest
        first, until what is hidden together may be shown.
        """
        parts = self.groups(k)
        if not parts:
            return None, ()
        total = replace(self._total, hidden=not self._total.may_be_shown(k))
        by_name = {part.name: part for part in parts}
        hidden = {name for name, part in by_name.items() if not part.may_be_shown(k)}
        open_ = [part.name for part in parts if part.name not in hidden]
        while hidden and open_ and not total.hidden and not _added([by_name[name] for name in hidden]).may_be_shown(k):
            hidden.add(open_.pop())
        return total, tuple(replace(part, hidden=part.name in hidden) for part in parts)

    def volume_moves(self) -> dict[str, int]:
        """How many would move between volume tiers, by ``"V1 to V2"``; moves of fewer than ``K`` are left out."""
        return {name: count for name, count in sorted(self._moves.items()) if count >= K}


def compare(old: Tariff, new: Tariff, accounts: Iterable[Account]) -> Iterator[Row]:
    """Every account under both tariffs, one at a time."""
    return (Row(each, _under(old, each), _under(new, each)) for each in accounts)


def compare_accounts(tariff: Tariff, pairs: Iterable[tuple[Account, Account]]) -> Iterator[Row]:
    """Every pseudonym under one tariff, before and after what is known of it changes, one at a time."""
    return (Row(old, _under(tariff, old), _under(tariff, new)) for old, new in pairs)


def _added(parts: Sequence[Group]) -> Group:
    found = Group(OTHERS)
    for part in parts:
        found = found.with_(part)
    return found


def _under(tariff: Tariff, account: Account) -> Priced:
    terms = terms_for(tariff, account.facts, expires_at=_EXPIRY)
    with localcontext(EXACT):
        fees = (account.taken_usd * terms.fees.taker_ppm + account.made_usd * terms.fees.maker_ppm) * _PPM
        if account.position is None:
            return Priced(terms, fees, ZERO, ZERO)
        margin = terms.margin_for(account.position[0])
        return Priced(terms, fees, margin.im(account.position[1]), margin.mm(account.position[1]))


def _room(cap: Decimal | None) -> Decimal:
    return Decimal("-Infinity") if cap is None else -cap


def _priced(priced: Priced) -> dict[str, object]:
    terms = priced.terms
    return {
        "standing_tier": terms.standing_tier,
        "volume_tier": terms.fees.volume_tier,
        "taker_ppm": str(terms.fees.taker_ppm),
        "maker_ppm": str(terms.fees.maker_ppm),
        "fees_usd": _usd(priced.fees),
        "initial_margin_usd": _usd(priced.initial),
        "maintenance_margin_usd": _usd(priced.maintenance),
    }


def _usd(amount: Decimal) -> str:
    with localcontext(EXACT):
        return plain(amount.quantize(_CENT))
