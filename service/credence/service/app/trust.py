"""Which issuers a verifier believes: those whose documents the operator names, and the one in the same process."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from fastapi import FastAPI

from credence.circuits.wire import IssuerDocument
from credence.service.issuer.keepers import signer_of
from credence.service.issuer.publication import issuer_document
from credence.service.keys.accumulating import AccumulatorKeys
from credence.service.runtime import Services, TrustedDocuments
from credence.service.settings import Settings
from credence.service.verifier.issuers import IssuerFiles


@runtime_checkable
class Publisher(Protocol):
    """What the issuer prepared, as far as others may know it."""

    def document(self) -> IssuerDocument:
        """The document that it publishes at present."""
        ...


def trusted_documents(app: FastAPI, settings: Settings) -> TrustedDocuments:
    """Answers the documents that are believed now. Raises :class:`Misconfigured` for a file that holds none.

    A file for this service's own issuer id takes the place of the issuer in the process.
    """
    files = IssuerFiles(settings.trusted_issuers)

    def documents() -> Sequence[IssuerDocument]:
        named = files()
        issuer = getattr(app.state, "issuer", None)
        if isinstance(issuer, Publisher) and settings.issuer_id not in settings.trusted_issuers:
            return (*named, issuer.document())
        return named

    return documents


def believed(services: Services) -> Sequence[IssuerDocument]:
    """What a service of all parties over this installation would believe now. Raises :class:`Misconfigured`."""
    settings = services.settings
    named = IssuerFiles(settings.trusted_issuers)()
    if settings.issuer_id in settings.trusted_issuers:
        return named
    issuing = signer_of(services)
    revoking = AccumulatorKeys(services.keyring, services.curve, services.rng)
    return (*named, issuer_document(services, issuing, revoking))
