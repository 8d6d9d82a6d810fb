"""Does the command list the cases that rules open, and say that nothing else follows?"""

from __future__ import annotations

from pathlib import Path

from tests.service.cli.conftest import Run
from tests.service.reputation.links.wallets import write

HEAD = ("at", "instrument", "price", "quantity", "buyer", "seller", "aggressor")


def test_cases_are_listed_and_nothing_else_follows(run: Run, room: Path) -> None:
    tape = write(room / "tape.csv", HEAD, [(1, "ETH", 100, 1, "a", "b", "buy"), (2, "ETH", 100, 1, "c", "b", "sell")])
    quiet = run("reputation", "abuse", tape, "--json")
    assert quiet.code == 0, quiet.err
    assert quiet.json["cases"] == []
    persons = write(room / "persons.csv", ("account", "person"), [("a", "p"), ("b", "p")])
    seen = run("reputation", "abuse", tape, "--persons", persons)
    assert "self-match" in seen.out
    assert "1 trades with oneself" in seen.out
    assert "nothing is refused" in seen.err


def test_a_tape_that_cannot_be_is_refused(run: Run, room: Path) -> None:
    for row, words in [
        ((1, "ETH", 0, 1, "a", "b", "buy"), "a price is above 0"),
        ((1, "ETH", 1, -1, "a", "b", "buy"), "a quantity is above 0"),
        ((1, "ETH", 1, 1, "a", "b", "both"), "aggressor is one of buy, sell"),
    ]:
        found = run("reputation", "abuse", write(room / "tape.csv", HEAD, [row]))
        assert (found.code, found.complaint) == (2, f"credence: {words}")
    orders = ("at", "ended_at", "account", "instrument", "side", "price", "quantity", "end")
    write(room / "tape.csv", HEAD, [(1, "ETH", 1, 1, "a", "b", "buy")])
    early = write(room / "orders.csv", orders, [(2, 1, "a", "ETH", "buy", 1, 1, "cancel")])
    assert (
        run("reputation", "abuse", "tape.csv", "--orders", early).complaint == "credence: an order ends after it was placed"
    )
