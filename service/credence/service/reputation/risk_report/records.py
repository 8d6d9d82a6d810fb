"""The table of reports and every statement over it. A report holds figures of twenty accounts and more, and no pseudonym."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import BigInteger, CheckConstraint, Text, delete, func
from sqlmodel import Field, Session, col, select

from credence.service.reputation.records import ReputationDay, ReputationEvent
from credence.service.store import Row, insert_once

ID_LENGTH: Final = 22


class ReputationReport(Row, table=True):
    """A venue's report as it was made. ``report_id`` is of its ``document``, which is JSON and is never updated.

    ``as_of_day`` is a unix day, ``made_at`` unix seconds.
    """

    __tablename__ = "reputation_reports"
    __table_args__ = (CheckConstraint(f"length(report_id) = {ID_LENGTH}", name="report_id_length"),)

    client_id: str = Field(primary_key=True, max_length=128)
    report_id: str = Field(primary_key=True, max_length=ID_LENGTH)
    as_of_day: int = Field(sa_type=BigInteger)
    accounts: int = Field(sa_type=BigInteger)
    document: str = Field(sa_type=Text)
    made_at: int = Field(sa_type=BigInteger)


def add_report(session: Session, row: ReputationReport, *, most: int) -> bool:
    """Keeps a report, and no more than the newest ``most`` of the venue's; False where the same one is kept already."""
    if not insert_once(session, row):
        return False
    kind = ReputationReport
    kept = select(kind.report_id).where(kind.client_id == row.client_id)
    older = session.exec(kept.order_by(col(kind.made_at).desc(), col(kind.report_id)).offset(most)).all()
    # those that were seen to be older, and nothing that another request adds meanwhile
    session.connection().execute(delete(kind).where(col(kind.client_id) == row.client_id, col(kind.report_id).in_(older)))
    return True


def find_report(session: Session, client_id: str, report_id: str) -> ReputationReport | None:
    """A venue's report; None for what is not its own."""
    return session.get(ReputationReport, (client_id, report_id))


def reports_of(session: Session, client_id: str) -> Sequence[tuple[str, int, int, int]]:
    """Id, day, accounts and time of each of a venue's reports, the newest first."""
    row = ReputationReport
    query = select(row.report_id, row.as_of_day, row.accounts, row.made_at).where(row.client_id == client_id)
    return session.exec(query.order_by(col(row.made_at).desc(), col(row.report_id))).all()


def simulated(session: Session, client_id: str, label: str) -> frozenset[bytes]:
    """The pseudonyms of a venue of which an event was reported whose id begins with ``label``."""
    row = ReputationEvent
    # a range, which the key's index serves; and letter by letter, since collations order as they please, and LIKE folds case
    end = label[:-1] + chr(ord(label[-1]) + 1)
    within = (col(row.event_id) >= label, col(row.event_id) < end, func.substr(row.event_id, 1, len(label)) == label)
    return frozenset(session.exec(select(row.pseudonym).where(row.client_id == client_id, *within).distinct()).all())


def reported_before(session: Session, client_id: str, day: int) -> int:
    """Of how many pseudonyms a venue reported days before the unix day ``day``."""
    row = ReputationDay
    query = select(func.count(col(row.pseudonym).distinct())).where(row.client_id == client_id, row.day < day)
    return session.exec(query).one()
