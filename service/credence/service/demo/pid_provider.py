"""The demo's PID provider: its certificates, the list that they are trusted by, and the wallet it issues to.

Made by hand after the formats (SD-JWT VC, RFC 9901; a List of Trusted Entities, ETSI TS 119 602), and not with the library
that the issuer checks them by. What it issues lives for a day, and so needs no status list.
"""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from joserfc import jws
from joserfc.jwk import ECKey

from credence.circuits.encoding import Rng, b64u
from credence.service.adapters.bundle import STATED
from credence.service.adapters.eu_pid import BUNDLE, PID
from credence.service.adapters.pid_trust import ISSUANCE
from credence.service.sandbox.persons import Person

PROVIDER: Final = "https://pid.example"
LIFETIME: Final = 86_400
"""Seconds that a PID is valid."""

_ALGORITHM: Final = "ES256"
_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_LIST_TYPE: Final = "http://uri.etsi.org/19602/LoTEType/EUPIDProvidersList"


@dataclass(frozen=True, slots=True)
class TrustFiles:
    """Where the signed list of PID providers lies, and the certificate of who signed it."""

    providers: Path
    signers: Path


@dataclass(frozen=True, slots=True)
class HeldPid:
    """A PID in its holder's wallet: every disclosure, and the key that it is bound to."""

    issued: str = field(repr=False)
    key: ec.EllipticCurvePrivateKey = field(repr=False)

    def show(self, audience: str, nonce: str, now: int) -> str:
        """All of it, for ``audience``, in answer to ``nonce``."""
        claims = {"iat": now, "aud": audience, "nonce": nonce, "sd_hash": _digest(self.issued)}
        return self.issued + _signed({"typ": "kb+jwt"}, claims, self.key)


class PidProvider:
    """Issues PIDs under an authority of its own. ``now`` is when its certificates were made."""

    def __init__(self, rng: Rng, now: int) -> None:
        self._rng: Final = rng
        self._made: Final = datetime.fromtimestamp(now, UTC) - timedelta(hours=1)
        self._operator_key, self._key = _draw_key(rng), _draw_key(rng)
        authority_key = _draw_key(rng)
        self._operator: Final = self._certificate("List Operator", self._operator_key, "List Operator", self._operator_key)
        self._authority: Final = self._certificate("PID Authority", authority_key, "PID Authority", authority_key, ca=True)
        self._signer: Final = self._certificate("PID Signer", self._key, "PID Authority", authority_key, uri=PROVIDER)

    def write_trust(self, folder: Path) -> TrustFiles:
        """The list with this provider on it, and who signed it, as files in ``folder``."""
        files = TrustFiles(folder / "pid-providers.jose", folder / "list-operator.pem")
        header = {"typ": "JOSE", "x5c": [_der(self._operator)]}
        files.providers.write_text(_signed(header, self._trust_list(), self._operator_key), encoding="ascii")
        files.signers.write_bytes(self._operator.public_bytes(Encoding.PEM))
        return files

    def issue(self, person: Person, now: int) -> HeldPid:
        """A PID of ``person``, to a wallet with a new key."""
        facts = {
            "given_name": person.given_name,
            "family_name": person.family_name,
            "birthdate": person.birth_date,
            "issuing_country": person.document_country,
            "personal_administrative_number": person.document_number,
            "nationalities": [person.nationality],
        }
        disclosures = [b64u(json.dumps([b64u(self._rng(16)), *fact]).encode()) for fact in facts.items()]
        holder = _draw_key(self._rng)
        claims = {
            "iss": PROVIDER,
            "vct": PID,
            "iat": now,
            "exp": now + LIFETIME,
            "cnf": {"jwk": ECKey.import_key(holder).as_dict(private=False)},
            "_sd": sorted(map(_digest, disclosures)),
            "_sd_alg": "sha-256",
        }
        signed = _signed({"typ": "dc+sd-jwt", "x5c": [_der(self._signer)]}, claims, self._key)
        return HeldPid("~".join([signed, *disclosures, ""]), holder)

    def _trust_list(self) -> dict[str, Any]:
        service = {
            "ServiceName": _words("PID issuance"),
            "ServiceTypeIdentifier": ISSUANCE,
            "ServiceDigitalIdentity": {"X509Certificates": [{"val": _der(self._authority)}]},
        }
        entity = {
            "TEName": _words("PID Authority"),
            "TEAddress": {"TEPostalAddress": []},
            "TEInformationURI": [{"lang": "en", "uriValue": PROVIDER}],
        }
        scheme = {
            "LoTEVersionIdentifier": 1,
            "LoTESequenceNumber": 1,
            "LoTEType": _LIST_TYPE,
            "SchemeOperatorName": _words("List Operator"),
            "SchemeTerritory": "EU",
            "ListIssueDateTime": _moment(self._made),
            "NextUpdate": _moment(self._made + timedelta(days=30)),
        }
        services = [{"ServiceInformation": service}]
        entities = [{"TrustedEntityInformation": entity, "TrustedEntityServices": services}]
        return {"LoTE": {"ListAndSchemeInformation": scheme, "TrustedEntitiesList": entities}}

    def _certificate(
        self,
        subject: str,
        key: ec.EllipticCurvePrivateKey,
        issuer: str,
        issuer_key: ec.EllipticCurvePrivateKey,
        *,
        ca: bool = False,
        uri: str | None = None,
    ) -> x509.Certificate:
        usage = x509.KeyUsage(not ca, False, False, False, False, ca, ca, False, False)
        builder = (
            x509.CertificateBuilder(_name(issuer), _name(subject), key.public_key(), x509.random_serial_number())
            .not_valid_before(self._made)
            .not_valid_after(self._made + timedelta(days=30))
            .add_extension(x509.BasicConstraints(ca, 0 if ca else None), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
        )
        if uri is not None:
            named = x509.SubjectAlternativeName([x509.UniformResourceIdentifier(uri)])
            builder = builder.add_extension(named, critical=False)
        return builder.sign(issuer_key, hashes.SHA256())


def pid_bundle(presentation: str, person: Person) -> str:
    """What the desk hands in: what the wallet showed, and what the desk found out of ``person`` by its own means."""
    stated = {name: value for name, value in person.claims().items() if name in STATED}
    return json.dumps({"type": BUNDLE, "presentation": presentation, "stated": stated})


def _draw_key(rng: Rng) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(rng(48), "big") % (_ORDER - 1) + 1, ec.SECP256R1())


def _signed(header: Mapping[str, Any], claims: Mapping[str, Any], key: ec.EllipticCurvePrivateKey) -> str:
    protected = {"alg": _ALGORITHM, **header}
    return jws.serialize_compact(protected, json.dumps(claims), ECKey.import_key(key), algorithms=[_ALGORITHM])


def _digest(text: str) -> str:
    return b64u(hashlib.sha256(text.encode()).digest())


def _der(certificate: x509.Certificate) -> str:
    return b64encode(certificate.public_bytes(Encoding.DER)).decode()


def _name(common: str) -> x509.Name:
    parts = ((NameOID.COUNTRY_NAME, "EU"), (NameOID.ORGANIZATION_NAME, common), (NameOID.COMMON_NAME, common))
    return x509.Name([x509.NameAttribute(kind, value) for kind, value in parts])


def _words(text: str) -> list[dict[str, str]]:
    return [{"lang": "en", "value": text}]


def _moment(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
