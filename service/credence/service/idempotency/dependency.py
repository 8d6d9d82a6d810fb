"""The header ``Idempotency-Key`` as a route asks for it: ``once: Annotated[Once, Depends(once("issuer"))]``."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Depends, Header, Request

from credence.circuits.encoding import b64u
from credence.service.auth import Client
from credence.service.errors import InvalidRequest
from credence.service.idempotency.effect import Effect
from credence.service.idempotency.handle import Asked, Handle
from credence.service.keys import Purpose
from credence.service.runtime import Services, get_services

HEADER: Final = "Idempotency-Key"

MAX_LENGTH: Final = 255

_ABOUT: Final = (
    "Makes the request take effect once: a repeat with the same key, method, address and body gets the same answer again,"
    " with `Idempotent-Replayed: true`. 1 to 255 visible ASCII characters, taken as they are; at least 128 random bits."
)


@dataclass(frozen=True, repr=False)
class Once:
    """A request, and the key under which it may take effect once. Whose key it is has to be said."""

    services: Services
    party: str
    key: str | None
    method: str
    path: str
    query: bytes
    body: bytes

    def by(self, client: Client) -> Effect:
        """The key is the authenticated client's: the same one of another client's is another key."""
        return self._effect("client", client.client_id)

    def by_address(self) -> Effect:
        """The key belongs to the address: for one that names a session or case that only those concerned know."""
        return self._effect("address", self.path)

    def by_signer(self, identity: bytes) -> Effect:
        """The key belongs to whoever signed the body, which the route has checked, where everybody knows the address."""
        return self._effect("signer", b64u(identity))

    def _effect(self, kind: str, name: str) -> Effect:
        if self.key is None:
            return Effect(self.services, ())
        asked = Asked((self.party, kind, name), self.key, self.method, self.path, self.query, self.body)
        live = self.services.keyring.opened(Purpose.IDEMPOTENCY)
        return Effect(self.services, [Handle.of(secret, asked) for _, secret in live])


def once(party: str) -> Callable[..., Awaitable[Once]]:
    """A dependency of the routes of ``party``. It raises :class:`InvalidRequest` for a header that is given twice."""

    async def keyed(
        request: Request,
        services: Annotated[Services, Depends(get_services)],
        key: Annotated[
            str | None,
            Header(
                alias=HEADER,
                pattern=f"^[!-~]{{1,{MAX_LENGTH}}}$",
                description=_ABOUT,
                examples=["7YQ1f0u2Jr0mJv3Zk9w8Xg"],
            ),
        ] = None,
    ) -> Once:
        if len(request.headers.getlist(HEADER)) > 1:
            raise InvalidRequest("The idempotency key is given more than once.")
        scope = request.scope
        return Once(services, party, key, request.method, scope["path"], scope["query_string"], await request.body())

    return keyed
