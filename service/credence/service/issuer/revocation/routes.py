"""``/v1/issuer/accumulators`` for everybody, ``/v1/issuer/revocations`` for who may revoke."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict

from credence.circuits.revocation_log import PAGE
from credence.service.errors import InvalidRequest
from credence.service.idempotency import Answer
from credence.service.issuer.parameters import (
    NOT_FOUND,
    PROBLEM,
    AtDesk,
    Keyed,
    Revoker,
)
from credence.service.issuer.revocation.forms import (
    CheckpointProofAnswer,
    EventsAnswer,
    RevocationAnswer,
    RevocationForm,
    StapleAnswer,
)
from credence.service.issuer.revocation.manager import Revocation
from credence.service.settings import Limit
from credence.service.store import Run

FOR_EVER: Final = "public, max-age=31536000, immutable"
"""What is answered under this never changes."""

_DECIMAL: Final = "^(0|[1-9][0-9]{0,14})$"

router = APIRouter(prefix="/v1/issuer", tags=["issuer"])


def _no_repeats(request: Request) -> None:
    names = [name for name, _ in request.query_params.multi_items()]
    if len(set(names)) != len(names):
        raise InvalidRequest("A query parameter is given twice.")


class EventsQuery(BaseModel):
    """Which events, in canonical decimals."""

    model_config = ConfigDict(extra="forbid")

    after: str = Query(pattern=_DECIMAL, description=f"index before the first, a multiple of {PAGE}", examples=["0"])
    count: str = Query(pattern="^[1-9][0-9]{0,2}$", description=f"how many, 1 to {PAGE}", examples=["12"])


AccumulatorId = Annotated[str, Path(pattern="^[0-9a-f]{32}$", examples=["9f2c4e6a8b0d1f3e5a7c9b8d6f4e2a10"])]
Decimal = Annotated[str, Path(pattern=_DECIMAL, examples=["17"])]


@router.get(
    "/accumulators/{accumulator_id}",
    operation_id="readAccumulator",
    summary="The newest staple of an accumulator",
    responses={404: NOT_FOUND},
)
def read_accumulator(accumulator_id: AccumulatorId, desk: AtDesk) -> StapleAnswer:
    """Public, the same for everybody: the newest checkpoint in the log, its proof, and at least the last day's events."""
    return StapleAnswer.model_validate(desk.stapler.staple(accumulator_id).to_json())


@router.get(
    "/accumulators/{accumulator_id}/events",
    operation_id="readAccumulatorEvents",
    summary="A page of events",
    responses={404: NOT_FOUND},
    dependencies=[Depends(_no_repeats)],
)
def read_events(
    accumulator_id: AccumulatorId, desk: AtDesk, query: Annotated[EventsQuery, Query()], response: Response
) -> EventsAnswer:
    """Public. Exactly the events that are asked for, or none: an answer never changes, and may be kept for ever."""
    events = desk.stapler.page(accumulator_id, int(query.after), int(query.count))
    response.headers["cache-control"] = FOR_EVER
    return EventsAnswer.model_validate({"events": [event.to_json() for event in events]})


@router.get(
    "/accumulators/{accumulator_id}/checkpoints/{index}/{minute}",
    operation_id="readAccumulatorCheckpoint",
    summary="A checkpoint of an accumulator, with its proof",
    responses={404: {"description": "The log holds no such checkpoint", **PROBLEM}},
)
def read_checkpoint(accumulator_id: AccumulatorId, index: Decimal, minute: Decimal, desk: AtDesk) -> CheckpointProofAnswer:
    """Public: for a verifier that is shown a checkpoint it has not seen, and for auditors."""
    proof = desk.stapler.checkpoint(accumulator_id, int(index), int(minute))
    return CheckpointProofAnswer.model_validate(proof.to_json())


@router.post(
    "/revocations",
    status_code=201,
    response_model=RevocationAnswer,
    operation_id="revokeCredential",
    summary="Revoke a credential, for good",
    responses={
        404: {"description": "No credential was issued for it", **PROBLEM},
        409: {"description": "It is revoked already", **PROBLEM},
    },
)
def revoke(form: RevocationForm, desk: AtDesk, client: Revoker, keyed: Keyed) -> Response:
    """The event and the new checkpoint are on their way into the log when this is answered. There is no way back."""
    desk.services.limit(Limit.REVOCATIONS, client.client_id)

    def effect(run: Run[Revocation]) -> Revocation:
        return desk.revocation.revoke(form.target, reason=form.reason, by=client.client_id, run=run)

    return keyed.by(client).around(desk.store, effect, lambda done: Answer.of(RevocationAnswer.of(done), 201))
