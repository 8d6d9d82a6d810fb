"""``credence reputation shadow``: what a tariff would do to a venue's pseudonyms, before anybody is told of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING, Annotated, Any

import typer

from credence.service.cli.days import day_given
from credence.service.cli.exits import BadUsage, Failed, codes
from credence.service.cli.opening import opened
from credence.service.cli.options import AsJson, DataDir
from credence.service.cli.output import print_json, print_line, print_table
from credence.service.cli.tariff_file import read_tariff

if TYPE_CHECKING:
    from credence.service.verifier.tariff import Tariff
    from credence.service.verifier.terms.shadow import Row, Tally


def add_to(noun: typer.Typer) -> None:
    """Adds the command."""
    noun.command("shadow", epilog=codes("the tariff is refused, or nothing was reported", "no installation"))(shadow)


def shadow(
    tariff: Annotated[Path, typer.Option("--tariff", metavar="FILE", help="The new version, as JSON.")],
    client_id: Annotated[str, typer.Option("--client", metavar="CLIENT", help="The venue whose pseudonyms these are.")],
    kyc_level: Annotated[
        int | None,
        typer.Option("--kyc-level", min=0, max=3, metavar="0-3", help="What to assume of who answered no session."),
    ] = None,
    risk_tier: Annotated[
        str | None, typer.Option("--risk-tier", metavar="TIER", help="The same: low, standard or enhanced.")
    ] = None,
    instrument_class: Annotated[
        str, typer.Option("--class", metavar="CLASS", help="The instrument class that open positions are margined as.")
    ] = "btc_eth",
    as_of: Annotated[
        str | None, typer.Option("--as-of", metavar="DATE", help="The day to look from, such as 2025-03-07; default: today.")
    ] = None,
    rows: Annotated[bool, typer.Option("--rows", help="Every pseudonym by itself: for the venue alone.")] = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Say who would be priced otherwise and what it costs. Of fewer than 20 pseudonyms nothing is shown."""
    from credence.service.app.shadowing import accounts, active_tariff
    from credence.service.verifier.tariff.tables import RISK_TIERS
    from credence.service.verifier.terms import shadow as shadows

    if risk_tier is not None and risk_tier not in RISK_TIERS:
        raise BadUsage(f"--risk-tier is one of {', '.join(RISK_TIERS)}")
    today = None if as_of is None else day_given("--as-of", as_of)
    new = read_tariff(tariff)
    with opened(data_dir) as services:
        old = active_tariff(services, new.name)
        if old is None:
            raise Failed("there is no tariff of that name to compare it with")
        if instrument_class not in {row.name for row in new.instrument_classes}:
            raise BadUsage(f"--class is one of {', '.join(row.name for row in new.instrument_classes)}")
        told = accounts(
            services,
            client_id,
            kyc_level=kyc_level,
            risk_tier=risk_tier,
            instrument_class=instrument_class,
            today=today,
        )
        with spooled(rows=rows) as spool:
            tally = shadows.Tally()
            for row in shadows.compare(old, new, told):
                tally.add(row)
                spool.add(row)
            if not tally.total.pseudonyms:
                raise Failed(f"{client_id} reported of no pseudonym")
            _print(_report(old, new, tally), spool, as_json=as_json)


def _report(old: Tariff, new: Tariff, tally: Tally) -> dict[str, Any]:
    from credence.service.verifier.tariff.comparing import changes
    from credence.service.verifier.terms import shadow as shadows

    total, parts = tally.shown()
    return {
        "tariff": new.name,
        "from": {"version": old.version, "digest": old.digest},
        "to": {"version": new.version, "digest": new.digest},
        "k": shadows.K,
        "all": None if total is None else total.to_json(),
        "groups": [group.to_json() for group in parts],
        "volume_tiers": tally.volume_moves(),
        "changes": [change.to_json() for change in changes(old, new)],
    }


class Spool:
    """Rows on their way to be printed: in a file without a name, since there may be more of them than memory."""

    def __init__(self, file: IO[str] | None) -> None:
        self._file = file

    @property
    def is_asked_for(self) -> bool:
        """Whether rows are printed at all."""
        return self._file is not None

    def add(self, row: Row) -> None:
        """One more."""
        if self._file is not None:
            self._file.write(json.dumps(row.to_json()) + "\n")

    def lines(self) -> Iterator[str]:
        """Each as JSON, in the order in which they came."""
        if self._file is not None:
            self._file.seek(0)
            yield from (line.rstrip("\n") for line in self._file)


@contextmanager
def spooled(*, rows: bool) -> Iterator[Spool]:
    """A spool that is gone at the end; one that takes nothing where no ``rows`` are asked for."""
    if not rows:
        yield Spool(None)
        return
    with TemporaryFile("w+", encoding="utf-8") as file:
        yield Spool(file)


def _print(report: dict[str, Any], spool: Spool, *, as_json: bool) -> None:
    if not as_json:
        _show(report, spool)
    elif not spool.is_asked_for:
        print_json(report)
    else:
        head = json.dumps(report, indent=2).removesuffix("\n}")
        print_line(f'{head},\n  "rows": [')
        end = ""
        for line in spool.lines():
            if end:
                print_line(f"{end},")
            end = f"    {line}"
        print_line(f"{end}\n  ]\n}}")


_COLUMNS = ("group", "pseudonyms", "better", "worse", "mixed", "same")
_ROW_COLUMNS = ("pseudonym", "group", "effect", "taker ppm", "fees USD", "initial margin USD")
_CHANGES = ("fees_change_usd", "initial_margin_change_usd", "maintenance_margin_change_usd")


def _show(report: dict[str, Any], spool: Spool) -> None:
    print_line(f"{report['tariff']}: version {report['from']['version']} to version {report['to']['version']}")
    for change in report["changes"]:
        more = f" (and {change['places'] - 1} more)" if change["places"] > 1 else ""
        print_line(
            f"- {change['part']} {change['direction']}: {change['where']}: {change['before']} -> {change['after']}{more}"
        )
    if report["all"] is None:
        print_line(f"fewer than {report['k']} pseudonyms: no totals are shown")
    else:
        lines = [*report["groups"], report["all"]]
        columns = (*_COLUMNS, "fees USD", "initial margin USD", "maintenance margin USD")
        print_table(columns, [[_cell(line[name]) for name in (*_COLUMNS, *_CHANGES)] for line in lines])
    for move, count in report["volume_tiers"].items():
        print_line(f"{move}: {count}")
    if spool.is_asked_for:
        print_line("  ".join(_ROW_COLUMNS))
    for line in spool.lines():
        print_line("  ".join(_row(json.loads(line))))


def _cell(value: Any) -> str:
    return "-" if value is None else str(value)


def _row(row: dict[str, Any]) -> list[str]:
    pairs = [(row["before"][name], row["after"][name]) for name in ("taker_ppm", "fees_usd", "initial_margin_usd")]
    return [row["pseudonym"], row["group"], row["effect"], *(f"{old} -> {new}" for old, new in pairs)]
