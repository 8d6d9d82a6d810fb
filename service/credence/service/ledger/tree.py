"""The Merkle tree over the committed entries, in memory.

Kept in memory and not in a table of nodes, because entries are then the only truth: nothing can fall out of step with them,
a restart rebuilds 100,000 leaves in about a second (64 bytes each), and several processes each follow the rows on their
own. Every proof is checked against the published root before it leaves.
"""

from __future__ import annotations

from threading import Lock

from sqlmodel import Session

from credence.circuits.merkle import Tree, leaf_hash
from credence.service.ledger import records
from credence.service.ledger.errors import Fault, Finding, LedgerDamaged
from credence.service.ledger.records import LedgerCheckpoint


class LogTree:
    """Follows the entries of one log; safe for several threads.

    A session given to it must not have appended entries itself: what is rolled back would stay here. Every method raises
    :class:`LedgerDamaged` where the rows contradict themselves or what this process has seen.
    """

    def __init__(self) -> None:
        self._tree = Tree()
        self._lock = Lock()

    def newest(self, session: Session, published: LedgerCheckpoint | None) -> tuple[int, bytes]:
        """Size and root of the whole log, which must extend ``published``; for a writing transaction.

        Only there is a log shorter than the tree a fault: a reading transaction may look at an older state.
        """
        with self._lock:
            size = records.count_entries(session)
            if size < self._tree.size:
                raise LedgerDamaged([Finding(Fault.ROLLED_BACK, size, "the log is shorter than it was")])
            self._follow(session, size)
            if published is not None:
                self._check(session, published)
            return size, self._tree.root(size)

    def is_published(self, session: Session) -> bool:
        """Whether the newest checkpoint covers the whole log, and both are what this process has seen."""
        published = records.newest_checkpoint(session)
        size = records.count_entries(session)
        with self._lock:
            if published is None or not size == published.size == self._tree.size:
                return published is None and size == self._tree.size == 0
            return self._tree.root(size) == published.root

    def root(self, session: Session, size: int) -> bytes:
        """Root of the first ``size`` entries, which the log has."""
        with self._lock:
            self._follow(session, size)
            return self._tree.root(size)

    def is_current(self, session: Session, size: int) -> bool:
        """Whether entry ``size - 1``, if this process has seen it, is still what it was."""
        with self._lock:
            known = self._tree.leaf(size - 1) if 1 <= size <= self._tree.size else None
        stored = next(records.leaves_from(session, size - 1, size), None)
        return known is None or (stored is not None and stored[2] == known)

    def inclusion_proof(self, session: Session, index: int, size: int, published: LedgerCheckpoint) -> list[bytes]:
        """Audit path of entry ``index < size``, for a ``size <= published.size``."""
        with self._lock:
            self._check(session, published)
            return self._tree.inclusion_proof(index, size)

    def consistency_proof(self, session: Session, first: int, second: int, published: LedgerCheckpoint) -> list[bytes]:
        """Proof that the log of ``second <= published.size`` entries extends that of ``first >= 1``."""
        with self._lock:
            self._check(session, published)
            return self._tree.consistency_proof(first, second)

    def _check(self, session: Session, published: LedgerCheckpoint) -> None:
        self._follow(session, published.size)
        if self._tree.root(published.size) != published.root:
            raise LedgerDamaged([Finding(Fault.ROOT, published.size, "the entries do not lead to the published root")])

    def _follow(self, session: Session, size: int) -> None:
        if self._tree.size >= size:
            return
        for index, leaf, stored_hash in records.leaves_from(session, self._tree.size, size):
            if index != self._tree.size:
                break
            if leaf_hash(leaf) != stored_hash:
                raise LedgerDamaged([Finding(Fault.TAMPERED, index, "the leaf does not match its hash")])
            self._tree.append(stored_hash)
        if self._tree.size < size:
            raise LedgerDamaged([Finding(Fault.DROPPED, self._tree.size, "there is no entry at this index")])
