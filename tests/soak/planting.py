"""Forty strings sent through every flow of a running service: what ends well, is refused, is no request, or breaks it."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any, Final, cast
from urllib.parse import quote

import httpx2

from credence.circuits import curve as curves
from credence.circuits.credential import PERSON_1
from credence.circuits.encoding import b64u
from credence.circuits.issuance import HolderSecrets, accept_credential, issuing_interface, request_credential
from credence.circuits.presentation import present
from credence.circuits.wire import IssuedCredential, IssuerDocument, Offer, PresentationRequest
from credence.service.clock import system_clock
from credence.service.sandbox.persons import Person
from credence.service.sandbox.vendor import Vendor
from tests.soak.installations import ISSUER, POLICY, Installation
from tests.soak.planted import APPLICANTS, LISTED, LOOSE, REVIEWED, STRINGS, Applicant

_SPANNED: Final = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@dataclass
class Planter:
    """Sends to ``url``. ``said`` is everything that came back, but for what is handed to a wallet about its own holder."""

    url: str
    installation: Installation
    reviewer_key: str
    second_key: str
    said: list[bytes] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._http = httpx2.Client(base_url=self.url, timeout=30, trust_env=False)
        self._curve = curves.load()
        self._document = IssuerDocument.parse(self._http.get("/v1/issuer/document").json())

    def close(self) -> None:
        self._http.close()

    def send(self, method: str, path: str, key: str | None = None, *, own: bool = False, **more: Any) -> httpx2.Response:
        headers = list(more.pop("headers", []))
        if key is not None:
            headers.append((b"authorization", f"Bearer {key}".encode()))
        answer = self._http.request(method, path, headers=headers, **more)
        self.statuses[answer.status_code] = self.statuses.get(answer.status_code, 0) + 1
        if not own:
            self.said.append(answer.content + b"\n".join(b": ".join(pair) for pair in answer.headers.raw))
        return answer

    # --- what ends well ---

    def token(self, applicant: Applicant, vendor: Vendor | None = None, audience: str = ISSUER, age: int = 0) -> str:
        by = vendor or self.installation.vendor
        return by.issue_result(cast(Person, applicant), audience, system_clock() - age)

    def evidence(self, token: str) -> dict[str, Any]:
        return {"evidence": {"type": "vendor-jws", "token": token}}

    def accepted(self) -> None:
        """Each person's whole way: a case, a credential, a presentation; declined where listed, reviewed where alike."""
        named = cycle(LOOSE)
        for applicant in APPLICANTS:
            token, marks = self.token(applicant), self.marks(next(named))
            case = self.send("POST", "/v1/issuer/cases", self.installation.desk_key, json=self.evidence(token)).json()
            self.send("POST", "/v1/issuer/cases", self.installation.desk_key, json=self.evidence(token), headers=marks)
            path = f"/v1/issuer/cases/{case['case_id']}"
            self.send("GET", path, self.installation.desk_key, headers=marks)
            if applicant is REVIEWED:
                found = case["screening"]["matches"]
                cleared = [{"list": match["list"], "entry_id": match["entry_id"]} for match in found]
                proposed = {"decision": "approve", "reason": "false-positive", "comment": "seen", "cleared": cleared}
                made = self.send("POST", f"{path}/proposals", self.reviewer_key, json=proposed, headers=marks).json()
                approval = f"{path}/proposals/{made['proposal_id']}/approval"
                case = self.send("POST", approval, self.second_key, headers=marks).json()
            assert (case["offer"] is None) == (applicant is LISTED), case["state"]
            if case["offer"] is not None:
                self._presented(Offer.parse(case["offer"]), token, marks)

    def _presented(self, offer: Offer, token: str, marks: list[tuple[bytes, bytes]]) -> None:
        drawn = HolderSecrets(*(int.from_bytes(secrets.token_bytes(31), "big") for _ in range(3)))
        asked = request_credential(issuing_interface(self._curve), PERSON_1, drawn, secrets.token_bytes)
        body = {"offer_secret": offer.secret, "commitment": b64u(asked.commitment), **self.evidence(token)}
        path = f"/v1/issuer/cases/{offer.case_id}/credential"
        issued = self.send("POST", path, own=True, json=body, headers=marks)
        assert issued.status_code == 201, issued.text
        held = accept_credential(
            self._curve, self._document, IssuedCredential.parse(issued.json()), drawn, asked.blind, system_clock()
        )
        opened = self.send("POST", "/v1/verifier/sessions", self.installation.venue_key, json={"policy": POLICY}).json()
        request = PresentationRequest.parse(opened["request"])
        shown = present(self._curve, request, {"person": held}, system_clock(), secrets.token_bytes).to_json()
        path = f"/v1/verifier/sessions/{request.session_id}"
        decided = self.send("POST", f"{path}/presentation", json=shown, headers=marks)
        assert decided.json()["decision"] == "accepted", decided.text
        self.send("POST", f"{path}/presentation", json=shown)
        self.send("GET", path, self.installation.venue_key, headers=marks)

    # --- what is refused ---

    def refused(self) -> None:
        """Evidence that is wrong in each way, and offers that are claimed with somebody else's."""
        forger = Vendor.create(secrets.token_bytes)
        for applicant in APPLICANTS:
            good = self.token(applicant)
            wrong = [
                self.token(applicant, vendor=forger),
                self.token(applicant, audience="other.example"),
                self.token(applicant, age=200_000),
                good + ".",
                good + applicant.person.family_name,
                f"{good[:-1]}!",
                f"{b64u(json.dumps(applicant.claims()).encode())}.{good}",
            ]
            for token in wrong:
                answer = self.send("POST", "/v1/issuer/cases", self.installation.desk_key, json=self.evidence(token))
                assert answer.status_code == 400, answer.text
            body = {"offer_secret": applicant.person.family_name, "commitment": "AAAA", **self.evidence(good)}
            self.send("POST", f"/v1/issuer/cases/{applicant.person.document_number.encode().hex()}/credential", json=body)

    # --- what is no request ---

    def malformed(self, strings: Sequence[str] = STRINGS) -> None:
        """Each string, as it is, percent-encoded and in base64, wherever a caller can write something."""
        placed = list(_PLACES)
        for number, text in enumerate(strings):
            forms = (text, quote(text, safe=""), base64.b64encode(text.encode()).decode())
            for form in forms:
                for place in placed:
                    place(self, form)
            self.send("GET", "/healthz", headers=self.marks(STRINGS[number]))

    def marks(self, text: str) -> list[tuple[bytes, bytes]]:
        """Headers that anybody may send, each with the string in it."""
        plain, coded = text.encode(), quote(text, safe="").encode()
        return [
            (b"user-agent", plain),
            (b"idempotency-key", base64.urlsafe_b64encode(plain).rstrip(b"=")[:64]),
            (b"referer", b"https://venue.example/?who=" + coded),
            (b"x-forwarded-for", coded),
            (b"x-request-id", plain),
            (b"cookie", b"name=" + coded),
            (b"traceparent", _SPANNED.encode()),
            (b"tracestate", b"vendor=" + coded[:200]),
            (b"baggage", b"name=" + coded),
            (b"accept-language", plain),
        ]

    # --- what breaks it ---

    def breaking(self) -> int:
        """Everything that holds something, while tables are missing; the number of answers of 5xx."""
        before = sum(count for status, count in self.statuses.items() if status >= 500)
        for applicant in APPLICANTS:
            good = self.token(applicant)
            self.send("POST", "/v1/issuer/cases", self.installation.desk_key, json=self.evidence(good))
            self.send("GET", f"/v1/issuer/cases/{quote(applicant.person.family_name)}", self.installation.desk_key)
            body = {"offer_secret": applicant.person.family_name, "commitment": b64u(bytes(48)), **self.evidence(good)}
            self.send("POST", f"/v1/issuer/cases/{quote(applicant.person.given_name)}/credential", json=body)
        for text in STRINGS:
            self.send("GET", f"/v1/verifier/sessions/{quote(text[:60], safe='')}/request", headers=self.marks(text))
        return sum(count for status, count in self.statuses.items() if status >= 500) - before


Place = Callable[[Planter, str], object]


def _in_path(path: str, key: Callable[[Planter], str | None], method: str = "GET") -> Place:
    return lambda planter, text: planter.send(method, path.format(quote(text, safe="")), key(planter))


def _in_body(path: str, body: Callable[[str], Any], key: Callable[[Planter], str | None], method: str = "POST") -> Place:
    return lambda planter, text: planter.send(method, path, key(planter), json=body(text))


def _nobody(_planter: Planter) -> None:
    return None


def _desk(planter: Planter) -> str:
    return planter.installation.desk_key


def _venue(planter: Planter) -> str:
    return planter.installation.venue_key


def _reviewer(planter: Planter) -> str:
    return planter.reviewer_key


def _places() -> Iterator[Place]:
    yield _in_path("/v1/issuer/cases/{}", _desk)
    yield _in_path("/v1/issuer/attestations/{}", _nobody)
    yield _in_path("/v1/verifier/policies/{}", _venue)
    yield _in_path("/v1/verifier/sessions/{}", _venue)
    yield _in_path("/v1/verifier/sessions/{}/request", _nobody)
    yield _in_path("/problems/{}", _nobody)
    yield _in_path("/{}", _nobody, "DELETE")
    yield _in_path("/v1/log/entries?start={}", _nobody)
    yield _in_path("/v1/log/inclusion?leaf={0}&name={0}", _nobody)
    yield _in_path("/v1/issuer/document?{}=1", _nobody)
    yield _in_body("/v1/issuer/cases", lambda text: {"evidence": text}, _desk)
    yield _in_body("/v1/issuer/cases", lambda text: {"evidence": {"type": text, "token": text}}, _desk)
    yield _in_body("/v1/issuer/cases", lambda text: {text: 1, "evidence": {text: text}}, _desk)
    yield _in_body("/v1/issuer/cases/x/decision", lambda text: {"decision": text, "reason": text}, _reviewer)
    yield _in_body("/v1/issuer/cases/x/decision", lambda text: {"decision": "approve", "reason": text}, _reviewer)
    claim = {"commitment": "AAAA", "evidence": {"type": "vendor-jws", "token": "a.b.c"}}
    yield _in_body("/v1/issuer/cases/x/credential", lambda text: {**claim, "offer_secret": text}, _nobody)
    yield _in_body("/v1/verifier/sessions", lambda text: {"policy": text[:60]}, _venue)
    yield _in_body("/v1/verifier/sessions", lambda text: {"policy": POLICY, "volume_30d_usd": text[:40]}, _venue)
    yield _in_body("/v1/verifier/sessions", lambda text: {"policy": POLICY, "message": f"{text}!"}, _venue)
    yield _in_body("/v1/verifier/sessions", lambda text: {"policy": POLICY, text: text}, _venue)
    yield _in_body("/v1/verifier/policies/planted", lambda text: {"name": text, "version": text}, _venue, "PUT")
    yield _in_body("/v1/verifier/policies/planted", lambda text: {text: [text, {text: text}]}, _venue, "PUT")
    shown = {"type": "credence/presentation/1", "session_id": "x", "accumulators": [], "encoding": "batchable"}
    slot = {"slot": "person", "expiry_epoch": 1}
    yield _in_body(
        "/v1/verifier/sessions/x/presentation",
        lambda text: {
            **shown,
            "credentials": [{**slot, "issuer": text[:120], "key_id": text[:120]}],
            "proof": "AAAA",
            "disclosed": {text: text},
        },
        _nobody,
    )
    yield lambda planter, text: planter.send("POST", "/v1/issuer/cases", content=text.encode())
    yield lambda planter, text: planter.send("POST", "/v1/auth/token", data={"grant_type": text, "scope": text})
    yield lambda planter, text: planter.send("GET", "/v1/issuer/cases/x", headers=planter.marks(text))
    yield lambda planter, text: planter.send("POST", "/v1/verifier/sessions", text.encode("ascii", "replace").decode()[:80])


_PLACES: Final = tuple(_places())
