"""Is every kind read as it was written, and whatever is no event refused for one named reason?"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credence.service.reputation.events import (
    EARLIEST,
    FUTURE,
    KINDS,
    Flaw,
    Kind,
    Unreadable,
    digest,
    read_event,
    write_event,
)
from credence.service.reputation.events.measures import MICRO, read_decimal, scaled, write_decimal
from tests.service.conftest import NOW
from tests.service.reputation.saying import SAID, line


@pytest.mark.parametrize("kind", list(SAID))
def test_every_kind_is_read_and_written_alike(kind: str) -> None:
    event = read_event(line(kind), now=NOW)
    assert event.kind is Kind(kind)
    assert type(event.what) is KINDS[event.kind]
    again = read_event(write_event(event), now=NOW)
    assert again == event
    assert digest(again) == digest(event)


def test_the_list_is_closed() -> None:
    assert set(SAID) == {kind.value for kind in Kind} == {kind.value for kind in KINDS}


def test_amounts_are_exact_and_what_is_finer_is_rounded_to_even() -> None:
    fill = read_event(line("fill", price="0.1", quantity="3", fee="-0.0000005"), now=NOW).what
    assert (fill.notional, fill.fee) == (300_000, 0)  # type: ignore[union-attr]
    deposit = read_event(line("deposit", amount="1.78010000000000014408"), now=NOW).what
    assert deposit.amount == 1_780_100  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("kind", "said", "flaw", "field"),
    [
        ("fill", {"kind": "transfer"}, Flaw.UNKNOWN_KIND, None),
        ("fill", {"note": "hello"}, Flaw.UNKNOWN_FIELD, None),
        ("fill", {"price": None}, Flaw.MISSING_FIELD, "price"),
        ("fill", {"price": 64000.5}, Flaw.WRONG_TYPE, "price"),
        ("fill", {"price": "1e3"}, Flaw.WRONG_TYPE, "price"),
        ("fill", {"price": "NaN"}, Flaw.WRONG_TYPE, "price"),
        ("fill", {"price": "0"}, Flaw.OUT_OF_RANGE, "price"),
        ("fill", {"side": "long"}, Flaw.OUT_OF_RANGE, "side"),
        ("fill", {"maker": "yes"}, Flaw.WRONG_TYPE, "maker"),
        ("fill", {"instrument": "a market with spaces"}, Flaw.OUT_OF_RANGE, "instrument"),
        ("fill", {"price": "64000", "quantity": "1562.6"}, Flaw.OUT_OF_RANGE, "quantity"),
        ("fill", {"price": "1", "quantity": "1000000", "mid_10s": "101.000001"}, Flaw.OUT_OF_RANGE, "mid_10s"),
        ("fill", {"price": "1", "quantity": "1000000", "mid_60s": "1000000000"}, Flaw.OUT_OF_RANGE, "mid_60s"),
        (
            "fill",
            {"price": "1", "quantity": "1000000", "mid_300s": "1000000000", "side": "sell"},
            Flaw.OUT_OF_RANGE,
            "mid_300s",
        ),
        ("account_day", {"notional": "10000000000.000001"}, Flaw.OUT_OF_RANGE, "notional"),
        ("deposit", {"amount": "-1"}, Flaw.OUT_OF_RANGE, "amount"),
        ("deposit", {"amount": "100000000.000001"}, Flaw.OUT_OF_RANGE, "amount"),
        ("margin_snapshot", {"seconds": 0}, Flaw.OUT_OF_RANGE, "seconds"),
        ("margin_snapshot", {"seconds": True}, Flaw.WRONG_TYPE, "seconds"),
        ("margin_snapshot", {"maintenance": "10000.01"}, Flaw.INCONSISTENT, "maintenance"),
        ("account_day", {"exposed_hours": 25}, Flaw.OUT_OF_RANGE, "exposed_hours"),
        ("account_day", {"exposed_hours": 4, "calls": 5}, Flaw.INCONSISTENT, "exposed_hours"),
        ("account_day", {"wins": 4}, Flaw.INCONSISTENT, "trades"),
        ("account_day", {"maker_notional": "1000.01"}, Flaw.INCONSISTENT, "maker_notional"),
        ("option_fill", {"delta": "1.01"}, Flaw.OUT_OF_RANGE, "delta"),
        ("vote", {"id": "two words"}, Flaw.OUT_OF_RANGE, "id"),
        ("vote", {"id": 7}, Flaw.WRONG_TYPE, "id"),
        ("vote", {"source": "rumour"}, Flaw.OUT_OF_RANGE, "source"),
        ("vote", {"pseudonym": "YWFh"}, Flaw.OUT_OF_RANGE, "pseudonym"),
        ("vote", {"pseudonym": "@" * 64}, Flaw.WRONG_TYPE, "pseudonym"),
        ("vote", {"at": str(NOW)}, Flaw.WRONG_TYPE, "at"),
        ("vote", {"at": NOW + FUTURE + 1}, Flaw.IN_THE_FUTURE, "at"),
        ("vote", {"at": EARLIEST - 1}, Flaw.OUT_OF_RANGE, "at"),
    ],
)
def test_what_is_no_event_is_refused_for_one_reason(kind: str, said: dict[str, Any], flaw: Flaw, field: str | None) -> None:
    read_event(line(kind), now=NOW)
    with pytest.raises(Unreadable) as caught:
        read_event(line(kind, **said), now=NOW)
    assert (caught.value.flaw, caught.value.field) == (flaw, field)


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("vote", {"at": NOW + FUTURE}),
        ("vote", {"at": EARLIEST}),
        ("fill", {"price": "64000", "quantity": "1562.5"}),
        ("fill", {"price": "1", "quantity": "1000000", "mid_10s": "101", "mid_60s": "101", "mid_300s": "101"}),
        ("account_day", {"notional": "10000000000"}),
        ("deposit", {"amount": "100000000"}),
        ("margin_snapshot", {"maintenance": "10000"}),
        ("account_day", {"exposed_hours": 4, "calls": 4}),
        ("account_day", {"maker_notional": "1000"}),
        ("fill", {"maker": False}),
    ],
)
def test_the_last_of_a_range_is_in_it(kind: str, said: dict[str, Any]) -> None:
    read_event(line(kind, **said), now=NOW)


@pytest.mark.parametrize("thing", [None, [], "vote", 7])
def test_a_line_is_an_object(thing: object) -> None:
    with pytest.raises(Unreadable) as caught:
        read_event(thing, now=NOW)
    assert caught.value.flaw is Flaw.NOT_AN_OBJECT


@given(st.integers(-(10**17), 10**17))
def test_amounts_are_written_as_they_are_read(value: int) -> None:
    decimal = read_decimal(write_decimal(value, MICRO))
    assert decimal is not None
    assert scaled(decimal, MICRO) == value


def test_a_digest_is_of_what_is_said() -> None:
    first = read_event(line("deposit", amount="10"), now=NOW)
    assert digest(first) == digest(read_event(line("deposit", 2, amount="10.000000"), now=NOW))
    assert digest(first) != digest(read_event(line("deposit", amount="10.000001"), now=NOW))


def test_an_event_that_is_printed_tells_no_pseudonym() -> None:
    event = read_event(line("vote"), now=NOW)
    assert repr(event.pseudonym) not in repr(event)
    assert "vote-1" in repr(event)
