"""Why something is not erased yet, said with the ground and the day."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from credence.service.errors import Retained
from credence.service.forgetting.columns import Kept

_GROUNDS: Final = {
    "amlr-77": "Regulation (EU) 2024/1624, Article 77",
    "contract": "the contract with the person",
    "legitimate-interest": "legitimate interest",
}


def refuse_while_kept(row: Kept, now: int) -> None:
    """Returns iff ``row`` may be erased at ``now``. Raises :class:`Retained` before its time, and under a hold."""
    if row.legal_hold is not None:
        raise Retained(f"It is under a legal hold ({row.legal_hold}) until that is lifted.")
    if now < row.retain_until:
        day = datetime.fromtimestamp(row.retain_until, UTC).date().isoformat()
        raise Retained(f"It is kept until {day}: {_GROUNDS[row.legal_basis]}.")
