"""The table of what was asked to be found, and every statement over it. What was found is not kept: it is found again."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, LargeBinary, update
from sqlmodel import Field, Session, col

from credence.service.store import Row, insert_once


class IssuerFinding(Row, table=True):
    """A warrant by its digest, who asked first to find whose handle it opened, and who was the second person."""

    __tablename__ = "issuer_findings"
    __table_args__ = (
        CheckConstraint("length(warrant) = 32", name="warrant_length"),
        CheckConstraint("approved_by <> proposed_by", name="four_eyes"),
    )

    warrant: bytes = Field(primary_key=True, sa_type=LargeBinary)
    proposed_by: str = Field(max_length=128)
    approved_by: str | None = Field(default=None, max_length=128)


def propose(session: Session, warrant: bytes, client_id: str) -> IssuerFinding:
    """Notes who asked first, unless somebody has; the row as it is then."""
    insert_once(session, IssuerFinding(warrant=warrant, proposed_by=client_id), on=["warrant"])
    return session.get_one(IssuerFinding, warrant)


def approve(session: Session, warrant: bytes, client_id: str) -> None:
    """Notes the second person, unless there is one."""
    row = IssuerFinding
    query = update(row).where(col(row.warrant) == warrant, col(row.approved_by).is_(None), col(row.proposed_by) != client_id)
    session.exec(query.values(approved_by=client_id))
