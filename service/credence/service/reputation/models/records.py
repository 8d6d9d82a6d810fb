"""The table of promoted models and every statement over it."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import BigInteger, CheckConstraint, Text
from sqlmodel import Field, Session, col, delete, select

from credence.service.store import Row, insert_once

_KEY: Final[dict[str, Any]] = {"autoincrement": False}


class ReputationModel(Row, table=True):
    """Numbers of beliefs that count for a venue from ``promoted_at`` (unix seconds) on, until there is a higher version.

    ``document`` is the file as it was promoted, ``trial`` what it showed, as JSON.
    """

    __tablename__ = "reputation_models"
    __table_args__ = (CheckConstraint("version >= 1", name="version_positive"),)

    client_id: str = Field(primary_key=True, max_length=128)
    version: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs=_KEY)
    document: str = Field(sa_type=Text)
    trial: str = Field(sa_type=Text)
    promoted_at: int = Field(sa_type=BigInteger)


class ReputationCandidate(Row, table=True):
    """Numbers that were fitted in shadow on a ``day`` because features had drifted. They count for nobody.

    Fitted on the days from ``since_day`` to ``split_day`` and tried on those from it to ``day``, all unix days. ``drift`` is
    what was found, ``trial`` what the candidate showed then, both as JSON; ``document`` is its file, of ``version``.
    """

    __tablename__ = "reputation_candidates"
    __table_args__ = (CheckConstraint("since_day < split_day AND split_day < day", name="days_ordered"),)

    client_id: str = Field(primary_key=True, max_length=128)
    day: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs=_KEY)
    since_day: int = Field(sa_type=BigInteger)
    split_day: int = Field(sa_type=BigInteger)
    version: int = Field(sa_type=BigInteger)
    document: str = Field(sa_type=Text)
    trial: str = Field(sa_type=Text)
    drift: str = Field(sa_type=Text)
    made_at: int = Field(sa_type=BigInteger)


def add_candidate(session: Session, row: ReputationCandidate) -> bool:
    """Keeps what was fitted in shadow; False where a refit was started on that day before."""
    return insert_once(session, row)


def newest_candidate(session: Session, client_id: str) -> ReputationCandidate | None:
    """What was fitted in shadow last; None for nothing."""
    row = ReputationCandidate
    return session.exec(select(row).where(row.client_id == client_id).order_by(col(row.day).desc()).limit(1)).first()


def add_model(session: Session, row: ReputationModel) -> bool:
    """Promotes a model; False where its version was promoted before."""
    return insert_once(session, row)


def newest_model(session: Session, client_id: str) -> ReputationModel | None:
    """The model that counts for a client; None where none was promoted."""
    row = ReputationModel
    return session.exec(select(row).where(row.client_id == client_id).order_by(col(row.version).desc()).limit(1)).first()


def withdraw_model(session: Session, client_id: str, version: int) -> bool:
    """Takes a promoted model back; False where there is none of that version."""
    row = ReputationModel
    gone = delete(row).where(col(row.client_id) == client_id, col(row.version) == version)
    return session.connection().execute(gone.returning(col(row.version))).first() is not None
