"""Suspensions and bans, and what was issued to a person by an attestation or a case, for who may revoke."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Response

from credence.service.idempotency import Answer
from credence.service.issuer.parameters import NOT_FOUND, PROBLEM, AtDesk, AttestationId, CaseId, Keyed, Revoker
from credence.service.issuer.persons import deciding
from credence.service.issuer.persons.forms import (
    BanAnswer,
    BanForm,
    BannedAnswer,
    LiftAnswer,
    PersonAnswer,
    SuspensionAnswer,
    SuspensionForm,
)
from credence.service.issuer.revocation.manager import Target
from credence.service.settings import Limit

router = APIRouter(prefix="/v1/issuer", tags=["issuer"])

BanId = Annotated[str, Path(max_length=64, examples=["019b76da-a801-7c3e-9d3b-5f2d8c1a4e61"])]
_TWO: Final[dict[str, Any]] = {"description": "It is not in force, or whoever asks asked before: it takes two", **PROBLEM}


@router.post(
    "/attestations/{attestation_id}/suspend",
    status_code=201,
    response_model=SuspensionAnswer,
    operation_id="suspendCredential",
    summary="Suspend a credential",
    responses={404: NOT_FOUND, 409: {"description": "It is not live any more", **PROBLEM}},
)
def suspend(attestation_id: AttestationId, form: SuspensionForm, desk: AtDesk, client: Revoker, keyed: Keyed) -> Response:
    """Its handle is revoked, and never comes back; what comes back once two persons lift this is another credential for the
    same wallet, with the same pseudonyms. Nothing is issued to the person before."""
    desk.services.limit(Limit.REVOCATIONS, client.client_id)
    effect = partial(deciding.suspend, desk, attestation_id, form.reason, client.client_id)
    return keyed.by(client).around(desk.store, effect, lambda row: Answer.of(SuspensionAnswer.of(row), 201))


@router.post(
    "/attestations/{attestation_id}/lift",
    response_model=LiftAnswer,
    operation_id="liftSuspension",
    summary="Ask that a suspension be lifted",
    responses={404: NOT_FOUND, 409: _TWO},
)
def lift(attestation_id: AttestationId, desk: AtDesk, client: Revoker, keyed: Keyed) -> Response:
    """The first person asks, the second one's asking lifts it, and carries the offer while the evidence is fresh."""
    desk.services.limit(Limit.REVOCATIONS, client.client_id)
    effect = partial(deciding.lift, desk, attestation_id, client.client_id)
    return keyed.by(client).around(desk.store, effect, lambda found: Answer.of(LiftAnswer.of_lifting(found)))


@router.get(
    "/attestations/{attestation_id}/person",
    operation_id="readPerson",
    summary="What was issued to the person of an attestation",
    responses={404: NOT_FOUND},
)
def read_person(attestation_id: AttestationId, desk: AtDesk, _client: Revoker) -> PersonAnswer:
    """Every credential with what became of it, every suspension and ban."""
    return PersonAnswer.of(deciding.read_person(desk, Target(attestation_id=attestation_id)))


@router.get(
    "/cases/{case_id}/person",
    operation_id="readPersonOfCase",
    summary="What was issued to the person of a case, and its bans",
    responses={404: NOT_FOUND},
)
def read_person_of_case(case_id: CaseId, desk: AtDesk, _client: Revoker) -> PersonAnswer:
    """The same by a case, whether or not it has a credential: this is where the id of a ban is found again."""
    return PersonAnswer.of(deciding.read_person(desk, Target(case_id=case_id)))


@router.post(
    "/bans",
    status_code=201,
    response_model=BannedAnswer,
    operation_id="banPerson",
    summary="Ban a person",
    responses={404: NOT_FOUND, 409: {"description": "The person is banned already", **PROBLEM}},
)
def ban(form: BanForm, desk: AtDesk, client: Revoker, keyed: Keyed) -> Response:
    """Nothing is issued to the person any more, whatever wallet, vendor or spelling of the document it comes with, and what
    it holds is revoked."""
    desk.services.limit(Limit.REVOCATIONS, client.client_id)
    effect = partial(deciding.ban, desk, form.target, form.reason, form.until, client.client_id)
    return keyed.by(client).around(desk.store, effect, lambda found: Answer.of(BannedAnswer.of_banned(found), 201))


@router.post(
    "/bans/{ban_id}/lift",
    response_model=BanAnswer,
    operation_id="liftBan",
    summary="Ask that a ban be lifted",
    responses={404: NOT_FOUND, 409: _TWO},
)
def unban(ban_id: BanId, desk: AtDesk, client: Revoker, keyed: Keyed) -> Response:
    """The first person asks, the second one's asking lifts it. What it revoked stays revoked."""
    desk.services.limit(Limit.REVOCATIONS, client.client_id)
    effect = partial(deciding.unban, desk, ban_id, client.client_id)
    return keyed.by(client).around(desk.store, effect, lambda row: Answer.of(BanAnswer.of(row)))
