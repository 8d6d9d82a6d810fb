"""Invented persons, one for each way a case can go. No name, date or number here belongs to anybody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

LISTED_NAMES: Final = Path(__file__).with_name("listed.json")
"""A screening list of invented names, for ``screening_lists``."""


@dataclass(frozen=True, slots=True)
class Person:
    """What the test vendor vouches for. ``birth_date`` is ``YYYY-MM-DD``, countries are alpha-2."""

    given_name: str
    family_name: str
    birth_date: str
    document_country: str
    document_type: str
    document_number: str
    nationality: str
    residence: str
    assurance: str = "substantial"
    kind: str = "natural"
    pep: bool = False
    accredited: bool = False

    @property
    def full_name(self) -> str:
        """Given name and family name."""
        return f"{self.given_name} {self.family_name}".strip()

    def claims(self) -> dict[str, Any]:
        """The facts as a vendor's result carries them."""
        return {
            "kind": self.kind,
            "given_name": self.given_name,
            "family_name": self.family_name,
            "birth_date": self.birth_date,
            "document": {
                "country": self.document_country,
                "type": self.document_type,
                "number": self.document_number,
            },
            "nationality": self.nationality,
            "residence": self.residence,
            "assurance": self.assurance,
            "pep": self.pep,
            "accredited": self.accredited,
        }


LOW_RISK: Final = Person(
    given_name="Annelie",
    family_name="Brandhövel",
    birth_date="1988-04-17",
    document_country="DE",
    document_type="passport",
    document_number="C4ZX 81R0T",
    nationality="DE",
    residence="DE",
    assurance="high",
    accredited=True,
)
"""Lives in the European Union: approved, low risk, level 3."""

ENHANCED_RISK: Final = Person(
    given_name="Rafael",
    family_name="Quintavares",
    birth_date="1974-11-02",
    document_country="BR",
    document_type="passport",
    document_number="GX904417",
    nationality="BR",
    residence="BR",
    pep=True,
)
"""Holds a public office: approved, enhanced risk, level 2."""

FOR_REVIEW: Final = Person(
    given_name="Milo",
    family_name="Vanterwijk",
    birth_date="1991-06-30",
    document_country="NL",
    document_type="id-card",
    document_number="SPECI2091",
    nationality="NL",
    residence="NL",
)
"""Has the name of somebody on the list who was born on another day: a person has to look."""

LISTED: Final = Person(
    given_name="Cassius",
    family_name="Thornwaithe",
    birth_date="1969-01-23",
    document_country="GB",
    document_type="passport",
    document_number="533401372",
    nationality="GB",
    residence="AE",
)
"""Is on the list: declined."""

PERSONS: Final[Mapping[str, Person]] = MappingProxyType(
    {"low-risk": LOW_RISK, "enhanced-risk": ENHANCED_RISK, "for-review": FOR_REVIEW, "listed": LISTED}
)
"""All of them, by what they are for."""
