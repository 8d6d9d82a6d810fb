"""Do the OpenAPI document and its examples say what the service reads and answers?"""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel

from credence.circuits.policy import load_policy
from credence.circuits.receipt import Receipt
from credence.circuits.wire import Presentation, PresentationRequest
from credence.service.app import PARTIES
from credence.service.verifier import forms
from credence.service.verifier.persons.forms import SessionForm
from credence.service.verifier.sessions import Asked
from credence.service.verifier.webhooks import forms as webhooks
from tests.service.verifier.conftest import Venue

MODELS = [
    SessionForm,
    forms.PresentationForm,
    forms.PolicyAnswer,
    forms.RequestAnswer,
    forms.SessionAnswer,
    forms.DecisionAnswer,
    forms.SessionStateAnswer,
    forms.VerifierDocumentAnswer,
    webhooks.WebhookForm,
    webhooks.RotationForm,
    webhooks.EndpointsAnswer,
    webhooks.SecuredAnswer,
    webhooks.DeliveryAnswer,
    webhooks.DeliveriesAnswer,
]


def example(model: type[BaseModel]) -> dict[str, Any]:
    found: dict[str, Any] = model.model_json_schema()["example"]
    return found


@pytest.mark.parametrize("model", MODELS)
def test_every_example_fits_its_own_form(model: type[BaseModel]) -> None:
    assert model.model_validate(example(model), strict=True)


def test_examples_are_what_the_circuits_read() -> None:
    load_policy(forms.POLICY_EXAMPLE)
    PresentationRequest.parse(example(forms.RequestAnswer))
    Presentation.parse(example(forms.PresentationForm))
    Receipt.parse(example(forms.DecisionAnswer)["receipt"]["receipt"])
    asked = example(SessionForm)
    Asked.read(asked["policy"], asked["volume_30d_usd"], asked["maker_share"], None, None)


def test_answers_have_exactly_the_documented_fields(venue: Venue) -> None:
    request = venue.open()
    decision = venue.answer(request.session_id, venue.prove(request)).json()
    assert decision == forms.DecisionAnswer.model_validate(decision, strict=True).model_dump()
    assert list(decision) == list(forms.DecisionAnswer.model_fields)
    wanted = example(forms.DecisionAnswer)["terms"]
    assert decision["terms"].keys() == wanted.keys()


def test_every_operation_is_named_and_described(venue: Venue) -> None:
    paths = venue.running.client.get("/openapi.json").json()["paths"]
    found = {
        operation["operationId"]: (operation["summary"], operation["description"])
        for path, operations in paths.items()
        if path.startswith("/v1/verifier")
        for operation in operations.values()
    }
    assert len(found) == sum(len(router.routes) for router in PARTIES["verifier"].routers)
    assert all(summary and description for summary, description in found.values())
