"""What a request would reveal, in words, before anything is proven."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from credence.circuits.credential import EPOCH_DAYS, LADDERS, NEVER_DISCLOSED, Attribute, Schema, day_of, text_to_scalar
from credence.circuits.days import write_day
from credence.circuits.issuance import HeldCredential
from credence.circuits.policy import (
    RISK_TIERS,
    Comparison,
    Demand,
    Expiry,
    Membership,
    Policy,
    Posterior,
    Predicate,
    Threshold,
    WeightedSum,
    confined,
    explain,
)
from credence.circuits.policy.moments import Moment
from credence.circuits.wire import PresentationRequest

_LADDER_WORDS: Final[Mapping[str, str]] = MappingProxyType(
    {"kyc_level": "verification level", "risk_tier": "risk tier", "standing_tier": "standing tier"}
)
_RUNG_OF: Final[Mapping[str, str]] = MappingProxyType({rung: name for name, rungs in LADDERS.items() for rung in rungs})
_KINDS: Final[Mapping[int, str]] = MappingProxyType({1: "natural person", 2: "legal person", 3: "institution"})
_HIDDEN: Final[Mapping[str, str]] = MappingProxyType(
    {
        "kind": "what kind of person you are",
        "accredited": "whether you are accredited",
        "issued_epoch": "when your credential was issued",
        "resets": "how often you started anew",
        "reset_day": "when you last started anew",
    }
)
"""Attributes whose bare name would not say what stays hidden."""

_MARKS: Final = str.maketrans(dict.fromkeys('"“”„‟«»', "'"))
_QUOTED: Final = 100
"""Characters of what a venue says in its own words."""


@dataclass(frozen=True, slots=True)
class Disclosure:
    """What answering a request means, for the holder to read.

    ``asks`` is the policy as everyone reads it; ``reveals`` are the values that this wallet would show; ``hides`` is what
    the credential also holds and the venue would not learn; ``unmet`` names what cannot be shown (then nothing would be
    sent, and ``reveals`` and ``hides`` are empty). ``message`` is what the proof would be bound to, such as an
    address. ``expires_at`` is in unix seconds.
    """

    audience: str
    asks: tuple[str, ...]
    reveals: tuple[str, ...]
    hides: tuple[str, ...]
    unmet: tuple[str, ...]
    message: bytes
    expires_at: int

    def words(self) -> str:
        """All of it as plain text, one statement a line."""
        (audience,) = _printable((self.audience,))
        if self.unmet:
            return "\n".join((f"{audience} asks what this wallet cannot show:", *_bullets(self.unmet)))
        return "\n".join(
            (
                f"{audience} asks:",
                *_bullets(self.asks),
                f"{audience} would learn:",
                *_bullets(self.reveals),
                "It would not learn:",
                *_bullets(self.hides),
            )
        )


def disclosure(
    request: PresentationRequest,
    policy: Policy,
    demand: Demand,
    chosen: Mapping[str, HeldCredential] | None,
    unmet: tuple[str, ...],
) -> Disclosure:
    """What presenting the ``chosen`` credentials, by slot (None: there are none to present), would mean.

    ``demand`` is the policy on the day of the request.
    """
    shown = None if unmet else chosen
    return Disclosure(
        audience=request.audience,
        asks=_printable(explain(policy)),
        reveals=_printable(tuple(_reveals(request, policy, demand, shown))) if shown is not None else (),
        hides=_printable(tuple(dict.fromkeys(_hides(policy, demand, shown)))) if shown is not None else (),
        unmet=_printable(unmet),
        message=request.message,
        expires_at=request.expires_at,
    )


def _printable(lines: tuple[str, ...]) -> tuple[str, ...]:
    """What a venue chose may hold characters that redraw a terminal or turn the text around; a holder reads none of them."""
    return tuple("".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in line) for line in lines)


def _bullets(lines: tuple[str, ...]) -> list[str]:
    return [f"- {line}" for line in lines]


def _quoted(text: str) -> str:
    """A venue's own words, told from this wallet's: between quotation marks, of which they have none, and not at length."""
    words = text.translate(_MARKS)
    return f'"{words if len(words) <= _QUOTED else f"{words[:_QUOTED]}…"}"'


def _reveals(
    request: PresentationRequest, policy: Policy, demand: Demand, chosen: Mapping[str, HeldCredential]
) -> Iterator[str]:
    several = len(chosen) > 1
    for slot, credential in chosen.items():
        yield from _reveals_of(policy, slot, credential, f"{slot}: " if several else "")
    if several:
        yield "that all of these credentials are one holder's"
    today = day_of(request.requested_at)
    for predicate in policy.predicates:
        if (line := _proven(policy, predicate, today, several)) is not None:
            yield line
    yield from _left_by_sums(demand, several)
    for name, count in confined(demand).items():
        yield f"so much of your {_name(name)} that only {count} values are left of it"
    for asked in policy.not_revoked:
        whose = f"{asked.slot} " if several else ""
        yield f"that your {whose}credential was not revoked, as of a minute that ended at most {asked.max_age_s} seconds ago"
    if policy.pseudonym_suffix is not None:
        yield f"a pseudonym that {request.audience} alone sees, the same at each visit"
    if (limit := policy.rate_limit) is not None:
        yield f"that this is one of {limit.uses} times in this {limit.per} for {limit.name}, and not which of them"
    if (escrow := policy.escrow) is not None:
        yield (
            f"who you are, sealed: {escrow.threshold} of the {escrow.members} trustees {escrow.trustees} can open it"
            f" together, for what the venue calls {_quoted(escrow.purpose)}"
        )
    if request.message:
        yield f"that you answer for the message {_message(request.message)}"


def _reveals_of(policy: Policy, slot: str, credential: HeldCredential, whose: str) -> Iterator[str]:
    asked = policy.disclosed_attributes(slot)
    attributes = credential.schema.attributes
    yield f"{whose}issuer: {credential.issuer} (key {credential.key_id})"
    layout = credential.schema
    rounded = f", rounded to {layout.grain} days" if layout.grain > 1 else ""
    yield f"{whose}expiry{rounded}: {write_day(layout.last_day(credential.expiry_epoch))}"
    for ladder in dict.fromkeys(_RUNG_OF[name] for name in asked if name in _RUNG_OF):
        yield whose + _rung(ladder, [name for name in asked if name in LADDERS[ladder]], credential.attributes)
    texts = _texts(policy, slot)
    for name in asked:
        if name not in _RUNG_OF:
            value = credential.attributes[name]
            yield f"{whose}{_name(name)}: {texts.get((name, value)) or _value(attributes[name], value)}"


def _texts(policy: Policy, slot: str) -> dict[tuple[str, int], str]:
    """The texts that a policy names of a slot, by attribute and scalar: what a credential has of them is a scalar alone."""
    found: dict[tuple[str, int], str] = {}
    for predicate in policy.predicates:
        match predicate:
            case Posterior(venues=venues):
                found |= {("venue", text_to_scalar(named)): named for of, named in venues if of == slot}
            case Membership(attribute=name, names=names) if predicate.slot == slot:
                if policy.credentials[slot].schema.attributes[name].meaning == "text":
                    found |= {(name, text_to_scalar(each)): each for each in names}
    return found


def _proven(policy: Policy, predicate: Predicate, today: int, several: bool) -> str | None:
    """What is said of a value that stays hidden."""
    if isinstance(predicate, WeightedSum):
        return f"that {predicate.words()}"
    if isinstance(predicate, Posterior):
        whose = _listed([f"your standing at {venue}" for _, venue in predicate.venues])
        together = " together" if len(predicate.venues) > 1 else ""
        return f"that {whose}{together} would have a score of at least {predicate.score}"
    if isinstance(predicate, Threshold | Expiry) or predicate.attribute in policy.disclosed_attributes(predicate.slot):
        return None
    what = f"that your {f'{predicate.slot} ' if several else ''}{_name(predicate.attribute)} is"
    if isinstance(predicate, Membership):
        return f"{what} {'one' if predicate.relation == 'in' else 'none'} of {', '.join(predicate.names)}"
    if isinstance(predicate.bound, Moment):
        side = "on or after" if predicate.relation == "at_least" else "on or before"
        return f"{what} {side} {write_day(predicate.value(today))}"
    return f"{what} {'at least' if predicate.relation == 'at_least' else 'at most'} {predicate.bound}"


def _left_by_sums(demand: Demand, several: bool) -> Iterator[str]:
    """What sums say of single days, which they count from 1970."""
    slots = {slot.name: slot for slot in demand.slots}
    for total in demand.sums:
        ends = {(slot, name): slots[slot].ends[name] for _, slot, name in total.summands}
        for (slot, name), (low, high) in total.leaves(ends).items():
            if slots[slot].schema.attributes[name].meaning != "day":
                continue
            what, (least, most) = f"that your {f'{slot} ' if several else ''}{_name(name)} is on or", ends[slot, name]
            if low > least:
                yield f"{what} after {write_day(low)}"
            if high < most:
                yield f"{what} before {write_day(high)}"


def _listed(names: list[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last


def _rung(ladder: str, asked: list[str], values: Mapping[str, int]) -> str:
    low, high = _known(ladder, asked, values)
    word = _LADDER_WORDS[ladder]
    if low == high:
        return f"{word}: {_step(ladder, low)}"
    parts = [f"{_step(ladder, low)} or better"] if low else []
    parts += [f"not {_step(ladder, high + 1)} or better"] if high < len(LADDERS[ladder]) else []
    return f"{word}: {', '.join(parts)}"


def _known(ladder: str, asked: Iterable[str], values: Mapping[str, int]) -> tuple[int, int]:
    """The least and the most set rungs that a ladder can have for whoever sees the asked ones; equal where that is exact.

    A ladder is monotone: its highest set rung and its lowest unset one say everything that the asked rungs say.
    """
    rungs = LADDERS[ladder]
    seen = {rungs.index(rung) + 1: values[rung] for rung in asked if rung in rungs}
    low = max((position for position, value in seen.items() if value), default=0)
    high = min((position - 1 for position, value in seen.items() if not value), default=len(rungs))
    return low, high


def _step(ladder: str, reached: int) -> str:
    """The name of the ladder's step after ``reached`` set rungs."""
    return RISK_TIERS[len(RISK_TIERS) - 1 - reached] if ladder == "risk_tier" else str(reached)


def _hides(policy: Policy, demand: Demand, chosen: Mapping[str, HeldCredential]) -> Iterator[str]:
    yield "your name and documents, which no credential holds"
    told = frozenset(confined(demand))
    said = {(each.slot, each.attribute) for each in policy.predicates if isinstance(each, Comparison | Membership)}
    sums = [each for each in policy.predicates if isinstance(each, WeightedSum)]
    sums += [] if demand.posterior is None else [demand.posterior.lines[0]]
    said |= {(slot, name) for each in sums for _, slot, name in each.summands}
    shown: set[str] = set()
    for slot, credential in chosen.items():
        asked = set(policy.disclosed_attributes(slot))
        yield from _hides_of(credential, asked | told, {name for of, name in said if of == slot})
        shown |= asked
    yield f"your secrets and the handles of your credential{'s' if len(chosen) > 1 else ''}"
    if not (shown | told) - set(_RUNG_OF):
        # a birth date beside a residence would tell two venues that one person came to both
        yield "whether you were elsewhere"


def _hides_of(credential: HeldCredential, known: set[str], said: set[str]) -> Iterator[str]:
    """``known``: what is shown, or as good as shown; ``said``: the attributes of which something else is proven."""
    layout: Schema = credential.schema
    for ladder, rungs in LADDERS.items():
        if rungs[0] in layout.attributes:
            low, high = _known(ladder, known, credential.attributes)
            if low != high:
                yield f"your exact {_LADDER_WORDS[ladder]}"
    for attribute in layout.issuer:
        name = attribute.name
        if name not in known | NEVER_DISCLOSED and name not in _RUNG_OF and name != "expires_on":
            yield f"your exact {_name(name)}" if name in said else _HIDDEN.get(name, f"your {_name(name)}")


def _name(attribute: str) -> str:
    return attribute.replace("_", " ")


def _value(attribute: Attribute, value: int) -> str:
    match attribute.meaning:
        case "day":
            return write_day(value)
        case "epoch":
            return f"in the {EPOCH_DAYS} days from {write_day(value * EPOCH_DAYS)}"
        case "country":
            return f"country {value:03d} (ISO 3166-1)"
        case "kind":
            return _KINDS[value]
        case "bit":
            return "yes" if value else "no"
        case "milli":
            return f"{value // 1000}.{value % 1000:03d}"
        case _:
            return str(value)


def _message(message: bytes) -> str:
    try:
        text = message.decode("utf-8")
    except UnicodeDecodeError:
        return message.hex()
    return repr(text) if text.isprintable() else message.hex()
