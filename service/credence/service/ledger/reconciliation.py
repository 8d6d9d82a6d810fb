"""Going on with a log that does not extend its witness: a decision of the operator's, which leaves three traces.

The checkpoint that is overruled, and why, go into a journal beside the witness, which no restore reaches; a salted
commitment to the same goes into the log, where everybody sees that there is one; and whoever kept the overruled checkpoint
can prove that the log is another one than it was. None of this repairs anything: what the restored database lacks is lost.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlmodel import Session

from credence.circuits.encoding import Rng
from credence.circuits.fields import canonical_json
from credence.circuits.leaf import SALT_LENGTH, salted_leaf
from credence.circuits.note import Checkpoint, NoteSigner
from credence.service.errors import InvalidRequest
from credence.service.ledger import records, sequencer
from credence.service.ledger.errors import Finding
from credence.service.ledger.tree import LogTree
from credence.service.ledger.witness import Witness, disagreement
from credence.service.store import Store, durable

LEAF_KIND: Final = "reconciliation"

MAX_REASON: Final = 500
"""Characters of a reason."""


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What was overruled and why, the entry that says so, and the checkpoint with which the log goes on."""

    finding: Finding
    index: int
    leaf: bytes
    checkpoint: Checkpoint
    journal: Path


def journal_of(witness: Witness) -> Path:
    """Where reconciliations are written down: one JSON object a line, with the salt that opens the log's entry."""
    return witness.path.with_name(witness.path.stem + ".journal.jsonl")


def reconcile(
    store: Store, tree: LogTree, signer: NoteSigner, witness: Witness, *, reason: str, now: int, rng: Rng
) -> Reconciled | None:
    """Takes the log as it is, against its witness; None where the two agree. ``now`` in unix seconds.

    Raises :class:`InvalidRequest` unless ``reason`` has 1-500 printable characters, and
    :class:`~credence.service.ledger.errors.LedgerDamaged` where the log contradicts itself: that is not to be decided away.
    """
    if not (1 <= len(reason) <= MAX_REASON and reason.isprintable()):
        raise InvalidRequest("a reason has 1-500 printable characters")
    with store.reading() as session:
        finding = disagreement(session, tree, witness)
        if finding is None:
            return None
        size, root = tree.newest(session, records.newest_checkpoint(session))
    record: dict[str, Any] = {
        "type": "credence/reconciliation/1",
        "at": now,
        "reason": reason,
        "finding": str(finding),
        "overruled": witness.note() or "",
        "found": {"size": size, "root": root.hex()},
    }
    salt = rng(SALT_LENGTH)
    leaf = salted_leaf(LEAF_KIND, salt, hashlib.sha256(canonical_json(record)).digest())
    line = json.dumps({"record": record, "salt": salt.hex(), "leaf": leaf.hex()})
    durable.append(journal_of(witness), line.encode() + b"\n")
    index = store.run(lambda session: records.append_own(session, leaf, now=now, rng=rng))

    def publish(session: Session) -> Checkpoint | None:
        return sequencer.publish(session, tree, signer, now=now, keep=lambda note, _size: witness.overrule(note))

    checkpoint = store.run(publish)
    # None where a process beside this one has published it already
    return Reconciled(finding, index, leaf, checkpoint or _newest(store, tree, signer), journal_of(witness))


def _newest(store: Store, tree: LogTree, signer: NoteSigner) -> Checkpoint:
    with store.reading() as session:
        size, root = tree.newest(session, records.newest_checkpoint(session))
    return Checkpoint(signer.name, size, root)
