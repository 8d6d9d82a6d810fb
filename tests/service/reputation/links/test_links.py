"""Is a link told with its reasons, does a hub link nobody, and do limits aggregate and nothing else?"""

from __future__ import annotations

import json
from decimal import Decimal
from importlib import resources
from itertools import permutations

import pytest

from credence.service.reputation.links.evidence import KINDS, Known, candidates, evidence_of
from credence.service.reputation.links.graph import LinksRefused, Transfer, components, graph_of
from credence.service.reputation.links.judging import aggregated, judge
from credence.service.reputation.links.weights import fit_weights, parse_weights, shipped_weights

STAR = [Transfer("a", name) for name in "bcdefghijkl"]


def test_what_hangs_together_does_so_in_any_order() -> None:
    chain = [Transfer("a", "b"), Transfer("c", "b"), Transfer("x", "y")]
    for order in permutations([*chain, chain[0]]):
        assert components(graph_of(order)) == (("a", "b", "c"), ("x", "y"))
    assert components(graph_of([Transfer("a", "a")])) == ()


def test_a_hub_links_nobody_and_belongs_nowhere() -> None:
    assert len(components(graph_of(STAR, 11))[0]) == 12
    hub = graph_of(STAR, 10)
    assert (hub.hubs, components(hub), candidates(hub, Known.nothing())) == (frozenset("a"), (), ())
    with pytest.raises(LinksRefused, match="hub cap"):
        graph_of(STAR, 1)


def test_evidence_is_counted_by_its_names() -> None:
    graph = graph_of(
        [Transfer("a", "b", "one"), Transfer("b", "a", "two"), Transfer("a", "c", "one"), Transfer("c", "b", "one")]
    )
    known = Known(
        {"a": frozenset("s"), "b": frozenset("s")}, {"a": 0, "b": 3_600, "c": 90_000}, {"a": 100.0, "b": 91.0, "c": 80.0}
    )
    assert candidates(graph, known) == (("a", "b"), ("a", "c"), ("b", "c"))
    one, other, _ = (dict(zip(KINDS, row, strict=True)) for row in evidence_of(graph, known, candidates(graph, known)))
    assert (one["direct"], one["both_ways"], one["more_chains"]) == (1, 1, 1)
    assert (one["shared_counterparties"], one["shared_sources"], one["alike_volume"]) == (1, 1, 1)
    assert (one["started_within_an_hour"], one["started_within_a_day"]) == (1, 1)
    assert (other["both_ways"], other["shared_sources"], other["alike_volume"], other["started_within_a_day"]) == (
        0,
        0,
        0,
        0,
    )
    assert one["same_component"] == pytest.approx(1.585, abs=1e-3)


def test_a_source_that_everybody_has_links_nobody() -> None:
    graph = graph_of([], 2)
    shared = {name: frozenset({"bank"}) for name in "abc"}
    assert candidates(graph, Known(shared, {}, {})) == ()
    assert candidates(graph, Known({name: shared[name] for name in "ab"}, {}, {})) == (("a", "b"),)


def test_a_component_of_ten_of_ours_is_aggregated_with_reasons() -> None:
    started = dict.fromkeys("abcdefghijkl", 1000)
    report = judge(graph_of(STAR), set("abcdefghij"), Known({}, started, {}))
    (cluster,) = report.clusters
    assert (cluster.aggregated, cluster.listed, len(cluster.wallets), report.n) == (True, 10, 12, 10)
    assert report.flagged == set("abcdefghijkl")
    assert all(0.5 < link.probability < 1 for link in cluster.links)
    assert {wallet for link in cluster.links for wallet in link.pair} == set(cluster.wallets)
    assert [reason.kind for reason in cluster.links[0].reasons][:2] == ["same_component", "started_within_a_day"]
    assert "began within a day" in cluster.links[0].reasons[1].words
    assert "nobody is refused" in report.to_json()["limits"]
    nine = judge(graph_of(STAR), set("abcdefghi"))
    assert (nine.clusters[0].aggregated, nine.flagged) == (False, frozenset())


def test_limits_aggregate_by_person_and_by_nothing_else() -> None:
    report = judge(graph_of([*STAR, Transfer("x", "y")]), set("abcdefghijklxy"))
    found = aggregated(
        report, [("b", Decimal(5)), ("c", Decimal(7)), ("x", Decimal(1)), ("y", Decimal(2)), ("z", Decimal(3))]
    )
    assert found == {"a": 12, "x": 1, "y": 2, "z": 3}


def test_what_began_together_is_likelier() -> None:
    apart, together = Known({}, {}, {}), Known({}, dict.fromkeys("abcdefghijkl", 5), dict.fromkeys("abcdefghijkl", 9.0))
    chances = [judge(graph_of(STAR), set("ab"), known).clusters[0].links[0].probability for known in (apart, together)]
    assert chances[0] < chances[1]


def test_no_evidence_speaks_against() -> None:
    zero, full = [0.0] * len(KINDS), [1.0] * len(KINDS)
    fitted = fit_weights([zero, full, zero, full, zero], [1, 0, 1, 0, 0])
    assert min(fitted.weight.values()) == 0 == max(fitted.weight.values())
    assert max(fit_weights([zero, full] * 9, [0, 1] * 9).weight.values()) > 0.3
    with pytest.raises(LinksRefused, match="linked and pairs that are not"):
        fit_weights([zero, full], [1, 1])


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"base": 1}, "base"),
        ({"base": "nan"}, "base"),
        ({"version": True}, "version"),
        ({"weights": "Links"}, "weights"),
        ({"more": "1"}, "members"),
        ({"weight": {"direct": "1"}}, "weight"),
        ({"weight": dict.fromkeys(KINDS, "-1")}, "weight"),
    ],
)
def test_a_file_of_weights_is_read_strictly(change: dict[str, object], word: str) -> None:
    package = resources.files("credence.service.reputation.links") / "shipped" / "links-default.json"
    whole = json.loads(package.read_bytes())
    assert parse_weights(json.dumps(whole).encode()) == shipped_weights()
    with pytest.raises(LinksRefused, match=f"{word} is not"):
        parse_weights(json.dumps(whole | change).encode())
