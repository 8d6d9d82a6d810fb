"""Is a group told in which chances are wrong, and nobody shown who would be one of fewer than twenty?"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from credence.circuits.encoding import b64u
from credence.service.reputation.belief.model import shipped_model
from credence.service.reputation.evaluation.tables import TableRefused
from credence.service.reputation.fitting.fairness import UNTOLD, VenueFairness, judge_venue_fairness, read_bands
from credence.service.reputation.fitting.histories import VenueHistory, from_day
from credence.service.reputation.small import LEAST

FIRST = 20_000
SPLIT = FIRST + 60
CALL = 0.5


def names(count: int) -> tuple[bytes, ...]:
    return tuple(number.to_bytes(2, "big") * 24 for number in range(count))


def drawn(accounts: int = 300, days: int = 100, *, riskier: float = 1.0) -> VenueHistory:
    """Accounts of which those of an odd number have an event ``riskier`` times as often from the split on."""
    rng = np.random.default_rng(3)
    exposure = np.full((accounts, days), shipped_model().event_rate)
    odd = (np.arange(accounts) % 2 == 1)[:, np.newaxis] & (np.arange(days) >= 60)[np.newaxis, :]
    events = rng.poisson(rng.gamma(2.0, 0.5, (accounts, 1)) * np.where(odd, riskier, 1.0) * exposure / CALL)
    size = rng.choice([500.0, 5_000.0], accounts)
    return VenueHistory(FIRST, events * 1.0, events * CALL, exposure, size, np.zeros(accounts), names(accounts))


def by_parity(count: int, *, few: int = 0) -> dict[bytes, str]:
    """Every second account is of the north, the others of the south, but for the first ``few``, of an island."""
    found = {name: ("south", "north")[number % 2] for number, name in enumerate(names(count))}
    return found | dict.fromkeys(names(few), "island")


def bands_of(found: VenueFairness, attribute: str = "jurisdiction") -> dict[str, int]:
    return {group["band"]: group["accounts"] for group in found.groups if group["attribute"] == attribute}


def test_chances_that_are_right_everywhere_pass() -> None:
    found = judge_venue_fairness(drawn(), shipped_model(), SPLIT, by_parity(300))
    assert found.report.passed
    assert bands_of(found) == {"north": 150, "south": 150}
    assert bands_of(found, "tenure") == {"60 to 180 days": 300}
    assert sum(bands_of(found, "size").values()) == 300
    north = next(group for group in found.groups if group["band"] == "north")
    assert (north["account_days"], north["judged"]) == (6_000, True)
    assert found.to_json()["accounts_withheld"] == 0


def test_a_band_in_which_they_are_wrong_is_told() -> None:
    found = judge_venue_fairness(drawn(riskier=3.0), shipped_model(), SPLIT, by_parity(300))
    assert not found.report.passed
    fair = {group["band"]: group["fair"] for group in found.groups if group["attribute"] == "jurisdiction"}
    assert fair == {"north": False, "south": True}


@pytest.mark.parametrize(
    ("few", "shown", "withheld"),
    [
        (LEAST, {"island": LEAST, "north": 140, "south": 140}, 0),
        (LEAST - 1, {"north": 141}, 159),  # the south is smaller than the north, and would tell the island
    ],
)
def test_a_small_band_is_not_shown_and_not_told_by_the_rest(few: int, shown: dict[str, int], withheld: int) -> None:
    found = judge_venue_fairness(drawn(), shipped_model(), SPLIT, by_parity(300, few=few))
    assert bands_of(found) == shown
    assert found.report.withheld == withheld


def test_who_has_no_band_is_a_group_of_its_own() -> None:
    found = judge_venue_fairness(drawn(), shipped_model(), SPLIT, dict.fromkeys(names(100), "north"))
    assert bands_of(found) == {"north": 100, UNTOLD: 200}
    assert bands_of(judge_venue_fairness(drawn(), shipped_model(), SPLIT)) == {}


def test_days_of_few_accounts_are_no_group() -> None:
    found = judge_venue_fairness(drawn(LEAST - 1), shipped_model(), SPLIT)
    assert (found.groups, found.report.passed) == ([], False)
    assert judge_venue_fairness(drawn(LEAST), shipped_model(), SPLIT).groups != []


def test_a_history_from_a_day_on_keeps_whose_rows_are_whose() -> None:
    found = drawn(4)
    exposure = found.exposure.copy()
    exposure[1, 50:] = 0.0
    later = from_day(replace(found, exposure=exposure), FIRST + 50)
    assert later.accounts == (found.accounts[0], *found.accounts[2:])
    assert later.events.shape == (3, 50)


@pytest.mark.parametrize("row", ["@,north", f"{b64u(b'a' * 48)},a b", f"{b64u(b'a' * 48)},{'n' * 33}"])
def test_what_is_no_band_is_refused(row: str, tmp_path: Path) -> None:
    table = tmp_path / "bands.csv"
    table.write_text(f"pseudonym,band\n{row}\n")
    with pytest.raises(TableRefused):
        read_bands(table)
    table.write_text(f"pseudonym,band\n{b64u(b'a' * 48)},{'n' * 32}\n")
    assert read_bands(table) == {b"a" * 48: "n" * 32}


@pytest.mark.parametrize(("count", "taken"), [(20, True), (21, False)])
def test_there_are_twenty_bands_at_most(count: int, taken: bool, tmp_path: Path) -> None:
    table = tmp_path / "bands.csv"
    table.write_text("pseudonym,band\n" + "".join(f"{b64u(bytes([n]) * 48)},band-{n}\n" for n in range(count)))
    if taken:
        assert len(read_bands(table)) == count
    else:
        with pytest.raises(TableRefused):
            read_bands(table)
