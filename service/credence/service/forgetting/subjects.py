"""One key for each subject: a person at the issuer, a pseudonym at one venue. Destroying it is what erasing comes down to.

A key seals with AES-256-GCM under a fresh nonce, and the associated data is the table, the column and the row, so that
nothing sealed opens in another place. The keys are sealed in turn under the keyring's purpose ``subjects``.
"""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Engine, text

from credence.circuits.encoding import Rng, b64u, b64u_decode
from credence.circuits.errors import CircuitError
from credence.circuits.hashing import Label, hmac_labelled, sha256_labelled
from credence.service.errors import Erased, ServiceError, Unavailable
from credence.service.forgetting import records
from credence.service.forgetting.records import KEY_ID_LENGTH
from credence.service.store import Store

NONCE_LENGTH: Final = 12


class Kind(StrEnum):
    """Whose key it is."""

    PERSON = "person"
    """A person at the issuer, by identity_tag."""
    REFERENCE = "reference"
    """A vendor's result that is no case yet, by vendor and number."""
    PSEUDONYM = "pseudonym"
    """A pseudonym at one venue, by both."""
    SESSION = "session"
    """An acceptance that shows no pseudonym, by the session's id."""


class Broken(ServiceError):
    """What does not open under its key in its place: it was changed, or belongs elsewhere."""

    default = "A sealed value does not open in its place."


class SubjectKey:
    """A subject's key, as long as a request needs it. ``key_id`` (16 random bytes) is what rows name it by."""

    def __init__(self, key_id: bytes, secret: bytes, rng: Rng) -> None:
        self.key_id: Final = key_id
        self._cipher = AESGCM(secret)
        self._rng = rng

    def seal(self, table: str, column: str, row: str, content: bytes) -> bytes:
        """``content`` for one place: 12 bytes of nonce, then 16 more than it has."""
        nonce = self._rng(NONCE_LENGTH)
        return nonce + self._cipher.encrypt(nonce, content, _place(table, column, row))

    def open(self, table: str, column: str, row: str, sealed: bytes) -> bytes:
        """What was sealed for this place. Raises :class:`Broken`."""
        try:
            return self._cipher.decrypt(sealed[:NONCE_LENGTH], sealed[NONCE_LENGTH:], _place(table, column, row))
        except (InvalidTag, ValueError) as error:
            raise Broken from error

    def seal_text(self, table: str, column: str, row: str, content: str) -> str:
        """The same in base64url, for a column of text."""
        return b64u(self.seal(table, column, row, content.encode()))

    def open_text(self, table: str, column: str, row: str, sealed: str) -> str:
        """What :meth:`seal_text` was given. Raises :class:`Broken`."""
        try:
            data = b64u_decode(sealed, max_length=len(sealed))
        except CircuitError as error:
            raise Broken from error
        return self.open(table, column, row, data).decode()


class SubjectKeys:
    """The store of subjects' keys. Safe for several threads; ``secret`` is the keyring's, 32 bytes.

    Nothing is kept in memory between two calls: a key that another process destroyed opens nothing here either.
    """

    def __init__(self, store: Store, secret: bytes, rng: Rng) -> None:
        self.store: Final = store
        self._wrap = AESGCM(hmac_labelled(secret, Label.SUBJECT_KEY, b"wrap"))
        self._index = secret
        self._rng = rng

    def check(self) -> None:
        """Returns iff the store is there. Raises :class:`Unavailable`: one that is lost is not to be made anew unnoticed."""
        with self.store.reading() as session:
            if not records.is_made(session):
                raise Unavailable("the store of subjects' keys is empty: restore it, or run credence db upgrade")

    def obtain(self, kind: Kind, *name: bytes, now: int) -> SubjectKey:
        """The key of a subject, made where there is none; durable when this returns. Not inside a transaction of it.

        Whoever seals rows asks :meth:`~credence.service.forgetting.notes.KeyNotes.obtain`.
        """
        found = self.known(kind, *name)
        if found is not None:
            return found
        subject, key_id = self._subject(kind, name), self._rng(KEY_ID_LENGTH)
        nonce = self._rng(NONCE_LENGTH)
        sealed = nonce + self._wrap.encrypt(nonce, self._rng(32), _bound(key_id, subject))
        row = {"key_id": key_id, "subject": subject, "sealed": sealed, "made_at": now}
        self.store.run(lambda session: records.add(session, row))
        made = self.known(kind, *name)
        if made is None:  # somebody destroyed it in between
            raise Unavailable
        return made

    def known(self, kind: Kind, *name: bytes) -> SubjectKey | None:
        """The key of a subject, if it has one."""
        subject = self._subject(kind, name)
        with self.store.reading() as session:
            row = records.of_subject(session, subject)
        return None if row is None else self._opened(*row)

    def find(self, key_id: bytes) -> SubjectKey:
        """The key that a row names. Raises :class:`Erased` where it was destroyed."""
        with self.store.reading() as session:
            row = records.by_id(session, key_id)
        if row is None:
            raise Erased
        return self._opened(*row)

    def find_all(self, key_ids: Collection[bytes]) -> dict[bytes, SubjectKey]:
        """Those of many keys that are there, by id."""
        with self.store.reading() as session:
            return {row[0]: self._opened(*row) for row in records.by_ids(session, set(key_ids))}

    def there(self, key_ids: Collection[bytes]) -> set[bytes]:
        """Those of many ids whose keys are there."""
        with self.store.reading() as session:
            return {row[0] for row in records.by_ids(session, set(key_ids))}

    def alias(self, kind: Kind, *name: bytes) -> str:
        """What stands for a subject in a column by which it is found again: keyed, 43 characters, the same for ever."""
        return b64u(hmac_labelled(self._index, Label.SUBJECT_KEY, b"alias", kind.value.encode(), *name))

    def destroy(self, key_ids: Collection[bytes]) -> int:
        """Destroys keys, for good; how many there were. What they sealed is a random string from then on, everywhere."""
        if not key_ids:
            return 0
        gone = self.store.run(lambda session: records.destroy(session, set(key_ids)))
        if gone:
            _settle(self.store.engine)
        return gone

    def count(self) -> int:
        """How many subjects have a key."""
        with self.store.reading() as session:
            return records.count(session)

    def _subject(self, kind: Kind, name: Collection[bytes]) -> bytes:
        return hmac_labelled(self._index, Label.SUBJECT_KEY, b"subject", kind.value.encode(), *name)

    def _opened(self, key_id: bytes, subject: bytes, sealed: bytes) -> SubjectKey:
        try:
            secret = self._wrap.decrypt(sealed[:NONCE_LENGTH], sealed[NONCE_LENGTH:], _bound(key_id, subject))
        except (InvalidTag, ValueError) as error:
            raise Broken("A subject's key does not open under this keyring.") from error
        return SubjectKey(key_id, secret, self._rng)


def _place(table: str, column: str, row: str) -> bytes:
    return sha256_labelled(Label.SUBJECT_KEY, b"place", table.encode(), column.encode(), row.encode())


def _bound(key_id: bytes, subject: bytes) -> bytes:
    return sha256_labelled(Label.SUBJECT_KEY, b"key", key_id, subject)


def _settle(engine: Engine) -> None:
    """PostgreSQL keeps a deleted row until it vacuums; SQLite overwrites it at once (``secure_delete``, no log)."""
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM subject_keys"))
