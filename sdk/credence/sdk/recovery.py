"""A wallet's root as words to write down: BIP-39, English, 24 words.

The 32 bytes of the root are the entropy that the words stand for, with 8 bits of their SHA-256 as a checksum. The other half
of BIP-39, which stretches words and a passphrase to a seed, is not used: every vault has a root already, and the words must
give back that very root. Nor is there a "25th word": the words alone are the holder.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import Final

from mnemonic import Mnemonic

from credence.sdk.errors import PhraseInvalid

WORDS: Final = 24

_LONGEST: Final = 1024
"""Characters of a phrase that is looked at; 24 English words have at most 215."""


_MARK: Final = "\ufeff"
"""What some editors write before a file's first word."""


def phrase_of(root: bytes) -> str:
    """The words of a root (32 bytes). Whoever reads them is the holder."""
    return _english().to_mnemonic(root)


def root_of(phrase: str) -> bytes:
    """The root of a phrase, whatever its letters' case and the space around its words.

    Raises :class:`PhraseInvalid`, which has no cause or context: that of the library would name a word.
    """
    words = unicodedata.normalize("NFKD", phrase[:_LONGEST].removeprefix(_MARK)).casefold().split()
    if len(phrase) > _LONGEST or len(words) != WORDS:
        raise PhraseInvalid(f"A recovery phrase has {WORDS} words.")
    root = _entropy(words)
    if root is None:
        raise PhraseInvalid
    return root


def _entropy(words: list[str]) -> bytes | None:
    try:
        return bytes(_english().to_entropy(words))
    except (ValueError, LookupError):
        return None


@cache
def _english() -> Mnemonic:
    return Mnemonic("english")
