"""The table of standing tiers: one versioned file, parsed strictly, checked against every invariant, known by its digest.

Every number is a decimal string; a missing, unknown or repeated key is refused. What the numbers do is in ``machine``.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from itertools import pairwise
from types import MappingProxyType
from typing import Any, Final, NoReturn

import rfc8785

TIERS: Final = ("RX", "R0", "R1", "R2", "R3", "R4", "R5")
"""From the worst to the best."""

EARNED: Final = TIERS[2:]
"""The tiers that have conditions of their own. R0 lacks a proof that a person is one person, RX is below R1's score."""

MIN_BAND: Final = 10
"""Points that a score must fall from where a tier is entered to where it is left."""

DEFAULT: Final = "standing-default"

_MAX_BYTES: Final = 16 * 1024
_NAME: Final = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+){0,7}", re.ASCII)
_NUMBER: Final = re.compile(r"(?:0|[1-9][0-9]{0,5})(?:\.[0-9]{1,4})?", re.ASCII)
_KEYS: Final = ("table", "version", "up_days", "down_days", "raise_hours", "bad_debt_falls_to", "tiers")
_ROW_KEYS: Final = ("enter_score", "leave_score", "evidence", "tenure_days", "liquidation_free_days", "bad_debt_free_days")


class TableError(Exception):
    """A table that must not be used. ``invariant`` is the slug of what it breaks, ``detail`` a sentence on where."""

    def __init__(self, invariant: str, detail: str) -> None:
        super().__init__(f"{invariant}: {detail}")
        self.invariant = invariant
        self.detail = detail


@dataclass(frozen=True, slots=True)
class TierRow:
    """What a tier asks. Scores 300-850: entered from ``enter_score``, left below ``leave_score``.

    ``evidence`` (effective E) and ``tenure_days`` are asked when it is entered. ``liquidation_free_days`` is asked as long
    as it is held, ``bad_debt_free_days`` when it is entered; 0 asks nothing.
    """

    enter_score: int
    leave_score: int
    evidence: float
    tenure_days: int
    liquidation_free_days: int
    bad_debt_free_days: int


@dataclass(frozen=True)
class StandingTable:
    """One version. ``digest``: SHA-256 (hex) of its RFC 8785 form.

    ``up_days`` and ``down_days`` are consecutive daily evaluations. ``raise_hours``: over how long a raise of margin on open
    positions is spread. ``bad_debt_falls_to``: the best tier that is left on the day of a bad debt.
    """

    name: str
    version: int
    up_days: int
    down_days: int
    raise_hours: int
    bad_debt_falls_to: str
    rows: Mapping[str, TierRow]
    digest: str
    canonical: bytes = field(repr=False)


@cache
def shipped_table() -> StandingTable:
    """The table that comes with the package."""
    return parse_table(
        resources.files("credence.service.reputation.tiers").joinpath("shipped", f"{DEFAULT}.json").read_bytes()
    )


def parse_table(data: bytes) -> StandingTable:
    """Parse and check one table.

    Raises :class:`TableError`: ``shape``, ``number``, or the name of the first broken invariant of ``INVARIANTS``.
    """
    root = _decoded(data)
    rows = _fields(root["tiers"], "tiers", EARNED)
    name, lowest = root["table"], root["bad_debt_falls_to"]
    if not isinstance(name, str) or _NAME.fullmatch(name) is None or len(name) > 64:
        _refuse("table", "is a lower-case name")
    if lowest not in TIERS:
        _refuse("bad_debt_falls_to", f"is one of {', '.join(TIERS)}")
    canonical = rfc8785.dumps(root)
    table = StandingTable(
        name=name,
        version=_whole(root["version"], "version", 1, 999_999),
        up_days=_whole(root["up_days"], "up_days", 1, 365),
        down_days=_whole(root["down_days"], "down_days", 1, 365),
        raise_hours=_whole(root["raise_hours"], "raise_hours", 1, 24 * 14),
        bad_debt_falls_to=lowest,
        rows=MappingProxyType({tier: _row(rows[tier], tier) for tier in EARNED}),
        digest=hashlib.sha256(canonical).hexdigest(),
        canonical=canonical,
    )
    for invariant, check in INVARIANTS.items():
        for detail in check(table):
            raise TableError(invariant, detail)
    return table


# --- the door ---


def _refuse(where: str, what: str, invariant: str = "shape") -> NoReturn:
    raise TableError(invariant, f"{where} {what}")


def _decoded(data: bytes) -> dict[str, Any]:
    def bare(_: str) -> NoReturn:
        _refuse("the document", "writes every number as a decimal string", "number")

    def unrepeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len({key for key, _ in pairs}) != len(pairs):
            _refuse("the document", "repeats no key")
        return dict(pairs)

    if len(data) > _MAX_BYTES:
        _refuse("the document", f"is at most {_MAX_BYTES} bytes long")
    try:
        text = data.decode("ascii")
        found = json.loads(text, object_pairs_hook=unrepeated, parse_float=bare, parse_int=bare, parse_constant=bare)
    except (ValueError, RecursionError):
        _refuse("the document", "is ASCII JSON")
    return _fields(found, "the document", _KEYS)


def _fields(value: Any, where: str, keys: tuple[str, ...]) -> dict[str, Any]:
    if not isinstance(value, dict) or set(value) != set(keys):
        _refuse(where, f"has exactly the keys {', '.join(keys)}")
    return value


def _number(value: Any, where: str, high: int) -> float:
    if not isinstance(value, str) or _NUMBER.fullmatch(value) is None or float(value) > high:
        _refuse(where, f"is a decimal string in [0, {high}]", "number")
    return float(value)


def _whole(value: Any, where: str, low: int, high: int) -> int:
    number = _number(value, where, high)
    if number != int(number) or number < low:
        _refuse(where, f"is a whole number in [{low}, {high}]", "number")
    return int(number)


def _row(value: Any, tier: str) -> TierRow:
    row = _fields(value, tier, _ROW_KEYS)
    days = {key: _whole(row[key], f"{tier}.{key}", 0, 3660) for key in _ROW_KEYS[3:]}
    return TierRow(
        enter_score=_whole(row["enter_score"], f"{tier}.enter_score", 300, 850),
        leave_score=_whole(row["leave_score"], f"{tier}.leave_score", 300, 850),
        evidence=_number(row["evidence"], f"{tier}.evidence", 10_000),
        **days,
    )


# --- the invariants ---


def _ascending(table: StandingTable) -> Iterator[str]:
    for lower, upper in pairwise(EARNED):
        less, more = table.rows[lower], table.rows[upper]
        if more.enter_score <= less.enter_score or more.leave_score <= less.leave_score:
            yield f"the scores of {upper} are above those of {lower}"


def _band(table: StandingTable) -> Iterator[str]:
    for tier, row in table.rows.items():
        if row.enter_score - row.leave_score < MIN_BAND:
            yield f"{tier} is left at least {MIN_BAND} points below where it is entered"


def _earned(table: StandingTable) -> Iterator[str]:
    asked = ("evidence", "tenure_days", "liquidation_free_days", "bad_debt_free_days")
    for lower, upper in pairwise(EARNED):
        for name in asked:
            if getattr(table.rows[upper], name) < getattr(table.rows[lower], name):
                yield f"{upper} asks no less {name} than {lower}"


def _slow_up(table: StandingTable) -> Iterator[str]:
    if table.up_days <= table.down_days:
        yield "a tier is gained more slowly than it is lost"


def _hard_fall(table: StandingTable) -> Iterator[str]:
    if TIERS.index(table.bad_debt_falls_to) > TIERS.index("R1"):
        yield "a bad debt leaves no tier above R1"


Check = Callable[[StandingTable], Iterator[str]]

INVARIANTS: Final[Mapping[str, Check]] = MappingProxyType(
    {"ascending": _ascending, "band": _band, "earned": _earned, "slow-up": _slow_up, "hard-fall": _hard_fall}
)
"""By name; each yields a sentence for every place where it is broken."""
