"""What a venue is told of its own transfers: which wallets hang together, how likely each link is, and why, in words.

A component with :data:`LEAST` of the venue's wallets or more is **aggregated**: limits, caps and margin brackets count its
wallets as one person's. That is all that follows. Smaller ones are told and change nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from credence.service.reputation.links.evidence import KINDS, Known, Pair, candidates, evidence_of
from credence.service.reputation.links.graph import Graph, LinksRefused, components
from credence.service.reputation.links.weights import LinkWeights, shipped_weights

LEAST: Final = 10
"""Listed wallets from which on a component is aggregated."""

LIMITS: Final = (
    "A link is a probability of the data that the weights were fitted on: airdrop hunters of 2022, labelled by that graph. "
    "Households, friends and customers of one small broker look alike. Limits aggregate; nobody is refused."
)

_WORDS: Final[Mapping[str, str]] = {
    "direct": "one sent to the other",
    "both_ways": "both ways",
    "more_chains": "on more than one chain",
    "shared_counterparties": "counterparties in common that few have",
    "shared_sources": "a source in common that few have",
    "started_within_an_hour": "began within an hour of one another",
    "started_within_a_day": "began within a day of one another",
    "alike_volume": "volumes within a tenth of one another",
    "same_component": "they hang together by transfers",
}


@dataclass(frozen=True, slots=True)
class Reason:
    """One piece of evidence: what it adds to the log-odds, and in words."""

    kind: str
    effect: float
    words: str


@dataclass(frozen=True, slots=True)
class Link:
    """Two wallets, the probability (0-1) that they are one person's, and the reasons, the largest first."""

    pair: Pair
    probability: float
    reasons: tuple[Reason, ...]

    def to_json(self) -> dict[str, Any]:
        reasons = [{"kind": each.kind, "effect": round(each.effect, 4), "words": each.words} for each in self.reasons]
        return {"wallets": list(self.pair), "probability": round(self.probability, 4), "reasons": reasons}


@dataclass(frozen=True)
class Cluster:
    """Wallets that hang together, how many of them are ``listed``, and for each wallet that has one its strongest link."""

    wallets: tuple[str, ...]
    listed: int
    aggregated: bool
    links: tuple[Link, ...]

    def to_json(self) -> dict[str, Any]:
        return {
            "wallets": list(self.wallets),
            "listed": self.listed,
            "aggregated": self.aggregated,
            "links": [link.to_json() for link in self.links],
        }


@dataclass(frozen=True)
class LinkReport:
    """Every cluster, the largest first. ``n``: listed wallets; ``hubs``: wallets that link nobody."""

    clusters: tuple[Cluster, ...]
    n: int
    hubs: int
    hub_cap: int
    least: int
    weights: str
    limits: str = LIMITS

    @property
    def flagged(self) -> frozenset[str]:
        """Every wallet of a cluster that is aggregated, listed or not."""
        return frozenset(wallet for cluster in self.clusters if cluster.aggregated for wallet in cluster.wallets)

    def to_json(self) -> dict[str, Any]:
        return {
            "clusters": [cluster.to_json() for cluster in self.clusters],
            "n": self.n,
            "hubs": self.hubs,
            "hub_cap": self.hub_cap,
            "least": self.least,
            "weights": self.weights,
            "limits": self.limits,
        }


def judge(
    graph: Graph,
    listed: Collection[str],
    known: Known | None = None,
    *,
    least: int = LEAST,
) -> LinkReport:
    """The links of a graph's wallets, of which those ``listed`` are the venue's own. Raises :class:`LinksRefused`."""
    if least < 2:
        raise LinksRefused("two wallets are the least that hang together")
    known, weights, own = known or Known.nothing(), shipped_weights(), frozenset(listed)
    parts = components(graph)
    place = {wallet: number for number, part in enumerate(parts) for wallet in part}
    pairs = [pair for pair in candidates(graph, known) if place.get(pair[0], -1) == place.get(pair[1], -2)]
    strongest: dict[int, set[Pair]] = defaultdict(set)
    rows = evidence_of(graph, known, pairs)
    chance = dict(zip(pairs, weights.chances(rows).tolist(), strict=True)) if pairs else {}
    evidence = dict(zip(pairs, rows, strict=True))
    best: dict[str, Pair] = {}
    for pair in sorted(pairs, key=lambda each: (-chance[each], each)):
        for wallet in pair:
            best.setdefault(wallet, pair)
    for wallet, pair in best.items():
        strongest[place[wallet]].add(pair)
    found = []
    for number, part in enumerate(parts):
        ours = sum(wallet in own for wallet in part)
        links = [_link(pair, chance[pair], evidence[pair], weights) for pair in strongest[number]]
        links.sort(key=lambda link: (-link.probability, link.pair))
        found.append(Cluster(part, ours, ours >= least, tuple(links)))
    return LinkReport(tuple(found), len(own), len(graph.hubs), graph.cap, least, weights.version)


def aggregated(report: LinkReport, amounts: Iterable[tuple[str, Decimal]]) -> dict[str, Decimal]:
    """Amounts by person: those of an aggregated cluster together, under its first wallet, and of everybody else alone.

    Use it for notionals before a cap or a bracket is asked: a sum over wallets is never less than any of them.
    """
    heads = {wallet: cluster.wallets[0] for cluster in report.clusters if cluster.aggregated for wallet in cluster.wallets}
    total: dict[str, Decimal] = {}
    for wallet, amount in amounts:
        head = heads.get(wallet, wallet)
        total[head] = total.get(head, Decimal(0)) + amount
    return total


def _link(pair: Pair, probability: float, evidence: tuple[float, ...], weights: LinkWeights) -> Link:
    effects = [(kind, weights.weight[kind] * value) for kind, value in zip(KINDS, evidence, strict=True) if value > 0]
    effects.sort(key=lambda each: -each[1])
    return Link(pair, probability, tuple(Reason(kind, effect, _WORDS[kind]) for kind, effect in effects))
