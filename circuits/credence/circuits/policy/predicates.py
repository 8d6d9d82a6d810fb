"""The predicates of the language: each says itself in words, and whether given values satisfy it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from credence.circuits.credential import text_to_scalar
from credence.circuits.policy.moments import Moment

RISK_TIERS: Final = ("low", "standard", "enhanced")
"""Best first."""

Values = Mapping[str, int]
"""Attribute values of one credential by name."""

EVIDENCE: Final = "evidence_milli"
EVENTS: Final = "events_milli"
MILLI: Final = 1_000

TOLD: Final = ("venue", "as_of")
"""What each standing under a posterior bound shows besides."""

Place = tuple[str, str]
"""(slot, attribute)."""

Ends = tuple[int, int]
"""The least and the greatest value, both inclusive; none where the first is the greater."""


@dataclass(frozen=True, slots=True)
class Threshold:
    """A bit that must be set: a rung of a ladder, or an attribute that is a bit. Proven by disclosing it."""

    slot: str
    attribute: str
    bound: str
    rung: str

    def words(self) -> str:
        """The predicate as people read it, and as an acceptance names it."""
        sign = "<=" if self.attribute == "risk_tier" else ">="
        return f"{self.slot}.{self.attribute} {sign} {self.bound}"

    def holds(self, values: Values, today: int) -> bool:
        """Whether the bit is set."""
        return values[self.rung] == 1


@dataclass(frozen=True, slots=True)
class Expiry:
    """``expires_on`` at least a day: read off the signed header, which every proof shows."""

    slot: str
    bound: Moment

    def words(self) -> str:
        """The predicate as people read it."""
        return f"{self.slot}.expires_on >= {self.bound.text}"

    def holds(self, values: Values, today: int) -> bool:
        """Whether the credential lives long enough."""
        return values["expires_on"] >= self.bound.on(today)


@dataclass(frozen=True, slots=True)
class Comparison:
    """An attribute is at least, or at most, a number or a day; inclusive."""

    slot: str
    attribute: str
    relation: Literal["at_least", "at_most"]
    bound: Moment | int

    def value(self, today: int) -> int:
        """The bound on that day."""
        return self.bound.on(today) if isinstance(self.bound, Moment) else self.bound

    def words(self) -> str:
        """The predicate as people read it."""
        bound = self.bound.text if isinstance(self.bound, Moment) else self.bound
        return f"{self.slot}.{self.attribute} {'>=' if self.relation == 'at_least' else '<='} {bound}"

    def holds(self, values: Values, today: int) -> bool:
        """Whether the value is inside."""
        value, bound = values[self.attribute], self.value(today)
        return value >= bound if self.relation == "at_least" else value <= bound


@dataclass(frozen=True, slots=True)
class Membership:
    """An attribute is one of some values, or none of them. ``values`` ascend; ``names`` are as they were written."""

    slot: str
    attribute: str
    relation: Literal["in", "not_in"]
    values: tuple[int, ...]
    names: tuple[str, ...]

    def words(self) -> str:
        """The predicate as people read it."""
        return f"{self.slot}.{self.attribute} {self.relation.replace('_', ' ')} [{', '.join(self.names)}]"

    def holds(self, values: Values, today: int) -> bool:
        """Whether the value is on the right side."""
        return (values[self.attribute] in self.values) == (self.relation == "in")


@dataclass(frozen=True, slots=True)
class WeightedSum:
    """``Σ times·value >= at_least`` over attributes of any slots: (times, slot, attribute)."""

    summands: tuple[tuple[int, str, str], ...]
    at_least: int

    def words(self) -> str:
        """The predicate as people read it."""
        parts = [f"{times:+d}*{slot}.{attribute}" for times, slot, attribute in self.summands]
        return f"{' '.join(parts).removeprefix('+')} >= {self.at_least}"

    def extremes(self, ends: Mapping[Place, Ends]) -> Ends:
        """The least and the greatest sum of values within ``ends``."""
        products = [sorted(times * end for end in ends[slot, attribute]) for times, slot, attribute in self.summands]
        return sum(least for least, _ in products), sum(most for _, most in products)

    def leaves(self, ends: Mapping[Place, Ends]) -> dict[Place, Ends]:
        """What the sum leaves of each of its attributes where all are within ``ends``: exactly what occurs in a solution."""
        _, most = self.extremes(ends)
        left = {}
        for times, *place in self.summands:
            slot, attribute = place
            low, high = ends[slot, attribute]
            needed = self.at_least - (most - max(times * low, times * high))  # of this product, the others at their best
            left[slot, attribute] = (max(low, -(-needed // times)), high) if times > 0 else (low, min(high, needed // times))
        return left


@dataclass(frozen=True, slots=True)
class Posterior:
    """Over the sums of evidence and events of several standings: a score of at least ``score``, by one of two tangents.

    ``venues``: (slot, venue), slots ascending and venues distinct; each slot shows its ``venue``, which is that one, and its
    ``as_of``, which is one day for all. ``tangents``: (alpha, beta) in thousandths, of which a holder satisfies one,
    ``evidence >= alpha + beta·events``. No one but the holder knows which.
    """

    venues: tuple[tuple[str, str], ...]
    score: int
    tangents: tuple[tuple[int, int], tuple[int, int]]

    def words(self) -> str:
        """The predicate as people read it."""
        parts = [f"{slot}: {venue}" for slot, venue in self.venues]
        return f"posterior({', '.join(parts)}) score >= {self.score}"

    @property
    def lines(self) -> tuple[WeightedSum, WeightedSum]:
        """What each tangent says, in thousandths of thousandths."""
        first, second = (
            WeightedSum(
                (
                    *((MILLI, slot, EVIDENCE) for slot, _ in self.venues),
                    *((-beta, slot, EVENTS) for slot, _ in self.venues),
                ),
                MILLI * alpha,
            )
            for alpha, beta in self.tangents
        )
        return first, second

    def leaves(self, ends: Mapping[Place, Ends]) -> dict[Place, Ends]:
        """What is left of each attribute where all are within ``ends``: whatever either tangent leaves."""
        first, second = (line.leaves(ends) for line in self.lines)
        return {place: (min(first[place][0], second[place][0]), max(first[place][1], second[place][1])) for place in first}

    def agree(self, credentials: Mapping[str, Values]) -> bool:
        """Whether what the credentials show, by slot, is the venues that are named, and one day."""
        named = all(credentials[slot]["venue"] == text_to_scalar(venue) for slot, venue in self.venues)
        return named and len({credentials[slot]["as_of"] for slot, _ in self.venues}) == 1

    def holds_for(self, credentials: Mapping[str, Values]) -> bool:
        """Whether given credentials, by slot, satisfy it."""
        sums = [(sum(times * credentials[slot][name] for times, slot, name in line.summands), line) for line in self.lines]
        return self.agree(credentials) and any(total >= line.at_least for total, line in sums)


Predicate = Threshold | Expiry | Comparison | Membership | WeightedSum | Posterior
