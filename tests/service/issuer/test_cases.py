"""Can a case only go where it may, by whom it may, and is nobody approved unscreened?"""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from credence.service.issuer.cases import STEPS, TERMINAL, Actor, CaseState, IllegalStep, judge, step
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
    if STEPS.get((source, to)) is actor:
        assert step(source, to, actor) is to
    else:
        with pytest.raises(IllegalStep):
            step(source, to, actor)


def test_nothing_follows_the_end() -> None:
    assert {state for state in CaseState if not any(source is state for source, _ in STEPS)} == set(TERMINAL)


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
        assert self.seen.count(CaseState.ISSUED) <= 1
        assert len(self.seen) <= 3 or self.seen[:3] == [CaseState.RECEIVED, CaseState.VERIFIED, CaseState.SCREENED]
        if CaseState.ISSUED in self.seen:
            assert self.seen[-1] is CaseState.ISSUED
            assert self.seen[-2] is CaseState.APPROVED
        if CaseState.DECLINED in self.seen:
            assert self.seen[-1] is CaseState.DECLINED


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


@given(bands=st.lists(st.sampled_from([Band.REVIEW, Band.HIT]), max_size=4), refused=st.booleans(), searched=st.booleans())
def test_only_the_clear_are_approved(bands: list[Band], refused: bool, searched: bool) -> None:
    verdict = judge(Screening(LISTS if searched else (), found(*bands)), REFUSED if refused else GOOD)
    assert (verdict.state is CaseState.APPROVED) == (not bands and not refused and searched)
    assert step(CaseState.SCREENED, verdict.state, Actor.RULES) is verdict.state
    assert len(set(verdict.reasons)) == len(verdict.reasons) > 0
