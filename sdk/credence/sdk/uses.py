"""How often a wallet made use of venues' rate limits: kept so that no use is shown twice.

A use shown twice is refused, and tells the venue that the same holder came twice. So a use counts from the moment before it
may leave the wallet, and what was counted is remembered until no request of its epoch can be answered any more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Self

from credence.circuits.fields import Fields
from credence.circuits.policy.language import PERIODS, LimitAsk
from credence.circuits.wire import MAX_AUDIENCE
from credence.sdk.errors import WalletError

MAX_COUNTED: Final = 4_096
"""Limits and epochs that are counted at once."""

KEPT: Final = 86_400
"""Seconds after its epoch for which a count is kept; a request lives for an hour."""


@dataclass(frozen=True, slots=True)
class Counted:
    """The uses made of one limit of one audience in one epoch, which is over at ``ends_at`` (unix seconds)."""

    audience: str
    name: str
    epoch: int
    ends_at: int
    uses: int

    def to_json(self) -> dict[str, Any]:
        """The form a vault keeps."""
        return {
            "audience": self.audience,
            "name": self.name,
            "epoch": self.epoch,
            "ends_at": self.ends_at,
            "uses": self.uses,
        }

    @classmethod
    def parse(cls, value: object) -> Self:
        """Read one. Raises :class:`~credence.circuits.errors.Malformed`."""
        fields = Fields(value, "counted")
        counted = cls(
            audience=fields.text("audience", max_length=MAX_AUDIENCE),
            name=fields.text("name", max_length=64),
            epoch=fields.integer("epoch"),
            ends_at=fields.integer("ends_at"),
            uses=fields.integer("uses", minimum=1),
        )
        fields.done()
        return counted


def used(counts: tuple[Counted, ...], audience: str, limit: LimitAsk, at: int) -> int:
    """How many uses were made in the epoch of ``at``: the number of the next one."""
    key = (audience, limit.name, limit.epoch(at))
    return next((each.uses for each in counts if (each.audience, each.name, each.epoch) == key), 0)


def count_use(counts: tuple[Counted, ...], audience: str, limit: LimitAsk, at: int, now: int) -> tuple[Counted, ...]:
    """The counts with one use more in the epoch of ``at``, without those that are over at ``now``.

    Raises :class:`WalletError` where more is counted than a vault is for: forgetting one would show a use again.
    """
    epoch, made = limit.epoch(at), used(counts, audience, limit, at)
    ends_at = (epoch + 1) * PERIODS[limit.per]
    live = [each for each in counts if each.ends_at + KEPT > now]
    others = [each for each in live if (each.audience, each.name, each.epoch) != (audience, limit.name, epoch)]
    if len(others) >= MAX_COUNTED:
        raise WalletError("The wallet counts the uses of more limits than it can keep.")
    return (*others, Counted(audience, limit.name, epoch, ends_at, made + 1))
