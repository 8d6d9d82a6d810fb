"""Chips of travel documents, by states that exist for tests alone: made by hand, so that every part can be wrong."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from asn1crypto import algos, cms, core
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from credence.circuits.encoding import b64u
from credence.service.adapters.mrz import check_digit
from tests.service.adapters.certificates import authority, leaf, name, p256
from tests.service.adapters.tokens import ABSENT

CONTENT = "2.23.136.1.1.1"
STATED = {
    "residence": "DE",
    "pep": False,
    "accredited": False,
    "product": "trading",
    "channel": "in-person",
    "source_of_funds": "salary",
    "record": {"keeper": "archive.example", "reference": "r-1", "years": 5},
}

CSCA_KEY, SIGNER_KEY, OTHER_KEY = p256(21), p256(22), p256(23)
CSCA = authority(CSCA_KEY, name("CSCA", "DE"))
SIGNER = leaf(SIGNER_KEY.public_key(), name("Document Signer", "DE"), CSCA, CSCA_KEY)
OTHER_CSCA = authority(OTHER_KEY, name("CSCA", "DE"))


@cache
def rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65_537, 2_048)


@cache
def weak_rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65_537, 1_024)


def td3(
    *,
    code: str = "P<",
    state: str = "D<<",
    names: str = "MUSTERMANN<<ERIKA",
    number: str = "C11T002JM",
    nationality: str = "D<<",
    birth: str = "840126",
    expiry: str = "310930",
    optional: str = "",
) -> str:
    """The zone of a passport whose check digits are right."""
    number, optional = number.ljust(9, "<"), optional.ljust(14, "<")
    checked = [f"{number}{check_digit(number)}", f"{birth}{check_digit(birth)}", f"{expiry}{check_digit(expiry)}"]
    checked.append(f"{optional}{check_digit(optional)}")
    last = check_digit("".join(checked))
    first = f"{code}{state}{names.ljust(39, '<')}"
    return f"{first}{checked[0]}{nationality}{checked[1]}F{checked[2]}{checked[3]}{last}"


def td1(*, names: str = "MUSTERMANN<<ERIKA", number: str = "T22000129", optional: str = "", code: str = "I<") -> str:
    """The zone of an identity card; a number over nine characters goes on in the optional data."""
    if len(number) > 9:
        head, digit, optional = number[:9], "<", f"{number[9:]}{check_digit(number)}<{optional}"
    else:
        head, digit = number.ljust(9, "<"), check_digit(number.ljust(9, "<"))
    first = f"{head}{digit}{optional.ljust(15, '<')}"
    birth, expiry, more = f"840126{check_digit('840126')}", f"310930{check_digit('310930')}", "<" * 11
    last = check_digit(f"{first}{birth}{expiry}{more}")
    return f"{code}D<<{first}{birth}F{expiry}D<<{more}{last}{names.ljust(30, '<')}"


def tlv(tag: bytes, content: bytes) -> bytes:
    size = len(content)
    length = bytes([size]) if size < 128 else b"\x82" + size.to_bytes(2, "big") if size > 255 else bytes([0x81, size])
    return tag + length + content


def data_group_1(zone: str) -> bytes:
    return tlv(b"\x61", tlv(b"\x5f\x1f", zone.encode("latin-1")))


class GroupHash(core.Sequence):  # type: ignore[misc]
    _fields = [("number", core.Integer), ("value", core.OctetString)]  # noqa: RUF012 - the library's form


class GroupHashes(core.SequenceOf):  # type: ignore[misc]
    _child_spec = GroupHash


class Lds(core.Sequence):  # type: ignore[misc]
    _fields = [  # noqa: RUF012
        ("version", core.Integer),
        ("algorithm", algos.DigestAlgorithm),
        ("hashes", GroupHashes),
    ]


def security_object(
    groups: Mapping[int, bytes], *, digest: str = "sha256", version: int = 0, repeated: bool = False
) -> bytes:
    pairs = [{"number": number, "value": hashlib.new(digest, group).digest()} for number, group in groups.items()]
    return bytes(
        Lds({"version": version, "algorithm": {"algorithm": digest}, "hashes": pairs * (2 if repeated else 1)}).dump()
    )


def _algorithm(scheme: str, digest: str) -> tuple[dict[str, Any], Any]:
    """How CMS writes the signature's algorithm, and how to sign."""
    hash_ = {"sha1": hashes.SHA1, "sha256": hashes.SHA256, "sha384": hashes.SHA384, "sha512": hashes.SHA512}[digest]()
    if scheme == "ecdsa":
        return {"algorithm": f"{digest}_ecdsa"}, lambda key, data: key.sign(data, ec.ECDSA(hash_))
    if scheme == "pkcs1":
        return {"algorithm": f"{digest}_rsa"}, lambda key, data: key.sign(data, padding.PKCS1v15(), hash_)
    salt = hash_.digest_size
    parameters = {
        "hash_algorithm": {"algorithm": digest},
        "mask_gen_algorithm": {"algorithm": "mgf1", "parameters": {"algorithm": digest}},
        "salt_length": salt,
    }
    pss = padding.PSS(padding.MGF1(hash_), salt)
    return {"algorithm": "rsassa_pss", "parameters": parameters}, lambda key, data: key.sign(data, pss, hash_)


def sod(
    content: bytes,
    *,
    scheme: str = "ecdsa",
    digest: str = "sha256",
    key: Any = SIGNER_KEY,
    signer: x509.Certificate = SIGNER,
    certificates: tuple[x509.Certificate, ...] | None = None,
    content_type: str = CONTENT,
    attribute_type: str = CONTENT,
    attribute_digest: bytes | None = None,
    version: int = 3,
) -> bytes:
    """EF.SOD over ``content``."""
    algorithm, sign = _algorithm(scheme, digest)
    attributes = cms.CMSAttributes(
        [
            {"type": "content_type", "values": [cms.ContentType(attribute_type)]},
            {"type": "message_digest", "values": [attribute_digest or hashlib.new(digest, content).digest()]},
        ]
    )
    held = asn1_x509.Certificate.load(signer.public_bytes(Encoding.DER))
    sid = {"issuer": held.issuer, "serial_number": held.serial_number}
    signed = {
        "version": "v3",
        "digest_algorithms": [{"algorithm": digest}],
        "encap_content_info": {"content_type": content_type, "content": content},
        "certificates": [
            asn1_x509.Certificate.load(one.public_bytes(Encoding.DER))
            for one in ((signer,) if certificates is None else certificates)
        ],
        "signer_infos": [
            {
                "version": "v1",
                "sid": cms.SignerIdentifier({"issuer_and_serial_number": sid}),
                "digest_algorithm": {"algorithm": digest},
                "signed_attrs": attributes,
                "signature_algorithm": algorithm,
                "signature": sign(key, attributes.dump()),
            }
        ],
    }
    if not signed["certificates"]:
        del signed["certificates"]
    info = cms.ContentInfo({"content_type": "signed_data", "content": cms.SignedData(signed)})
    return tlv(b"\x77", bytes(info.dump()).replace(b"\x02\x01\x03\x31", bytes([2, 1, version, 0x31]), 1))


def chip_bundle(ef_sod: bytes, groups: Mapping[int, bytes], stated: Any = None, **more: Any) -> bytes:
    files = {str(number): b64u(group) for number, group in groups.items()}
    members = {"type": "credence/icao-emrtd/1", "sod": b64u(ef_sod), "data_groups": files, "stated": stated or STATED}
    members.update(more)
    return json.dumps({at: value for at, value in members.items() if value is not ABSENT}).encode()


def passport(zone: str | None = None, more: Mapping[int, bytes] | None = None, **signing: Any) -> bytes:
    """A bundle that is accepted, but for what is named."""
    groups = {1: data_group_1(td3() if zone is None else zone), **(more or {})}
    return chip_bundle(sod(security_object(groups), **signing), groups)


def signing_with(key: Any, **more: Any) -> dict[str, Any]:
    """What makes EF.SOD by another key, whose certificate the CSCA issued."""
    return {"key": key, "signer": leaf(key.public_key(), name("Document Signer", "DE"), CSCA, CSCA_KEY, **more)}
