"""Terms in words: every reason as a sentence, at three reading levels.

``short`` names what a factor did, ``plain`` adds why in everyday words, ``full`` adds every number of the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Final, Literal

from credence.service.verifier.tariff.amounts import bps, plain
from credence.service.verifier.terms.answer import Reason, Terms

Level = Literal["short", "plain", "full"]

_Said = Callable[[str, Mapping[str, str]], tuple[str, str]]


def explained(terms: Terms, level: Level = "plain") -> tuple[str, ...]:
    """One sentence or more for the whole, then one entry for each reason, in the order of the factors."""
    return (_whole(terms), *(said(reason, level) for reason in terms.reasons))


def said(reason: Reason, level: Level) -> str:
    """One reason in words."""
    short, why = _SAID[reason.factor](reason.value, dict(reason.effect))
    if level == "short":
        return short
    if level == "plain":
        return f"{short} {why}"
    return f"{short} {why} [{reason.text()}]"


def _whole(terms: Terms) -> str:
    if terms.reduce_only:
        return f"You may only reduce what you hold. Taker fee {bps(terms.fees.taker_ppm)} bps."
    fees = f"maker {bps(terms.fees.maker_ppm)} bps, taker {bps(terms.fees.taker_ppm)} bps"
    return f"Leverage up to {plain(terms.max_leverage)}; fees: {fees}."


def _kyc_level(value: str, effect: Mapping[str, str]) -> tuple[str, str]:
    cap = effect["notional_cap_usd"]
    room = "without a cap" if cap == "none" else f"up to {cap} USD"
    shown = "Nothing was shown of your identity" if value in ("none", "0") else f"You showed verification level {value}"
    return f"{shown}: you may hold positions {room}.", "The better a person is verified, the more it may hold."


def _own_standing(value: str, effect: Mapping[str, str]) -> tuple[str, str]:
    counts = effect["counts"]
    if value == counts == "RX":
        return "This venue's own reports put you at RX.", "No credential from elsewhere lifts that."
    if effect["proven"] == "none":
        return f"This venue's own reports put you at {value}.", "You showed no standing from elsewhere."
    why = "The better of the two counts, because a venue has seen little of whoever is new."
    if "proven_counts_up_to" in effect and counts == effect["proven_counts_up_to"] != effect["proven"]:
        why = f"What happened here contradicts more than {counts}, so that your credential counts up to it."
    return f"Here you stand at {value}, elsewhere at {effect['proven']}: {counts} counts.", why


def _standing(value: str, effect: Mapping[str, str]) -> tuple[str, str]:
    tier = effect["standing_tier"]
    short = (
        f"Standing {tier}: initial margin x {effect['im_factor']}, maintenance x {effect['mm_factor']},"
        f" taker fee x {effect['taker_factor']}."
    )
    if effect.get("reduce_only"):
        return short, "Who stands there may close positions and open none."
    if value == "none":
        return short, "Nothing is known of your conduct yet; it is earned by time at risk without margin events."
    return short, "It follows from how your account behaved while it was at risk, and from nothing else."


def _risk(value: str, effect: Mapping[str, str]) -> tuple[str, str]:
    short = f"Risk tier {effect['risk_tier']}: initial margin x {effect['im_factor']}, taker fee x {effect['taker_factor']}."
    why = "It is what your verification says." if value != "none" else "None was shown, so the one without proof counts."
    return short, why


def _relief(why: str) -> _Said:
    return lambda value, effect: ("No factor below 1 counts for now.", why.format(value=value))


def _limits(effect: Mapping[str, str]) -> str:
    parts = []
    if "open_interest_share" in effect:
        parts.append(
            f"Your share of a market's open interest is {effect['open_interest_share']}; {effect['at_most']} may be."
        )
    if "insurance_share_usd" in effect:
        could, may = effect["expected_shortfall_usd"], effect["insurance_share_usd"]
        parts.append(f"A stress move could lose {could} USD beyond your margin; {may} USD may be.")
    return " ".join(parts)


def _exposure(value: str, effect: Mapping[str, str]) -> tuple[str, str]:
    room = "without a cap" if effect["room_usd"] == "none" else f"and may hold {effect['room_usd']} USD more"
    many = "your account" if effect["accounts"] == "1" else f"{effect['accounts']} accounts together"
    return f"You hold {value} USD, {room}.", f"That is of {many}: limits are of the person."


def _fee(value: str, effect: Mapping[str, str]) -> tuple[str, str]:
    return (
        f"The taker fee is {bps(int(effect['taker_ppm']))} bps after these factors.",
        f"It comes to {value} ppm and is rounded up to a whole one.",
    )


def _volume(value: str, effect: Mapping[str, str]) -> tuple[str, str]:
    fees = f"maker {bps(int(effect['maker_ppm']))} bps, taker {bps(int(effect['taker_ppm']))} bps"
    return f"Volume tier {effect['volume_tier']}: {fees}.", f"You traded {value} USD in 30 days, without wash trades."


def _raise(value: str, effect: Mapping[str, str]) -> tuple[str, str]:
    hours = (Decimal(effect["to"]) - Decimal(effect["from"])) / 3600
    return (
        f"Your standing fell from {value}: margin on open positions rises over {plain(hours)} hours.",
        "It rises in a straight line from when you were told, so that there is time to act; new positions ask it now.",
    )


_SAID: Final[Mapping[str, _Said]] = MappingProxyType(
    {
        "kyc_level": _kyc_level,
        "own_standing": _own_standing,
        "standing_tier": _standing,
        "risk_tier": _risk,
        "phased_raise": _raise,
        "volume_30d_usd": _volume,
        "taker_fee": _fee,
        "reduce_only_tier": _relief("Standing {value} has none."),
        "stress_regime": _relief("The venue's alarm is on: the market is under stress."),
        "relief_limits": lambda value, effect: (
            "Relief stands: what you hold is within its limits.",
            _limits(effect),
        ),
        "exposure": _exposure,
        "open_interest_share": _relief("Your share of a market's open interest is {value}, which is too much or unknown."),
        "insurance_share": _relief("What your positions could cost the insurance fund is {value}."),
        "expected_shortfall": _relief(
            "A stress move could lose {value} USD beyond your margin: more than your share of the fund."
        ),
        "im_factor_range": lambda value, effect: (
            f"The factors of the initial margin are held at {effect['combined_im_factor']}.",
            f"Together they would be {value}, which is outside the range of the tariff.",
        ),
        "notional_cap": lambda value, effect: (
            f"You may hold {effect['notional_cap_usd']} USD.",
            f"Your risk tier takes a part of the {value} USD of your level.",
        ),
        "positions": lambda value, effect: (
            "You hold more than you may: you can only reduce.",
            f"Your positions come to {value} USD in all.",
        ),
        "im_ceiling": lambda value, effect: (
            "No initial margin is above 100 %.",
            f"With a factor of {value} it would be, for {', '.join(effect)}.",
        ),
        "leverage_cap": lambda value, effect: (
            f"Leverage is capped at {value}.",
            f"That is less than the brackets of {', '.join(effect)} allow.",
        ),
        "reduce_only": lambda value, effect: ("You may close positions and open none.", "See the reasons above."),
        "maker_share": lambda value, effect: (
            f"As a maker you are paid {bps(-int(effect['maker_ppm']))} bps.",
            f"Your share of the venue's maker volume is {value}.",
        ),
        "institution_accredited": lambda value, effect: (
            f"Priority class {effect['priority_class']}.",
            "You are an accredited institution.",
        ),
    }
)
"""Every factor that a reason can have."""
