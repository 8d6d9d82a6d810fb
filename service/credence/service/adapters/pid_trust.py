"""Whose PIDs are believed: a List of Trusted Entities (ETSI TS 119 602) that its scheme operator signed.

The list is a compact JAdES signature in a file, its signer pinned by certificate. Reading it, and paths from a signer to an
entry, are openvc-core's; that the list is of PID providers and not over is checked here, which it leaves to its caller.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from cryptography import x509
from openvc.errors import OpenvcError
from openvc.trustlist import LoteType, TrustList, TrustListError, consume_lote
from openvc.x5c import resolve_x5c_key

from credence.service.adapters.fetching import SourceUnavailable
from credence.service.errors import Misconfigured
from credence.service.issuer.evidence import EvidenceRefused, Refusal

ISSUANCE: Final = "http://uri.etsi.org/19602/SvcType/PID/Issuance"
REVOCATION: Final = "http://uri.etsi.org/19602/SvcType/PID/Revocation"

MAX_BYTES: Final = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class PidTrust:
    """A list that was verified: the certificates of those who issue and of those who publish status, and when it is over."""

    issuance: tuple[x509.Certificate, ...] = field(repr=False)
    status: tuple[x509.Certificate, ...] = field(repr=False)
    next_update: datetime

    def issuer_key(self, header: dict[str, Any], issuer: object, now: int) -> dict[str, Any]:
        """The key (a JWK) of who signed a PID, by the chain in its header, which has to name ``issuer``.

        Raises :class:`EvidenceRefused` (``untrusted``), and :class:`SourceUnavailable` once the list is over.
        """
        return self._key(header, issuer, now, self.issuance)

    def status_key(self, header: dict[str, Any], issuer: str, now: int) -> dict[str, Any]:
        """The key of who signed a status list for ``issuer``. Raises as :meth:`issuer_key`."""
        return self._key(header, issuer, now, (*self.issuance, *self.status))

    def _key(self, header: dict[str, Any], issuer: object, now: int, anchors: Sequence[x509.Certificate]) -> dict[str, Any]:
        at, chain = datetime.fromtimestamp(now, UTC), header.get("x5c")
        if at >= self.next_update:
            raise SourceUnavailable("The list of trusted PID providers is over: it has to be replaced.")
        if not isinstance(chain, list) or not isinstance(issuer, str):
            raise EvidenceRefused(Refusal.UNTRUSTED)
        try:
            return dict(resolve_x5c_key(chain, issuer, trust_anchors=anchors, now=at))
        except OpenvcError as error:
            raise EvidenceRefused(Refusal.UNTRUSTED) from error


def read_trust(path: Path, signers: Path, now: int) -> PidTrust:
    """The list in ``path``, signed by one of the certificates in ``signers`` (PEM) or by who chains to one.

    Raises :class:`~credence.service.errors.Misconfigured` for a list that is forged, over, of something else or empty.
    """
    try:
        pinned = x509.load_pem_x509_certificates(signers.read_bytes())
        token = path.read_bytes().strip()
        found = consume_lote(token, expected_signer_certs=pinned, now=datetime.fromtimestamp(now, UTC), max_bytes=MAX_BYTES)
    except (OSError, ValueError) as error:
        raise Misconfigured("CREDENCE_PID_TRUST_LIST: the list or the certificates of its signer cannot be read") from error
    except TrustListError as error:
        raise Misconfigured("CREDENCE_PID_TRUST_LIST: no list that its signer signed") from error
    if found.tsl_type != LoteType.EU_PID_PROVIDERS:
        raise Misconfigured("CREDENCE_PID_TRUST_LIST: a list of something else than PID providers")
    if found.next_update is None or found.next_update <= datetime.fromtimestamp(now, UTC):
        raise Misconfigured("CREDENCE_PID_TRUST_LIST: the list is over")
    trust = PidTrust(_certificates(found, ISSUANCE), _certificates(found, REVOCATION), found.next_update)
    if not trust.issuance:
        raise Misconfigured("CREDENCE_PID_TRUST_LIST: the list has no PID provider")
    return trust


def _certificates(found: TrustList, service: str) -> tuple[x509.Certificate, ...]:
    return tuple(
        anchor.certificate for provider in found.providers for anchor in provider.services if anchor.service_type == service
    )
