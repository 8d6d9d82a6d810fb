"""Facts: what the verifier knows about one pseudonym when its terms are computed.

Proven facts come out of an accepted presentation; conduct and market facts come from the venue, aggregated per person
(per use_tag) where the policy asks for one. Numbers are refused unless they are what they claim; tier values are not,
because an unknown one is priced as the worst.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any, Self

from credence.service.verifier.tariff.amounts import ONE, ZERO, is_amount, plain

INSTITUTION = "institution"
_MAX_POSITIONS = 10_000
_MAX_RAISES = 16
_AMOUNTS = ("volume_30d_usd", "maker_share", "open_interest_share", "expected_shortfall_usd", "insurance_share_usd")


Raised = tuple[str, str, int, int] | tuple[str, str, int, int, str, str]
"""A fall: tier before, tier after, notice, end (unix seconds), and ceiling before, ceiling after where it moved."""


def _is_raise(value: object) -> bool:
    kinds = [str, str, int, int]
    if not (isinstance(value, tuple) and [type(item) for item in value] in (kinds, [*kinds, str, str])):
        return False
    return bool(value[2] < value[3])


class FactsError(Exception):
    """A fact that is not of its type or range. ``field`` names it; the value is not repeated."""

    def __init__(self, field: str) -> None:
        super().__init__(f"{field} is not of its type or range")
        self.field = field


@dataclass(frozen=True)
class Facts:
    """One pseudonym's facts. Raises FactsError.

    - ``kyc_level``: 0-3, the highest one proven. ``risk_tier``: ``"low"``, ``"standard"`` or ``"enhanced"``, the best one
      proven. None: not proven. ``standing_tier``: RX, R0-R5, None before there is any conduct.
    - ``own_standing``: the tier that the venue's own reports come to, and ``own_ceiling`` the best one that they do not
      contradict; None where nothing was reported. ``raises``: falls of either whose margin raise is under way, as (tier
      before, tier after, notice, end) in unix seconds, with (ceiling before, ceiling after) at the end where it moved; each
      begins where the one before ended.
    - ``kind`` (``"natural"``, ``"legal"``, ``"institution"``) and ``accredited``: as proven.
    - ``volume_30d_usd``: wash-adjusted; ``maker_share``: share of the venue's maker volume, 0 to 1.
    - ``stress_regime``: the venue's own alarm. ``open_interest_share``: the person's share of a market's open interest, the
      largest over markets, 0 to 1. ``expected_shortfall_usd``: as the venue measures it; ``insurance_share_usd``: the part
      of the insurance fund that this person may cost. None: not measured, which counts against relief once there are
      positions.
    - ``positions``: (instrument class, gross notional in USD) of the whole person; classes may repeat. ``accounts``: how
      many of the person's accounts with the venue they are of.
    """

    kyc_level: int | None = None
    risk_tier: str | None = None
    standing_tier: str | None = None
    own_standing: str | None = None
    own_ceiling: str | None = None
    raises: tuple[Raised, ...] = ()
    kind: str | None = None
    accredited: bool = False
    volume_30d_usd: Decimal = ZERO
    maker_share: Decimal = ZERO
    stress_regime: bool = False
    open_interest_share: Decimal | None = None
    expected_shortfall_usd: Decimal | None = None
    insurance_share_usd: Decimal | None = None
    positions: tuple[tuple[str, Decimal], ...] = ()
    accounts: int = 1

    def __post_init__(self) -> None:
        """Check every type and number; which tiers exist is the tariff's knowledge."""
        for name in ("risk_tier", "standing_tier", "own_standing", "own_ceiling", "kind"):
            if not isinstance(getattr(self, name), str | None):
                raise FactsError(name)
        if self.kyc_level is not None and type(self.kyc_level) is not int:
            raise FactsError("kyc_level")
        if type(self.accounts) is not int or self.accounts < 1:
            raise FactsError("accounts")
        for name in ("accredited", "stress_regime"):
            if not isinstance(getattr(self, name), bool):
                raise FactsError(name)
        for name in ("expected_shortfall_usd", "insurance_share_usd"):
            if getattr(self, name) is not None and not is_amount(getattr(self, name)):
                raise FactsError(name)
        if not is_amount(self.volume_30d_usd):
            raise FactsError("volume_30d_usd")
        if not is_amount(self.maker_share, at_most=ONE):
            raise FactsError("maker_share")
        if self.open_interest_share is not None and not is_amount(self.open_interest_share, at_most=ONE):
            raise FactsError("open_interest_share")
        if not isinstance(self.raises, tuple) or len(self.raises) > _MAX_RAISES or not all(map(_is_raise, self.raises)):
            raise FactsError("raises")
        if not isinstance(self.positions, tuple) or len(self.positions) > _MAX_POSITIONS:
            raise FactsError("positions")
        for position in self.positions:
            if not (isinstance(position, tuple) and len(position) == 2 and isinstance(position[0], str)):
                raise FactsError("positions")
            if not is_amount(position[1]):
                raise FactsError("positions")

    def to_json(self) -> dict[str, Any]:
        """What is kept of it: amounts as decimal strings."""
        return {
            **{name: plain(value) if isinstance(value, Decimal) else value for name, value in asdict(self).items()},
            "raises": [list(each) for each in self.raises],
            "positions": [[name, plain(notional)] for name, notional in self.positions],
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Self:
        """What :meth:`to_json` made. Raises FactsError."""
        read = {name: Decimal(value[name]) for name in _AMOUNTS if value.get(name) is not None}
        raises = tuple(tuple(each) for each in value["raises"])
        positions = tuple((name, Decimal(notional)) for name, notional in value["positions"])
        return cls(**{**value, **read, "raises": raises, "positions": positions})
