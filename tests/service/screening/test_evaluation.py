"""Are figures what they are called, and does the matcher reach what it has to on real lists?"""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import pytest

from credence.service.adapters.list_formats import read_any
from credence.service.adapters.screening_files import read_pairs, read_positive_pairs, read_subjects
from credence.service.screening.evaluation import (
    LabelledPair,
    Shares,
    judge_pairs,
    percentile,
    search_all,
    strong_table,
)
from credence.service.screening.searching import ScreeningIndex
from tests.service.screening.people import LIST, subject

PAIRS = [
    LabelledPair("Person", "Mina Orlovskaya", "ORLOVSKAYA, Mina", True, "STRONG"),
    LabelledPair("Person", "Mina Orlovskaya", "Boris Petrov", True, "STRONG"),
    LabelledPair("Person", "Mina Orlovskaya", "Mina Orlovskaia", False, "MEDIUM"),
    LabelledPair("Company", "Glasswater LLC", "Stillwater LLC", False, "STRONG"),
    LabelledPair("LegalEntity", "Glasswater LLC", "Glasswater Ltd", True, "MEDIUM"),
]


def test_pairs_are_counted_as_they_are_decided() -> None:
    shares = judge_pairs(PAIRS)
    assert shares == Shares(found_rightly=2, found_wrongly=1, missed=1, left_rightly=1)
    assert (shares.precision, shares.recall, shares.f1) == (2 / 3, 2 / 3, 2 / 3)
    table = strong_table(PAIRS)
    assert table["persons"] == {"n": 2, "wrong": 1, "wrong_rows": [2]}
    assert (table["organisations"]["n"], table["wrong"]) == (1, 1)


def test_shares_of_nothing_are_whole() -> None:
    assert (judge_pairs([]).precision, judge_pairs([]).f1) == (1.0, 1.0)


def test_searches_are_timed_and_those_that_found_are_named() -> None:
    ticks = iter(range(100))
    found = search_all(
        ScreeningIndex([LIST]), [subject("Nobody Atall"), subject("Omar Al Hakimi")], lambda: float(next(ticks))
    )
    assert (found.flagged, found.seconds) == ((1,), (1.0, 1.0))


@pytest.mark.parametrize(("share", "value"), [(0.0, 1.0), (0.5, 3.0), (0.99, 4.0), (1.0, 4.0)])
def test_percentiles(share: float, value: float) -> None:
    assert percentile([4.0, 1.0, 3.0, 2.0], share) == value
    assert percentile([], share) == 0.0


# --- on the real lists ---


@pytest.fixture(scope="module")
def index(shared: Path) -> ScreeningIndex:
    """The US Treasury's list and the United Nations' together."""
    data = shared / "data"
    found = (
        read_any("ofac", data / "ofac" / "sdn.csv"),
        read_any("un", data / "screening" / "un_consolidated_2026-02-27.xml"),
    )
    return ScreeningIndex(found)


@pytest.mark.data
def test_labelled_pairs(shared: Path) -> None:
    pairs = list(read_pairs(shared / "data" / "screening" / "name_pairs.csv"))
    shares = judge_pairs(pairs)
    assert shares.f1 >= 0.80
    assert shares.precision >= 0.76
    table = strong_table(pairs)
    assert table["persons"] == {"n": 15, "wrong": 0, "wrong_rows": []}
    assert table["organisations"]["wrong"] == 0


@pytest.mark.data
def test_pairs_across_scripts(shared: Path) -> None:
    """What is missed is a Korean or Japanese name read as Chinese, 이 for Lee, Ali in Arabic letters, and one short form."""
    pairs = list(read_positive_pairs(shared / "data" / "screening" / "cross_script_pairs.csv"))
    assert len(pairs) == 22
    assert judge_pairs(pairs).missed <= 6


@pytest.mark.data
@pytest.mark.parametrize("file", ["un_listed.csv", "un_listed_mangled.csv"])
@pytest.mark.slow
def test_listed_persons_are_found(shared: Path, index: ScreeningIndex, file: str) -> None:
    subjects = list(read_subjects(shared / "data" / "screening" / file))
    assert len(search_all(index, subjects, lambda: 0.0).flagged) >= 0.985 * len(subjects)


@pytest.mark.slow
@pytest.mark.data
def test_others_are_left_alone(shared: Path, index: ScreeningIndex) -> None:
    subjects = islice(read_subjects(shared / "data" / "screening" / "not_listed_synthetic.csv"), 2_000)
    assert search_all(index, subjects, lambda: 0.0).flagged == ()


@pytest.mark.data
@pytest.mark.slow
def test_all_others_are_left_alone(shared: Path, index: ScreeningIndex) -> None:
    subjects = list(read_subjects(shared / "data" / "screening" / "not_listed_synthetic.csv"))
    assert len(search_all(index, subjects, lambda: 0.0).flagged) <= len(subjects) // 1_000


@pytest.mark.data
@pytest.mark.slow
def test_every_name_of_a_list_is_found_on_it(shared: Path, index: ScreeningIndex) -> None:
    """Each fortieth entry of the US Treasury's list, a person's name with the words turned round."""
    read = read_any("ofac", shared / "data" / "ofac" / "sdn.csv")
    for entry in read.entries[::40]:
        words = entry.names[0].replace(",", " ").lower().split()
        name = " ".join(reversed(words) if entry.kind == "individual" else words)
        found = index.search(
            subject(name, entry.births[0].first if entry.births else None, *entry.countries, kind=entry.kind)
        )
        assert ("ofac", entry.entry_id) in {(match.list, match.entry_id) for match in found.matches}, entry.entry_id
