"""The screening lists: imported as ``credence issuer lists import`` does it, and who will apply under names on them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Final

from credence.service.adapters.list_folder import ListFolder
from credence.service.adapters.list_formats import format_of, read_any
from credence.service.demo.cast import OnList
from credence.service.demo.real_input import first_listed, first_mistyped
from credence.service.demo.report import Journal, ListRead
from credence.service.demo.world import World
from credence.service.sandbox.persons import LISTED, LISTED_NAMES
from credence.service.screening.lists import SanctionsList

OFAC: Final = "ofac-sdn"
UN: Final = "un-consolidated"
INVENTED: Final = "invented"
"""The lists' names: the real ones, and the one that comes with the demo."""


def import_lists(world: World, journal: Journal) -> None:
    """The lists, and who will apply under a name that is on one of them."""
    world.data_dir.mkdir(mode=0o700)
    found = _import(world, journal, *((INVENTED, LISTED_NAMES) if world.ofac is None else (OFAC, world.ofac)))
    listed = first_listed(found)
    person = replace(
        LISTED,
        given_name=listed.given_name,
        family_name=listed.family_name,
        birth_date=listed.birth_date.isoformat(),
    )
    namesake = replace(person, birth_date=listed.other_birth_date.isoformat(), document_number="NS 204417")
    name = found.version.name
    world.listed, world.namesake = OnList(name, listed.entry_id, person), OnList(name, listed.entry_id, namesake)
    journal.say(f"an applicant will have the name and birth date of {name} entry {listed.entry_id}")
    if world.un is not None:
        mistyped = first_mistyped(_import(world, journal, UN, world.un))
        person = replace(
            LISTED,
            given_name=mistyped.given_name,
            family_name=mistyped.family_name,
            birth_date=mistyped.birth_date.isoformat(),
            document_country=mistyped.country,
            document_number="MT 730925",
            nationality=mistyped.country,
        )
        world.mistyped = OnList(UN, mistyped.entry_id, person)
        journal.say(f"another one that of {UN} entry {mistyped.entry_id}, with a letter left out and in another order")


def _import(world: World, journal: Journal, name: str, path: Path) -> SanctionsList:
    """Reads a list whole and keeps it in the installation's folder, from where the service reads it when it starts."""
    found = read_any(name, path)
    kept, _ = ListFolder(world.data_dir).keep(found, format_of(path), world.clock())
    journal.imported(ListRead(name, kept.format, kept.version, kept.published or None, kept.entries, kept.digest))
    journal.say(f"{name}, version {kept.version}: {kept.entries} entries, SHA-256 {kept.digest[:16]}…")
    return found
