"""A case's life: which step follows which, who may take it, and what screening and diligence decide together.

``received → verified → screened → approved | review | declined``, ``review → approved | declined``, ``approved → issued``.
The evidence is shown again when the credential is claimed, and names are screened again: what was approved may then turn
to ``review`` or ``declined``.
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
    HOLDER = "holder"
    """Whoever bears the offer."""


class IllegalStep(Conflict):
    """A step that does not follow from the state the case is in, or is not this actor's to take."""

    default = "The case is in a state that does not allow this."


STEPS: Final[Mapping[tuple[CaseState, CaseState], Actor]] = MappingProxyType(
    {
        (CaseState.RECEIVED, CaseState.VERIFIED): Actor.RULES,
        (CaseState.VERIFIED, CaseState.SCREENED): Actor.RULES,
        (CaseState.SCREENED, CaseState.APPROVED): Actor.RULES,
        (CaseState.SCREENED, CaseState.REVIEW): Actor.RULES,
        (CaseState.SCREENED, CaseState.DECLINED): Actor.RULES,
        (CaseState.REVIEW, CaseState.APPROVED): Actor.REVIEWER,
        (CaseState.REVIEW, CaseState.DECLINED): Actor.REVIEWER,
        (CaseState.APPROVED, CaseState.REVIEW): Actor.RULES,
        (CaseState.APPROVED, CaseState.DECLINED): Actor.RULES,
        (CaseState.APPROVED, CaseState.ISSUED): Actor.HOLDER,
    }
)
"""Every step there is, and whose it is."""

TERMINAL: Final = frozenset({CaseState.DECLINED, CaseState.ISSUED})
"""States that nothing follows."""


def step(state: CaseState, to: CaseState, actor: Actor) -> CaseState:
    """``to``, if ``actor`` may lead a case there from ``state``. Raises :class:`IllegalStep`."""
    if STEPS.get((state, to)) is not actor:
        raise IllegalStep
    return to


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
