"""A venue's cases as it reads and closes them, and what its rules were worth so far."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlmodel import Session

from credence.circuits.encoding import b64u
from credence.service.errors import Conflict, NotFound
from credence.service.reputation.cases import records
from credence.service.reputation.cases.records import ReputationCase
from credence.service.reputation.cases.words import LOOKED_FOR, Note, State

MAX_PAGE: Final = 100
LEAST_CLOSED: Final = 20
"""Cases of a rule that were judged, from which on their precision is told."""

_JUDGED: Final = ("confirmed", "explained", "mistaken")


class CaseClosed(Conflict):
    """A case that was closed with another note."""

    default = "The case was closed already, with another note."


@dataclass(frozen=True)
class CaseView:
    """A case as its venue sees it. ``accounts`` are those of its pseudonyms that are still kept."""

    row: ReputationCase
    accounts: tuple[bytes, ...]

    def to_json(self) -> dict[str, Any]:
        row = self.row
        return {
            "case_id": row.case_id,
            "rule": row.rule,
            "instrument": row.instrument,
            "pseudonyms": [b64u(each) for each in self.accounts],
            "day": row.day,
            "first_at": row.first_at,
            "last_at": row.last_at,
            "found": row.found,
            "needed": row.needed,
            "reason": row.reason,
            "state": "open" if row.closed_at is None else "closed",
            "note": row.note,
            "opened_at": row.opened_at,
            "closed_at": row.closed_at,
        }


def listed(
    session: Session, client_id: str, *, state: State | None = None, before: str | None = None, limit: int = MAX_PAGE
) -> tuple[CaseView, ...]:
    """A page of a venue's cases, newest first, older than ``before``. Raises :class:`NotFound` where that is none."""
    place = None
    if before is not None:
        last = _found(session, client_id, before)
        place = last.opened_at, last.case_id
    is_open = None if state is None else state == "open"
    return _views(session, client_id, records.cases_of(session, client_id, is_open=is_open, before=place, limit=limit))


def view(session: Session, client_id: str, case_id: str) -> CaseView:
    """One case. Raises :class:`NotFound`, for another venue's too."""
    return _views(session, client_id, [_found(session, client_id, case_id)])[0]


def close(session: Session, client_id: str, case_id: str, note: Note, now: int) -> CaseView:
    """Closes a case, which changes nothing else. Raises :class:`NotFound`, :class:`CaseClosed`; to repeat it is no error."""
    if not records.close_case(session, client_id, case_id, note, now) and _found(session, client_id, case_id).note != note:
        raise CaseClosed
    return view(session, client_id, case_id)


def worth(session: Session, client_id: str) -> dict[str, dict[str, Any]]:
    """By rule: how many cases are open and closed with each note, and the share of the judged ones that was confirmed,
    None for fewer than :data:`LEAST_CLOSED`."""
    counts: Counter[tuple[str, str | None]] = Counter()
    for rule, note, number in records.counted(session, client_id):
        counts[rule, note] += number
    found: dict[str, dict[str, Any]] = {}
    for rule in LOOKED_FOR:
        judged = sum(counts[rule, note] for note in _JUDGED)
        notes = {note: counts[rule, note] for note in (*_JUDGED, "duplicate")}
        precision = round(counts[rule, "confirmed"] / judged, 4) if judged >= LEAST_CLOSED else None
        found[rule] = {"open": counts[rule, None], **notes, "precision": precision}
    return found


def _views(session: Session, client_id: str, rows: Sequence[ReputationCase]) -> tuple[CaseView, ...]:
    accounts = records.accounts_of(session, client_id, [row.case_id for row in rows])
    return tuple(CaseView(row, tuple(accounts[row.case_id])) for row in rows)


def _found(session: Session, client_id: str, case_id: str) -> ReputationCase:
    row = records.find_case(session, client_id, case_id)
    if row is None:
        raise NotFound
    return row
