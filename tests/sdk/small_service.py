"""An issuer, a verifier and a log in one object, built on the circuits alone: what an SDK under test talks to in memory.

It answers as the service answers, with real signatures, proofs and Merkle proofs, keeps what it was sent, and answers a
repetition under the same idempotency key as it did the first time.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from credence.circuits.bbs.key_possession import prove_possession
from credence.circuits.bbs.signature import key_gen, sk_to_pk
from credence.circuits.bbs.suite import sha256_suite
from credence.circuits.credential import PERSON_1, STANDING_1, Schema
from credence.circuits.curve import Curve
from credence.circuits.encoding import Rng, b64u, b64u_decode, random_scalar
from credence.circuits.errors import Refused
from credence.circuits.fields import Json, json_digest
from credence.circuits.issuance import IssuerEntropy, commitment_point, issue_credential, issuing_interface
from credence.circuits.issuer_document import possession_about
from credence.circuits.leaf import ATTESTATION_LEAF, salted_leaf
from credence.circuits.merkle import Tree, leaf_hash
from credence.circuits.note import Checkpoint, NoteSigner
from credence.circuits.policy import explain, load_policy
from credence.circuits.presentation import Accepted, verify_presentation
from credence.circuits.receipt import Receipt, decision_digest, sign_receipt
from credence.circuits.wire import (
    IssuedCredential,
    IssuerDocument,
    IssuerKey,
    Offer,
    Presentation,
    PresentationRequest,
)
from credence.sdk.transport import Request, Response
from tests.circuits.journey import ATTRIBUTES, ISSUER, NOW, POLICY, STANDING
from tests.circuits.journey import EXPIRY_EPOCH as EXPIRY_EPOCH
from tests.sdk.small_rules import SmallRules

VENUE = "verifier.example/venue-a"
API_KEY = "cred_abcdefghijklmnop_qrstuvwxyz"
TOKEN = "header.evidence.signature"
PERSON = ATTRIBUTES

Answer = dict[str, Any] | str
Change = Callable[[Request, Answer], Answer]


class Problem(Exception):
    """An error answer."""

    def __init__(self, status: int, slug: str) -> None:
        self.status, self.slug = status, slug


@dataclass
class SmallLog:
    """A log held in memory. ``publish`` signs what it holds; until then it shows its last checkpoint."""

    signer: NoteSigner
    tree: Tree = field(default_factory=Tree)
    leaves: list[bytes] = field(default_factory=list)
    note: str = ""

    def add(self, *leaves: bytes) -> None:
        for leaf in leaves:
            self.leaves.append(leaf)
            self.tree.append(leaf_hash(leaf))

    def publish(self) -> str:
        self.note = self.signer.sign(Checkpoint(self.signer.name, self.tree.size, self.tree.root()).text())
        return self.note

    def answer(self, call: str, query: dict[str, str]) -> Answer:
        if call == "checkpoint":
            if not self.note:
                raise Problem(404, "not-found")
            return self.note
        if call == "inclusion":
            leaf, size = bytes.fromhex(query["leaf"]), int(query["size"])
            if leaf not in self.leaves[:size]:
                raise Problem(404, "not-found")
            index = self.leaves.index(leaf)
            proof = [node.hex() for node in self.tree.inclusion_proof(index, size)]
            return {"leaf": query["leaf"], "index": index, "size": size, "proof": proof}
        first, second = int(query["first"]), int(query["second"])
        if not 1 <= first <= second <= self.tree.size:
            raise Problem(400, "malformed")
        proof = [node.hex() for node in self.tree.consistency_proof(first, second)]
        return {"first": first, "second": second, "proof": proof}


class SmallService:
    """See the module. ``now`` may be moved, ``change`` alters answers, ``person`` is what the issuer attests."""

    def __init__(self, curve: Curve, rng: Rng) -> None:
        self.curve, self.rng, self.now = curve, rng, NOW
        self.sent: list[Request] = []
        self.replies: dict[str, tuple[tuple[str, str, str], Response]] = {}
        self.change: Change | None = None
        self.person, self.standing = dict(PERSON), dict(STANDING)
        self.log = SmallLog(NoteSigner("log.example", Ed25519PrivateKey.from_private_bytes(rng(32))))
        self.secret_key = key_gen(sha256_suite(curve), rng(32))
        self.public_key = sk_to_pk(curve, self.secret_key, rng)
        suite = "bls12-381-sha-256"
        proof = prove_possession(curve, self.secret_key, self.public_key, possession_about(suite, "k1"), rng)
        key = IssuerKey("k1", suite, self.public_key, NOW - 10, NOW + 10_000_000, proof)
        self.document = IssuerDocument(ISSUER, (PERSON_1.id, STANDING_1.id), (key,), self.log.signer.vkey)
        self.entropy = IssuerEntropy(random_scalar(rng), random_scalar(rng))
        self.receipt_key = Ed25519PrivateKey.from_private_bytes(rng(32))
        self.schemas: dict[str, Schema] = {}
        self.issued: dict[str, tuple[bytes, IssuedCredential]] = {}
        self.policies: dict[str, Json] = {}
        self.uses: list[bytes] = []
        self.publishing = SmallRules()
        self.sessions: dict[str, tuple[PresentationRequest, dict[str, Any] | None]] = {}
        self.log.add(self.document.leaf())
        self.log.publish()

    def clock(self) -> int:
        return self.now

    def offer(self, case_id: str = "case-1", schema: Schema = PERSON_1) -> Offer:
        self.schemas[case_id] = schema
        return Offer(ISSUER, schema.id, case_id, "offer-secret", NOW + 600)

    def paths(self) -> list[str]:
        """What was asked so far, as ``METHOD path``."""
        return [f"{request.method} {request.path}" for request in self.sent]

    def send(self, request: Request) -> Response:
        self.sent.append(request)
        key, asked = request.idempotency_key, (request.method, request.path, json.dumps(request.body, default=dict))
        if key not in self.replies:
            reply = self._reply(request)
            if key is not None:
                self.replies[key] = (asked, reply)
            return reply
        before, reply = self.replies[key]
        if before != asked:
            return Response(
                422, {"content-type": "application/problem+json"}, b'{"type": "/problems/idempotency-key-reused"}'
            )
        return Response(reply.status, {**reply.headers, "idempotent-replayed": "true"}, reply.body)

    def _reply(self, request: Request) -> Response:
        try:
            answer = self._answer(request)
        except Problem as problem:
            body = {"type": f"/problems/{problem.slug}", "title": "No", "status": problem.status, "request_id": "r-1"}
            return Response(problem.status, {"content-type": "application/problem+json"}, json.dumps(body).encode())
        if self.change is not None:
            answer = self.change(request, answer)
        if isinstance(answer, str):
            return Response(200, {"content-type": "text/plain; charset=utf-8"}, answer.encode())
        return Response(200, {"content-type": "application/json"}, json.dumps(answer).encode())

    def _answer(self, request: Request) -> Answer:
        body = json.loads(json.dumps(dict(request.body))) if request.body is not None else {}
        match = re.fullmatch(r"/v1/(issuer|verifier|log)/(.+)", request.path)
        assert match
        party, rest = match.groups()
        if party == "log":
            return self.log.answer(rest, dict(request.query))
        return self._issuer(rest.split("/"), body) if party == "issuer" else self._verifier(request, rest.split("/"), body)

    # --- issuer ---

    def _issuer(self, path: list[str], body: dict[str, Any]) -> Answer:
        match path:
            case ["document"]:
                return self.document.to_json()
            case ["cases", case_id, "credential"]:
                return self._claim(case_id, body).to_json()
            case ["attestations", attestation_id] if attestation_id in self.issued:
                leaf = self.issued[attestation_id][1].leaf
                index = self.log.leaves.index(leaf) if leaf in self.log.leaves else None
                return {"attestation_id": attestation_id, "leaf": b64u(leaf), "entry_index": index, "issued_epoch": 1}
        raise Problem(404, "not-found")

    def _claim(self, case_id: str, body: dict[str, Any]) -> IssuedCredential:
        if body["offer_secret"] != "offer-secret" or body["evidence"] != {"type": "vendor-jws", "token": TOKEN}:
            raise Problem(401, "unauthorized")
        commitment, attestation_id = b64u_decode(body["commitment"]), f"att-{case_id}"
        if attestation_id in self.issued:
            known, issued = self.issued[attestation_id]
            if known != commitment_point(commitment):
                raise Problem(409, "conflict")
            return issued
        schema = self.schemas.get(case_id, PERSON_1)
        attributes = self.person if schema is PERSON_1 else self.standing
        epoch = attributes["expires_on"] // schema.grain
        signature = issue_credential(
            issuing_interface(self.curve),
            self.secret_key,
            self.public_key,
            schema,
            ISSUER,
            epoch,
            attributes,
            commitment,
            self.entropy,
            self.rng,
        )
        leaf = salted_leaf(ATTESTATION_LEAF, self.rng(32), self.rng(32))
        issued = IssuedCredential(
            ISSUER,
            schema.id,
            "k1",
            epoch,
            attributes,
            self.entropy.nym,
            self.entropy.use,
            signature,
            attestation_id,
            leaf,
        )
        self.issued[attestation_id] = (commitment_point(commitment), issued)
        self.log.add(leaf)
        return issued

    # --- verifier ---

    def verifier_document(self) -> dict[str, Any]:
        key = {"key_id": "r1", "public_key": b64u(self.receipt_key.public_key().public_bytes_raw())}
        return {
            "type": "credence/verifier-document/2",
            "verifier": "verifier.example",
            "receipt_keys": [key],
            "log_vkey": self.log.signer.vkey,
            "rules": self.publishing.shown("verifier.example"),
        }

    def request(self, session_id: str = "s-1", **changes: Any) -> PresentationRequest:
        """A session's request; ``policy`` names changes to the policy."""
        policy = {**POLICY, **changes.pop("policy", {})}
        given: dict[str, Any] = {
            "session_id": session_id,
            "audience": VENUE,
            "policy": policy,
            "nonce": self.rng(32),
            "channel": b"",
            "message": b"",
            "requested_at": self.now,
            "expires_at": self.now + 300,
        }
        request = PresentationRequest(**{**given, **changes})
        request = replace(request, published=self.publishing.proof(request, self.log))
        self.sessions[session_id] = (request, None)
        return request

    def _verifier(self, request: Request, path: list[str], body: dict[str, Any]) -> Answer:
        match path:
            case ["document"]:
                return self.verifier_document()
            case ["document", "policies"]:
                return self.publishing.listed(dict(request.query))
            case ["document", "editions", digest]:
                if digest not in self.publishing.every:
                    raise Problem(404, "not-found")
                return self.publishing.every[digest]
            case ["sessions", session_id, "request"] if session_id in self.sessions:
                return self.sessions[session_id][0].to_json()
            case ["sessions", session_id, "presentation"] if session_id in self.sessions:
                return self._decide(session_id, body)
            case ["sessions", _, "request" | "presentation"]:
                raise Problem(404, "not-found")
        if request.auth != API_KEY:
            raise Problem(401, "unauthorized")
        match path:
            case ["policies", name]:
                document = self.policies.setdefault(name, body) if request.method == "PUT" else self.policies[name]
                if request.method == "PUT" and document != body:
                    raise Problem(409, "policy-version-exists")
                policy = load_policy(document)
                words = list(explain(policy))
                digest = b64u(policy.digest)
                return {"name": name, "version": policy.version, "policy_hash": digest, "explanation": words}
            case ["sessions"]:
                bound = {key: b64u_decode(body[key]) for key in ("channel", "message") if key in body}
                opened = self.request(f"s-{len(self.sessions)}", policy=self.policies[body["policy"]], **bound)
                return {"session_id": opened.session_id, "request": opened.to_json(), "expires_at": opened.expires_at}
            case ["sessions", session_id] if session_id in self.sessions:
                result = self.sessions[session_id][1]
                state = "open" if result is None else result["decision"]
                return {"session_id": session_id, "state": state, "attempts_left": 5, "result": result}
        raise Problem(404, "not-found")

    def seen(self, request: PresentationRequest, presentation: Presentation) -> Accepted:
        """What the verifier learns of an answer to this request. Raises :class:`CircuitError`."""
        documents, weights = [self.document], self.rng
        return verify_presentation(self.curve, request, presentation, documents, request.audience, self.now, weights)

    def _decide(self, session_id: str, body: dict[str, Any]) -> Answer:
        request, result = self.sessions[session_id]
        if result is not None:
            raise Problem(409, "bad-nonce")
        presentation = Presentation.parse(body)
        pseudonym, reason = None, "accepted"
        decision: dict[str, Any] = {"predicates": [], "disclosed": {}, "kyc_level": None, "risk_tier": None, "terms": None}
        try:
            accepted = self.seen(request, presentation)
        except Refused as error:
            reason = error.reason
        else:
            pseudonym = accepted.pseudonym
            if accepted.use is not None:
                if accepted.use.tag in self.uses:
                    raise Problem(409, "already-used")
                self.uses.append(accepted.use.tag)
                decision["use"] = {"name": accepted.use.name, "epoch": accepted.use.epoch}
            if accepted.sealed is not None:
                decision["escrow"] = {"trustees": accepted.sealed.trustees, "purpose": accepted.sealed.purpose}
            decision["predicates"] = list(accepted.predicates)
            decision["disclosed"] = {name: str(value) for name, value in accepted.disclosed.items()}
            decision |= {"kyc_level": accepted.kyc_level, "risk_tier": accepted.risk_tier, "terms": {"currency": "USD"}}
        decision |= {
            "session_id": session_id,
            "decision": "accepted" if reason == "accepted" else "denied",
            "reason": reason,
            "pseudonym": None if pseudonym is None else b64u(pseudonym),
            "standing_tier": "RX",
            "expires_at": self.now + 86_400,
        }
        digest = json_digest(body)
        decision["receipt"] = self.receipt(request, digest, reason=reason, pseudonym=pseudonym, decision=decision)
        if reason == "accepted":
            self.sessions[session_id] = (request, decision)
        return decision

    def receipt(
        self,
        request: PresentationRequest,
        digest: bytes,
        *,
        reason: str,
        pseudonym: bytes | None,
        decision: Json | None = None,
    ) -> dict[str, Any]:
        """A signed receipt; the leaf of an accepted one goes into the log and is published."""
        receipt = Receipt(
            receipt_id=f"receipt-{request.session_id}",
            verifier="verifier.example",
            audience=VENUE,
            session_id=request.session_id,
            policy_hash=load_policy(request.policy).digest,
            decision="accepted" if reason == "accepted" else "denied",
            reason=reason,
            pseudonym=pseudonym,
            presentation_digest=digest,
            decision_digest=decision_digest(decision or {}),
            tariff=None,
            decided_at=self.now,
            salt=self.rng(32),
        )
        if reason == "accepted":
            self.log.add(receipt.leaf())
            self.log.publish()
        return sign_receipt(receipt, self.receipt_key)
