"""Rules over trades: self-match, ping-pong, loop volume, and trading before a large order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from statistics import median
from typing import Final

import rustworkx

from credence.service.reputation.abuse.tape import Case, Trade

Person = Callable[[str], str]

LEAST_TURNS: Final = 4
TURN_SECONDS: Final = 600.0
FLAT: Final = 0.05
"""The share of what was traded that may be left over where a loop is closed."""

LOOP_USD: Final = 10_000.0
LOOP_SECONDS: Final = 86_400.0
OWN_SHARE: Final = 0.5
LARGE_TIMES: Final = 20.0
BEFORE_SECONDS: Final = 5.0
AFTER_SECONDS: Final = 60.0
LEAST_TIMES: Final = 3
_BURST: Final = 1.0


def self_match(trades: Sequence[Trade], person: Person) -> list[Case]:
    """One person on both sides of a trade: once is enough. ``person`` names whose account it is, by tag or by links."""
    found: dict[tuple[str, str], list[Trade]] = defaultdict(list)
    for trade in trades:
        if person(trade.buyer) == person(trade.seller):
            found[person(trade.buyer), trade.instrument].append(trade)
    return [
        _case("self-match", {a for t in own for a in (t.buyer, t.seller)}, own, len(own), 1, "trades with oneself")
        for own in found.values()
    ]


def ping_pong(trades: Sequence[Trade]) -> list[Case]:
    """Two accounts that pass the same quantity to and fro: four turns within ten minutes, and nothing left over."""
    pairs: dict[tuple[str, ...], list[Trade]] = defaultdict(list)
    for trade in trades:
        if trade.buyer != trade.seller:
            pairs[(*sorted((trade.buyer, trade.seller)), trade.instrument)].append(trade)
    cases = []
    for (one, other, _), own in sorted(pairs.items()):
        run: list[Trade] = []
        best: list[Trade] = []
        for trade in own:
            turned = run and trade.buyer == run[-1].seller and trade.at - run[0].at <= TURN_SECONDS
            run = [*run, trade] if turned else [trade]
            best = run if len(run) > len(best) else best
        signed = sum(trade.quantity * (1 if trade.buyer == one else -1) for trade in best[: len(best) // 2 * 2])
        if len(best) >= LEAST_TURNS and abs(signed) <= FLAT * sum(trade.quantity for trade in best):
            cases.append(_case("ping-pong", {one, other}, best, len(best), LEAST_TURNS, "turns of one quantity to and fro"))
    return cases


def loop_volume(trades: Sequence[Trade]) -> list[Case]:
    """Three accounts or more that sell in a circle within a day, end flat, and hardly trade with anybody else."""
    windows: dict[tuple[str, int], list[Trade]] = defaultdict(list)
    for trade in trades:
        windows[trade.instrument, int(trade.at // LOOP_SECONDS)].append(trade)
    cases = []
    for _, own in sorted(windows.items(), key=lambda each: each[0]):
        names = sorted({name for trade in own for name in (trade.buyer, trade.seller)})
        places = {name: place for place, name in enumerate(names)}
        net: rustworkx.PyDiGraph[str, None] = rustworkx.PyDiGraph(multigraph=False)
        net.add_nodes_from(names)
        net.add_edges_from_no_data([(places[trade.seller], places[trade.buyer]) for trade in own])
        for part in rustworkx.strongly_connected_components(net):
            members = {names[place] for place in part}
            inside = [trade for trade in own if {trade.buyer, trade.seller} <= members]
            usd = sum(trade.notional for trade in inside)
            if len(members) > 2 and usd >= LOOP_USD and _is_flat(members, inside) and _is_own(members, own, usd):
                cases.append(_case("loop-volume", members, inside, usd, LOOP_USD, "USD in a circle that ends flat"))
    return cases


def before_large(trades: Sequence[Trade], person: Person) -> list[Case]:
    """Taking the side of a large order within the five seconds before it, and turning within a minute: three times."""
    by_instrument: dict[str, list[Trade]] = defaultdict(list)
    for trade in trades:
        by_instrument[trade.instrument].append(trade)
    cases = []
    for _, own in sorted(by_instrument.items()):
        seen: dict[str, list[Trade]] = defaultdict(list)
        for start, end, side, taker in _large(own):
            early = [t for t in own if start - BEFORE_SECONDS <= t.at < start and t.aggressor == side]
            late = {t.taker for t in own if end < t.at <= end + AFTER_SECONDS and t.aggressor != side}
            for account in sorted({t.taker for t in early} & late):
                if person(account) != person(taker):
                    seen[account] += [t for t in early if t.taker == account][:1]
        for account, times in sorted(seen.items()):
            if len(times) >= LEAST_TIMES:
                words = "times before a large order, and out again after it"
                cases.append(_case("trade-before-large-order", {account}, times, len(times), LEAST_TIMES, words))
    return cases


def _large(own: Sequence[Trade]) -> list[tuple[float, float, str, str]]:
    """Start, end, side and account of each taker's burst within a second of 20 times the median trade."""
    usual = median(trade.quantity for trade in own)
    found = []
    bursts: dict[tuple[str, str], list[Trade]] = {}
    for trade in [*own, None]:
        for key, burst in list(bursts.items()):
            if trade is None or trade.at - burst[0].at > _BURST:
                if sum(each.quantity for each in burst) >= LARGE_TIMES * usual:
                    found.append((burst[0].at, burst[-1].at, key[1], key[0]))
                del bursts[key]
        if trade is not None:
            bursts.setdefault((trade.taker, trade.aggressor), []).append(trade)
    return found


def _is_flat(members: set[str], inside: Iterable[Trade]) -> bool:
    net, gross = dict.fromkeys(members, 0.0), dict.fromkeys(members, 0.0)
    for trade in inside:
        for name, sign in ((trade.buyer, 1), (trade.seller, -1)):
            net[name] += sign * trade.quantity
            gross[name] += trade.quantity
    return all(abs(net[name]) <= FLAT * gross[name] for name in members)


def _is_own(members: set[str], own: Iterable[Trade], inside_usd: float) -> bool:
    touched = sum(trade.notional for trade in own if {trade.buyer, trade.seller} & members)
    return inside_usd >= OWN_SHARE * touched


def _case(rule: str, accounts: set[str], trades: Sequence[Trade], found: float, needed: float, words: str) -> Case:
    times = [trade.at for trade in trades]
    shown = f"{found:,.0f} {words}"
    return Case(rule, tuple(sorted(accounts)), trades[0].instrument, min(times), max(times), found, needed, shown)
