"""From the outboxes into the log: append, mark, publish.

Each of the three steps is a transaction of its own, because a party's outbox may live in another database than the log. A
process that stops between any two loses nothing and doubles nothing: an outbox row that was appended but not marked is
found again by ``UNIQUE (source, outbox_id)``, and entries that were not yet published are published by the next run.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from sqlmodel import Session

from credence.circuits.note import Checkpoint, NoteSigner
from credence.service.ledger import records
from credence.service.ledger.claims import Claims, nothing
from credence.service.ledger.errors import Fault, Finding, LedgerDamaged, Unreconciled
from credence.service.ledger.records import LedgerCheckpoint, OutboxRow
from credence.service.ledger.tree import LogTree
from credence.service.ledger.witness import Witness, disagreement
from credence.service.store import Store

BATCH: Final = 500
"""Rows appended in one transaction."""

MAX_BATCHES: Final = 20
"""Batches of one outbox in one run, after which a checkpoint is due."""


@dataclass(frozen=True)
class Outbox:
    """A party's outbox: the party's name as it stands in the log's ``source``, its table, and where the table lives.

    ``claims`` are what the party's own records say of it, for the audit alone.
    """

    source: str
    table: type[OutboxRow]
    store: Store
    claims: Claims = nothing


@dataclass(frozen=True, slots=True)
class Sequenced:
    """What one run did: outbox rows taken, and the checkpoint that it published, if any."""

    taken: int
    checkpoint: Checkpoint | None


def sequence(
    store: Store,
    outboxes: Sequence[Outbox],
    tree: LogTree,
    signer: NoteSigner,
    *,
    now: int,
    witness: Witness | None = None,
) -> Sequenced:
    """Takes what waits in every outbox into the log, then publishes a checkpoint if the log has grown.

    What comes while it runs waits for the next run, and so does what is over 10,000 rows of one outbox: otherwise a party
    that posts without a pause would keep the checkpoint from everybody. May run in several threads and processes at once;
    what another one takes meanwhile of what waited here is published when this returns, too.

    Raises :class:`LedgerDamaged` where an outbox row no longer says what the log took from it, or where the log does not
    extend its newest checkpoint, and :class:`Unreconciled` where it does not extend what ``witness`` saw: none of them is
    ever signed over, and nothing is appended either.
    """
    waiting = _waiting(outboxes)  # asked first: what has been taken by now is an entry for whoever looks after this
    with store.reading() as session:
        finding = None if witness is None else disagreement(session, tree, witness)
        published = tree.is_published(session)
    if finding is not None:
        raise Unreconciled(finding)
    if published and not waiting:
        return Sequenced(0, None)  # nearly every run: it takes no write lock
    taken = sum(_drain(store, outbox) for outbox in waiting)
    keep = _forget if witness is None else witness.keep
    return Sequenced(taken, store.run(lambda session: publish(session, tree, signer, now=now, keep=keep)))


def _waiting(outboxes: Sequence[Outbox]) -> list[Outbox]:
    """Those outboxes that have something to take, by one question to each store."""
    waiting: list[Outbox] = []
    for store in dict.fromkeys(outbox.store for outbox in outboxes):
        here = [outbox for outbox in outboxes if outbox.store is store]
        with store.reading() as session:
            found = records.have_pending(session, tuple(outbox.table for outbox in here))
        waiting += (outbox for outbox, has in zip(here, found, strict=True) if has)
    return waiting


def _forget(_note: str, _size: int) -> None:
    """The witness of a log that has none."""


def _drain(store: Store, outbox: Outbox) -> int:
    taken = 0
    for _ in range(MAX_BATCHES):
        with outbox.store.reading() as session:
            rows = records.pending(session, outbox.table, BATCH)
        if not rows:
            break
        placed = store.run(partial(take, source=outbox.source, rows=rows))
        outbox.store.run(partial(records.mark, table=outbox.table, placed=placed))
        taken += len(placed)
        if len(placed) == len(rows) < BATCH:
            break
    return taken


def take(session: Session, source: str, rows: Sequence[OutboxRow]) -> dict[str, int]:
    """Appends outbox rows to the log and returns their indexes by id; see :func:`records.append`.

    Raises :class:`LedgerDamaged` where the log has taken something else under a row's id.
    """
    placed = records.append(session, source, rows)
    changed = [
        Finding(Fault.TAMPERED, placed[row.id].index, f"the {source} outbox has another leaf for this entry")
        for row in rows
        if row.id in placed and placed[row.id].leaf != row.leaf
    ]
    if changed:
        raise LedgerDamaged(changed)
    return {row_id: entry.index for row_id, entry in placed.items()}


def publish(
    session: Session, tree: LogTree, signer: NoteSigner, *, now: int, keep: Callable[[str, int], None] = _forget
) -> Checkpoint | None:
    """Signs and stores a checkpoint if the log has grown since the last one; ``now`` in unix seconds.

    ``keep`` is given the note and its size before it is stored. The session is a writing transaction that has appended
    nothing. Raises :class:`LedgerDamaged` as :func:`sequence`.
    """
    published = records.newest_checkpoint(session)
    size, root = tree.newest(session, published)
    if size == (0 if published is None else published.size):
        return None
    checkpoint = Checkpoint(signer.name, size, root)
    row = LedgerCheckpoint(size=size, root=root, note=signer.sign(checkpoint.text()), minute=now // 60)
    keep(row.note, size)
    return checkpoint if records.add_checkpoint(session, row) else None
