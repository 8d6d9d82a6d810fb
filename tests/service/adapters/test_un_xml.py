"""Is the United Nations' list read whole, with its aliases by quality, and a damaged one not at all?"""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path

import pytest

from credence.service.adapters.un_xml import read_un
from credence.service.screening.births import BirthSpan
from credence.service.screening.lists import ListEntry, ListRefused

PERSON = """<INDIVIDUAL><DATAID>1</DATAID><FIRST_NAME>MINA</FIRST_NAME><SECOND_NAME>PETROVNA</SECOND_NAME>
<THIRD_NAME>ORLOVSKAYA</THIRD_NAME><FOURTH_NAME>na</FOURTH_NAME><REFERENCE_NUMBER>XXi.001</REFERENCE_NUMBER>
<NAME_ORIGINAL_SCRIPT>Мина Орловская</NAME_ORIGINAL_SCRIPT>
<NATIONALITY><VALUE>Belarus</VALUE><VALUE>na</VALUE></NATIONALITY>
<INDIVIDUAL_ALIAS><QUALITY>Good</QUALITY><ALIAS_NAME>Mina Orlova; Myna Orlova (Мина Орлова)</ALIAS_NAME></INDIVIDUAL_ALIAS>
<INDIVIDUAL_ALIAS><QUALITY>Low</QUALITY><ALIAS_NAME>The Doctor</ALIAS_NAME></INDIVIDUAL_ALIAS>
<INDIVIDUAL_ALIAS><QUALITY/><ALIAS_NAME/></INDIVIDUAL_ALIAS>
<INDIVIDUAL_ADDRESS><COUNTRY>Iran (Islamic Republic of)</COUNTRY></INDIVIDUAL_ADDRESS>
{birth}</INDIVIDUAL>"""
FIRM = """<ENTITY><DATAID>2</DATAID><FIRST_NAME>GLASSWATER (GW)</FIRST_NAME>
<REFERENCE_NUMBER>XXe.001</REFERENCE_NUMBER></ENTITY>"""


def document(*records: str, root: str = "CONSOLIDATED_LIST", head: str = "") -> str:
    begin = f'<?xml version="1.0" encoding="UTF-8"?>{head}<{root} dateGenerated="2026-02-27T00:00:09.554Z">'
    return f"{begin}<INDIVIDUALS>{''.join(records)}</INDIVIDUALS></{root}>"


def person(birth: str = "") -> str:
    inside = f"<INDIVIDUAL_DATE_OF_BIRTH>{birth}</INDIVIDUAL_DATE_OF_BIRTH>" if birth else ""
    return PERSON.format(birth=inside)


def written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_a_list(tmp_path: Path) -> None:
    path = written(tmp_path / "un.xml", document(person("<DATE>1960-01-12</DATE>"), FIRM))
    found = read_un("un", path)
    assert (found.version.version, found.published) == ("2026-02-27T00:00:09", date(2026, 2, 27))
    assert found.version.digest == hashlib.sha256(path.read_bytes()).hexdigest()
    born, first = found.entries
    assert born == ListEntry(
        "XXi.001",
        "individual",
        ("MINA PETROVNA ORLOVSKAYA", "Мина Орловская", "Mina Orlova", "Myna Orlova", "Мина Орлова"),
        (BirthSpan.of_day(date(1960, 1, 12)),),
        ("BY", "IR"),
        ("The Doctor",),
    )
    assert first == ListEntry("XXe.001", "entity", ("GLASSWATER",), weak_names=("GW",))


@pytest.mark.parametrize(
    ("birth", "spans"),
    [
        ("<TYPE_OF_DATE>EXACT</TYPE_OF_DATE><YEAR>1960</YEAR>", [("1960-01-01", "1960-12-31")]),
        ("<TYPE_OF_DATE>APPROXIMATELY</TYPE_OF_DATE><YEAR>1960</YEAR>", [("1958-01-01", "1962-12-31")]),
        ("<FROM_YEAR>1958</FROM_YEAR><TO_YEAR>1960</TO_YEAR>", [("1958-01-01", "1960-12-31")]),
        ("<TYPE_OF_DATE>EXACT</TYPE_OF_DATE><NOTE>in the fifties</NOTE>", []),
    ],
)
def test_dates_of_birth(tmp_path: Path, birth: str, spans: list[tuple[str, str]]) -> None:
    (entry,) = read_un("un", written(tmp_path / "un.xml", document(person(birth)))).entries
    assert entry.births == tuple(BirthSpan(date.fromisoformat(one), date.fromisoformat(two)) for one, two in spans)


BOMB = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>'


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not xml",
        document(),
        document(person(), root="OTHER_LIST"),
        document(person())[:-20],
        document(person(), person()),
        document(person().replace("XXi.001", "").replace("<DATAID>1</DATAID>", "")),
        document(FIRM.replace("GLASSWATER (GW)", "")),
        document(person(), head=BOMB),
    ],
)
def test_a_damaged_list_is_refused(tmp_path: Path, text: str) -> None:
    read_un("un", written(tmp_path / "twin.xml", document(person())))
    with pytest.raises(ListRefused):
        read_un("un", written(tmp_path / "un.xml", text))


def test_progress_ends_at_the_end(tmp_path: Path) -> None:
    path = written(tmp_path / "un.xml", document(person()))
    seen: list[tuple[int, int]] = []
    read_un("un", path, lambda done, total: seen.append((done, total)))
    assert seen[-1] == (path.stat().st_size, path.stat().st_size)


@pytest.mark.data
def test_the_real_list(shared: Path) -> None:
    found = read_un("un", shared / "data" / "screening" / "un_consolidated_2026-02-27.xml")
    people = [entry for entry in found.entries if entry.kind == "individual"]
    assert (len(people), len(found.entries)) == (730, 1_003)
    assert sum(bool(entry.births) for entry in people) > 650
    assert sum(bool(entry.countries) for entry in people) > 650
    assert sum(bool(entry.weak_names) for entry in people) > 200
