"""Authentication as a route asks for it: ``client: Annotated[Client, Depends(require(Scope.ISSUER_CASES))]``."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Final

from fastapi import Depends, Request, Security
from fastapi.security import HTTPBearer
from starlette.concurrency import run_in_threadpool

from credence.service.auth.api_keys import authenticate
from credence.service.auth.scopes import Client, Scope
from credence.service.errors import Forbidden, Unauthorized
from credence.service.runtime import Services, get_services

# For the OpenAPI document; what it finds is not used, because it reads only the first of several headers.
_SCHEME: Final = HTTPBearer(auto_error=False, scheme_name="apiKey", description="An API key, `cred_<prefix>_<secret>`.")


def require(*scopes: Scope) -> Callable[..., Awaitable[Client]]:
    """A dependency that answers the authenticated client.

    It raises :class:`Unauthorized` as :func:`authenticate`, and for more than one ``Authorization`` header, and
    :class:`Forbidden` where the key carries none of ``scopes``.
    """

    async def authenticated(
        request: Request,
        services: Annotated[Services, Depends(get_services)],
        _documented: Annotated[object, Security(_SCHEME)],
    ) -> Client:
        headers = request.headers.getlist("authorization")
        if len(headers) != 1:
            raise Unauthorized
        client = await run_in_threadpool(_client, services, headers[0])
        if client.scopes.isdisjoint(scopes):
            raise Forbidden
        return client

    return authenticated


def _client(services: Services, header: str) -> Client:
    with services.store("auth").reading() as session:
        return authenticate(session, services.keyring, header, services.clock())
