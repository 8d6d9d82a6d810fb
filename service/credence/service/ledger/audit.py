"""Checks the whole log again from its rows: what ``credence ledger verify`` runs.

The rows are judged against each other (hashes, indexes, checkpoints, the parties' outboxes and what their records claim)
and against checkpoints that somebody saw earlier. An operator who rewrites all of it, checkpoints included, is caught by
the latter alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlmodel import Session

from credence.circuits.errors import CircuitError
from credence.circuits.merkle import Tree, leaf_hash
from credence.circuits.note import Checkpoint, NoteVerifier, open_checkpoint
from credence.service.ledger import records
from credence.service.ledger.errors import Fault, Finding, LedgerDamaged
from credence.service.ledger.records import LedgerEntry, OutboxRow
from credence.service.ledger.sequencer import Outbox

MAX_GAP: Final = 100
"""Indexes of one gap that are named one by one."""


@dataclass(frozen=True, slots=True)
class LedgerReport:
    """A log in order. ``root`` covers all ``entries``; ``unpublished`` of them are newer than the newest checkpoint.

    ``waiting`` counts outbox rows that the log has not taken, ``unattributed`` entries of parties without a given outbox.
    """

    entries: int
    root: bytes
    checkpoints: int
    seen: int
    unpublished: int
    waiting: int
    unattributed: int


def verify_ledger(
    session: Session, verifier: NoteVerifier, outboxes: Sequence[Outbox] = (), *, seen: Sequence[str] = ()
) -> LedgerReport:
    """Recomputes everything; returns iff nothing is wrong.

    ``session`` is a reading transaction of the log's store that nothing was read through yet; ``seen`` are checkpoint notes
    that somebody kept. Raises :class:`LedgerDamaged` with one finding per fault, and :class:`Malformed` or :class:`Refused`
    for a seen note that the log never signed.
    """
    remembered = [open_checkpoint(note, verifier) for note in seen]
    # Outboxes first, then checkpoints, then entries: while the log grows, what the former speak of the latter must have.
    audit = _Audit({outbox.source: _OutboxView(outbox) for outbox in outboxes})
    stored = records.checkpoints(session)
    for entry in records.all_entries(session):
        audit.entry(entry)
    audit.missing()
    agreeing = True
    for row in stored:
        try:
            checkpoint = open_checkpoint(row.note, verifier)
        except CircuitError as error:
            audit.found(Fault.CHECKPOINT, row.size, error.reason)
            continue
        if (checkpoint.size, checkpoint.root) != (row.size, row.root):
            audit.found(Fault.CHECKPOINT, row.size, "the note says something else than its row")
        # once a root is wrong so are all later ones, which cover the same entries
        agreeing = agreeing and audit.leads_to(checkpoint, Fault.ROOT)
    for checkpoint in remembered:
        audit.leads_to(checkpoint, Fault.FORKED)
    if audit.findings:
        raise LedgerDamaged(sorted(audit.findings.values(), key=lambda finding: finding.index))
    newest = stored[-1].size if stored else 0
    return LedgerReport(
        entries=audit.tree.size,
        root=audit.tree.root(),
        checkpoints=len(stored),
        seen=len(remembered),
        unpublished=audit.tree.size - newest,
        waiting=audit.waiting,
        unattributed=audit.unattributed,
    )


class _OutboxView:
    """One outbox as it was when the audit began: ``(leaf, epoch, entry index)`` by id.

    ``unlogged`` counts the leaves that the party claims and never handed in; ``unopened`` are the places, as far as there
    are any, of claims that do not lead to their own leaf.
    """

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        with outbox.store.reading() as session:
            self.rows = {row.id: _facts(row) for row in records.outbox_rows(session, outbox.table)}
            places = {leaf: index for leaf, _, index in self.rows.values()}
            claims = list(outbox.claims(session))
        self.unlogged = sum(claim.leaf not in places for claim in claims)
        self.unopened = [places.get(claim.leaf) for claim in claims if claim.opened != claim.leaf]

    def find(self, row_id: str) -> tuple[bytes, int, int | None] | None:
        """A row, looked up anew if it came after the audit began."""
        if row_id not in self.rows:
            with self._outbox.store.reading() as session:
                row = session.get(self._outbox.table, row_id)
                if row is None:
                    return None
                self.rows[row_id] = _facts(row)
        return self.rows[row_id]


def _facts(row: OutboxRow) -> tuple[bytes, int, int | None]:
    return row.leaf, row.created_epoch, row.entry_index


class _Audit:
    def __init__(self, views: Mapping[str, _OutboxView]) -> None:
        self.tree = Tree()
        self.findings: dict[tuple[Fault, int], Finding] = {}
        self.unattributed = 0
        self._views = views
        self._next = 0
        self._agreed = 0
        self._taken: dict[str, set[str]] = defaultdict(set)
        # where each leaf belongs, so that a leaf found elsewhere is called moved and not changed
        self._homes = {leaf: index for view in views.values() for leaf, _, index in view.rows.values() if index is not None}

    @property
    def waiting(self) -> int:
        """Outbox rows that are in no entry."""
        return sum(len(view.rows.keys() - self._taken[source]) for source, view in self._views.items())

    def found(self, fault: Fault, index: int, detail: str) -> None:
        """Keeps the first finding of a fault at an index."""
        self.findings.setdefault((fault, index), Finding(fault, index, detail))

    def entry(self, entry: LedgerEntry) -> None:
        """Judges the next entry."""
        for missing in range(self._next, min(entry.index, self._next + MAX_GAP)):
            self.found(Fault.DROPPED, missing, "there is no entry at this index")
        self._next = max(self._next, entry.index + 1)
        if leaf_hash(entry.leaf) != entry.leaf_hash:
            self.found(Fault.TAMPERED, entry.index, "the leaf does not match its hash")
        self.tree.append(leaf_hash(entry.leaf))
        view = self._views.get(entry.source)
        if view is None:
            self.unattributed += 1
            return
        row = view.find(entry.outbox_id)
        if row is None:
            self.found(Fault.UNACCOUNTED, entry.index, f"the {entry.source} outbox never asked for this entry")
            return
        self._taken[entry.source].add(entry.outbox_id)
        leaf, epoch, index = row
        if index is not None and index != entry.index:
            self.found(Fault.REORDERED, entry.index, f"the {entry.source} outbox has this entry at {index}")
        if leaf != entry.leaf:
            home = self._homes.get(entry.leaf)
            if home is None:
                self.found(Fault.TAMPERED, entry.index, f"the {entry.source} outbox has another leaf")
            else:
                self.found(Fault.REORDERED, entry.index, f"this leaf belongs at {home}")
        elif epoch != entry.epoch:
            self.found(Fault.TAMPERED, entry.index, f"the {entry.source} outbox has another epoch")

    def missing(self) -> None:
        """Finds what outboxes call taken and the log does not have, and what records claim and outboxes do not have."""
        for source, view in self._views.items():
            for row_id in view.rows.keys() - self._taken[source]:
                index = view.rows[row_id][2]
                if index is not None:
                    self.found(Fault.DROPPED, index, f"an entry of the {source} outbox is missing")
            for number in range(view.unlogged):
                self.found(Fault.UNLOGGED, self.tree.size + number, f"a record of the {source} was never handed to the log")
            for place in view.unopened:
                index = self.tree.size if place is None else place
                self.found(Fault.UNOPENED, index, f"salt and content of a record of the {source} lead to another leaf")

    def leads_to(self, checkpoint: Checkpoint, fault: Fault) -> bool:
        """Judges a checkpoint that the log signed; ``fault`` is what another root means. False where it was found wrong."""
        if checkpoint.size > self.tree.size:
            self.found(Fault.ROLLED_BACK, checkpoint.size, f"the log has {self.tree.size} entries only")
            return False
        if self.tree.root(checkpoint.size) != checkpoint.root:
            self.found(fault, checkpoint.size, f"entries {self._agreed} to {checkpoint.size - 1} lead to another root")
            return False
        self._agreed = max(self._agreed, checkpoint.size)
        return True
