"""A desk with two who may revoke, and a person's wallets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from credence.circuits.credential import DAY_SECONDS, PERSON_1
from credence.circuits.issuance import (
    CredentialRequest,
    HeldCredential,
    HolderSecrets,
    accept_credential,
    issuing_interface,
    request_credential,
)
from credence.circuits.wire import IssuedCredential, IssuerDocument
from credence.service.auth import Scope, issue_key
from credence.service.issuer.persons import records
from credence.service.issuer.records import IssuerAttestation
from credence.service.sandbox.persons import LOW_RISK, Person
from tests.service.issuer.conftest import World


@dataclass
class Persons:
    """A world, and two clients with the scope ``issuer:revoke``."""

    world: World
    first: str
    other: str

    def days(self, days: int) -> None:
        """Time passes, and the log takes what waits."""
        self.world.running.clock.forward(days * DAY_SECONDS)
        self.renew_keys()
        self.world.desk.revocation.checkpoint()
        self.sequence()

    def renew_keys(self) -> None:
        """Of the same clients: each lives for an hour."""
        services = self.world.running.services

        def key(client_id: str, scope: Scope) -> str:
            with services.store("auth").transaction() as session:
                now, lifetime = services.clock(), 3_600
                return issue_key(
                    session, services.keyring, client_id, [scope], now=now, rng=services.rng, lifetime=lifetime
                ).key

        self.world.operator = key("operator.example", Scope.ISSUER_CASES)
        self.world.reviewer = key("reviewer.example", Scope.ISSUER_REVIEW)
        self.first, self.other = (key(name, Scope.ISSUER_REVOKE) for name in ("revoker.example", "other.example"))

    def sequence(self) -> None:
        self.world.running.services.ledger.sequence()

    def request(self, secrets: HolderSecrets) -> CredentialRequest:
        """As a wallet makes it: one phrase, one point."""
        interface = issuing_interface(self.world.running.services.curve)
        return request_credential(interface, PERSON_1, secrets, self.world.rng, blind=secrets.holder_secret + 1)

    def claimed(self, secrets: HolderSecrets, person: Person = LOW_RISK, **more: Any) -> Any:
        """The answer to a wallet's claim through a case of its own."""
        token = self.world.token(person, **more)
        offer, request = self.world.offer(token), self.request(secrets)
        return self.world.claim(offer, request.commitment, token)

    def held(self, secrets: HolderSecrets, person: Person = LOW_RISK, **more: Any) -> HeldCredential:
        """The same, accepted by the wallet."""
        token = self.world.token(person, **more)
        offer, request = self.world.offer(token), self.request(secrets)
        answer = self.world.claim(offer, request.commitment, token)
        assert answer.status_code == 201, answer.text
        return self.accept(answer, secrets, request.blind)

    def accept(self, answer: Any, secrets: HolderSecrets, blind: int) -> HeldCredential:
        document = IssuerDocument.parse(self.world.get("/document").json())
        issued = IssuedCredential.parse(answer.json())
        curve = self.world.running.services.curve
        return accept_credential(curve, document, issued, secrets, blind, self.world.now)

    def suspend(self, attestation_id: str, key: str | None = None, reason: str = "device-stolen") -> Any:
        return self.world.post(f"/attestations/{attestation_id}/suspend", {"reason": reason}, key or self.first)

    def lift(self, attestation_id: str, key: str | None = None) -> Any:
        return self.world.post(f"/attestations/{attestation_id}/lift", {}, key or self.first)

    def ban(self, key: str | None = None, **target: Any) -> Any:
        return self.world.post("/bans", {"reason": "forged-document", **target}, key or self.first)

    def unban(self, ban_id: str, key: str | None = None) -> Any:
        return self.world.post(f"/bans/{ban_id}/lift", {}, key or self.first)

    def person(self, attestation_id: str) -> Any:
        return self.world.get(f"/attestations/{attestation_id}/person", self.first).json()

    def lives(self, attestation_id: str) -> list[tuple[str, int]]:
        """What became of a person's credentials, and which reset each was of, in order."""
        return [(one["life"], one["resets"]) for one in self.person(attestation_id)["issued"]]

    def newest(self, attestation_id: str) -> IssuerAttestation:
        with self.world.desk.store.reading() as session:
            row = session.get(IssuerAttestation, attestation_id)
            assert row is not None
            found = records.newest(session, row.identity_tag)
            assert found is not None
            session.expunge(found)
            return found


def lasting(answer: Any) -> dict[str, Any]:
    """What a claim is answered with each time: the witness beside it is as new as the log."""
    return {name: value for name, value in answer.json().items() if name not in ("witness", "checkpoint")}


@pytest.fixture
def persons(world: World) -> Persons:
    keys = [world.running.key_of(name, Scope.ISSUER_REVOKE) for name in ("revoker.example", "other.example")]
    return Persons(world, *keys)
