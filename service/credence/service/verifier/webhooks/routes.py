"""``/v1/verifier/webhooks`` and ``/v1/verifier/deliveries``: where a venue is told, and what became of it."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path, Query, Response

from credence.service.auth import Client, Scope, require
from credence.service.idempotency import Answer
from credence.service.settings import Limit
from credence.service.verifier.desk import PARTY
from credence.service.verifier.parameters import NOT_FOUND, PROBLEM, InHand, Keyed
from credence.service.verifier.webhooks import endpoints, outbox
from credence.service.verifier.webhooks.endpoints import Secured
from credence.service.verifier.webhooks.forms import (
    DeliveriesAnswer,
    DeliveryAnswer,
    EndpointsAnswer,
    RotationForm,
    SecuredAnswer,
    WebhookForm,
)
from credence.service.verifier.webhooks.outbox import MAX_PAGE, Delivery, State

router = APIRouter(prefix="/v1/verifier", tags=["verifier"])


Venue = Annotated[Client, Depends(require(Scope.VERIFIER_WEBHOOKS))]
EndpointId = Annotated[str, Path(max_length=64, examples=["e73bfb26bd5a426db193c6986f74e058"])]
_ONE_DAY: Final = RotationForm()
DeliveryId = Annotated[str, Path(max_length=64, examples=["01a0c5b3-5c00-7d1f-9c3e-2b7a64f0e9d1"])]


@router.post(
    "/webhooks",
    status_code=201,
    response_model=SecuredAnswer,
    operation_id="addWebhook",
    summary="Be told of decisions",
    responses={409: {"description": "There are five already", **PROBLEM}},
)
def add_webhook(form: WebhookForm, services: InHand, venue: Venue, keyed: Keyed) -> Response:
    """The answer holds the secret that signs what is sent, this once. Deliveries begin with the next session."""
    services.limit(Limit.WEBHOOKS, venue.client_id)
    work = partial(
        endpoints.add,
        keyring=services.keyring,
        venue=venue.client_id,
        url=form.url,
        events=form.events,
        allowed=services.settings.webhook_allow_hosts,
        now=services.clock(),
        rng=services.rng,
    )
    return keyed.by(venue).run(services.store(PARTY), work, lambda made: _secured(made, 201))


@router.get("/webhooks", operation_id="listWebhooks", summary="One's own webhooks")
def list_webhooks(services: InHand, venue: Venue) -> EndpointsAnswer:
    """Never a secret."""
    with services.store(PARTY).reading() as session:
        found = endpoints.listed(session, venue.client_id, now=services.clock())
    return EndpointsAnswer.model_validate({"webhooks": [endpoint.to_json() for endpoint in found]})


@router.post(
    "/webhooks/{endpoint_id}/secret",
    response_model=SecuredAnswer,
    operation_id="rotateWebhook",
    summary="Give a webhook a new secret",
    responses={404: NOT_FOUND, 409: {"description": "Two secrets sign already", **PROBLEM}},
)
def rotate_webhook(
    endpoint_id: EndpointId, services: InHand, venue: Venue, keyed: Keyed, form: RotationForm = _ONE_DAY
) -> Response:
    """Until the overlap has passed every delivery is signed under both, so that a receiver can change at its leisure."""
    services.limit(Limit.WEBHOOKS, venue.client_id)
    work = partial(
        endpoints.rotate,
        keyring=services.keyring,
        venue=venue.client_id,
        endpoint_id=endpoint_id,
        overlap=form.overlap_seconds,
        now=services.clock(),
        rng=services.rng,
    )
    return keyed.by(venue).run(services.store(PARTY), work, _secured)


@router.delete(
    "/webhooks/{endpoint_id}",
    status_code=204,
    operation_id="removeWebhook",
    summary="Be told no more",
    responses={404: NOT_FOUND},
)
def remove_webhook(endpoint_id: EndpointId, services: InHand, venue: Venue, keyed: Keyed) -> Response:
    """What waits to be sent is forgotten too."""
    services.limit(Limit.WEBHOOKS, venue.client_id)
    work = partial(endpoints.remove, venue=venue.client_id, endpoint_id=endpoint_id)
    return keyed.by(venue).run(services.store(PARTY), work, lambda _: Answer.empty())


@router.get("/deliveries", operation_id="listDeliveries", summary="What became of what one was to be told")
def list_deliveries(
    services: InHand,
    venue: Venue,
    state: Annotated[State | None, Query(description="such as dead")] = None,
    before: Annotated[
        str | None, Query(pattern=r"^[0-9a-f-]{36}$", description="delivery id: those older than this one")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = MAX_PAGE,
) -> DeliveriesAnswer:
    """Newest first. Delivered ones are kept for seven days, dead ones for thirty."""
    with services.store(PARTY).reading() as session:
        found = outbox.listed(session, venue.client_id, now=services.clock(), state=state, before=before, limit=limit)
    return DeliveriesAnswer.model_validate({"deliveries": [delivery.to_json() for delivery in found]})


@router.post(
    "/deliveries/{delivery_id}/retry",
    response_model=DeliveryAnswer,
    operation_id="retryDelivery",
    summary="Send a delivery again",
    responses={404: NOT_FOUND},
)
def retry_delivery(delivery_id: DeliveryId, services: InHand, venue: Venue, keyed: Keyed) -> Response:
    """Whatever became of it, under the same id. A webhook that its receiver's 410 disabled is live again."""
    services.limit(Limit.WEBHOOKS, venue.client_id)
    work = partial(outbox.retry, venue=venue.client_id, delivery_id=delivery_id, now=services.clock())
    return keyed.by(venue).run(services.store(PARTY), work, _sent)


def _secured(made: Secured, status: int = 200) -> Answer:
    return Answer.of(SecuredAnswer.model_validate(made.to_json()), status)


def _sent(again: Delivery) -> Answer:
    return Answer.of(DeliveryAnswer.model_validate(again.to_json()))
