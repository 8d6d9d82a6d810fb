"""What a person is issued next: the first credential, another of the same secrets, or one of others, which is a reset.

The wallet's commitment says which: its point is the same for one recovery phrase, and was kept. The same phrase leads to the
same issuer's halves and by that to the same pseudonyms and the same use tags. Another phrase gets other halves, so that
nobody has two pseudonyms' worth of one history, and the credential counts it (docs/decisions/0041-one-person.md).
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import Final

from sqlmodel import Session

from credence.circuits.credential import day_of
from credence.service.errors import CredentialSuspended, ResetRefused
from credence.service.issuer.persons import records
from credence.service.issuer.persons.lives import Life
from credence.service.issuer.records import IssuerAttestation, IssuerCase
from credence.service.settings import Settings

RESET_REASON: Final = "reset"
"""What a case's reasons say where somebody is to look at a reset, or did."""


class ResetToBeReviewed(ResetRefused):
    """A reset that a reviewer has to look at first."""

    default = "The person has a credential of another recovery phrase: somebody looks at that first."


@dataclass(frozen=True, slots=True)
class Next:
    """The next credential of a person, and the one before under the same tag, if there is one."""

    serial: int
    resets: int
    reset_day: int
    before: IssuerAttestation | None

    @property
    def is_reset(self) -> bool:
        """Whether it is of other secrets than the one before."""
        return self.before is not None and self.resets != self.before.resets


def next_of(
    session: Session, case: IssuerCase, before: IssuerAttestation | None, point: bytes, now: int, settings: Settings
) -> Next:
    """What a person gets for the commitment ``point`` after ``before``, its newest, through ``case``.

    Raises :class:`CredentialSuspended`, :class:`ResetRefused` where a reset is too soon after the last change of secrets,
    and :class:`ResetToBeReviewed`.
    """
    if before is None:
        return Next(serial=1, resets=0, reset_day=0, before=None)
    if before.life == Life.SUSPENDED:
        raise CredentialSuspended
    serial = before.serial + 1
    if hmac.compare_digest(before.commitment_point, point):
        return Next(serial, before.resets, before.reset_day, before)
    today, days = day_of(now), settings.reset_interval_days
    since = records.halves_since(session, before.identity_tag, before.resets)
    if since is not None and today < since + days:
        raise ResetRefused
    if settings.reset_review and not _was_looked_at(case):
        raise ResetToBeReviewed
    return Next(serial, before.resets + 1, today, before)


def _was_looked_at(case: IssuerCase) -> bool:
    """Whether a person approved the case after it was held for a reset."""
    return RESET_REASON in case.reasons.split() and case.decided_by is not None
