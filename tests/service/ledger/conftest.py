"""A log with two parties, one of which has a database of its own."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import ClassVar

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import MetaData, text

from credence.circuits.note import NoteSigner
from credence.service.ledger import LedgerService, Outbox, OutboxRow, post
from credence.service.store import Store, metadata
from tests.service.databases import Database

NOW = 1_790_000_000


class LocalRow(OutboxRow):
    """These tables stay out of the service's own metadata."""

    metadata: ClassVar[MetaData] = MetaData()


class EastOutbox(LocalRow, table=True):
    __tablename__ = "east_outbox"


class WestOutbox(LocalRow, table=True):
    __tablename__ = "west_outbox"


def store_at(url: str) -> Store:
    """A new database with the log's tables and both outboxes."""
    store = Store(url)
    log = [metadata.tables[name] for name in ("ledger_entries", "ledger_checkpoints")]
    metadata.create_all(store.engine, tables=log)
    LocalRow.metadata.create_all(store.engine)
    return store


def leaf_of(number: int) -> bytes:
    return hashlib.sha256(b"salted %d" % number).digest()


def counted(number: int) -> Callable[[int], bytes]:
    """Ids in the order of their numbers, although of one second."""
    return lambda length: number.to_bytes(length, "big")


@dataclass
class World:
    """The log and its parties; ``east`` shares the log's database, ``west`` has its own."""

    store: Store
    west_store: Store
    service: LedgerService
    posted: int = field(default=0)

    def post(self, count: int = 1, table: type[LocalRow] = EastOutbox) -> list[bytes]:
        """Puts ``count`` new leaves into an outbox."""
        leaves = [leaf_of(self.posted + number) for number in range(count)]
        with (self.store if table is EastOutbox else self.west_store).transaction() as session:
            for number, leaf in enumerate(leaves, self.posted):
                post(session, table, kind="attestation", leaf=leaf, now=NOW, rng=counted(number))
        self.posted += count
        return leaves

    def sql(self, statement: str, **values: object) -> None:
        """Somebody with the database's password. ``:zeros`` stands for 32 of them."""
        if ":zeros" in statement:
            values["zeros"] = bytes(32)
        with self.store.engine.begin() as connection:
            connection.execute(text(statement), values)

    def entries(self) -> list[tuple[int, bytes, str, str]]:
        with self.store.engine.begin() as connection:
            rows = connection.execute(text('SELECT "index", leaf, source, outbox_id FROM ledger_entries ORDER BY "index"'))
            return [(row[0], row[1], row[2], row[3]) for row in rows]

    def restarted(self) -> LedgerService:
        """The service of another process on the same databases."""
        return LedgerService(self.store, self.service.signer, self.service.clock, self.service.outboxes)


@pytest.fixture
def open_world(database: Database) -> Iterator[Callable[[], World]]:
    made: list[Store] = []

    def make() -> World:
        store, west = store_at(database.empty()), store_at(database.empty())
        made.extend((store, west))
        signer = NoteSigner("log.example", Ed25519PrivateKey.from_private_bytes(bytes([7]) * 32))
        outboxes = (Outbox("east", EastOutbox, store), Outbox("west", WestOutbox, west))
        return World(store, west, LedgerService(store, signer, lambda: NOW, outboxes))

    yield make
    for store in made:
        store.close()


@pytest.fixture
def world(open_world: Callable[[], World]) -> World:
    return open_world()
