"""Who signs credentials and who turns persons into tags: in this process, or in one of their own beside it.

Each port has two homes. In the process: :class:`~credence.service.keys.issuing.IssuerKeys` and
:class:`~credence.service.keys.tags.TagKeys`. In another process, over a Unix socket:
:class:`~credence.service.keys.remote.RemoteSigner` and :class:`~credence.service.keys.remote.RemoteTags`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from credence.circuits.issuance import IssuerEntropy
from credence.service.errors import Unavailable
from credence.service.keys.keyring import Version
from credence.service.keys.ordering import Order


class KeeperAway(Unavailable):
    """The process that keeps a key does not answer, or does not do at present what it was asked."""

    default = "A key that this needs is not at hand at present."


@dataclass(frozen=True)
class PublicIssuerKey:
    """What the world may know of an issuing key: its version, the suite's name, the 96-byte public key, and the 64-byte
    proof that its secret is known (:meth:`~credence.circuits.issuer_document.IssuerKey.check_possession`)."""

    version: Version
    suite: str
    public_key: bytes
    possession: bytes


class CredentialSigner(Protocol):
    """Signs credentials. Safe for many threads."""

    def live(self) -> tuple[PublicIssuerKey, ...]:
        """Every key that credentials may be shown under, newest first. Raises :class:`KeeperAway`."""
        ...

    def current(self) -> PublicIssuerKey:
        """The key that credentials are signed with.

        Raises :class:`~credence.service.keys.KeyringRefused` where there is none, and :class:`KeeperAway`.
        """
        ...

    def sign(self, order: Order) -> bytes:
        """The 80-byte signature under a live key, the same for the same order.

        Raises as :func:`~credence.circuits.issuance.issue_credential`, :class:`~credence.service.keys.KeyringRefused` for
        another key, and :class:`KeeperAway`.
        """
        ...

    def is_at_hand(self) -> bool:
        """Whether it would sign now, as far as can be told without signing."""
        ...


class IdentityTags(Protocol):
    """Turns a person into a tag, and a tag into the issuer's halves of secrets. Safe for many threads."""

    def tag(self, *parts: bytes) -> bytes:
        """The keyed tag of one person, 32 bytes, from the canonical parts of a document: 1 to 8 of up to 256 bytes.

        Raises :class:`KeeperAway`.
        """
        ...

    def entropy(self, tag: bytes, resets: int) -> IssuerEntropy:
        """The issuer's halves of ``nym_secret`` and ``use_key``: the same for a tag and a number of resets, for ever.

        Raises :class:`KeeperAway`.
        """
        ...

    def is_at_hand(self) -> bool:
        """Whether it would answer now."""
        ...
