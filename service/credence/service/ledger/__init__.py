"""The transparency log: append-only, salted, signed.

Knows: salted leaves, the party each came from, the epoch. Holds: the log's signing key. Never learns: what a leaf says.
"""

from credence.service.ledger.audit import LedgerReport, verify_ledger
from credence.service.ledger.claims import UNREADABLE, Claim, Claims
from credence.service.ledger.errors import (
    BadEntry,
    BadRange,
    Fault,
    Finding,
    LedgerDamaged,
    LedgerError,
    NotFound,
    Unreconciled,
)
from credence.service.ledger.log import Consistency, Inclusion, LedgerService, PublicEntry
from credence.service.ledger.reconciliation import Reconciled
from credence.service.ledger.records import EPOCH_SECONDS, LedgerCheckpoint, LedgerEntry, OutboxRow, post
from credence.service.ledger.sequencer import Outbox, Sequenced, sequence
from credence.service.ledger.tree import LogTree
from credence.service.ledger.witness import Witness

__all__ = [
    "EPOCH_SECONDS",
    "UNREADABLE",
    "BadEntry",
    "BadRange",
    "Claim",
    "Claims",
    "Consistency",
    "Fault",
    "Finding",
    "Inclusion",
    "LedgerCheckpoint",
    "LedgerDamaged",
    "LedgerEntry",
    "LedgerError",
    "LedgerReport",
    "LedgerService",
    "LogTree",
    "NotFound",
    "Outbox",
    "OutboxRow",
    "PublicEntry",
    "Reconciled",
    "Sequenced",
    "Unreconciled",
    "Witness",
    "post",
    "sequence",
    "verify_ledger",
]
