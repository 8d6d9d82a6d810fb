"""Is every operation in the queue that it belongs in?"""

from __future__ import annotations

from credence.service.app import create_app
from credence.service.auth import OPERATIONS
from credence.service.settings import Settings
from credence.service.throttle.layers import OPENED, SECRETS, SIGNED
from credence.service.throttle.operations import Operations, operation_of
from credence.service.throttle.urgency import PLACES, Lane, Urgency, place_of

APP = create_app(Settings())


def test_what_has_a_place_is_served() -> None:
    assert OPERATIONS.keys() >= PLACES.keys()
    assert OPERATIONS.keys() >= SECRETS | SIGNED | OPENED


def test_wallets_go_before_new_work_and_health_before_all() -> None:
    assert place_of("present") is place_of("claimCredential") is Urgency.FIRST
    assert place_of("renewStanding") is Urgency.USUAL, "anybody may send a proof, and who sent none before waits with others"
    assert place_of("openSession") is place_of("openCase") is place_of("openRenewal") is Urgency.LAST
    assert place_of("makeReport") is place_of("lookForAbuse") is Urgency.LAST, "seconds of work, and nobody's way ends there"
    assert Urgency.FIRST < place_of("readSession") < Urgency.LAST
    assert place_of(None) is Urgency.USUAL
    assert {name for name in OPERATIONS if isinstance(place_of(name), Lane)} == {
        "healthz",
        "readyz",
        "explainProblem",
        "followSession",
    }


def test_every_operation_is_found_by_its_address() -> None:
    operations = Operations.of(APP)
    found = {}
    for template, methods in APP.openapi()["paths"].items():
        for method, operation in methods.items():
            path = template.replace("{", "").replace("}", "")
            scope = {"type": "http", "method": method.upper(), "path": path}
            assert operations.note(scope) == operation_of(scope) == operation["operationId"]
            found[operation["operationId"]] = path
    assert found.keys() == OPERATIONS.keys()


def test_another_address_or_method_is_no_operation() -> None:
    operations = Operations.of(APP)
    for method, path in (("GET", "/v1/verifier/sessions"), ("POST", "/healthz/"), ("POST", "/v1"), ("BREW", "/healthz")):
        scope = {"type": "http", "method": method, "path": path}
        assert operations.note(scope) is None
        assert operation_of(scope) is None
