"""The closed lists of cases: which rules look over reports, what a case may be closed with; and what a look tells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

DAY: Final = 86_400

LOOKED_FOR: Final = ("self-match", "loop-volume", "ping-pong", "cancel-burst", "trade-before-large-order")
"""Rules that can be told from reports. ``layering`` is not among them: a cancel is reported without its price and side."""

KINDS: Final = ("fill", "order_cancel")
"""Kinds of events that rules look over."""

Note = Literal["confirmed", "explained", "mistaken", "duplicate"]
"""``confirmed``: it is what the rule names; ``explained``: there is an honest reason for it; ``mistaken``: the rule saw what
was not there; ``duplicate``: another case tells the same."""

State = Literal["open", "closed"]


@dataclass(frozen=True)
class Looked:
    """What one look came to: new cases, those that were there already, findings that were left to the next look, and of how
    much. ``unpaired``: fills whose other side is not told by the reports."""

    day: int
    opened: int
    known: int
    left_out: int
    trades: int
    fills: int
    cancels: int
    unpaired: int

    def to_json(self) -> dict[str, int]:
        return {name: getattr(self, name) for name in self.__dataclass_fields__}
