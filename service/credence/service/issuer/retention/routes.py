"""``/v1/issuer/cases/{case_id}``: until when a case is kept, legal holds, and what two persons order."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Response

from credence.service.idempotency import Answer
from credence.service.issuer.parameters import NOT_FOUND, PROBLEM, AtDesk, CaseId, Keyed, Reviewer, Staff
from credence.service.issuer.retention import ordering
from credence.service.issuer.retention.forms import HoldForm, KeptAnswer, OrderAnswer, OrderForm
from credence.service.settings import Limit

router = APIRouter(prefix="/v1/issuer", tags=["issuer"])

_ERASED: Final[dict[str, Any]] = {"description": "It was erased", **PROBLEM}
_REFUSED: Final[dict[str, Any]] = {"description": "Kept for a while yet, held, or not to be ordered now", **PROBLEM}

OrderId = Annotated[str, Path(max_length=64, examples=["019b76da-a800-7f10-8a2b-0c4d6e8f1a3b"])]
CaseName = Annotated[str, Path(max_length=64, description="a case's id, or that of its attestation")]


@router.get(
    "/cases/{case_id}/retention",
    operation_id="readRetention",
    summary="Until when a case is kept",
    responses={404: NOT_FOUND},
)
def read_retention(case_id: CaseName, desk: AtDesk, _client: Staff) -> KeptAnswer:
    """The ground, the day and the hold, also of a case that was erased. For whoever answers a person's question."""
    return KeptAnswer.of(ordering.kept(desk, ordering.case_of(desk, case_id)))


@router.post(
    "/cases/{case_id}/hold",
    response_model=KeptAnswer,
    operation_id="holdCase",
    summary="Put a case under a legal hold",
    responses={404: NOT_FOUND, 409: _REFUSED, 410: _ERASED},
)
def hold_case(case_id: CaseId, form: HoldForm, desk: AtDesk, client: Reviewer, keyed: Keyed) -> Response:
    """Neither it nor its vendor's result is erased before two persons lift the hold. Only cases are held."""
    desk.services.limit(Limit.CASES, client.client_id)
    effect = partial(ordering.set_hold, desk, case_id, form.hold, client.client_id)
    return keyed.by(client).around(desk.store, effect, lambda found: Answer.of(KeptAnswer.of(found)))


@router.post(
    "/cases/{case_id}/orders",
    status_code=201,
    response_model=OrderAnswer,
    operation_id="orderRetention",
    summary="Order that a case is erased, or its hold lifted",
    responses={404: NOT_FOUND, 409: _REFUSED, 410: _ERASED},
)
def order(case_id: CaseId, form: OrderForm, desk: AtDesk, client: Reviewer, keyed: Keyed) -> Response:
    """Nothing changes before another person approves it. What has to be kept is refused with the ground and the day."""
    desk.services.limit(Limit.CASES, client.client_id)
    effect = partial(ordering.order, desk, case_id, form.kind, client.client_id)
    return keyed.by(client).around(desk.store, effect, lambda row: Answer.of(OrderAnswer.of(row), 201))


@router.post(
    "/cases/{case_id}/orders/{order_id}/approval",
    response_model=KeptAnswer,
    operation_id="approveRetention",
    summary="Approve somebody else's order",
    responses={404: NOT_FOUND, 409: _REFUSED, 410: _ERASED},
)
def approve(case_id: CaseId, order_id: OrderId, desk: AtDesk, client: Reviewer, keyed: Keyed) -> Response:
    """It takes effect at once. What was erased does not come back, out of no backup either."""
    desk.services.limit(Limit.CASES, client.client_id)
    effect = partial(ordering.approve, desk, case_id, order_id, client.client_id)
    return keyed.by(client).around(desk.store, effect, lambda found: Answer.of(KeptAnswer.of(found)))
