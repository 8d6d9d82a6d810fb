"""Identity vendors that exist for tests alone: their messages as they sign them, and a service that answers for results."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

NOW = 1_790_000_000
SECRETS = {vendor: f"{vendor}-webhook-secret" for vendor in ("sumsub", "onfido", "persona", "veriff")}
OLD_SECRET = "the-secret-of-before"
TOKEN, API_SECRET = "api-token", "api-secret"
STATED = {
    "residence": "DE",
    "pep": False,
    "accredited": False,
    "product": "trading",
    "channel": "unattended",
    "source_of_funds": "salary",
    "record": {"keeper": "archive.example", "reference": "r-1", "years": 5},
}
REFERENCES = {
    "sumsub": "5cb56e8e0a975a35f333cb83",
    "onfido": "5195d86f-1d0e-4a3f-9d5b-ea2f1ab3c0a1",
    "persona": "inq_test1",
    "veriff": "f04bdb47-d3be-4b28-b028-a652feb060b5",
}
VENDORS = tuple(REFERENCES)
CHECKED = "2026-09-20T10:00:00Z"
CHECKED_AT = 1_789_898_400


def headers_of(values: Mapping[str, str | Sequence[str]]) -> Any:
    """Header fields as a request gives them."""
    found = {name.lower(): [value] if isinstance(value, str) else list(value) for name, value in values.items()}
    return lambda name: found.get(name.lower(), [])


def signature(vendor: str, body: bytes, now: int = NOW, secret: str | None = None) -> dict[str, str]:
    """The header fields of a message, as the vendor signs it."""
    key = (SECRETS[vendor] if secret is None else secret).encode()
    if vendor == "persona":
        made = hmac.new(key, f"{now}.".encode() + body, hashlib.sha256).hexdigest()
        return {"Persona-Signature": f"t={now},v1={made}"}
    made = hmac.new(key, body, hashlib.sha256).hexdigest()
    if vendor == "sumsub":
        return {"X-Payload-Digest": made, "X-Payload-Digest-Alg": "HMAC_SHA256_HEX"}
    return {"X-SHA2-Signature": made} if vendor == "onfido" else {"X-AUTH-CLIENT": TOKEN, "X-HMAC-SIGNATURE": made}


def message(vendor: str, standing: str = "approved", reference: str | None = None, **more: Any) -> bytes:
    """What a vendor sends when a result of theirs stands there."""
    reference = REFERENCES[vendor] if reference is None else reference
    if vendor == "sumsub":
        body = {"applicantId": reference, "type": "applicantReviewed", **sumsub_review(standing)}
    elif vendor == "onfido":
        run = {"id": reference, "status": {"pending": "processing"}.get(standing, standing)}
        body = {"payload": {"resource_type": "workflow_run", "action": "workflow_run.completed", "object": run}}
    elif vendor == "persona":
        inquiry = {"type": "inquiry", "id": reference, "attributes": {"status": standing}}
        attributes = {"name": f"inquiry.{standing}", "payload": {"data": inquiry}}
        body = {"data": {"type": "event", "id": "evt_1", "attributes": attributes}}
    else:
        status = {"pending": "resubmission_requested"}.get(standing, standing)
        body = {"status": "success", "verification": {"id": reference, "status": status}}
    return json.dumps({**body, **more}).encode()


def sumsub_review(standing: str) -> dict[str, Any]:
    if standing == "pending":
        return {"reviewStatus": "pending"}
    answer = {"approved": {"reviewAnswer": "GREEN"}, "declined": {"reviewAnswer": "RED", "reviewRejectType": "FINAL"}}
    return {"reviewStatus": "completed", "reviewResult": answer[standing]}


def answer(vendor: str, standing: str = "approved", checked: str = CHECKED, **changes: Any) -> dict[str, Any]:
    """What a vendor's service answers when it is asked for a result it made at ``checked``. ``changes`` are of its facts."""
    reference = REFERENCES[vendor]
    if vendor == "sumsub":
        document = {"idDocType": "PASSPORT", "country": "DEU", "number": "C11T002JM", "validUntil": "2031-09-30"}
        info = {"firstName": "Erika", "lastName": "Mustermann", "dob": "1984-01-26", "nationality": "DEU"}
        info = {**info, "idDocs": [document], **changes}
        review = {**sumsub_review(standing), "reviewDate": checked.replace("T", " ").replace("Z", "+0000")}
        return {"id": reference, "review": review, "info": info}
    if vendor == "onfido":
        output = {
            "first_name": "Erika",
            "last_name": "Mustermann",
            "date_of_birth": "1984-01-26",
            "nationality": "DEU",
            "issuing_country": "DEU",
            "document_type": "passport",
            "document_number": "C11T002JM",
            "date_of_expiry": "2031-09-30",
            **changes,
        }
        status = {"pending": "review"}.get(standing, standing)
        return {"id": reference, "status": status, "created_at": checked, "output": output}
    if vendor == "persona":
        fields = {
            "name-first": "Erika",
            "name-last": "Mustermann",
            "birthdate": "1984-01-26",
            "nationality": "DE",
            "selected-country-code": "DE",
            "identification-class": "pp",
            "identification-number": "C11T002JM",
            "expiration-date": "2031-09-30",
            **changes,
        }
        typed = {name: {"type": "string", "value": value} for name, value in fields.items()}
        attributes = {"status": standing, "completed-at": checked, "fields": typed}
        return {"data": {"type": "inquiry", "id": reference, "attributes": attributes}}
    person = {"firstName": "Erika", "lastName": "Mustermann", "dateOfBirth": "1984-01-26", "nationality": "DE"}
    document = {"number": "C11T002JM", "type": "PASSPORT", "country": "DE", "validUntil": "2031-09-30"}
    verification = {
        "id": reference,
        "status": standing,
        "decisionTime": checked,
        "person": {**person, **changes},
        "document": document,
    }
    return {"status": "success", "verification": verification if standing != "pending" else None}


@dataclass
class Service:
    """A vendor's service on loopback. It answers ``answers`` by path, and notes what it was asked."""

    url: str
    answers: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def give(self, vendor: str, body: object, status: int = 200) -> None:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.answers[path_of(vendor)] = (status, content)


def path_of(vendor: str) -> str:
    reference = REFERENCES[vendor]
    return {
        "sumsub": f"/resources/applicants/{reference}/one",
        "onfido": f"/workflow_runs/{reference}",
        "persona": f"/api/v1/inquiries/{reference}",
        "veriff": f"/v1/sessions/{reference}/decision",
    }[vendor]


@contextmanager
def standing_in() -> Iterator[Service]:
    """A stand-in for every vendor's service."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            service.asked.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
            status, content = service.answers.get(self.path, (404, b"{}"))
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_arguments: object) -> None:
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        service = Service(f"http://127.0.0.1:{server.server_port}")
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield service
        finally:
            server.shutdown()
            thread.join()


def written_accounts(path: Path, url: str, vendors: Sequence[str] = VENDORS, **changes: Any) -> Path:
    """The file of accounts at the stand-in."""
    accounts = {}
    for vendor in vendors:
        account = {"webhook_secrets": [SECRETS[vendor], OLD_SECRET], "api_url": url, "api_token": TOKEN}
        if vendor in ("sumsub", "veriff"):
            account["api_secret"] = API_SECRET
        accounts[vendor] = {**account, **changes}
    path.write_text(json.dumps({"type": "credence/vendor-accounts/1", "accounts": accounts}), encoding="utf-8")
    return path


def vendor_bundle(vendor: str, reference: Any = None, stated: Any = None, **more: Any) -> bytes:
    members = {"type": "credence/vendor-result/1", "reference": reference or REFERENCES[vendor], "stated": stated or STATED}
    return json.dumps({**members, **more}).encode()
