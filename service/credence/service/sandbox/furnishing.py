"""The start of a sandbox: clients with their keys, policies, and what happened to every person before anybody calls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from fastapi import FastAPI

from credence.circuits.fields import Json
from credence.circuits.wire import IssuerDocument
from credence.sdk import Transport, Verifier
from credence.sdk.calls import issuer, perform
from credence.service.auth import IssuedKey, Role
from credence.service.issuer.intake import open_case
from credence.service.issuer.revocation.manager import Target
from credence.service.runtime import Services
from credence.service.sandbox import policies
from credence.service.sandbox.clients import register_signing_key, registered_client
from credence.service.sandbox.holders import Holders
from credence.service.sandbox.names import DESK, ISSUER, NORTH, REVIEWER, SECOND, SOUTH, audience_of
from credence.service.sandbox.persons import PERSONS, Invented, Standing
from credence.service.sandbox.predictable import PredictableBytes
from credence.service.sandbox.still_clock import StillClock
from credence.service.sandbox.vendor import Vendor

ROLES: Final[Mapping[str, Role]] = MappingProxyType(
    {
        NORTH: Role.VENUE,
        SOUTH: Role.VENUE,
        DESK: Role.OPERATOR,
        REVIEWER: Role.REVIEWER,
        SECOND: Role.REVIEWER,
    }
)
"""The clients."""

POLICIES: Final[Mapping[str, tuple[Json, ...]]] = MappingProxyType(
    {
        NORTH: (policies.standard(ISSUER), policies.prime(ISSUER), policies.account(ISSUER)),
        SOUTH: (policies.private(ISSUER),),
    }
)
"""What each venue asks."""


@dataclass(frozen=True, slots=True)
class Case:
    """What became of a person's case; ``attestation_id`` where a credential was issued."""

    case_id: str
    state: str
    attestation_id: str | None = None


@dataclass(frozen=True, slots=True)
class Furnished:
    """What was there at the start: every client's key by client id, and cases by person."""

    keys: Mapping[str, IssuedKey]
    cases: Mapping[str, Case]


def furnish(app: FastAPI, way: Transport, holders: Holders, vendor: Vendor, clock: StillClock, start: int) -> Furnished:
    """Fills a new installation whose clock stands before ``start``, and leaves the clock there.

    ``app`` answers for all parties but the log, so that the log's entries come in one order. Blocks; for the thread that
    ``way`` needs.
    """
    services: Services = app.state.services
    document = perform(way, issuer.document())

    def apply(person: Invented) -> Case:
        return _apply(app, person, document, holders, vendor, clock)

    cases = {found.id: apply(found) for found in PERSONS.values() if found.standing is Standing.EXPIRED}
    services.ledger.sequence()
    clock.set(start)
    app.state.issuer.revocation.checkpoint()
    keys = {
        client_id: registered_client(services, client_id, role, PredictableBytes(f"API key of {client_id}"))
        for client_id, role in ROLES.items()
    }
    for client_id, role in ROLES.items():
        register_signing_key(services, client_id, role)
    for client_id, asked in POLICIES.items():
        venue = Verifier(way, audience=audience_of(client_id), api_key=keys[client_id].key, clock=clock)
        for policy in asked:
            venue.register_policy(policy)
    come = {Standing.HOLDS, Standing.REVOKED, Standing.REVIEW, Standing.DECLINED}
    cases |= {found.id: apply(found) for found in PERSONS.values() if found.standing in come}
    for found in PERSONS.values():
        if found.standing is Standing.REVOKED:
            app.state.issuer.revocation.revoke(Target(case_id=cases[found.id].case_id), reason="key-lost", by=DESK)
    services.ledger.sequence()
    return Furnished(MappingProxyType(keys), MappingProxyType(cases))


def _apply(
    app: FastAPI, person: Invented, document: IssuerDocument, holders: Holders, vendor: Vendor, clock: StillClock
) -> Case:
    """A person's case, and the credential where it was approved."""
    token = vendor.issue_result(person.person, ISSUER, clock())
    view, _ = open_case(app.state.issuer, "vendor-jws", token.encode(), DESK)
    if view.offer is None:
        return Case(view.case.id, view.case.state)
    held = holders.receive(person, document, view.offer, token)
    return Case(view.case.id, "issued", held.attestation_id)
