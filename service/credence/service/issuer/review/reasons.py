"""The words of a review: what is proposed and why, what became of it, what happened to a case. Each list is closed."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Kind(StrEnum):
    """What a proposal asks for."""

    APPROVE = "approve"
    """A case that waits, or was declined, is approved."""
    DECLINE = "decline"
    """A case that was approved or issued is declined; a credential is revoked with it."""
    CHANGE = "change"
    """Another kyc_level or risk_tier, before there is a credential."""
    REOPEN = "reopen"
    """A declined case waits for a decision again."""


class Reason(StrEnum):
    """Why a decision departs from the rules. About the case, never about the person."""

    FALSE_POSITIVE = "false-positive"
    """Every entry that was found is somebody else."""
    SCREENED_ELSEWHERE = "screened-elsewhere"
    """No list was searched here, and one was by other means."""
    ADDITIONAL_EVIDENCE = "additional-evidence"
    RISK_ACCEPTED = "risk-accepted"
    RISK_REASSESSED = "risk-reassessed"
    ADVERSE_INFORMATION = "adverse-information"
    EVIDENCE_DOUBTFUL = "evidence-doubtful"
    SANCTIONS_CONFIRMED = "sanctions-confirmed"
    AT_HOLDERS_REQUEST = "at-holders-request"
    DECIDED_IN_ERROR = "decided-in-error"
    LIST_CORRECTED = "list-corrected"


REASONS: Final[Mapping[Kind, frozenset[Reason]]] = MappingProxyType(
    {
        Kind.APPROVE: frozenset(
            {
                Reason.FALSE_POSITIVE,
                Reason.SCREENED_ELSEWHERE,
                Reason.ADDITIONAL_EVIDENCE,
                Reason.RISK_ACCEPTED,
                Reason.DECIDED_IN_ERROR,
            }
        ),
        Kind.DECLINE: frozenset(
            {
                Reason.ADVERSE_INFORMATION,
                Reason.EVIDENCE_DOUBTFUL,
                Reason.SANCTIONS_CONFIRMED,
                Reason.AT_HOLDERS_REQUEST,
                Reason.DECIDED_IN_ERROR,
            }
        ),
        Kind.CHANGE: frozenset({Reason.RISK_REASSESSED, Reason.ADDITIONAL_EVIDENCE, Reason.DECIDED_IN_ERROR}),
        Kind.REOPEN: frozenset(
            {Reason.FALSE_POSITIVE, Reason.ADDITIONAL_EVIDENCE, Reason.LIST_CORRECTED, Reason.DECIDED_IN_ERROR}
        ),
    }
)
"""The reasons that each kind may have."""


class Standing(StrEnum):
    """What became of a proposal."""

    OPEN = "open"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    """By whoever made it."""
    OVERTAKEN = "overtaken"
    """By another step of the case."""


class Happening(StrEnum):
    """What a step of a case was."""

    OPENED = "opened"
    DECIDED = "decided"
    """By one reviewer."""
    PROPOSED = "proposed"
    OVERRIDDEN = "overridden"
    """A proposal was approved."""
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    SCREENED_AGAIN = "screened-again"
    """An entry that nobody had judged took the approval back, when the credential was claimed."""
    ISSUED = "issued"
    DUE = "due"
    SHOWN_AGAIN = "shown-again"
    """Fresh evidence was handed in for a credential."""
    LAPSED = "lapsed"
    """Evidence was not shown again in time."""
    REVOKED = "revoked"
    """By a revoker: the case stays where it is, its credential is revoked."""
    REPLACED = "replaced"
    """The person was issued another credential, and this case's is revoked with that."""
    SUSPENDED = "suspended"
    LIFT_ASKED = "lift-asked"
    """One person asks that a suspension be lifted."""
    LIFTED = "lifted"
    """By the second one."""
    BANNED = "banned"
    """Nothing is issued to the person any more, through whichever case."""
    RESET_HELD = "reset-held"
    """A claim would have been a reset, which somebody has to look at first."""


class Cause(StrEnum):
    """Why evidence is to be shown again."""

    LIST_CHANGED = "list-changed"
    INTERVAL = "interval"
    """The time between two looks at a holder of this risk is over."""
    EXPIRY = "expiry"
    """The credential ends."""
    REVIEW = "review"
    """What was shown waits for a decision: the credential does not wait for ever."""


class End(StrEnum):
    """What became of a due mark; an open one has none."""

    OPEN = "open"
    SHOWN = "shown"
    """Evidence was shown, and nothing stands against it."""
    DECLINED = "declined"
    LAPSED = "lapsed"
    LIFTED = "lifted"
    """The list changed back, or the credential ended otherwise."""
