"""``/v1/issuer``: evidence becomes a case, a case an offer, an offer a credential."""

from __future__ import annotations

from functools import partial
from typing import Any, Final

from fastapi import APIRouter, Response

from credence.circuits.encoding import b64u, b64u_decode
from credence.service.errors import NotFound
from credence.service.idempotency import Answer
from credence.service.issuer import intake, issuance, records
from credence.service.issuer.forms import (
    AttestationAnswer,
    CaseAnswer,
    CaseForm,
    ClaimForm,
    CredentialAnswer,
    DecisionForm,
    IssuerDocumentAnswer,
)
from credence.service.issuer.intake import CaseView
from credence.service.issuer.issuance import Claim, Issued
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
from credence.service.settings import Limit
from credence.service.store import Run

router = APIRouter(prefix="/v1/issuer", tags=["issuer"])

_REFUSED: Final[dict[str, Any]] = {"description": "The evidence is refused; the detail ends in the reason", **PROBLEM}
_MAX_COMMITMENT: Final = 1_024


@router.get("/document", operation_id="readIssuerDocument", summary="The issuer's keys and its log's key")
def read_document(desk: AtDesk) -> IssuerDocumentAnswer:
    """Public: what a wallet checks its credential with, and a verifier a proof."""
    return IssuerDocumentAnswer.model_validate(desk.document().to_json())


@router.post(
    "/cases",
    status_code=201,
    response_model=CaseAnswer,
    operation_id="openCase",
    summary="Hand in evidence",
    responses={200: {"description": "The same evidence was seen before", "model": CaseAnswer}, 400: _REFUSED},
)
def open_case(form: CaseForm, desk: AtDesk, client: Operator, keyed: Keyed) -> Response:
    """Evidence is verified, screened, assessed and forgotten. An approved case carries an offer for the person's wallet."""
    desk.services.limit(Limit.CASES, client.client_id)
    effect = partial(intake.open_case, desk, form.evidence.type, form.evidence.token_bytes, client.client_id)
    return keyed.by(client).around(desk.store, effect, _opened)


@router.get("/cases/{case_id}", operation_id="readCase", summary="A case", responses={404: NOT_FOUND})
def read_case(case_id: CaseId, desk: AtDesk, _client: Staff) -> CaseAnswer:
    """The case as it stands; an offer is not repeated."""
    return CaseAnswer.of(intake.read_case(desk, case_id))


@router.post(
    "/cases/{case_id}/decision",
    response_model=CaseAnswer,
    operation_id="decideCase",
    summary="Decide a case that waits for a person",
    responses={404: NOT_FOUND, 409: {"description": "The case is not in review, or takes two persons", **PROBLEM}},
)
def decide_case(case_id: CaseId, form: DecisionForm, desk: AtDesk, client: Reviewer, keyed: Keyed) -> Response:
    """Approving makes an offer. Where an entry was found or no list searched, approving takes two persons: propose it."""
    approve, by = form.decision == "approve", client.client_id
    desk.services.limit(Limit.CASES, by)

    def effect(run: Run[CaseView]) -> CaseView:
        return intake.decide_case(desk, case_id, approve=approve, reason=form.reason, client_id=by, run=run)

    return keyed.by(client).around(desk.store, effect, lambda view: Answer.of(CaseAnswer.of(view)))


@router.post(
    "/cases/{case_id}/credential",
    status_code=201,
    response_model=CredentialAnswer,
    operation_id="claimCredential",
    summary="Claim the credential of an offer",
    responses={
        200: {"description": "The same request was answered before, with the same bytes", "model": CredentialAnswer},
        400: _REFUSED,
        401: {"description": "No live offer with this secret", **PROBLEM},
        409: {"description": "Other evidence, another commitment, or the case is not approved any more", **PROBLEM},
    },
)
def claim_credential(case_id: CaseId, form: ClaimForm, desk: AtDesk, keyed: Keyed) -> Response:
    """For the wallet, which bears the offer; no API key. The evidence is shown again, because nothing of it was kept."""
    claim = Claim(
        case_id=case_id,
        offer_secret=form.offer_secret.get_secret_value(),
        commitment=b64u_decode(form.commitment, max_length=_MAX_COMMITMENT),
        evidence_type=form.evidence.type,
        token=form.evidence.token_bytes,
    )

    def effect(run: Run[Issued]) -> Issued:
        found = issuance.claim_credential(desk, claim, run)
        desk.services.metrics.credential("issued" if found[1] else "repeated")
        return found

    return keyed.by_address().around(desk.store, effect, _issued)


@router.get(
    "/attestations/{attestation_id}",
    operation_id="readAttestation",
    summary="The public record of an attestation",
    responses={404: NOT_FOUND},
)
def read_attestation(attestation_id: AttestationId, desk: AtDesk) -> AttestationAnswer:
    """Public: a salted leaf and where it stands in the log. It says nothing of whom it is about."""
    with desk.store.reading() as session:
        found = records.find_attestation(session, attestation_id)
    if found is None:
        raise NotFound
    attestation, index = found
    return AttestationAnswer(
        attestation_id=attestation.id,
        leaf=b64u(attestation.leaf),
        entry_index=index,
        issued_epoch=attestation.issued_epoch,
    )


def _opened(opened: tuple[CaseView, bool]) -> Answer:
    return Answer.of(CaseAnswer.of(opened[0]), 201 if opened[1] else 200)


def _issued(issued: Issued) -> Answer:
    return Answer.of(CredentialAnswer.model_validate(issued[0].to_json()), 201 if issued[1] else 200)
