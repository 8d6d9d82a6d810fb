"""Signed announcements of tariff versions: what a verifier will charge, from when, said before it counts.

The signature covers ``LP(label) LP(canonical JSON)`` hashed with SHA-256; the same 32 bytes are the leaf in the ledger,
which is not salted, because an announcement is public.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from credence.circuits.encoding import b64u
from credence.circuits.errors import Malformed, Refused, Step
from credence.circuits.fields import Fields, canonical_json
from credence.circuits.hashing import Label, sha256_labelled

TARIFF_LEAF: Final = "tariff"
"""The kind of an announcement's leaf."""

_NAME: Final = 64
_ID: Final = 128


@dataclass(frozen=True, slots=True)
class TariffAnnouncement:
    """One version of one tariff. ``digest``: SHA-256 (32 bytes) of the tariff's RFC 8785 form. Times are unix seconds.

    ``replaces`` is the version that was active when it was announced, None for a name's first. ``notice_seconds`` is the
    notice that a version has to be given which is worse for anybody; ``activates_at`` is no earlier than that, unless the
    version is worse for nobody.
    """

    verifier: str
    name: str
    version: int
    digest: bytes
    replaces: int | None
    announced_at: int
    activates_at: int
    notice_seconds: int

    def to_json(self) -> dict[str, Any]:
        """The signed content."""
        return {
            "type": "credence/tariff-announcement/1",
            "verifier": self.verifier,
            "name": self.name,
            "version": self.version,
            "digest": b64u(self.digest),
            "replaces": self.replaces,
            "announced_at": self.announced_at,
            "activates_at": self.activates_at,
            "notice_seconds": self.notice_seconds,
        }

    @classmethod
    def parse(cls, value: object) -> Self:
        """Read the content. Raises :class:`Malformed`, also for a version that is active before it is announced."""
        fields = Fields(value, "tariff announcement")
        fields.choice("type", "credence/tariff-announcement/1")
        found = cls(
            verifier=fields.text("verifier", max_length=_ID),
            name=fields.text("name", max_length=_NAME),
            version=fields.integer("version", minimum=1),
            digest=fields.binary("digest", length=32),
            replaces=fields.integer("replaces", minimum=1) if fields.has("replaces") else None,
            announced_at=fields.integer("announced_at"),
            activates_at=fields.integer("activates_at"),
            notice_seconds=fields.integer("notice_seconds"),
        )
        fields.done()
        if found.activates_at < found.announced_at:
            raise Malformed("a version is announced before it is active", Step.RECEIPT)
        return found

    def signed_bytes(self) -> bytes:
        """The 32 bytes that are signed."""
        return sha256_labelled(Label.TARIFF, canonical_json(self.to_json()))

    def leaf(self) -> bytes:
        """The 32 leaf bytes in the ledger."""
        return self.signed_bytes()


def sign_announcement(announcement: TariffAnnouncement, key_id: str, key: Ed25519PrivateKey) -> dict[str, Any]:
    """As it goes over the wire: ``{"announcement": …, "key_id": …, "signature": base64url}``."""
    signature = b64u(key.sign(announcement.signed_bytes()))
    return {"announcement": announcement.to_json(), "key_id": key_id, "signature": signature}


def open_announcement(value: object, key: Ed25519PublicKey) -> TariffAnnouncement:
    """The announcement inside a signed one. Raises :class:`Malformed`, or :class:`Refused` for another key's signature."""
    fields = Fields(value, "signed tariff announcement")
    found = TariffAnnouncement.parse(fields.raw_object("announcement"))
    fields.text("key_id", max_length=_NAME)
    signature = fields.binary("signature", length=64)
    fields.done()
    try:
        key.verify(signature, found.signed_bytes())
    except InvalidSignature as error:
        raise Refused("the announcement's signature is not valid", Step.RECEIPT) from error
    return found
