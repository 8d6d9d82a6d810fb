"""The tables of the market's series and every statement over them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import BigInteger, CheckConstraint, LargeBinary
from sqlmodel import Field, Session, select

from credence.service.reputation.market import multiples_of
from credence.service.store import Row, inserting

NAME_LENGTH: Final = 16

_KEY: Final[dict[str, Any]] = {"autoincrement": False}


class ReputationHazard(Row, table=True):
    """How many liquidations of a series a UTC day had."""

    __tablename__ = "reputation_hazards"
    __table_args__ = (CheckConstraint("liquidations > 0", name="liquidations_positive"),)

    series: str = Field(primary_key=True, max_length=64)
    day: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs=_KEY)
    liquidations: int = Field(sa_type=BigInteger)


class ReputationHazardRow(Row, table=True):
    """A row of a series that is counted. ``name`` is a hash of it, and of which of equal rows of its table it is."""

    __tablename__ = "reputation_hazard_rows"
    __table_args__ = (CheckConstraint(f"length(name) = {NAME_LENGTH}", name="name_length"),)

    series: str = Field(primary_key=True, max_length=64)
    name: bytes = Field(primary_key=True, sa_type=LargeBinary)


def count_rows(session: Session, series: str, rows: Mapping[bytes, int]) -> int:
    """Counts the rows (name to day) that were not counted before, and answers how many those were."""
    statement = inserting(session, ReputationHazardRow).on_conflict_do_nothing()
    named = [{"series": series, "name": name} for name in sorted(rows)]  # whoever comes at once waits in one order
    returning = statement.returning(ReputationHazardRow.__table__.c.name)  # type: ignore[attr-defined]
    new = session.connection().execute(returning, named).scalars().all() if named else []
    counts = Counter(rows[name] for name in new)
    if counts:
        upsert = inserting(session, ReputationHazard)
        table = ReputationHazard.__table__  # type: ignore[attr-defined]
        added = {"liquidations": table.c.liquidations + upsert.excluded.liquidations}
        upsert = upsert.on_conflict_do_update(index_elements=["series", "day"], set_=added)
        days = [{"series": series, "day": day, "liquidations": count} for day, count in sorted(counts.items())]
        session.connection().execute(upsert, days)
    return len(new)


def counts_of(session: Session, series: str) -> dict[int, int]:
    """Liquidations of a series by day."""
    row = ReputationHazard
    query = select(row.day, row.liquidations).where(row.series == series)
    return {int(day): int(count) for day, count in session.exec(query)}


def hazards(session: Session, series: str) -> dict[int, int]:
    """A series as it is now: day to ppm of a calm day's hazard."""
    return multiples_of(counts_of(session, series))
