"""How the ledger says no, and what it can find wrong with itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from credence.service import errors
from credence.service.errors import ServiceError


class LedgerError(ServiceError):
    """Base of the ledger's errors."""


class NotFound(LedgerError, errors.NotFound):
    """The log holds no such leaf, or has published no checkpoint yet."""


class BadRange(LedgerError, errors.InvalidRequest):
    """An index, count or size outside what the log has published."""


class BadEntry(LedgerError):
    """A party handed something to its outbox that is no leaf: a mistake of ours, never of a caller."""


class Fault(StrEnum):
    """What can be wrong with a log."""

    TAMPERED = "tampered"
    """An entry says something else than its own hash or its outbox."""
    DROPPED = "dropped"
    """An entry is missing."""
    REORDERED = "reordered"
    """An entry stands at another index than it was given."""
    UNACCOUNTED = "unaccounted"
    """An entry that no outbox asked for."""
    ROOT = "root"
    """The entries do not lead to the root of a published checkpoint."""
    CHECKPOINT = "checkpoint"
    """A stored checkpoint is not what the log signed."""
    ROLLED_BACK = "rolled back"
    """The log is shorter than a checkpoint that it signed."""
    FORKED = "forked"
    """The log contradicts a checkpoint that was seen elsewhere."""
    UNLOGGED = "unlogged"
    """A party's record claims a leaf that was never handed to the log."""
    UNOPENED = "unopened"
    """Salt and content of a party's record do not lead to its leaf."""
    UNWITNESSED = "unwitnessed"
    """The witness file is missing, or another log's."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault: ``index`` is the entry's index, for faults of a checkpoint its size.

    A leaf that never came into the log gets the index at which it would stand, had it come last.
    """

    fault: Fault
    index: int
    detail: str

    def __str__(self) -> str:
        return f"{self.fault} at {self.index}: {self.detail}"


class LedgerDamaged(LedgerError):
    """The log contradicts itself; ``findings`` (at least one) name each place."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__("the ledger contradicts itself: " + "; ".join(str(finding) for finding in findings[:3]))
        self.findings = tuple(findings)


class Unreconciled(LedgerError, errors.Unavailable):
    """The log does not extend what its witness saw, so it is not signed; ``finding`` says in which way."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(f"the log is not the one that its witness saw: {finding}. Run credence ledger reconcile.")
        self.finding = finding
