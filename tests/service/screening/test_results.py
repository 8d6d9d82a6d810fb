"""Is what was stored before read, and is only what is new called new?"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from credence.service.screening.births import BirthSpan
from credence.service.screening.lists import ListEntry, ListVersion
from credence.service.screening.results import Band, Match, MatchReason, Screening

LISTS = (ListVersion("own", "1", "ab" * 32),)


def match(entry_id: str, band: Band, digest: str = "of the entry") -> Match:
    return Match("own", entry_id, 100, band, (MatchReason.NAME_EQUAL,), digest)


@pytest.mark.parametrize(
    ("reason", "band"),
    [
        ("name-and-birth-date", Band.HIT),
        ("name-only", Band.HIT),
        ("birth-date-differs", Band.REVIEW),
        ("kind-differs", Band.REVIEW),
    ],
)
def test_results_of_the_first_matcher_are_read(reason: str, band: Band) -> None:
    stored = {
        "lists": [LISTS[0].to_json()],
        "matches": [{"list": "own", "entry_id": "E-1", "score": 100, "reason": reason}],
    }
    found = Screening.parse(stored)
    assert (found.band, found.matcher, found.lists) == (band, "credence-equal-1", LISTS)
    assert Screening.parse(found.to_json()) == found


def test_a_result_of_no_reason_that_is_known_is_an_error() -> None:
    stored = {"lists": [], "matches": [{"list": "own", "entry_id": "E-1", "score": 100, "reason": "whim"}]}
    with pytest.raises(KeyError):
        Screening.parse(stored)


@pytest.mark.parametrize(
    ("before", "now", "fresh"),
    [
        ((), (match("A", Band.REVIEW),), ["A"]),
        ((match("A", Band.REVIEW),), (match("A", Band.REVIEW),), []),
        ((match("A", Band.REVIEW),), (match("A", Band.HIT),), ["A"]),
        ((match("A", Band.HIT),), (match("A", Band.REVIEW),), []),
        ((match("A", Band.REVIEW),), (match("B", Band.REVIEW), match("A", Band.REVIEW)), ["B"]),
        # the list changed that very entry, or nobody knows whether it did
        ((match("A", Band.HIT),), (match("A", Band.HIT, "of another"),), ["A"]),
        ((match("A", Band.HIT, ""),), (match("A", Band.HIT),), ["A"]),
        ((match("A", Band.HIT, ""),), (match("A", Band.HIT, ""),), ["A"]),
    ],
)
def test_what_is_beyond_an_earlier_result(before: tuple[Match, ...], now: tuple[Match, ...], fresh: list[str]) -> None:
    assert [found.entry_id for found in Screening(LISTS, now).beyond(Screening(LISTS, before))] == fresh


def test_an_entrys_digest_is_stored_and_not_told() -> None:
    found = Screening(LISTS, (match("A", Band.REVIEW, "ab" * 32),))
    assert Screening.parse(json.loads(found.stored())) == found
    assert "ab" * 32 not in json.dumps(found.to_json()["matches"])


ENTRY = ListEntry("A", "individual", ("Ana", "Anna"), (BirthSpan.of_years(1950, 1951),), ("DE", "FR"), ("An",))


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "entity"},
        {"names": ("Ana", "Anna", "Hana")},
        {"births": (BirthSpan.of_years(1950, 1952),)},
        {"countries": ("DE",)},
        {"weak_names": ()},
        {"names": ("Ana", "Anna", "An"), "weak_names": ()},
    ],
    ids=["kind", "name", "birth", "country", "weak", "weak-no-more"],
)
def test_another_entry_has_another_digest(change: dict[str, Any]) -> None:
    assert replace(ENTRY, **change).digest != ENTRY.digest
    assert replace(ENTRY, entry_id="B", names=("Anna", "Ana"), countries=("FR", "DE")).digest == ENTRY.digest
