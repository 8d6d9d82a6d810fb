"""Is a listed name found however it is written, and do dates, countries and kinds tell a hit from a review?"""

from __future__ import annotations

import json
from datetime import date

import pytest

from credence.service.screening.lists import ListEntry, ListRefused, ListVersion, SanctionsList
from credence.service.screening.names import EntryKind
from credence.service.screening.results import MATCHER, Band, MatchReason, Screening
from credence.service.screening.searching import MAX_MATCHES, ScreeningIndex
from tests.service.screening.people import DAY, LIST, subject


@pytest.fixture(scope="module")
def index() -> ScreeningIndex:
    return ScreeningIndex([LIST])


@pytest.mark.parametrize(
    "name",
    [
        "Omar Al-Hakimi",
        "AL-HAKIMI, OMAR",
        "Alhakimi Omar",
        "Ómár Âl-Hákîmi",
        "Ｏｍａｒ Al-Hakimi",
        "Оmar Al-Hakimi",  # the first letter is Cyrillic
        "Dr. Omar Al-Hakimi",
        "Omar Omar Al Hakimi",
    ],
)
def test_a_listed_name_is_found_however_it_is_written(index: ScreeningIndex, name: str) -> None:
    found = index.search(subject(name))
    assert [(match.list, match.entry_id, match.band) for match in found.matches] == [("own", "E-1", Band.HIT)]
    assert found.lists == (LIST.version,)
    assert found.matcher == MATCHER


@pytest.mark.parametrize(
    ("name", "country", "band"), [("Omar Hakimy", "IQ", Band.HIT), ("Ovar Al Hakini", "IQ", Band.REVIEW)]
)
def test_a_mistyped_name_is_found_where_date_and_country_agree(
    index: ScreeningIndex, name: str, country: str, band: Band
) -> None:
    (match,) = index.search(subject(name, DAY, country)).matches
    assert (match.entry_id, match.band, match.reasons[0]) == ("E-1", band, MatchReason.NAME_SIMILAR)
    assert index.search(subject(name, date(1990, 1, 1), country)).band is Band.CLEAR


@pytest.mark.parametrize("name", ["Omar", "Al Hakimi", "Marchetti Zoë", "Dr", "", "...", "Omar Petrov", "Boris Al Hakimi"])
def test_another_name_is_not_found(index: ScreeningIndex, name: str) -> None:
    found = index.search(subject(name))
    assert found.matches == ()
    assert found.band is Band.CLEAR
    assert found.lists == (LIST.version,), "what was searched is told in any case"


@pytest.mark.parametrize(
    ("name", "born", "reason", "band"),
    [
        ("Omar Al Hakimi", DAY, MatchReason.BIRTH_DATE_AGREES, Band.HIT),
        ("Omar Al Hakimi", date(1951, 6, 20), MatchReason.BIRTH_DATE_NEAR, Band.REVIEW),
        ("Abu Umar", date(1990, 1, 1), MatchReason.BIRTH_DATE_DIFFERS, Band.REVIEW),
        ("Strasse Muller-Lukaszewicz", date(1990, 1, 1), MatchReason.BIRTH_DATE_UNKNOWN, Band.HIT),
        ("Ivan Ivanov", date(1960, 12, 31), MatchReason.BIRTH_DATE_AGREES, Band.HIT),
        ("ИВАНОВ ИВАН", date(1970, 1, 1), MatchReason.BIRTH_DATE_DIFFERS, Band.REVIEW),
        ("Glasswater Trading SA", date(1990, 1, 1), MatchReason.KIND_DIFFERS, Band.REVIEW),
        ("The Doctor", DAY, MatchReason.WEAK_ALIAS, Band.REVIEW),
    ],
)
def test_the_date_of_birth_tells_a_hit_from_a_review(
    index: ScreeningIndex, name: str, born: date, reason: MatchReason, band: Band
) -> None:
    found = index.search(subject(name, born))
    assert [reason in match.reasons for match in found.matches] == [True]
    assert found.band is band


@pytest.mark.parametrize(
    ("countries", "band", "reason"),
    [
        (("BY",), Band.HIT, MatchReason.COUNTRY_AGREES),
        (("IT", "DE"), Band.REVIEW, MatchReason.COUNTRY_DIFFERS),
        ((), Band.HIT, None),
    ],
)
def test_a_country_that_differs_makes_a_name_alone_less(
    index: ScreeningIndex, countries: tuple[str, ...], band: Band, reason: MatchReason | None
) -> None:
    (match,) = index.search(subject("Mina Orlovskaya", None, *countries)).matches
    assert match.band is band
    assert reason is None or reason in match.reasons


def test_an_organisation_is_compared_with_organisations(index: ScreeningIndex) -> None:
    (match,) = index.search(subject("Glasswater Trading Limited", None, kind="entity")).matches
    assert (match.entry_id, match.band) == ("E-3", Band.REVIEW), "another legal form is not quite the same name"
    (acronym,) = index.search(subject("GWT", None, kind="entity")).matches
    assert acronym.reasons[1] is MatchReason.WEAK_ALIAS
    assert index.search(subject("Omar Al Hakimi", None, kind="entity")).matches[0].reasons[-1] is MatchReason.KIND_DIFFERS


@pytest.mark.parametrize("kind", ["individual", "entity"])
def test_every_list_is_searched_and_hits_come_first(kind: EntryKind) -> None:
    other = SanctionsList(ListVersion("another", "2", "cd" * 32), (ListEntry("X", kind, ("Omar Al Hakimi",)),))
    found = ScreeningIndex([LIST, other]).search(subject("Omar Al Hakimi", date(1990, 1, 1)))
    first, second = ("another", "own")
    assert [match.list for match in found.matches] == [first, second]
    assert found.band is (Band.HIT if kind == "individual" else Band.REVIEW)
    assert [version.name for version in found.lists] == ["own", "another"]


def test_an_entry_is_named_once_by_its_best_name() -> None:
    entry = ListEntry("E", "individual", ("Omar Hakimy", "Omar Hakimi"), weak_names=("Omar Hakimi",))
    (match,) = ScreeningIndex([SanctionsList(LIST.version, (entry,))]).search(subject("Omar Hakimi")).matches
    assert (match.score, match.band) == (100, Band.HIT)


def test_results_are_bounded() -> None:
    entries = tuple(ListEntry(f"E-{number}", "individual", ("Omar Hakimi",)) for number in range(MAX_MATCHES + 5))
    found = ScreeningIndex([SanctionsList(LIST.version, entries)]).search(subject("Omar Hakimi"))
    assert len(found.matches) == MAX_MATCHES
    assert found.band is Band.HIT


def test_a_result_never_carries_the_name(index: ScreeningIndex) -> None:
    asked = subject("Omar Al Hakimi", DAY, "IQ")
    found = index.search(asked)
    shown = json.dumps(found.to_json()) + found.stored() + repr(found) + repr(asked)
    assert not any(word in shown.lower() for word in ("omar", "hakim", "1951", "iq"))
    assert Screening.parse(json.loads(found.stored())) == found
    assert Screening.parse(found.to_json()).matches != found.matches  # the entry's digest is not told


def test_two_lists_of_one_name_are_refused() -> None:
    assert len(ScreeningIndex([LIST])) > 5
    with pytest.raises(ListRefused):
        ScreeningIndex([LIST, LIST])
