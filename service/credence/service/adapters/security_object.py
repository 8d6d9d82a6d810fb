"""The document security object of a travel document (EF.SOD, ICAO 9303 parts 10 and 11): what its issuing state signed.

Passive authentication: the signature of the document signer over the hashes, and the hashes over the data groups. Who that
signer is, is for :mod:`~credence.service.adapters.country_signers` to say. ASN.1 is read by asn1crypto, signatures are
checked by cryptography. SHA-1 and keys of less than 2048 (RSA) or 224 bits (elliptic curves) are refused.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from asn1crypto import algos, cms, core, parser
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from credence.service.issuer.evidence import EvidenceRefused, Refusal

MAX_SOD: Final = 16_384

_FILE: Final = (1, 1, 0x17)  # application class, constructed, tag 23
_CONTENT: Final = "2.23.136.1.1.1"
_HASHES: Final[dict[str, type[hashes.HashAlgorithm]]] = {
    "sha224": hashes.SHA224,
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
}


class _DataGroupHash(core.Sequence):  # type: ignore[misc]
    _fields = [("number", core.Integer), ("value", core.OctetString)]  # noqa: RUF012 - the library's form


class _DataGroupHashes(core.SequenceOf):  # type: ignore[misc]
    _child_spec = _DataGroupHash


class _Version(core.Sequence):  # type: ignore[misc]
    _fields = [("lds", core.PrintableString), ("unicode", core.PrintableString)]  # noqa: RUF012


class _SecurityObject(core.Sequence):  # type: ignore[misc]
    _fields = [  # noqa: RUF012
        ("version", core.Integer),
        ("algorithm", algos.DigestAlgorithm),
        ("hashes", _DataGroupHashes),
        ("lds_version", _Version, {"optional": True}),
    ]


@dataclass(frozen=True, slots=True)
class SecurityObject:
    """A security object whose signature holds: the hashes by data group, and the certificate of who signed them."""

    algorithm: str
    hashes: Mapping[int, bytes] = field(repr=False)
    signer: x509.Certificate = field(repr=False)

    def check(self, number: int, content: bytes) -> None:
        """Returns iff ``content`` is the data group. Raises :class:`EvidenceRefused`: ``incomplete`` where the object does
        not name it, ``forged`` for other content."""
        expected = self.hashes.get(number)
        if expected is None:
            raise EvidenceRefused(Refusal.INCOMPLETE)
        if not hmac.compare_digest(hashlib.new(self.algorithm, content).digest(), expected):
            raise EvidenceRefused(Refusal.FORGED)


def read_security_object(data: bytes) -> SecurityObject:
    """Reads EF.SOD and checks its signature under the certificate it brings along.

    Raises :class:`EvidenceRefused`: ``malformed``, ``wrong-type`` for signed data of another purpose, ``incomplete`` without
    a certificate, ``unsupported-algorithm``, ``forged``.
    """
    if len(data) > MAX_SOD:
        raise EvidenceRefused(Refusal.MALFORMED)
    try:
        signed = _signed_data(data)
        content = signed["encap_content_info"]["content"].contents
        info = _only(signed["signer_infos"])
        signer = _signer(signed, info)
        _check_attributes(info, content)
        _check_signature(info, signer)
        return _security_object(content, signer)
    except (ValueError, TypeError, KeyError, IndexError, RecursionError, OverflowError) as error:
        # what asn1crypto raises on what is no ASN.1, or not of this form
        raise EvidenceRefused(Refusal.MALFORMED) from error
    except UnsupportedAlgorithm as error:
        raise EvidenceRefused(Refusal.UNSUPPORTED_ALGORITHM) from error


def _signed_data(data: bytes) -> Any:
    class_, method, tag, _header, inner, _trailer = parser.parse(data, strict=True)
    if (class_, method, tag) != _FILE:
        raise EvidenceRefused(Refusal.MALFORMED)
    info = cms.ContentInfo.load(inner, strict=True)
    if info["content_type"].native != "signed_data":
        raise EvidenceRefused(Refusal.WRONG_TYPE)
    signed = info["content"]
    if signed["version"].native != "v3" or signed["encap_content_info"]["content_type"].dotted != _CONTENT:
        raise EvidenceRefused(Refusal.WRONG_TYPE)
    return signed


def _only(found: Any) -> Any:
    if len(found) != 1:
        raise EvidenceRefused(Refusal.MALFORMED)
    return found[0]


def _signer(signed: Any, info: Any) -> x509.Certificate:
    """The certificate that the signature names, and no other one in its place."""
    found, sid = signed["certificates"], info["sid"]
    certificates = [] if isinstance(found, core.Void) else [choice.chosen for choice in found]
    if not certificates:
        raise EvidenceRefused(Refusal.INCOMPLETE)

    def named(certificate: Any) -> bool:
        if sid.name == "issuer_and_serial_number":
            issuer, serial = sid.chosen["issuer"], sid.chosen["serial_number"].native
            return bool(certificate.issuer.dump() == issuer.dump() and certificate.serial_number == serial)
        return bool(certificate.key_identifier == sid.chosen.native)

    fitting = [certificate for certificate in certificates if named(certificate)]
    return x509.load_der_x509_certificate(_only(fitting).dump())


def _check_attributes(info: Any, content: bytes) -> None:
    """The signed attributes: of this purpose, and over this content."""
    attributes: dict[str, Any] = {}
    for attribute in info["signed_attrs"]:
        if attribute["type"].native in attributes:
            raise EvidenceRefused(Refusal.MALFORMED)
        attributes[attribute["type"].native] = _only(attribute["values"])
    if attributes["content_type"].dotted != _CONTENT:
        raise EvidenceRefused(Refusal.WRONG_TYPE)
    name = _known(info["digest_algorithm"]["algorithm"].native)
    if not hmac.compare_digest(hashlib.new(name, content).digest(), attributes["message_digest"].native):
        raise EvidenceRefused(Refusal.FORGED)


def _check_signature(info: Any, signer: x509.Certificate) -> None:
    signature = info["signature"].native
    signed = b"\x31" + info["signed_attrs"].dump()[1:]  # signed is the SET, sent with a tag of its place
    try:
        key = signer.public_key()
    except ValueError as error:  # a curve that is written out, or none that is known
        raise EvidenceRefused(Refusal.UNSUPPORTED_ALGORITHM) from error
    algorithm = info["signature_algorithm"]
    kind = algorithm.signature_algo
    try:
        if isinstance(key, rsa.RSAPublicKey) and key.key_size >= 2048 and kind in ("rsassa_pkcs1v15", "rsassa_pss"):
            scheme, digest = _rsa(algorithm, info)
            key.verify(signature, signed, scheme, digest)
        elif isinstance(key, ec.EllipticCurvePublicKey) and key.curve.key_size >= 224 and kind == "ecdsa":
            key.verify(signature, signed, ec.ECDSA(_digest(algorithm, info)))
        else:
            raise EvidenceRefused(Refusal.UNSUPPORTED_ALGORITHM)
    except InvalidSignature as error:
        raise EvidenceRefused(Refusal.FORGED) from error


def _rsa(algorithm: Any, info: Any) -> tuple[padding.AsymmetricPadding, hashes.HashAlgorithm]:
    if algorithm.signature_algo == "rsassa_pkcs1v15":
        return padding.PKCS1v15(), _digest(algorithm, info)
    parameters = algorithm["parameters"]
    mask = parameters["mask_gen_algorithm"]
    if mask["algorithm"].native != "mgf1" or parameters["trailer_field"].native != "trailer_field_bc":
        raise EvidenceRefused(Refusal.UNSUPPORTED_ALGORITHM)
    digest = _HASHES[_known(parameters["hash_algorithm"]["algorithm"].native)]()
    masked = _HASHES[_known(mask["parameters"]["algorithm"].native)]()
    return padding.PSS(padding.MGF1(masked), int(parameters["salt_length"].native)), digest


def _digest(algorithm: Any, info: Any) -> hashes.HashAlgorithm:
    """The hash that a signature algorithm names, or else the signer's."""
    try:
        name = algorithm.hash_algo
    except ValueError:
        name = info["digest_algorithm"]["algorithm"].native
    return _HASHES[_known(name)]()


def _known(name: str) -> str:
    if name not in _HASHES:
        raise EvidenceRefused(Refusal.UNSUPPORTED_ALGORITHM)
    return name


def _security_object(content: bytes, signer: x509.Certificate) -> SecurityObject:
    found = _SecurityObject.load(content, strict=True)
    if found["version"].native not in (0, 1):
        raise EvidenceRefused(Refusal.MALFORMED)
    name = _known(found["algorithm"]["algorithm"].native)
    pairs = [(entry["number"].native, entry["value"].native) for entry in found["hashes"]]
    numbers = {number for number, _ in pairs}
    size = hashlib.new(name).digest_size
    if len(numbers) != len(pairs) or not numbers <= set(range(1, 17)) or any(len(value) != size for _, value in pairs):
        raise EvidenceRefused(Refusal.MALFORMED)
    return SecurityObject(name, dict(pairs), signer)
