"""Are two fills one trade only where that can be told?"""

from __future__ import annotations

import json
from typing import Any

import pytest

from credence.circuits.encoding import b64u
from credence.service.reputation.cases.looking import seen
from credence.service.reputation.cases.taping import Tape, tape_of

A, B, C = (letter * 48 for letter in (b"a", b"b", b"c"))


def fill(who: bytes, side: str, at: int = 1, quantity: str = "1", **said: Any) -> tuple[bytes, str]:
    told = {"kind": "fill", "at": at, "instrument": "ETH-PERP", "side": side, "price": "100", "quantity": quantity, **said}
    return who, json.dumps(told)


def shown(tape: Tape) -> list[tuple[str, str, str]]:
    sided = set(map(id, tape.sided))
    return [(t.buyer, t.seller, t.aggressor if id(t) in sided else "unknown") for t in tape.trades]


NAMES = {who: b64u(who) for who in (A, B, C)}


@pytest.mark.parametrize(
    ("fills", "trades", "unpaired"),
    [
        ([fill(A, "buy", maker=True), fill(B, "sell", maker=False)], [(A, B, "sell")], 0),
        ([fill(A, "buy", maker=True), fill(B, "sell")], [(A, B, "sell")], 0),
        ([fill(A, "buy"), fill(B, "sell")], [(A, B, "unknown")], 0),
        ([fill(A, "buy", maker=True), fill(B, "sell", maker=True)], [(A, B, "unknown")], 0),
        ([fill(A, "buy"), fill(A, "sell")], [(A, A, "unknown")], 0),
        ([fill(A, "buy", self_match=True)], [(A, A, "unknown")], 0),
        ([fill(A, "buy", self_match=True), fill(A, "sell", self_match=True)], [(A, A, "unknown")], 0),
        ([fill(A, "buy"), fill(B, "sell")] * 2, [(A, B, "unknown")] * 2, 0),
        ([fill(A, "buy")], [], 1),
        ([fill(A, "buy"), fill(B, "buy")], [], 2),
        ([fill(A, "buy"), fill(B, "sell"), fill(C, "sell")], [], 3),
        ([fill(A, "buy"), fill(C, "buy"), fill(B, "sell"), fill(B, "sell")], [], 4),
        ([fill(A, "buy"), fill(B, "sell", at=2)], [], 2),
        ([fill(A, "buy"), fill(B, "sell", quantity="2")], [], 2),
    ],
)
def test_a_trade_needs_both_sides(fills: list[Any], trades: list[Any], unpaired: int) -> None:
    tape = tape_of(fills)
    assert shown(tape) == [(NAMES[buyer], NAMES[seller], side) for buyer, seller, side in trades]
    assert (tape.fills, tape.unpaired) == (len(fills), unpaired)


@pytest.mark.parametrize(("cancels", "fills", "cases"), [(100, 5, 1), (94, 5, 0), (99, 0, 0), (200, 0, 1)])
def test_a_burst_is_counted_by_how_orders_ended(cancels: int, fills: int, cases: int) -> None:
    said = [(A, json.dumps({"kind": "order_cancel", "at": 5, "instrument": "ETH-PERP"}))] * cancels
    said += [fill(A, "buy", at=5)] * fills
    tape = tape_of(said)
    assert (tape.cancels, len(tape.orders)) == (cancels, cancels + fills)
    assert [case.rule for case in seen(tape)] == ["cancel-burst"] * cases


def early(taker: str | None) -> list[tuple[bytes, str]]:
    """Three times: a little bought before a large order, and sold after it."""
    known = {} if taker is None else {"maker": False}
    found = [each for n in range(60) for each in (fill(B, "buy", 10_000 + n), fill(C, "sell", 10_000 + n))]
    for start in (1_000, 2_000, 3_000):
        for at, who, side, quantity in (
            (start, A, "buy", "3"),
            (start + 2, b"d" * 48, "buy", "80"),
            (start + 20, A, "sell", "3"),
        ):
            found += [
                fill(who, side, at, quantity, **known),
                fill(b"e" * 48, "sell" if side == "buy" else "buy", at, quantity),
            ]
    return found


@pytest.mark.parametrize(("taker", "rules"), [("told", ["trade-before-large-order"]), (None, [])])
def test_who_came_last_is_not_guessed(taker: str | None, rules: list[str]) -> None:
    assert [case.rule for case in seen(tape_of(early(taker)))] == rules


def test_a_day_of_other_events_is_empty() -> None:
    assert tape_of([(A, json.dumps({"kind": "vote", "at": 1}))]) == Tape((), (), (), 0, 0, 0)
