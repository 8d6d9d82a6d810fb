"""Are tables of persons and pairs read, and is a bad row named by its line alone?"""

from __future__ import annotations

from pathlib import Path

import pytest

from credence.service.adapters.screening_files import TableRefused, read_pairs, read_positive_pairs, read_subjects
from credence.service.screening.births import guess_birth

HEAD = "full_name,first_name,middle_name,last_name,gender,date_of_birth,place_of_birth,nationality"


def written(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_persons(tmp_path: Path) -> None:
    rows = ['"SALEK, Mina",,,,,1974-01-32,,af', ",Mina,,Orlova,,,,Korea", "Mina,,,,,1965,,Atlantis"]
    first, second, third = read_subjects(written(tmp_path / "p.csv", HEAD, *rows))
    assert (first.name, first.kind, first.birth, first.countries) == (
        "SALEK, Mina",
        "individual",
        guess_birth("1974"),
        ("AF",),
    )
    assert (second.name, second.birth, second.countries) == ("Mina Orlova", None, ("KR",))
    assert (third.birth, third.countries) == (guess_birth("1965"), ())


def test_organisations_where_the_table_says_so(tmp_path: Path) -> None:
    path = written(tmp_path / "p.csv", "full_name,kind", "Glasswater,entity", "Mina,")
    assert [found.kind for found in read_subjects(path)] == ["entity", "individual"]


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (["name", "Mina"], "full_name"),
        (["full_name,full_name", "Mina,Mina"], "full_name"),
        ([HEAD, "Mina"], "line 2: 8 columns are announced, 1 found"),
        ([HEAD, ",,,,,,,"], "line 2: a name"),
        (["full_name,kind", "Mina,ghost"], "line 2: the kind"),
        (["full_name", '"Mina'], "no CSV"),
        (["full_name", "x" * 5_000], "line 2: a cell is too long"),
    ],
)
def test_a_bad_table_is_refused(tmp_path: Path, lines: list[str], reason: str) -> None:
    assert len(list(read_subjects(written(tmp_path / "twin.csv", HEAD, "Mina,,,,,,,")))) == 1
    with pytest.raises(TableRefused, match=reason) as caught:
        list(read_subjects(written(tmp_path / "p.csv", *lines)))
    assert "Mina" not in caught.value.reason


def test_a_missing_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TableRefused):
        list(read_subjects(tmp_path / "absent.csv"))


def test_pairs(tmp_path: Path) -> None:
    head = "case_group,schema,name1,name2,is_match,quality,category,notes"
    path = written(tmp_path / "pairs.csv", head, "g,Person,Mina,Myna,true,STRONG,,", "g,Company,A,B,false,WEAK,,")
    first, second = read_pairs(path)
    assert (first.schema, first.left, first.right, first.is_match, first.quality) == (
        "Person",
        "Mina",
        "Myna",
        True,
        "STRONG",
    )
    assert not second.is_match
    with pytest.raises(TableRefused, match="line 2: is_match"):
        list(read_pairs(written(tmp_path / "bad.csv", head, "g,Person,Mina,Myna,maybe,STRONG,,")))


def test_pairs_without_a_heading(tmp_path: Path) -> None:
    path = written(tmp_path / "pairs.csv", "# remark, with a comma", "", "Мина,Mina,0.9,same")
    (pair,) = read_positive_pairs(path)
    assert (pair.left, pair.right, pair.is_match) == ("Мина", "Mina", True)
    with pytest.raises(TableRefused, match="line 1: two names"):
        list(read_positive_pairs(written(tmp_path / "bad.csv", "Мина")))
