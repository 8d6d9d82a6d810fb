"""Whether a holder is to show evidence again: what a wallet works out from what everybody is told, before it asks.

The issuer publishes when its lists changed, and how long evidence is good for. A wallet compares that with when its holder
was verified last, as far as it knows, and asks about its own credential only where it may be due: then the issuer sees that
this holder asked, and nobody else does. None of it is part of a presentation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from credence.circuits.credential import DAY_SECONDS, EPOCH_DAYS
from credence.circuits.issuance import HeldCredential
from credence.sdk.calls.reviews import TIERS, Notice

_RUNGS: Final = ("risk_le_low", "risk_le_standard")


@dataclass(frozen=True, slots=True)
class Review:
    """What a holder is told of one credential. ``deadline`` (unix seconds) and ``cause`` are None where nothing is due.

    ``asked`` says that the issuer was asked about this very credential.
    """

    issuer: str
    attestation_id: str
    cause: str | None = None
    deadline: int | None = None
    asked: bool = False
    revoked: bool = False


def may_be_due(held: HeldCredential, notice: Notice, verified_at: int | None, now: int) -> bool:
    """Whether what everybody is told may concern this credential.

    ``verified_at`` is what the issuer said before; without it the beginning of the epoch of issuing counts.
    """
    end = (held.expiry_epoch * EPOCH_DAYS + 1) * DAY_SECONDS
    if held.revoked is not None or now >= end:
        return False
    since = held.attributes.get("issued_epoch", 0) * EPOCH_DAYS * DAY_SECONDS if verified_at is None else verified_at
    if any(entry.opened_at >= since for entry in notice.rounds):
        return True
    ahead = notice.notice_days * DAY_SECONDS
    until = min(since + notice.review_days[tier_of(held)] * DAY_SECONDS, end)
    return now >= until - min(ahead, (until - since) // 2)


def tier_of(held: HeldCredential) -> str:
    """The risk tier that a credential states, the riskiest where it states none."""
    reached = [held.attributes.get(rung, 0) for rung in _RUNGS]
    return next((tier for tier, rung in zip(TIERS, reached, strict=False) if rung), TIERS[-1])
