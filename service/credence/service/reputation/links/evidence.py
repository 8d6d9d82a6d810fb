"""What speaks for two wallets being one person's: named pieces, each a number ≥ 0, none of which speaks against.

A pair is looked at if one sent to the other, or both met a third that few have met. Everybody else is a stranger.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import log2
from typing import Final

from credence.service.reputation.links.graph import Graph, components

KINDS: Final = (
    "direct",
    "both_ways",
    "more_chains",
    "shared_counterparties",
    "shared_sources",
    "started_within_an_hour",
    "started_within_a_day",
    "alike_volume",
    "same_component",
)
"""``shared_…`` are log2(1 + how many), ``same_component`` log2 of its wallets (0: they do not hang together), at most 2^6 of
each; ``more_chains`` is one less than the chains of direct transfers, 3 at most; the others are 0 or 1."""

ALIKE: Final = 0.1
"""Two volumes are alike if they differ by at most this share of the larger."""

_HOUR: Final = 3_600
_DAY: Final = 86_400
_MOST_CHAINS: Final = 3
_MOST_LOG: Final = 6.0

Pair = tuple[str, str]


@dataclass(frozen=True)
class Known:
    """What may be known of wallets besides transfers; anything may be missing.

    ``sources``: for a wallet the places that sent it its first coins or that it shares with others, which are no customers'
    themselves. ``started``: unix seconds. ``volume``: in one currency, ≥ 0.
    """

    sources: Mapping[str, frozenset[str]]
    started: Mapping[str, int]
    volume: Mapping[str, float]

    @classmethod
    def nothing(cls) -> Known:
        return cls({}, {}, {})


def evidence_of(graph: Graph, known: Known, pairs: Sequence[Pair]) -> list[tuple[float, ...]]:
    """The evidence of each pair, in the order of :data:`KINDS`."""
    crowd = Counter(source for found in known.sources.values() for source in found)
    rare = {wallet: {each for each in found if crowd[each] <= graph.cap} for wallet, found in known.sources.items()}
    part = {wallet: (place, len(each)) for place, each in enumerate(components(graph)) for wallet in each}
    none: set[str] = set()
    found = []
    for one, other in pairs:
        together = part[one][1] if one in part and other in part and part[one] == part[other] else 1
        shared = rare.get(one, none) & rare.get(other, none)
        found.append((*_evidence(graph, known, one, other, len(shared)), _log(together)))
    return found


def _evidence(graph: Graph, known: Known, one: str, other: str, shared_sources: int) -> tuple[float, ...]:
    there, back = graph.chains.get((one, other), frozenset()), graph.chains.get((other, one), frozenset())
    chains = len(there | back)
    apart = abs(known.started[one] - known.started[other]) if one in known.started and other in known.started else _DAY + 1
    return (
        float(chains > 0),
        float(bool(there) and bool(back)),
        float(min(_MOST_CHAINS, max(0, chains - 1))),
        _log(1 + len(graph.near(one) & graph.near(other))),
        _log(1 + shared_sources),
        float(apart <= _HOUR),
        float(apart <= _DAY),
        float(_alike(known.volume.get(one, 0.0), known.volume.get(other, 0.0))),
    )


def _log(number: int) -> float:
    return min(_MOST_LOG, log2(number))


def _alike(left: float, right: float) -> bool:
    return min(left, right) > 0 and abs(left - right) <= ALIKE * max(left, right)


def candidates(graph: Graph, known: Known) -> tuple[Pair, ...]:
    """The pairs that are looked at, each once and sorted: at most cap²/2 for each wallet that others have met."""
    found: set[Pair] = set()
    for one, other in graph.chains:
        if one not in graph.hubs and other not in graph.hubs:
            found.add((min(one, other), max(one, other)))
    for middle in graph.counterparties:
        found.update(combinations(sorted(graph.near(middle)), 2))
    met: dict[str, list[str]] = defaultdict(list)
    for wallet, sources in known.sources.items():
        for source in sources:
            met[source].append(wallet)
    for wallets in met.values():
        if len(wallets) <= graph.cap:
            found.update(combinations(sorted(wallets), 2))
    return tuple(sorted(found))
