"""Two tables that stay out of the service's own metadata."""

from __future__ import annotations

from sqlalchemy import MetaData, UniqueConstraint, func
from sqlmodel import Field, SQLModel, select

from credence.service.store import Store

THINGS = MetaData()


class Parent(SQLModel, table=True):
    __tablename__ = "parents"
    metadata = THINGS
    id: int | None = Field(default=None, primary_key=True)


class Thing(SQLModel, table=True):
    __tablename__ = "things"
    __table_args__ = (UniqueConstraint("tag"), UniqueConstraint("serial"))
    metadata = THINGS
    id: int | None = Field(default=None, primary_key=True)
    tag: str
    serial: int | None = None
    parent_id: int | None = Field(default=None, foreign_key="parents.id")


def count(store: Store) -> int:
    with store.reading() as session:
        return session.exec(select(func.count()).select_from(Thing)).one()
