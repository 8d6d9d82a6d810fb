"""Is a vendor's message believed only with that vendor's signature over exactly these bytes, made lately?"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

import pytest

from credence.service.adapters.vendor_accounts import VENDORS as READ
from credence.service.adapters.vendor_signatures import WINDOW
from credence.service.issuer.inbox.standing import NotSigned
from tests.service.adapters.vendors import NOW, OLD_SECRET, SECRETS, VENDORS, headers_of, message, signature


def check(vendor: str, headers: Any, body: bytes, *secrets: str, now: int = NOW) -> None:
    keys = [secret.encode() for secret in secrets or (SECRETS[vendor],)]
    READ[vendor].check(headers_of(headers), body, keys, now)


def refused(vendor: str, headers: Any, body: bytes, *secrets: str, now: int = NOW) -> None:
    with pytest.raises(NotSigned):
        check(vendor, headers, body, *secrets, now=now)


@pytest.mark.data
def test_every_vector_is_judged_as_it_says(shared: Path) -> None:
    document = json.loads((shared / "data" / "webhooks" / "vectors.json").read_text())
    assert len(document["tests"]) == document["numberOfTests"]
    judged = {"valid": 0, "invalid": 0}
    for vector in document["tests"]:
        vendor, body = vector["provider"], base64.b64decode(vector["body_b64"])
        judge = check if vector["result"] == "valid" else refused
        judge(vendor, vector["headers"], body, document["keys"][vendor], now=vector["now"])
        judged[vector["result"]] += 1
    assert judged == {"valid": 6, "invalid": 14}


@pytest.mark.data
def test_the_messages_of_the_vectors_are_read(shared: Path) -> None:
    document = json.loads((shared / "data" / "webhooks" / "vectors.json").read_text())
    from credence.circuits.fields import Fields

    for vector in document["tests"]:
        if vector["result"] == "valid":
            found = READ[vector["provider"]].read_message(
                Fields(json.loads(base64.b64decode(vector["body_b64"])), "message")
            )
            assert found is not None
            assert found.standing.value == "approved"


@pytest.mark.parametrize("vendor", VENDORS)
def test_every_bit_of_a_message_and_its_signature_counts(vendor: str) -> None:
    body = message(vendor)
    headers = signature(vendor, body)
    check(vendor, headers, body)
    for at in range(len(body)):
        refused(vendor, headers, body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :])
    refused(vendor, headers, body + b"\n")
    name = next(name for name, value in headers.items() if len(value) > 60)
    for at in range(len(headers[name]) - 64, len(headers[name])):
        other = "0" if headers[name][at] != "0" else "1"
        refused(vendor, {**headers, name: headers[name][:at] + other + headers[name][at + 1 :]}, body)


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_header_is_there_once_and_plain(vendor: str) -> None:
    body = message(vendor)
    headers = signature(vendor, body)
    signed = [name for name in headers if name != "X-AUTH-CLIENT"]
    for name in signed:
        value = headers[name]
        refused(vendor, {other: text for other, text in headers.items() if other != name}, body)
        for wrong in (
            "",
            value.upper() if value.upper() != value else "HMAC_SHA1_HEX",
            value[:-1],
            value + "0",
            value + " ",
        ):
            refused(vendor, {**headers, name: wrong}, body)
        for wrong in ("ÿ" * 64, value[:-1] + "é", "\u0660" * 64):
            refused(vendor, {**headers, name: wrong}, body)
        refused(vendor, {**headers, name: [value, value]}, body)


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_secret_is_replaced_without_a_gap(vendor: str) -> None:
    body = message(vendor)
    for secret in (SECRETS[vendor], OLD_SECRET):
        check(vendor, signature(vendor, body, secret=secret), body, SECRETS[vendor], OLD_SECRET)
    refused(vendor, signature(vendor, body, secret=OLD_SECRET), body, SECRETS[vendor])
    refused(vendor, signature(vendor, body, secret=""), body, SECRETS[vendor], OLD_SECRET)


def test_sumsub_signs_with_sha_2_alone() -> None:
    body, key = message("sumsub"), SECRETS["sumsub"].encode()
    for digest, accepted in (("sha512", True), ("sha1", False)):
        headers = {
            "X-Payload-Digest": hmac.new(key, body, getattr(hashlib, digest)).hexdigest(),
            "X-Payload-Digest-Alg": f"HMAC_{digest.upper()}_HEX",
        }
        (check if accepted else refused)("sumsub", headers, body)


@pytest.mark.parametrize(("offset", "accepted"), [(0, True), (WINDOW, True), (-WINDOW, True), (301, False), (-301, False)])
def test_persona_signs_the_time(offset: int, accepted: bool) -> None:
    body = message("persona")
    judge = check if accepted else refused
    judge("persona", signature("persona", body), body, now=NOW + offset)


def test_persona_signs_once_for_each_secret() -> None:
    body = message("persona")
    pairs = [signature("persona", body, secret=secret)["Persona-Signature"] for secret in (OLD_SECRET, SECRETS["persona"])]
    check("persona", {"Persona-Signature": " ".join(pairs)}, body)
    check("persona", {"Persona-Signature": " ".join(reversed(pairs))}, body)
    for wrong in (f"{pairs[1]},", f"{pairs[1]} x", "  ".join(pairs), " ".join(pairs * 3), pairs[1].replace("v1", "v2")):
        refused("persona", {"Persona-Signature": wrong}, body)
    stale = signature("persona", body, now=NOW - 400)["Persona-Signature"]
    refused("persona", {"Persona-Signature": f"{stale} {pairs[0]}"}, body)
