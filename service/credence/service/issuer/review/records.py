"""The tables of what people do about a case, and every statement over them. Steps and comments are only ever added.

That nobody approves a proposal of their own is a constraint, and so is that a case has one open proposal.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import BigInteger, CheckConstraint, Index, LargeBinary, Text, func, text, update
from sqlmodel import Field, Session, col, select

from credence.circuits.policy import RISK_TIERS
from credence.service.forgetting import SubjectKey
from credence.service.issuer.cases import Actor, CaseState
from credence.service.issuer.records import IssuerCase, one_of
from credence.service.issuer.review.reasons import Happening, Kind, Reason, Standing
from credence.service.store import Row, insert_once

MAX_COMMENT: Final = 2_000
"""Characters of a comment."""

MAX_SEALED_COMMENT: Final = 10_708
"""The same sealed, in base64url, if each took four bytes."""

_STATES: Final = [state.value for state in CaseState]


class IssuerStep(Row, table=True):
    """One step of a case: ``number`` counts from 1. ``source`` and ``target`` are states, the same where it did not move.

    ``client_id`` is who took it, None for the rules and the holder. ``reasons`` are slugs by spaces, ``at`` unix seconds.
    """

    __tablename__ = "issuer_case_steps"
    __table_args__ = (
        CheckConstraint("number >= 1", name="number_from_one"),
        CheckConstraint(one_of("what", Happening), name="what_known"),
        CheckConstraint(one_of("source", _STATES), name="source_known"),
        CheckConstraint(one_of("target", _STATES), name="target_known"),
        CheckConstraint(one_of("actor", Actor), name="actor_known"),
    )

    case_id: str = Field(primary_key=True, foreign_key="issuer_cases.id", max_length=36)
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    what: str = Field(max_length=16)
    source: str = Field(max_length=16)
    target: str = Field(max_length=16)
    actor: str = Field(max_length=16)
    client_id: str | None = Field(default=None, max_length=128)
    reasons: str = Field(sa_type=Text)
    at: int = Field(sa_type=BigInteger)


class IssuerProposal(Row, table=True):
    """What one person proposed to decide otherwise than the rules did, and what became of it. The clients are the persons.

    ``cleared`` names the entries that are said to be somebody else, as JSON. ``kyc_level`` and ``risk_tier`` are None where
    they stay. ``approved_by`` is set by approval alone, ``closed_by`` however it ended, both None for what the case's next
    step overtook. Times are unix seconds.
    """

    __tablename__ = "issuer_proposals"
    __table_args__ = (
        CheckConstraint(one_of("kind", Kind), name="kind_known"),
        CheckConstraint(one_of("reason", Reason), name="reason_known"),
        CheckConstraint(one_of("standing", Standing), name="standing_known"),
        CheckConstraint("approved_by <> proposed_by", name="four_eyes"),
        CheckConstraint("(standing = 'approved') = (approved_by IS NOT NULL)", name="approved_by_somebody"),
        CheckConstraint("(standing = 'open') = (closed_at IS NULL)", name="open_or_closed"),
        CheckConstraint("kyc_level BETWEEN 1 AND 3", name="level_range"),
        CheckConstraint(one_of("risk_tier", RISK_TIERS), name="tier_known"),
        Index(
            "ix_issuer_proposals_open",
            "case_id",
            unique=True,
            sqlite_where=text("standing = 'open'"),
            postgresql_where=text("standing = 'open'"),
        ),
    )

    id: str = Field(primary_key=True, max_length=36)
    case_id: str = Field(foreign_key="issuer_cases.id", index=True, max_length=36)
    kind: str = Field(max_length=16)
    reason: str = Field(max_length=32)
    kyc_level: int | None = None
    risk_tier: str | None = Field(default=None, max_length=16)
    cleared: str = Field(sa_type=Text)
    standing: str = Field(max_length=16)
    proposed_by: str = Field(max_length=128)
    proposed_at: int = Field(sa_type=BigInteger)
    approved_by: str | None = Field(default=None, max_length=128)
    closed_by: str | None = Field(default=None, max_length=128)
    closed_at: int | None = Field(default=None, sa_type=BigInteger)


class IssuerComment(Row, table=True):
    """What a member of staff wrote about a case, perhaps with a proposal. Free text stands here and nowhere else.

    ``number`` counts the case's from 1. The text is sealed under the person's key ``subject_key``; in the clear where that
    is None, which is so in rows of before there were such keys.
    """

    __tablename__ = "issuer_comments"
    __table_args__ = (
        CheckConstraint("number >= 1", name="number_from_one"),
        CheckConstraint(f"length(comment) BETWEEN 1 AND {MAX_SEALED_COMMENT}", name="comment_length"),
        CheckConstraint("length(subject_key) = 16", name="subject_key_length"),
    )

    case_id: str = Field(primary_key=True, foreign_key="issuer_cases.id", max_length=36)
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    proposal_id: str | None = Field(default=None, foreign_key="issuer_proposals.id", max_length=36)
    author: str = Field(max_length=128)
    at: int = Field(sa_type=BigInteger)
    comment: str = Field(sa_type=Text)
    subject_key: bytes | None = Field(default=None, sa_type=LargeBinary, index=True)


# --- cases and their steps ---


def lock_case(session: Session, case_id: str) -> IssuerCase | None:
    """A case as it is, and stays until this transaction ends."""
    query = select(IssuerCase).where(IssuerCase.id == case_id).with_for_update()
    return session.exec(query.execution_options(populate_existing=True)).first()


def add_step(
    session: Session,
    case_id: str,
    what: Happening,
    source: CaseState,
    target: CaseState,
    actor: Actor,
    *,
    by: str | None,
    reasons: Sequence[str],
    now: int,
) -> None:
    """Adds the next step of a case whose row this transaction has locked, moved or made. A step that moves it overtakes
    the proposal that is open."""
    number = session.exec(select(func.coalesce(func.max(IssuerStep.number), 0)).where(IssuerStep.case_id == case_id)).one()
    session.add(
        IssuerStep(
            case_id=case_id,
            number=number + 1,
            what=what.value,
            source=source.value,
            target=target.value,
            actor=actor.value,
            client_id=by,
            reasons=" ".join(reasons),
            at=now,
        )
    )
    session.flush()
    if source is not target:
        overtaken = update(IssuerProposal).where(
            col(IssuerProposal.case_id) == case_id, col(IssuerProposal.standing) == Standing.OPEN.value
        )
        session.exec(overtaken.values(standing=Standing.OVERTAKEN.value, closed_at=now))


def steps(session: Session, case_id: str) -> Sequence[IssuerStep]:
    """Every step of a case, in order."""
    return session.exec(select(IssuerStep).where(IssuerStep.case_id == case_id).order_by(col(IssuerStep.number))).all()


# --- proposals ---


def add_proposal(session: Session, proposal: IssuerProposal) -> bool:
    """Stores a proposal; False where the case has an open one."""
    return insert_once(session, proposal)


def find_proposal(session: Session, case_id: str, proposal_id: str) -> IssuerProposal | None:
    """A proposal of a case."""
    query = select(IssuerProposal).where(IssuerProposal.id == proposal_id, IssuerProposal.case_id == case_id)
    return session.exec(query.execution_options(populate_existing=True)).first()


def close_proposal(session: Session, proposal_id: str, standing: Standing, **changes: Any) -> bool:
    """Ends an open proposal; False where it is not open any more."""
    query = update(IssuerProposal).where(
        col(IssuerProposal.id) == proposal_id, col(IssuerProposal.standing) == Standing.OPEN.value
    )
    return session.exec(query.values(standing=standing.value, **changes)).rowcount == 1


def proposals(session: Session, case_id: str) -> Sequence[IssuerProposal]:
    """Every proposal of a case, oldest first."""
    query = select(IssuerProposal).where(IssuerProposal.case_id == case_id)
    return session.exec(query.order_by(col(IssuerProposal.proposed_at), col(IssuerProposal.id))).all()


def open_proposals(session: Session, *, limit: int) -> Sequence[IssuerProposal]:
    """Up to ``limit`` proposals that wait for a second person, oldest first."""
    query = select(IssuerProposal).where(IssuerProposal.standing == Standing.OPEN.value)
    return session.exec(query.order_by(col(IssuerProposal.id)).limit(limit)).all()


# --- comments ---


def add_comment(
    session: Session,
    case_id: str,
    comment: str,
    *,
    key: SubjectKey,
    author: str,
    now: int,
    proposal_id: str | None = None,
) -> IssuerComment:
    """Adds the next comment on a case, whose row this transaction has locked, sealed under the person's ``key``."""
    count = select(func.coalesce(func.max(IssuerComment.number), 0)).where(IssuerComment.case_id == case_id)
    number = session.exec(count).one() + 1
    written = IssuerComment(
        case_id=case_id,
        number=number,
        proposal_id=proposal_id,
        author=author,
        at=now,
        comment=key.seal_text(IssuerComment.__tablename__, "comment", f"{case_id}/{number}", comment),
        subject_key=key.key_id,
    )
    session.add(written)
    session.flush()
    return written


def comments(session: Session, case_id: str) -> Sequence[IssuerComment]:
    """Every comment on a case, oldest first."""
    query = select(IssuerComment).where(IssuerComment.case_id == case_id)
    return session.exec(query.order_by(col(IssuerComment.number))).all()
