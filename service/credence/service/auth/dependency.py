"""Authentication as a route asks for it: ``client: Annotated[Client, Depends(require(Scope.ISSUER_CASES))]``."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Final
from urllib.parse import quote

from fastapi import Depends, Request, Security
from fastapi.openapi.models import OAuthFlowClientCredentials, OAuthFlows
from fastapi.security import HTTPBearer, OAuth2
from starlette.concurrency import run_in_threadpool

from credence.service.auth.access import Presented, identify
from credence.service.auth.exchange import TOKEN_PATH
from credence.service.auth.matrix import MEANINGS
from credence.service.auth.refusal import AccessRefused
from credence.service.auth.scopes import Client, Scope
from credence.service.errors import Forbidden
from credence.service.logs import logger
from credence.service.problems import request_id
from credence.service.runtime import Services, get_services

# For the OpenAPI document; what they find is not used, because they read only the first of several headers.
_API_KEY: Final = HTTPBearer(auto_error=False, scheme_name="apiKey", description="An API key, `cred_<prefix>_<secret>`.")
_ACCESS_TOKEN: Final = OAuth2(
    flows=OAuthFlows(
        clientCredentials=OAuthFlowClientCredentials(
            tokenUrl=TOKEN_PATH, scopes={scope.value: meaning for scope, meaning in MEANINGS.items()}
        )
    ),
    scheme_name="clientCredentials",
    description=(
        "An access token, got with a signed assertion (`private_key_jwt`) and bound to a key: it is sent as"
        " `Authorization: DPoP <token>` with a fresh proof in the header `DPoP` (RFC 9449)."
    ),
    auto_error=False,
)


def require(*scopes: Scope) -> Callable[..., Awaitable[Client]]:
    """A dependency that answers the authenticated client, whether by API key or by access token.

    It raises :class:`Unauthorized` as :func:`identify`, and :class:`Forbidden` where the client carries none of ``scopes``.
    """
    wanted = [scope.value for scope in scopes]

    async def authenticated(
        request: Request,
        services: Annotated[Services, Depends(get_services)],
        _api_key: object = Security(_API_KEY, scopes=wanted),
        _access_token: object = Security(_ACCESS_TOKEN, scopes=wanted),
    ) -> Client:
        try:
            client = await run_in_threadpool(identify, services, presented(request, services))
        except AccessRefused as error:
            log_refusal(request, error)
            raise
        if client.scopes.isdisjoint(scopes):
            raise Forbidden
        return client

    return authenticated


def presented(request: Request, services: Services) -> Presented:
    """What a request brings. Its address is told by the settings, since whoever sends a request also sends its host."""
    raw = request.scope.get("raw_path")
    path = raw.decode("ascii", "replace") if isinstance(raw, bytes) else quote(request.scope["path"])
    return Presented(
        authorization=tuple(request.headers.getlist("authorization")),
        proofs=tuple(request.headers.getlist("dpop")),
        method=request.method,
        url=services.settings.base_url + path,
    )


def log_refusal(request: Request, error: AccessRefused) -> None:
    """Tells the operator, and nobody else, why."""
    logger().info("access.refused", request_id=request_id(request.scope), reason=error.refusal.value)
