"""``/v1/issuer``: what reviewers propose, approve and write, what operators show again, what wallets are told of it."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Response

from credence.service.idempotency import Answer
from credence.service.issuer.forms import CaseAnswer
from credence.service.issuer.parameters import (
    NOT_FOUND,
    PROBLEM,
    AtDesk,
    AttestationId,
    CaseId,
    Keyed,
    Operator,
    Reviewer,
    Staff,
)
from credence.service.issuer.review import overrides, reading
from credence.service.issuer.review.forms import (
    CommentForm,
    HistoryAnswer,
    NoticeAnswer,
    ProposalAnswer,
    ProposalForm,
    ShownAgainForm,
    StandingAnswer,
    WaitingAnswer,
    WrittenAnswer,
)
from credence.service.issuer.review.shown_again import show_again
from credence.service.settings import Limit

router = APIRouter(prefix="/v1/issuer", tags=["issuer"])

_STATE: Final[dict[str, Any]] = {"description": "The case's state does not allow it", **PROBLEM}
_ENDED: Final[dict[str, Any]] = {"description": "Not open any more, or proposed by the same person", **PROBLEM}


ProposalId = Annotated[str, Path(max_length=64, examples=["019b76da-a800-7f10-8a2b-0c4d6e8f1a3b"])]
Many = Annotated[int, Query(ge=1, le=200, description="how many of each at most")]
DueAfter = Annotated[str | None, Query(pattern=reading.CURSOR, description="the due_next of the answer before")]


@router.get("/reviews", operation_id="listReviews", summary="What waits for somebody")
def list_reviews(desk: AtDesk, _client: Staff, limit: Many = 50, due_after: DueAfter = None) -> WaitingAnswer:
    """Cases in review, the oldest first, proposals that wait for a second person, and holders who are to show evidence
    again: whoever has their address tells them, because no name is kept here. A case in review is not among these."""
    return WaitingAnswer.of(reading.waiting(desk, limit, due_after))


@router.get(
    "/cases/{case_id}/history", operation_id="readCaseHistory", summary="A case's history", responses={404: NOT_FOUND}
)
def read_history(case_id: CaseId, desk: AtDesk, _client: Reviewer) -> HistoryAnswer:
    """Every step with who took it, every proposal and comment. For staff alone."""
    return HistoryAnswer.of(reading.history(desk, case_id))


@router.post(
    "/cases/{case_id}/comments",
    status_code=201,
    response_model=WrittenAnswer,
    operation_id="addComment",
    summary="Comment on a case",
    responses={404: NOT_FOUND},
)
def add_comment(case_id: CaseId, form: CommentForm, desk: AtDesk, client: Reviewer, keyed: Keyed) -> Response:
    """For colleagues: no personal data belongs in a comment. It is kept as long as the case, is never logged, and is
    in no answer but the history: this one does not repeat it."""
    desk.services.limit(Limit.CASES, client.client_id)
    effect = partial(reading.comment, desk, case_id, form.comment, client.client_id)
    return keyed.by(client).around(desk.store, effect, lambda row: Answer.of(WrittenAnswer.of(row), 201))


@router.post(
    "/cases/{case_id}/proposals",
    status_code=201,
    response_model=ProposalAnswer,
    operation_id="proposeOverride",
    summary="Propose to depart from the rules",
    responses={404: NOT_FOUND, 409: {"description": "Not in this state, not at all, or one is open", **PROBLEM}},
)
def propose(case_id: CaseId, form: ProposalForm, desk: AtDesk, client: Reviewer, keyed: Keyed) -> Response:
    """Nothing changes before another person approves it. A case has one open proposal."""
    desk.services.limit(Limit.CASES, client.client_id)
    effect = partial(overrides.propose, desk, case_id, form.override, client.client_id)
    return keyed.by(client).around(desk.store, effect, lambda row: Answer.of(ProposalAnswer.of(row), 201))


@router.post(
    "/cases/{case_id}/proposals/{proposal_id}/approval",
    response_model=CaseAnswer,
    operation_id="approveOverride",
    summary="Approve somebody else's proposal",
    responses={404: NOT_FOUND, 409: _ENDED},
)
def approve(case_id: CaseId, proposal_id: ProposalId, desk: AtDesk, client: Reviewer, keyed: Keyed) -> Response:
    """It takes effect at once. Declining a case that has a credential revokes it, for good."""
    desk.services.limit(Limit.CASES, client.client_id)
    effect = partial(overrides.approve, desk, case_id, proposal_id, client.client_id)
    return keyed.by(client).around(desk.store, effect, lambda view: Answer.of(CaseAnswer.of(view)))


@router.post(
    "/cases/{case_id}/proposals/{proposal_id}/rejection",
    response_model=ProposalAnswer,
    operation_id="rejectOverride",
    summary="Reject a proposal, or withdraw one's own",
    responses={404: NOT_FOUND, 409: _ENDED},
)
def reject(case_id: CaseId, proposal_id: ProposalId, desk: AtDesk, client: Reviewer, keyed: Keyed) -> Response:
    """The case stays as it is, and another proposal may be made."""
    desk.services.limit(Limit.CASES, client.client_id)
    effect = partial(overrides.reject, desk, case_id, proposal_id, client.client_id)
    return keyed.by(client).around(desk.store, effect, lambda row: Answer.of(ProposalAnswer.of(row)))


@router.post(
    "/cases/{case_id}/evidence",
    response_model=CaseAnswer,
    operation_id="showAgain",
    summary="Show evidence again for a credential",
    responses={
        400: {"description": "The evidence is refused; the detail ends in the reason", **PROBLEM},
        404: NOT_FOUND,
        409: _STATE,
        503: {"description": "Among others: the service searches an older list than this is due for", **PROBLEM},
    },
)
def show_evidence(case_id: CaseId, form: ShownAgainForm, desk: AtDesk, client: Operator, keyed: Keyed) -> Response:
    """Fresh evidence of the same document is verified, screened, assessed and forgotten. What is found is what a case would
    be opened with: the case stays issued, waits for a person, or is declined and its credential revoked."""
    desk.services.limit(Limit.CASES, client.client_id)
    evidence = form.evidence
    effect = partial(show_again, desk, case_id, evidence.type, evidence.token_bytes, client.client_id)
    return keyed.by(client).around(desk.store, effect, lambda view: Answer.of(CaseAnswer.of(view)))


@router.get("/review-notice", operation_id="readReviewNotice", summary="Whose evidence may be due, for every wallet alike")
def read_notice(desk: AtDesk) -> NoticeAnswer:
    """Public, the same for everybody, and told to nobody in particular."""
    return NoticeAnswer.of(desk, list(reading.rounds(desk)))


@router.get(
    "/attestations/{attestation_id}/standing",
    operation_id="readStanding",
    summary="Whether a holder has to show evidence again",
    responses={404: NOT_FOUND},
)
def read_standing(attestation_id: AttestationId, desk: AtDesk) -> StandingAnswer:
    """For the wallet, which alone knows its attestation's id beside the issuer: it is in no presentation. The issuer sees
    who asks, so that a wallet does only where the public notice leaves it no other way."""
    return StandingAnswer.of(reading.standing(desk, attestation_id))
