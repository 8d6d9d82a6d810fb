"""``credence issuer lists``: sanctions lists, imported, looked at and compared."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from credence.service.cli.exits import BadUsage, Failed, codes
from credence.service.cli.opening import settings_of
from credence.service.cli.options import AsJson, DataDir
from credence.service.cli.output import note, print_facts, print_json, print_table
from credence.service.cli.progress import progress
from credence.service.cli.reviews import mark_after_import

if TYPE_CHECKING:
    from credence.service.adapters.list_folder import ListFolder
    from credence.service.screening.lists import SanctionsList

lists: Final = typer.Typer(help="Import sanctions lists, see which are searched, and what changed.", no_args_is_help=True)

SHOWN: Final = 20
"""Entries of a difference that are named where nobody asked for JSON."""


@lists.command("import", epilog=codes("the name is taken by the settings", "the list cannot be read whole"))
def import_list(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What the list is called in results, such as ofac.")],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file as it was published.")],
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Import a list: from now on this version of it is searched. Its format is told by its beginning.

    OFAC sdn.csv (with alt.csv and add.csv beside it) and XML, United Nations XML, European Union XML, UK XML, or a list of
    your own. A running service searches it after its next start.
    """
    from credence.service.adapters.list_folder import NAME, ListFolder
    from credence.service.adapters.list_formats import UNSEEN, format_of, read_any
    from credence.service.clock import system_clock
    from credence.service.screening.lists import compare_lists

    settings = settings_of(data_dir)
    if not NAME.fullmatch(name):
        raise BadUsage("a list's name has lower-case letters, digits, dots, dashes and underscores")
    if name in settings.screening_lists:
        raise Failed(f"CREDENCE_SCREENING_LISTS names a file for {name}: take it out there first")
    folder = ListFolder(settings.data_dir)
    before = folder.newest().get(name)
    with progress() as tell:
        found = read_any(name, file, partial(tell, name))
    delta = None if before is None else compare_lists(folder.read(before), found)
    kept, is_new = folder.keep(found, format_of(file), system_clock())
    due = mark_after_import(settings, data_dir)  # also for a version that is here: marking it may have failed
    shown: dict[str, Any] = {
        "name": kept.name,
        "version": kept.version,
        "digest": kept.digest,
        "format": kept.format,
        "published": kept.published or None,
        "entries": kept.entries,
        "is_new": is_new,
        "added": None if delta is None else len(delta.added),
        "removed": None if delta is None else len(delta.removed),
        "changed": None if delta is None else len(delta.changed),
        "holders_due": due,
    }
    if as_json:
        print_json(shown)
        return
    print_facts({key.replace("_", " "): str(value) for key, value in shown.items() if value is not None})
    if kept.format in UNSEEN:
        note(f"{kept.format} was written from a schema and not seen against a published file: look at the entries")
    if is_new:
        note("a running service searches it after its next start")


@lists.command("status", epilog=codes("it cannot be done", "a list cannot be read whole"))
def status(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Read every list that is searched, and show its version, age, digest and number of entries."""
    from credence.service.adapters.configured import screening_lists
    from credence.service.adapters.list_folder import ListFolder

    settings = settings_of(data_dir)
    imported = ListFolder(settings.data_dir).newest()
    with progress() as tell:
        read = screening_lists(settings, tell)
    found = [
        {
            **item.version.to_json(),
            "entries": len(item.entries),
            "published": None if item.published is None else item.published.isoformat(),
            "source": "file" if (kept := imported.get(item.version.name)) is None else "imported",
            "imported_at": None if kept is None else kept.imported_at,
        }
        for item in read
    ]
    if as_json:
        print_json({"lists": found})
        return
    if not found:
        note("no list is searched: every case waits for a person (credence issuer lists import)")
    rows = (
        (
            str(item["name"]),
            str(item["version"]),
            str(item["published"] or "unknown"),
            "a file of the settings" if (kept := imported.get(str(item["name"]))) is None else _moment(kept.imported_at),
            str(item["entries"]),
            str(item["digest"]),
        )
        for item in found
    )
    print_table(("list", "version", "published", "imported", "entries", "SHA-256"), rows)


@lists.command("diff", epilog=codes("it cannot be done", "a list cannot be read whole"))
def diff(
    old: Annotated[str, typer.Argument(metavar="OLD", help="A file, or NAME@VERSION of an imported list.")],
    new: Annotated[str | None, typer.Argument(metavar="[NEW]", help="The same; default: the last two of OLD.")] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Compare two versions of a list: which entries came, which went, and of which the names, dates or countries changed."""
    from credence.service.adapters.list_folder import ListFolder
    from credence.service.screening.lists import compare_lists

    folder = ListFolder(settings_of(data_dir).data_dir)
    with progress() as tell:
        before, after = (
            _last_two(folder, old) if new is None else tuple(_resolved(folder, item, tell) for item in (old, new))
        )
    delta = compare_lists(before, after)
    if as_json:
        print_json({"from": before.version.to_json(), "to": after.version.to_json(), **delta.to_json()})
        return
    print_facts({"from": before.version.version, "to": after.version.version})
    changed = [f"{entry_id} ({', '.join(members)})" for entry_id, members in delta.changed.items()]
    for what, entries in (("added", delta.added), ("removed", delta.removed), ("changed", tuple(changed))):
        rest = f" and {len(entries) - SHOWN} more" if len(entries) > SHOWN else ""
        print_facts({what: f"{len(entries)}{': ' if entries else ''}{', '.join(entries[:SHOWN])}{rest}"})


def _last_two(folder: ListFolder, name: str) -> tuple[SanctionsList, SanctionsList]:
    versions = folder.versions(name)
    if len(versions) < 2:
        raise BadUsage(f"{name} was not imported twice: name two files, or NAME@VERSION")
    return folder.read(versions[-2]), folder.read(versions[-1])


def _resolved(folder: ListFolder, item: str, tell: Any) -> SanctionsList:
    from credence.service.adapters.list_formats import read_any

    name, separator, wanted = item.rpartition("@")
    if separator and not Path(item).exists():
        for version in reversed(folder.versions(name)):
            if wanted in (version.version, version.digest):
                return folder.read(version)
        raise BadUsage(f"no such version was imported: {item}")
    return read_any("list", Path(item), partial(tell, item))


def _moment(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M")
