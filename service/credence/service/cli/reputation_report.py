"""``credence reputation report``: what the risk desk keeps, as one HTML file and the JSON behind it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from credence.service.cli.days import day_given
from credence.service.cli.exits import BadUsage, codes
from credence.service.cli.options import AsJson, DataDir
from credence.service.cli.output import note, print_facts, print_json
from credence.service.cli.tariff_file import tariff_or_shipped

if TYPE_CHECKING:
    from collections.abc import Mapping

    from credence.service.reputation.risk_report.making import Beside
    from credence.service.reputation.risk_report.population import Population

_HTML = "report.html"
_JSON = "report.json"


def add_to(noun: typer.Typer) -> None:
    """Adds the command."""
    noun.command("report", epilog=codes("the tariff is refused", "no installation"))(report)


def report(
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="The folder that report.html and report.json go to.")],
    client_id: Annotated[
        str | None, typer.Option("--client", metavar="CLIENT", help="The venue whose pseudonyms these are.")
    ] = None,
    days: Annotated[
        Path | None, typer.Option("--days", metavar="FILE", help="A table instead of what was reported; kept nowhere.")
    ] = None,
    mapping: Annotated[
        str, typer.Option("--mapping", metavar="NAME|FILE", help="Which column of --days is what, as for ingest.")
    ] = "simulated-account-days",
    as_of: Annotated[
        str | None,
        typer.Option(
            "--as-of", metavar="DATE", help="The day to report as of; default: today, or the day after --days ends."
        ),
    ] = None,
    positions: Annotated[
        Path | None,
        typer.Option("--positions", metavar="FILE", help="Open positions, as credence reputation stress has them."),
    ] = None,
    depth: Annotated[
        float, typer.Option("--depth", metavar="USD", help="What moves a price by 1 %, once closed.")
    ] = 1_000_000.0,
    insurance: Annotated[float, typer.Option("--insurance", metavar="USD", help="The insurance fund.")] = 0.0,
    transfers: Annotated[
        Path | None,
        typer.Option("--transfers", metavar="FILE", help="src, dst, chain, as credence reputation links has them."),
    ] = None,
    own: Annotated[
        Path | None,
        typer.Option("--own", metavar="FILE", help="The venue's wallets, for --transfers; default: all of them."),
    ] = None,
    tariff: Annotated[
        Path | None,
        typer.Option("--tariff", metavar="FILE", help="What attacks are tried on; default: the live one, or that shipped."),
    ] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Write the report of a venue's accounts: how right beliefs were, where accounts stand, what could happen.

    The same accounts and options give the same bytes. Nothing is said of fewer than 20 accounts.
    """
    from credence.service.reputation.risk_report.making import make_report, report_id, written
    from credence.service.reputation.risk_report.page.whole import page_of

    if (client_id is None) == (days is None):
        raise BadUsage("--client or --days says whose accounts these are, one of them")
    if own is not None and transfers is None:
        raise BadUsage("--own goes with --transfers")
    day = None if as_of is None else day_given("--as-of", as_of)
    if days is None:
        venue = client_id or ""
        found, live = _reported(venue, day, data_dir, tariff is None)
    else:
        found, live, venue = _table(days, mapping, day), None, days.name
    beside = _beside(live or _attacks(tariff), positions, transfers, own, depth, insurance)
    document = make_report(found, venue, beside)
    out.mkdir(parents=True, exist_ok=True)
    (out / _HTML).write_text(page_of(document), encoding="utf-8", newline="")
    (out / _JSON).write_text(written(document), encoding="utf-8", newline="")
    _show(document, report_id(document), out, as_json)


def _show(document: Mapping[str, Any], name: str, out: Path, as_json: bool) -> None:
    shown = [figure for figure, told in document["figures"].items() if told["found"] is not None]
    missing = {figure: told["missing"] for figure, told in document["figures"].items() if told["found"] is None}
    source = document["source"]
    if as_json:
        told = {"report": name, "html": str(out / _HTML), "json": str(out / _JSON), "as_of": document["as_of"]}
        print_json({**told, "data": source["label"], "accounts": source["accounts"], "shown": shown, "missing": missing})
        return
    print_facts(
        {
            "report": str(out / _HTML),
            "json": str(out / _JSON),
            "as of": document["as_of"],
            "data": source["label"],
            "accounts": f"{source['accounts']}, {source['account_days']} account-days",
            "figures": ", ".join(shown),
        }
    )
    for figure, words in missing.items():
        note(f"without {figure}, which takes: {words}")


def _reported(
    client_id: str, day: int | None, data_dir: Path | None, attacked: bool
) -> tuple[Population, Mapping[str, Any] | None]:
    """The accounts of an installation's venue, and what attacks gain on its live tariff where that is wanted."""
    from credence.service.app.attacked import attacked_by
    from credence.service.cli.reputation_desk import open_reputation
    from credence.service.reputation.risk_report.reading import read_reported

    with open_reputation(data_dir) as desk:
        found = read_reported(desk, client_id, desk.services.clock() // 86_400 if day is None else day)
        return found, attacked_by(desk.services) if attacked else None


def _table(path: Path, mapping: str, day: int | None) -> Population:
    from credence.service.clock import system_clock
    from credence.service.reputation.ingesting import EventMapping, load_mapping
    from credence.service.reputation.risk_report.reading import read_accounts

    named = load_mapping(mapping)
    if not isinstance(named, EventMapping):
        raise BadUsage("--mapping is one of a market, and not of accounts")
    if not path.is_file():
        raise BadUsage("there is no such file")
    return read_accounts(path, named, day, now=system_clock())


def _beside(
    attacks: Mapping[str, Any],
    positions: Path | None,
    transfers: Path | None,
    own: Path | None,
    depth: float,
    insurance: float,
) -> Beside:
    from credence.service.reputation.risk_report.making import Beside
    from credence.service.reputation.stress.cascade import read_book

    book = None if positions is None else read_book(positions)
    links = None if transfers is None else _links(transfers, own)
    return Beside(attacks, book, links, depth=depth, insurance=insurance)


def _links(transfers: Path, own: Path | None) -> Mapping[str, Any]:
    from credence.service.reputation.links.graph import graph_of
    from credence.service.reputation.links.judging import judge
    from credence.service.reputation.links.reading import read_own, read_transfers
    from credence.service.reputation.risk_report.parts import linked

    graph = graph_of(read_transfers(transfers))
    listed, known = (frozenset(graph.counterparties), None) if own is None else read_own(own)
    return linked(judge(graph, listed, known))


def _attacks(tariff: Path | None) -> Mapping[str, Any]:
    from credence.service.app.attack_venue import attacks_on

    return attacks_on(tariff_or_shipped(tariff)).to_json()
