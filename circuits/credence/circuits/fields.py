"""Strict reading of JSON objects: every key is asked for, by type; anything missing, unknown or of another type is refused.

The errors name the key, which this project chose, and never the value, which a stranger did.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, TypeVar

import rfc8785

from credence.circuits.encoding import b64u_decode
from credence.circuits.errors import Malformed, Step

T = TypeVar("T")

Json = Mapping[str, Any]

MAX_TEXT = 4096
MAX_INTEGER = (1 << 53) - 1
"""The largest integer that every JSON reader keeps (RFC 8259, section 6)."""


def canonical_json(document: Json) -> bytes:
    """RFC 8785. Raises :class:`Malformed` for what has no canonical form (infinite floats, lone surrogates, odd types)."""
    try:
        return rfc8785.dumps(dict(document))
    except (rfc8785.CanonicalizationError, ValueError, RecursionError) as error:
        raise Malformed("the document has no canonical JSON form", Step.SHAPE) from error


def json_digest(document: Json) -> bytes:
    """SHA-256 of the canonical form, 32 bytes."""
    return hashlib.sha256(canonical_json(document)).digest()


def unrepeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """One object of ``json.loads``, as its ``object_pairs_hook``. Raises :class:`ValueError` where a name stands twice."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found


class Fields:
    """One JSON object being read. Every getter raises :class:`Malformed`; call :meth:`done` at the end."""

    def __init__(self, value: object, what: str) -> None:
        if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
            raise Malformed(f"{what} is not an object", Step.SHAPE)
        self._left = dict(value)
        self._what = what

    def _take(self, key: str) -> Any:
        if key not in self._left:
            raise Malformed(f"{self._what} has no {key}", Step.SHAPE)
        return self._left.pop(key)

    def _bad(self, key: str) -> Malformed:
        return Malformed(f"{key} of {self._what} has the wrong type or range", Step.SHAPE)

    def has(self, key: str) -> bool:
        """Whether the key is there with a value other than null; an explicit null is dropped."""
        if key in self._left and self._left[key] is None:
            del self._left[key]
        return key in self._left

    def text(self, key: str, *, max_length: int = MAX_TEXT, empty_ok: bool = False) -> str:
        """A string without control characters or surrogates."""
        value = self._take(key)
        if not isinstance(value, str) or len(value) > max_length or not (value or empty_ok):
            raise self._bad(key)
        if any(ord(character) < 32 or 0xD800 <= ord(character) < 0xE000 for character in value):
            raise self._bad(key)
        return value

    def choice(self, key: str, *allowed: str) -> str:
        """One of the allowed strings."""
        value = self._take(key)
        if not isinstance(value, str) or value not in allowed:
            raise self._bad(key)
        return value

    def integer(self, key: str, *, minimum: int = 0, maximum: int = MAX_INTEGER) -> int:
        """An integer in the range; a boolean is none."""
        value = self._take(key)
        if type(value) is not int or not minimum <= value <= maximum:
            raise self._bad(key)
        return value

    def scalar(self, key: str) -> int:
        """A decimal string or a small integer: the attribute values of a credential."""
        value = self._take(key)
        if type(value) is int and 0 <= value <= MAX_INTEGER:
            return value
        if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 80 and str(int(value)) == value:
            return int(value)
        raise self._bad(key)

    def binary(self, key: str, *, length: int | None = None, max_length: int = 1 << 16) -> bytes:
        """Unpadded base64url of ``length`` bytes, or of at most ``max_length``."""
        value = self._take(key)
        if not isinstance(value, str):
            raise self._bad(key)
        data = b64u_decode(value, max_length=2 * max_length)
        if len(data) > max_length or (length is not None and len(data) != length):
            raise self._bad(key)
        return data

    def nested(self, key: str, what: str | None = None) -> Fields:
        """A nested object, which errors call ``what``: the key, unless a stranger chose that."""
        return Fields(self._take(key), what or key)

    def raw_object(self, key: str) -> Json:
        """A nested object, unread."""
        value = self._take(key)
        if not isinstance(value, Mapping):
            raise self._bad(key)
        return value

    def items(self, key: str, read: Callable[[object], T], *, minimum: int = 0, maximum: int = 256) -> tuple[T, ...]:
        """A list of ``minimum`` to ``maximum`` items, each read by ``read``."""
        value = self._take(key)
        if not isinstance(value, list) or not minimum <= len(value) <= maximum:
            raise self._bad(key)
        return tuple(read(item) for item in value)

    def texts(self, key: str, *, minimum: int = 0, maximum: int = 256) -> tuple[str, ...]:
        """A list of distinct non-empty strings."""
        values = self.items(key, _plain_text, minimum=minimum, maximum=maximum)
        if len(set(values)) != len(values):
            raise self._bad(key)
        return values

    def names(self) -> tuple[str, ...]:
        """The keys not read yet, which a map of names to values is."""
        return tuple(self._left)

    def scalars(self, key: str, *, maximum: int = 64) -> Mapping[str, int]:
        """A nested object of at most ``maximum`` scalars by name; a stranger chose the names, so no error repeats one."""
        inner = self.nested(key)
        names = inner.names()
        try:
            values = {name: inner.scalar(name) for name in names}
        except Malformed:
            raise self._bad(key) from None
        if len(names) > maximum:
            raise self._bad(key)
        return MappingProxyType(values)

    def done(self) -> None:
        """Raises :class:`Malformed` where a key is left over."""
        if self._left:
            raise Malformed(f"{self._what} has an unknown key", Step.SHAPE)


def _plain_text(value: object) -> str:
    return Fields({"item": value}, "list").text("item", max_length=256)
