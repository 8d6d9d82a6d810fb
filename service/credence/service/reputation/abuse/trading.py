"""Rules over trades: self-match, ping-pong, loop volume, and trading before a large order."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter, OrderedDict, defaultdict
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
        best = _longest_turns(own)
        if len(best) >= LEAST_TURNS:
            cases.append(_case("ping-pong", {one, other}, best, len(best), LEAST_TURNS, "turns of one quantity to and fro"))
    return cases


def _longest_turns(own: Sequence[Trade]) -> Sequence[Trade]:
    """Trades of a pair, in order of time, that turn each time, lie within ten minutes, and leave nothing over; the most.

    One pass. Of those that end with a trade, two are looked at: all that it follows on from, and the last four, so that one
    turn of another size before them hides nothing.
    """
    start, best = 0, (0, 0)
    bought, passed = [0.0], [0.0]
    for place, trade in enumerate(own):
        bought.append(bought[-1] + trade.quantity * (1 if trade.buyer == own[0].buyer else -1))
        passed.append(passed[-1] + trade.quantity)
        if place and trade.buyer != own[place - 1].seller:
            start = place
        while trade.at - own[start].at > TURN_SECONDS:
            start += 1
        end = place + 1
        for first in {start, max(start, end - LEAST_TURNS)}:
            even = first + (end - first) // 2 * 2
            flat = abs(bought[even] - bought[first]) <= FLAT * (passed[end] - passed[first])
            if flat and end - first > best[1] - best[0]:
                best = first, end
    return own[best[0] : best[1]]


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
        parts = [{names[place] for place in part} for part in rustworkx.strongly_connected_components(net) if len(part) > 2]
        for members, inside, touched in _circles(parts, own):
            usd = sum(trade.notional for trade in inside)
            if usd >= LOOP_USD and _is_flat(members, inside) and usd >= OWN_SHARE * touched:
                cases.append(_case("loop-volume", members, inside, usd, LOOP_USD, "USD in a circle that ends flat"))
    return cases


def _circles(parts: Sequence[set[str]], own: Iterable[Trade]) -> list[tuple[set[str], list[Trade], float]]:
    """Each part with the trades inside it and the USD that its members traded with anybody, in one pass over the trades."""
    part_of = {name: number for number, members in enumerate(parts) for name in members}
    inside: list[list[Trade]] = [[] for _ in parts]
    touched = [0.0] * len(parts)
    for trade in own:
        buyer, seller = part_of.get(trade.buyer), part_of.get(trade.seller)
        if buyer is not None:
            touched[buyer] += trade.notional
        if buyer is not None and buyer == seller:
            inside[buyer].append(trade)
        elif seller is not None:
            touched[seller] += trade.notional
    return list(zip(parts, inside, touched, strict=True))


def before_large(trades: Sequence[Trade], person: Person) -> list[Case]:
    """Taking the side of a large order within the five seconds before it, and turning within a minute: three times."""
    by_instrument: dict[str, list[Trade]] = defaultdict(list)
    for trade in trades:
        by_instrument[trade.instrument].append(trade)
    cases = []
    for _, own in sorted(by_instrument.items()):
        own.sort(key=_at)
        takers: dict[tuple[float, float, str], Counter[str]] = defaultdict(Counter)
        for start, end, side, taker in _large(own):
            takers[start, end, side][person(taker)] += 1
        seen: dict[str, list[Trade]] = defaultdict(list)
        counts: Counter[str] = Counter()
        for (start, end, side), persons in takers.items():  # each span is read once, however many orders fill it
            early: dict[str, Trade] = {}
            for trade in own[bisect_left(own, start - BEFORE_SECONDS, key=_at) : bisect_left(own, start, key=_at)]:
                if trade.aggressor == side:
                    early.setdefault(trade.taker, trade)
            after = own[bisect_right(own, end, key=_at) : bisect_right(own, end + AFTER_SECONDS, key=_at)]
            late = {trade.taker for trade in after if trade.aggressor != side}
            for account in sorted(early.keys() & late):
                if times := persons.total() - persons[person(account)]:
                    seen[account].append(early[account])
                    counts[account] += times
        for account, firsts in sorted(seen.items()):
            if counts[account] >= LEAST_TIMES:
                words = "times before a large order, and out again after it"
                cases.append(_case("trade-before-large-order", {account}, firsts, counts[account], LEAST_TIMES, words))
    return cases


def _at(trade: Trade) -> float:
    return trade.at


def _large(own: Sequence[Trade]) -> list[tuple[float, float, str, str]]:
    """Start, end, side and account of each taker's burst within a second of 20 times the median trade, of trades in the
    order of time: so the burst that began first is over first."""
    usual = median(trade.quantity for trade in own)
    found = []
    bursts: OrderedDict[tuple[str, str], list[Trade]] = OrderedDict()
    for trade in [*own, None]:
        while bursts and (trade is None or trade.at - next(iter(bursts.values()))[0].at > _BURST):
            key, burst = bursts.popitem(last=False)
            if sum(each.quantity for each in burst) >= LARGE_TIMES * usual:
                found.append((burst[0].at, burst[-1].at, key[1], key[0]))
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


def _case(rule: str, accounts: set[str], trades: Sequence[Trade], found: float, needed: float, words: str) -> Case:
    times = [trade.at for trade in trades]
    shown = f"{found:,.0f} {words}"
    return Case(rule, tuple(sorted(accounts)), trades[0].instrument, min(times), max(times), found, needed, shown)
