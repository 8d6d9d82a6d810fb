"""The reckoning: every row of every table, against everything that was acknowledged."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlmodel import select

from credence.service.verifier.records import ACCEPTED, VerifierDecision
from credence.service.verifier.sealing import answer_of
from tests.soak.errands import Errand, Issue, Show
from tests.soak.installations import Installation, Office


@dataclass
class Kept:
    """How many credentials and decisions were acknowledged, how many of these are not there or differ, how many things are
    there that nobody asked for or twice, and whatever else is wrong. ``checkpoints`` is how many the log was held to."""

    credentials: int = 0
    decisions: int = 0
    lost: int = 0
    duplicated: int = 0
    checkpoints: int = 0
    entries: int = 0
    faults: Counter[str] = field(default_factory=Counter)


def reckon(installation: Installation, errands: Sequence[Errand], notes: Sequence[str]) -> Kept:
    """``errands`` are all there were, each of whose requests was answered in the end; ``notes`` the checkpoints seen.

    Nobody serves the installation. Raises :class:`~credence.service.ledger.LedgerDamaged` for a log that is wrong.
    """
    kept = Kept()
    issues = [errand for errand in errands if isinstance(errand, Issue) and errand.case is not None]
    shows = [errand for errand in errands if isinstance(errand, Show) and errand.opened is not None]
    credentials = {issue.held.attestation_id: issue.held for issue in issues if issue.held is not None}
    decisions = {show.decision.session_id: show.decision for show in shows if show.decision is not None}
    kept.credentials, kept.decisions = len(credentials), len(decisions)
    with installation.opened(checkpoints=True) as office:
        ledger = office.services.ledger
        ledger.sequence()
        if (finding := ledger.disagreement()) is not None:
            kept.faults[f"witness: {finding.detail}"] += 1
        report = ledger.verify(notes)
        kept.checkpoints, kept.entries = report.seen, report.entries
        leaves = dict(zip(office.column(_IDS), map(bytes, office.column(_LEAVES)), strict=True))
        answers = _answers(office)
        kept.lost += sum(leaves.get(key) != held.leaf for key, held in credentials.items())
        kept.lost += sum(answers.get(key) != dict(decision.answer) for key, decision in decisions.items())
        for table, asked in (
            ("issuer_cases", len(issues)),
            ("issuer_attestations", len(credentials)),
            ("verifier_sessions", len(shows)),
            ("verifier_decisions", len(decisions)),
        ):
            kept.duplicated += max(0, office.count(table) - asked)
        kept.duplicated += sum(int(office.scalar(statement)) for statement in _DOUBLES)
        for what, statement in _LEFT.items():
            if left := int(office.scalar(statement)):
                kept.faults[what] = left
    return kept


def _answers(office: Office) -> dict[str, dict[str, Any]]:
    """Every acceptance as it was answered, by session; each is sealed under the key of its pseudonym."""
    with office.verifier.store.reading() as session:
        rows = session.exec(select(VerifierDecision).where(VerifierDecision.decision == ACCEPTED)).all()
    return {row.session_id: json.loads(answer_of(office.services.keeping, row)) for row in rows}


_IDS: Final = "SELECT id FROM issuer_attestations ORDER BY id"
_LEAVES: Final = "SELECT leaf FROM issuer_attestations ORDER BY id"

_DOUBLES: Final = [
    f"SELECT count(*) - count(DISTINCT {column}) FROM {table}"
    for table, column in (
        ("issuer_attestations WHERE life = 'live'", "identity_tag"),
        ("issuer_attestations", "case_id"),
        ("issuer_cases", "evidence_digest"),
        ("verifier_decisions", "session_id"),
        ("verifier_outbox", "leaf"),
        ("issuer_outbox", "leaf"),
        ("ledger_entries", "leaf"),
    )
]
"""Whatever should be there once, counted where it is there more often. No wallet sends a proof twice to be denied."""

_LEFT: Final = {
    "decisions without a nonce that was spent": (
        "SELECT abs((SELECT count(*) FROM verifier_decisions) - (SELECT count(*) FROM verifier_spent_nonces))"
    ),
    "outbox rows without an entry": (
        "SELECT (SELECT count(*) FROM verifier_outbox WHERE entry_index IS NULL)"
        " + (SELECT count(*) FROM issuer_outbox WHERE entry_index IS NULL)"
    ),
}
"""Whatever a transaction must have left whole."""
