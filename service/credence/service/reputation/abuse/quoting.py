"""Rules over orders: cancel bursts and layering."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Sequence
from typing import Final

from credence.service.reputation.abuse.tape import Case, Order

BURST: Final = 100
BURST_SECONDS: Final = 10.0
CANCELLED: Final = 0.95
LAYERS: Final = 3
LAYER_SECONDS: Final = 10.0
LAYER_TIMES: Final = 3.0
LEAST_TIMES: Final = 3


def cancel_bursts(orders: Sequence[Order]) -> list[Case]:
    """A hundred orders within ten seconds of which at least 95 % end in a cancel."""
    cases = []
    for (account, instrument), own in sorted(_by_account(orders).items()):
        start, cancelled, worst = 0, 0, (0, 0, 0)
        for end, last_order in enumerate(own):
            cancelled += last_order.end == "cancel"
            while last_order.at - own[start].at > BURST_SECONDS:
                cancelled -= own[start].end == "cancel"
                start += 1
            size = end - start + 1
            if size >= BURST and cancelled >= CANCELLED * size:
                worst = max(worst, (cancelled, start, end))
        if worst[0]:
            count, first, last = worst
            words = f"{count} orders cancelled within {BURST_SECONDS:g} s"
            cases.append(
                Case("cancel-burst", (account,), instrument, own[first].at, own[last].at, count, BURST * CANCELLED, words)
            )
    return cases


def layering(orders: Sequence[Order]) -> list[Case]:
    """Three prices or more on one side, three times what trades on the other meanwhile, cancelled at once: three times."""
    cases = []
    for (account, instrument), own in sorted(_by_account(orders).items()):
        times: list[Order] = []
        pulled = sorted((order for order in own if order.end == "cancel"), key=lambda order: order.ended_at)
        ends = [order.ended_at for order in pulled]
        for done in sorted((order for order in own if order.end == "fill"), key=lambda order: order.ended_at):
            layers = [
                order
                for order in pulled[bisect_left(ends, done.ended_at) : bisect_right(ends, done.ended_at + LAYER_SECONDS)]
                if order.side != done.side and order.at <= done.ended_at and order.ended_at - order.at <= 2 * LAYER_SECONDS
            ]
            prices = {order.price for order in layers}
            if len(prices) >= LAYERS and sum(order.quantity for order in layers) >= LAYER_TIMES * done.quantity:
                times.append(done)
        if len(times) >= LEAST_TIMES:
            words = f"{len(times)} fills against layers that were cancelled within {LAYER_SECONDS:g} s"
            first, last = times[0].ended_at, times[-1].ended_at
            cases.append(Case("layering", (account,), instrument, first, last, len(times), LEAST_TIMES, words))
    return cases


def _by_account(orders: Sequence[Order]) -> dict[tuple[str, str], list[Order]]:
    found: dict[tuple[str, str], list[Order]] = defaultdict(list)
    for order in sorted(orders, key=lambda each: each.at):
        found[order.account, order.instrument].append(order)
    return found
