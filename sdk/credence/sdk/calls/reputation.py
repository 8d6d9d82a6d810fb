"""``/v1/reputation``: a venue says what its pseudonyms did, and reads what that has come to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, Literal, get_args

from credence.circuits.encoding import b64u
from credence.circuits.errors import Malformed
from credence.circuits.fields import Fields, Json
from credence.sdk.calls import Call, about, answer
from credence.sdk.errors import Unsendable
from credence.sdk.messages import Auth, Request

MAX_EVENTS: Final = 500
"""Events of one report."""

Outcome = Literal["accepted", "duplicate", "conflict", "rejected"]
"""``duplicate``: known, and the same; ``conflict``: the id is known and said something else, which stays."""

_PSEUDONYM: Final = 48


@dataclass(frozen=True, slots=True)
class ReportedLine:
    """What became of an event. ``reason`` and ``field`` say why it was rejected."""

    outcome: Outcome
    reason: str | None = None
    field: str | None = None


@dataclass(frozen=True, slots=True)
class Conduct:
    """What is known of one's own pseudonym (48 bytes): the last 30 days, beliefs and standing, as the service wrote them.

    ``belief`` is about margin risk; from the other ``beliefs`` (``event_days``, ``sharpe``, ``turnover``) nothing follows.
    ``days`` are days of UTC with events, ``first_day`` and ``last_day`` ISO dates.
    """

    pseudonym: bytes = field(repr=False)
    first_day: str
    last_day: str
    days: int
    last_30_days: Json
    belief: Json
    beliefs: Json
    standing: Json


def report_events(events: Sequence[Json], auth: Auth) -> Call[tuple[ReportedLine, ...]]:
    """Report events. Raises :class:`Unsendable` for none, or for more than :data:`MAX_EVENTS`."""
    if not 1 <= len(events) <= MAX_EVENTS:
        raise Unsendable(f"A report has 1 to {MAX_EVENTS} events.")
    request = Request("POST", "/v1/reputation/events", body={"events": list(events)}, auth=auth)
    return Call(request, answer(lambda members: _lines(members, len(events))))


def conduct(pseudonym: bytes, auth: Auth) -> Call[Conduct]:
    """What the conduct of one's own pseudonym has come to. Raises :class:`Unsendable` for one of another length."""
    if len(pseudonym) != _PSEUDONYM:
        raise Unsendable(f"A pseudonym has {_PSEUDONYM} bytes.")
    path = f"/v1/reputation/pseudonyms/{b64u(pseudonym)}"
    return Call(Request("GET", path, auth=auth), answer(about("pseudonym", b64u(pseudonym), _conduct)))


def _lines(members: Mapping[str, Any], expected: int) -> tuple[ReportedLine, ...]:
    found = Fields(members, "report").items("lines", _line, maximum=MAX_EVENTS)
    if [number for number, _ in found] != list(range(expected)):
        raise Malformed("the answer is about other lines")
    return tuple(line for _, line in found)


def _line(value: object) -> tuple[int, ReportedLine]:
    fields = Fields(value, "line")
    outcome: Outcome = fields.choice("outcome", *get_args(Outcome))  # type: ignore[assignment]
    said = {name: fields.text(name, max_length=64) for name in ("reason", "field") if fields.has(name)}
    return fields.integer("line"), ReportedLine(outcome, said.get("reason"), said.get("field"))


def _conduct(members: Mapping[str, Any]) -> Conduct:
    fields = Fields(members, "conduct")
    names = ("last_30_days", "belief", "beliefs", "standing")
    whole = {name: MappingProxyType(dict(fields.raw_object(name))) for name in names}
    return Conduct(
        pseudonym=fields.binary("pseudonym", length=_PSEUDONYM),
        first_day=fields.text("first_day", max_length=16),
        last_day=fields.text("last_day", max_length=16),
        days=fields.integer("days", minimum=1),
        **whole,
    )
