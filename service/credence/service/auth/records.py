"""The tables of clients and API keys, and every statement over them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import BigInteger, CheckConstraint, LargeBinary, update
from sqlmodel import Field, Session, col, select

from credence.service.store import Row

MAC_LENGTH = 32
"""Bytes of the keyed hash of an API key."""


class AuthClient(Row, table=True):
    """A client. Times are unix seconds."""

    __tablename__ = "auth_clients"

    id: str = Field(primary_key=True, max_length=128)
    name: str = Field(max_length=200)
    created_at: int = Field(sa_type=BigInteger)
    revoked_at: int | None = Field(default=None, sa_type=BigInteger)


class AuthKey(Row, table=True):
    """An API key by its public prefix. ``mac_key_id`` names the keyring's version that keyed ``mac``; scopes by spaces."""

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


def find_client(session: Session, client_id: str) -> AuthClient | None:
    """The client, revoked or not."""
    return session.get(AuthClient, client_id)


def find_key(session: Session, prefix: str) -> tuple[AuthKey, AuthClient] | None:
    """The key with this prefix and its client, whatever their state."""
    query = select(AuthKey, AuthClient).where(col(AuthKey.prefix) == prefix, col(AuthKey.client_id) == col(AuthClient.id))
    return session.exec(query).first()


def clients(session: Session) -> Sequence[AuthClient]:
    """Every client by id."""
    return session.exec(select(AuthClient).order_by(col(AuthClient.id))).all()


def keys_of(session: Session, client_id: str) -> Sequence[AuthKey]:
    """Every key of a client, oldest first."""
    query = select(AuthKey).where(col(AuthKey.client_id) == client_id)
    return session.exec(query.order_by(col(AuthKey.created_at), col(AuthKey.prefix))).all()


def end_key(session: Session, prefix: str, now: int) -> bool:
    """Revokes a key that is not revoked; False where there is none."""
    query = update(AuthKey).where(col(AuthKey.prefix) == prefix, col(AuthKey.revoked_at).is_(None))
    return session.exec(query.values(revoked_at=now)).rowcount == 1


def end_client(session: Session, client_id: str, now: int) -> bool:
    """Revokes a client that is not revoked; False where there is none."""
    query = update(AuthClient).where(col(AuthClient.id) == client_id, col(AuthClient.revoked_at).is_(None))
    return session.exec(query.values(revoked_at=now)).rowcount == 1
