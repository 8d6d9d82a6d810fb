"""The log as the rest of the service sees it: one object per process, made by ``create_app`` or a command."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from sqlmodel import Session

from credence.circuits.encoding import Rng
from credence.circuits.merkle import HASH_LENGTH
from credence.circuits.note import Checkpoint, NoteSigner, NoteVerifier, open_checkpoint
from credence.service.clock import Clock
from credence.service.ledger import records
from credence.service.ledger.audit import LedgerReport, verify_ledger
from credence.service.ledger.errors import BadRange, Finding, NotFound
from credence.service.ledger.reconciliation import Reconciled, reconcile
from credence.service.ledger.records import LedgerCheckpoint
from credence.service.ledger.sequencer import Outbox, Sequenced, sequence
from credence.service.ledger.tree import LogTree
from credence.service.ledger.witness import Witness, disagreement
from credence.service.store import Store

MAX_ENTRIES: Final = 1000
"""Entries given in one answer."""


@dataclass(frozen=True, slots=True)
class PublicEntry:
    """What the world sees of an entry: its place, its 32 leaf bytes, and the epoch it was made in."""

    index: int
    leaf: bytes
    epoch: int


@dataclass(frozen=True, slots=True)
class Inclusion:
    """Proof that a leaf is entry ``index`` of the log of ``size`` entries; ``proof`` runs from the leaf up."""

    index: int
    size: int
    proof: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Consistency:
    """Proof that the log of ``second`` entries extends that of ``first``."""

    first: int
    second: int
    proof: tuple[bytes, ...]


@dataclass(frozen=True)
class LedgerService:
    """The log of one service. ``signer``'s name is the log's origin.

    Proofs and entries reach as far as the newest published checkpoint. ``witness`` remembers that one outside the database;
    without it a restore from a backup goes unnoticed here. Safe for several threads.
    """

    store: Store
    signer: NoteSigner
    clock: Clock
    outboxes: tuple[Outbox, ...] = ()
    witness: Witness | None = None
    tree: LogTree = field(default_factory=LogTree, repr=False)

    @property
    def verifier(self) -> NoteVerifier:
        """The key that checkpoints are opened with."""
        return self.signer.verifier

    def sequence(self) -> Sequenced:
        """Takes what waits in the outboxes and publishes a checkpoint; see :func:`sequencer.sequence`."""
        return sequence(self.store, self.outboxes, self.tree, self.signer, now=self.clock(), witness=self.witness)

    def disagreement(self) -> Finding | None:
        """In which way the log does not extend what its witness saw; None where it does, or has no witness."""
        if self.witness is None:
            return None
        with self.store.reading() as session:
            return disagreement(session, self.tree, self.witness)

    def reconcile(self, reason: str, rng: Rng) -> Reconciled | None:
        """Goes on with the log as it is, against its witness; see :func:`reconciliation.reconcile`."""
        if self.witness is None:
            return None
        return reconcile(self.store, self.tree, self.signer, self.witness, reason=reason, now=self.clock(), rng=rng)

    def note(self) -> str:
        """The newest checkpoint as a signed note. Raises :class:`NotFound` before the first."""
        with self.store.reading() as session:
            return _published(session).note

    def checkpoint(self) -> Checkpoint:
        """The newest checkpoint. Raises :class:`NotFound` before the first."""
        return open_checkpoint(self.note(), self.verifier)

    def entries(self, start: int, count: int) -> tuple[PublicEntry, ...]:
        """Up to ``count`` published entries from index ``start``; none at the very end.

        Raises :class:`BadRange` unless ``1 <= count <= 1000`` and ``0 <= start <= published size``.
        """
        if not 1 <= count <= MAX_ENTRIES:
            raise BadRange("between 1 and 1000 entries are given at once")
        with self.store.reading() as session:
            newest = records.newest_checkpoint(session)
            size = 0 if newest is None else newest.size
            if not 0 <= start <= size:
                raise BadRange("the log has not published that many entries")
            found = records.entries(session, start, min(start + count, size))
            return tuple(PublicEntry(entry.index, entry.leaf, entry.epoch) for entry in found)

    def inclusion(self, leaf: bytes, size: int | None = None) -> Inclusion:
        """Proof that ``leaf`` is in the log at ``size`` (default: the newest checkpoint's).

        Raises :class:`NotFound` where the log of that size has no such leaf, :class:`BadRange` for a size beyond the newest
        checkpoint or below 1, :class:`LedgerDamaged` where the rows do not lead to the published root.
        """
        if len(leaf) != HASH_LENGTH:
            raise BadRange("a leaf has 32 bytes")
        with self.store.reading() as session:
            published = _published(session)
            size = published.size if size is None else size
            if not 1 <= size <= published.size:
                raise BadRange("the log has not published that size")
            index = records.index_of(session, leaf)
            if index is None or index >= size:
                raise NotFound("the log of that size has no such leaf")
            return Inclusion(index, size, tuple(self.tree.inclusion_proof(session, index, size, published)))

    def consistency(self, first: int, second: int | None = None) -> Consistency:
        """Proof that the log of ``second`` entries (default: the newest checkpoint's) extends that of ``first``.

        Raises :class:`NotFound` before the first checkpoint, :class:`BadRange` unless ``1 <= first <= second <= published
        size``, :class:`LedgerDamaged` where the rows do not lead to the published root.
        """
        with self.store.reading() as session:
            published = _published(session)
            second = published.size if second is None else second
            if not 1 <= first <= second <= published.size:
                raise BadRange("the log has not published those sizes")
            return Consistency(first, second, tuple(self.tree.consistency_proof(session, first, second, published)))

    def verify(self, seen: Sequence[str] = ()) -> LedgerReport:
        """Recomputes the whole log; see :func:`audit.verify_ledger`."""
        with self.store.reading() as session:
            return verify_ledger(session, self.verifier, self.outboxes, seen=seen)


def _published(session: Session) -> LedgerCheckpoint:
    newest = records.newest_checkpoint(session)
    if newest is None:
        raise NotFound("the log has published no checkpoint yet")
    return newest
