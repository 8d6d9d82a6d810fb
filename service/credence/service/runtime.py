"""What a running service has in its hands.

A route asks for it with ``services: Annotated[Services, Depends(get_services)]``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from fastapi import Request

from credence.circuits.curve import Curve
from credence.circuits.encoding import Rng
from credence.circuits.wire import IssuerDocument
from credence.service.clock import Clock
from credence.service.errors import Unavailable
from credence.service.keys import Keyring
from credence.service.ledger import LedgerService
from credence.service.settings import Settings
from credence.service.store import Store

TrustedDocuments = Callable[[], Sequence[IssuerDocument]]
"""Answers the documents of the issuers that the verifier believes at present."""


def nobody() -> Sequence[IssuerDocument]:
    """Believes no issuer."""
    return ()


@dataclass(frozen=True)
class Services:
    """Made once by ``create_app``, and by commands that work without HTTP. Everything in it is safe for many threads.

    ``parties`` are those that this process answers for. ``stores`` has one store for each of them, ``auth`` and ``ledger``;
    several names may share one. ``ledger`` reads the log, and is sequenced in the process of the party ``log``.
    ``trusted_documents`` is how a verifier hears of issuers, none of which it imports; by default it trusts nobody.
    """

    settings: Settings
    clock: Clock
    rng: Rng
    curve: Curve
    stores: Mapping[str, Store]
    keyring: Keyring
    ledger: LedgerService
    parties: frozenset[str]
    trusted_documents: TrustedDocuments = nobody

    def store(self, owner: str) -> Store:
        """The store of a party, or of ``auth`` or ``ledger``. Raises :class:`KeyError` for any other name."""
        return self.stores[owner]


def get_services(request: Request) -> Services:
    """The services of the application that answers ``request``. Raises :class:`Unavailable` before it has started."""
    services = getattr(request.app.state, "services", None)
    if not isinstance(services, Services):
        raise Unavailable
    return services
