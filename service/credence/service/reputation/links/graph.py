"""The graph of transfers: who sent to whom, which wallets are hubs, and what hangs together without them.

A hub is a wallet with more counterparties than the cap: an exchange's, a bridge's, a shop's. Two wallets that both met it
are not linked by that, so it joins nothing and belongs to no component.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import rustworkx

from credence.service.errors import InvalidRequest

LEAST_CAP: Final = 2
MOST_CAP: Final = 1_000
DEFAULT_CAP: Final = 40
"""A wallet with more counterparties is a hub; 20 to 50 do about as well (docs/reputation/links.md)."""


class LinksRefused(InvalidRequest):
    """Transfers or settings that no links can be told of; ``reason`` repeats no wallet."""


@dataclass(frozen=True, slots=True)
class Transfer:
    """One wallet sent to another, on a chain (any word; where there is only one, the same for all)."""

    source: str
    target: str
    chain: str = ""


@dataclass(frozen=True)
class Graph:
    """Every wallet's counterparties, those of hubs too, and each ordered pair's chains. ``hubs``: more than ``cap``."""

    cap: int
    counterparties: Mapping[str, frozenset[str]]
    chains: Mapping[tuple[str, str], frozenset[str]]
    hubs: frozenset[str]

    def near(self, wallet: str) -> frozenset[str]:
        """The counterparties of a wallet that are no hubs; none for a hub."""
        return frozenset() if wallet in self.hubs else self.counterparties.get(wallet, frozenset()) - self.hubs


def graph_of(transfers: Iterable[Transfer], cap: int = DEFAULT_CAP) -> Graph:
    """The graph of these transfers, in any order, repeated or not. A transfer to oneself says nothing.

    Raises :class:`LinksRefused` for a cap outside of 2-1000.
    """
    if not LEAST_CAP <= cap <= MOST_CAP:
        raise LinksRefused(f"a hub cap lies in {LEAST_CAP}-{MOST_CAP}")
    met: dict[str, set[str]] = defaultdict(set)
    chains: dict[tuple[str, str], set[str]] = defaultdict(set)
    for each in transfers:
        if each.source != each.target:
            met[each.source].add(each.target)
            met[each.target].add(each.source)
            chains[each.source, each.target].add(each.chain)
    return Graph(
        cap,
        MappingProxyType({wallet: frozenset(found) for wallet, found in met.items()}),
        MappingProxyType({pair: frozenset(found) for pair, found in chains.items()}),
        frozenset(wallet for wallet, found in met.items() if len(found) > cap),
    )


def components(graph: Graph) -> tuple[tuple[str, ...], ...]:
    """What hangs together without hubs, two wallets at least, each sorted; the largest first, then by its first wallet."""
    names = sorted(set(graph.counterparties) - graph.hubs)
    places = {name: place for place, name in enumerate(names)}
    net: rustworkx.PyGraph[str, None] = rustworkx.PyGraph(multigraph=False)
    net.add_nodes_from(names)
    net.add_edges_from_no_data(
        [(places[one], places[other]) for one, other in graph.chains if one in places and other in places]
    )
    found = [tuple(sorted(names[place] for place in part)) for part in rustworkx.connected_components(net) if len(part) > 1]
    return tuple(sorted(found, key=lambda part: (-len(part), part[0])))
