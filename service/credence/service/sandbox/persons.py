"""Invented persons, one for each way a case can go. No name, date or number here belongs to anybody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

RECORD: Final[Mapping[str, Any]] = MappingProxyType({"keeper": "archive.example", "reference": "invented-1", "years": 5})
"""Who is said to keep everybody's documents."""

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
    product: str = "trading"
    channel: str = "electronic-id"
    source_of_funds: str = "salary"

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
            "product": self.product,
            "channel": self.channel,
            "source_of_funds": self.source_of_funds,
            "record": dict(RECORD),
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


def _person(name: str, birth_date: str, country: str, number: str, **more: Any) -> Person:
    """Somebody with a passport of ``country``, who is its national and lives there unless ``more`` says otherwise."""
    given, _, family = name.partition(" ")
    facts = {"document_type": "passport", "nationality": country, "residence": country} | more
    return Person(given, family, birth_date, country, document_number=number, **facts)


class Standing(StrEnum):
    """How far somebody has come with the sandbox's issuer before anybody calls it."""

    HOLDS = "holds"
    """Has a credential in a wallet of the sandbox."""
    EXPIRED = "expired"
    """Has one that was valid once."""
    REVOKED = "revoked"
    """Has one that was revoked, which the wallet has not heard of yet."""
    REVIEW = "review"
    """Has a case that waits for a person."""
    DECLINED = "declined"
    NEW = "new"
    """Has never applied: for your own wallet, since a person gets one credential."""


@dataclass(frozen=True, slots=True)
class Invented:
    """Somebody of the sandbox. ``id`` is how its routes name them; ``note`` says what they are for."""

    id: str
    person: Person
    standing: Standing
    note: str


_CAST: Final = (
    Invented("annelie", LOW_RISK, Standing.HOLDS, "Germany, assurance high, accredited: level 3, low risk"),
    Invented(
        "yuna",
        _person("Yuna Tanabashiri", "1996-02-11", "JP", "TZ4400917"),
        Standing.HOLDS,
        "Japan: level 2, low risk",
    ),
    Invented(
        "dorian",
        _person("Dorian Vexhallow", "1983-09-05", "US", "X00417733", assurance="high", accredited=True),
        Standing.HOLDS,
        "United States, assurance high, accredited: level 3, standard risk",
    ),
    Invented(
        "priya",
        _person("Priya Ramanvelli", "1990-12-19", "IN", "Q7715502", residence="AE"),
        Standing.HOLDS,
        "India, lives in the Emirates: level 2, standard risk",
    ),
    Invented(
        "kwabena",
        _person("Kwabena Ostermanu", "1979-07-23", "GH", "G3308814", assurance="basic"),
        Standing.HOLDS,
        "Ghana, assurance basic: level 1, standard risk",
    ),
    Invented("rafael", ENHANCED_RISK, Standing.HOLDS, "Brazil, holds a public office: level 2, enhanced risk"),
    Invented(
        "lucia",
        _person("Lucia Perezabal", "1986-05-14", "VE", "V20771934", residence="ES"),
        Standing.HOLDS,
        "Venezuela, lives in Spain: level 2, enhanced risk",
    ),
    Invented(
        "brightkelp",
        Person(
            "", "Brightkelp Marketsmiths OU", "2014-03-03", "EE", "register-entry", "99400271", "EE", "EE", "high", "legal"
        ),
        Standing.HOLDS,
        "a company of Estonia, assurance high: level 3, standard risk",
    ),
    Invented(
        "otto",
        _person("Otto Fennimarksen", "1968-08-30", "DK", "208871543", pep=True),
        Standing.EXPIRED,
        "Denmark, held a public office: level 2, enhanced risk, until the credential expired",
    ),
    Invented(
        "maren",
        _person("Maren Iversdottir", "1987-06-09", "IS", "A44188301", assurance="high"),
        Standing.REVOKED,
        "Iceland, assurance high: level 3, low risk, until the credential was revoked",
    ),
    Invented("milo", FOR_REVIEW, Standing.REVIEW, "has the name of somebody on the list: a reviewer has to decide"),
    Invented("cassius", LISTED, Standing.DECLINED, "is on the screening list"),
    Invented(
        "shirin",
        _person("Shirin Qasravandi", "1993-10-08", "IR", "K55120946"),
        Standing.DECLINED,
        "lives where the issuer takes nobody from",
    ),
    Invented(
        "ines",
        _person("Ines Valdomarinho", "1999-01-27", "PT", "CB417209"),
        Standing.NEW,
        "Portugal: would be level 2, low risk",
    ),
    Invented(
        "tomasz",
        _person("Tomasz Wierzbosz", "1971-04-02", "PL", "EF8830146", assurance="high"),
        Standing.NEW,
        "Poland, assurance high: would be level 3, low risk",
    ),
)

PERSONS: Final[Mapping[str, Invented]] = MappingProxyType({found.id: found for found in _CAST})
"""All of them, by id."""
