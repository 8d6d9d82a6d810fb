"""The signer's log held against the ledger: is there a credential that the world was not told of, or one nobody signed?

The signer wrote each leaf down before its signature left. So a signature whose leaf is not in the ledger is a credential
past the log, whoever took over the issuer's process; and a leaf that is not in the signer's log was put into the ledger by
somebody, or the signer's log is an older one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sqlmodel import Session

from credence.circuits.leaf import ATTESTATION_LEAF
from credence.service.issuer.desk import PARTY
from credence.service.issuer.records import IssuerOutbox
from credence.service.issuer.voiding import VOID_LEAF
from credence.service.keys.signer_log import Record
from credence.service.ledger import LedgerDamaged, LogTree, records
from credence.service.runtime import Services

KINDS: Final = frozenset({ATTESTATION_LEAF, VOID_LEAF})
"""The kinds of leaves that follow from a signature."""


class SignerFault(StrEnum):
    """How two logs can disagree."""

    UNLOGGED = "unlogged"
    """A signature whose leaf is not in the ledger: a credential was issued past it, or a process died in between."""
    UNSIGNED = "unsigned"
    """A leaf of a credential that the signer did not sign, or whose signature was cut from its log."""
    FORKED = "forked"
    """The signer was shown another ledger than this one."""
    WAITING = "waiting"
    """A signature whose leaf is still in the outbox: the ledger is behind, or somebody keeps the leaf from it."""


@dataclass(frozen=True, slots=True)
class Disagreement:
    """``number`` is the signature's in the signer's log, or the entry's in the ledger where the signer's has none."""

    fault: SignerFault
    number: int
    leaf: bytes

    def __str__(self) -> str:
        where = "entry" if self.fault is SignerFault.UNSIGNED else "signature"
        return f"{self.fault.value}: {where} {self.number}, leaf {self.leaf.hex()}"


@dataclass(frozen=True, slots=True)
class SignerReport:
    """How many signatures there are, and of their leaves how many are in the ledger, void, and still waiting for it.

    ``late`` are those that wait: nothing for a while, and a fault thereafter.
    """

    signatures: int
    logged: int
    void: int
    disagreements: tuple[Disagreement, ...]
    late: tuple[Disagreement, ...]

    @property
    def waiting(self) -> int:
        """How many leaves wait for the ledger."""
        return len(self.late)


def hold_against(log: Sequence[Record], services: Services, since: int = 0) -> SignerReport:
    """Compares; ``since`` is the ledger's size when the signer began: entries before need no signature of its own. It may
    have signed one again, for a wallet whose answer was lost.

    Beside a service at work, a leaf may be on its way when one of the two was read and not the other: whoever finds a
    fault looks again.
    """
    with services.store(PARTY).reading() as session:
        told = {row.leaf: row for row in records.outbox_rows(session, IssuerOutbox) if row.kind in KINDS}
    with services.store("ledger").reading() as session:
        entries = {entry.leaf: entry.index for entry in records.all_entries(session)}
        forked = list(_forked(session, log))
    signed = {record.leaf: record for record in log}
    waiting = {leaf for leaf, row in told.items() if leaf not in entries and row.entry_index is None}
    unlogged = [record for record in log if record.leaf not in entries and record.leaf not in waiting]
    unsigned = sorted((entries[leaf], leaf) for leaf in told if entries.get(leaf, -1) >= since and leaf not in signed)
    return SignerReport(
        signatures=len(log),
        logged=sum(leaf in entries for leaf in signed),
        void=sum(leaf in told and told[leaf].kind == VOID_LEAF for leaf in signed),
        disagreements=(
            *(Disagreement(SignerFault.UNLOGGED, record.number, record.leaf) for record in unlogged),
            *(Disagreement(SignerFault.UNSIGNED, index, leaf) for index, leaf in unsigned),
            *(Disagreement(SignerFault.FORKED, record.number, record.leaf) for record in forked),
        ),
        late=tuple(
            Disagreement(SignerFault.WAITING, each.number, each.leaf) for each in signed.values() if each.leaf in waiting
        ),
    )


def _forked(session: Session, log: Sequence[Record]) -> Sequence[Record]:
    """The first record under each checkpoint that is not the ledger's."""
    tree, size = LogTree(), records.count_entries(session)
    shown: dict[tuple[int, bytes], Record] = {}
    for record in log:
        shown.setdefault((record.size, record.root), record)
    return [record for record in shown.values() if record.size > size or _root(tree, session, record) != record.root]


def _root(tree: LogTree, session: Session, record: Record) -> bytes | None:
    try:
        return tree.root(session, record.size)
    except LedgerDamaged:  # credence ledger verify says where
        return None
