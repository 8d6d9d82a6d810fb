"""Does a venue state exposure, and ask about margin calls and charges, in the forms that the service reads?"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest

from credence.sdk import AsyncVerifier, Charge, Exposure, OpenPosition, Verifier
from credence.sdk.errors import BadResponse, Unsendable
from credence.sdk.messages import Request, Response
from credence.service.verifier.charges import forms
from credence.service.verifier.persons.forms import SessionForm
from tests.sdk.small_service import API_KEY, POLICY, VENUE, SmallService

SESSION = "q83vASNFZ4mrze8BI0VniQ"
POSITION = OpenPosition("btc_eth", "long", 2, "50000")
CHARGE = Charge("taker_fee", 100_000, Decimal("45.00"), 1_790_000_000)


@dataclass
class Told:
    """A service that answers the examples of its own forms, with ``change``."""

    change: dict[str, Any] = field(default_factory=dict)
    asked: list[Request] = field(default_factory=list)

    def send(self, request: Request) -> Response:
        self.asked.append(request)
        model = forms.MarginCallAnswer if request.path.endswith("margin-call") else forms.ReconciliationAnswer
        body = {**model.model_json_schema()["example"], **self.change}
        return Response(200, {"content-type": "application/json"}, json.dumps(body).encode())


class Awaited(Told):
    async def send(self, request: Request) -> Response:  # type: ignore[override]
        return super().send(request)


def venue(told: Told) -> Verifier:
    return Verifier(told, audience=VENUE, api_key=API_KEY)


def test_exposure_is_sent_as_the_service_reads_it(service: SmallService) -> None:
    stated = Exposure(
        account="main",
        stress_regime=True,
        open_interest_share="0.010",
        expected_shortfall_usd=5,
        insurance_share_usd=Decimal("1e3"),
        positions={"btc_eth": "1000", "large": 2},
    )
    asker = Verifier(service, audience=VENUE, api_key=API_KEY)
    asker.register_policy(POLICY)
    asker.open_session("perp-standard", exposure=stated)
    body = service.sent[-1].body
    form = SessionForm.model_validate(body, strict=True)
    assert (form.account, form.stress_regime, form.insurance_share_usd) == ("main", True, "1000")
    assert [(held.instrument_class, held.notional_usd) for held in form.positions or ()] == [
        ("btc_eth", "1000"),
        ("large", "2"),
    ]
    asker.open_session("perp-standard", exposure=Exposure(positions={}))
    assert service.sent[-1].body == {"policy": "perp-standard", "positions": []}
    asker.open_session("perp-standard", exposure=Exposure())
    assert service.sent[-1].body == {"policy": "perp-standard"}
    with pytest.raises(Unsendable, match="amount"):
        asker.open_session("perp-standard", exposure=Exposure(positions={"btc_eth": "-1"}))


def test_a_margin_call_is_asked_and_read() -> None:
    told = Told()
    found = venue(told).explain_margin_call(SESSION, POSITION, "-5", other_positions={"large": 1}, target_buffer="0.5", at=7)
    (asked,) = told.asked
    assert asked.path == f"/v1/verifier/sessions/{SESSION}/margin-call"
    form = forms.MarginCallForm.model_validate(asked.body, strict=True)
    assert (form.equity_usd, form.target_buffer, form.at) == ("-5", "0.5", 7)
    assert (found.called, found.deposit_usd, found.close_notional_usd) == (True, Decimal(150), Decimal(12500))
    assert found.liquidation_price == Decimal("49949.4949495")
    assert found.words["full"].startswith(found.words["plain"])
    assert "\n" in found.words["plain"]


def test_a_charge_is_reconciled() -> None:
    told = Told()
    found = venue(told).reconcile(
        SESSION, CHARGE, own_standing="R2", volume_30d_usd=2, maker_share="0.1", exposure=Exposure(positions={"large": 3})
    )
    (asked,) = told.asked
    form = forms.ReconciliationForm.model_validate(asked.body, strict=True)
    assert (form.charge.amount_usd, form.then.own_standing, form.then.volume_30d_usd) == ("45.00", "R2", "2")
    assert (found.cause, found.causes, found.expected_usd) == ("volume_tier", ("volume_tier",), Decimal(50))
    with pytest.raises(Unsendable, match="whole person"):
        venue(told).reconcile(SESSION, CHARGE, exposure=Exposure(account="main"))


def test_an_answer_that_is_awaited_is_the_same() -> None:
    async def asked() -> tuple[Any, Any]:
        other = AsyncVerifier(Awaited(), audience=VENUE, api_key=API_KEY)
        return await other.explain_margin_call(SESSION, POSITION, 1_100), await other.reconcile(SESSION, CHARGE)

    waited = venue(Told())
    assert asyncio.run(asked()) == (
        waited.explain_margin_call(SESSION, POSITION, 1_100),
        waited.reconcile(SESSION, CHARGE),
    )


@pytest.mark.parametrize(
    "change",
    [
        {"session_id": "another"},
        {"buffer": "1e3"},
        {"words": {"short": "a", "plain": "b", "full": "c\x07"}},
        {"words": {"short": "a", "plain": "b"}},
        {"cures": {"close_notional_usd": None}},
    ],
)
def test_an_answer_that_is_none_is_noticed(change: dict[str, Any]) -> None:
    with pytest.raises(BadResponse):
        venue(Told(change)).explain_margin_call(SESSION, POSITION, 1_100)


@pytest.mark.parametrize("equity", ["--5", "-0", 0.5, "+1", "much", True])
def test_an_equity_that_is_none_is_not_sent(equity: Any) -> None:
    told = Told()
    with pytest.raises(Unsendable, match="amount"):
        venue(told).explain_margin_call(SESSION, POSITION, equity)
    assert told.asked == []
