"""The tables of clients, their registrations and keys, what was used up, and every statement over them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from sqlalchemy import BigInteger, CheckConstraint, LargeBinary, Text, UniqueConstraint, delete, func, update
from sqlmodel import Field, Session, col, select

from credence.service.ledger import OutboxRow
from credence.service.store import Row, in_pages, insert_once

MAC_LENGTH = 32
"""Bytes of the keyed hash of an API key."""

_SWEPT: Final = 4
"""Ended identifiers that go with each new one: more than come, so that the table stays as large as what is live."""


class AuthClient(Row, table=True):
    """A client. Its id is never given twice. Times are unix seconds."""

    __tablename__ = "auth_clients"

    id: str = Field(primary_key=True, max_length=128)
    name: str = Field(max_length=200)
    created_at: int = Field(sa_type=BigInteger)
    revoked_at: int | None = Field(default=None, sa_type=BigInteger)


class AuthRegistration(Row, table=True):
    """That a client was registered, and in which role. Never updated. ``salt`` opens ``leaf``, which is in the log.

    ``disclose`` is what it may ask holders to disclose, by spaces; NULL for what every venue may.
    """

    __tablename__ = "auth_registrations"
    __table_args__ = (
        CheckConstraint("length(salt) = 32", name="salt_length"),
        CheckConstraint("length(leaf) = 32", name="leaf_length"),
    )

    client_id: str = Field(primary_key=True, foreign_key="auth_clients.id", max_length=128)
    role: str = Field(max_length=16)
    registered_at: int = Field(sa_type=BigInteger)
    salt: bytes = Field(sa_type=LargeBinary)
    leaf: bytes = Field(sa_type=LargeBinary, unique=True)
    disclose: str | None = Field(default=None, sa_type=Text)


class AuthOutbox(OutboxRow, table=True):
    """Leaves of registrations on their way into the log."""

    __tablename__ = "auth_outbox"
    __table_args__ = (UniqueConstraint("leaf"),)


class AuthKey(Row, table=True):
    """An API key by its public prefix. ``mac_key_id`` names the keyring's version that keyed ``mac``; scopes by spaces.

    ``last_used_day`` counts days since 1970-01-01.
    """

    __tablename__ = "auth_keys"
    __table_args__ = (CheckConstraint(f"length(mac) = {MAC_LENGTH}", name="mac_length"),)

    prefix: str = Field(primary_key=True, max_length=16)
    client_id: str = Field(foreign_key="auth_clients.id", index=True, max_length=128)
    mac: bytes = Field(sa_type=LargeBinary)
    mac_key_id: str = Field(max_length=32)
    scopes: str = Field(max_length=400)
    created_at: int = Field(sa_type=BigInteger)
    expires_at: int = Field(sa_type=BigInteger)
    revoked_at: int | None = Field(default=None, sa_type=BigInteger)
    last_used_day: int | None = None


class AuthPublicKey(Row, table=True):
    """A client's public key: a JWK by its RFC 7638 thumbprint, under the ``kid`` that its owner gave it."""

    __tablename__ = "auth_public_keys"
    __table_args__ = (UniqueConstraint("client_id", "kid"),)

    thumbprint: str = Field(primary_key=True, max_length=43)
    client_id: str = Field(foreign_key="auth_clients.id", max_length=128)
    kid: str = Field(max_length=64)
    jwk: str = Field(sa_type=Text)
    scopes: str = Field(max_length=400)
    created_at: int = Field(sa_type=BigInteger)
    expires_at: int = Field(sa_type=BigInteger)
    revoked_at: int | None = Field(default=None, sa_type=BigInteger)
    last_used_day: int | None = None


class AuthSpentId(Row, table=True):
    """A token's ``jti`` that was used, hashed with whose it is. The primary key is what makes it single-use."""

    __tablename__ = "auth_spent_ids"
    __table_args__ = (CheckConstraint("length(digest) = 32", name="digest_length"),)

    digest: bytes = Field(primary_key=True, sa_type=LargeBinary)
    expires_at: int = Field(sa_type=BigInteger, index=True)


# --- clients ---


def find_client(session: Session, client_id: str) -> AuthClient | None:
    """The client, revoked or not."""
    return session.get(AuthClient, client_id)


def lock_client(session: Session, client_id: str) -> AuthClient | None:
    """The client, revoked or not; until the transaction ends no other one gives it keys."""
    query = select(AuthClient).where(col(AuthClient.id) == client_id).with_for_update()
    return session.exec(query).first()


def clients(session: Session) -> Sequence[AuthClient]:
    """Every client by id."""
    return session.exec(select(AuthClient).order_by(col(AuthClient.id))).all()


def end_client(session: Session, client_id: str, now: int) -> bool:
    """Revokes a client that is not revoked; False where there is none."""
    query = update(AuthClient).where(col(AuthClient.id) == client_id, col(AuthClient.revoked_at).is_(None))
    return session.exec(query.values(revoked_at=now)).rowcount == 1


def find_registration(session: Session, client_id: str) -> tuple[AuthRegistration, int | None] | None:
    """A client's registration, and where it stands in the log once it does."""
    query = select(AuthRegistration, col(AuthOutbox.entry_index)).where(col(AuthRegistration.client_id) == client_id)
    return session.exec(query.join(AuthOutbox, col(AuthOutbox.leaf) == col(AuthRegistration.leaf), isouter=True)).first()


def registrations(session: Session) -> Iterator[AuthRegistration]:
    """Every registration."""
    return in_pages(session, AuthRegistration, AuthRegistration.client_id)


# --- keys ---


def find_key(session: Session, prefix: str) -> tuple[AuthKey, AuthClient] | None:
    """The key with this prefix and its client, whatever their state."""
    query = select(AuthKey, AuthClient).where(col(AuthKey.prefix) == prefix, col(AuthKey.client_id) == col(AuthClient.id))
    return session.exec(query).first()


def keys_of(session: Session, client_id: str) -> Sequence[AuthKey]:
    """Every key of a client, oldest first."""
    query = select(AuthKey).where(col(AuthKey.client_id) == client_id)
    return session.exec(query.order_by(col(AuthKey.created_at), col(AuthKey.prefix))).all()


def last_key_end(session: Session, mac_key_id: str) -> int | None:
    """When the last API key under a version of the keyring ends that was not revoked (unix seconds)."""
    query = select(func.max(AuthKey.expires_at)).where(AuthKey.mac_key_id == mac_key_id, col(AuthKey.revoked_at).is_(None))
    return session.exec(query).one()


def end_key(session: Session, prefix: str, now: int) -> bool:
    """Revokes a key that is not revoked; False where there is none."""
    query = update(AuthKey).where(col(AuthKey.prefix) == prefix, col(AuthKey.revoked_at).is_(None))
    return session.exec(query.values(revoked_at=now)).rowcount == 1


def note_key_use(session: Session, prefix: str, day: int) -> None:
    """Notes the day on which a key was last used."""
    session.exec(update(AuthKey).where(col(AuthKey.prefix) == prefix).values(last_used_day=day))


# --- public keys ---


def find_public_key(session: Session, thumbprint: str) -> tuple[AuthPublicKey, AuthClient] | None:
    """The public key with this thumbprint and its client, whatever their state."""
    query = select(AuthPublicKey, AuthClient).where(col(AuthPublicKey.thumbprint) == thumbprint)
    return session.exec(query.where(col(AuthPublicKey.client_id) == col(AuthClient.id))).first()


def public_keys_of(session: Session, client_id: str) -> Sequence[AuthPublicKey]:
    """Every public key of a client, oldest first."""
    query = select(AuthPublicKey).where(col(AuthPublicKey.client_id) == client_id)
    return session.exec(query.order_by(col(AuthPublicKey.created_at), col(AuthPublicKey.thumbprint))).all()


def add_public_key(session: Session, row: AuthPublicKey) -> bool:
    """Stores a public key; False where its thumbprint, or the client's ``kid``, was given before."""
    return insert_once(session, row)


def end_public_key(session: Session, thumbprint: str, now: int) -> bool:
    """Revokes a public key that is not revoked; False where there is none."""
    key = col(AuthPublicKey.thumbprint) == thumbprint
    query = update(AuthPublicKey).where(key, col(AuthPublicKey.revoked_at).is_(None))
    return session.exec(query.values(revoked_at=now)).rowcount == 1


def note_public_key_use(session: Session, thumbprint: str, day: int) -> None:
    """Notes the day on which a public key was last used."""
    session.exec(update(AuthPublicKey).where(col(AuthPublicKey.thumbprint) == thumbprint).values(last_used_day=day))


# --- what was used up ---


def spend(session: Session, digest: bytes, *, until: int, now: int) -> bool:
    """Uses up a 32-byte digest, which is remembered ``until`` then (unix seconds); False where it was used before.

    A few of those that have ended go at the same time.
    """
    forget_spent(session, now=now, limit=_SWEPT)
    return insert_once(session, AuthSpentId(digest=digest, expires_at=until))


def forget_spent(session: Session, *, now: int, limit: int) -> int:
    """Deletes up to ``limit`` digests that have ended and says how many; those another process deletes are left to it."""
    ended = select(AuthSpentId.digest).where(col(AuthSpentId.expires_at) < now).order_by(col(AuthSpentId.expires_at))
    oldest = ended.limit(limit).with_for_update(skip_locked=True)
    query = delete(AuthSpentId).where(col(AuthSpentId.digest).in_(oldest))
    return session.exec(query.execution_options(synchronize_session=False)).rowcount
