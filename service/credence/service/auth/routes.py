"""``/v1/auth``: client credentials become an access token."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from credence.service.auth.assertion import ASSERTION_TYPE, MAX_LIFETIME
from credence.service.auth.dependency import log_refusal
from credence.service.auth.exchange import (
    GRANT_TYPE,
    TOKEN_PATH,
    TokenRequest,
    TokenRequestRefused,
    exchange,
)
from credence.service.auth.jose import LEEWAY
from credence.service.auth.refusal import AccessRefused, TimesRefused
from credence.service.auth.scopes import Scope
from credence.service.problems import PROBLEM, problem_response, request_id, row_of
from credence.service.runtime import Services, get_services

router = APIRouter(tags=["auth"])

INVALID_CLIENT: Final = "invalid_client"
"""What RFC 6749 section 5.2 calls every failure to authenticate."""

_TIMES: Final = (
    f"The times of the assertion are not accepted: iat is at most {LEEWAY} seconds ahead, exp not passed and at most"
    f" {MAX_LIFETIME} seconds after iat. Is the clock right? That of the service says {{now}}."
)

_JWT: Final = "eyJhbGciOiJFZDI1NTE5In0.eyJzdWIiOiJ2ZW51ZS5leGFtcGxlIn0.c2lnbmF0dXJl"
_FORM: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["grant_type", "client_assertion_type", "client_assertion"],
    "properties": {
        "grant_type": {"type": "string", "const": GRANT_TYPE},
        "client_assertion_type": {"type": "string", "const": ASSERTION_TYPE},
        "client_assertion": {
            "type": "string",
            "description": "a JWT signed by a registered key: iss and sub are the client's id, aud is this address",
        },
        "client_id": {"type": "string", "maxLength": 128},
        "scope": {"type": "string", "description": "scopes with spaces; default: all that the key carries"},
    },
    "example": {
        "grant_type": GRANT_TYPE,
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": _JWT,
        "scope": Scope.VERIFIER_SESSIONS.value,
    },
}
_REQUEST: Final[dict[str, Any]] = {
    "parameters": [
        {
            "name": "DPoP",
            "in": "header",
            "required": True,
            "schema": {"type": "string"},
            "description": "a proof of possession of the key that the token shall be bound to (RFC 9449)",
            "example": _JWT,
        }
    ],
    "requestBody": {"required": True, "content": {"application/x-www-form-urlencoded": {"schema": _FORM}}},
}


class TokenAnswer(BaseModel):
    """An access token (RFC 6749 section 5.1), bound to the key of the proof that it was got with."""

    model_config = ConfigDict(
        frozen=True,
        json_schema_extra={
            "example": {
                "access_token": _JWT,
                "token_type": "DPoP",
                "expires_in": 300,
                "scope": "verifier:policies verifier:sessions",
            }
        },
    )

    access_token: str
    token_type: Literal["DPoP"] = "DPoP"  # noqa: S105 - the type, not a token
    expires_in: int = Field(description="seconds")
    scope: str


@router.post(
    TOKEN_PATH,
    operation_id="issueToken",
    summary="Get an access token",
    response_model=TokenAnswer,
    responses={
        400: {"description": "No token request, or a scope that the key does not carry; `error` as RFC 6749", **PROBLEM},
        401: {
            "description": "Assertion or proof is not accepted; `error_description` speaks of the clock where it is that",
            **PROBLEM,
        },
    },
    openapi_extra=_REQUEST,
)
async def issue_token(request: Request, services: Annotated[Services, Depends(get_services)]) -> TokenAnswer | Response:
    """The grant is client credentials; the client signs an assertion with a registered key and proves another key of its
    own, which the token is bound to. An assertion serves once, and so does a proof.
    """
    number = request_id(request.scope)
    try:
        if "authorization" in request.headers:
            raise TokenRequestRefused("A client authenticates by its assertion alone.")
        asked = TokenRequest.read(await request.body())
        grant = await run_in_threadpool(exchange, services, asked, request.headers.getlist("dpop"))
    except TokenRequestRefused as error:
        return problem_response(number, row_of(error), error.reason, extra={"error": error.code})
    except AccessRefused as error:
        log_refusal(request, error)
        said = {"error_description": _TIMES.format(now=services.clock())} if isinstance(error, TimesRefused) else {}
        return problem_response(number, row_of(error), error.reason, extra={"error": INVALID_CLIENT, **said})
    return TokenAnswer(access_token=grant.access_token, expires_in=grant.expires_in, scope=" ".join(sorted(grant.scopes)))
