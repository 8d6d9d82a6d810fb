"""Where the issuer's most precious keys are: in this process, or each in one of their own behind a socket."""

from __future__ import annotations

from credence.service.keys.issuing import IssuerKeys
from credence.service.keys.ports import CredentialSigner, IdentityTags
from credence.service.keys.remote import RemoteSigner, RemoteTags
from credence.service.keys.tags import TagKeys
from credence.service.ledger.stamping import stamped
from credence.service.runtime import Services


def signer_of(services: Services) -> CredentialSigner:
    """Who signs credentials here."""
    socket = services.settings.signer_socket
    if socket is None:
        return IssuerKeys(services.keyring, services.curve, services.rng)
    return RemoteSigner(socket, lambda first: stamped(services.ledger, first))


def tags_of(services: Services) -> IdentityTags:
    """Who turns persons into tags here."""
    socket = services.settings.tagger_socket
    return TagKeys(services.keyring) if socket is None else RemoteTags(socket)
