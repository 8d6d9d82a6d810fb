"""A case's life: which step follows which, who may take it, and what screening and diligence decide together.

``received → verified → screened → approved | review | declined``, ``review → approved | declined``, ``approved → issued``.
The evidence is shown again when the credential is claimed, and names are screened again: what was approved may then turn
to ``review`` or ``declined``. Whose suspension was lifted is issued anew through the same case, which stays ``issued``.
Whoever holds a credential shows evidence again when that is due: the case stays ``issued``,
or turns to ``review`` or ``declined``, and ``review → issued`` brings it back. Departing from the rules takes two
persons, and so does whatever becomes of a credential.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from credence.service.errors import Conflict
from credence.service.issuer.diligence import Assessment
from credence.service.screening.results import Band, Screening


class CaseState(StrEnum):
    """Where a case stands."""

    RECEIVED = "received"
    VERIFIED = "verified"
    SCREENED = "screened"
    APPROVED = "approved"
    REVIEW = "review"
    DECLINED = "declined"
    ISSUED = "issued"


class Actor(StrEnum):
    """Who takes a step."""

    RULES = "rules"
    """The service itself, by its lists and tables."""
    REVIEWER = "reviewer"
    """A client with the scope ``issuer:review``."""
    PAIR = "pair"
    """Two of these, one of whom proposed what the other one approved."""
    HOLDER = "holder"
    """Whoever bears the offer."""
    REVOKER = "revoker"
    """A client with the scope ``issuer:revoke``, or whoever is at the machine: it moves no case."""


class IllegalStep(Conflict):
    """A step that does not follow from the state the case is in, or is not this actor's to take."""

    default = "The case is in a state that does not allow this."


STEPS: Final[Mapping[tuple[CaseState, CaseState], frozenset[Actor]]] = MappingProxyType(
    {
        (CaseState.RECEIVED, CaseState.VERIFIED): frozenset({Actor.RULES}),
        (CaseState.VERIFIED, CaseState.SCREENED): frozenset({Actor.RULES}),
        (CaseState.SCREENED, CaseState.APPROVED): frozenset({Actor.RULES}),
        (CaseState.SCREENED, CaseState.REVIEW): frozenset({Actor.RULES}),
        (CaseState.SCREENED, CaseState.DECLINED): frozenset({Actor.RULES}),
        (CaseState.REVIEW, CaseState.APPROVED): frozenset({Actor.REVIEWER, Actor.PAIR}),
        (CaseState.REVIEW, CaseState.DECLINED): frozenset({Actor.REVIEWER, Actor.RULES, Actor.PAIR}),
        (CaseState.REVIEW, CaseState.ISSUED): frozenset({Actor.PAIR}),
        (CaseState.APPROVED, CaseState.REVIEW): frozenset({Actor.RULES}),
        (CaseState.APPROVED, CaseState.DECLINED): frozenset({Actor.RULES, Actor.PAIR}),
        (CaseState.APPROVED, CaseState.ISSUED): frozenset({Actor.HOLDER}),
        (CaseState.ISSUED, CaseState.ISSUED): frozenset({Actor.HOLDER}),
        (CaseState.ISSUED, CaseState.REVIEW): frozenset({Actor.RULES}),
        (CaseState.ISSUED, CaseState.DECLINED): frozenset({Actor.RULES, Actor.PAIR}),
        (CaseState.DECLINED, CaseState.APPROVED): frozenset({Actor.PAIR}),
        (CaseState.DECLINED, CaseState.REVIEW): frozenset({Actor.PAIR}),
    }
)
"""Every step there is, and whose it is."""


def step(state: CaseState, to: CaseState, actor: Actor) -> CaseState:
    """``to``, if ``actor`` may lead a case there from ``state``. Raises :class:`IllegalStep`."""
    if actor not in STEPS.get((state, to), frozenset()):
        raise IllegalStep
    return to


def needs_two(screening: Screening) -> bool:
    """Whether approving a case that was screened so departs from the rules: an entry was found, or no list was searched."""
    return bool(screening.matches) or not screening.lists


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the rules decide, and why, in slugs."""

    state: CaseState
    reasons: tuple[str, ...]


def judge(screening: Screening, assessment: Assessment) -> Verdict:
    """Screening and diligence together; nobody is approved whom no list was searched for."""
    if screening.band is Band.HIT:
        return Verdict(CaseState.DECLINED, ("sanctions-hit",))
    if assessment.refused:
        return Verdict(CaseState.DECLINED, assessment.reasons)
    if screening.band is Band.REVIEW:
        return Verdict(CaseState.REVIEW, ("sanctions-review", *assessment.reasons))
    if not screening.lists:
        return Verdict(CaseState.REVIEW, ("not-screened", *assessment.reasons))
    return Verdict(CaseState.APPROVED, assessment.reasons)
