"""Is the second matcher asked under an id of its own each time, and does it find who is listed where it is installed?"""

from __future__ import annotations

import sys
from datetime import date
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from credence.service.errors import Misconfigured
from credence.service.screening.evaluation import LabelledPair
from credence.service.screening.logic_v2 import LogicV2, LogicV2Index
from credence.service.screening.results import Band, MatchReason
from credence.service.screening.searching import ScreeningIndex
from tests.service.screening.people import DAY, LIST, subject

PAIR = LabelledPair("Person", "Mina Orlovskaya", "ORLOVSKAYA, Mina", True, "")


@pytest.fixture
def index() -> ScreeningIndex:
    return ScreeningIndex([LIST])


def stand_in(monkeypatch: pytest.MonkeyPatch, score: float) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Modules in place of nomenklatura's that give every pair of entities this score; what they were asked."""
    asked: list[tuple[dict[str, Any], dict[str, Any]]] = []

    def compare(question: dict[str, Any], entity: dict[str, Any], _config: object) -> SimpleNamespace:
        asked.append((question, entity))
        return SimpleNamespace(score=score)

    members = {
        "nomenklatura": {"__version__": "0"},
        "nomenklatura.matching": {"LogicV2": SimpleNamespace(compare=compare, default_config=dict)},
        "followthemoney": {"EntityProxy": SimpleNamespace(from_dict=dict)},
    }
    for name, values in members.items():
        module = ModuleType(name)
        module.__dict__.update(values)
        monkeypatch.setitem(sys.modules, name, module)
    return asked


def test_every_question_has_an_id_of_its_own_and_an_entry_that_of_its_version(
    index: ScreeningIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = stand_in(monkeypatch, 0.9)
    for _ in range(2):
        matcher = LogicV2Index(index)
        for _ in range(2):
            matcher.search(subject("Omar Al Hakimi"))
    assert len({question["id"] for question, _ in asked}) == 4, "also by another matcher of the same process"
    assert {entity["id"] for _, entity in asked} == {f"own-{'ab' * 32}-E-1"}
    (properties,) = {str(entity["properties"]) for _, entity in asked}
    assert all(text in properties for text in ("AL-HAKIMI, Dr. Omar", "THE DOCTOR", "1951-06-19", "'iq'"))
    matcher.matcher.is_same(PAIR)
    assert len({entity["id"] for pair in asked[-1:] for entity in pair}) == 2


@pytest.mark.parametrize(("score", "found"), [(0.7, True), (0.69, False), (1.0, True)])
def test_who_reaches_the_threshold_is_for_a_person_to_look_at(
    index: ScreeningIndex, monkeypatch: pytest.MonkeyPatch, score: float, found: bool
) -> None:
    stand_in(monkeypatch, score)
    matcher = LogicV2Index(index)
    result = matcher.search(subject("Omar Al Hakimi"))
    assert [(match.entry_id, match.band, match.score) for match in result.matches] == (
        [("E-1", Band.REVIEW, int(score * 100))] if found else []
    )
    assert (result.matcher, result.lists) == ("nomenklatura-logic-v2-0", (LIST.version,))
    assert matcher.matcher.is_same(PAIR) is found
    assert matcher.search(subject("Nobody Atall")).matches == ()


def test_without_it_is_said_what_is_missing(index: ScreeningIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "nomenklatura.matching", None)
    with pytest.raises(Misconfigured, match="extra logic"):
        LogicV2Index(index)


def test_it_finds_who_is_listed(index: ScreeningIndex) -> None:
    pytest.importorskip("nomenklatura", reason="the extra logic is not installed")
    matcher = LogicV2Index(index)
    (match,) = matcher.search(subject("Omar Al Hakimi")).matches
    assert (match.entry_id, match.band, match.reasons[1]) == ("E-1", Band.REVIEW, MatchReason.BIRTH_DATE_AGREES)
    assert matcher.search(subject("Omar Al Hakimi", date(1990, 1, 1))).matches == (), "asked anew, and not remembered"
    (again,) = matcher.search(subject("Omar Al Hakimi", DAY)).matches
    assert again == match
    assert LogicV2().is_same(PAIR)
    assert not LogicV2().is_same(LabelledPair("Person", "Mina Orlovskaya", "Boris Petrov", False, ""))
