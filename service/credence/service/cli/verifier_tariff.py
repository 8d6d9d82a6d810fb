"""``credence verifier tariff``: what a tariff asks, what a new version would change, and from when it counts."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from credence.service.cli.exits import BadUsage, Failed, codes
from credence.service.cli.opening import opened
from credence.service.cli.options import AsJson, DataDir
from credence.service.cli.output import note, print_json, print_line, print_table
from credence.service.cli.tariff_file import read_tariff

if TYPE_CHECKING:
    from sqlmodel import Session

    from credence.service.verifier.tariff.tables import TangentPair

tariff: Final = typer.Typer(help="Versions of the tables of fees and margin.", no_args_is_help=True)

TariffFile = Annotated[Path, typer.Argument(metavar="FILE", help="A tariff as JSON; - is standard input.")]


def add_to(verifier: typer.Typer) -> None:
    """Adds the noun under ``credence verifier``."""
    verifier.add_typer(tariff, name="tariff")


@tariff.command(epilog=codes("the tariff or its time is refused, or an attack gains on it", "no installation"))
def announce(
    file: TariffFile,
    at: Annotated[
        int | None,
        typer.Option("--at", metavar="SECONDS", help="Count from this unix time; default: the end of the notice."),
    ] = None,
    at_once: Annotated[
        bool, typer.Option("--at-once", help="Count from now: only a version that is cheaper and changes nothing else may.")
    ] = False,
    despite: Annotated[
        bool, typer.Option("--despite-attacks", help="Announce it although an attack gains on it; that is logged.")
    ] = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Announce a version of a tariff: signed, in the log, active after its notice. It cannot be taken back.

    Before that, attacks are run on it (credence reputation evaluate attacks), which takes some seconds.
    """
    from credence.service.cli.tariff_attacks import refuse_paying
    from credence.service.verifier import tariff_versions
    from credence.service.verifier.tariff import load_tariffs

    found = read_tariff(file)
    with opened(data_dir) as services:
        report = refuse_paying(found, despite=despite)
        tariffs = load_tariffs(services.settings.tariff_dir)

        def work(session: Session) -> tariff_versions.Announced:
            tariff_versions.begin(session, services, tariffs)  # where no verifier was started yet
            return tariff_versions.announce(session, services, found, activates_at=at, at_once=at_once)

        made = services.store("verifier").run(work)
    if as_json:
        print_json(
            {
                "name": made.row.name,
                "version": made.row.version,
                "digest": made.row.digest.hex(),
                "is_new": made.is_new,
                "announced_at": made.row.announced_at,
                "activates_at": made.row.activates_at,
                "changes": [change.to_json() for change in made.changes],
                "attacks": {"holds": report.holds, "gains": report.to_json()["gains"]},
            }
        )
        return
    note("announced" if made.is_new else "it was announced already")
    print_line(f"{made.row.name}, version {made.row.version}, counts from {_time(made.row.activates_at)}")
    for change in made.changes:
        print_line(f"- {change.text()}")
    if not made.changes:
        print_line("- nobody is priced otherwise")


@tariff.command(epilog=codes("there is no such tariff", "no installation"))
def status(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The tariff's name.")] = "perp-default",
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Show the versions of a tariff, which one is active, and from when the others count."""
    from credence.service.verifier import records, tariff_versions

    with opened(data_dir) as services, services.store("verifier").reading() as session:
        rows = records.tariff_versions(session, name)
        if not rows:
            raise Failed("there is no such tariff: the first version is announced when the verifier starts")
        listing = tariff_versions.listing(services, rows)
    if as_json:
        print_json(listing)
        return
    print_table(
        ("version", "state", "announced", "counts from", "digest"),
        [_row(version) for version in listing["versions"]],
    )


@tariff.command(name="tangents", epilog=codes("the tariff is refused, or has no tangents"))
def show_tangents(
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="Check those of this tariff; default: compute them anew.")
    ] = None,
    score: Annotated[
        list[int] | None, typer.Option("--score", metavar="POINTS", help="A score to compute them for; repeatable.")
    ] = None,
    prior: Annotated[str, typer.Option("--prior", metavar="A", help="Prior of the belief.")] = "2",
    hazard: Annotated[str, typer.Option("--hazard", metavar="H", help="Hazard of a liquidation within 30 days.")] = "0.02",
    as_json: AsJson = False,
) -> None:
    """Show the two lines of each score that a bound over several venues is proven by, and what they lose.

    A line is inside the exact bound for any number of events. With --json it is what a tariff has under posterior. Needs no
    installation.
    """
    from credence.service.verifier.tariff import TariffError
    from credence.service.verifier.tariff.amounts import parse_decimal
    from credence.service.verifier.tariff.tangents import DEFAULT_SCORES, check_exact, table, to_json

    try:
        if file is not None:
            found = read_tariff(file)
            check_exact(found)
            said = found.posterior
        else:
            said = table(tuple(score or DEFAULT_SCORES), prior=parse_decimal(prior), hazard=parse_decimal(hazard))
    except TariffError as error:
        raise Failed(f"the tariff is refused: {error}") from error
    except ValueError as error:
        raise BadUsage("a score is from 301 to 850, a prior from 0.5 to 1000, a hazard above 0 and at most 1") from error
    if said is None:
        raise Failed("the tariff has no tangents")
    if as_json:
        print_json(to_json(said))
        return
    print_line(f"prior {said.prior}, hazard {said.hazard} in 30 days, loss up to {said.most_events} events")
    print_table(("score", "evidence >= alpha + beta x events", "or", "loss, points"), [_tangents(row) for row in said.rows])


def _tangents(row: TangentPair) -> tuple[str, ...]:
    lines = (f"{alpha / 1000:.3f} + {beta / 1000:.3f} x events" for alpha, beta in row.lines)
    return (str(row.score), *lines, f"{row.loss:.2f}")


def _row(version: dict[str, Any]) -> tuple[str, ...]:
    times = (_time(version[name]) for name in ("announced_at", "activates_at"))
    return (str(version["version"]), version["state"], *times, version["digest"][:16])


def _time(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
