"""Documents whose numbers a country does not give out itself: one number may be two people's there.

A driving licence is numbered by each state of a federation, a register entry by each court or state. Such a number leads to
one holder only together with who numbered it: ``US-CA`` (ISO 3166-2) for a state, a register's own identifier behind the
country for a court, such as ``DE-R3306`` (XJustiz). For every other document who numbered it is not part of its number.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

_REGIONAL: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "driving-licence": frozenset({"AE", "AU", "CA", "MX", "PK", "US"}),
        "register-entry": frozenset({"AE", "CA", "DE", "ES", "IT", "MX", "US"}),
    }
)
_AUTHORITY: Final = re.compile(r"[A-Z]{2}-[A-Z0-9]{1,12}", re.ASCII)


def is_numbered_by_region(country: str, kind: str) -> bool:
    """Whether numbers of a country's documents of a type are unique within a region or a register alone."""
    return country in _REGIONAL.get(kind, frozenset())


def is_authority(country: str, name: str) -> bool:
    """Whether this is how a region or a register of a country is named: one name each, in capitals."""
    return bool(_AUTHORITY.fullmatch(name)) and name[:2] == country
