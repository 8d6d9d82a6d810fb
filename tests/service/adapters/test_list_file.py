"""Is a list of one's own read whole or not at all?"""

from __future__ import annotations

import hashlib
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from credence.service.adapters.list_file import read_list, write_list
from credence.service.sandbox.persons import LISTED_NAMES
from credence.service.screening.births import BirthSpan
from credence.service.screening.lists import ListRefused

ENTRY: dict[str, Any] = {
    "id": "E-1",
    "kind": "individual",
    "names": ["DOE, Jane", "Janie"],
    "births": ["1980-02-29", "1981"],
}
LIST: dict[str, Any] = {"type": "credence/screening-list/1", "version": "3", "entries": [ENTRY]}


def write(path: Path, document: object) -> Path:
    path.write_text(document if isinstance(document, str) else json.dumps(document), encoding="utf-8")
    return path


def test_a_list(tmp_path: Path) -> None:
    path = write(tmp_path / "own.json", LIST)
    found = read_list("own", path)
    assert (found.version.name, found.version.version) == ("own", "3")
    assert found.version.digest == hashlib.sha256(path.read_bytes()).hexdigest()
    (entry,) = found.entries
    assert (entry.entry_id, entry.kind, entry.names) == ("E-1", "individual", ("DOE, Jane", "Janie"))
    day = date(1980, 2, 29)
    assert entry.births == (BirthSpan(day, day), BirthSpan(date(1981, 1, 1), date(1981, 12, 31)))


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    entry = {**ENTRY, "weak_names": ["Zed"], "births": ["1980-02-29", "1984-01-01/1986-12-31"], "countries": ["DE", "IT"]}
    path = write(tmp_path / "own.json", {**LIST, "published": "2026-02-27", "digest": "ab" * 32, "entries": [entry]})
    found = read_list("own", path)
    assert (found.version.digest, found.published) == ("ab" * 32, date(2026, 2, 27))
    assert found.entries[0].births[1] == BirthSpan(date(1984, 1, 1), date(1986, 12, 31))
    again = tmp_path / "again.json"
    again.write_bytes(write_list(found))
    assert read_list("own", again) == found
    assert write_list(read_list("own", again)) == again.read_bytes()


def test_a_month_is_a_birth(tmp_path: Path) -> None:
    entry = {**ENTRY, "births": ["1980-12", "1981-02"]}
    found = read_list("own", write(tmp_path / "own.json", {**LIST, "entries": [entry]}))
    assert [span.last for span in found.entries[0].births] == [date(1980, 12, 31), date(1981, 2, 28)]


def test_the_shipped_list_is_invented_and_read() -> None:
    assert [entry.entry_id for entry in read_list("demo", LISTED_NAMES).entries] == ["D-1001", "D-1002", "D-1003"]


@pytest.mark.parametrize(
    "document",
    [
        "",
        "[]",
        "{",
        json.dumps(LIST)[:-1] + ', "version": "4"}',
        {**LIST, "type": "credence/screening-list/2"},
        {**LIST, "entries": []},
        {**LIST, "entries": [ENTRY, ENTRY]},
        {**LIST, "more": 1},
        {**LIST, "version": 3},
        {**LIST, "entries": [{**ENTRY, "kind": "vessel"}]},
        {**LIST, "entries": [{**ENTRY, "names": []}]},
        {**LIST, "entries": [{**ENTRY, "names": "DOE"}]},
        {**LIST, "entries": [{**ENTRY, "births": ["29 Feb 1980"]}]},
        {**LIST, "entries": [{**ENTRY, "births": ["1981-02-29"]}]},
        {**LIST, "entries": [{**ENTRY, "births": ["1981-13"]}]},
        {**LIST, "entries": [{**ENTRY, "more": 1}]},
        {**LIST, "entries": [{**ENTRY, "births": ["1986-12-31/1984-01-01"]}]},
        {**LIST, "entries": [{**ENTRY, "countries": ["Italy"]}]},
        {**LIST, "digest": "AB" * 32},
        {**LIST, "published": "yesterday"},
    ],
)
def test_a_damaged_list_is_refused(tmp_path: Path, document: object) -> None:
    """The accepted twin is ``LIST``."""
    read_list("own", write(tmp_path / "twin.json", LIST))
    with pytest.raises(ListRefused):
        read_list("own", write(tmp_path / "own.json", document))


def test_a_missing_list_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ListRefused):
        read_list("own", tmp_path / "own.json")
