"""Does a difference name what came, what went, and what changed, and nothing else?"""

from __future__ import annotations

from credence.service.screening.births import BirthSpan
from credence.service.screening.lists import ListEntry, ListVersion, SanctionsList, compare_lists

VERSION = ListVersion("own", "1", "ab" * 32)


def made(*entries: ListEntry) -> SanctionsList:
    return SanctionsList(VERSION, entries)


def test_a_difference() -> None:
    same = ListEntry("1", "individual", ("A", "B"), countries=("DE", "IT"))
    turned = ListEntry("1", "individual", ("B", "A"), countries=("IT", "DE"))
    old = made(same, ListEntry("2", "individual", ("C",)), ListEntry("3", "entity", ("D",)))
    new = made(
        turned, ListEntry("3", "entity", ("D", "E"), (BirthSpan.of_years(1960, 1960),)), ListEntry("4", "entity", ("F",))
    )
    delta = compare_lists(old, new)
    assert (delta.added, delta.removed, dict(delta.changed)) == (("4",), ("2",), {"3": ("names", "births")})
    assert delta.to_json() == {"added": ["4"], "removed": ["2"], "changed": {"3": ["names", "births"]}}
    assert not delta.is_empty


def test_no_difference() -> None:
    found = made(ListEntry("1", "individual", ("A",)))
    assert compare_lists(found, found).is_empty


def test_names_of_an_entry_stand_once() -> None:
    assert ListEntry("1", "individual", ("A", "B", "A")).names == ("A", "B")
