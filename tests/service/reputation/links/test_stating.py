"""Do terms count wallets that are aggregated as one person's, and all others as before?"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from credence.service.reputation.links.graph import LinksRefused, Transfer, graph_of
from credence.service.reputation.links.judging import LinkReport, judge
from credence.service.reputation.links.stating import Held, Statement, read_held, statements
from credence.service.verifier.persons import Exposure, Person
from credence.service.verifier.tariff import shipped_tariff
from credence.service.verifier.terms import Facts, Terms, terms_for

GROUP = [f"0x{place:040x}" for place in range(10)]
EXPIRES = 1_790_000_000


def linked(wallets: list[str]) -> LinkReport:
    """One hands out to all others."""
    return judge(graph_of([Transfer(wallets[0], wallet) for wallet in wallets[1:]]), set(wallets))


def priced(exposure: Exposure | None) -> Terms:
    """The terms of somebody who proves nothing, and states this."""
    person = Person(exposure or Exposure())
    return terms_for(shipped_tariff(), Facts(kyc_level=0, risk_tier=None, **person.facts()), expires_at=EXPIRES)


def read(statement: Statement) -> Exposure | None:
    """As a session of the verifier takes it."""
    said: dict[str, Any] = dict(statement.to_json())
    said["positions"] = [(row["instrument_class"], row["notional_usd"]) for row in said["positions"]]
    return Exposure.read(said.pop("account"), **said)


def each(notional: str, share: str | None = None) -> Held:
    return Held({"btc_eth": Decimal(notional)}, None if share is None else Decimal(share))


def test_ten_wallets_under_the_cap_are_over_it_together() -> None:
    alone = priced(Exposure.read(GROUP[0], positions=[("btc_eth", "9000")]))
    assert not alone.reduce_only
    (stated,) = statements(linked(GROUP), {wallet: each("9000") for wallet in GROUP})
    together = priced(read(stated))
    assert together.reduce_only
    assert together.notional_cap_usd == alone.notional_cap_usd


def test_nine_are_nine_persons() -> None:
    assert statements(linked(GROUP[:9]), {wallet: each("9000") for wallet in GROUP[:9]}) == ()


def test_a_group_has_one_name_and_one_sum() -> None:
    held = {wallet: each("9000.25", "0.15") for wallet in GROUP[:6]} | {"0xstranger": each("5000000")}
    (stated,) = statements(linked(GROUP), held)
    assert stated.to_json() == {
        "account": stated.account,
        "positions": [{"instrument_class": "btc_eth", "notional_usd": "54001.50"}],
        "open_interest_share": "0.90",
    }
    assert stated.wallets == tuple(GROUP)
    found = read(stated)
    assert found is not None
    assert found.account == stated.account


@pytest.mark.parametrize(("shares", "total"), [(["0.6", "0.6"], "1"), (["0.6", None], None), ([None, None], None)])
def test_shares_add_up_where_all_are_known(shares: list[str | None], total: str | None) -> None:
    held = {wallet: each("1", share) for wallet, share in zip(GROUP, shares, strict=False)}
    (stated,) = statements(linked(GROUP), held)
    assert stated.to_json().get("open_interest_share") == total


def test_a_table_of_positions_is_read(tmp_path: Path) -> None:
    table = tmp_path / "held.csv"
    table.write_text(
        "wallet,instrument_class,notional_usd,open_interest_share\na,btc_eth,10,0.1\na,btc_eth,5,0.2\nb,large,1,0\n"
    )
    assert read_held(table) == {
        "a": Held({"btc_eth": Decimal(15)}, Decimal("0.2")),
        "b": Held({"large": Decimal(1)}, Decimal(0)),
    }


@pytest.mark.parametrize("row", ["a,btc_eth,-1,0.1", "a,btc_eth,NaN,0.1", "a,btc_eth,much,0.1", "a,btc_eth,1,1.1"])
def test_what_is_no_amount_is_refused(row: str, tmp_path: Path) -> None:
    table = tmp_path / "held.csv"
    head = "wallet,instrument_class,notional_usd,open_interest_share\n"
    table.write_text(head + row + "\n")
    with pytest.raises(LinksRefused):
        read_held(table)
    table.write_text(head + "a,btc_eth,1,0.1\n")
    assert read_held(table)["a"].open_interest_share == Decimal("0.1")
