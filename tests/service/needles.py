"""Every form in which a word about a person could lie in bytes: as it was sent, normalised, or encoded on the way."""

from __future__ import annotations

import base64
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator
from datetime import date
from urllib.parse import quote

from anyascii import anyascii

SHORTEST = 6
"""Bytes of a needle: fewer are found by chance in some pages of a database."""

_PIECE = 1 << 22

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def needles(words: Iterable[str]) -> frozenset[bytes]:
    """What to search for, for each of ``words``."""
    return frozenset(form for word in words for text in spellings(word) for form in encoded(text) if len(form) >= SHORTEST)


class Search:
    """Looks for thousands of needles in many megabytes.

    Of each piece the words of four bytes are put into a set. Wherever a needle begins, from one of four alignments on all
    its words are among them: the few for which that is so are then looked for as they are.
    """

    def __init__(self, wanted: Iterable[bytes]) -> None:
        self._wanted = [(needle, [_words(needle[start:]) for start in range(4)]) for needle in wanted]
        self._overlap = max((len(needle) for needle, _ in self._wanted), default=0)

    def hits(self, content: bytes) -> set[bytes]:
        """The needles that ``content`` holds."""
        found: set[bytes] = set()
        for start in range(0, max(1, len(content)), _PIECE):
            piece = content[start : start + _PIECE + self._overlap]
            there = _words(piece)
            likely = (needle for needle, aligned in self._wanted if any(words <= there for words in aligned))
            found |= {needle for needle in likely if needle in piece}
        return found


def _words(content: bytes) -> frozenset[int]:
    whole = len(content) // 4 * 4
    return frozenset(memoryview(content)[:whole].cast("I"))


def spellings(word: str) -> set[str]:
    """The same word as somebody could have written it."""
    found = {word, unicodedata.normalize("NFC", word), unicodedata.normalize("NFD", word), anyascii(word)}
    parts = word.split()
    if len(parts) > 1:
        found |= {" ".join(reversed(parts)), ", ".join(reversed(parts)), "".join(parts)}
    if any(character.isdigit() for character in word):
        found.add(re.sub(r"[\W_]+", "", word))  # without separators
    if _DATE.fullmatch(word):
        day = date.fromisoformat(word)
        found |= {day.strftime(form) for form in ("%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%Y%m%d", "%d%m%Y", "%d %B %Y")}
    return {form for text in found for form in (text, text.casefold(), text.upper())}


def encoded(text: str) -> Iterator[bytes]:
    """The text in bytes."""
    plain = text.encode("utf-8", "surrogatepass")
    yield plain
    yield text.encode("utf-16-le", "surrogatepass")
    yield text.encode("utf-16-be", "surrogatepass")
    yield json.dumps(text)[1:-1].encode()
    yield quote(text, safe="").encode()
    yield quote(text, safe="").lower().encode()
    yield plain.hex().encode()
    yield plain.hex().upper().encode()
    for shift in range(3):  # inside something longer, of which the first and last characters also speak of its neighbours
        inner = base64.b64encode(b"\0" * shift + plain)[(0, 2, 3)[shift] :]
        inner = inner.rstrip(b"=")[:-1]
        yield inner
        yield inner.replace(b"+", b"-").replace(b"/", b"_")
