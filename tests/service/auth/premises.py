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
from credence.service.auth import ROLES, Role, Scope, add_client, issue_key, register_client, register_keys
from credence.service.sandbox.persons import ENHANCED_RISK, FOR_REVIEW, LISTED_NAMES, LOW_RISK, Person
from credence.service.sandbox.vendor import Vendor
from credence.service.settings import Settings
from credence.service.verifier.sessions import find
from credence.service.verifier.webhooks.endpoints import EventType
from credence.service.verifier.webhooks.outbox import announce
from tests.circuits.journey import ISSUER, POLICY, World, draw_secrets, make_world
from tests.conftest import SeededBytes
from tests.service.adapters import vendors
from tests.service.auth import signing, warrants
from tests.service.auth.conftest import BASE, Office, keys_of
from tests.service.auth.signing import token_form
from tests.service.conftest import NOW, Running, ToldClock
from tests.service.reputation import saying as conduct

DESK: Final = "desk.issuer.example"
EVERY: Final = "every.example"
"""A venue whose key carries every scope of a venue; its tokens carry one each."""

STAFF: Final = "staff.example"
"""The same at the issuer: a client that was only added, so that it may both hand in and decide."""

PROPOSER: Final = "proposer.example"
"""A reviewer who is nobody of the callers."""

OTHER: Final = "other.example"
"""A venue to whom foreign objects belong."""

VENUES: Final = ROLES[Role.VENUE]
AT_ISSUER: Final = frozenset(Scope) - VENUES
WEBHOOK: Final = {"url": "https://hooks.venue.example/", "events": ["session.accepted"]}


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

    ``api_keys`` are the callers', with one scope each; ``preparing`` holds a key for each client to make its things with.
    """

    office: Office
    world: World
    vendor: Vendor
    api_keys: dict[Scope, str] = field(default_factory=dict, repr=False)
    preparing: dict[str, str] = field(default_factory=dict, repr=False)
    claimed: Sample | None = None
    accepted: dict[str, str] = field(default_factory=dict)
    attestation_id: str = ""
    revocable: str = ""

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
        return dict(answer.json())

    def case(self, person: Person) -> dict[str, Any]:
        """A new case."""
        return self.told(STAFF, "POST", "/v1/issuer/cases", {"evidence": self.evidence(person)})

    def proposal(self) -> dict[str, str]:
        """A proposal of somebody else's, by its case and its own id."""
        case_id = self.case(FOR_REVIEW)["case_id"]
        case = self.told(PROPOSER, "GET", f"/v1/issuer/cases/{case_id}", None)
        made = self.told(PROPOSER, "POST", f"/v1/issuer/cases/{case_id}/proposals", proposed_for(case))
        return {"case_id": case_id, "proposal_id": made["proposal_id"]}

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
            self.attestation_id, case_id, body = self.issued(LOW_RISK)
            self.claimed = Sample(frozenset({200}), {"case_id": case_id}, body)
        return self.claimed

    def issued(self, person: Person) -> tuple[str, str, object]:
        """The attestation and case of a credential, and what it was claimed with."""
        evidence = self.evidence(person)
        case = self.told(STAFF, "POST", "/v1/issuer/cases", {"evidence": evidence})
        curve, rng = self.running.services.curve, self.running.rng
        request = request_credential(issuing_interface(curve), PERSON_1, draw_secrets(rng), rng)
        secret = Offer.parse(case["offer"]).secret
        body = {"offer_secret": secret, "commitment": b64u(request.commitment), "evidence": evidence}
        answer = self.running.client.post(f"/v1/issuer/cases/{case['case_id']}/credential", json=body)
        assert answer.status_code == 201, answer.text
        return answer.json()["attestation_id"], case["case_id"], body

    def past_session_of(self, client_id: str) -> str:
        """The id of a session that has expired: a stream of its events has an end."""
        session_id = self.session_of(client_id).session_id
        with self.running.services.store("verifier").transaction() as session:
            row, _ = find(session, session_id)
            row.requested_at, row.expires_at = NOW - 400, NOW - 100
        return session_id

    def accepted_session_of(self, client_id: str) -> str:
        """The id of a session of a client that was accepted; the same each time."""
        if client_id not in self.accepted:
            sample = _presented(self, client_id)
            path = f"/v1/verifier/sessions/{sample.path['session_id']}/presentation"
            assert self.running.client.post(path, json=sample.body).json()["decision"] == "accepted"
            self.accepted[client_id] = sample.path["session_id"]
        return self.accepted[client_id]

    def webhook_of(self, client_id: str) -> str:
        """The id of a webhook of a client, which is the only one there is."""
        with self.running.services.store("verifier").transaction() as session:
            for table in ("verifier_deliveries", "verifier_endpoints"):
                session.connection().exec_driver_sql(f"DELETE FROM {table}")
        return str(self.told(client_id, "POST", "/v1/verifier/webhooks", WEBHOOK)["endpoint_id"])

    def delivery_of(self, client_id: str) -> str:
        """The id of a delivery of a client."""
        self.webhook_of(client_id)
        session_id, rng = self.session_of(client_id).session_id, self.running.rng
        with self.running.services.store("verifier").transaction() as session:
            announce(session, client_id, session_id, EventType.ACCEPTED, now=NOW, rng=rng)
        (found,) = self.told(client_id, "GET", "/v1/verifier/deliveries", None)["deliveries"]
        return str(found["delivery_id"])

    def pseudonym_of(self, client_id: str) -> str:
        """A pseudonym that this client alone has reported of."""
        who = b64u(client_id.encode().ljust(48, b"."))
        self.told(client_id, "POST", "/v1/reputation/events", {"events": [conduct.line("vote", 2, who=who)]})
        return who

    def accumulator(self) -> dict[str, str]:
        """What names the accumulator in a path."""
        (found,) = self.running.app.state.issuer.revocation.accumulators
        return {"accumulator_id": found.accumulator_id}

    def revocation(self) -> dict[str, str]:
        """What revokes somebody's credential the first time, and is refused from then on."""
        if not self.revocable:
            self.revocable, _, _ = self.issued(ENHANCED_RISK)
        return {"attestation_id": self.revocable, "reason": "looked-at"}

    def leaf(self) -> str:
        entries = self.running.client.get("/v1/log/entries", params={"start": "0"}).json()["entries"]
        return str(entries[0]["leaf"])


Make = Callable[[Premises, str], Sample]

_OK: Final = frozenset({200})
_NEW: Final = frozenset({201})


def proposed_for(case: dict[str, Any]) -> dict[str, Any]:
    """A proposal to approve a case whose entries are somebody else."""
    cleared = [{"list": match["list"], "entry_id": match["entry_id"]} for match in case["screening"]["matches"]]
    return {"decision": "approve", "reason": "false-positive", "comment": "compared", "cleared": cleared}


def _proposed(premises: Premises, owner: str) -> Sample:
    case = premises.case(FOR_REVIEW)
    return Sample(_NEW, {"case_id": case["case_id"]}, proposed_for(case))


def _shown_again(premises: Premises, owner: str) -> Sample:
    return Sample(_OK, premises.claim().path, {"evidence": premises.evidence(LOW_RISK)})


def _plain(**query: str) -> Make:
    return lambda premises, owner: Sample(_OK, query=query)


def _claimed(premises: Premises, owner: str) -> Sample:
    return premises.claim()


def _attested(premises: Premises, owner: str) -> Sample:
    premises.claim()
    return Sample(_OK, {"attestation_id": premises.attestation_id})


def _told(premises: Premises, owner: str) -> Sample:
    body = {"payload": {"resource_type": "check"}}
    headers = vendors.signature("onfido", json.dumps(body, separators=(",", ":")).encode())
    return Sample(_OK, {"vendor": "onfido"}, body, headers=headers)


def _presented(premises: Premises, owner: str) -> Sample:
    request = premises.session_of(owner)
    held = {"person": premises.world.held()}
    shown = present(premises.world.curve, request, held, premises.office.now, premises.running.rng)
    return Sample(_OK, {"session_id": request.session_id}, shown.to_json())


def _explained(premises: Premises, owner: str) -> Sample:
    asked = {"instrument_class": "btc_eth", "side": "long", "quantity": "1", "price": "50000"}
    body = {"position": asked, "equity_usd": "600"}
    return Sample(_OK, {"session_id": premises.accepted_session_of(owner)}, body)


def _reconciled(premises: Premises, owner: str) -> Sample:
    charge = {"kind": "taker_fee", "notional_usd": "1000", "amount_usd": "1", "at": premises.office.now}
    return Sample(_OK, {"session_id": premises.accepted_session_of(owner)}, {"charge": charge})


def _added_webhook(premises: Premises, owner: str) -> Sample:
    premises.webhook_of(owner)  # and nobody has five of them
    return Sample(_NEW, body=WEBHOOK)


def _changed_policy(premises: Premises, owner: str) -> Sample:
    document = {**copy.deepcopy(POLICY), "name": "another"}
    return Sample(_OK | _NEW, {"name": "another"}, document)


def _revoked_events(premises: Premises, owner: str) -> Sample:
    headers = {"authorization": f"Bearer {premises.preparing[STAFF]}"}
    premises.running.client.post("/v1/issuer/revocations", json=premises.revocation(), headers=headers)
    return Sample(_OK, premises.accumulator(), query={"after": "0", "count": "1"})


def _checkpointed(premises: Premises, owner: str) -> Sample:
    path = premises.accumulator()
    answer = premises.running.client.get(f"/v1/issuer/accumulators/{path['accumulator_id']}").json()
    newest = answer["newest"]["checkpoint"]
    return Sample(_OK, {**path, "index": str(newest["index"]), "minute": str(newest["minute"])})


SAMPLES: Final[dict[str, Make]] = {
    "healthz": _plain(),
    "readyz": _plain(),
    "explainProblem": lambda premises, owner: Sample(_OK, {"slug": "bad-nonce"}),
    "issueToken": lambda premises, owner: Sample(
        _OK, form=token_form(premises.office.assertion(client_id=EVERY)), headers={"dpop": premises.office.token_proof()}
    ),
    "readIssuerDocument": _plain(),
    "openChallenge": lambda premises, owner: Sample(_NEW),
    "receiveVendorMessage": _told,
    "listVendorResults": lambda premises, owner: Sample(_OK, {"vendor": "onfido"}),
    "openCase": lambda premises, owner: Sample(_NEW, body={"evidence": premises.evidence(LOW_RISK)}),
    "readCase": lambda premises, owner: Sample(_OK, {"case_id": premises.case(LOW_RISK)["case_id"]}),
    "decideCase": lambda premises, owner: Sample(
        _OK, {"case_id": premises.case(FOR_REVIEW)["case_id"]}, {"decision": "decline", "reason": "looked-at"}
    ),
    "listReviews": _plain(),
    "readCaseHistory": lambda premises, owner: Sample(_OK, {"case_id": premises.case(LOW_RISK)["case_id"]}),
    "addComment": lambda premises, owner: Sample(_NEW, {"case_id": premises.case(LOW_RISK)["case_id"]}, {"comment": "seen"}),
    "proposeOverride": _proposed,
    "approveOverride": lambda premises, owner: Sample(_OK, premises.proposal()),
    "rejectOverride": lambda premises, owner: Sample(_OK, premises.proposal()),
    "showAgain": _shown_again,
    "readReviewNotice": _plain(),
    "readStanding": _attested,
    "claimCredential": _claimed,
    "readAttestation": _attested,
    "readAccumulator": lambda premises, owner: Sample(_OK, premises.accumulator()),
    "readAccumulatorEvents": _revoked_events,
    "readAccumulatorCheckpoint": _checkpointed,
    "revokeCredential": lambda premises, owner: Sample(_NEW | {409}, body=premises.revocation()),
    "readVerifierDocument": _plain(),
    "readPublishedPolicies": _plain(),
    "readPublishedEdition": lambda premises, owner: Sample(frozenset({404}), {"digest": "A" * 43}),
    "readTariffVersions": lambda premises, owner: Sample(_OK, {"name": "perp-default"}),
    "readTariff": lambda premises, owner: Sample(_OK, {"name": "perp-default", "version": "2"}),
    "registerPolicy": _changed_policy,
    "readPolicy": lambda premises, owner: Sample(_OK, {"name": premises.policy_of(owner)}),
    "openSession": lambda premises, owner: Sample(_NEW, body={"policy": premises.policy_of(owner)}),
    "readSession": lambda premises, owner: Sample(_OK, {"session_id": premises.session_of(owner).session_id}),
    "readRequest": lambda premises, owner: Sample(_OK, {"session_id": premises.session_of(owner).session_id}),
    "followSession": lambda premises, owner: Sample(_OK, {"session_id": premises.past_session_of(owner)}),
    "explainMarginCall": _explained,
    "reconcileCharge": _reconciled,
    "present": _presented,
    "addWebhook": _added_webhook,
    "listWebhooks": _plain(),
    "rotateWebhook": lambda premises, owner: Sample(_OK, {"endpoint_id": premises.webhook_of(owner)}),
    "removeWebhook": lambda premises, owner: Sample(frozenset({204}), {"endpoint_id": premises.webhook_of(owner)}),
    "listDeliveries": _plain(),
    "retryDelivery": lambda premises, owner: Sample(_OK, {"delivery_id": premises.delivery_of(owner)}),
    "reportEvents": lambda premises, owner: Sample(_OK, body={"events": [conduct.line("vote")]}),
    "readConduct": lambda premises, owner: Sample(_OK, {"pseudonym": premises.pseudonym_of(owner)}),
    **warrants.samples(Sample),
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
        ledger_interval_ms=60,
        webhook_interval_ms=60_000,
        issuer_id=DESK,
        standings=True,
        vendor_keys=vendor.vendor_keys,
        vendor_accounts=vendors.written_accounts(folder / "accounts.json", "https://api.example", ["onfido"]),
        screening_lists={"demo": LISTED_NAMES},
        trusted_issuers={ISSUER: trusted},
        trustee_dir=warrants.trustees(folder / "trustees"),
        limits="all=off",
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

            for scope in Scope:
                (role,) = (role for role, scopes in ROLES.items() if scope in scopes)
                register_client(session, premises.owner_of(scope), "A caller", role, now=NOW, rng=rng)
                premises.api_keys[scope] = give(premises.owner_of(scope), scope)
            for client_id in (EVERY, OTHER):
                register_client(session, client_id, client_id, Role.VENUE, now=NOW, rng=rng)
            for client_id in (EVERY, OTHER, *map(premises.owner_of, VENUES)):
                premises.preparing[client_id] = give(client_id, *VENUES)
            register_client(session, PROPOSER, PROPOSER, Role.REVIEWER, now=NOW, rng=rng)
            premises.preparing[PROPOSER] = give(PROPOSER, Scope.ISSUER_REVIEW)
            add_client(session, STAFF, STAFF, now=NOW)
            premises.preparing[STAFF] = give(STAFF, *AT_ISSUER)
            register_keys(session, EVERY, {"keys": [office.key.jwk]}, VENUES, now=NOW)
            register_keys(session, STAFF, {"keys": [office.other.jwk]}, AT_ISSUER, now=NOW)
        premises.claim()
        services.ledger.sequence()
        yield premises


def token_headers(premises: Premises, scope: Scope, method: str, path: str) -> dict[str, str]:
    """What a request carries that is sent with a fresh token of one scope."""
    office = premises.office
    client_id, key = (EVERY, office.key) if scope in VENUES else (STAFF, office.other)
    token = office.ask(office.assertion(key, client_id), scope=scope.value).json()["access_token"]
    proof = signing.proof(office.binding, method, BASE + path, office.now, token)
    return {"authorization": f"DPoP {token}", "dpop": proof}
