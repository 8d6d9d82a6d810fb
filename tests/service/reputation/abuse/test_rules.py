"""Does each rule open a case for what it names, and none for its honest twin?"""

from __future__ import annotations

import pytest

from credence.service.reputation.abuse.looking import RULES, look
from credence.service.reputation.abuse.tape import Order, Trade
from credence.service.reputation.abuse.trading import before_large, loop_volume, ping_pong
from tests.service.reputation.abuse.tapes import honest, quotes, trade


def rules_of(trades: list[Trade], orders: list[Order] | None = None, persons: dict[str, str] | None = None) -> list[str]:
    return [case.rule for case in look([*honest(), *trades], orders or [], persons).cases]


def test_an_honest_tape_opens_no_case() -> None:
    for seed in range(5):
        report = look(honest(seed=seed), quotes("maker", 300, cancelled=0.9, apart=1.0))
        assert report.cases == ()
        assert report.to_json()["n"] == {"trades": 400, "orders": 300}
    assert "no other" not in report.effect
    assert "nothing is refused" in report.effect


def test_a_trade_with_oneself_by_account_or_by_person() -> None:
    assert rules_of([trade(1, "a", "a")]) == ["self-match"]
    both = [trade(1, "a", "b"), trade(2, "a", "b")]
    assert rules_of(both) == []
    assert rules_of(both, persons={"a": "p", "b": "p"}) == ["self-match"]


def test_to_and_fro() -> None:
    turns = [trade(place * 60.0, *(("a", "b") if place % 2 else ("b", "a"))) for place in range(4)]
    (case,) = look([*honest(), *turns]).cases
    assert (case.rule, case.accounts, case.words) == ("ping-pong", ("a", "b"), "4 turns of one quantity to and fro")
    assert rules_of(turns[:3]) == []
    assert rules_of([trade(place * 60.0, "a", "b") for place in range(8)]) == [], "one way is a position"
    slow = [trade(place * 400.0, *(("a", "b") if place % 2 else ("b", "a"))) for place in range(4)]
    assert rules_of(slow) == []


def test_turns_are_counted_over_any_ten_minutes_and_one_of_another_size_hides_none() -> None:
    def turns(*quantities: float, apart: float = 60.0) -> list[Trade]:
        sides = (("a", "b"), ("b", "a"))
        return [trade(place * apart, *sides[place % 2], quantity) for place, quantity in enumerate(quantities)]

    def words(found: list[Trade]) -> list[str]:
        return [case.words.split()[0] for case in ping_pong(found)]

    assert words(turns(5, 5, 5, 5, 5)) == ["5"]
    assert words(turns(500, 5, 5, 5, 5)) == ["4"]
    assert words(turns(500, 5, 5, 5)) == [], "three turns of one quantity"
    late = [trade(at, *pair) for at, pair in zip((0, 590, 700, 800, 900), (("a", "b"), ("b", "a")) * 3, strict=False)]
    assert words(late) == ["4"], "the first of them is too long ago, the others are not"
    assert words(turns(*[5.0] * 20_000, apart=0.01)) == ["20,000"]
    assert words(turns(*[5.0] * 20_000, apart=1.0)) == ["601"], "what lies within ten minutes"


def test_volume_in_a_circle() -> None:
    circle = [
        trade(place * 100.0, *names, quantity=50.0) for place, names in enumerate([("a", "b"), ("b", "c"), ("c", "a")])
    ]
    assert rules_of(circle) == ["loop-volume"]
    assert rules_of(circle[:2]) == []
    assert rules_of([trade(place, t.buyer, t.seller, 1.0) for place, t in enumerate(circle)]) == [], "too little"
    others = [trade(500.0 + place, "a", f"account-{place:02}", 60.0) for place in range(6)]
    assert rules_of([*circle, *others]) == [], "most of it is with others"
    assert rules_of([*circle[:2], trade(200.0, "c", "a", 30.0)]) == [], "somebody holds something after it"


@pytest.mark.slow
def test_a_tape_of_one_busy_second_is_read() -> None:
    """4,000 circles of three strangers, and 4,000 large orders in one second: not each compared with each."""
    threes = [(f"{n}a", f"{n}b", f"{n}c") for n in range(4_000)]
    circles = [trade(1.0, *pair) for a, b, c in threes for pair in ((a, b), (b, c), (c, a))]
    large = [trade(2.0, f"x{n}", f"y{n}", 5.0 if n % 2 else 500.0) for n in range(8_000)]
    assert loop_volume(circles) == [], "1,500 USD each are too little"
    assert before_large([*circles, *large], str) == []


def test_a_burst_of_cancels() -> None:
    assert rules_of([], quotes("a", 120, cancelled=0.97, apart=0.05)) == ["cancel-burst"]
    assert rules_of([], quotes("a", 120, cancelled=0.90, apart=0.05)) == []
    assert rules_of([], quotes("a", 120, cancelled=0.97, apart=0.5)) == []


def layers(prices: int, size: float, rounds: int) -> list[Order]:
    """Bids that are pulled as soon as a small offer is filled."""
    found = []
    for number in range(rounds):
        start = number * 100.0
        found += [Order(start, start + 6, "a", "ETH-PERP", "buy", 99.0 - place, size, "cancel") for place in range(prices)]
        found.append(Order(start + 1, start + 5, "a", "ETH-PERP", "sell", 100.0, 1.0, "fill"))
    return found


@pytest.mark.parametrize(("prices", "size", "rounds"), [(2, 5.0, 3), (3, 0.5, 3), (3, 5.0, 2)])
def test_layers_that_are_pulled(prices: int, size: float, rounds: int) -> None:
    assert rules_of([], layers(3, 5.0, 3)) == ["layering"]
    assert rules_of([], layers(prices, size, rounds)) == []


def run_ahead(times: int, *, turns: bool = True, who: str = "a") -> list[Trade]:
    found = []
    for number in range(times):
        start = number * 1_000.0 + 0.5
        found.append(trade(start - 2, who, f"account-{number:02}", 1.0))
        found += [trade(start + place / 10, "whale", f"account-{place:02}", 12.0) for place in range(3)]
        if turns:
            found.append(trade(start + 20, f"account-{number + 5:02}", who, 1.0, "sell"))
    return found


def test_trading_before_a_large_order() -> None:
    (case,) = look([*honest(), *run_ahead(3)]).cases
    assert (case.rule, case.accounts, case.found) == ("trade-before-large-order", ("a",), 3)
    assert rules_of(run_ahead(2)) == []
    assert rules_of(run_ahead(3, turns=False)) == []
    assert rules_of(run_ahead(3), persons={"a": "p", "whale": "p"}) == [], "one's own order is known to oneself"


def test_cases_are_told_by_rule_and_in_any_order_of_trades() -> None:
    tape = [*honest(), trade(1, "a", "a"), *run_ahead(3, who="b")]
    told = look(tape).to_json()
    assert look(tape[::-1]).to_json() == told
    assert tuple(told["by_rule"]) == RULES
    assert (told["by_rule"]["self-match"], told["by_rule"]["trade-before-large-order"]) == (1, 1)
    assert "not known" in told["limit"]
