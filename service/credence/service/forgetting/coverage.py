"""What every table holds of a person or a pseudonym. A test holds it against the tables, so that none is forgotten."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from credence.service.forgetting.terms import RowKind


@dataclass(frozen=True, slots=True)
class Held:
    """Rows about somebody, kept as ``kind``. Either they say themselves until when, or the row of another table does for
    them: ``by`` is that table, and the column here that leads to it.
    """

    kind: RowKind
    by: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Apart:
    """Rows about somebody that end, or stay, by a rule of their own; ``reason`` says which."""

    reason: str


@dataclass(frozen=True, slots=True)
class Nothing:
    """Rows about nobody; ``reason`` says why that is so."""

    reason: str


_CASE: Final = Held(RowKind.CASE, ("issuer_cases", "case_id"))
_DECISION: Final = "verifier_decisions"
_CONDUCT: Final = Held(RowKind.CONDUCT, ("reputation_pseudonyms", "pseudonym"))
_FIRM: Final = Nothing("a client is a firm or a desk, never a holder")
_LEAF: Final = Nothing("a leaf is a salted digest: without its salt a random string")
_OURS: Final = Nothing("what the installation published of itself or set for all")

COVERAGE: Final[Mapping[str, Held | Apart | Nothing]] = MappingProxyType(
    {
        "auditor_outbox": _LEAF,
        "auditor_shares": Apart("shares that one authority can read, until 90 days after the warrant's end"),
        "auditor_warrants": Apart("every opening is countable in public for good; the log has its notice"),
        "auth_clients": _FIRM,
        "auth_keys": _FIRM,
        "auth_outbox": _LEAF,
        "auth_public_keys": _FIRM,
        "auth_registrations": _FIRM,
        "auth_spent_ids": _FIRM,
        "idempotency_answers": Apart("sealed under the caller's own key, for CREDENCE_IDEMPOTENCY_SECONDS"),
        "issuer_accumulators": _OURS,
        "issuer_attestations": Held(RowKind.ATTESTATION),
        "issuer_bans": Apart("a ban knows a keyed tag, as long as it is in force and one of the person's cases is kept"),
        "issuer_case_steps": _CASE,
        "issuer_cases": Held(RowKind.CASE),
        "issuer_challenges": Nothing("a nonce that was handed to a desk, for about a day"),
        "issuer_checkpoints": _OURS,
        "issuer_comments": _CASE,
        "issuer_destroyed_keys": Nothing("ids of keys that are gone: random, and they name nobody"),
        "issuer_documents": _OURS,
        "issuer_due_marks": _CASE,
        "issuer_findings": Apart("a warrant's digest and who asked, as long as every opening is countable"),
        "issuer_outbox": _LEAF,
        "issuer_person_joins": Apart("two keyed tags of one person: gone with the first of them that is forgotten"),
        "issuer_person_tags": Held(RowKind.CASE, ("issuer_cases", "identity_tag")),
        "issuer_proposals": _CASE,
        "issuer_renewals": Nothing("a nonce that was handed to somebody, for an hour after it is over"),
        "issuer_retention_orders": Nothing("who ordered what, of a case's id, which names nobody once it is erased"),
        "issuer_review_rounds": _OURS,
        "issuer_revocations": Nothing("a public handle; reason, client and time to the second go with its attestation"),
        "issuer_shown_again": _CASE,
        "issuer_standings": Held(RowKind.STANDING),
        "issuer_spent_challenges": Nothing("a nonce that was answered, for about a day"),
        "issuer_suspensions": Held(RowKind.ATTESTATION, ("issuer_attestations", "attestation_id")),
        "issuer_vendor_notices": Held(RowKind.VENDOR_RESULT),
        "issuer_vendor_results": Held(RowKind.VENDOR_RESULT),
        "ledger_checkpoints": _LEAF,
        "ledger_entries": _LEAF,
        "reputation_candidates": Nothing("weights of a model of all accounts together, fitted in shadow"),
        "reputation_case_accounts": _CONDUCT,
        "reputation_cases": Apart("a rule's figures, which name nobody: gone with the last of the case's pseudonyms"),
        "reputation_cells": _CONDUCT,
        "reputation_days": _CONDUCT,
        "reputation_events": _CONDUCT,
        "reputation_files": Nothing("the digest of a venue's file, and how far it was read"),
        "reputation_hazard_rows": Nothing("digests of rows of a market's table: of its liquidations, not of whose"),
        "reputation_hazards": Nothing("a market's liquidations by day"),
        "reputation_models": Nothing("weights of a model of all accounts together"),
        "reputation_pseudonyms": Held(RowKind.CONDUCT),
        "reputation_reports": Nothing("figures of twenty accounts and more; no account is in them by itself"),
        "reputation_standings": _CONDUCT,
        "verifier_decisions": Held(RowKind.DECISION),
        "verifier_deliveries": Held(RowKind.DECISION, (_DECISION, "session_id")),
        "verifier_denials": Nothing("how many were denied in a minute, at all venues together"),
        "verifier_destroyed_keys": Nothing("ids of keys that are gone: random, and they name nobody"),
        "verifier_endpoints": _FIRM,
        "verifier_limit_periods": _OURS,
        "verifier_outbox": _LEAF,
        "verifier_persons": Apart("what a venue stated of open positions, for days since; erased with a pseudonym"),
        "verifier_policies": _FIRM,
        "verifier_policy_marks": _OURS,
        "verifier_rules_editions": _OURS,
        "verifier_sessions": Held(RowKind.DECISION, (_DECISION, "id")),
        "verifier_spent_nonces": Nothing("random bytes of our own, kept so that none is good twice"),
        "verifier_tariff_versions": _OURS,
        "verifier_use_tags": Apart("a tag of one use, which names nobody, until a day after its hour or day"),
    }
)
"""By table."""
