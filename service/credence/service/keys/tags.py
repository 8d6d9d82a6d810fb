"""The keys of identity tags at work: the only place that derives a person's tag, and the issuer's halves from a tag.

Both keys are permanent: the same document must lead to the same tag, and the same tag to the same pseudonyms.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from credence.circuits.encoding import u64le
from credence.circuits.errors import IllFormed
from credence.circuits.hashing import Label, expand_message_xmd, hash_to_scalar, hmac_labelled
from credence.circuits.issuance import IssuerEntropy
from credence.service.keys.keyring import Keyring
from credence.service.keys.purposes import Purpose

TAG_LENGTH: Final = 32
MAX_PARTS: Final = 8
MAX_PART: Final = 256
MAX_RESETS: Final = 1 << 32


@dataclass(frozen=True, slots=True)
class KeyedTags:
    """Two keys of 32 bytes, and what is derived with them."""

    tag_key: bytes = field(repr=False)
    entropy_key: bytes = field(repr=False)

    def tag(self, *parts: bytes) -> bytes:
        """As :meth:`IdentityTags.tag`. Raises :class:`IllFormed` for parts out of range."""
        check_parts(parts)
        return hmac_labelled(self.tag_key, Label.IDENTITY_TAG, *parts)

    def entropy(self, tag: bytes, resets: int) -> IssuerEntropy:
        """As :meth:`IdentityTags.entropy`. Raises :class:`IllFormed` for a tag or number out of range."""
        if len(tag) != TAG_LENGTH or not 0 <= resets <= MAX_RESETS:
            raise IllFormed("a tag has 32 bytes, and resets are counted")

        def half(label: Label) -> int:
            keyed = hmac_labelled(self.entropy_key, label, tag, u64le(resets))
            return hash_to_scalar(expand_message_xmd, keyed, label.value)

        return IssuerEntropy(nym=half(Label.NYM_ENTROPY), use=half(Label.USE_ENTROPY))

    def is_at_hand(self) -> bool:
        """Always."""
        return True


class TagKeys:
    """The keys of a keyring, in this process."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring: Final = keyring

    def tag(self, *parts: bytes) -> bytes:
        """As :meth:`KeyedTags.tag`."""
        return self._keyed().tag(*parts)

    def entropy(self, tag: bytes, resets: int) -> IssuerEntropy:
        """As :meth:`KeyedTags.entropy`."""
        return self._keyed().entropy(tag, resets)

    def is_at_hand(self) -> bool:
        """Always."""
        return True

    def _keyed(self) -> KeyedTags:
        secret = self._keyring.secret
        return KeyedTags(secret(Purpose.ISSUER_IDENTITY_TAG), secret(Purpose.ISSUER_ENTROPY))


def check_parts(parts: tuple[bytes, ...]) -> None:
    """Returns iff there are 1 to 8 parts of at most 256 bytes. Raises :class:`IllFormed`."""
    if not 1 <= len(parts) <= MAX_PARTS or any(len(part) > MAX_PART for part in parts):
        raise IllFormed("a person is one to eight parts of 256 bytes at most")
