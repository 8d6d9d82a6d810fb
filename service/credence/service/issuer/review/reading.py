"""What is told of a review: to staff a case's history, to everybody which lists changed, to a wallet its own standing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlmodel import Session

from credence.service.errors import Erased, NotFound
from credence.service.issuer import records as issuer_records
from credence.service.issuer.cases import CaseState
from credence.service.issuer.desk import Desk
from credence.service.issuer.intake import CaseView, stored_screening
from credence.service.issuer.review import records
from credence.service.issuer.review.due import records as due_records
from credence.service.issuer.review.due.records import IssuerDue, IssuerRound, IssuerShown
from credence.service.issuer.review.reasons import Cause
from credence.service.issuer.review.records import IssuerComment, IssuerProposal, IssuerStep
from credence.service.issuer.sealing import KEYS, comment_texts, key_of_case, record_reference, shown_references
from credence.service.store import Run

MAX_ROUNDS: Final = 64
"""Rounds that everybody is told of: whoever has missed more is told by the newest."""


CURSOR: Final = "^[0-9]{1,15}[.][0-9a-f-]{1,36}$"
"""Where a page of who is due goes on: behind this deadline and this mark's id."""


@dataclass(frozen=True, slots=True)
class History:
    """All that happened to a case, what staff wrote about it, and the vendor's number of what was shown again."""

    case_id: str
    steps: Sequence[IssuerStep]
    proposals: Sequence[IssuerProposal]
    comments: Sequence[tuple[IssuerComment, str]]
    shown: Sequence[tuple[IssuerShown, str]]
    due: IssuerDue | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits for somebody: cases in review, proposals for a second person, holders who are to be told that they are due.

    ``due_next`` has the form of :data:`CURSOR`, and is None where these are the last.
    """

    cases: Sequence[CaseView]
    proposals: Sequence[IssuerProposal]
    due: Sequence[IssuerDue]
    due_next: str | None = None


@dataclass(frozen=True, slots=True)
class HolderStanding:
    """What a wallet is told of its credential. ``cause`` and ``deadline`` are None unless evidence is to be shown again."""

    attestation_id: str
    verified_at: int
    is_revoked: bool
    cause: Cause | None
    deadline: int | None


def history(desk: Desk, case_id: str) -> History:
    """A case's history. Raises :class:`NotFound`, :class:`Erased`."""
    keeping = desk.services.keeping
    with desk.store.reading() as session:
        case = issuer_records.find_case(session, case_id)
        if case is None:
            raise NotFound
        if case.erased_at is not None:
            raise Erased
        comments, shown = records.comments(session, case_id), due_records.shown(session, case_id)
        return History(
            case_id,
            records.steps(session, case_id),
            records.proposals(session, case_id),
            list(zip(comments, comment_texts(keeping, comments), strict=True)),
            list(zip(shown, shown_references(keeping, shown), strict=True)),
            due_records.open_mark(session, case_id),
        )


def waiting(desk: Desk, limit: int, due_after: str | None = None) -> Waiting:
    """Up to ``limit`` of each: the oldest cases and proposals, the earliest deadlines ``due_after`` a ``due_next``."""
    after, keeping = None if due_after is None else _read(due_after), desk.services.keeping
    with desk.store.reading() as session:
        cases = issuer_records.cases(session, CaseState.REVIEW, limit=limit, oldest_first=True)
        due = due_records.to_tell(session, limit=limit + 1, after=after)
        return Waiting(
            [CaseView(case, stored_screening(case), None, record_reference(keeping, case)) for case in cases],
            records.open_proposals(session, limit=limit),
            due[:limit],
            f"{due[limit - 1].deadline}.{due[limit - 1].id}" if len(due) > limit else None,
        )


def _read(cursor: str) -> tuple[int, str]:
    deadline, _, mark_id = cursor.partition(".")
    return int(deadline), mark_id


def comment(desk: Desk, case_id: str, text: str, client_id: str, run: Run[IssuerComment] | None = None) -> IssuerComment:
    """Adds a comment to a case. ``run`` runs the transaction, by default the desk's store. Raises :class:`NotFound`."""
    now = desk.services.clock()
    with desk.store.reading() as session:
        found = issuer_records.find_case(session, case_id)
    if found is None:
        raise NotFound
    key = key_of_case(desk.services.keeping, desk.store, found, now)

    def work(session: Session) -> IssuerComment:
        case = records.lock_case(session, case_id)
        if case is None:
            raise NotFound
        if case.erased_at is not None:
            raise Erased
        KEYS.claim(session, key.key_id)
        return records.add_comment(session, case_id, text, key=key, author=client_id, now=now)

    return (run or desk.store.run)(work)


def rounds(desk: Desk) -> Sequence[IssuerRound]:
    """The newest changes of lists that made holders due, newest first."""
    with desk.store.reading() as session:
        return due_records.rounds(session, limit=MAX_ROUNDS)


def standing(desk: Desk, attestation_id: str) -> HolderStanding:
    """The standing of a credential, to whoever knows its id. Raises :class:`NotFound`.

    Nothing is due while a person decides about what was shown: that somebody has to is not hinted at.
    """
    with desk.store.reading() as session:
        found = issuer_records.find_attestation(session, attestation_id)
        case = None if found is None else issuer_records.find_case(session, found[0].case_id)
        if found is None or case is None:
            raise NotFound
        mark = due_records.open_mark(session, case.id)
        is_due = mark is not None and case.state == CaseState.ISSUED
        return HolderStanding(
            attestation_id,
            case.verified_at,
            due_records.is_revoked(session, attestation_id),
            Cause(mark.cause) if mark is not None and is_due else None,
            mark.deadline if mark is not None and is_due else None,
        )
