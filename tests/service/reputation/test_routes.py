"""Does a venue read what it reported, at once, and nobody else's?"""

from __future__ import annotations

import pytest

from credence.sdk import Verifier
from credence.sdk.errors import NotFound
from credence.sdk.messages import Request, Response
from tests.service.conftest import NOW
from tests.service.reputation.conftest import Venue
from tests.service.reputation.saying import ALICE, BOB, MORNING, NUMBER, line


class Way:
    """The SDK's way to a service in this process."""

    def __init__(self, venue: Venue) -> None:
        self.venue = venue

    def send(self, request: Request) -> Response:
        client = self.venue.running.client
        answer = client.request(request.method, request.path, json=request.body, headers=self.venue.headers)
        return Response(answer.status_code, dict(answer.headers), answer.content)


def test_what_was_reported_a_moment_ago_is_in_the_answer(venue: Venue) -> None:
    venue.report(
        line("fill", maker=True, mid_10s="64064.5", fee="4"),
        line("margin_snapshot"),
        line("deposit", amount="1000"),
        line("liquidation", bad_debt="1", at=NOW - 7_200),
    )
    found = venue.read(ALICE).json()
    assert (found["pseudonym"], found["days"]) == (ALICE, 1)
    assert found["first_day"] == found["last_day"] == "2026-09-21"
    summary = found["last_30_days"]
    assert (summary["notional_usd"], summary["maker_share"], summary["markout_10s_bps"]) == ("16000.125", "1", "9.999922")
    assert (summary["bad_debts"], summary["liquidations"], summary["calls"]) == (1, 0, 0)
    assert (summary["least_buffer"], summary["mean_leverage"], summary["p95_leverage"]) == ("1", "10", "12")
    assert summary["exposure_days"] == "0.083333"  # two hours: that of the snapshot and that of the liquidation
    assert summary["expected"] == "0.005556"
    assert found["belief"]["score"] == "insufficient"
    assert set(found["beliefs"]) == {"event_days", "sharpe", "turnover"}
    for name, belief in found["beliefs"].items():
        assert belief["interval"][0] < belief["mean"] < belief["interval"][1]
        assert belief["model"] == found["belief"]["model"]
        assert bool(belief["reasons"]) == (name != "sharpe"), "no return is known: nothing moved the prior"
        assert {"evidence", "effective_n", "as_of", "unit"} <= belief.keys()
    assert found["beliefs"]["event_days"]["effective_n"] == found["beliefs"]["turnover"]["effective_n"] == 1
    assert found["standing"]["tier"] in ("RX", "R0", "R1")


def test_thirty_days_are_summed_and_all_are_counted(venue: Venue) -> None:
    venue.report(*(line("deposit", number, at=MORNING - number * 86_400, amount="1") for number in range(40)))
    found = venue.read(ALICE).json()
    assert (found["days"], found["last_30_days"]["days"], found["last_30_days"]["deposits_usd"]) == (40, 30, "30")


def test_a_day_that_has_not_begun_is_not_among_the_last_thirty(venue: Venue) -> None:
    at = venue.running.clock() // 86_400 * 86_400 + 86_399
    venue.running.clock.forward(at - venue.running.clock())
    days = [line("deposit", number, at=at - number * 86_400, amount="1") for number in range(30)]
    venue.report(*days, line("deposit", 99, at=at + 60, amount="1"))
    found = venue.read(ALICE).json()
    assert (found["days"], found["last_30_days"]["days"], found["last_30_days"]["deposits_usd"]) == (31, 30, "30")
    venue.running.clock.forward(60)
    found = venue.read(ALICE).json()
    assert (found["last_day"], found["last_30_days"]["deposits_usd"]) == ("2026-09-22", "30")


def test_a_stranger_s_pseudonym_looks_like_one_that_is_not_there(venue: Venue, other: Venue) -> None:
    venue.report(line("vote"))
    assert venue.read(ALICE).status_code == 200
    answers = [other.read(ALICE), other.read(BOB), venue.read(BOB), venue.read("not-one"), venue.read("@")]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.json()["detail"] for answer in answers}) == 1


def test_a_spotless_account_rises_and_a_bad_debt_fells_it_at_once(venue: Venue) -> None:
    venue.report(*(line("account_day", day, at=MORNING - day * 86_400, calls=0, equity="1000") for day in range(60)))
    before = venue.read(ALICE).json()
    assert before["belief"]["evidence"] > 3
    venue.report(line("liquidation", bad_debt="50", at=NOW - 60))
    after = venue.read(ALICE).json()
    assert after["standing"]["bad_debt_free_days"] == 0
    assert after["belief"]["score"] < before["belief"]["score"]


def test_where_a_pseudonym_stands_is_kept_when_it_changes(venue: Venue) -> None:
    venue.report(line("account_day"))
    first = venue.read(ALICE).json()["standing"]
    assert venue.read(ALICE).json()["standing"] == first
    venue.running.clock.forward(86_400)
    assert venue.read(ALICE).json()["standing"]["tenure_days"] == first["tenure_days"] + 1


def test_a_venue_reports_with_the_sdk(venue: Venue) -> None:
    wire = Verifier(Way(venue), audience="verifier.localhost/venue.example", api_key=venue.key)
    first = wire.report_events([line("vote"), line("fill", price="0")])
    assert [(found.outcome, found.field) for found in first] == [("accepted", None), ("rejected", "price")]
    assert wire.report_events([line("vote")])[0].outcome == "duplicate"
    conduct = wire.conduct(NUMBER["alice"])
    assert (conduct.last_30_days["votes"], conduct.beliefs["event_days"]["effective_n"]) == (1, 1)
    with pytest.raises(NotFound):
        wire.conduct(NUMBER["bob"])
