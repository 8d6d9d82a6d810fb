"""A policy in plain words, for holders and for the venue's own page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from credence.circuits.credential import LADDERS
from credence.circuits.policy.language import Policy
from credence.circuits.policy.moments import Moment
from credence.circuits.policy.predicates import (
    RISK_TIERS,
    Comparison,
    Expiry,
    Membership,
    Posterior,
    Predicate,
    Threshold,
    WeightedSum,
)

_RUNG_WORDS: Final[Mapping[str, str]] = MappingProxyType(
    {f"kyc_ge_{level}": f"whether your verification level is at least {level}" for level in (1, 2, 3)}
    | {f"risk_le_{tier}": f"whether your risk tier is {tier} or better" for tier in RISK_TIERS[:2]}
    | {f"standing_ge_{tier}": f"whether your standing tier is at least {tier}" for tier in range(1, 6)}
)
_LADDER_WORDS: Final[Mapping[str, str]] = MappingProxyType(
    {"kyc_level": "verification level", "standing_tier": "standing tier"}
)


def explain(policy: Policy) -> tuple[str, ...]:
    """One statement an item; nothing is promised that the proof does not keep."""
    return tuple(_lines(policy))


def _lines(policy: Policy) -> Iterator[str]:
    several = len(policy.credentials) > 1
    for slot, ask in policy.credentials.items():
        whose = f" (called {slot} below)" if several else ""
        yield f"A credential of type {ask.schema.id} issued by {' or '.join(ask.issuers)}{whose}."
    if several:
        yield "All of them belong to one holder."
    for predicate in policy.predicates:
        yield _statement(policy, predicate, several)
    for slot, attribute in policy.disclose:
        words = _RUNG_WORDS.get(attribute) or attribute.replace("_", " ")
        yield f"Revealed{f' from {slot}' if several else ''}: {words}."
    for asked in policy.not_revoked:
        seconds = asked.max_age_s
        yield f"Your {asked.slot} credential was not revoked, as of a minute that ended at most {seconds} seconds ago."
    if policy.pseudonym_suffix is None:
        yield "No pseudonym: only what is revealed could connect two visits."
    else:
        yield "A pseudonym that only this venue sees, the same at each visit."
    if (limit := policy.rate_limit) is not None:
        times = "once" if limit.uses == 1 else f"{limit.uses} times"
        yield f"At most {times} each {limit.per} for {limit.name}; the times cannot be connected by it."
    if (escrow := policy.escrow) is not None:
        yield (
            f"Who you are, sealed: {escrow.threshold} of {escrow.members} trustees of {escrow.trustees} together can open"
            f" it, for {_quoted(escrow.purpose)}, in public view."
        )
    yield f"Always revealed: the issuer, which of its keys signed, and the expiry{_grain(policy)}."
    yield "Nothing else is revealed."


def _grain(policy: Policy) -> str:
    """How exactly an expiry is known: by the longer epochs of a schema, or to the day."""
    days = max(ask.schema.grain for ask in policy.credentials.values())
    daily = [slot for slot, ask in policy.credentials.items() if ask.schema.grain == 1]
    if days == 1:
        return "'s day"
    return f" to within {days} days" + (f" (of {', '.join(daily)}: the day)" if daily else "")


def _quoted(text: str) -> str:
    """A venue's own words, so marked; they cannot end the quotation themselves."""
    return f"“{text.translate({ord('“'): chr(34), ord('”'): chr(34)})}”"


def _statement(policy: Policy, predicate: Predicate, several: bool) -> str:
    if isinstance(predicate, WeightedSum):
        return f"{predicate.words()}; nothing more exact."
    if isinstance(predicate, Posterior):
        return _over_standings(predicate)
    owner = f"Your {predicate.slot}'s" if several else "Your"
    match predicate:
        case Threshold(attribute="risk_tier", bound=tier):
            return f"{owner} risk tier is {tier} or better{_how_exact(policy, predicate)}."
        case Threshold(attribute=attribute, bound=bound) if attribute in _LADDER_WORDS:
            return f"{owner} {_LADDER_WORDS[attribute]} is at least {bound}{_how_exact(policy, predicate)}."
        case Threshold(attribute=attribute):
            return f"{owner} credential says: {attribute.replace('_', ' ')}."
        case Expiry(bound=Moment(text="today")):
            return f"{owner} credential has not expired."
        case Expiry(bound=bound):
            return f"{owner} credential does not expire before {bound.text}."
        case Comparison(slot, attribute, relation, bound):
            side = "at least" if relation == "at_least" else "at most"
            if isinstance(bound, Moment):
                side = "on or after" if relation == "at_least" else "on or before"
            text = bound.text if isinstance(bound, Moment) else bound
            return f"{owner} {attribute.replace('_', ' ')} is {side} {text}{_unless_shown(policy, slot, attribute)}."
        case Membership(slot, attribute, relation, _, names):
            side = "one of" if relation == "in" else "none of"
            listed = ", ".join(names)
            return f"{owner} {attribute.replace('_', ' ')} is {side} {listed}{_unless_shown(policy, slot, attribute)}."


def _over_standings(bound: Posterior) -> str:
    venues = [_quoted(venue) for _, venue in bound.venues]
    several = len(venues) > 1
    whose = (
        f"Your standings at {', '.join(venues[:-1])} and {venues[-1]} together"
        if several
        else f"Your standing at {venues[0]}"
    )
    what = "are" if several else "is"
    day = ", and of which day, the same for all" if several else ", and of which day"
    return f"{whose} {what} worth a score of at least {bound.score}; nothing more exact, but where from{day}."


def _unless_shown(policy: Policy, slot: str, attribute: str) -> str:
    return "" if attribute in policy.disclosed_attributes(slot) else "; nothing more exact"


def _how_exact(policy: Policy, threshold: Threshold) -> str:
    """What the venue learns beyond the threshold: all of it at the top rung, nothing where no higher rung shows."""
    rungs = LADDERS[threshold.attribute]
    if threshold.rung == rungs[-1]:
        return ", which is the best there is"
    higher = set(rungs[rungs.index(threshold.rung) + 1 :])
    return "; nothing more exact" if higher.isdisjoint(policy.disclosed_attributes(threshold.slot)) else ""
