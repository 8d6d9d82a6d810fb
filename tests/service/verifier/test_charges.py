"""Does a venue hear over HTTP why a margin call came and why a charge differs, by the terms of its own decision?"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from httpx2 import Response

from credence.service.runtime import OwnStanding
from credence.service.verifier.charges import forms
from credence.service.verifier.desk import Desk
from tests.service.conftest import NOW
from tests.service.verifier.conftest import Opened, Venue

DAY = 86_400
POSITION = {"instrument_class": "btc_eth", "side": "long", "quantity": "2", "price": "50000"}
CALL = {"position": POSITION, "equity_usd": "1200"}


def standing(venue: Venue, tier: str, *raises: Any) -> None:
    own = OwnStanding(tier, "R5", raises, Decimal(0))
    services = replace(venue.desk.services, standing=lambda client_id, pseudonym: own)
    venue.running.app.state.verifier = Desk(services, venue.desk.tariffs)


def call(venue: Venue, session_id: str, **changes: Any) -> Response:
    return venue.ask("POST", f"/sessions/{session_id}/margin-call", {**CALL, **changes})


def charged(venue: Venue, session_id: str, charge: dict[str, Any], **then: Any) -> dict[str, Any]:
    answer = venue.ask("POST", f"/sessions/{session_id}/reconciliation", {"charge": {"at": NOW, **charge}, "then": then})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def fee(usd: str) -> dict[str, Any]:
    return {"kind": "taker_fee", "notional_usd": "100000", "amount_usd": usd}


def test_a_call_is_explained_by_the_terms_at_three_levels(venue: Venue) -> None:
    """R1: 1 % x 1.10 of 100,000 USD are 1,100 USD; 1,200 are 9 % more, and a call ends at 25 %."""
    session_id = venue.admitted()["session_id"]
    found = call(venue, session_id).json()
    assert (found["session_id"], found["called"], found["maintenance_usd"]) == (session_id, True, "1100")
    assert found["cures"] == {"deposit_usd": "175", "close_notional_usd": "13207.55"}
    assert found["liquidation_price"] == "49949.44388271"
    assert found["words"]["short"] == "Margin call: pay in 175 USD, or close 13207.55 USD of the position."
    levels = [found["words"][level] for level in ("short", "plain", "full")]
    assert sorted(levels, key=len) == levels
    assert found["clause"] in levels[1]
    enough = call(venue, session_id, equity_usd="1375").json()
    assert (enough["called"], enough["cures"]["deposit_usd"]) == (False, "0")
    other = call(venue, session_id, other_positions=[{"instrument_class": "large", "notional_usd": "1000"}]).json()
    assert Decimal(other["maintenance_usd"]) == Decimal("1100") + Decimal("27.5")


def test_other_positions_are_those_that_were_stated_for_the_decision(venue: Venue) -> None:
    held = [{"instrument_class": name, "notional_usd": "1000"} for name in ("large", "btc_eth", "unheard-of")]
    session_id = venue.admitted(positions=held)["session_id"]
    found = call(venue, session_id).json()
    assert Decimal(found["maintenance_usd"]) == Decimal("1100") + Decimal("27.5") + Decimal("110")  # 10 % of the long tail
    assert call(venue, session_id, other_positions=[]).json()["maintenance_usd"] == "1100"


def test_a_raise_that_is_phased_in_counts_as_it_is_then(venue: Venue) -> None:
    standing(venue, "R1", ("R4", "R1", NOW, NOW + DAY))
    session_id = venue.admitted()["session_id"]
    at = {hours: call(venue, session_id, at=NOW + 3_600 * hours).json()["maintenance_usd"] for hours in (0, 12, 24)}
    assert at == {0: "1000", 12: "1050", 24: "1100"}


def test_what_is_no_call_is_refused(venue: Venue) -> None:
    session_id = venue.admitted()["session_id"]
    refused: list[dict[str, Any]] = [
        {"equity_usd": "much"},
        {"at": NOW - 1},
        {"at": NOW + DAY + 1},
        {"target_buffer": "-1"},
        {"position": {**POSITION, "quantity": "0"}},
        {"position": {**POSITION, "side": "both"}},
        {"position": {**POSITION, "quantity": "1000000000000", "price": "1000000000"}},
        {"more": 1},
    ]
    for change in refused:
        answer = call(venue, session_id, **change)
        assert (answer.status_code, answer.json()["type"].rsplit("/", 1)[-1]) == (400, "malformed"), change
    assert call(venue, session_id, equity_usd="-5", at=NOW + DAY, target_buffer="0").status_code == 200


def test_the_cause_of_a_fee_is_found_in_what_is_known(venue: Venue) -> None:
    session_id = venue.admitted()["session_id"]  # V0: 5 bps
    assert charged(venue, session_id, fee("50"))["cause"] == "none"
    assert charged(venue, session_id, fee("45"))["cause"] == "unexplained"
    assert charged(venue, session_id, fee("45"), volume_30d_usd="2000000")["cause"] == "volume_tier"
    found = charged(venue, session_id, fee("42.8"), volume_30d_usd="2000000", own_standing="R3")
    assert (found["cause"], found["causes"]) == ("several", ["tier_changed", "volume_tier"])
    assert (found["expected_usd"], found["charged_usd"], found["difference_usd"]) == ("50", "42.8", "-7.2")
    assert (found["then_session_id"], found["expired"]) == (session_id, False)


def test_of_decisions_in_one_second_it_is_the_one_that_explains_the_charge(venue: Venue) -> None:
    first = venue.admitted()["session_id"]
    second, third = (venue.admitted(volume_30d_usd=usd)["session_id"] for usd in ("2000000", "6000000"))
    for usd, cause, then in (("45", "volume_tier", second), ("40", "volume_tier", third), ("50", "none", first)):
        found = charged(venue, first, fee(usd))
        assert (found["cause"], found["then_session_id"]) == (cause, then)
    assert charged(venue, first, fee("41"))["cause"] == "unexplained"


def test_a_later_decision_is_what_is_known_of_its_time(venue: Venue) -> None:
    first = venue.admitted()["session_id"]
    venue.clock.forward(100)
    second = venue.admitted(volume_30d_usd="2000000")["session_id"]
    venue.clock.forward(DAY)
    found = charged(venue, first, {**fee("45"), "at": NOW + 100})
    assert (found["cause"], found["then_session_id"]) == ("volume_tier", second)
    assert charged(venue, first, {**fee("45"), "at": NOW + 99})["cause"] == "unexplained"
    assert charged(venue, first, {**fee("45"), "at": NOW + DAY})["expired"] is True


def test_the_cause_of_a_margin_is_found_too(venue: Venue) -> None:
    standing(venue, "R4")
    calm = {"open_interest_share": "0.01", "insurance_share_usd": "1000000"}
    held = [{"instrument_class": "btc_eth", "notional_usd": "100000"}]
    session_id = venue.admitted(**calm, positions=held)["session_id"]
    margin = {"kind": "initial_margin", "notional_usd": "100000", "instrument_class": "btc_eth"}
    assert charged(venue, session_id, {**margin, "amount_usd": "1720"})["cause"] == "none"
    assert charged(venue, session_id, {**margin, "amount_usd": "2000"}, stress_regime=True)["cause"] == "relief_off"
    assert charged(venue, session_id, {**margin, "amount_usd": "2500"}, own_standing="R1")["cause"] == "tier_changed"


def test_what_is_no_charge_is_refused(venue: Venue) -> None:
    path = f"/sessions/{venue.admitted()['session_id']}/reconciliation"
    good = {**fee("50"), "at": NOW}
    refused: list[dict[str, Any]] = [
        {"charge": {**good, "at": NOW - 1}},
        {"charge": {**good, "at": NOW + 1}},
        {"charge": {**good, "kind": "funding"}},
        {"charge": {**good, "notional_usd": "-1"}},
        {"charge": {**good, "kind": "initial_margin"}},
        {"charge": good, "then": {"maker_share": "1.1"}},
        {"charge": good, "then": {"positions": [{"instrument_class": "", "notional_usd": "1"}]}},
        {"charge": good, "then": {"own_standing": "R9"}},
    ]
    for body in refused:
        answer = venue.ask("POST", path, body)
        assert (answer.status_code, answer.json()["type"].rsplit("/", 1)[-1]) == (400, "malformed"), body
    whole = {"maker_share": "1", "positions": [], "own_standing": "R2", "stress_regime": False}
    assert venue.ask("POST", path, {"charge": good, "then": whole}).status_code == 200


def test_only_an_accepted_session_of_ones_own_has_terms(open_venue: Opened) -> None:
    venue, other = open_venue(), open_venue("venue-b.example")
    assert venue.register().status_code == 201
    asked = venue.open()
    waiting = call(venue, asked.session_id)
    assert (waiting.status_code, waiting.json()["type"].rsplit("/", 1)[-1]) == (409, "conflict")
    venue.answer(asked.session_id, venue.prove(asked))
    assert call(venue, asked.session_id).status_code == 200
    assert call(other, asked.session_id).status_code == call(venue, "unknown").status_code == 404


def test_examples_fit_their_forms() -> None:
    for model in (forms.MarginCallForm, forms.MarginCallAnswer, forms.ReconciliationForm, forms.ReconciliationAnswer):
        assert model.model_validate(model.model_json_schema()["example"], strict=True)
    assert forms.ReconciliationAnswer.model_json_schema()["example"]["cause"] == "volume_tier"
