"""The formats of documents' numbers, where an authority publishes them and they are the type's only ones.

A format is a string of places: ``9`` a digit, ``A`` a letter, ``X`` a digit or a letter; ``a`` and ``x`` are the same
without the letter O, which the Netherlands do not use; ``g`` is what Germany uses, digits and CFGHJKLMNPRTVWXYZ. Where a
country's numbers are not known for certain there is no format, and nothing is read into them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

_DIGITS: Final = "0123456789"
_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_WITHOUT_O: Final = _LETTERS.replace("O", "")
_CLASSES: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "9": frozenset(_DIGITS),
        "A": frozenset(_LETTERS),
        "X": frozenset(_DIGITS + _LETTERS),
        "a": frozenset(_WITHOUT_O),
        "x": frozenset(_DIGITS + _WITHOUT_O),
        "g": frozenset(_DIGITS + "CFGHJKLMNPRTVWXYZ"),
    }
)


@dataclass(frozen=True, slots=True)
class Format:
    """The characters that each place allows. ``machine_readable``: it stands in a machine-readable zone, before a check
    digit. ``drops_zeros``: zeros at its beginning are left out by habit; such a format has digits alone.
    """

    places: tuple[frozenset[str], ...]
    machine_readable: bool
    drops_zeros: bool

    @property
    def has_digits_alone(self) -> bool:
        """Whether every place of it is a digit."""
        return all(allowed == _CLASSES["9"] for allowed in self.places)

    @property
    def length(self) -> int:
        """How many characters it has."""
        return len(self.places)

    def admits(self, number: str) -> bool:
        """Whether a number has this format."""
        return len(number) == self.length and all(one in allowed for one, allowed in zip(number, self.places, strict=True))


_PASSPORTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "AU": "A9999999 AA9999999",
        "BE": "AA999999",
        "CA": "AA999999 A999999AA",
        "DE": "ggggggggg",
        "DK": "999999999",
        "ES": "AAA999999",
        "FR": "99AA99999",
        "GB": "999999999",
        "IN": "A9999999",
        "IT": "AA9999999",
        "JP": "AA9999999",
        "NL": "aaxxxxxx9",
        "PL": "AA9999999",
        "US": "X99999999",
    }
)
_ID_CARDS: Final[Mapping[str, str]] = MappingProxyType({"DE": "ggggggggg", "NL": "aaxxxxxx9", "PL": "AAA999999"})
"""Italy is not among them: cards of paper are valid yet, and are numbered otherwise."""
_REGISTERS: Final[Mapping[str, str]] = MappingProxyType({"GB": "99999999 AA999999"})
"""Companies House: eight digits, of which leading zeros are often left out, or two letters and six digits."""


def _read(written: str, *, machine_readable: bool) -> tuple[Format, ...]:
    return tuple(
        Format(tuple(_CLASSES[place] for place in one), machine_readable, not machine_readable and set(one) == {"9"})
        for one in written.split()
    )


_FORMATS: Final[Mapping[tuple[str, str], tuple[Format, ...]]] = MappingProxyType(
    {("passport", country): _read(written, machine_readable=True) for country, written in _PASSPORTS.items()}
    | {("id-card", country): _read(written, machine_readable=True) for country, written in _ID_CARDS.items()}
    | {("register-entry", country): _read(written, machine_readable=False) for country, written in _REGISTERS.items()}
)


def formats_of(country: str, kind: str) -> tuple[Format, ...]:
    """The formats of a country's documents of a type; none where they are not known."""
    return _FORMATS.get((kind, country), ())


KNOWN: Final = tuple(sorted(_FORMATS))
"""Type and country of every document whose formats are known."""
