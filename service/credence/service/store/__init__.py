"""Databases: SQLite or PostgreSQL, without another thought by those above.

A :class:`Store` is one database. Everything that writes runs in ``store.transaction()``, one for each request, and all the
rest in ``store.reading()``. What must happen once is a unique constraint and :func:`insert_once`, never a look before.
"""

from __future__ import annotations

from credence.service.store.database import Run, Store
from credence.service.store.faults import Contended
from credence.service.store.identifiers import uuid7
from credence.service.store.inserting import insert_all_once, insert_once, inserting, inserting_all
from credence.service.store.rows import Row, in_pages, metadata

__all__ = [
    "Contended",
    "Row",
    "Run",
    "Store",
    "in_pages",
    "insert_all_once",
    "insert_once",
    "inserting",
    "inserting_all",
    "metadata",
    "uuid7",
]
