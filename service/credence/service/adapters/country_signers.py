"""Which state stands behind a document signer: its country signing certificate authority (CSCA), as the operator trusts it.

A folder holds the certificates (``.cer``, ``.crt``, ``.der``, ``.pem``) and, where there are any, the lists of what a CSCA
revoked (``.crl``). A list is used for as long as it lies there, also once it is over: what it revoked stays revoked.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.x509.oid import ExtensionOID, NameOID

from credence.service.errors import Misconfigured
from credence.service.issuer.evidence import EvidenceRefused, Refusal

_CERTIFICATES: Final = frozenset({".cer", ".crt", ".der", ".pem"})
_LISTS: Final = frozenset({".crl"})
_PEM: Final = b"-----BEGIN "
_KNOWN: Final = frozenset({ExtensionOID.BASIC_CONSTRAINTS, ExtensionOID.KEY_USAGE})
"""What may be critical in a document signer. Extended key usage is, in certificates that sign something else."""


class CountrySigners:
    """The CSCAs that are trusted, and what they revoked."""

    def __init__(
        self, authorities: Iterable[x509.Certificate], revocations: Iterable[x509.CertificateRevocationList] = ()
    ) -> None:
        self._authorities: Final = tuple(authorities)
        self._revocations: Final = tuple(revocations)

    def country_of(self, signer: x509.Certificate, now: int) -> str:
        """The country (alpha-2) whose CSCA issued the certificate of a document signer, which is valid ``now``.

        Raises :class:`EvidenceRefused`: ``untrusted``, ``revoked``, and ``stale`` or ``not-yet-valid`` for the
        signer's own time.
        """
        at = datetime.fromtimestamp(now, UTC)
        issuer = next((one for one in self._authorities if _issued(signer, one, at)), None)
        if issuer is None or not _may_sign(signer):
            raise EvidenceRefused(Refusal.UNTRUSTED)
        if at < signer.not_valid_before_utc:
            raise EvidenceRefused(Refusal.NOT_YET_VALID)
        if at > signer.not_valid_after_utc:
            raise EvidenceRefused(Refusal.STALE)
        for listed in self._revocations:
            revoked = listed.get_revoked_certificate_by_serial_number(signer.serial_number)
            if listed.issuer == issuer.subject and revoked is not None:
                raise EvidenceRefused(Refusal.REVOKED)
        country, of_signer = _country(issuer.subject), _country(signer.subject)
        if country is None or country != of_signer:
            raise EvidenceRefused(Refusal.UNTRUSTED)
        return country


def read_country_signers(folder: Path) -> CountrySigners:
    """What lies in a folder. Raises :class:`~credence.service.errors.Misconfigured` for a file that cannot be read, a list
    that none of the certificates signed, or a folder without a certificate."""
    try:
        files = sorted(path for path in folder.iterdir() if path.suffix.lower() in _CERTIFICATES | _LISTS)
        contents = [(path.suffix.lower() in _LISTS, path.read_bytes()) for path in files]
        authorities = [one for is_list, data in contents if not is_list for one in _certificates(data)]
        revocations = [_revocations(data) for is_list, data in contents if is_list]
    except (OSError, ValueError) as error:
        raise Misconfigured("CREDENCE_EMRTD_SIGNERS: a file in the folder cannot be read") from error
    if not authorities:
        raise Misconfigured("CREDENCE_EMRTD_SIGNERS: the folder has no certificate")
    for listed in revocations:
        if not any(_signed(listed, authority) for authority in authorities):
            raise Misconfigured("CREDENCE_EMRTD_SIGNERS: no certificate of the folder signed a list of what is revoked")
    return CountrySigners(authorities, revocations)


def _certificates(data: bytes) -> list[x509.Certificate]:
    return x509.load_pem_x509_certificates(data) if data.startswith(_PEM) else [x509.load_der_x509_certificate(data)]


def _revocations(data: bytes) -> x509.CertificateRevocationList:
    return x509.load_pem_x509_crl(data) if data.startswith(_PEM) else x509.load_der_x509_crl(data)


def _signed(listed: x509.CertificateRevocationList, authority: x509.Certificate) -> bool:
    try:
        key = authority.public_key()
        return listed.issuer == authority.subject and listed.is_signature_valid(key)  # type: ignore[arg-type]
    except (TypeError, ValueError, UnsupportedAlgorithm):
        return False


def _issued(signer: x509.Certificate, authority: x509.Certificate, at: datetime) -> bool:
    if not (authority.not_valid_before_utc <= at <= authority.not_valid_after_utc and _is_authority(authority)):
        return False
    try:
        signer.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        extensions = certificate.extensions
        constraints = extensions.get_extension_for_class(x509.BasicConstraints).value
        usage = extensions.get_extension_for_class(x509.KeyUsage).value
    except (x509.ExtensionNotFound, x509.DuplicateExtension, ValueError):
        return False
    return constraints.ca and usage.key_cert_sign


def _may_sign(certificate: x509.Certificate) -> bool:
    """Whether a certificate is one for signing documents, and says nothing that would have to be understood."""
    try:
        extensions = certificate.extensions
        usage = extensions.get_extension_for_class(x509.KeyUsage).value
    except (x509.ExtensionNotFound, x509.DuplicateExtension, ValueError):
        return False
    critical = {extension.oid for extension in extensions if extension.critical}
    return usage.digital_signature and not usage.key_cert_sign and critical <= _KNOWN


def _country(name: x509.Name) -> str | None:
    found = name.get_attributes_for_oid(NameOID.COUNTRY_NAME)
    return str(found[0].value).upper() if len(found) == 1 else None
