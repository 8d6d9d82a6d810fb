"""Attacks on margin: a position in parts, a position of many, and one that is meant to be lost."""

from __future__ import annotations

from itertools import product
from typing import Final

from credence.service.reputation.attacks.setting import BPS, MONTH, STANDINGS, Account, Finding, Setting, Tried, Venue, best

LEVEL: Final = 3
PARTS: Final = (2, 5, 9, 50)
MEMBERS: Final = (2, 5)
ROBBER: Final = 2
"""Verification of who robs: two persons whose names the issuer knows."""

MOST: Final = 1e9
"""USD that a position is tried to at most, where there is no cap."""


def sizes(venue: Venue, name: str) -> list[float]:
    """Notionals worth trying: within and beyond every bracket."""
    ends = list(venue.ends(name))
    return sorted({each * times for each in ends for times in (0.5, 1.0, 1.5, 3.0)} | {100_000.0})


def split(venue: Venue, setting: Setting, *, aggregated: bool = True) -> Finding:
    """One position in several wallets, all proven to be one person's: margin is asked of the sum of them.

    Without ``aggregated`` each wallet is asked for itself, which is what a venue does that does not know whose they are.
    """
    tried: Tried = []
    for name, standing in product(venue.classes, STANDINGS[1:]):
        for size, parts in product(sizes(venue, name), PARTS):
            account = Account(LEVEL, standing)
            whole = venue.margin(account, name, size)
            held = [parts * (size / parts)] if aggregated else [size / parts] * parts
            in_parts = sum(venue.margin(account, name, each) for each in held)
            cost = setting.wallet_usd * (parts - 1)
            tried.append((setting.carry(whole - in_parts) - cost, f"{name}, {standing}, {size:g} in {parts}"))
    gain, where = best(tried)
    return Finding("split", "hold one position in several wallets of one person", gain, where, len(tried))


def split_unproven(venue: Venue, setting: Setting) -> Finding:
    """A part of the position in wallets that prove nothing: fewer of them than are aggregated by links."""
    tried: Tried = [(0.0, "nothing")]
    bare = Account(0, "R0")
    cap, most = venue.notional_cap(bare), setting.linked - 1
    for name, standing in product(venue.classes, STANDINGS[1:]):
        account = Account(LEVEL, standing)
        each = venue.margin(bare, name, cap)
        spread = setting.half_spread_bps * BPS
        for size, wallets in product(sizes(venue, name), (1, most)):
            moved = wallets * cap
            if moved > size:
                continue
            honest = venue.margin(account, name, size)
            freed = honest - venue.margin(account, name, size - moved) - wallets * each
            dearer = moved * 2 * (spread + max(0.0, venue.fees(bare).taker - venue.fees(account).taker))
            cost = setting.wallet_usd * wallets + dearer
            tried.append((setting.carry(freed) - cost, f"{name}, {standing}, {size:g}, {wallets} wallets"))
    gain, where = best(tried)
    return Finding(
        "split-unproven",
        f"hold a part of it in {most} wallets that prove nothing, one less than links aggregate",
        gain,
        where,
        len(tried),
        bound=setting.carry(most * cap),
        reason="each such wallet has the cap of who proves nothing, and no margin is above 100 %: at most the cost of so "
        "much capital. More wallets are aggregated if transfers link them; a venue that lets nobody in unproven has none.",
    )


def pool(venue: Venue, setting: Setting) -> Finding:
    """Persons of one standing in one account: brackets are convex, so that the sum is never asked less than its parts."""
    tried: Tried = []
    for name, standing in product(venue.classes, STANDINGS[1:]):
        account = Account(LEVEL, standing)
        for size, members in product(sizes(venue, name), MEMBERS):
            apart, together = venue.margin(account, name, size), venue.margin(account, name, members * size) / members
            tried.append((setting.carry(apart - together), f"{name}, {standing}, {members} of {size:g}"))
    gain, where = best(tried)
    return Finding("pool", "hold the positions of several persons in one account", gain, where, len(tried))


def rob(venue: Venue, setting: Setting) -> Finding:
    """Two accomplices on both sides of one position, waiting at once and without any standing for a gap."""
    tried = _robberies(venue, setting, "R1")
    gain, where = best(tried)
    rate = sum(times for _, times in setting.gaps)
    size = min(venue.notional_cap(Account(ROBBER, "R1")), MOST)
    return Finding(
        "rob",
        "wait with an accomplice on the other side for a gap that leaves a bad debt, without any standing",
        gain,
        where,
        len(tried),
        bound=sum(move * times for move, times in setting.gaps) / 12 * size,
        reason=f"leverage is an option on the insurance fund, and the base table sells it: {rate:g} moves a year that no "
        "liquidation comes before are assumed. What limits it is the notional cap of the level, open-interest caps, and a "
        "venue that takes the winner's profit for the loser's debt; no standing is needed.",
    )


def farm_then_rob(venue: Venue, setting: Setting, farming_usd: float, farming_days: int) -> Finding:
    """The same with the best standing, earned first, against robbing at once: what standing adds to a robbery.

    A bad debt ends the standing, so each time needs farming again. Relief ends for a position whose stress move would cost
    more than the person's share of the insurance fund.
    """
    at_once, _ = best(_robberies(venue, setting, "R1"))
    tried = [(gain - at_once, where) for gain, where in _robberies(venue, setting, "R5", farming_usd, farming_days / MONTH)]
    gain, where = best(tried)
    return Finding(
        "farm-then-rob",
        f"earn the best standing in {farming_days} days and rob with it, against robbing at once (rob)",
        gain,
        where,
        len(tried),
    )


def _robberies(venue: Venue, setting: Setting, standing: str, spent: float = 0.0, before: float = 0.0) -> Tried:
    """Gain in 30 days of each class and size, from the first day of preparing (``before``, months) to the first gap.

    The loser's margin is all that is lost; the winner keeps the whole move. Fees and spread both ways on both sides, and
    margin on both, are costs.
    """
    account, found = Account(ROBBER, standing), [(0.0, "nothing")]
    times = sum(rate for _, rate in setting.gaps)
    months = 12 / times
    for name in venue.classes:
        for size in _robbed(venue, setting, name):
            margin = venue.margin(account, name, size, setting.insured)
            taken = sum(rate * max(0.0, move * size - margin) for move, rate in setting.gaps) / times
            trading = 4 * size * (venue.fees(account).taker + setting.half_spread_bps * BPS)
            cost = trading + setting.carry(2 * margin, months * MONTH) + spent
            found.append(((taken - cost) / (months + before), f"{name}, {standing}, {size:g} on both sides"))
    return found


def _robbed(venue: Venue, setting: Setting, name: str) -> list[float]:
    """Parts of the cap, and the largest size that relief is left to: its stress move costs the share of the fund."""
    cap = min(venue.notional_cap(Account(ROBBER, "R1")), MOST)
    low, high = 0.0, cap
    for _ in range(60):
        middle = (low + high) / 2
        short = venue.stress_move(name) * middle - venue.margin(Account(ROBBER, "R5"), name, middle)
        low, high = (middle, high) if short <= setting.insured else (low, middle)
    return [low, 0.1 * cap, 0.5 * cap, cap]
