"""Is the SDN list read whole, with its aliases and dates of birth, and a damaged one not at all?"""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path

import pytest

from credence.service.adapters.ofac_csv import read_ofac
from credence.service.screening.births import BirthSpan
from credence.service.screening.lists import ListEntry, ListRefused

HEADING = "ent_num,SDN_name,SDN_type,Program,Title,Call_Sign,Vess_type,Tonnage,GRT,Vess_flag,Vess_owner,Remarks"
END = "\x1a"


def row(entry_id: object, name: str, kind: str, remarks: str = "-0- ") -> str:
    return f'{entry_id},"{name}",{kind},"PROGRAM",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,"{remarks}"'


REMARKS = "DOB 12 Jan 1960; POB Nowhere, Chile; nationality Iraq; a.k.a. 'ORLOVA, Mina'; a.k.a. ''MINA''."
PERSON = row(7, "ORLOVSKAYA, Mina", "individual", REMARKS)
COMPANY = row(8, "GLASSWATER TRADING, S.A.", "-0- ", "f.k.a. 'GLASSWATER'; Organization Established Date 1969.")
SHIP = row(9, "MINA", "vessel")


def written(path: Path, *lines: str) -> Path:
    path.write_bytes("\r\n".join([*lines, END]).encode())
    return path


def read(path: Path) -> dict[str, ListEntry]:
    return {entry.entry_id: entry for entry in read_ofac("ofac", path).entries}


def test_entries_aliases_and_kinds(tmp_path: Path) -> None:
    entries = read(written(tmp_path / "sdn.csv", HEADING, PERSON, COMPANY, SHIP))
    assert set(entries) == {"7", "8"}, "a ship is nobody"
    assert entries["7"].kind == "individual"
    assert entries["7"].names == ("ORLOVSKAYA, Mina",)
    assert entries["7"].weak_names == ("ORLOVA, Mina", "'MINA'"), "in these files, aliases in the remarks are the weak ones"
    assert entries["7"].countries == ("CL", "IQ")
    assert entries["7"].births == (BirthSpan(date(1960, 1, 12), date(1960, 1, 12)),)
    assert entries["8"].kind == "entity"
    assert (entries["8"].names, entries["8"].weak_names) == (("GLASSWATER TRADING, S.A.",), ("GLASSWATER",))
    assert entries["8"].births == ()


def test_the_published_file_has_no_heading(tmp_path: Path) -> None:
    assert read(written(tmp_path / "with.csv", HEADING, PERSON)) == read(written(tmp_path / "without.csv", PERSON))


def test_the_version_is_the_content(tmp_path: Path) -> None:
    path = written(tmp_path / "sdn.csv", PERSON)
    version = read_ofac("ofac", path).version
    assert version.name == "ofac"
    assert version.version == f"sha256-{version.digest[:16]}"
    assert len(version.digest) == 64
    assert read_ofac("ofac", written(tmp_path / "other.csv", PERSON, COMPANY)).version.digest != version.digest


def test_aliases_of_the_second_file(tmp_path: Path) -> None:
    path = written(tmp_path / "sdn.csv", PERSON)
    alone = read_ofac("ofac", path).version.digest
    written(tmp_path / "alt.csv", '7,1,"aka","ORLOV, M.",-0- ', '99,2,"aka","NOBODY",-0- ')
    assert read(path)["7"].names[-1] == "ORLOV, M."
    assert read_ofac("ofac", path).version.digest != alone


def test_addresses_are_ties_to_a_country(tmp_path: Path) -> None:
    path = written(tmp_path / "sdn.csv", PERSON)
    alone = read_ofac("ofac", path).version.digest
    written(tmp_path / "add.csv", '7,1,"A street","A town","Lebanon",-0- ', '7,2,-0- ,-0- ,"undetermined",-0- ')
    assert read(path)["7"].countries == ("CL", "IQ", "LB")
    assert read_ofac("ofac", path).version.digest != alone


@pytest.mark.parametrize(
    ("remarks", "spans"),
    [
        ("DOB 12 Jan 1960", [((1960, 1, 12), (1960, 1, 12))]),
        ("DOB Feb 1960", [((1960, 2, 1), (1960, 2, 29))]),
        ("DOB Dec 1961", [((1961, 12, 1), (1961, 12, 31))]),
        ("DOB 1960", [((1960, 1, 1), (1960, 12, 31))]),
        ("DOB 1960 to 1962", [((1960, 1, 1), (1962, 12, 31))]),
        ("DOB 01 Mar 1960 to 02 Apr 1961", [((1960, 3, 1), (1961, 4, 2))]),
        ("DOB Mar 1960 to Apr 1960", [((1960, 3, 1), (1960, 4, 30))]),
        ("DOB circa 1960", [((1958, 1, 1), (1962, 12, 31))]),
        ("DOB circa 1979-1982", [((1977, 1, 1), (1984, 12, 31))]),
        ("DOB circa 05 May 1960", [((1958, 1, 1), (1962, 12, 31))]),
        ("DOB 1960; alt. DOB 1970", [((1960, 1, 1), (1960, 12, 31)), ((1970, 1, 1), (1970, 12, 31))]),
        ("DOB 31 Feb 1960", []),
        ("DOB 12 Foo 1960", []),
        ("DOB unknown", []),
        ("DOB 1960 to", []),
        ("POB 1960", []),
    ],
)
def test_dates_of_birth(
    tmp_path: Path, remarks: str, spans: list[tuple[tuple[int, int, int], tuple[int, int, int]]]
) -> None:
    path = written(tmp_path / "sdn.csv", row(7, "X, Y", "individual", f"{remarks}."))
    assert read(path)["7"].births == tuple(BirthSpan(date(*first), date(*last)) for first, last in spans)


@pytest.mark.parametrize(
    ("remarks", "countries"),
    [
        ("POB Baghdad, Iraq", ("IQ",)),
        ("POB Iraq", ("IQ",)),
        ("alt. POB Pyongyang, Korea, North", ("KP",)),
        ("POB Kinshasa, Congo, Democratic Republic of the", ("CD",)),
        ("POB Sarajevo, Bosnia-Herzegovina; nationality Bosnia and Herzegovina", ("BA",)),
        ("POB Guadalajara, Jalisco", ()),
    ],
)
def test_places_of_birth_are_ties_to_a_country(tmp_path: Path, remarks: str, countries: tuple[str, ...]) -> None:
    assert read(written(tmp_path / "sdn.csv", row(7, "X, Y", "individual", f"{remarks}.")))["7"].countries == countries


@pytest.mark.parametrize("remarks", ["Gender Male; a.k.a. 'DRIFTWOOD'.", "Gender Male; a.k.a. 'DRIFTWOOD"])
def test_the_last_alias_of_remarks_may_be_cut_off(tmp_path: Path, remarks: str) -> None:
    found = read(written(tmp_path / "sdn.csv", row(7, "X, Y", "individual", remarks)))
    assert found["7"].weak_names == ("DRIFTWOOD",)


def test_progress_ends_at_the_end(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    lines = [row(number, f"NAME {number}", "individual") for number in range(2_500)]
    read_ofac("ofac", written(tmp_path / "sdn.csv", *lines), lambda done, total: seen.append((done, total)))
    assert seen == [(1_000, 2_500), (2_000, 2_500), (2_500, 2_500)]


def damaged(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x1a",
        f"{HEADING}\r\n\x1a".encode(),
        PERSON.encode(),  # cut off before the end of its line
        f"{PERSON[:-20]}\r\n\x1a".encode(),  # cut off inside a row
        f"{PERSON},more\r\n\x1a".encode(),
        f"{PERSON}\r\n{PERSON}\r\n\x1a".encode(),  # an entry twice
        row(7, "", "individual").encode() + b"\r\n\x1a",
        row("seven", "X, Y", "individual").encode() + b"\r\n\x1a",
        row(7, "X, Y", "spaceship").encode() + b"\r\n\x1a",
        row(7, "X, Y", "individual").encode("utf-16") + b"\r\n\x1a",
        b"<html>moved</html>\x1a",
    ],
)
def test_a_damaged_list_is_refused(tmp_path: Path, content: bytes) -> None:
    """The accepted twin is ``PERSON`` alone with its end mark."""
    read_ofac("ofac", written(tmp_path / "twin.csv", PERSON))
    with pytest.raises(ListRefused):
        read_ofac("ofac", damaged(tmp_path / "sdn.csv", content))


def test_an_extract_without_the_end_mark_is_read(tmp_path: Path) -> None:
    whole = read_ofac("ofac", written(tmp_path / "sdn.csv", PERSON))
    extract = read_ofac("ofac", damaged(tmp_path / "part.csv", f"{PERSON}\r\n".encode()))
    assert extract.entries == whole.entries


def test_a_missing_list_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ListRefused):
        read_ofac("ofac", tmp_path / "sdn.csv")


@pytest.mark.data
def test_the_real_list(shared: Path) -> None:
    path = shared / "data" / "ofac" / "sdn.csv"
    found = read_ofac("ofac", path)
    entries = {entry.entry_id: entry for entry in found.entries}
    people = [entry for entry in found.entries if entry.kind == "individual"]
    assert len(entries) > 10_000
    assert len(people) > 5_000
    assert sum(bool(entry.births) for entry in people) > 0.9 * len(people)
    assert sum(bool(entry.weak_names) for entry in entries.values()) > 1_000
    assert (entries["306"].names, entries["306"].weak_names) == (("BANCO NACIONAL DE CUBA",), ("BNC",))
    assert sum(bool(entry.countries) for entry in people) > 0.9 * len(people)
    both = path.read_bytes() + path.with_name("add.csv").read_bytes()
    assert found.version.digest == hashlib.sha256(both).hexdigest()
