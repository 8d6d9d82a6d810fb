"""The tables of showing evidence again, and every statement over them: who is due, why and until when, and what was shown.

That a case is due once at a time is a constraint, and so is that the same evidence counts once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import BigInteger, CheckConstraint, Index, LargeBinary, Text, text, update
from sqlmodel import Field, Session, col, select

from credence.service.issuer.cases import CaseState
from credence.service.issuer.records import SEALED_SALT, IssuerAttestation, IssuerCase, one_of
from credence.service.issuer.review.reasons import Cause, End
from credence.service.issuer.revocation.records import IssuerRevocation
from credence.service.store import Row, insert_once

_PAGE = 500
_OPEN = text("ending = 'open'")


class IssuerDue(Row, table=True):
    """That the holder of a case's credential is to show evidence again before ``deadline``, or was.

    ``lists`` is JSON: the version (digest in hex) of each list that somebody has to be searched for in, by name; empty
    unless a list changed. ``ending`` is ``open`` until it ended at ``closed_at``. Times are unix seconds.
    """

    __tablename__ = "issuer_due_marks"
    __table_args__ = (
        CheckConstraint(one_of("cause", Cause), name="cause_known"),
        CheckConstraint(one_of("ending", End), name="ending_known"),
        CheckConstraint("(ending = 'open') = (closed_at IS NULL)", name="open_or_closed"),
        CheckConstraint("deadline >= marked_at", name="deadline_follows"),
        Index("ix_issuer_due_marks_open", "case_id", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
    )

    id: str = Field(primary_key=True, max_length=36)
    case_id: str = Field(foreign_key="issuer_cases.id", index=True, max_length=36)
    cause: str = Field(max_length=16)
    marked_at: int = Field(sa_type=BigInteger)
    deadline: int = Field(sa_type=BigInteger, index=True)
    lists: str = Field(sa_type=Text)
    ending: str = Field(max_length=16)
    closed_at: int | None = Field(default=None, sa_type=BigInteger)


class IssuerRound(Row, table=True):
    """That a list changed so that holders are due: what everybody is told. One for each version of a list."""

    __tablename__ = "issuer_review_rounds"
    __table_args__ = (CheckConstraint("deadline >= opened_at", name="deadline_follows"),)

    list_name: str = Field(primary_key=True, max_length=64)
    digest: str = Field(primary_key=True, max_length=64)
    opened_at: int = Field(sa_type=BigInteger)
    deadline: int = Field(sa_type=BigInteger)


class IssuerShown(Row, table=True):
    """Evidence that was shown again: what may be kept of it, as of the first, and sealed so. ``outcome`` is a state."""

    __tablename__ = "issuer_shown_again"
    __table_args__ = (
        CheckConstraint("length(evidence_digest) = 32", name="digest_length"),
        CheckConstraint(SEALED_SALT.format("evidence_salt"), name="salt_length"),
        CheckConstraint("length(subject_key) = 16", name="subject_key_length"),
        CheckConstraint("length(evidence_commitment) = 32", name="commitment_length"),
        CheckConstraint(one_of("outcome", [state.value for state in CaseState]), name="outcome_known"),
    )

    evidence_digest: bytes = Field(primary_key=True, sa_type=LargeBinary)
    case_id: str = Field(foreign_key="issuer_cases.id", index=True, max_length=36)
    evidence_salt: bytes = Field(sa_type=LargeBinary)
    evidence_commitment: bytes = Field(sa_type=LargeBinary)
    vendor: str = Field(max_length=64)
    vendor_reference: str = Field(max_length=256)
    shown_by: str = Field(max_length=128)
    shown_at: int = Field(sa_type=BigInteger)
    outcome: str = Field(max_length=16)
    subject_key: bytes | None = Field(default=None, sa_type=LargeBinary, index=True)


# --- due marks ---


def add_mark(session: Session, mark: IssuerDue) -> bool:
    """Stores a mark; False where the case is due already."""
    return insert_once(session, mark)


def open_mark(session: Session, case_id: str) -> IssuerDue | None:
    """The mark of a case that is due."""
    query = select(IssuerDue).where(IssuerDue.case_id == case_id, IssuerDue.ending == End.OPEN.value)
    return session.exec(query.execution_options(populate_existing=True)).first()


def end_mark(session: Session, mark_id: str, ending: End, now: int) -> bool:
    """Ends a mark; False where it is not open any more."""
    query = update(IssuerDue).where(col(IssuerDue.id) == mark_id, col(IssuerDue.ending) == End.OPEN.value)
    return session.exec(query.values(ending=ending.value, closed_at=now)).rowcount == 1


def renew_mark(session: Session, mark_id: str, lists: str) -> None:
    """Another set of lists to be searched for in; the deadline stays."""
    query = update(IssuerDue).where(col(IssuerDue.id) == mark_id, col(IssuerDue.ending) == End.OPEN.value)
    session.exec(query.values(lists=lists))


def overdue(session: Session, before: int, *, limit: int) -> Sequence[IssuerDue]:
    """Up to ``limit`` open marks whose deadline is ``before`` that, the earliest first, whatever state their case is in."""
    query = select(IssuerDue).where(IssuerDue.ending == End.OPEN.value, col(IssuerDue.deadline) < before)
    return session.exec(query.order_by(col(IssuerDue.deadline), col(IssuerDue.id)).limit(limit)).all()


def to_tell(session: Session, *, limit: int, after: tuple[int, str] | None = None) -> Sequence[IssuerDue]:
    """Up to ``limit`` open marks of holders who are to be told, by deadline and id; those ``after`` such a pair.

    A case in review is none of them: whoever tells holders would tell that somebody looks at this one.
    """
    query = (
        select(IssuerDue)
        .join(IssuerCase, col(IssuerCase.id) == col(IssuerDue.case_id))
        .where(IssuerDue.ending == End.OPEN.value, IssuerCase.state == CaseState.ISSUED.value)
        .order_by(col(IssuerDue.deadline), col(IssuerDue.id))
    )
    if after is not None:
        deadline, mark_id = after
        later = (col(IssuerDue.deadline) == deadline) & (col(IssuerDue.id) > mark_id)
        query = query.where((col(IssuerDue.deadline) > deadline) | later)
    return session.exec(query.limit(limit)).all()


def all_to_tell(session: Session) -> Iterator[IssuerDue]:
    """All of them, by deadline and id."""
    after: tuple[int, str] | None = None
    while page := to_tell(session, limit=_PAGE, after=after):
        yield from page
        after = page[-1].deadline, page[-1].id


def held(session: Session) -> Iterator[tuple[IssuerAttestation, IssuerCase, IssuerDue | None]]:
    """Every credential that is neither revoked nor of a case that was declined, its case, and its mark if it is due."""
    revoked = select(IssuerRevocation.attestation_id)
    last = ""
    while True:
        query = (
            select(IssuerAttestation, IssuerCase, IssuerDue)
            .join(IssuerCase, col(IssuerCase.id) == col(IssuerAttestation.case_id))
            .join(
                IssuerDue,
                (col(IssuerDue.case_id) == col(IssuerCase.id)) & (col(IssuerDue.ending) == End.OPEN.value),
                isouter=True,
            )
            .where(
                col(IssuerAttestation.id) > last,
                col(IssuerCase.state) != CaseState.DECLINED.value,
                col(IssuerAttestation.id).not_in(revoked),
            )
            .order_by(col(IssuerAttestation.id))
            .limit(_PAGE)
        )
        page = session.exec(query).all()
        yield from page
        if len(page) < _PAGE:
            return
        last = page[-1][0].id


# --- rounds ---


def announce(session: Session, list_name: str, digest: str, *, opened_at: int, deadline: int) -> None:
    """Tells everybody of a version of a list; again, where somebody was searched for in an older one since."""
    row = IssuerRound(list_name=list_name, digest=digest, opened_at=opened_at, deadline=deadline)
    if not insert_once(session, row):
        known = update(IssuerRound).where(
            col(IssuerRound.list_name) == list_name,
            col(IssuerRound.digest) == digest,
            col(IssuerRound.opened_at) < opened_at,
        )
        session.exec(known.values(opened_at=opened_at, deadline=deadline))


def rounds(session: Session, *, limit: int) -> Sequence[IssuerRound]:
    """Up to ``limit`` rounds, newest first."""
    newest = (col(IssuerRound.opened_at).desc(), col(IssuerRound.list_name), col(IssuerRound.digest))
    return session.exec(select(IssuerRound).order_by(*newest).limit(limit)).all()


# --- what was shown ---


def add_shown(session: Session, shown: IssuerShown) -> bool:
    """Notes that evidence was shown again; False where the same was."""
    return insert_once(session, shown, on=["evidence_digest"])


def was_shown(session: Session, digests: Sequence[bytes]) -> bool:
    """Whether evidence was shown again before; one digest for each live key."""
    query = select(IssuerShown.case_id).where(col(IssuerShown.evidence_digest).in_(digests)).limit(1)
    return session.exec(query).first() is not None


def shown(session: Session, case_id: str) -> Sequence[IssuerShown]:
    """What was shown again for a case, oldest first."""
    query = select(IssuerShown).where(IssuerShown.case_id == case_id)
    return session.exec(query.order_by(col(IssuerShown.shown_at))).all()


def is_case_revoked(session: Session, case_id: str) -> bool:
    """Whether a credential was made through a case, and is revoked."""
    attestation = attestation_of_case(session, case_id)
    return attestation is not None and is_revoked(session, attestation.id)


def is_revoked(session: Session, attestation_id: str) -> bool:
    """Whether the credential of an attestation is revoked."""
    query = select(IssuerRevocation.index).where(col(IssuerRevocation.attestation_id) == attestation_id)
    return session.exec(query).first() is not None


def attestation_of_case(session: Session, case_id: str) -> IssuerAttestation | None:
    """The newest attestation that was made through a case."""
    query = select(IssuerAttestation).where(IssuerAttestation.case_id == case_id)
    return session.exec(query.order_by(col(IssuerAttestation.serial).desc()).limit(1)).first()
