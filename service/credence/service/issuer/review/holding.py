"""What becomes of a credential and of its due mark when its case leaves ``review`` or ``issued``, in one transaction."""

from __future__ import annotations

from typing import Final

from sqlmodel import Session

from credence.service.issuer.cases import CaseState
from credence.service.issuer.review.due import records as due_records
from credence.service.issuer.review.reasons import End
from credence.service.issuer.revocation.manager import Manager, Target

_ENDS: Final = {CaseState.ISSUED: End.SHOWN, CaseState.DECLINED: End.DECLINED}


def ends_with(state: CaseState) -> bool:
    """Whether a due mark ends when its case comes into ``state``."""
    return state in _ENDS


def settle(
    session: Session,
    manager: Manager,
    case_id: str,
    state: CaseState,
    *,
    reason: str,
    by: str,
    now: int,
    ending: End | None = None,
) -> None:
    """Ends the open mark of a case that came into ``state``, by default as that says; one that was declined has its
    credential revoked, if it has one and it is not yet. ``by`` is the client, or ``rules``."""
    mark = due_records.open_mark(session, case_id)
    if mark is not None:
        due_records.end_mark(session, mark.id, ending or _ENDS[state], now)
    if state is not CaseState.DECLINED:
        return
    attestation = due_records.attestation_of_case(session, case_id)
    if attestation is not None and not due_records.is_revoked(session, attestation.id):
        manager.revoke_in(session, Target(attestation_id=attestation.id), reason=reason, by=by, now=now)
