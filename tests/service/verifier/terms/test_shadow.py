"""Does a tariff in the shadow say who is priced otherwise and what it costs, and of no small group?"""

from __future__ import annotations

import copy
import json
import weakref
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

from credence.service.verifier.tariff import Tariff, parse_tariff, shipped_tariff
from credence.service.verifier.terms import Facts, Terms
from credence.service.verifier.terms.shadow import Account, Row, Tally, compare

OLD = shipped_tariff()


def new(**changes: Any) -> Tariff:
    document = {**copy.deepcopy(json.loads(OLD.canonical)), "version": "2"}
    document["volume_tiers"][1].update(taker_ppm="440", from_usd="2000000")
    document["standing_tiers"]["R3"]["im_factor"] = "0.95"
    return parse_tariff(json.dumps({**document, **changes}).encode())


def account(number: int, tier: str = "R2", volume: int = 0, level: int = 2) -> Account:
    facts = Facts(kyc_level=level, risk_tier="standard", own_standing=tier, own_ceiling="R5", volume_30d_usd=Decimal(volume))
    half = Decimal(volume) / 2
    return Account(f"p{number}", facts, half, half, ("btc_eth", Decimal(100_000)))


def test_what_each_would_notice() -> None:
    found = list(
        compare(OLD, new(), [account(1), account(2, "R3"), account(3, volume=3_000_000), account(4, volume=1_000_000)])
    )
    assert [row.effect for row in found] == ["same", "worse", "better", "worse"]
    assert found[1].after.initial - found[1].before.initial == Decimal(60)
    assert found[2].after.fees - found[2].before.fees == Decimal(-15)  # 1.5M taken, 10 ppm less
    assert found[3].after.fees - found[3].before.fees == Decimal("50")  # V0 again: 50 ppm each way on half a million
    assert found[3].to_json()["pseudonym"] == "p4"
    (mixed,) = compare(OLD, new(), [account(5, "R3", volume=3_000_000)])
    assert mixed.effect == "mixed"
    assert next(compare(OLD, OLD, [account(6, "R3")])).effect == "same"


def test_a_change_above_all_positions_is_noticed_too() -> None:
    document = copy.deepcopy(json.loads(OLD.canonical))
    document["instrument_classes"][0]["brackets"][4]["im"] = "0.11"
    tariff = parse_tariff(json.dumps({**document, "version": "2"}).encode())
    assert next(compare(OLD, tariff, [account(1)])).effect == "worse"


def test_the_sum_is_that_of_the_rows() -> None:
    rows = compare(OLD, new(), [account(number, "R3") for number in range(25)])
    total = Tally(rows).total
    assert (total.pseudonyms, total.effects["worse"], total.initial_usd) == (25, 25, Decimal(1500))
    assert total.to_json()["initial_margin_change_usd"] == "1500"


def test_small_groups_are_merged_until_none_is_small() -> None:
    def named(*sizes: tuple[str, int]) -> list[tuple[str, int]]:
        accounts = [account(number, tier) for tier, size in sizes for number in range(size)]
        return [(group.name, group.pseudonyms) for group in Tally(compare(OLD, OLD, accounts)).groups()]

    assert named(("R2", 30), ("R3", 25)) == [("R2, level 2, standard", 30), ("R3, level 2, standard", 25)]
    assert named(("R2", 30), ("R3", 12), ("R4", 9)) == [("R2, level 2, standard", 30), ("others", 21)]
    # twelve alone could be had by taking the others from the total
    assert named(("R2", 30), ("R3", 12)) == [("others", 42)]
    assert named(("R2", 19)) == []
    assert named(("R2", 20)) == [("R2, level 2, standard", 20)]


def test_moves_between_volume_tiers_are_counted_from_twenty_on() -> None:
    rows = list(compare(OLD, new(), [account(number, volume=1_500_000) for number in range(20)]))
    assert Tally(rows).volume_moves() == {"V1 to V0": 20}
    assert Tally(rows[1:]).volume_moves() == {}


def test_a_change_for_few_is_not_shown_inside_a_large_group() -> None:
    """The tariff is worse for a volume from 1M to 2M, and else what it was."""

    def hidden(*parts: tuple[str, int, int]) -> dict[str, bool]:
        made = [
            account(number, tier, 1_500_000 if number < worse else 0)
            for tier, size, worse in parts
            for number in range(size)
        ]
        total, found = Tally(compare(OLD, fees, made)).shown()
        assert total is not None
        return {group.name.split(",")[0]: group.hidden for group in (total, *found)}

    fees = new(standing_tiers=json.loads(OLD.canonical)["standing_tiers"])
    assert hidden(("R2", 20, 1)) == {"all": True, "R2": True}
    assert hidden(("R2", 40, 20)) == {"all": False, "R2": False}
    assert hidden(("R2", 40, 21)) == {"all": True, "R2": True}  # nineteen stay as they are
    assert hidden(("R2", 40, 20), ("R4", 30, 0)) == {"all": False, "R2": False, "R4": False}
    # the one of R4 would be the total less R2, so R2 is hidden with it
    assert hidden(("R2", 50, 25), ("R4", 30, 1)) == {"all": False, "R2": True, "R4": True}
    # together they may be shown, so nothing else is hidden
    both = hidden(("R2", 40, 10), ("R4", 40, 10), ("R1", 60, 30))
    assert both == {"all": False, "R1": False, "R2": True, "R4": True}
    one = compare(OLD, fees, [account(number, "R2", 1_500_000 * (number < 1)) for number in range(20)])
    group = Tally(one).shown()[1][0]
    assert group.to_json() == {
        "group": "R2, level 2, standard",
        "pseudonyms": 20,
        **dict.fromkeys(("better", "worse", "mixed", "same")),
        **dict.fromkeys(("fees_change_usd", "initial_margin_change_usd", "maintenance_margin_change_usd")),
    }
    assert Tally(compare(OLD, fees, [account(1)])).shown() == (None, ())


def test_an_amount_of_few_is_not_shown_either() -> None:
    """All are worse off, and one alone holds a position that says by how much."""
    made = [replace(account(number, "R3"), position=None) for number in range(21)]
    total, _ = Tally(compare(OLD, new(), [*made[:20], account(20, "R3")])).shown()
    assert total is not None
    assert (total.effects["worse"], total.movers, total.hidden) == (21, (0, 1, 0), True)
    none, _ = Tally(compare(OLD, new(), made)).shown()
    assert none is not None
    assert (none.movers, none.hidden) == ((0, 0, 0), False)


def test_rows_come_and_go_one_at_a_time() -> None:
    """However many accounts there are, one of them is alive: nothing waits for the last."""
    seen: list[weakref.ref[Terms]] = []
    most = 0

    def rows() -> Iterator[Row]:
        nonlocal most
        for row in compare(OLD, new(), (account(number, "R3") for number in range(100))):
            seen.append(weakref.ref(row.before.terms))
            most = max(most, sum(terms() is not None for terms in seen))
            yield row

    assert Tally(rows()).total.pseudonyms == 100
    assert most <= 3
