"""How Alembic runs here: on the connection and for the tables that its caller put into the configuration."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Connection, MetaData
from sqlmodel.sql.sqltypes import AutoString


def plain_types(kind: str, item: Any, _context: AutogenContext) -> str | Literal[False]:
    """Writes SQLModel's own string type as SQLAlchemy's, so that migrations stand alone."""
    if kind == "type" and isinstance(item, AutoString):
        return f"sa.String(length={item.length})" if item.length else "sa.String()"
    return False


connection = context.config.attributes["connection"]
metadata = context.config.attributes["metadata"]
if not isinstance(connection, Connection) or not isinstance(metadata, MetaData):
    raise TypeError("migrations run through credence.service.store.schema")
context.configure(
    connection=connection,
    target_metadata=metadata,
    compare_type=True,
    render_as_batch=True,
    render_item=plain_types,
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
