"""A PID issuer with a status list, on a trust list, and a wallet: made by hand, so that every part can be wrong."""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from credence.service.adapters.fetching import SourceUnavailable
from credence.service.adapters.pid_trust import ISSUANCE
from tests.service.adapters.certificates import AT, NOW, authority, der64, leaf, name, p256, pem
from tests.service.adapters.tokens import ABSENT, encoded

PROVIDER = "https://pid.example"
STATUS = "https://status.pid.example/lists/1"
AUDIENCE = "issuer.example"
VCT = "urn:eudi:pid:1"
NONCE = "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA"

AUTHORITY_KEY, PROVIDER_KEY, HOLDER_KEY, OPERATOR_KEY, OTHER_KEY = (p256(secret) for secret in (11, 12, 13, 14, 15))
AUTHORITY = authority(AUTHORITY_KEY, name("PID Authority"))
PROVIDER_LEAF = leaf(PROVIDER_KEY.public_key(), name("PID Signer"), AUTHORITY, AUTHORITY_KEY, uri=PROVIDER)
OTHER_LEAF = leaf(PROVIDER_KEY.public_key(), name("PID Signer"), AUTHORITY, AUTHORITY_KEY, uri="https://other.example")
EXPIRED_LEAF = leaf(PROVIDER_KEY.public_key(), name("PID Signer"), AUTHORITY, AUTHORITY_KEY, uri=PROVIDER, days=(-300, -1))
STRANGER = authority(OTHER_KEY, name("PID Authority"))
STRANGER_LEAF = leaf(PROVIDER_KEY.public_key(), name("PID Signer"), STRANGER, OTHER_KEY, uri=PROVIDER)
OPERATOR = authority(OPERATOR_KEY, name("List Signer", "EU", "Scheme Operator"), is_ca=False, sign_certificates=False)

NEEDED = {"residence": "DE", "pep": False, "accredited": False}
STATED: dict[str, Any] = {
    **NEEDED,
    "product": "trading",
    "channel": "electronic-id",
    "source_of_funds": "salary",
    "record": {"keeper": "archive.example", "reference": "r-1", "years": 5},
}
CLAIMS: dict[str, Any] = {
    "iss": PROVIDER,
    "vct": VCT,
    "iat": NOW - 86_400 * 10,
    "exp": NOW + 86_400 * 80,
    "status": {"status_list": {"idx": 5, "uri": STATUS}},
}
FACTS: dict[str, Any] = {
    "given_name": "Erika",
    "family_name": "Mustermann",
    "birthdate": "1984-01-26",
    "issuing_country": "DE",
    "personal_administrative_number": "T22000129",
    "document_number": "L01X00T47",
    "nationalities": ["DE"],
}


def jwk(key: ec.EllipticCurvePrivateKey) -> dict[str, str]:
    numbers = key.public_key().public_numbers()
    coordinates = {"x": numbers.x, "y": numbers.y}
    return {"kty": "EC", "crv": "P-256", **{at: encoded(value.to_bytes(32, "big")) for at, value in coordinates.items()}}


def signed(header: Mapping[str, Any], claims: Mapping[str, Any], key: ec.EllipticCurvePrivateKey) -> str:
    """A compact JWS with ES256; members that are ``ABSENT`` are left out."""
    parts = [{at: value for at, value in members.items() if value is not ABSENT} for members in (header, claims)]
    text = ".".join(encoded(json.dumps(part).encode()) for part in parts)
    r, s = decode_dss_signature(key.sign(text.encode(), ec.ECDSA(hashes.SHA256())))
    return f"{text}.{encoded(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


def disclosure(claim: str, value: Any) -> str:
    salt = encoded(hashlib.sha256(claim.encode()).digest()[:16])
    return encoded(json.dumps([salt, claim, value]).encode())


def digest(text: str) -> str:
    return encoded(hashlib.sha256(text.encode()).digest())


def credential(
    claims: Mapping[str, Any] | None = None,
    facts: Mapping[str, Any] | None = None,
    header: Mapping[str, Any] | None = None,
    key: ec.EllipticCurvePrivateKey = PROVIDER_KEY,
) -> str:
    """An issued PID with all its disclosures: ``<JWT>~<disclosure>~…~``."""
    facts = {at: value for at, value in {**FACTS, **(facts or {})}.items() if value is not ABSENT}
    disclosures = [disclosure(claim, value) for claim, value in facts.items()]
    digests = sorted(digest(text) for text in disclosures)
    body = {**CLAIMS, "cnf": {"jwk": jwk(HOLDER_KEY)}, "_sd": digests, "_sd_alg": "sha-256", **(claims or {})}
    head = {"alg": "ES256", "typ": "dc+sd-jwt", "x5c": [der64(PROVIDER_LEAF)], **(header or {})}
    return "".join(f"{part}~" for part in [signed(head, body, key), *disclosures])


def bound(
    issued: str,
    claims: Mapping[str, Any] | None = None,
    header: Mapping[str, Any] | None = None,
    key: ec.EllipticCurvePrivateKey = HOLDER_KEY,
    now: int = NOW,
) -> str:
    """What a holder shows: the credential and the binding."""
    body = {"iat": now - 5, "aud": AUDIENCE, "nonce": NONCE, "sd_hash": digest(issued), **(claims or {})}
    return issued + signed({"alg": "ES256", "typ": "kb+jwt", **(header or {})}, body, key)


def pid_bundle(presentation: Any, stated: Any = None, **more: Any) -> bytes:
    members = {"type": "credence/eu-pid/1", "presentation": presentation, "stated": stated or STATED, **more}
    return json.dumps({at: value for at, value in members.items() if value is not ABSENT}).encode()


def status_list(
    taken_back: Mapping[int, int] | None = None,
    claims: Mapping[str, Any] | None = None,
    header: Mapping[str, Any] | None = None,
    key: ec.EllipticCurvePrivateKey = PROVIDER_KEY,
    now: int = NOW,
) -> bytes:
    """A status list of two bits each for 64 credentials, by the draft: the lowest bits of a byte first."""
    packed = bytearray(16)
    for index, value in (taken_back or {}).items():
        packed[index // 4] |= value << (index % 4 * 2)
    text = base64.urlsafe_b64encode(zlib.compress(bytes(packed), 9)).rstrip(b"=").decode()
    body = {"sub": STATUS, "iat": now - 60, "exp": now + 3_600, "status_list": {"bits": 2, "lst": text}, **(claims or {})}
    head = {"alg": "ES256", "typ": "statuslist+jwt", "x5c": [der64(PROVIDER_LEAF)], **(header or {})}
    return signed(head, body, key).encode()


class Lists:
    """Answers with the status list that was last published, and notes where it was asked for."""

    def __init__(self, published: bytes | None = None) -> None:
        self.published = published
        self.asked: list[str] = []

    def __call__(self, url: str, headers: Mapping[str, str] | None = None) -> bytes:
        self.asked.append(url)
        if self.published is None:
            raise SourceUnavailable
        return self.published


def trust_list(
    *,
    kind: str = "http://uri.etsi.org/19602/LoTEType/EUPIDProvidersList",
    service: str = ISSUANCE,
    next_update: datetime | None = AT + timedelta(days=90),
    key: ec.EllipticCurvePrivateKey = OPERATOR_KEY,
) -> bytes:
    """A List of Trusted Entities with one PID provider, signed by its operator."""

    def words(text: str) -> list[dict[str, str]]:
        return [{"lang": "en", "value": text}]

    def moment(at: datetime | None) -> str | None:
        return None if at is None else at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    information = {
        "ServiceName": words("PID issuance"),
        "ServiceTypeIdentifier": service,
        "ServiceDigitalIdentity": {"X509Certificates": [{"val": der64(AUTHORITY)}]},
    }
    entity = {
        "TEName": words("PID Authority"),
        "TEAddress": {"TEPostalAddress": []},
        "TEInformationURI": [{"lang": "en", "uriValue": PROVIDER}],
    }
    scheme = {
        "LoTEVersionIdentifier": 1,
        "LoTESequenceNumber": 7,
        "LoTEType": kind,
        "SchemeOperatorName": words("Scheme Operator"),
        "SchemeTerritory": "EU",
        "ListIssueDateTime": moment(AT - timedelta(days=1)),
        "NextUpdate": moment(next_update),
    }
    services = [{"ServiceInformation": information}]
    document = {
        "LoTE": {
            "ListAndSchemeInformation": scheme,
            "TrustedEntitiesList": [{"TrustedEntityInformation": entity, "TrustedEntityServices": services}],
        }
    }
    return signed({"alg": "ES256", "typ": "JOSE", "x5c": [der64(OPERATOR)]}, document, key).encode()


def written_trust(folder: Path, content: bytes | None = None) -> tuple[Path, Path]:
    """The files of a trust list and of its signer's certificate."""
    path, signers = folder / "pid-providers.jose", folder / "list-signers.pem"
    path.write_bytes(trust_list() if content is None else content)
    signers.write_bytes(pem(OPERATOR))
    return path, signers
