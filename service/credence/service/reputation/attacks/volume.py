"""Attacks on the fee ladder: volume that is not, and volume that is somebody else's."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Final

from credence.service.reputation.attacks.setting import STANDINGS, Account, Finding, Setting, Tried, Venue, best

LEVEL: Final = 3
"""Verification of who has the most room."""

NEAR: Final = (0.5, 0.8, 0.9, 0.95, 0.99)
"""How much of a threshold is real volume."""

MAKER: Final = (0.0, 0.5, 1.0)
"""How much of the real volume is made, not taken."""

MEMBERS: Final = 10


def wash(venue: Venue, setting: Setting) -> Finding:
    """Trading with oneself: what the venue sees is not counted, and what is counted costs both fees, rebates included."""
    tried: Tried = []
    for standing, threshold, share in product(STANDINGS, (0.0, *venue.thresholds), (0.0, *venue.maker_shares)):
        there = venue.fees(Account(LEVEL, standing, threshold, share))
        traded = max(threshold, 1_000_000.0)
        where = f"{standing}, volume {threshold:g}, maker share {share:g}"
        tried.append((-traded * (there.maker + there.taker), f"for rebates: {where}"))
        for near in NEAR if threshold else ():
            # Seen, so the real volume alone is counted: the ladder stays where it is.
            now = venue.fees(Account(LEVEL, standing, near * threshold, share))
            tried.append((-(1 - near) * threshold * (now.maker + now.taker) / 2, f"for the ladder: {where}, real {near:g}"))
    gain, where = best(tried)
    return Finding("wash", "trade with oneself, for rebates or for the volume ladder", gain, where, len(tried))


def wash_unseen(venue: Venue, setting: Setting) -> Finding:
    """The same, when no trade of it is seen to be wash: both sides count, and no spread is lost."""
    tried: Tried = [(0.0, "nothing")]
    bound = 0.0
    for standing, threshold in product(STANDINGS, venue.thresholds):
        after = venue.fees(Account(LEVEL, standing, threshold))
        before = venue.fees(Account(LEVEL, standing, threshold * NEAR[-1]))
        bound = max(bound, threshold * max(before.maker - after.maker, before.taker - after.taker))
        for near, made in product(NEAR, MAKER):
            real = near * threshold
            now = venue.fees(Account(LEVEL, standing, real))
            saved = real * (made * (now.maker - after.maker) + (1 - made) * (now.taker - after.taker))
            paid = (threshold - real) / 2 * (now.maker + now.taker)
            tried.append((saved - paid, f"{standing}, to {threshold:g}, real {near:g}, made {made:g}"))
    gain, where = best(tried)
    return Finding(
        "wash-unseen",
        "the same, if no trade of it is seen: from just below a row of the volume ladder to it",
        gain,
        where,
        len(tried),
        bound=bound,
        reason="a ladder has steps: who has real volume just below one saves at most the step on it. A venue's own matching "
        "engine knows its self-matches; round trips within a minute are removed; what takes longer is a risk taken.",
    )


def pool_fees(venue: Venue, setting: Setting) -> Finding:
    """Several persons trading through one account, for its row of the ladder and its standing."""
    tried: Tried = [(0.0, "nothing")]
    flows = (setting.flow, *(threshold * 0.95 for threshold in venue.thresholds))
    top = venue.thresholds[-1]
    base, lowest = Account(LEVEL, "R1", 0.0), Account(LEVEL, "R5", top)
    bound = 0.0
    for flow in flows:
        honest = venue.fees(replace(base, volume=flow))
        for members in (2, MEMBERS):
            pooled = venue.fees(Account(LEVEL, "R5", flow * members))
            tried.append((flow * (honest.taker - pooled.taker), f"{members} members of {flow:g} each"))
        bound = max(bound, flow * (venue.fees(base).taker - venue.fees(lowest).taker))
    gain, where = best(tried)
    return Finding(
        "pool-fees",
        "trade through one account of many persons, for its fees",
        gain,
        where,
        len(tried),
        bound=bound,
        reason="a discount for volume is for whoever brings it: this is a broker, who answers for all of it with one "
        "standing, one notional cap and one margin (pool). At most the whole range of taker fees on a member's flow.",
    )
