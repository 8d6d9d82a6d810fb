"""Why a venue charged something else than was expected: the cause is found by computing the charge again.

Each candidate changes one thing between what was expected and what is known of the moment of the charge. The first whose
recomputation gives what was charged, to the cent, is the cause; a pair of two is tried after that. Where none does, the
difference is ``unexplained``, and that is the finding.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal, localcontext
from itertools import combinations
from typing import Final, Literal

from credence.service.verifier.tariff import Tariff
from credence.service.verifier.tariff.amounts import EXACT, is_amount, plain
from credence.service.verifier.terms.answer import Terms
from credence.service.verifier.terms.facts import Facts
from credence.service.verifier.terms.pricing import terms_for

Kind = Literal["taker_fee", "maker_fee", "initial_margin", "maintenance_margin"]
Cause = Literal[
    "none",
    "rounding",
    "tier_changed",
    "volume_tier",
    "relief_off",
    "phased_raise",
    "other_version",
    "several",
    "unexplained",
]

TOLERANCE: Final = Decimal("0.01")
"""USD: a cent is how amounts are kept."""

_PPM: Final = Decimal("0.000001")
_EXPIRY: Final = 2**40


class NotReconciled(ValueError):
    """An amount that is out of its range; the reason says which."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Charge:
    """What was charged: a fee on ``notional`` (negative: paid out), or the margin of a position of ``notional``, in USD.

    ``at`` (unix seconds) is when; ``instrument_class`` is needed for margin. Raises :class:`NotReconciled`.
    """

    kind: Kind
    notional: Decimal
    amount: Decimal
    at: int
    instrument_class: str = ""

    def __post_init__(self) -> None:
        """Check the ranges."""
        if not is_amount(self.notional) or not is_amount(abs(self.amount)):
            raise NotReconciled("notional and amount are of at most 18 decimals")


@dataclass(frozen=True, slots=True)
class Priced:
    """A tariff and the facts that it was applied to."""

    tariff: Tariff
    facts: Facts

    def terms(self) -> Terms:
        """The terms of these."""
        return terms_for(self.tariff, self.facts, expires_at=_EXPIRY)


@dataclass(frozen=True, slots=True)
class Finding:
    """``cause`` and what it rests on; ``expected``, ``charged`` and ``explained`` (what the cause gives) are USD."""

    cause: Cause
    expected: Decimal
    charged: Decimal
    explained: Decimal
    causes: tuple[str, ...]
    words: str

    def to_json(self) -> dict[str, object]:
        """The wire form."""
        return {
            "cause": self.cause,
            "causes": list(self.causes),
            "expected_usd": plain(self.expected),
            "charged_usd": plain(self.charged),
            "difference_usd": plain(self.charged - self.expected),
            "explained_usd": plain(self.explained),
            "words": self.words,
        }


_Change = Callable[[Priced], Priced]


def reconcile(charge: Charge, expected: Priced, then: Priced) -> Finding:
    """The cause of the difference between a charge and what ``expected`` gives; ``then`` is what is known of its moment."""
    before = amount(charge, expected)
    if charge.amount == before:
        return Finding("none", before, charge.amount, before, (), "The charge is what was expected.")
    if abs(charge.amount - before) < TOLERANCE:
        words = f"The charge differs by less than {plain(TOLERANCE)} USD: it was rounded."
        return Finding("rounding", before, charge.amount, before, ("rounding",), words)
    candidates = dict(_candidates(expected, then))
    for size in range(1, len(candidates) + 1):
        for names in combinations(candidates, size):
            changed = expected
            for name in names:
                changed = candidates[name](changed)
            found = amount(charge, changed)
            if abs(charge.amount - found) < TOLERANCE:
                cause: Cause = "several" if size > 1 else names[0]  # type: ignore[assignment]
                words = "; ".join(_words(name, expected, then) for name in names)
                return Finding(cause, before, charge.amount, found, names, f"{words}.")
    words = "Nothing that is known of that moment gives this amount: ask the venue."
    return Finding("unexplained", before, charge.amount, before, (), words)


def amount(charge: Charge, priced: Priced) -> Decimal:
    """What the charge should be, exactly, in USD."""
    terms = priced.terms()
    with localcontext(EXACT):
        if charge.kind == "taker_fee":
            return charge.notional * terms.fees.taker_ppm * _PPM
        if charge.kind == "maker_fee":
            return charge.notional * terms.fees.maker_ppm * _PPM
        initial, maintenance = terms.open_margin(charge.instrument_class, charge.notional, charge.at)
        return initial if charge.kind == "initial_margin" else maintenance


def _candidates(expected: Priced, then: Priced) -> Iterator[tuple[str, _Change]]:
    """What differs between the two, one at a time; nothing that is the same can be a cause."""
    was, now = expected.facts, then.facts
    standing = ("standing_tier", "own_standing", "own_ceiling", "kyc_level", "risk_tier")
    volume = ("volume_30d_usd", "maker_share")
    relief = ("stress_regime", "open_interest_share", "expected_shortfall_usd", "insurance_share_usd", "positions")
    for name, fields in (
        ("tier_changed", standing),
        ("volume_tier", volume),
        ("relief_off", relief),
        ("phased_raise", ("raises",)),
    ):
        if any(getattr(was, field) != getattr(now, field) for field in fields):
            yield name, _taking(now, fields)
    if expected.tariff.digest != then.tariff.digest:
        yield "other_version", lambda priced: replace(priced, tariff=then.tariff)


def _taking(now: Facts, fields: tuple[str, ...]) -> _Change:
    values = {field: getattr(now, field) for field in fields}
    return lambda priced: replace(priced, facts=replace(priced.facts, **values))


def _words(name: str, expected: Priced, then: Priced) -> str:
    was, now = expected.terms(), replace(then, tariff=expected.tariff).terms()
    if name == "tier_changed":
        return f"the tier was {now.standing_tier}, {now.risk_tier} and not {was.standing_tier}, {was.risk_tier}"
    if name == "volume_tier":
        return f"the volume tier was {now.fees.volume_tier} and not {was.fees.volume_tier}"
    if name == "relief_off":
        return "relief was off" if not now.relief else "relief was on"
    if name == "phased_raise":
        return "a raise of margin was phased in"
    return f"version {then.tariff.version} of the tariff counted and not {expected.tariff.version}"
