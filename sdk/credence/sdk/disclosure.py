"""What a request would reveal, in words, before anything is proven."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType
from typing import Final

from credence.circuits.credential import EPOCH_DAYS, LADDERS, NEVER_DISCLOSED, Attribute, Schema
from credence.circuits.issuance import HeldCredential
from credence.circuits.policy import RISK_TIERS, Policy, explain
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
    request: PresentationRequest, policy: Policy, credential: HeldCredential | None, unmet: tuple[str, ...]
) -> Disclosure:
    """What presenting ``credential`` (None: there is none to present) would mean."""
    shown = None if unmet else credential
    return Disclosure(
        audience=request.audience,
        asks=_printable(explain(policy)),
        reveals=_printable(_reveals(request, policy, shown)) if shown is not None else (),
        hides=_hides(policy, shown) if shown is not None else (),
        unmet=_printable(unmet),
        message=request.message,
        expires_at=request.expires_at,
    )


def _printable(lines: tuple[str, ...]) -> tuple[str, ...]:
    """What a venue chose may hold characters that redraw a terminal or turn the text around; a holder reads none of them."""
    return tuple("".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in line) for line in lines)


def _bullets(lines: tuple[str, ...]) -> list[str]:
    return [f"- {line}" for line in lines]


def _reveals(request: PresentationRequest, policy: Policy, credential: HeldCredential) -> tuple[str, ...]:
    asked = policy.disclosed_attributes()
    attributes = credential.schema.attributes
    lines = [
        f"issuer: {credential.issuer} (key {credential.key_id})",
        f"expiry, rounded to {EPOCH_DAYS} days: {_day(credential.expiry_epoch * EPOCH_DAYS)}",
    ]
    ladders = dict.fromkeys(_RUNG_OF[name] for name in asked if name in _RUNG_OF)
    lines += [_rung(ladder, [n for n in asked if n in LADDERS[ladder]], credential.attributes) for ladder in ladders]
    plain = (name for name in asked if name not in _RUNG_OF)
    lines += [f"{_name(name)}: {_value(attributes[name], credential.attributes[name])}" for name in plain]
    if policy.pseudonym_suffix is not None:
        lines.append(f"a pseudonym that {request.audience} alone sees, the same at each visit")
    if request.message:
        lines.append(f"that you answer for the message {_message(request.message)}")
    return tuple(lines)


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


def _hides(policy: Policy, credential: HeldCredential) -> tuple[str, ...]:
    layout: Schema = credential.schema
    asked = set(policy.disclosed_attributes())
    lines = ["your name and documents, which no credential holds"]
    for ladder, rungs in LADDERS.items():
        if rungs[0] not in layout.attributes:
            continue
        low, high = _known(ladder, asked, credential.attributes)
        if low != high:
            lines.append(f"your exact {_LADDER_WORDS[ladder]}")
    hidden = [a.name for a in layout.issuer if a.name not in asked and a.name not in NEVER_DISCLOSED]
    lines += [_HIDDEN.get(name) or f"your {_name(name)}" for name in hidden if name not in _RUNG_OF and name != "expires_on"]
    lines.append("your secrets and your credential's handles")
    if not asked - set(_RUNG_OF):
        # a birth date beside a residence would tell two venues that one person came to both
        lines.append("whether you were elsewhere")
    return tuple(lines)


def _name(attribute: str) -> str:
    return attribute.replace("_", " ")


def _day(number: int) -> str:
    return (date(1970, 1, 1) + timedelta(days=number)).isoformat()


def _value(attribute: Attribute, value: int) -> str:
    match attribute.meaning:
        case "day":
            return _day(value)
        case "epoch":
            return f"in the {EPOCH_DAYS} days from {_day(value * EPOCH_DAYS)}"
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
