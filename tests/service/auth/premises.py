"""A whole service with every kind of caller, and for each operation a request that succeeds for whom it may."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from fastapi.testclient import TestClient

from credence.circuits.credential import PERSON_1
from credence.circuits.curve import Curve
from credence.circuits.encoding import b64u
from credence.circuits.issuance import issuing_interface, request_credential
from credence.circuits.presentation import present
from credence.circuits.wire import Offer, PresentationRequest
from credence.service.app import PARTIES, create_app, initialise
from credence.service.auth import Scope, add_client, issue_key, register_keys
from credence.service.demo.persons import FOR_REVIEW, LISTED_NAMES, LOW_RISK, Person
from credence.service.demo.vendor import Vendor
from credence.service.settings import Settings
from tests.circuits.journey import ISSUER, POLICY, World, draw_secrets, make_world
from tests.conftest import SeededBytes
from tests.service.auth import signing
from tests.service.auth.conftest import BASE, Office, keys_of
from tests.service.auth.signing import token_form
from tests.service.conftest import NOW, Running, ToldClock

DESK: Final = "desk.issuer.example"
EVERY: Final = "every.example"
"""A client whose key carries every scope; its tokens carry one each."""

OTHER: Final = "other.example"
"""To whom foreign objects belong."""


@dataclass(frozen=True)
class Sample:
    """A request: what fills the path, and the rest. ``expected`` is what it answers to whoever may send it."""

    expected: frozenset[int]
    path: Mapping[str, str] = field(default_factory=dict)
    body: object = None
    form: Mapping[str, str] | None = None
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Premises:
    """The service and what is needed to make requests.

    ``api_keys`` are the callers', with one scope each; ``preparing`` holds a key with every scope for each client.
    """

    office: Office
    world: World
    vendor: Vendor
    api_keys: dict[Scope, str] = field(default_factory=dict, repr=False)
    preparing: dict[str, str] = field(default_factory=dict, repr=False)
    claimed: Sample | None = None
    attestation_id: str = ""

    @property
    def running(self) -> Running:
        return self.office.running

    def owner_of(self, scope: Scope) -> str:
        """The client whose API key carries this scope alone."""
        return f"{scope.value.replace(':', '-')}.example"

    def evidence(self, person: Person) -> dict[str, str]:
        return {"type": "vendor-jws", "token": self.vendor.issue_result(person, DESK, self.office.now)}

    def told(self, client_id: str, method: str, path: str, body: object) -> dict[str, Any]:
        """What the service answers to a client that may do all that is needed to prepare a cell."""
        headers = {"authorization": f"Bearer {self.preparing[client_id]}"}
        answer = self.running.client.request(method, path, json=body, headers=headers)
        assert answer.is_success, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def case(self, person: Person) -> dict[str, Any]:
        """A new case."""
        return self.told(EVERY, "POST", "/v1/issuer/cases", {"evidence": self.evidence(person)})

    def policy_of(self, client_id: str) -> str:
        """The name of a policy of a client, which no other client has."""
        name = f"of-{client_id.replace('.', '-')}"
        self.told(client_id, "PUT", f"/v1/verifier/policies/{name}", {**copy.deepcopy(POLICY), "name": name})
        return name

    def session_of(self, client_id: str) -> PresentationRequest:
        """A session of a client."""
        opened = self.told(client_id, "POST", "/v1/verifier/sessions", {"policy": self.policy_of(client_id)})
        return PresentationRequest.parse(opened["request"])

    def claim(self) -> Sample:
        """A credential is claimed once; the same request again is answered alike."""
        if self.claimed is None:
            evidence = self.evidence(LOW_RISK)
            case = self.told(EVERY, "POST", "/v1/issuer/cases", {"evidence": evidence})
            curve, rng = self.running.services.curve, self.running.rng
            request = request_credential(issuing_interface(curve), PERSON_1, draw_secrets(rng), rng)
            secret = Offer.parse(case["offer"]).secret
            body = {"offer_secret": secret, "commitment": b64u(request.commitment), "evidence": evidence}
            answer = self.running.client.post(f"/v1/issuer/cases/{case['case_id']}/credential", json=body)
            assert answer.status_code == 201, answer.text
            self.attestation_id = answer.json()["attestation_id"]
            self.claimed = Sample(frozenset({200}), {"case_id": case["case_id"]}, body)
        return self.claimed

    def leaf(self) -> str:
        entries = self.running.client.get("/v1/log/entries", params={"start": "0"}).json()["entries"]
        found: str = entries[0]["leaf"]
        return found


Make = Callable[[Premises, str], Sample]

_OK: Final = frozenset({200})
_NEW: Final = frozenset({201})


def _plain(**query: str) -> Make:
    return lambda premises, owner: Sample(_OK, query=query)


def _claimed(premises: Premises, owner: str) -> Sample:
    return premises.claim()


def _attested(premises: Premises, owner: str) -> Sample:
    premises.claim()
    return Sample(_OK, {"attestation_id": premises.attestation_id})


def _presented(premises: Premises, owner: str) -> Sample:
    request = premises.session_of(owner)
    shown = present(premises.world.curve, request, premises.world.held(), premises.office.now, premises.running.rng)
    return Sample(_OK, {"session_id": request.session_id}, shown.to_json())


def _changed_policy(premises: Premises, owner: str) -> Sample:
    document = {**copy.deepcopy(POLICY), "name": "another"}
    return Sample(_OK | _NEW, {"name": "another"}, document)


SAMPLES: Final[dict[str, Make]] = {
    "healthz": _plain(),
    "readyz": _plain(),
    "explainProblem": lambda premises, owner: Sample(_OK, {"slug": "bad-nonce"}),
    "issueToken": lambda premises, owner: Sample(
        _OK, form=token_form(premises.office.assertion(client_id=EVERY)), headers={"dpop": premises.office.token_proof()}
    ),
    "readIssuerDocument": _plain(),
    "openCase": lambda premises, owner: Sample(_NEW, body={"evidence": premises.evidence(LOW_RISK)}),
    "readCase": lambda premises, owner: Sample(_OK, {"case_id": premises.case(LOW_RISK)["case_id"]}),
    "decideCase": lambda premises, owner: Sample(
        _OK, {"case_id": premises.case(FOR_REVIEW)["case_id"]}, {"decision": "decline", "reason": "looked-at"}
    ),
    "claimCredential": _claimed,
    "readAttestation": _attested,
    "readVerifierDocument": _plain(),
    "registerPolicy": _changed_policy,
    "readPolicy": lambda premises, owner: Sample(_OK, {"name": premises.policy_of(owner)}),
    "openSession": lambda premises, owner: Sample(_NEW, body={"policy": premises.policy_of(owner)}),
    "readSession": lambda premises, owner: Sample(_OK, {"session_id": premises.session_of(owner).session_id}),
    "readRequest": lambda premises, owner: Sample(_OK, {"session_id": premises.session_of(owner).session_id}),
    "present": _presented,
    "readLogCheckpoint": _plain(),
    "readLogEntries": _plain(start="0"),
    "readLogInclusion": lambda premises, owner: Sample(_OK, query={"leaf": premises.leaf()}),
    "readLogConsistency": _plain(first="1"),
}
"""For each operation a request that is right in everything but, perhaps, who sends it; its object is ``owner``'s."""


@contextmanager
def opened(folder: Path, curve: Curve) -> Iterator[Premises]:
    """Starts a service of all parties, with a client for each scope and one for all."""
    rng, clock = SeededBytes("premises"), ToldClock(NOW)
    vendor, world = Vendor.create(rng), make_world(curve, rng)
    trusted = folder / "issuer.json"
    trusted.write_text(json.dumps(world.document.to_json()))
    settings = Settings.load(
        data_dir=folder / "data",
        base_url=BASE,
        ledger_interval_ms=20,
        issuer_id=DESK,
        vendor_keys=vendor.vendor_keys,
        screening_lists={"demo": LISTED_NAMES},
        trusted_issuers={ISSUER: trusted},
    )
    initialise(settings, clock=clock, rng=rng, curve=curve)
    app = create_app(settings, parties=PARTIES, clock=clock, rng=rng, curve=curve)
    with TestClient(app, raise_server_exceptions=False) as client:
        office = Office(Running(app, client, clock, rng), *keys_of(rng))
        premises = Premises(office, world, vendor)
        services = office.running.services
        with services.store("auth").transaction() as session:

            def give(client_id: str, *scopes: Scope) -> str:
                issued = issue_key(session, services.keyring, client_id, scopes, now=NOW, rng=rng, lifetime=3_600)
                return issued.key

            for client_id in (EVERY, OTHER, *map(premises.owner_of, Scope)):
                add_client(session, client_id, client_id, now=NOW)
                premises.preparing[client_id] = give(client_id, *Scope)
            for scope in Scope:
                premises.api_keys[scope] = give(premises.owner_of(scope), scope)
            register_keys(session, EVERY, {"keys": [office.key.jwk]}, Scope, now=NOW)
        premises.claim()
        services.ledger.sequence()
        yield premises


def token_headers(premises: Premises, scope: Scope, method: str, path: str) -> dict[str, str]:
    """What a request carries that is sent with a fresh token of one scope."""
    office = premises.office
    token = office.ask(office.assertion(client_id=EVERY), scope=scope.value).json()["access_token"]
    proof = signing.proof(office.binding, method, BASE + path, office.now, token)
    return {"authorization": f"DPoP {token}", "dpop": proof}
