"""Does more that speaks against an entry ever make it likelier, and is a hit ever made of little?"""

from __future__ import annotations

from itertools import pairwise, product

import pytest

from credence.service.screening.births import Birth
from credence.service.screening.countries import Ties
from credence.service.screening.ranking import EQUAL, FLOOR, LEAST, LIKE, SIMILAR, rank, reasons, score_of
from credence.service.screening.results import Band, MatchReason

WEIGHT = {Band.CLEAR: 0, Band.REVIEW: 1, Band.HIT: 2}
FOR_AND_AGAINST = (Birth.AGREES, Birth.UNKNOWN, Birth.NEAR, Birth.DIFFERS)
TIES = (Ties.SHARED, Ties.UNKNOWN, Ties.NONE)


@pytest.mark.parametrize(("birth", "ties"), list(product(Birth, Ties)))
def test_a_liker_name_is_never_ranked_lower(birth: Birth, ties: Ties) -> None:
    ranks = [WEIGHT[rank(score, birth, ties)] for score in range(101)]
    assert ranks == sorted(ranks)
    assert ranks[LEAST[birth, ties] - 1] == 0 < ranks[LEAST[birth, ties]]
    assert ranks[FLOOR - 1] == 0 and ranks[100] > 0  # noqa: PT018


@pytest.mark.parametrize("score", [FLOOR, SIMILAR, LIKE, EQUAL, 100])
def test_what_speaks_against_an_entry_never_helps_it(score: int) -> None:
    for ties in TIES:
        ranks = [WEIGHT[rank(score, birth, ties)] for birth in FOR_AND_AGAINST]
        assert all(before >= after for before, after in pairwise(ranks))
    for birth in Birth:
        ranks = [WEIGHT[rank(score, birth, ties)] for ties in TIES]
        assert all(before >= after for before, after in pairwise(ranks))


@pytest.mark.parametrize(
    ("score", "birth", "ties", "band"),
    [
        (100, Birth.AGREES, Ties.NONE, Band.HIT),
        (100, Birth.UNKNOWN, Ties.UNKNOWN, Band.HIT),
        (100, Birth.UNKNOWN, Ties.NONE, Band.REVIEW),
        (100, Birth.NEAR, Ties.SHARED, Band.REVIEW),
        (100, Birth.DIFFERS, Ties.NONE, Band.REVIEW),
        (EQUAL - 1, Birth.DIFFERS, Ties.SHARED, Band.CLEAR),
        (LIKE, Birth.AGREES, Ties.SHARED, Band.HIT),
        (LIKE, Birth.AGREES, Ties.UNKNOWN, Band.REVIEW),
        (LIKE - 1, Birth.AGREES, Ties.SHARED, Band.REVIEW),
        (LIKE - 1, Birth.AGREES, Ties.NONE, Band.CLEAR),
    ],
)
def test_the_bands(score: int, birth: Birth, ties: Ties, band: Band) -> None:
    assert rank(score, birth, ties) is band


def test_the_same_name_born_on_another_day_is_always_for_a_person() -> None:
    for birth, ties in product((Birth.NEAR, Birth.DIFFERS), Ties):
        assert rank(EQUAL, birth, ties) is Band.REVIEW


def test_weak_aliases_and_other_kinds_are_never_hits() -> None:
    for score, birth, ties in product(range(101), Birth, Ties):
        assert rank(score, birth, ties, weak=True) is not Band.HIT
        assert rank(score, birth, ties, kind_differs=True) is not Band.HIT
    assert rank(100, Birth.UNKNOWN, Ties.UNKNOWN, weak=True) is Band.REVIEW
    assert rank(100, Birth.DIFFERS, Ties.SHARED, weak=True) is Band.CLEAR
    assert rank(EQUAL - 1, Birth.AGREES, Ties.SHARED, weak=True) is Band.CLEAR
    assert rank(100, Birth.UNKNOWN, Ties.UNKNOWN, weak=True, kind_differs=True) is Band.CLEAR


def test_reasons_tell_the_whole_row() -> None:
    assert reasons(100, Birth.AGREES, Ties.SHARED) == (
        MatchReason.NAME_EQUAL,
        MatchReason.BIRTH_DATE_AGREES,
        MatchReason.COUNTRY_AGREES,
    )
    assert reasons(90, Birth.UNKNOWN, Ties.UNKNOWN) == (MatchReason.NAME_SIMILAR, MatchReason.BIRTH_DATE_UNKNOWN)
    assert MatchReason.WEAK_ALIAS in reasons(100, Birth.NEAR, Ties.NONE, weak=True)
    assert reasons(100, Birth.UNKNOWN, Ties.UNKNOWN, kind_differs=True) == (MatchReason.NAME_EQUAL, MatchReason.KIND_DIFFERS)


def test_a_score_is_rounded_down() -> None:
    assert [score_of(likeness) for likeness in (0.0, 0.8399, 0.84, 1.0)] == [0, 83, 84, 100]
