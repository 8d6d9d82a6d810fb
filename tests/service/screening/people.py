"""Invented persons and firms on an invented list."""

from __future__ import annotations

from datetime import date

from credence.service.screening.births import BirthSpan
from credence.service.screening.lists import ListEntry, ListVersion, SanctionsList
from credence.service.screening.names import EntryKind
from credence.service.screening.ranking import Subject

DAY = date(1951, 6, 19)
LIST = SanctionsList(
    ListVersion("own", "1", "ab" * 32),
    (
        ListEntry(
            "E-1", "individual", ("AL-HAKIMI, Dr. Omar", "ABU-'UMAR"), (BirthSpan.of_day(DAY),), ("IQ",), ("THE DOCTOR",)
        ),
        ListEntry("E-2", "individual", ("MÜLLER-ŁUKASZEWICZ, Straße",)),
        ListEntry("E-3", "entity", ("GLASSWATER TRADING, S.A.",), weak_names=("GWT",)),
        ListEntry("E-4", "individual", ("Иванов Иван",), (BirthSpan.of_years(1960, 1960),)),
        ListEntry("E-5", "individual", ("ORLOVSKAYA, Mina",), (), ("BY",)),
    ),
)


def subject(name: str, born: date | None = DAY, *countries: str, kind: EntryKind = "individual") -> Subject:
    return Subject(name, kind, None if born is None else BirthSpan.of_day(born), countries)
