"""May every request with an effect bring a key? Every operation of the OpenAPI document that changes something is asked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from fastapi import APIRouter

from credence.service.app import create_app
from credence.service.idempotency import HEADER
from credence.service.settings import Settings

WITHOUT: Final = {
    "reportEvents": "an event counts once by its id, whoever repeats it, and a repeated line is told from a new one",
    "receiveVendorMessage": "a message counts once by its bytes, which its vendor signs and sends again by itself",
    "explainMarginCall": "it reckons and keeps nothing",
    "reconcileCharge": "it reckons and keeps nothing",
    "openRenewal": "a session that nobody answers is gone in minutes, and to open another one costs its wallet nothing",
    "issueToken": "a token is no effect: an assertion and a proof serve once, so a repeat could not be an equal request",
}
"""Operations that take no key, and why."""

CHANGING: Final = ("post", "put", "patch")


def changing(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for methods in document["paths"].values():
        yield from (operation for method, operation in methods.items() if method in CHANGING)


def faults(document: dict[str, Any]) -> list[str]:
    """Operations without the header that are not excused, and excuses that nobody needs."""
    keyless = {operation["operationId"] for operation in changing(document) if not takes_key(operation)}
    return sorted(keyless - WITHOUT.keys()) + sorted(f"{name} is excused for nothing" for name in WITHOUT.keys() - keyless)


def takes_key(operation: dict[str, Any]) -> bool:
    return any(parameter["in"] == "header" and parameter["name"] == HEADER for parameter in operation.get("parameters", ()))


def test_every_effect_takes_a_key() -> None:
    document = create_app(Settings()).openapi()
    assert len(list(changing(document))) >= 6
    assert faults(document) == []


def test_an_effect_without_one_is_found() -> None:
    app, router = create_app(Settings()), APIRouter()
    router.add_api_route("/v1/verifier/extra", lambda: None, methods=["POST"], operation_id="extra")
    app.include_router(router)
    assert faults(app.openapi()) == ["extra"]


def test_the_key_is_described_alike_everywhere() -> None:
    found = [
        parameter
        for operation in changing(create_app(Settings()).openapi())
        for parameter in operation.get("parameters", ())
        if parameter["name"] == HEADER
    ]
    assert all(parameter == found[0] for parameter in found)
    assert not found[0]["required"]
    assert "^[!-~]{1,255}$" in str(found[0]["schema"])
