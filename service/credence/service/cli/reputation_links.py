"""``credence reputation links`` and ``evaluate links``: wallets that are probably one person's, and how good that is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from credence.service.cli.exits import codes
from credence.service.cli.options import AsJson
from credence.service.cli.output import note, print_facts, print_json, print_table

if TYPE_CHECKING:
    from credence.service.reputation.links.judging import LinkReport


def add_to(noun: typer.Typer, evaluate: typer.Typer) -> None:
    """Adds both commands."""
    noun.command("links", epilog=codes("nothing can be told of the tables"))(links)
    evaluate.command("links", epilog=codes("nothing can be fitted or measured"))(evaluated)


def links(
    transfers: Annotated[Path, typer.Argument(metavar="FILE", help="Transfers: src, dst and, if there are any, chain.")],
    own: Annotated[
        Path | None, typer.Option("--own", metavar="FILE", help="Your wallets: wallet, started, volume. Else all are.")
    ] = None,
    hub_cap: Annotated[
        int, typer.Option("--hub-cap", metavar="N", help="More counterparties make a hub, which links nobody.")
    ] = 40,
    least: Annotated[
        int, typer.Option("--least", metavar="N", help="Own wallets that hang together and are aggregated.")
    ] = 10,
    positions: Annotated[
        Path | None,
        typer.Option("--positions", metavar="FILE", help="wallet, instrument_class, notional_usd: what to state of groups."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Wallets that hang together by transfers, how likely each link is, and why. Limits aggregate; nobody is refused."""
    from credence.service.reputation.links.graph import graph_of
    from credence.service.reputation.links.judging import judge
    from credence.service.reputation.links.reading import read_own, read_transfers
    from credence.service.reputation.links.stating import read_held, statements

    graph = graph_of(read_transfers(transfers), hub_cap)
    listed, known = (frozenset(graph.counterparties), None) if own is None else read_own(own)
    report = judge(graph, listed, known, least=least)
    stated = () if positions is None else statements(report, read_held(positions))
    if as_json:
        told = {wallet: each.to_json() for each in stated for wallet in each.wallets}
        print_json(report.to_json() if positions is None else {**report.to_json(), "statements": told})
        return
    _show(report)
    for each in stated:
        held = ", ".join(f"{each.positions[name]:,} USD of {name}" for name in sorted(each.positions))
        note(f"state of each of the {len(each.wallets)} wallets: account {each.account}, {held}")


def _show(report: LinkReport) -> None:
    joined = [cluster for cluster in report.clusters if cluster.aggregated]
    rows = [
        (
            str(number),
            *link.pair,
            f"{link.probability:.2f}",
            "; ".join(each.words for each in link.reasons if each.effect > 0),
        )
        for number, cluster in enumerate(joined, start=1)
        for link in cluster.links
    ]
    print_table(("group", "wallet", "wallet", "probability", "because"), rows)
    print_facts(
        {
            "wallets": str(report.n),
            "aggregated": f"{len(joined)} groups of {report.least} or more",
            "smaller groups": f"{len(report.clusters) - len(joined)}, which change nothing",
            "hubs": f"{report.hubs}, with more than {report.hub_cap} counterparties",
            "weights": report.weights,
        }
    )
    note(report.limits)


def evaluated(
    data: Annotated[
        Path, typer.Option("--data", metavar="DIR", help="transfers.csv, labels.csv, groups.csv, and connectors.csv.")
    ],
    seed: Annotated[int, typer.Option("--seed", metavar="N", min=0, help="Of the split by group.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Flagged wallets against a published label, on groups that nothing was tuned on."""
    from credence.service.reputation.evaluation.links import evaluate_links

    report = evaluate_links(data, seed=seed)
    if as_json:
        print_json(report.to_json())
        return
    low, high = report.precision_interval
    shown = {"precision": report.test.precision, "recall": report.test.recall, "F1": report.test.f1}
    print_facts(
        {
            **{name: "undefined" if value is None else f"{value:.3f}" for name, value in shown.items()},
            "precision, 5-95 %": f"{low:.3f} to {high:.3f}, over groups",
            "wallets": f"{report.test.n} measured, {report.test.flagged} flagged, {report.test.labelled} labelled",
            "hub cap": f"{report.hub_cap}, chosen on the other groups",
            "link probability": f"AUC {report.pairs.auc or 0:.3f}, ECE {report.pairs.ece:.3f}, {report.pairs_n} pairs",
        }
    )
    note("limits aggregate, nobody is refused; " + report.to_json()["limit"])
