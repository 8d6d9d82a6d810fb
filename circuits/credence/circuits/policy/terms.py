"""One entry of ``all_of``: what may be said about an attribute depends on what the attribute means."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Final, Literal

from credence.circuits.countries import NUMERIC
from credence.circuits.credential import LADDERS, NEVER_DISCLOSED, Attribute, Schema, text_to_scalar
from credence.circuits.fields import Fields
from credence.circuits.policy.language import CredentialAsk, PolicyError
from credence.circuits.policy.moments import Moment
from credence.circuits.policy.predicates import (
    EVENTS,
    EVIDENCE,
    RISK_TIERS,
    TOLD,
    Comparison,
    Expiry,
    Membership,
    Posterior,
    Predicate,
    Threshold,
    WeightedSum,
)
from credence.circuits.predicates.inequality import SUM_LIMIT
from credence.circuits.predicates.membership import MAX_SET

KINDS: Final = {"natural": 1, "legal": 2, "institution": 3}
MIN_SUMMANDS: Final = 2
MAX_SUMMANDS: Final = 16
SUMMED: Final = frozenset({"score", "milli", "count", "epoch", "day"})
"""What stands in a sum: numbers and days. A weight makes a bit, or a code, the whole of it."""

SHOWN_BY_HEADER: Final = "expires_on"
"""A day that everybody sees: in a sum it would be a constant, and the sum about fewer attributes than it names."""

MAX_STANDINGS: Final = 4
MAX_VENUE: Final = 257
"""Characters of a venue's audience, which a standing's venue is."""

LEAST_ALPHA: Final = 500
"""Thousandths of evidence, below which there is no score."""

MAX_TANGENT: Final = 1 << 24
_RELATIONS: Final = ("at_least", "at_most", "in", "not_in")


_scalar_of = lru_cache(maxsize=MAX_SET)(text_to_scalar)
"""A policy is read by every session that is under it."""


def has_ladder(layout: Schema, ladder: str) -> bool:
    """Whether the schema carries that ladder's rungs."""
    return all(rung in layout.attributes for rung in LADDERS.get(ladder, ("",)))


def slot_of(fields: Fields, asks: Mapping[str, CredentialAsk]) -> str:
    """The slot that ``of`` names; the first one by name where it is left out. Raises :class:`PolicyError`."""
    slot = fields.text("of", max_length=32) if fields.has("of") else next(iter(asks))
    if slot not in asks:
        raise PolicyError("the policy refers to a credential that it does not ask for")
    return slot


def read_predicate(item: object, asks: Mapping[str, CredentialAsk]) -> Predicate:
    """Raises :class:`Malformed` for the wrong shape, :class:`PolicyError` for what cannot be said of the attribute."""
    fields = Fields(item, "predicate")
    if "sum" in fields.names():
        return _read_sum(fields, asks)
    if "posterior" in fields.names():
        return _read_posterior(fields, asks)
    slot = slot_of(fields, asks)
    layout = asks[slot].schema
    attribute = fields.text("attribute", max_length=64)
    relations = fields.names()
    if len(relations) != 1 or relations[0] not in _RELATIONS:
        raise PolicyError("a predicate has one of at_least, at_most, in, not_in")
    relation: str = relations[0]
    if attribute in LADDERS and has_ladder(layout, attribute):
        return _read_rung(fields, slot, attribute, relation)
    if attribute not in layout.attributes:
        raise PolicyError("the policy names an attribute that the schema does not have")
    if attribute in NEVER_DISCLOSED:
        raise PolicyError("the policy asks about an attribute that identifies a credential")
    known = layout.attributes[attribute]
    match known.meaning, relation:
        case "day", "at_least" if attribute == "expires_on":
            return Expiry(slot, _moment(fields, relation))
        case "day", "at_least" | "at_most" if attribute != "expires_on":
            return Comparison(slot, attribute, _side(relation), _moment(fields, relation))
        case "bit", "at_least":
            if fields.integer(relation, maximum=1) == 0:
                raise PolicyError(f"{attribute} at_least 0 says nothing")
            return Threshold(slot, attribute, "1", attribute)
        case "epoch" | "count" | "score" | "milli", "at_least" | "at_most":
            bound = fields.integer(relation)
            if not known.minimum <= bound <= known.maximum:
                raise PolicyError(f"{attribute} is compared with a value outside its domain")
            return Comparison(slot, attribute, _side(relation), bound)
        case "country" | "kind" | "text", "in" | "not_in":
            return _read_set(fields, slot, known, relation)
    raise PolicyError(f"{attribute} cannot be asked about with {relation}")


def _side(relation: str) -> Literal["at_least", "at_most"]:
    return "at_least" if relation == "at_least" else "at_most"


def _moment(fields: Fields, relation: str) -> Moment:
    try:
        return Moment.parse(fields.text(relation, max_length=32))
    except ValueError as error:
        raise PolicyError("a day is today, today±N with d or y, or YYYY-MM-DD") from error


def _read_rung(fields: Fields, slot: str, ladder: str, relation: str) -> Threshold:
    rungs = LADDERS[ladder]
    if ladder == "risk_tier":
        if relation != "at_most":
            raise PolicyError(f"{ladder} cannot be asked about with {relation}")
        bound = fields.text(relation, max_length=16)
        if bound not in RISK_TIERS:
            raise PolicyError("risk_tier is low, standard or enhanced")
        if bound == "enhanced":
            raise PolicyError("risk_tier at_most enhanced says nothing")
        return Threshold(slot, ladder, bound, f"risk_le_{bound}")
    if relation != "at_least":
        raise PolicyError(f"{ladder} cannot be asked about with {relation}")
    level = fields.integer(relation, maximum=1 << 31)
    if level == 0:
        raise PolicyError(f"{ladder} at_least 0 says nothing")
    if level > len(rungs):
        raise PolicyError(f"{ladder} has no such rung")
    return Threshold(slot, ladder, str(level), rungs[level - 1])


def _read_set(fields: Fields, slot: str, attribute: Attribute, relation: str) -> Membership:
    names = fields.texts(relation, minimum=1, maximum=MAX_SET)
    values = sorted(_value(attribute, name) for name in names)
    if relation == "in" and len(values) == 1:
        raise PolicyError("a set of one is a disclosure: disclose the attribute instead")
    return Membership(slot, attribute.name, "in" if relation == "in" else "not_in", tuple(values), tuple(sorted(names)))


def _value(attribute: Attribute, name: str) -> int:
    match attribute.meaning:
        case "country":
            if name not in NUMERIC:
                raise PolicyError("a country is written in two letters (ISO 3166-1 alpha-2)")
            return NUMERIC[name]
        case "kind":
            if name not in KINDS:
                raise PolicyError("a kind is natural, legal or institution")
            return KINDS[name]
        case _:
            return _scalar_of(name)


def _read_sum(fields: Fields, asks: Mapping[str, CredentialAsk]) -> WeightedSum:
    summands = fields.items("sum", lambda item: _read_summand(item, asks), minimum=1, maximum=MAX_SUMMANDS)
    threshold = fields.integer("at_least", minimum=-(1 << 53) + 1)
    fields.done()
    if len({(slot, attribute) for _, slot, attribute in summands}) != len(summands):
        raise PolicyError("the policy asks for the same thing twice")
    if len(summands) < MIN_SUMMANDS:
        raise PolicyError("a sum is over at least two attributes: one alone is asked about with at_least or at_most")
    slots = {slot for _, slot, _ in summands}
    if len({asks[slot].schema.id for slot in slots}) != len(slots):
        raise PolicyError("a sum is over two credentials of one type, which may be one credential twice")
    return WeightedSum(summands, threshold)


def _read_summand(item: object, asks: Mapping[str, CredentialAsk]) -> tuple[int, str, str]:
    fields = Fields(item, "summand")
    slot = slot_of(fields, asks)
    attribute = fields.text("attribute", max_length=64)
    times = fields.integer("times", minimum=-(1 << 53) + 1) if fields.has("times") else 1
    fields.done()
    known = asks[slot].schema.attributes.get(attribute)
    if known is None:
        raise PolicyError("the policy names an attribute that the schema does not have")
    if known.meaning not in SUMMED or attribute == SHOWN_BY_HEADER or times == 0:
        raise PolicyError(f"{attribute} cannot stand in a sum")
    if abs(times) * known.maximum >= SUM_LIMIT:
        raise PolicyError("a sum could wrap around")
    return times, slot, attribute


def _read_posterior(fields: Fields, asks: Mapping[str, CredentialAsk]) -> Posterior:
    """Venues are distinct and shown, so that no credential is counted twice; at most four, one day."""
    named = fields.nested("posterior")
    slots = sorted(named.names())
    if not 1 <= len(slots) <= MAX_STANDINGS:
        raise PolicyError("a posterior bound is over one to four standings")
    for slot in slots:
        if slot not in asks:
            raise PolicyError("the policy refers to a credential that it does not ask for")
        if not {EVIDENCE, EVENTS, *TOLD} <= asks[slot].schema.attributes.keys():
            raise PolicyError("a posterior bound is over standings, and this credential is none")
    venues = tuple((slot, named.text(slot, max_length=MAX_VENUE)) for slot in slots)
    if len({venue for _, venue in venues}) != len(venues):
        raise PolicyError("a posterior bound counts one venue twice")
    score = asks[slots[0]].schema.attributes["score"]
    asked = fields.integer("score", minimum=score.minimum + 1, maximum=score.maximum)
    (first, second) = fields.items("tangents", _read_tangent, minimum=2, maximum=2)
    fields.done()
    if not (first[0] < second[0] and first[1] > second[1]):
        raise PolicyError("of two tangents the second starts higher and rises less: another is not needed")
    return Posterior(venues, asked, (first, second))


def _read_tangent(item: object) -> tuple[int, int]:
    fields = Fields(item, "tangent")
    alpha = fields.integer("alpha_milli", minimum=LEAST_ALPHA, maximum=MAX_TANGENT)
    beta = fields.integer("beta_milli", minimum=1, maximum=MAX_TANGENT)
    fields.done()
    return alpha, beta
