"""Can a case only go where it may, by whom it may, and is nobody approved unscreened?"""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from credence.service.issuer.cases import STEPS, Actor, CaseState, IllegalStep, judge, needs_two, step
from credence.service.issuer.diligence import Assessment
from credence.service.screening.lists import ListVersion
from credence.service.screening.results import Band, Match, MatchReason, Screening

LISTS = (ListVersion("own", "1", "ab" * 32),)
GOOD = Assessment(2, "low", ("residence-low",), "1")
REFUSED = Assessment(None, None, ("residence-refused",), "1")


def found(*bands: Band) -> tuple[Match, ...]:
    return tuple(Match("own", f"E-{number}", 100, band, (MatchReason.NAME_EQUAL,)) for number, band in enumerate(bands))


@pytest.mark.parametrize(("source", "to", "actor"), list(product(CaseState, CaseState, Actor)))
def test_a_step_is_in_the_table_or_refused(source: CaseState, to: CaseState, actor: Actor) -> None:
    if actor in STEPS.get((source, to), ()):
        assert step(source, to, actor) is to
    else:
        with pytest.raises(IllegalStep):
            step(source, to, actor)


def test_only_two_persons_bring_a_declined_case_back() -> None:
    after = {actor for (source, _), actors in STEPS.items() if source is CaseState.DECLINED for actor in actors}
    assert after == {Actor.PAIR}


def test_one_person_never_undoes_what_was_approved() -> None:
    settled = (CaseState.APPROVED, CaseState.ISSUED, CaseState.DECLINED)
    assert not [pair for pair, actors in STEPS.items() if pair[0] in settled and Actor.REVIEWER in actors]


class Life(RuleBasedStateMachine):
    """A case that anybody tries to lead anywhere."""

    def __init__(self) -> None:
        super().__init__()
        self.state = CaseState.RECEIVED
        self.seen = [self.state]

    @rule(to=st.sampled_from(CaseState), actor=st.sampled_from(Actor))
    def try_step(self, to: CaseState, actor: Actor) -> None:
        try:
            self.state = step(self.state, to, actor)
        except IllegalStep:
            return
        self.seen.append(self.state)

    @invariant()
    def what_is_issued_was_screened_and_approved(self) -> None:
        assert len(self.seen) <= 3 or self.seen[:3] == [CaseState.RECEIVED, CaseState.VERIFIED, CaseState.SCREENED]
        if CaseState.ISSUED in self.seen:
            first = self.seen.index(CaseState.ISSUED)
            assert self.seen[first - 1] is CaseState.APPROVED or CaseState.REVIEW in self.seen[:first]


TestLife = Life.TestCase


@pytest.mark.parametrize(
    ("matches", "assessment", "lists", "state", "first"),
    [
        ((), GOOD, LISTS, CaseState.APPROVED, "residence-low"),
        ((), GOOD, (), CaseState.REVIEW, "not-screened"),
        ((), REFUSED, LISTS, CaseState.DECLINED, "residence-refused"),
        ((), REFUSED, (), CaseState.DECLINED, "residence-refused"),
        (found(Band.REVIEW), GOOD, LISTS, CaseState.REVIEW, "sanctions-review"),
        (found(Band.REVIEW, Band.REVIEW), GOOD, LISTS, CaseState.REVIEW, "sanctions-review"),
        (found(Band.REVIEW), REFUSED, LISTS, CaseState.DECLINED, "residence-refused"),
        (found(Band.REVIEW, Band.HIT), GOOD, LISTS, CaseState.DECLINED, "sanctions-hit"),
        (found(Band.HIT), REFUSED, LISTS, CaseState.DECLINED, "sanctions-hit"),
    ],
)
def test_the_verdict(
    matches: tuple[Match, ...], assessment: Assessment, lists: tuple[ListVersion, ...], state: CaseState, first: str
) -> None:
    verdict = judge(Screening(lists, matches), assessment)
    assert verdict.state is state
    assert verdict.reasons[0] == first


@pytest.mark.parametrize(
    ("matches", "lists", "two"),
    [((), LISTS, False), ((), (), True), (found(Band.REVIEW), LISTS, True), (found(Band.HIT), LISTS, True)],
)
def test_what_departs_from_the_screening_takes_two(
    matches: tuple[Match, ...], lists: tuple[ListVersion, ...], two: bool
) -> None:
    assert needs_two(Screening(lists, matches)) is two


@given(bands=st.lists(st.sampled_from([Band.REVIEW, Band.HIT]), max_size=4), refused=st.booleans(), searched=st.booleans())
def test_only_the_clear_are_approved(bands: list[Band], refused: bool, searched: bool) -> None:
    verdict = judge(Screening(LISTS if searched else (), found(*bands)), REFUSED if refused else GOOD)
    assert (verdict.state is CaseState.APPROVED) == (not bands and not refused and searched)
    assert step(CaseState.SCREENED, verdict.state, Actor.RULES) is verdict.state
    assert len(set(verdict.reasons)) == len(verdict.reasons) > 0
