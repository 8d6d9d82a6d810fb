"""Is a mapping that cannot mean what it says refused when it is loaded?"""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any, Final

import pytest

from credence.service.reputation.events import Kind
from credence.service.reputation.ingesting import (
    SHIPPED,
    EventMapping,
    HazardMapping,
    MappingRefused,
    WireMapping,
    load_mapping,
    parse_mapping,
)

DEPOSITS: Final[dict[str, Any]] = {
    "mapping": "mine",
    "version": 1,
    "kind": "deposit",
    "source": "file",
    "pseudonym": {"column": "who", "form": "account"},
    "at": {"column": "when", "form": "unix"},
    "id": {"column": "id"},
    "fields": {"amount": {"column": "usd"}},
}


def parsed(**changes: Any) -> object:
    document = copy.deepcopy(DEPOSITS) | changes
    return parse_mapping(json.dumps({name: value for name, value in document.items() if value is not None}).encode())


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_mapping_is_one(name: str) -> None:
    found = load_mapping(name)
    assert (found.name, found.version) == (name, 1)
    assert isinstance(found, {"aave-v3-liquidations": HazardMapping, "events": WireMapping}.get(name, EventMapping))


def test_a_mapping_is_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    path.write_text(json.dumps(DEPOSITS))
    found = load_mapping(str(path))
    assert isinstance(found, EventMapping)
    assert (found.kind, found.id_column, found.columns) == (Kind.DEPOSIT, "id", {"who", "when", "id", "usd"})


def test_a_name_that_is_neither_says_which_are_shipped() -> None:
    with pytest.raises(MappingRefused, match="hyperliquid-fills"):
        load_mapping("hyperliquid-filled")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"mapping": "Mine!"}, "mapping"),
        ({"version": 0}, "version"),
        ({"version": True}, "version"),
        ({"kind": "transfer"}, "kind"),
        ({"source": "rumour"}, "source"),
        ({"pseudonym": {"column": "who", "form": "name"}}, "pseudonym"),
        ({"pseudonym": None}, "pseudonym"),
        ({"at": {"column": "when", "form": "noon"}}, "at"),
        ({"at": {"column": "when", "form": "%H", "offset": "5:30"}}, "at"),
        ({"id": "serial"}, "id"),
        ({"id": {"column": "id", "hash": "md5"}}, "id"),
        ({"fields": {}}, "amount"),
        ({"fields": {"amount": {"column": "usd"}, "note": {"column": "n"}}}, "fields"),
        ({"fields": {"amount": {"column": "usd", "words": {"a": 1}}}}, "amount"),
        ({"fields": {"amount": {}}}, "column"),
        ({"extra": 1}, "mapping"),
        ({"hazard": "market"}, "mapping"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_name(changes: dict[str, Any], reason: str) -> None:
    parsed()
    with pytest.raises(MappingRefused, match=reason):
        parsed(**changes)


@pytest.mark.parametrize(
    "changes", [{"events": "table"}, {"ignored": "label"}, {"ignored": [1]}, {"ignored": ["id"]}, {"kind": "fill"}]
)
def test_events_as_they_are_need_no_columns(changes: dict[str, Any]) -> None:
    document = {"mapping": "mine", "version": 1, "events": "wire", "ignored": ["label"]}
    assert parse_mapping(json.dumps(document).encode()) == WireMapping("mine", 1, frozenset({"label"}))
    with pytest.raises(MappingRefused, match=next(iter(changes)) if "kind" not in changes else "the mapping"):
        parse_mapping(json.dumps(document | changes).encode())


@pytest.mark.parametrize("data", [b"", b"[]", b"{", b" " * 70_000])
def test_what_is_no_object_is_no_mapping(data: bytes) -> None:
    with pytest.raises(MappingRefused):
        parse_mapping(data)
