"""``/v1/reputation/cases``: what named rules saw in a venue's own reports, and what a person found that to be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, Literal, get_args

from credence.circuits.days import read_day, write_day
from credence.circuits.encoding import b64u_decode
from credence.circuits.errors import CircuitError, Malformed
from credence.circuits.fields import Fields, Json
from credence.sdk.calls import Call, about, answer
from credence.sdk.errors import Unsendable
from credence.sdk.messages import Auth, Request

MAX_CASES: Final = 100
"""Cases of one page."""

Note = Literal["confirmed", "explained", "mistaken", "duplicate"]
"""``confirmed``: it is what the rule names; ``explained``: there is an honest reason for it; ``mistaken``: the rule saw what
was not there; ``duplicate``: another case tells the same."""

CaseState = Literal["open", "closed"]

_PATH: Final = "/v1/reputation/cases"
_PSEUDONYM: Final = 48
_MOST_ACCOUNTS: Final = 100_000
_ID: Final = frozenset("0123456789abcdef")


@dataclass(frozen=True, slots=True)
class Look:
    """One look over a day: new cases (``opened``), those that were there (``known``), findings that the next look opens
    (``left_out``), and of how much. ``unpaired``: fills whose other side cannot be told, at which no rule looked."""

    day: str
    opened: int
    known: int
    left_out: int
    trades: int
    fills: int
    cancels: int
    unpaired: int


@dataclass(frozen=True, slots=True)
class AbuseCase:
    """What a rule saw: ``found`` is the number that it looks at, ``needed`` from where on that is a case. Nothing follows.

    ``note`` and ``closed_at`` are None while it is open. Times are unix seconds, ``day`` is an ISO date of UTC.
    """

    case_id: str
    rule: str
    instrument: str
    pseudonyms: tuple[bytes, ...] = field(repr=False)
    day: str
    first_at: int
    last_at: int
    found: int
    needed: int
    reason: str
    note: Note | None
    opened_at: int
    closed_at: int | None


@dataclass(frozen=True, slots=True)
class CasePage:
    """Cases, newest first, and for each rule how many were closed with which note and, from 20 judged on, its precision."""

    cases: tuple[AbuseCase, ...]
    rules: Json


def look(day: str, auth: Auth) -> Call[Look]:
    """Look over a day that is over, YYYY-MM-DD. Raises :class:`Unsendable` for what is no date."""
    try:
        written = write_day(read_day(day))
    except ValueError as error:
        raise Unsendable("A day is written YYYY-MM-DD.") from error
    request = Request("POST", f"{_PATH}/looks", body={"day": written}, auth=auth)
    return Call(request, answer(about("day", written, _look)))


def listed(auth: Auth, *, state: CaseState | None = None, before: str | None = None) -> Call[CasePage]:
    """A page of one's own cases, older than the one ``before``. Raises :class:`Unsendable` for an id that is none."""
    query: dict[str, str] = {} if state is None else {"state": state}
    if before is not None:
        query["before"] = _checked(before)
    return Call(Request("GET", _PATH, query=query, auth=auth), answer(_page))


def read(case_id: str, auth: Auth) -> Call[AbuseCase]:
    """One of one's own cases. Raises :class:`Unsendable` for an id that is none."""
    request = Request("GET", f"{_PATH}/{_checked(case_id)}", auth=auth)
    return Call(request, answer(about("case_id", case_id, _case)))


def close(case_id: str, note: Note, auth: Auth) -> Call[AbuseCase]:
    """Say what a case was. Raises :class:`Unsendable` for an id that is none, and for another note."""
    if note not in get_args(Note):
        raise Unsendable(f"A case is closed with one of {', '.join(get_args(Note))}.")
    request = Request("POST", f"{_PATH}/{_checked(case_id)}/closing", body={"note": note}, auth=auth)
    return Call(request, answer(about("case_id", case_id, _case)))


def _checked(case_id: str) -> str:
    if len(case_id) != 32 or not _ID.issuperset(case_id):
        raise Unsendable("A case's id has 32 hexadecimal digits.")
    return case_id


def _look(members: Mapping[str, Any]) -> Look:
    fields = Fields(members, "look")
    names = ("opened", "known", "left_out", "trades", "fills", "cancels", "unpaired")
    counts = {name: fields.integer(name) for name in names}
    return Look(day=fields.text("day", max_length=16), **counts)


def _page(members: Mapping[str, Any]) -> CasePage:
    fields = Fields(members, "cases")
    return CasePage(fields.items("cases", _case, maximum=MAX_CASES), MappingProxyType(dict(fields.raw_object("rules"))))


def _case(value: object) -> AbuseCase:
    fields = Fields(value, "case")
    note: Note | None = fields.choice("note", *get_args(Note)) if fields.has("note") else None  # type: ignore[assignment]
    return AbuseCase(
        case_id=fields.text("case_id", max_length=32),
        rule=fields.text("rule", max_length=64),
        instrument=fields.text("instrument", max_length=64),
        pseudonyms=fields.items("pseudonyms", _pseudonym, maximum=_MOST_ACCOUNTS),
        day=fields.text("day", max_length=16),
        first_at=fields.integer("first_at"),
        last_at=fields.integer("last_at"),
        found=fields.integer("found"),
        needed=fields.integer("needed"),
        reason=fields.text("reason", max_length=200),
        note=note,
        opened_at=fields.integer("opened_at"),
        closed_at=fields.integer("closed_at") if fields.has("closed_at") else None,
    )


def _pseudonym(value: object) -> bytes:
    try:
        found = b64u_decode(value, max_length=128) if isinstance(value, str) else b""
    except CircuitError as error:
        raise Malformed("pseudonyms: base64url") from error
    if len(found) != _PSEUDONYM:
        raise Malformed("pseudonyms: another length")
    return found
