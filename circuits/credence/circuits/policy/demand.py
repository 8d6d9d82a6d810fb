"""A policy on a day: what each credential discloses, and what is shown of what it hides.

Several bounds on one attribute are intersected first. A predicate about an attribute that is disclosed anyway is checked in
the clear. Values that a set excludes are taken out of the set that contains them. Where excluding is dearer than
selecting from the rest of the universe, the complement is taken.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from credence.circuits.countries import COUNTRIES
from credence.circuits.credential import Attribute, Schema
from credence.circuits.errors import IllFormed
from credence.circuits.policy.language import Policy, PolicyError
from credence.circuits.policy.predicates import (
    Comparison,
    Ends,
    Expiry,
    Membership,
    Place,
    Posterior,
    Threshold,
    WeightedSum,
)
from credence.circuits.predicates.membership import excluding_cost, selecting_cost
from credence.circuits.predicates.range import Interval

Clear = Threshold | Expiry | Comparison | Membership
"""Predicates about what everybody sees."""


@dataclass(frozen=True, slots=True)
class SlotDemand:
    """What one credential has to show. Attributes in the order of the schema; each at most once in each."""

    name: str
    schema: Schema
    disclosed: tuple[str, ...]
    ranges: tuple[tuple[str, Interval], ...]
    inside: tuple[tuple[str, tuple[int, ...]], ...]
    outside: tuple[tuple[str, tuple[int, ...]], ...]

    @property
    def ends(self) -> dict[str, Ends]:
        """Of every attribute what its bounds leave, or its domain."""
        found = {attribute.name: (attribute.minimum, attribute.maximum) for attribute in self.schema.issuer}
        return found | {name: (interval.minimum, interval.maximum) for name, interval in self.ranges}


@dataclass(frozen=True, slots=True)
class Demand:
    """All of it, slots ascending. ``clear`` are checked on what is disclosed, ``sums`` are over hidden values.

    ``posterior`` is both: venues and days are checked on what is disclosed.
    """

    slots: tuple[SlotDemand, ...]
    clear: tuple[Clear, ...]
    sums: tuple[WeightedSum, ...]
    posterior: Posterior | None = None

    @property
    def ends(self) -> dict[Place, Ends]:
        """Of every attribute of every slot what its bounds leave, or its domain."""
        return {(slot.name, name): found for slot in self.slots for name, found in slot.ends.items()}


def resolve(policy: Policy, today: int) -> Demand:
    """The demand where ``today`` is that day number.

    Raises :class:`PolicyError` for a policy that nobody can satisfy, that says nothing about an attribute, or that leaves
    one value only and should disclose it; :class:`IllFormed` for a day outside the calendar.
    """
    for predicate in policy.predicates:
        if isinstance(predicate, Expiry):
            _check_expiry(policy.credentials[predicate.slot].schema, predicate, today)
    shown = {slot: frozenset(policy.disclosed_attributes(slot)) for slot in policy.credentials}
    slots = []
    for slot, ask in policy.credentials.items():
        asked = [
            predicate
            for predicate in policy.predicates
            if isinstance(predicate, Comparison | Membership) and predicate.slot == slot
        ]
        ranges, inside, outside = [], [], []
        for attribute in ask.schema.issuer:
            about = [predicate for predicate in asked if predicate.attribute == attribute.name]
            hidden = attribute.name not in shown[slot]
            if bounds := [predicate for predicate in about if isinstance(predicate, Comparison)]:
                low, high = _ends(attribute, bounds, today)
                ranges += [(attribute.name, _interval(attribute, low, high))] if hidden else []
            if sets := [predicate for predicate in about if isinstance(predicate, Membership)]:
                members, excluded = _sets(attribute, sets, hidden=hidden)
                inside += [(attribute.name, members)] if members and hidden else []
                outside += [(attribute.name, excluded)] if excluded and hidden else []
        disclosed = policy.disclosed_attributes(slot)
        slots.append(SlotDemand(slot, ask.schema, disclosed, tuple(ranges), tuple(inside), tuple(outside)))
    over = next((predicate for predicate in policy.predicates if isinstance(predicate, Posterior)), None)
    demand = Demand(tuple(slots), tuple(_clear(policy, shown)), tuple(_sums(policy, shown)), over)
    for total in demand.sums:
        _check_sum(total, demand.ends)
        _check_left(total.leaves(demand.ends))
    if demand.posterior is not None:
        for line in demand.posterior.lines:
            _refuse_shown(line, shown)
            _check_sum(line, demand.ends)
        _check_left(demand.posterior.leaves(demand.ends))
    return demand


def _clear(policy: Policy, shown: Mapping[str, frozenset[str]]) -> Iterable[Clear]:
    for predicate in policy.predicates:
        match predicate:
            case Threshold() | Expiry():
                yield predicate
            case Comparison() | Membership() if predicate.attribute in shown[predicate.slot]:
                yield predicate


def _sums(policy: Policy, shown: Mapping[str, frozenset[str]]) -> Iterable[WeightedSum]:
    for predicate in policy.predicates:
        if isinstance(predicate, WeightedSum):
            _refuse_shown(predicate, shown)
            yield predicate


def _refuse_shown(total: WeightedSum, shown: Mapping[str, frozenset[str]]) -> None:
    if any(attribute in shown[slot] for _, slot, attribute in total.summands):
        raise PolicyError("a sum is over an attribute that is disclosed")


def _check_expiry(layout: Schema, expiry: Expiry, today: int) -> None:
    """No credential expires after the last epoch that credentials know, and none that is accepted before today."""
    bound, last = expiry.bound.on(today), layout.attributes["expires_on"].maximum
    if bound > layout.last_day(last // layout.grain):
        raise PolicyError("no credential expires so late")
    if bound < today:
        raise PolicyError("expires_on at_least a day that is over says nothing: none that has expired is accepted")


def _check_sum(total: WeightedSum, ends: Mapping[Place, Ends]) -> None:
    """Whether the sum says something where the bounds of its attributes hold."""
    least, most = total.extremes(ends)
    if most < total.at_least:
        raise PolicyError("a sum that no values reach")
    if least >= total.at_least:
        raise PolicyError("a sum that says nothing: all values reach it")


def _check_left(left: Mapping[Place, Ends]) -> None:
    """Whether more than one value of each attribute is left."""
    for (_, attribute), (low, high) in left.items():
        if low == high:
            raise PolicyError(f"a sum leaves one {attribute}: disclose it instead")


def _ends(attribute: Attribute, bounds: list[Comparison], today: int) -> tuple[int, int]:
    """What all the bounds leave, both ends inclusive and inside the domain."""
    low = max((each.value(today) for each in bounds if each.relation == "at_least"), default=attribute.minimum)
    high = min((each.value(today) for each in bounds if each.relation == "at_most"), default=attribute.maximum)
    if low > high:
        raise PolicyError(f"no {attribute.name} is inside its bounds")
    if low <= attribute.minimum and high >= attribute.maximum:
        raise PolicyError(f"the bounds of {attribute.name} say nothing")
    return max(low, attribute.minimum), min(high, attribute.maximum)


def _interval(attribute: Attribute, low: int, high: int) -> Interval:
    try:
        return Interval(low, high)
    except IllFormed as error:
        raise PolicyError(f"{attribute.name}: {error.reason}") from error


def _sets(attribute: Attribute, sets: list[Membership], *, hidden: bool) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """(values that contain, values that exclude), one of the two empty. What is shown anyway may be one value."""
    included = [set(each.values) for each in sets if each.relation == "in"]
    excluded = {value for each in sets if each.relation == "not_in" for value in each.values}
    universe = _universe(attribute)
    if included:
        members = set.intersection(*included) - excluded
        if universe and members == universe:
            raise PolicyError(f"every {attribute.name} is in the set, which says nothing")
    else:
        members = universe - excluded
        if not universe or (len(members) >= 2 and excluding_cost(len(excluded)) <= selecting_cost(len(members))):
            return (), tuple(sorted(excluded))
    if not members:
        raise PolicyError(f"no {attribute.name} is in the set")
    if len(members) == 1 and hidden:
        raise PolicyError(f"one {attribute.name} is in the set: disclose it instead")
    return tuple(sorted(members)), ()


def _universe(attribute: Attribute) -> set[int]:
    """All values an attribute may have, where they can be listed."""
    match attribute.meaning:
        case "country":
            return set(COUNTRIES)
        case "kind":
            return set(range(attribute.minimum, attribute.maximum + 1))
        case _:
            return set()
