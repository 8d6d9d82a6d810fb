"""``credence reputation ingest``: a venue's table becomes events, in the installation's folder."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from credence.service.cli.exits import BadUsage, Failed, codes
from credence.service.cli.opening import opened
from credence.service.cli.options import AsJson, DataDir
from credence.service.cli.output import note, print_facts, print_json
from credence.service.cli.progress import progress

if TYPE_CHECKING:
    from credence.service.reputation.ingesting.taking import Reject
    from credence.service.runtime import Services

_SHOWN: Final = 10
"""Rejects that are shown; a file of them has all."""


def add_to(noun: typer.Typer) -> None:
    """Adds the command."""
    noun.command("ingest", epilog=codes("there is no such client, or lines were rejected", "no installation"))(ingest)


def ingest(
    file: Annotated[Path, typer.Argument(metavar="FILE", help=".csv, .ndjson, .jsonl or .parquet.")],
    mapping: Annotated[str, typer.Option("--mapping", metavar="NAME|FILE", help="A shipped mapping, or a file with one.")],
    client_id: Annotated[
        str | None, typer.Option("--client", metavar="CLIENT", help="The venue whose accounts these are.")
    ] = None,
    rejects: Annotated[
        Path | None, typer.Option("--rejects", metavar="FILE", help="Where rejected lines go: number and reason, as NDJSON.")
    ] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Take a table in. Who is interrupted gives the same command again; who repeats it changes nothing."""
    from credence.service.reputation.desk import open_desk
    from credence.service.reputation.ingesting import HazardMapping, load_mapping
    from credence.service.reputation.ingesting.taking import take_file, take_hazards

    found = load_mapping(mapping)
    if not file.is_file():
        raise BadUsage("there is no such file")
    with opened(data_dir) as services, ExitStack() as stack:
        desk = open_desk(services)
        if isinstance(found, HazardMapping):
            rows, new, days = take_hazards(desk, file, found)
            _show({"mapping": found.name, "series": found.series, "rows": rows, "new": new, "days": days}, as_json)
            return
        if client_id is None:
            raise BadUsage("--client says whose accounts these are")
        _require_client(services, client_id)
        tell = stack.enter_context(progress())
        taken = take_file(desk, client_id, file, found, tell=tell, reject=_writing(rejects, stack))
    counts: dict[str, str | int] = {
        "mapping": found.name,
        "rows": taken.rows,
        "accepted": taken.accepted,
        "duplicates": taken.duplicates,
        "rejected": taken.rejected,
        "resumed_at": taken.resumed_at,
    }
    _show(counts, as_json)
    if taken.rejected:
        raise Failed(f"{taken.rejected} of {taken.rows} lines were rejected")


def _writing(path: Path | None, stack: ExitStack) -> Callable[[Reject], None]:
    """Writes rejects to a file, after what an earlier run wrote; else shows the first of them."""
    if path is not None:
        file = stack.enter_context(path.open("a", encoding="utf-8"))
        return lambda reject: print(json.dumps(reject.to_json()), file=file, flush=True)
    shown = 0

    def show(reject: Reject) -> None:
        nonlocal shown
        shown += 1
        if shown <= _SHOWN:
            where = f", {reject.field}" if reject.field else ""
            note(f"line {reject.line}: {reject.reason}{where}")
        elif shown == _SHOWN + 1:
            note("more lines were rejected; --rejects FILE keeps all of them")

    return show


def _show(counts: dict[str, str | int], as_json: bool) -> None:
    if as_json:
        print_json(counts)
    else:
        print_facts({name.replace("_", " "): str(value) for name, value in counts.items()})


def _require_client(services: Services, client_id: str) -> None:
    """Raises :class:`Failed` for a client that is unknown or revoked."""
    from credence.service.auth import records

    with services.store("auth").reading() as session:
        client = records.find_client(session, client_id)
    if client is None or client.revoked_at is not None:
        raise Failed(f"there is no client {client_id}: credence client register makes one")
