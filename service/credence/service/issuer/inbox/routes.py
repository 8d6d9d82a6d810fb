"""``/v1/issuer/challenges`` and ``/v1/issuer/vendors``: what comes before a case."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from credence.service.idempotency import Answer
from credence.service.issuer.inbox import challenges, receiving
from credence.service.issuer.inbox.challenges import Challenge
from credence.service.issuer.inbox.forms import (
    ChallengeAnswer,
    ReceivedAnswer,
    VendorResultAnswer,
    VendorResultsAnswer,
)
from credence.service.issuer.inbox.standing import Standing
from credence.service.issuer.parameters import (
    PROBLEM,
    AtDesk,
    Keyed,
    Operator,
)
from credence.service.settings import Limit

router = APIRouter(prefix="/v1/issuer", tags=["issuer"])

MAX_RESULTS: Final = 100
"""Results of one answer."""

_UNKNOWN: Final[dict[str, Any]] = {"description": "Nobody reads the messages of this vendor", **PROBLEM}


Vendor = Annotated[str, Path(pattern="^[a-z0-9][a-z0-9-]{0,31}$", examples=["sumsub"])]


@router.post(
    "/challenges",
    status_code=201,
    response_model=ChallengeAnswer,
    operation_id="openChallenge",
    summary="A nonce for a holder to sign",
)
def open_challenge(desk: AtDesk, client: Operator, keyed: Keyed) -> Response:
    """For evidence that is shown by its holder's signature. The answer opens one case of this client's, while it is open."""
    desk.services.limit(Limit.CASES, client.client_id)
    audience = desk.services.settings.evidence_audience

    def answered(challenge: Challenge) -> Answer:
        found = ChallengeAnswer(nonce=challenge.nonce, audience=audience, expires_at=challenge.expires_at)
        return Answer.of(found, 201)

    return keyed.by(client).around(desk.store, partial(challenges.open_challenge, desk, client.client_id), answered)


@router.post(
    "/vendors/{vendor}/webhook",
    operation_id="receiveVendorMessage",
    summary="A message of an identity vendor",
    responses={401: {"description": "Not signed by the vendor, or not lately", **PROBLEM}, 404: _UNKNOWN},
)
async def receive_message(vendor: Vendor, request: Request, desk: AtDesk) -> ReceivedAnswer:
    """For the vendor, whose signature over the raw bytes is its key. A message counts once; a case is opened by none."""
    body = await request.body()
    new = await run_in_threadpool(receiving.receive, desk, vendor, request.headers.getlist, body)
    return ReceivedAnswer(new=new)


@router.get(
    "/vendors/{vendor}/results",
    operation_id="listVendorResults",
    summary="A vendor's results by where they stand",
    responses={404: _UNKNOWN},
)
def list_results(
    vendor: Vendor,
    desk: AtDesk,
    _client: Operator,
    standing: Annotated[Standing, Query(description="Where they stand")] = Standing.APPROVED,
) -> VendorResultsAnswer:
    """Up to a hundred, the latest first. What a case is opened with is fetched from the vendor then."""
    found = receiving.results_of(desk, vendor, standing, MAX_RESULTS)
    answers = [VendorResultAnswer.model_validate(row, from_attributes=True) for row in found]
    return VendorResultsAnswer(results=answers)
