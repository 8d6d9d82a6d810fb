"""Forty strings about ten invented people, none of which may stay behind anywhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from credence.service.sandbox.persons import Person


@dataclass(frozen=True)
class Applicant:
    """A person, and what a vendor may send along although nobody asks for it."""

    person: Person
    more: dict[str, str]

    def claims(self) -> dict[str, Any]:
        """What the vendor vouches for; the rest goes in claims of its own."""
        return {**self.person.claims(), **self.more}

    def strings(self) -> Iterator[str]:
        """All that must not stay behind."""
        person = self.person
        yield from (person.given_name, person.family_name, person.birth_date, person.document_number, *self.more.values())


def _applicant(given: str, family: str, born: str, number: str, country: str = "SI", **more: str) -> Applicant:
    return Applicant(Person(given, family, born, country, "passport", number, country, country, assurance="high"), more)


APPROVED: Final = (
    _applicant("Xanthiquelle", "Zbrowiaková", "1983-07-29", "QX77-ZZ 90431K", email="xanthi.zb@planted-mail.example"),
    _applicant("Þorgerðurína", "Öxnadalsheiðar", "1991-11-03", "IS 440 912-7", phone="+354 661 904 7731"),
    _applicant("Μελισσάνθη", "Καραγκιοζοπούλου", "1979-02-14", "GR-ΑΒ 908172", address="Οδός Ανύπαρκτη 4471"),
    _applicant("A" + "lexandrovitch" * 14, "Quennerstedtsson", "1968-12-31", "SE 6812319-8841", national_id="681231-88417"),
)
LISTED: Final = _applicant("Wolframantius", "Krzyzewskaite", "1955-05-19", "WK-55501-ZQ", address="Planted Crescent 90417b")
REVIEWED: Final = _applicant("Ysolindra", "Vaugrenardeau", "1987-08-08", "YV-31337-ZQ", national_id="2 87 08 99 317 442 61")
APPLICANTS: Final = (*APPROVED, LISTED, REVIEWED)

LOOSE: Final = (
    "欧阳娜娜不存在的人",
    "عبدالرحمن غيرموجود",
    "plantedperson+kyc@nobody-at-all.example",
    "+49 (0)30 9018-20557-44",
    "Musterprüfstraße 181a, 99091 Erfundenhausen",
    "DE89 3704 0044 0532 9991 77",
    "078-05-1120-QZ",
    "B" + "eauchampworthington" * 12,
    'O\'Brien-"Nobody" \\ Zwischenfall',
    "1966-06-17",
)
"""Strings of nobody in particular, which are sent wherever a caller can write anything."""

STRINGS: Final = (*(text for applicant in APPLICANTS for text in applicant.strings()), *LOOSE)
