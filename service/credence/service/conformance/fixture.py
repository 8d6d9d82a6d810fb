"""Reading published vectors, whose spelling varies: ``A_bar`` and ``Abar``, hex scalars without their leading zeros.

Inputs and results are read strictly. Only the traces, written by hand in places, are read with stray characters left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import PurePath
from typing import Any

from credence.circuits.bbs.suite import Suite, SuiteMaker, sha256_suite, shake256_suite
from credence.circuits.curve import G1, G1_LENGTH, SCALAR_LENGTH, Curve
from credence.circuits.encoding import Rng
from credence.circuits.errors import CircuitError
from credence.circuits.hashing import EXPAND_LENGTH

DEFAULT_SEED = b"3.141592653589793238462643383279"
"""What the drafts' fixtures seed their mocked randomness with, where a file does not say."""

Note = Callable[[str], None]


class Mismatch(Exception):
    """A vector says one thing, this build another. The text names the value, never holds it."""


def expect(name: str, actual: object, expected: object) -> None:
    """Raises :class:`Mismatch` unless the two are equal."""
    if actual != expected:
        raise Mismatch(f"{name} differs")


def expect_refused(judge: Callable[[], object]) -> None:
    """Raises :class:`Mismatch` unless ``judge`` refuses with one of the circuits' errors."""
    try:
        judge()
    except CircuitError:
        return
    raise Mismatch("an invalid vector was accepted")


def _plain(key: str) -> str:
    return re.sub(r"[^a-z0-9]", "", key.lower())


def _by_plain_name(value: object) -> dict[str, Any]:
    return {_plain(str(key)): item for key, item in value.items()} if isinstance(value, Mapping) else {}


class Trace:
    """The intermediate values that a vector states. Those not asked for are reported as not checked by :meth:`done`."""

    def __init__(self, value: object, note: Note) -> None:
        self._values = _by_plain_name(value)
        self._left = set(self._values)
        self._note = note

    def _take(self, name: str) -> Any:
        self._left.discard(_plain(name))
        return self._values.get(_plain(name))

    def point(self, name: str, point: G1) -> None:
        """The value, if stated, is the encoding of ``point``."""
        digits = self._digits(name, self._take(name), 2 * G1_LENGTH)
        if digits:
            expect(f"trace {name}", point.to_bytes().hex(), digits)

    def scalar(self, name: str, scalar: int) -> None:
        """The value, if stated, is ``scalar``."""
        digits = self._digits(name, self._take(name), 2 * SCALAR_LENGTH)
        if digits:
            expect(f"trace {name}", scalar, int(digits, 16))

    def scalars(self, name: str, scalars: Sequence[int]) -> None:
        """The values, if stated, are ``scalars``."""
        stated = self._take(name)
        if stated is not None:
            expect(f"number of trace {name}", len(scalars), len(stated))
            for scalar, item in zip(scalars, stated, strict=True):
                digits = self._digits(name, item, 2 * SCALAR_LENGTH)
                expect(f"trace {name}", scalar, int(digits, 16) if digits else scalar)

    def signed(self, domain: int, signed_point: G1) -> None:
        """The domain and the point that was signed. One published trace holds that point under ``domain``."""
        if len(str(self._values.get("domain"))) != 2 * G1_LENGTH:
            self.scalar("domain", domain)
            self.point("B", signed_point)
            return
        self.point("domain", signed_point)
        self._take("B")
        self._note("the trace holds B under domain, where it is compared; what it holds under B is not")

    def _digits(self, name: str, stated: object, most: int) -> str:
        """The hex digits of a stated value, without stray letters; nothing, and a note, for one that is too long."""
        digits = re.sub(r"[^0-9a-f]", "", str(stated).lower()) if stated is not None else ""
        if len(digits) > most:
            self._note(f"trace value {_plain(name)} has {len(digits) // 2} bytes and is not compared")
            return ""
        return digits

    def inner(self, name: str) -> Trace:
        """A group of values inside this one."""
        return Trace(self._take(name), self._note)

    def done(self) -> None:
        """Note what nobody asked for."""
        for name in sorted(self._left):
            self._note(f"trace value {name} is not checked")


class Fixture:
    """One file. ``name`` is its path from the folder that was given. Reading raises ``LookupError`` or ``ValueError``."""

    def __init__(self, name: PurePath, path: PurePath, text: str, value: Any) -> None:
        self.name = name
        self.path = path
        self.text = text
        self.value = value
        self._values = _by_plain_name(value)

    def has(self, *names: str) -> bool:
        """Whether all of these are there."""
        return all(_plain(name) in self._values for name in names)

    def get(self, name: str) -> Any:
        """A value as it stands in the file, None where it is absent."""
        return self._values.get(_plain(name))

    def child(self, name: str) -> Fixture:
        """An object inside this one."""
        return Fixture(self.name, self.path, self.text, self._values[_plain(name)])

    @property
    def valid(self) -> bool:
        """What the file says of itself; valid where it says nothing."""
        result = self.get("result")
        return bool(result.get("valid", True)) if isinstance(result, Mapping) else True

    def octets(self, name: str) -> bytes:
        """Octets in hex; absent and null are the empty string."""
        value = self.get(name)
        return b"" if value is None else bytes.fromhex(value)

    def octet_list(self, name: str) -> list[bytes]:
        """A list of octet strings; absent and null are the empty list."""
        return [bytes.fromhex(item) for item in self.get(name) or ()]

    def scalar(self, name: str) -> int:
        """A scalar in hex, with or without leading zeros; absent and null are zero."""
        value = self.get(name)
        return 0 if value is None else int(value, 16)

    def scalars(self, name: str) -> list[int]:
        """A list of scalars."""
        return [int(item, 16) for item in self.get(name) or ()]

    def by_index(self, name: str) -> tuple[list[int], list[bytes]]:
        """An object of index to message, as two lists in the order of the indexes."""
        pairs = sorted((int(index), bytes.fromhex(item)) for index, item in (self.get(name) or {}).items())
        return [index for index, _ in pairs], [message for _, message in pairs]

    def trace(self, note: Note) -> Trace:
        """The intermediate values."""
        return Trace(self.get("trace"), lambda sentence: note(f"{self.name.as_posix()}: {sentence}"))

    def suites(self, curve: Curve) -> list[Suite]:
        """The suites the file can be of: what its path says, what it says itself; both where nothing says."""
        found = [*_named_in(reversed(self.path.parts)), *_named_in([self.text])]
        either: list[SuiteMaker] = [sha256_suite, shake256_suite]
        return [maker(curve) for maker in dict.fromkeys(found or either)]


_SHAKE = re.compile(r"shake|5348414b452d", re.IGNORECASE)  # in letters, or as hex of "SHAKE-"
_SHA = re.compile(r"sha-?256|5348412d323536", re.IGNORECASE)


def _named_in(texts: Iterable[str]) -> list[SuiteMaker]:
    for text in texts:
        if _SHAKE.search(text):
            return [shake256_suite]
        if _SHA.search(text):
            return [sha256_suite]
    return []


def suite_label(suites: Sequence[Suite]) -> str:
    """How a suite stands in a suite's name."""
    if len(suites) > 1:
        return "either-hash"
    return "shake-256" if b"SHAKE" in suites[0].id else "sha-256"


class MockedRng:
    """The drafts' mocked randomness: ``expand_message(seed, dst, 48·count)``, 48 bytes at each call."""

    def __init__(self, suite: Suite, seed: bytes, dst: bytes, count: int) -> None:
        self._octets = suite.expand(seed, dst, EXPAND_LENGTH * count)
        self._at = 0

    def __call__(self, length: int) -> bytes:
        piece = self._octets[self._at : self._at + length]
        if length != EXPAND_LENGTH or len(piece) != length:
            raise Mismatch("more or other randomness was drawn than the draft says")
        self._at += length
        return piece

    def exhausted(self) -> None:
        """Raises :class:`Mismatch` where less was drawn than the draft says."""
        if self._at != len(self._octets):
            raise Mismatch("less randomness was drawn than the draft says")


def mocked(fixture: Fixture, suite: Suite, purpose: str, default_dst: bytes, count: int) -> MockedRng:
    """The mocked randomness that a file asks for, for one purpose (``commit``, ``proof``)."""
    stated = _by_plain_name(fixture.get("mockRngParameters"))
    parameters = _by_plain_name(stated.get(purpose))
    seed, dst = stated.get("seed"), parameters.get("dst")
    return MockedRng(suite, ascii_or_hex(seed) if seed else DEFAULT_SEED, ascii_or_hex(dst) if dst else default_dst, count)


def ascii_or_hex(text: str) -> bytes:
    """Seeds and tags are written in either way."""
    return bytes.fromhex(text) if re.fullmatch(r"(?:[0-9a-fA-F]{2})+", text) else text.encode()


def no_blinding(length: int) -> bytes:
    """For operations whose result does not depend on the randomness that blinds them."""
    return b"\x5a" * length


_: Rng = no_blinding
