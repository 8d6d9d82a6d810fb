"""The keys that a party noted as destroyed, and the rows that name keys: no key is both.

Whoever erases notes a key once no row names it, in the same transaction (:meth:`KeyNotes.note`). Whoever writes a row asks
before it (:meth:`KeyNotes.claim`), and is refused a key that is noted. So a key that is noted may be destroyed at any time,
by anybody, and whoever comes again gets a new one. An SQLite database has one writer; under PostgreSQL both lock the key's
number until their transaction ends: writers beside each other, whoever erases alone.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import partial
from typing import Final

from sqlalchemy import BigInteger, Table, delete, func, literal, select
from sqlmodel import Session

from credence.service.errors import Unavailable
from credence.service.forgetting.subjects import Kind, SubjectKey, SubjectKeys
from credence.service.store import Store, inserting

_PAGE: Final = 500
_ATTEMPTS: Final = 4


class KeyNotes:
    """``noted`` is a party's table of keys that are to be gone (``key_id``, ``destroyed_at``), ``sealed`` every table whose
    rows name a key in ``subject_key``."""

    def __init__(self, noted: Table, sealed: Sequence[Table]) -> None:
        self._noted: Final = noted
        self._sealed: Final = tuple(sealed)

    def obtain(self, store: Store, keys: SubjectKeys, kind: Kind, *name: bytes, now: int) -> SubjectKey:
        """The key of a subject as :meth:`SubjectKeys.obtain`, and never one that is to be destroyed: what was begun with it
        is finished first. Not inside a transaction. Raises :class:`Unavailable`."""
        for _ in range(_ATTEMPTS):
            found = keys.obtain(kind, *name, now=now)
            with store.reading() as session:
                if not self._among(session, {found.key_id}):
                    return found
            self._destroy(store, keys, {found.key_id})
        raise Unavailable

    def claim(self, session: Session, key_id: bytes) -> None:
        """Lets this transaction write rows that name a key. Raises :class:`Unavailable` where it was noted since it was
        obtained: whoever asks again gets another."""
        _lock(session, {key_id}, "pg_advisory_xact_lock_shared")
        if self._among(session, {key_id}):
            raise Unavailable

    def note(self, session: Session, keys: Collection[bytes], now: int) -> set[bytes]:
        """Notes, in the transaction that erases and after it did, that keys are to be destroyed: those that no row names any
        more. Which."""
        if not keys:
            return set()
        session.flush()
        _lock(session, keys, "pg_advisory_xact_lock")
        gone = set(keys) - self._named(session, keys)
        for key in sorted(gone):
            noted = inserting(session, self._noted).values(key_id=key, destroyed_at=now)
            session.connection().execute(noted.on_conflict_do_nothing())
        return gone

    def finish(self, store: Store, keys: SubjectKeys) -> int:
        """Destroys every key that is noted and is there: after an erasure, and after a copy of the keys was put back. One
        that a row names, which an earlier release could note, is noted no more. How many were destroyed."""
        gone, last, noted = 0, b"", self._noted.c.key_id
        while True:
            with store.reading() as session:
                query = select(noted).where(noted > last).order_by(noted).limit(_PAGE)
                page = session.connection().execute(query).scalars().all()
            if not page:
                return gone
            gone += self._destroy(store, keys, keys.there(page))
            last = page[-1]

    def _destroy(self, store: Store, keys: SubjectKeys, key_ids: Collection[bytes]) -> int:
        return keys.destroy(store.run(partial(self._doomed, keys=key_ids))) if key_ids else 0

    def _doomed(self, session: Session, keys: Collection[bytes]) -> set[bytes]:
        _lock(session, keys, "pg_advisory_xact_lock")
        noted, named = self._among(session, keys), self._named(session, keys)
        if named:
            session.connection().execute(delete(self._noted).where(self._noted.c.key_id.in_(sorted(named))))
        return noted - named

    def _among(self, session: Session, keys: Collection[bytes]) -> set[bytes]:
        query = select(self._noted.c.key_id).where(self._noted.c.key_id.in_(sorted(keys)))
        return set(session.connection().execute(query).scalars())

    def _named(self, session: Session, keys: Collection[bytes]) -> set[bytes]:
        found: set[bytes] = set()
        for table in self._sealed:
            query = select(table.c.subject_key).where(table.c.subject_key.in_(sorted(keys)))
            found.update(session.connection().execute(query).scalars())
        return found


def _lock(session: Session, keys: Collection[bytes], name: str) -> None:
    connection = session.connection()
    if connection.dialect.name != "postgresql":
        return
    for key in sorted(keys):
        number = literal(int.from_bytes(key[:8], "big", signed=True), BigInteger)
        connection.execute(select(getattr(func, name)(number)))
