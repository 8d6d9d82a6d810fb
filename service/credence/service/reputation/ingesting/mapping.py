"""Mapping files: which column of a table is which field of an event. Validated when they are loaded; nothing is guessed."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping as Table
from dataclasses import MISSING, dataclass, fields
from importlib import resources
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from credence.service.errors import InvalidRequest
from credence.service.reputation.events import KINDS, Kind, Source

SHIPPED: Final = (
    "aave-v3-liquidations",
    "compound-v2-borrows",
    "compound-v2-deposits",
    "events",
    "hyperliquid-account-days",
    "hyperliquid-fills",
    "simulated-account-days",
)
"""Mappings that come with the package, by name."""

_NAME: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,46}[a-z0-9])?")
_OFFSET: Final = re.compile(r"[+-](?:0[0-9]|1[0-4]):[0-5][0-9]")
_MAX_BYTES: Final = 65_536
_ROW_HASH: Final = "row-hash"


class MappingRefused(InvalidRequest):
    """A mapping file that cannot mean what it says; ``reason`` names its member and repeats no value."""


@dataclass(frozen=True)
class TimeColumn:
    """``form`` is ``unix`` (seconds), ``iso`` (with its own offset, or UTC), or a pattern of ``strptime`` at ``offset``."""

    column: str
    form: str
    offset: str = "+00:00"


@dataclass(frozen=True)
class ValueColumn:
    """A column, and what its words mean where it has words: a text, or true or false."""

    column: str
    words: Table[str, str | bool] | None = None


@dataclass(frozen=True)
class EventMapping:
    """Rows are events of one kind.

    ``pseudonym_form`` is ``pseudonym`` (base64url, 48 bytes), or ``account``: any name, which a stand-in pseudonym of the
    venue's is derived of. Without ``id_column`` an event is named by a hash of its row, and by which of equal rows it is.
    """

    name: str
    version: int
    kind: Kind
    source: Source
    pseudonym_column: str
    pseudonym_form: str
    at: TimeColumn
    id_column: str | None
    values: Table[str, ValueColumn]

    @property
    def columns(self) -> frozenset[str]:
        """Every column it reads."""
        own = {self.pseudonym_column, self.at.column, *(value.column for value in self.values.values())}
        return frozenset(own if self.id_column is None else own | {self.id_column})


@dataclass(frozen=True)
class HazardMapping:
    """Rows are the market's liquidations, whoever's: how many a day has, against the median one, is its hazard."""

    name: str
    version: int
    series: str
    at: TimeColumn

    @property
    def columns(self) -> frozenset[str]:
        """Every column it reads."""
        return frozenset({self.at.column})


@dataclass(frozen=True)
class WireMapping:
    """Rows are events of any kind as they go over the wire, an object a line; columns in ``ignored`` are left aside."""

    name: str
    version: int
    ignored: frozenset[str]

    @property
    def columns(self) -> frozenset[str]:
        """Every column that each row has."""
        return frozenset({"id", "kind", "pseudonym", "at", "source"})


Mapping = EventMapping | HazardMapping | WireMapping


def load_mapping(name: str) -> Mapping:
    """A shipped mapping by its name, else that of a file. Raises :class:`MappingRefused`, :class:`OSError`."""
    if name in SHIPPED:
        return parse_mapping((resources.files(__package__) / "mappings" / f"{name}.json").read_bytes())
    path = Path(name)
    if not path.suffix and not path.exists():
        raise MappingRefused(f"there is no such mapping; shipped are {', '.join(SHIPPED)}")
    with path.open("rb") as file:
        return parse_mapping(file.read(_MAX_BYTES + 1))


def parse_mapping(data: bytes) -> Mapping:
    """The mapping of a file. Raises :class:`MappingRefused`."""
    if len(data) > _MAX_BYTES:
        raise MappingRefused("a mapping file is too large")
    try:
        document = json.loads(data)
    except ValueError as error:
        raise MappingRefused("a mapping file is not JSON") from error
    said = _object(document, "the mapping")
    name, version = _text(said, "mapping"), said.get("version")
    if not _NAME.fullmatch(name):
        raise MappingRefused("mapping: a name has lower-case letters, digits and dashes")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise MappingRefused("version: a whole number from 1")
    if "events" in said:
        return _wire(said, name, version)
    at = _time(said)
    if "hazard" in said:
        _only(said, {"mapping", "version", "hazard", "at"}, "the mapping")
        series = _text(said, "hazard")
        if not _NAME.fullmatch(series):
            raise MappingRefused("hazard: a series has lower-case letters, digits and dashes")
        return HazardMapping(name, version, series, at)
    _only(said, {"mapping", "version", "kind", "source", "pseudonym", "at", "id", "fields"}, "the mapping")
    return _events(said, name, version, at)


def _events(said: Table[str, Any], name: str, version: int, at: TimeColumn) -> EventMapping:
    kind, source = _text(said, "kind"), _text(said, "source")
    if kind not in set(Kind):
        raise MappingRefused("kind: there is no such kind of event")
    if source not in set(Source):
        raise MappingRefused("source: there is no such source")
    who = _object(said.get("pseudonym"), "pseudonym")
    _only(who, {"column", "form"}, "pseudonym")
    form = _text(who, "form")
    if form not in ("account", "pseudonym"):
        raise MappingRefused("pseudonym: its form is account or pseudonym")
    values = {key: _value(value, key) for key, value in _object(said.get("fields"), "fields").items()}
    known = {field.name: field.default is MISSING for field in fields(KINDS[Kind(kind)])}
    if not values.keys() <= known.keys():
        raise MappingRefused("fields: this kind has no such field")
    missing = sorted(field for field, needed in known.items() if needed and field not in values)
    if missing:
        raise MappingRefused(f"fields: {', '.join(missing)} must come from a column")
    return EventMapping(
        name=name,
        version=version,
        kind=Kind(kind),
        source=Source(source),
        pseudonym_column=_text(who, "column"),
        pseudonym_form=form,
        at=at,
        id_column=_id(said),
        values=MappingProxyType(values),
    )


def _wire(said: Table[str, Any], name: str, version: int) -> WireMapping:
    _only(said, {"mapping", "version", "events", "ignored"}, "the mapping")
    if said["events"] != "wire":
        raise MappingRefused("events: they are as on the wire")
    ignored = said.get("ignored", [])
    if not isinstance(ignored, list) or not all(isinstance(column, str) for column in ignored):
        raise MappingRefused("ignored: a list of columns")
    found = WireMapping(name, version, frozenset(ignored))
    if found.ignored & found.columns:
        raise MappingRefused("ignored: every event has this column")
    return found


def _id(said: Table[str, Any]) -> str | None:
    named = said.get("id")
    if named == _ROW_HASH:
        return None
    found = _object(named, "id")
    _only(found, {"column"}, "id")
    return _text(found, "column")


def _time(said: Table[str, Any]) -> TimeColumn:
    found = _object(said.get("at"), "at")
    _only(found, {"column", "form", "offset"}, "at")
    offset = found.get("offset", "+00:00")
    if not isinstance(offset, str) or not _OFFSET.fullmatch(offset):
        raise MappingRefused("at: an offset is written +05:30")
    form = _text(found, "form")
    if form not in ("unix", "iso") and "%" not in form:
        raise MappingRefused("at: its form is unix, iso or a pattern with %")
    return TimeColumn(_text(found, "column"), form, offset)


def _value(value: object, name: str) -> ValueColumn:
    found = _object(value, name)
    _only(found, {"column", "words"}, name)
    words = found.get("words")
    if words is None:
        return ValueColumn(_text(found, "column"))
    table = _object(words, f"{name}.words")
    if not table or not all(isinstance(meaning, str | bool) for meaning in table.values()):
        raise MappingRefused(f"{name}: words mean a text, true or false")
    return ValueColumn(_text(found, "column"), MappingProxyType(dict(table)))


def _object(value: object, name: str) -> Table[str, Any]:
    if not isinstance(value, dict):
        raise MappingRefused(f"{name}: an object is missing")
    return value


def _text(said: Table[str, Any], name: str) -> str:
    value = said.get(name)
    if not isinstance(value, str) or not value:
        raise MappingRefused(f"{name}: a text is missing")
    return value


def _only(said: Table[str, Any], known: set[str], name: str) -> None:
    if not said.keys() <= known:
        raise MappingRefused(f"{name} has a member that is not known")
