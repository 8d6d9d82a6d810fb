"""``credence verifier tariff``: what a tariff asks, what a new version would change, and from when it counts."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from credence.service.cli.documents import read_text
from credence.service.cli.exits import Failed, codes
from credence.service.cli.opening import opened
from credence.service.cli.options import AsJson, DataDir
from credence.service.cli.output import note, print_json, print_line, print_table

if TYPE_CHECKING:
    from sqlmodel import Session

    from credence.service.verifier.tariff import Tariff

tariff: Final = typer.Typer(help="Versions of the tables of fees and margin.", no_args_is_help=True)

TariffFile = Annotated[Path, typer.Argument(metavar="FILE", help="A tariff as JSON; - is standard input.")]


def add_to(verifier: typer.Typer) -> None:
    """Adds the noun under ``credence verifier``."""
    verifier.add_typer(tariff, name="tariff")


@tariff.command(epilog=codes("the tariff or its time is refused", "no installation"))
def announce(
    file: TariffFile,
    at: Annotated[
        int | None,
        typer.Option("--at", metavar="SECONDS", help="Count from this unix time; default: the end of the notice."),
    ] = None,
    at_once: Annotated[
        bool, typer.Option("--at-once", help="Count from now: only a version that is cheaper and changes nothing else may.")
    ] = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Announce a version of a tariff: signed, in the log, active after its notice. It cannot be taken back."""
    from credence.service.verifier import tariff_versions
    from credence.service.verifier.tariff import load_tariffs

    found = _read(file)
    with opened(data_dir) as services:
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


def _row(version: dict[str, Any]) -> tuple[str, ...]:
    times = (_time(version[name]) for name in ("announced_at", "activates_at"))
    return (str(version["version"]), version["state"], *times, version["digest"][:16])


def _read(file: Path) -> Tariff:
    from credence.service.verifier.tariff import TariffError, parse_tariff

    try:
        return parse_tariff(read_text(file, "the tariff").encode())
    except TariffError as error:
        raise Failed(f"the tariff is refused: {error}") from error


def _time(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
