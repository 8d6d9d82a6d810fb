"""Does what a venue states at a session reach the terms: the alarm, shares, positions? Each blocker beside its twin."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from credence.service.errors import InvalidRequest
from credence.service.runtime import OwnStanding
from credence.service.verifier.desk import Desk
from credence.service.verifier.persons import Exposure, NotStated
from credence.service.verifier.persons.exposure import MAX_POSITIONS
from tests.service.conftest import NOW
from tests.service.verifier.conftest import Venue

SMALL = [{"instrument_class": "btc_eth", "notional_usd": "100000"}]
CALM: dict[str, Any] = {"open_interest_share": "0.01", "insurance_share_usd": "1000000", "positions": SMALL}


def terms(venue: Venue, **stated: Any) -> dict[str, Any]:
    found: dict[str, Any] = venue.admitted(**stated)["terms"]
    return found


def why(found: dict[str, Any], factor: str) -> dict[str, Any]:
    return next(reason for reason in found["reasons"] if reason["factor"] == factor)


def hearing(venue: Venue, own: OwnStanding) -> None:
    """Has the verifier hear this of every pseudonym."""
    services = replace(venue.desk.services, standing=lambda client_id, pseudonym: own)
    venue.running.app.state.verifier = Desk(services, venue.desk.tariffs)


@pytest.fixture
def regular(venue: Venue) -> Venue:
    """A venue whose holders stand at R4, so that relief is something."""
    hearing(venue, OwnStanding("R4", "R5", (), Decimal(0)))
    return venue


BLOCKED = [
    ({"insurance_share_usd": None}, "insurance_share", "unmeasured"),  # first, since a share that was stated stays
    ({"stress_regime": True}, "stress_regime", "true"),
    ({"open_interest_share": "0.0201"}, "open_interest_share", "0.0201"),
    ({"open_interest_share": None}, "open_interest_share", "unmeasured"),
    ({"insurance_share_usd": "22399.99"}, "expected_shortfall", "22400"),
    ({"expected_shortfall_usd": "1000000.01"}, "expected_shortfall", "1000000.01"),
]
WITHIN: list[dict[str, Any]] = [
    {},
    {"stress_regime": False},
    {"open_interest_share": "0.02"},
    {"insurance_share_usd": "22400"},
    {"expected_shortfall_usd": "1000000"},
]


def test_relief_is_off_in_each_case_and_stands_for_its_twin(regular: Venue) -> None:
    for change, factor, value in BLOCKED:
        stated = {name: item for name, item in {**CALM, **change}.items() if item is not None}
        found = terms(regular, **stated)
        assert found["relief"]["granted"] is False, change
        assert why(found, factor)["effect"] == {"relief": "off"}, change
        assert why(found, factor)["value"] == value
        standing = why(found, "standing_tier")["effect"]
        assert (standing["im_factor"], standing["im_factor_withheld"]) == ("1", "0.86"), change
        with pytest.raises(StopIteration):
            why(found, "relief_limits")
    for change in WITHIN:
        found = terms(regular, **{**CALM, **change})
        assert found["relief"]["granted"] is True, change
        assert why(found, "relief_limits")["value"] == "within"
        assert why(found, "standing_tier")["effect"]["im_factor"] == "0.86"


def test_a_raise_is_priced_on_the_positions_that_were_stated(venue: Venue) -> None:
    """Half of the way from R4 to R1: 2 % x (0.86 to 1.25), 1 % x (1 to 1.10). Two statements of a class are one position."""
    hearing(venue, OwnStanding("R1", "R5", (("R4", "R1", NOW - 43_200, NOW + 43_200),), Decimal(0)))
    twice = [
        {"instrument_class": "btc_eth", "notional_usd": "40000"},
        {"instrument_class": "btc_eth", "notional_usd": "60000"},
    ]
    found = terms(venue, **{**CALM, "positions": twice})
    assert found["open_positions"] == [
        {
            "instrument_class": "btc_eth",
            "notional_usd": "100000",
            "im_usd": "2110",
            "mm_usd": "1050",
            "im_usd_after": "2500",
            "mm_usd_after": "1100",
        }
    ]
    assert why(found, "exposure") == {
        "factor": "exposure",
        "value": "100000",
        "effect": {"accounts": "1", "room_usd": "24900000"},
    }


def test_what_is_not_stated_changes_nothing_and_more_than_the_cap_is_reduce_only(venue: Venue) -> None:
    found = terms(venue)
    assert (found["relief"]["granted"], found["open_positions"]) == (True, [])
    assert {"exposure", "relief_limits"}.isdisjoint(reason["factor"] for reason in found["reasons"])
    over = [{"instrument_class": "btc_eth", "notional_usd": "25000000.01"}]
    assert terms(venue, positions=over)["reduce_only"] is True
    assert terms(venue, positions=[{**over[0], "notional_usd": "25000000"}])["reduce_only"] is False


REFUSED: list[dict[str, Any]] = [
    {"stress_regime": "true"},
    {"open_interest_share": "1.01"},
    {"open_interest_share": 0.01},
    {"insurance_share_usd": "-1"},
    {"expected_shortfall_usd": "1e3"},
    {"account": "a b"},
    {"account": ""},
    {"positions": [{"instrument_class": "btc_eth", "notional_usd": "-1"}]},
    {"positions": [{"instrument_class": "btc\neth", "notional_usd": "1"}]},
    {"positions": [{"instrument_class": "btc_eth"}]},
    {"positions": [{**SMALL[0], "side": "long"}]},
    {"positions": SMALL * (MAX_POSITIONS + 1)},
]


def test_a_statement_that_is_none_opens_no_session_and_its_twin_does(venue: Venue) -> None:
    for stated in REFUSED:
        answer = venue.ask("POST", "/sessions", {"policy": "perp-standard", **stated})
        assert (answer.status_code, answer.json()["type"].rsplit("/", 1)[-1]) == (400, "malformed"), stated
    assert venue.count("verifier_sessions") == 0
    whole = {"account": "main:1", "stress_regime": True, "open_interest_share": "1", "expected_shortfall_usd": "0"}
    whole |= {"insurance_share_usd": "1000000000000000000", "positions": SMALL * MAX_POSITIONS}
    assert venue.ask("POST", "/sessions", {"policy": "perp-standard", **whole}).status_code == 201


def test_an_error_names_the_field_and_not_the_value() -> None:
    with pytest.raises(NotStated, match="insurance_share_usd") as caught:
        Exposure.read(insurance_share_usd="31337x")
    assert "31337" not in str(caught.value)
    assert isinstance(caught.value, InvalidRequest)


def test_what_is_kept_is_read_back() -> None:
    found = Exposure.read("main", open_interest_share="0.010", positions=[("btc_eth", "1.50")], stress_regime=True)
    assert found is not None
    assert Exposure.parse(found.text()) == found
    assert Exposure.read() is None
    assert Exposure.read(positions=[]) is not None  # that there are none is a statement
