"""What the routes of a review read and answer, as the OpenAPI document shows it, with examples."""

from __future__ import annotations

from typing import Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from credence.service.issuer.desk import Desk
from credence.service.issuer.forms import CaseAnswer, EvidenceForm
from credence.service.issuer.review.due.records import IssuerDue, IssuerRound
from credence.service.issuer.review.monitoring import review_days
from credence.service.issuer.review.overrides import Entry, Override, entries_of
from credence.service.issuer.review.reading import History, HolderStanding, Waiting
from credence.service.issuer.review.reasons import Kind, Reason
from credence.service.issuer.review.records import MAX_COMMENT, IssuerComment, IssuerProposal, IssuerStep

_CASE: Final = "019b76da-a800-7c3e-9d3b-5f2d8c1a4e60"
_PROPOSAL_ID: Final = "019b76da-a800-7f10-8a2b-0c4d6e8f1a3b"
_ENTRY: Final = {"list": "un", "entry_id": "6908555"}
_TEXT: Final = "Entry 6908555 was born thirty years earlier; compared with the vendor's file."
_PROPOSED: Final[dict[str, Any]] = {
    "decision": "approve",
    "reason": "false-positive",
    "comment": _TEXT,
    "risk_tier": "enhanced",
    "cleared": [_ENTRY],
}
_PROPOSAL: Final[dict[str, Any]] = {
    "proposal_id": _PROPOSAL_ID,
    "case_id": _CASE,
    "decision": "approve",
    "reason": "false-positive",
    "kyc_level": None,
    "risk_tier": "enhanced",
    "cleared": [_ENTRY],
    "standing": "open",
    "proposed_by": "first.reviewer.example",
    "proposed_at": 1_790_000_000,
    "approved_by": None,
    "closed_by": None,
    "closed_at": None,
}
_COMMENT: Final[dict[str, Any]] = {
    "proposal_id": _PROPOSAL_ID,
    "author": "first.reviewer.example",
    "at": 1_790_000_000,
    "comment": _TEXT,
}
_WRITTEN: Final[dict[str, Any]] = {"number": 1, "author": "first.reviewer.example", "at": 1_790_000_000}
_STEP: Final[dict[str, Any]] = {
    "number": 2,
    "what": "proposed",
    "from": "declined",
    "to": "declined",
    "actor": "reviewer",
    "by": "first.reviewer.example",
    "reasons": ["false-positive"],
    "at": 1_790_000_000,
}
_DUE: Final[dict[str, Any]] = {
    "case_id": _CASE,
    "cause": "list-changed",
    "since": 1_790_000_000,
    "deadline": 1_792_592_000,
}
_NOTICE: Final[dict[str, Any]] = {
    "type": "credence/review-notice/1",
    "issuer": "issuer.example",
    "rounds": [{"opened_at": 1_790_000_000, "deadline": 1_792_592_000}],
    "notice_days": 30,
    "review_days": {"low": 730, "standard": 365, "enhanced": 182},
}
_STANDING: Final[dict[str, Any]] = {
    "attestation_id": "5f0c9c2e7b1d4a86b3e2f1d0c9a8b7e6",
    "verified_at": 1_780_000_000,
    "revoked": False,
    "due": {"cause": "list-changed", "deadline": 1_792_592_000},
}

Decision = Literal["approve", "decline", "change", "reopen"]
Tier = Literal["low", "standard", "enhanced"]
Why = Literal[
    "false-positive",
    "screened-elsewhere",
    "additional-evidence",
    "risk-accepted",
    "risk-reassessed",
    "adverse-information",
    "evidence-doubtful",
    "sanctions-confirmed",
    "at-holders-request",
    "decided-in-error",
    "list-corrected",
]


def _shown(example: dict[str, Any]) -> ConfigDict:
    return ConfigDict(frozen=True, populate_by_name=True, json_schema_extra={"example": example})


def _read(example: dict[str, Any]) -> ConfigDict:
    return ConfigDict(
        frozen=True, strict=True, extra="forbid", hide_input_in_errors=True, json_schema_extra={"example": example}
    )


# --- read ---


class EntryForm(BaseModel):
    """An entry that was found, by list and id."""

    model_config = _read(_ENTRY)

    list: str = Field(min_length=1, max_length=64)
    entry_id: str = Field(min_length=1, max_length=128)


class ProposalForm(BaseModel):
    """What is proposed. Whoever approves a case names every entry that was found in ``cleared``; level and tier stay unless
    given. The comment is for colleagues: no personal data belongs in it."""

    model_config = _read(_PROPOSED)

    decision: Decision
    reason: Why
    comment: str = Field(min_length=1, max_length=MAX_COMMENT)
    kyc_level: int | None = Field(default=None, ge=1, le=3)
    risk_tier: Tier | None = None
    cleared: list[EntryForm] = Field(default_factory=list, max_length=200)

    @property
    def override(self) -> Override:
        """The same for the room."""
        cleared = tuple(Entry(entry.list, entry.entry_id) for entry in self.cleared)
        kind, reason = Kind(self.decision), Reason(self.reason)
        return Override(kind, reason, self.comment, self.kyc_level, self.risk_tier, cleared)


class CommentForm(BaseModel):
    """A comment, for colleagues: no personal data belongs in it. It is never shown to the holder."""

    model_config = _read({"comment": "The vendor was asked for the first page again."})

    comment: str = Field(min_length=1, max_length=MAX_COMMENT)


class ShownAgainForm(BaseModel):
    """Fresh evidence for a credential that was issued."""

    model_config = _read({"evidence": {"type": "vendor-jws", "token": "eyJhbGciOiJFZDI1NTE5In0….eyJ….c2ln…"}})

    evidence: EvidenceForm


# --- answered ---


class ProposalAnswer(BaseModel):
    """A proposal, and what became of it."""

    model_config = _shown(_PROPOSAL)

    proposal_id: str
    case_id: str
    decision: Decision
    reason: Why
    kyc_level: int | None
    risk_tier: Tier | None
    cleared: list[EntryForm]
    standing: Literal["open", "approved", "rejected", "withdrawn", "overtaken"]
    proposed_by: str
    proposed_at: int
    approved_by: str | None
    closed_by: str | None
    closed_at: int | None

    @classmethod
    def of(cls, row: IssuerProposal) -> Self:
        """The answer for a proposal."""
        cleared = [{"list": entry.list, "entry_id": entry.entry_id} for entry in entries_of(row)]
        given = row.model_dump(exclude={"id", "kind", "cleared"})
        return cls.model_validate({**given, "proposal_id": row.id, "decision": row.kind, "cleared": cleared})


class WrittenAnswer(BaseModel):
    """That a comment was written: its number in the case's history, where its text stands and nowhere else."""

    model_config = _shown(_WRITTEN)

    number: int
    author: str
    at: int

    @classmethod
    def of(cls, row: IssuerComment) -> Self:
        """The answer for a comment that was just written."""
        return cls(number=row.number, author=row.author, at=row.at)


class CommentAnswer(BaseModel):
    """A comment, in a history."""

    model_config = _shown(_COMMENT)

    proposal_id: str | None
    author: str
    at: int
    comment: str

    @classmethod
    def of(cls, row: IssuerComment, text: str) -> Self:
        """The answer for a comment that says ``text``."""
        return cls(proposal_id=row.proposal_id, author=row.author, at=row.at, comment=text)


class StepAnswer(BaseModel):
    """One step of a case. ``by`` is the client that took it, null for the rules and the holder."""

    model_config = _shown(_STEP)

    number: int
    what: str
    source: str = Field(alias="from")
    target: str = Field(alias="to")
    actor: Literal["rules", "reviewer", "pair", "holder", "revoker"]
    by: str | None
    reasons: list[str]
    at: int

    @classmethod
    def of(cls, row: IssuerStep) -> Self:
        """The answer for a step."""
        given = {"by": row.client_id, "reasons": row.reasons.split()}
        return cls.model_validate({**row.model_dump(exclude={"case_id", "client_id", "reasons"}), **given})


class DueAnswer(BaseModel):
    """A case whose holder is to show evidence again before ``deadline``. Times are unix seconds."""

    model_config = _shown(_DUE)

    case_id: str
    cause: Literal["list-changed", "interval", "expiry", "review"]
    since: int
    deadline: int

    @classmethod
    def of(cls, row: IssuerDue) -> Self:
        """The answer for a mark."""
        given = {"case_id": row.case_id, "cause": row.cause, "since": row.marked_at, "deadline": row.deadline}
        return cls.model_validate(given)


class ShownAnswer(BaseModel):
    """Evidence that was shown again: who keeps it, under which number, who handed it in, and where the case went."""

    model_config = ConfigDict(frozen=True)

    vendor: str
    vendor_reference: str
    by: str
    at: int
    outcome: str


class HistoryAnswer(BaseModel):
    """All that happened to a case. Comments are free text by staff, and never for the holder."""

    model_config = _shown(
        {
            "case_id": _CASE,
            "steps": [_STEP],
            "proposals": [_PROPOSAL],
            "comments": [_COMMENT],
            "shown_again": [],
            "due": None,
        }
    )

    case_id: str
    steps: list[StepAnswer]
    proposals: list[ProposalAnswer]
    comments: list[CommentAnswer]
    shown_again: list[ShownAnswer]
    due: DueAnswer | None

    @classmethod
    def of(cls, found: History) -> Self:
        """The answer for a history."""
        return cls(
            case_id=found.case_id,
            steps=[StepAnswer.of(row) for row in found.steps],
            proposals=[ProposalAnswer.of(row) for row in found.proposals],
            comments=[CommentAnswer.of(row, text) for row, text in found.comments],
            shown_again=[
                ShownAnswer(
                    vendor=row.vendor,
                    vendor_reference=reference,
                    by=row.shown_by,
                    at=row.shown_at,
                    outcome=row.outcome,
                )
                for row, reference in found.shown
            ],
            due=None if found.due is None else DueAnswer.of(found.due),
        )


class WaitingAnswer(BaseModel):
    """What waits for somebody: cases in review, proposals for a second person, holders who are to show evidence again.

    ``due_next`` asks for the next who are due, as ``due_after``; null where these are the last."""

    model_config = _shown({"cases": [], "proposals": [_PROPOSAL], "due": [_DUE], "due_next": None})

    cases: list[CaseAnswer]
    proposals: list[ProposalAnswer]
    due: list[DueAnswer]
    due_next: str | None

    @classmethod
    def of(cls, found: Waiting) -> Self:
        """The answer for what waits."""
        return cls(
            cases=[CaseAnswer.of(view) for view in found.cases],
            proposals=[ProposalAnswer.of(row) for row in found.proposals],
            due=[DueAnswer.of(row) for row in found.due],
            due_next=found.due_next,
        )


class RoundAnswer(BaseModel):
    """That a list changed: whose evidence was shown before ``opened_at`` may be due until ``deadline``."""

    model_config = ConfigDict(frozen=True)

    opened_at: int
    deadline: int


class NoticeAnswer(BaseModel):
    """What every wallet is told alike, newest round first: with it and with what it holds, a wallet knows whether it may be
    due, and asks for nobody in particular. ``review_days`` is how long evidence is good for, by risk tier."""

    model_config = _shown(_NOTICE)

    type: Literal["credence/review-notice/1"]
    issuer: str
    rounds: list[RoundAnswer]
    notice_days: int
    review_days: dict[Tier, int]

    @classmethod
    def of(cls, desk: Desk, rounds: list[IssuerRound]) -> Self:
        """The notice with these rounds."""
        return cls.model_validate(
            {
                "type": "credence/review-notice/1",
                "issuer": desk.services.settings.issuer_id,
                "rounds": [{"opened_at": row.opened_at, "deadline": row.deadline} for row in rounds],
                "notice_days": desk.services.settings.review_notice_days,
                "review_days": dict(review_days(desk.diligence)),
            }
        )


class HolderDueAnswer(BaseModel):
    """Why evidence is to be shown again, and before when (unix seconds)."""

    model_config = ConfigDict(frozen=True)

    cause: Literal["list-changed", "interval", "expiry", "review"]
    deadline: int


class StandingAnswer(BaseModel):
    """A credential's standing, for the wallet that holds it. ``due`` is null where nothing is to be done."""

    model_config = _shown(_STANDING)

    attestation_id: str
    verified_at: int
    revoked: bool
    due: HolderDueAnswer | None

    @classmethod
    def of(cls, found: HolderStanding) -> Self:
        """The answer for a standing."""
        due = None if found.cause is None else {"cause": found.cause.value, "deadline": found.deadline}
        return cls.model_validate(
            {
                "attestation_id": found.attestation_id,
                "verified_at": found.verified_at,
                "revoked": found.is_revoked,
                "due": due,
            }
        )
