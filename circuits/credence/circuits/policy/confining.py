"""What a policy says of a hidden attribute can be as good as showing it (docs/decisions/0027).

Counted is what the predicates of one attribute leave together: its bounds, its sets, and the sum it stands in, given what
is left of that sum's other attributes. Slots of one type may all hold one credential, so they are counted together too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, product
from types import MappingProxyType
from typing import Final

from credence.circuits.countries import COUNTRIES, SPARSE
from credence.circuits.credential import Meaning
from credence.circuits.policy.demand import Demand, SlotDemand
from credence.circuits.policy.predicates import Ends

CROWD: Final[Mapping[Meaning, int]] = MappingProxyType(
    {"day": 366, "country": 5, "score": 16, "milli": 1_000, "count": 3, "epoch": 13}
)
"""Who is confined to fewer values than these is told, by what the attribute means. Countries of few people do not count."""


def confined(demand: Demand) -> Mapping[str, int]:
    """The hidden attributes that the demand as good as shows, by name, with how many values are left of each."""
    found: dict[str, int] = {}
    for slots in _together(demand.slots):
        for name, count in _told(slots, demand):
            found[name] = min(count, found.get(name, count))
    for name, count in _told_by_posterior(demand):
        found[name] = min(count, found.get(name, count))
    return MappingProxyType(dict(sorted(found.items())))


def _together(slots: Sequence[SlotDemand]) -> Iterator[Sequence[SlotDemand]]:
    """Every choice of slots that one credential of each type could fill."""
    types = {slot.schema.id: [each for each in slots if each.schema.id == slot.schema.id] for slot in slots}
    choices = [
        [chosen for size in range(1, len(each) + 1) for chosen in combinations(each, size)] for each in types.values()
    ]
    for choice in product(*choices):
        yield [slot for chosen in choice for slot in chosen]


def _told(slots: Sequence[SlotDemand], demand: Demand) -> Iterator[tuple[str, int]]:
    """Nothing where no credential could fill all of the slots."""
    ends, sets = _ends(slots, demand), _sets(slots)
    if any(low > high for low, high in ends.values()) or not all(sets.values()):
        return
    meanings = {attribute.name: attribute.meaning for slot in slots for attribute in slot.schema.issuer}
    for name, (low, high) in ends.items():
        born_before = name == "birth_date" and low == 0  # day 0 stands for all days before it, too
        if high - low + 1 < CROWD.get(meanings[name], 0) and not born_before:
            yield name, high - low + 1
    for name, values in sets.items():
        meaning = meanings[name]
        # the names of a set of texts are the author's: with some that nobody has, any set is a set of one
        if meaning == "text" or (meaning == "country" and len(values - SPARSE) < CROWD["country"]):
            yield name, len(values)


def _told_by_posterior(demand: Demand) -> Iterator[tuple[str, int]]:
    """Its slots are of distinct venues, so that no credential fills two of them."""
    left = {} if demand.posterior is None else demand.posterior.leaves(demand.ends)
    for (_, name), (low, high) in left.items():
        if high - low + 1 < CROWD["milli"]:
            yield name, high - low + 1


def _ends(slots: Sequence[SlotDemand], demand: Demand) -> dict[str, Ends]:
    """Of every attribute that can be computed with what bounds and sums leave, by name: no two types share one of these."""
    ends: dict[str, Ends] = {}
    for slot in slots:
        for name, (low, high) in slot.ends.items():
            least, most = ends.get(name, (low, high))
            ends[name] = max(low, least), min(high, most)
    if any(low > high for low, high in ends.values()):
        return ends
    names = {slot.name for slot in slots}
    left = dict(ends)
    for total in demand.sums:
        places = [(slot, name) for _, slot, name in total.summands]
        if all(slot in names for slot, _ in places):
            left |= {name: found for (_, name), found in total.leaves({place: ends[place[1]] for place in places}).items()}
    return left


def _sets(slots: Sequence[SlotDemand]) -> dict[str, frozenset[int]]:
    """Of every attribute that is in a set, or a country in none, what is left of it."""
    found: dict[str, frozenset[int]] = {}
    for slot in slots:
        countries = {attribute.name for attribute in slot.schema.issuer if attribute.meaning == "country"}
        for name, values in slot.inside:
            found[name] = found.get(name, frozenset(values)) & frozenset(values)
        for name, values in slot.outside:
            if name in countries:
                found[name] = found.get(name, COUNTRIES) - frozenset(values)
    return found
