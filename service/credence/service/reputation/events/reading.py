"""The one door for events: an object of JSON becomes an :class:`Event`, or is refused for a reason that has a name."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from enum import StrEnum
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Literal, get_args, get_origin, get_type_hints

from credence.circuits.encoding import b64u, b64u_decode
from credence.circuits.errors import CircuitError
from credence.service.reputation.events.kinds import (
    KINDS,
    PSEUDONYM_LENGTH,
    AccountDay,
    Event,
    Fill,
    Kind,
    MarginSnapshot,
    Source,
    What,
)
from credence.service.reputation.events.measures import MICRO, Measure, read_decimal, scaled, write_decimal

EARLIEST: Final = 1_230_768_000
"""2009-01-01: nothing that is reported here is older."""

FUTURE: Final = 300
"""Seconds that a venue's clock may be ahead of the service's."""

LARGEST_FILL: Final = 100_000_000 * MICRO
"""Micro-USD: the most that a fill may be worth, and that it may have earned or lost by a markout."""

_ID: Final = re.compile(r"[A-Za-z0-9._:-]{1,128}")
_INSTRUMENT: Final = re.compile(r"[A-Za-z0-9._:/@-]{1,32}")
_PSEUDONYM_TEXT: Final = PSEUDONYM_LENGTH * 4 // 3
_COMMON: Final = frozenset({"id", "kind", "pseudonym", "at", "source"})


class Flaw(StrEnum):
    """Why a line is not an event."""

    NOT_AN_OBJECT = "not-an-object"
    UNKNOWN_KIND = "unknown-kind"
    UNKNOWN_FIELD = "unknown-field"
    MISSING_FIELD = "missing-field"
    WRONG_TYPE = "wrong-type"
    OUT_OF_RANGE = "out-of-range"
    IN_THE_FUTURE = "in-the-future"
    INCONSISTENT = "inconsistent"
    """Each value may be, and they may not be together."""


class Unreadable(Exception):
    """A line is no event. ``field`` is a name of the schema, or None; neither holds input."""

    def __init__(self, flaw: Flaw, field: str | None = None) -> None:
        super().__init__(f"{flaw}: {field}" if field else str(flaw))
        self.flaw = flaw
        self.field = field


@dataclass(frozen=True)
class Field:
    """What may be said under a name: a measure, one of some words, a boolean, or an instrument."""

    name: str
    measure: Measure | None
    words: tuple[str, ...] | None
    boolean: bool
    nullable: bool
    required: bool


def read_event(line: object, *, now: int) -> Event:
    """The event of a line as it came, read at ``now`` (unix seconds). Raises :class:`Unreadable`."""
    if not isinstance(line, Mapping):
        raise Unreadable(Flaw.NOT_AN_OBJECT)
    word = _text(line, "kind")
    if word not in set(Kind):
        raise Unreadable(Flaw.UNKNOWN_KIND)
    kind = Kind(word)
    event_id = _text(line, "id")
    if not _ID.fullmatch(event_id):
        raise Unreadable(Flaw.OUT_OF_RANGE, "id")
    return Event(
        event_id=event_id,
        pseudonym=_pseudonym(_text(line, "pseudonym")),
        at=_time(line, now),
        source=_source(_text(line, "source")),
        what=_what(kind, line),
    )


def write_event(event: Event) -> dict[str, Any]:
    """An event as it goes over the wire; what has its default is left out. :func:`read_event` reads it as it was."""
    shape = KINDS[event.kind]
    said: dict[str, Any] = {
        "id": event.event_id,
        "kind": event.kind.value,
        "pseudonym": b64u(event.pseudonym),
        "at": event.at,
        "source": event.source.value,
    }
    defaults = {field.name: field.default for field in fields(shape)}
    for field in fields_of(shape):
        value = getattr(event.what, field.name)
        if value != defaults[field.name]:
            scale = 1 if field.measure is None else field.measure.scale
            said[field.name] = value if scale == 1 else write_decimal(value, scale)
    return said


def digest(event: Event) -> bytes:
    """SHA-256 of all that an event says but its id: two lines that say the same have the same, however they write it."""
    return seal(event)[1]


def seal(event: Event) -> tuple[str, bytes]:
    """An event as canonical JSON, and its :func:`digest`."""
    said = write_event(event)
    content = _canonical(said)
    del said["id"]
    return content, hashlib.sha256(_canonical(said).encode()).digest()


_canonical: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode


def _what(kind: Kind, line: Mapping[str, Any]) -> What:
    shape = KINDS[kind]
    known = fields_of(shape)
    if not line.keys() <= _COMMON | {field.name for field in known}:
        raise Unreadable(Flaw.UNKNOWN_FIELD)
    values = {}
    for field in known:
        if field.name in line:
            values[field.name] = _value(field, line[field.name])
        elif field.required:
            raise Unreadable(Flaw.MISSING_FIELD, field.name)
    found: What = shape(**values)
    _check(found)
    return found


@cache
def fields_of(shape: type[What]) -> tuple[Field, ...]:
    """The fields of a kind, in order."""
    hints = get_type_hints(shape, include_extras=True)
    return tuple(_field(field.name, hints[field.name], required=field.default is MISSING) for field in fields(shape))


def _field(name: str, hint: Any, *, required: bool) -> Field:
    nullable = get_origin(hint) is UnionType or NoneType in get_args(hint)
    if nullable:
        (hint,) = (part for part in get_args(hint) if part is not NoneType)
    measure = hint.__metadata__[0] if get_origin(hint) is Annotated else None
    words = get_args(hint) if get_origin(hint) is Literal else None
    return Field(name, measure if isinstance(measure, Measure) else None, words, hint is bool, nullable, required)


def _value(field: Field, value: object) -> object:
    if value is None and field.nullable:
        return None
    if field.boolean:
        if not isinstance(value, bool):
            raise Unreadable(Flaw.WRONG_TYPE, field.name)
        return value
    if field.measure is not None:
        return _number(field.name, field.measure, value)
    if not isinstance(value, str):
        raise Unreadable(Flaw.WRONG_TYPE, field.name)
    if not (value in field.words if field.words else _INSTRUMENT.fullmatch(value)):
        raise Unreadable(Flaw.OUT_OF_RANGE, field.name)
    return value


def _number(name: str, measure: Measure, value: object) -> int:
    if measure.scale == 1:
        if not isinstance(value, int) or isinstance(value, bool):
            raise Unreadable(Flaw.WRONG_TYPE, name)
        found = value
    else:
        decimal = read_decimal(value) if isinstance(value, str) else None
        if decimal is None:
            raise Unreadable(Flaw.WRONG_TYPE, name)
        found = scaled(decimal, measure.scale)
    if not measure.low <= found <= measure.high:
        raise Unreadable(Flaw.OUT_OF_RANGE, name)
    return found


def _check(what: What) -> None:
    """What no single value can say. Raises :class:`Unreadable`."""
    if isinstance(what, Fill):
        _check_fill(what)
    if isinstance(what, MarginSnapshot) and what.notional > 0 and what.maintenance > what.notional:
        raise Unreadable(Flaw.INCONSISTENT, "maintenance")
    if isinstance(what, AccountDay):
        worst = what.near_misses + what.calls + what.liquidations + what.bad_debts
        if worst > what.exposed_hours:
            raise Unreadable(Flaw.INCONSISTENT, "exposed_hours")
        if max(what.wins, what.buys) > what.trades:
            raise Unreadable(Flaw.INCONSISTENT, "trades")
        if what.maker_notional > what.notional:
            raise Unreadable(Flaw.INCONSISTENT, "maker_notional")


def _check_fill(fill: Fill) -> None:
    if fill.notional > LARGEST_FILL:
        raise Unreadable(Flaw.OUT_OF_RANGE, "quantity")
    for name, mid in (("mid_10s", fill.mid_10s), ("mid_60s", fill.mid_60s), ("mid_300s", fill.mid_300s)):
        if abs(fill.markout(mid) or 0) > LARGEST_FILL:
            raise Unreadable(Flaw.OUT_OF_RANGE, name)


def _text(line: Mapping[str, Any], name: str) -> str:
    value = line.get(name)
    if value is None:
        raise Unreadable(Flaw.MISSING_FIELD, name)
    if not isinstance(value, str):
        raise Unreadable(Flaw.WRONG_TYPE, name)
    return value


def _pseudonym(text: str) -> bytes:
    try:
        found = b64u_decode(text, max_length=_PSEUDONYM_TEXT)
    except CircuitError as error:
        raise Unreadable(Flaw.WRONG_TYPE, "pseudonym") from error
    if len(found) != PSEUDONYM_LENGTH:
        raise Unreadable(Flaw.OUT_OF_RANGE, "pseudonym")
    return found


def _time(line: Mapping[str, Any], now: int) -> int:
    at = line.get("at")
    if at is None:
        raise Unreadable(Flaw.MISSING_FIELD, "at")
    if not isinstance(at, int) or isinstance(at, bool):
        raise Unreadable(Flaw.WRONG_TYPE, "at")
    if at > now + FUTURE:
        raise Unreadable(Flaw.IN_THE_FUTURE, "at")
    if at < EARLIEST:
        raise Unreadable(Flaw.OUT_OF_RANGE, "at")
    return at


def _source(word: str) -> Source:
    if word not in set(Source):
        raise Unreadable(Flaw.OUT_OF_RANGE, "source")
    return Source(word)
