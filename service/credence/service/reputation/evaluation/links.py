"""Linked wallets: flagged ones against a published label, on groups that nothing was tuned on.

Input is what a venue has: the transfers, the list of wallets (whether each is labelled is *not* read into anything), when
each began and how much it moved. The label ``sybil`` is the outcome. Groups are read for two things: whose wallets must not
be parted by the split, and which pairs of the training side are one operator's. A split parts units: what is joined by a
group, a transfer or a shared connector stays together, whatever the cap: every component is on one side.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import rustworkx

from credence.service.reputation.belief.arrays import Floats
from credence.service.reputation.evaluation.measures import Measures, measure
from credence.service.reputation.evaluation.tables import TableRefused, read_table
from credence.service.reputation.links.evidence import Known, Pair, candidates, evidence_of
from credence.service.reputation.links.graph import Graph, Transfer, components, graph_of
from credence.service.reputation.links.judging import LEAST
from credence.service.reputation.links.weights import LinkWeights, fit_weights

CAPS: Final = (20, 25, 30, 40, 50)
RESAMPLES: Final = 400
LIMIT: Final = "the labels were made from the same graph: an upper bound of what links tell elsewhere"


@dataclass(frozen=True)
class LabelledWallets:
    """One folder. ``unit`` of each wallet: what a split does not part. ``groups``: of operators, by wallet."""

    transfers: tuple[Transfer, ...]
    labelled: dict[str, bool]
    known: Known
    groups: dict[str, frozenset[str]]
    unit: dict[str, str]


@dataclass(frozen=True)
class Flagging:
    """Flagged wallets against the label, among ``n`` listed wallets. None where nothing is flagged, or nothing labelled."""

    precision: float | None
    recall: float | None
    f1: float | None
    n: int
    flagged: int
    labelled: int

    @property
    def careful(self) -> float:
        """F0.5, 0 where it is undefined: precision counts twice as much as recall, since a wrong link costs the linked."""
        if not self.precision or not self.recall:
            return 0.0
        return 1.25 * self.precision * self.recall / (0.25 * self.precision + self.recall)

    def to_json(self) -> dict[str, Any]:
        told = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {name: round(value, 4) if isinstance(value, float) else value for name, value in told.items()}


@dataclass(frozen=True)
class LinksEvaluation:
    """``test`` on groups not used for tuning, with the 5-95 % interval of its precision over resampled units."""

    test: Flagging
    train: Flagging
    precision_interval: tuple[float, float]
    hub_cap: int
    least: int
    seed: int
    units: dict[str, int]
    weights: LinkWeights
    pairs: Measures
    pairs_n: int

    def to_json(self) -> dict[str, Any]:
        return {
            **self.test.to_json(),
            "precision_interval": [round(each, 4) for each in self.precision_interval],
            "train": self.train.to_json(),
            "hub_cap": self.hub_cap,
            "least": self.least,
            "seed": self.seed,
            "units": dict(self.units),
            "link_probability": {**self.pairs.to_json(), "n": self.pairs_n},
            "fitted": self.weights.to_json(),
            "effect": "limits aggregate",
            "limit": LIMIT,
        }


def read_labelled_wallets(folder: Path) -> LabelledWallets:
    """``transfers.csv`` (src, dst, chain), ``labels.csv`` (wallet, sybil, first_seen_ts, total_volume_usd), ``groups.csv``
    (group, wallet), and ``connectors.csv`` (connector, wallet) where it is there. Raises :class:`TableRefused`."""
    sent = read_table(folder / "transfers.csv", ("src", "dst", "chain"))
    listed = read_table(folder / "labels.csv", ("wallet", "sybil", "total_volume_usd", "first_seen_ts"))
    grouped = read_table(folder / "groups.csv", ("group", "wallet"))
    label = listed.numbers("sybil")
    if not np.isin(label, (0, 1)).all():
        raise TableRefused("sybil is 0 or 1")
    wallets = listed.words("wallet")
    groups, sources = _gathered(grouped.words("wallet"), grouped.words("group")), {}
    if (folder / "connectors.csv").exists():
        met = read_table(folder / "connectors.csv", ("connector", "wallet"))
        sources = _gathered(met.words("wallet"), met.words("connector"))
    known = Known(
        sources,
        dict(zip(wallets, listed.numbers("first_seen_ts").astype(np.int64).tolist(), strict=True)),
        dict(zip(wallets, listed.numbers("total_volume_usd").tolist(), strict=True)),
    )
    transfers = tuple(map(Transfer, sent.words("src"), sent.words("dst"), sent.words("chain")))
    hubs = graph_of(transfers, max(CAPS)).hubs
    crowd = Counter(name for names in sources.values() for name in names)
    joined = [(each.source, each.target) for each in transfers if not {each.source, each.target} & hubs]
    joined += [(wallet, f"group {name}") for wallet, names in groups.items() for name in names]
    joined += [
        (wallet, f"connector {name}") for wallet, names in sources.items() for name in names if crowd[name] <= max(CAPS)
    ]
    unit = _units([*wallets, *(name for pair in joined for name in pair)], joined)
    return LabelledWallets(transfers, dict(zip(wallets, (label == 1).tolist(), strict=True)), known, groups, unit)


def evaluate_links(folder: Path, *, seed: int) -> LinksEvaluation:
    """Chooses the hub cap and fits the weights on the training side, and measures on the other.

    Raises :class:`TableRefused`, ``LinksRefused``.
    """
    data = read_labelled_wallets(folder)
    rng = np.random.default_rng(seed)
    units = sorted({data.unit[wallet] for wallet in data.labelled})
    tested = {unit for unit, draw in zip(units, rng.random(len(units)).tolist(), strict=True) if draw < 0.5}
    sides = [
        frozenset(wallet for wallet in data.labelled if (data.unit[wallet] in tested) == test) for test in (False, True)
    ]
    if not all(any(data.labelled[wallet] for wallet in side) for side in sides):
        raise TableRefused("there are no labelled wallets on one side of the split")
    train, test = sides
    graphs = {cap: graph_of(data.transfers, cap) for cap in CAPS}
    tried = {cap: _flagging(data, train, _flagged(graphs[cap], train)) for cap in CAPS}
    cap = max(CAPS, key=lambda each: (tried[each].careful, -each))
    graph = graphs[cap]
    evidence, linked = _pairs(data, graph, train, rng)
    weights = fit_weights(evidence, linked)
    flagged = _flagged(graph, test)
    unseen, truly = _pairs(data, graph, test, rng)
    return LinksEvaluation(
        test=_flagging(data, test, flagged),
        train=tried[cap],
        precision_interval=_interval(data, flagged, rng),
        hub_cap=cap,
        least=LEAST,
        seed=seed,
        units={"train": len(units) - len(tested), "test": len(tested)},
        weights=weights,
        pairs=measure(truly, weights.chances(unseen)),
        pairs_n=len(truly),
    )


def _gathered(wallets: Iterable[str], names: Iterable[str]) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for wallet, name in zip(wallets, names, strict=True):
        found[wallet].add(name)
    return {wallet: frozenset(each) for wallet, each in found.items()}


def _units(names: Sequence[str], joined: Iterable[tuple[str, str]]) -> dict[str, str]:
    order = sorted(set(names))
    places = {name: place for place, name in enumerate(order)}
    net: rustworkx.PyGraph[str, None] = rustworkx.PyGraph(multigraph=False)
    net.add_nodes_from(order)
    net.add_edges_from_no_data([(places[one], places[other]) for one, other in joined])
    return {order[place]: order[min(part)] for part in rustworkx.connected_components(net) for place in part}


def _flagged(graph: Graph, side: frozenset[str]) -> frozenset[str]:
    """Listed wallets whose component has :data:`LEAST` listed wallets or more: what is listed counts, no label."""
    parts = [[wallet for wallet in part if wallet in side] for part in components(graph)]
    return frozenset(wallet for part in parts if len(part) >= LEAST for wallet in part)


def _flagging(data: LabelledWallets, side: frozenset[str], flagged: frozenset[str]) -> Flagging:
    labelled = sum(data.labelled[wallet] for wallet in side)
    right = sum(data.labelled[wallet] for wallet in flagged)
    precision, recall = (right / len(flagged) if flagged else None), (right / labelled if labelled else None)
    f1 = 2 * right / (len(flagged) + labelled) if flagged and labelled else None
    return Flagging(precision, recall, f1, len(side), len(flagged), labelled)


def _pairs(
    data: LabelledWallets, graph: Graph, side: frozenset[str], rng: np.random.Generator
) -> tuple[list[tuple[float, ...]], Floats]:
    """One candidate pair of each wallet, drawn: so that a group of 500 does not count as 125,000 pairs."""
    of: dict[str, list[Pair]] = defaultdict(list)
    known = Known({w: s for w, s in data.known.sources.items() if w in side}, data.known.started, data.known.volume)
    for pair in candidates(graph, known):
        if pair[0] in side and pair[1] in side:
            of[pair[0]].append(pair)
            of[pair[1]].append(pair)
    drawn = sorted({of[wallet][int(rng.integers(len(of[wallet])))] for wallet in sorted(of)})
    none: frozenset[str] = frozenset()
    linked = [
        data.labelled[one] and data.labelled[other] and bool(data.groups.get(one, none) & data.groups.get(other, none))
        for one, other in drawn
    ]
    return evidence_of(graph, known, drawn), np.array(linked, dtype=np.float64)


def _interval(data: LabelledWallets, flagged: frozenset[str], rng: np.random.Generator) -> tuple[float, float]:
    """Of the precision, by resampling units: wallets of one unit are right or wrong together."""
    by_unit: dict[str, list[bool]] = defaultdict(list)
    for wallet in sorted(flagged):
        by_unit[data.unit[wallet]].append(data.labelled[wallet])
    if not by_unit:
        return (0.0, 1.0)
    right = np.array([sum(found) for found in by_unit.values()], dtype=np.float64)
    size = np.array([len(found) for found in by_unit.values()], dtype=np.float64)
    drawn = rng.integers(len(size), size=(RESAMPLES, len(size)))
    low, high = np.quantile(right[drawn].sum(axis=1) / size[drawn].sum(axis=1), [0.05, 0.95]).tolist()
    return (low, high)
