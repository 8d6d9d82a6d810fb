"""Are names alike that are one person's, and not those in which a word stands against another?"""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credence.service.screening.names import EntryKind, read_name
from credence.service.screening.ranking import LIKE, SIMILAR, score_of
from credence.service.screening.similarity import UNEQUAL, name_similarity


def score(one: str, other: str, kind: EntryKind = "individual") -> int:
    return score_of(name_similarity(read_name(one, kind), read_name(other, kind)))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Orlovskaya Mina", "MINA ORLOVSKAYA"),
        ("MinaOrlovskaya", "Mina Orlovskaya"),
        ("Kim Jong-un", "KIM, Jong Un"),
        ("Jean Marie Legrand", "Jean-Marie Legrand"),
    ],
)
def test_the_same_name(one: str, other: str) -> None:
    assert score(one, other) >= 97


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Mina Orlovskaia", "Mina Orlovskaya"),  # another transliteration
        ("Mohamed Hasan", "Muhammad Hassan"),
        ("Mina Orlvoskaya", "Mina Orlovskaya"),  # two letters exchanged
        ("Mnia Orlovskay", "Mina Orlovskaya"),  # a letter left out as well
        ("Mina Petrovna Orlovskaya", "Mina Orlovskaya"),  # a name more
        ("M. Orlovskaya", "Mina Orlovskaya"),
        ("Jean Marie Le Blanc", "Jean-Marie Leblanc"),
        ("Osama bin Laden", "Usama ibn Laden"),
        ("فرناندو بيريز", "Fernando Pérez"),
        ("김정은", "Kim Jong Un"),
        ("Abdurrahman Saleh", "Abd al-Rahman Salih"),
    ],
)
def test_one_name_in_two_ways(one: str, other: str) -> None:
    assert SIMILAR <= score(one, other) <= score_of(UNEQUAL)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Boris Orlovskaya", "Mina Orlovskaya"),
        ("Mina Orlova", "Mina Petrova"),
        ("Jamal Mustafa Sultan al-Dulaimi", "Jamal Mustafa Sultan al-Tikriti"),
        ("Mina Ivanovna Orlova", "Mina Petrovna Orlova"),
        ("William G. Frost", "William W. Frost"),
        ("Mina", "Mina Petrovna Orlovskaya"),
        ("Orlovskaya", "Mina Petrovna Orlovskaya"),
        ("", ""),
        ("Mina", ""),
    ],
)
def test_two_names(one: str, other: str) -> None:
    assert score(one, other) < SIMILAR


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("Glasswater LLC", "Glaswater Limited", True),
        ("OJSC Glasswater Shipping Corporation", "Glasswater Shipping Corporation Joint Stock Company", True),
        ("Glasswater Fund VII L.P.", "Glasswater Fund VIII L.P.", True),  # a series is looked at as one
        ("Glasswater Shipping", "Stillwater Shipping", False),
        ("BWI Industries Inc", "BAE Industries Inc", False),
        ("Volkswagen AG", "Siemens AG", False),
        ("Shipping Company", "Glasswater Shipping Company", False),
    ],
)
def test_firms(one: str, other: str, alike: bool) -> None:
    assert (score(one, other, "entity") >= SIMILAR) is alike


def test_equal_letters_of_other_signs_are_not_the_same_name() -> None:
    """Many signs have one reading: 习近朋 reads like 习近平."""
    assert score("习近平", "习近平") == 100
    assert LIKE <= score("习近朋", "习近平") <= score_of(UNEQUAL)
    assert LIKE <= score("Xi Jinping", "习近平") <= score_of(UNEQUAL)


ARABIC = ("al", "hakimi", "omar", "muhammad", "mohamed", "ali", "abdul", "karim")
WORDS = st.sampled_from(("mina", "orlova", "orlovskaya", "a", "o", "kim", "jong", "jongun", *ARABIC))
NAMES = st.lists(WORDS, max_size=5).map(" ".join)


@settings(deadline=None)
@given(one=NAMES, other=NAMES)
def test_likeness_has_no_direction_and_stays_in_range(one: str, other: str) -> None:
    left, right = read_name(one, "individual"), read_name(other, "individual")
    likeness = name_similarity(left, right)
    assert 0.0 <= likeness <= 1.0
    assert abs(likeness - name_similarity(right, left)) < 0.25, "only which of two equally good pairs is taken may differ"
    assert not left.words or name_similarity(left, left) == 1.0
