"""What a presentation proved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import InitVar, dataclass, field
from typing import Final

from credence.circuits.credential import LADDERS
from credence.circuits.policy import RISK_TIERS, Policy

NOT_ACCEPTED: Final = "not_accepted"
POLICY_NOT_MET: Final = "policy_not_met"
SEAL: Final = object()
"""Held by the verifier's side alone."""


@dataclass(frozen=True, slots=True)
class Use:
    """One use of a rate limit: its tag (48 bytes), which may be accepted once under this name in this epoch."""

    name: str
    epoch: int
    tag: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Sealed:
    """A subject's handle, sealed to the trustees: both points, 48 bytes each."""

    trustees: str
    purpose: str
    E1: bytes = field(repr=False)
    E2: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Accepted:
    """What one presentation proved. Built by the verifier's side alone.

    ``disclosed`` has scalars by ``slot.attribute``; ``expires_on`` is the last day on which all of its credentials are
    valid, ``pseudonym`` 48 bytes. ``use`` has to be spent and ``sealed`` kept by whoever relies on this.
    """

    audience: str
    policy: Policy
    pseudonym: bytes | None = field(repr=False)
    predicates: tuple[str, ...]
    disclosed: Mapping[str, int] = field(repr=False)
    expires_on: int
    use: Use | None
    sealed: Sealed | None
    presentation_digest: bytes
    seal: InitVar[object]  # no field: what is not kept, dataclasses.replace cannot hand on

    def __post_init__(self, seal: object) -> None:
        if seal is not SEAL:
            raise TypeError("an Accepted is the result of verifying a presentation")

    def _shown(self, attribute: str) -> int | None:
        """The value of an attribute in the first slot by name that discloses it."""
        names = sorted(name for name in self.disclosed if name.partition(".")[2] == attribute)
        return self.disclosed[names[0]] if names else None

    @property
    def kyc_level(self) -> int | None:
        """The highest rung shown to be set; None where nothing is shown."""
        return self._reached("kyc_level")

    @property
    def standing_tier(self) -> int | None:
        """As :attr:`kyc_level`, of a standing."""
        return self._reached("standing_tier")

    @property
    def risk_tier(self) -> str | None:
        """The best tier shown; None where nothing is shown."""
        reached = self._reached("risk_tier")
        return None if reached is None else RISK_TIERS[len(RISK_TIERS) - 1 - reached]

    @property
    def kind(self) -> int | None:
        """1 natural, 2 legal, 3 institution; None where not disclosed."""
        return self._shown("kind")

    @property
    def accredited(self) -> bool | None:
        """None where not disclosed."""
        value = self._shown("accredited")
        return None if value is None else bool(value)

    def _reached(self, ladder: str) -> int | None:
        """How many rungs of a ladder are shown to be set; 0 only where its first is shown not to be."""
        values = [self._shown(rung) for rung in LADDERS[ladder]]
        reached = max((position for position, value in enumerate(values, start=1) if value == 1), default=0)
        return reached if reached or values[0] == 0 else None
