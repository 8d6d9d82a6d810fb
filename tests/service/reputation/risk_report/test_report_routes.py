"""Does a venue make, list and read reports of its own pseudonyms, and nobody else's?"""

from __future__ import annotations

import json
from typing import Any

import pytest

from credence.circuits.encoding import b64u
from credence.sdk import Verifier
from credence.sdk.errors import InvalidRequest, NotFound
from credence.sdk.messages import Request, Response
from credence.service.app import attacked
from credence.service.reputation.risk_report import keeping, records
from credence.service.store import insert_once
from tests.service.reputation.conftest import VENUE, Venue
from tests.service.reputation.risk_report.people import ATTACKS
from tests.service.reputation.saying import MORNING, line

PATH = "/v1/reputation/reports"


@pytest.fixture(autouse=True)
def _attacks_take_seconds(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """They have tests of their own, and one here."""
    if request.function is not test_attacks_are_really_tried:
        monkeypatch.setattr(attacked, "_attacked", lambda tariff: {**ATTACKS, "tables": {"tariff": tariff.name}})


def report(venue: Venue, accounts: int = 20, days: int = 3) -> None:
    for start in range(0, accounts, 100):
        venue.report(
            *(
                line("account_day", day, id=f"{who}-{day}", who=b64u(who.to_bytes(2, "big") * 24), at=MORNING - day * 86_400)
                for who in range(start, min(accounts, start + 100))
                for day in range(1, days + 1)
            )
        )


def make(venue: Venue, body: dict[str, Any] | None = None, **headers: str) -> Any:
    return venue.running.client.post(PATH, json=body or {}, headers={**venue.headers, **headers})


def get(venue: Venue, path: str = "", accept: str = "application/json") -> Any:
    return venue.running.client.get(f"{PATH}{path}", headers={**venue.headers, "accept": accept})


def test_a_report_is_made_listed_and_read_both_ways(venue: Venue, other: Venue) -> None:
    report(venue)
    assert get(venue).json() == {"reports": []}
    answer = make(venue)
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert (made["as_of"], made["accounts"]) == ("2026-09-21", 20)
    assert get(venue).json() == {"reports": [made]}
    document = get(venue, f"/{made['report_id']}")
    assert (document.headers["content-type"], document.headers["vary"]) == ("application/json", "accept")
    assert (document.json()["venue"], document.json()["source"]["label"]) == (venue.client_id, "reported")
    page = get(venue, f"/{made['report_id']}", "text/html")
    assert page.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert page.text.startswith("<!doctype html>")
    assert "Risk report" in page.text
    assert get(other).json() == {"reports": []}
    assert get(other, f"/{made['report_id']}").status_code == get(venue, "/nothing").status_code == 404


def test_one_report_is_made_at_a_time_and_who_is_sent_away_is_not_counted(venue: Venue) -> None:
    report(venue)
    with keeping._TURN:
        for _ in range(7):  # one more than an hour has
            refused = make(venue)
            assert (refused.status_code, refused.headers["retry-after"]) == (503, str(keeping.RETRY_SECONDS))
    assert make(venue, {"as_of": "2026-09-31"}).status_code == 400
    assert make(venue).status_code == 201, "a refusal gives its turn back"


def test_a_report_that_is_made_meanwhile_is_not_deleted(venue: Venue, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another request's newer report is committed between looking for what is old and deleting it."""

    def row(place: int) -> records.ReputationReport:
        name, at = str(place) * records.ID_LENGTH, 1_000 + place
        return records.ReputationReport(client_id=VENUE, report_id=name, as_of_day=1, accounts=20, document="{}", made_at=at)

    real = records.delete
    with venue.running.services.store("reputation").transaction() as session:
        for place in (1, 2):
            assert records.add_report(session, row(place), most=2)

        def meanwhile(kind: Any) -> Any:
            insert_once(session, row(9))
            return real(kind)

        monkeypatch.setattr(records, "delete", meanwhile)
        assert records.add_report(session, row(3), most=2)
        kept = [found[0][0] for found in records.reports_of(session, VENUE)]
    assert kept == ["9", "3", "2"], "what was seen to be old is gone, and that alone"


def test_what_is_labelled_is_told_letter_by_letter(venue: Venue) -> None:
    ids = ("simulated-1", "Simulated-2", "simulatee-3", "simulate-4", "simulated")
    for who, name in enumerate(ids, 1):
        venue.report(line("account_day", 1, id=name, who=b64u(who.to_bytes(2, "big") * 24), at=MORNING - 86_400))
    with venue.running.services.store("reputation").reading() as session:
        found = records.simulated(session, VENUE, "simulated")
    assert found == {who.to_bytes(2, "big") * 24 for who in (1, 5)}


def test_who_came_later_is_not_left_out(venue: Venue, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty-two accounts before the day, of which twenty are read; three more from that day on change nothing."""
    monkeypatch.setattr(keeping, "MOST_ACCOUNTS", 20)
    report(venue, 22)
    as_of = {"as_of": "2026-09-20"}
    first = make(venue, as_of).json()["report_id"]
    later = [line("account_day", n, id=f"l{n}", who=b64u((90 + n).to_bytes(2, "big") * 24), at=MORNING) for n in range(3)]
    venue.report(*later)
    assert make(venue, as_of).json()["report_id"] == first
    assert get(venue, f"/{first}").json()["source"]["accounts_left_out"] == 2


@pytest.mark.slow
def test_it_tells_of_attacks_on_the_tariff_that_is_live(venue: Venue) -> None:
    report(venue)
    document = get(venue, f"/{make(venue).json()['report_id']}").json()
    assert document["tariff"] == "perp-default"
    assert document["figures"]["attacks"]["found"]["holds"] is True


@pytest.mark.slow
def test_attacks_are_really_tried(venue: Venue) -> None:
    report(venue)
    found = get(venue, f"/{make(venue).json()['report_id']}").json()["figures"]["attacks"]["found"]
    assert {"wash", "split", "pool", "whitewash", "farm-then-rob", "calm-hours"} <= {
        each["name"] for each in found["attacks"]
    }


@pytest.mark.slow
def test_no_pseudonym_is_in_a_report(venue: Venue) -> None:
    report(venue)
    name = make(venue).json()["report_id"]
    for text in (get(venue, f"/{name}").text, get(venue, f"/{name}", "text/html").text):
        assert not any(b64u(who.to_bytes(2, "big") * 24) in text for who in range(20))


@pytest.mark.slow
def test_the_same_report_is_the_same_one(venue: Venue) -> None:
    report(venue)
    first = make(venue, {"as_of": "2026-09-20"}).json()
    venue.running.clock.forward(60)
    assert make(venue, {"as_of": "2026-09-20"}).json() == first, "with the time that it was made at"
    assert make(venue, {"as_of": "2026-09-20", "insurance_usd": "5"}).json()["report_id"] == first["report_id"], (
        "nothing is stressed, so nothing differs"
    )
    assert len(get(venue).json()["reports"]) == 1
    assert make(venue).json()["report_id"] != first["report_id"]


@pytest.mark.slow
def test_a_key_answers_again_what_it_answered(venue: Venue) -> None:
    report(venue)
    first = make(venue, **{"idempotency-key": "k" * 20})
    again = make(venue, **{"idempotency-key": "k" * 20})
    assert (first.status_code, again.json()) == (201, first.json())
    assert again.headers["idempotent-replayed"] == "true"


def test_too_few_accounts_are_refused(venue: Venue) -> None:
    report(venue, 19)
    refused = make(venue)
    assert (refused.status_code, refused.headers["content-type"]) == (400, "application/problem+json")
    report(venue, 20)
    assert make(venue).status_code == 201


@pytest.mark.slow
@pytest.mark.parametrize(
    "body", [{"as_of": "2026-09-22"}, {"as_of": "2008-12-31"}, {"as_of": "2026-09-31"}, {"depth_usd": "0"}, {"day": "x"}]
)
def test_what_cannot_be_reported_is_refused(venue: Venue, body: dict[str, Any]) -> None:
    report(venue)
    assert make(venue, body).status_code == 400
    assert make(venue, {"as_of": "2026-09-21", "depth_usd": "1"}).status_code == 201


@pytest.mark.slow
def test_who_was_not_read_is_counted(venue: Venue, monkeypatch: pytest.MonkeyPatch) -> None:
    report(venue, 26)
    monkeypatch.setattr(keeping, "MOST_DAYS", 3 * 22)
    made = make(venue).json()
    assert made["accounts"] == 22
    source = get(venue, f"/{made['report_id']}").json()["source"]
    assert (source["accounts_left_out"], source["account_days"]) == (4, 66)
    assert "4 further accounts were not read" in get(venue, f"/{made['report_id']}", "text/html").text


@pytest.mark.slow
def test_the_newest_are_kept(venue: Venue, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "MOST_KEPT", 2)
    report(venue)
    made = []
    for day in ("2026-09-19", "2026-09-20", "2026-09-21"):
        made.append(make(venue, {"as_of": day}).json()["report_id"])
        venue.running.clock.forward(1)
    assert [each["report_id"] for each in get(venue).json()["reports"]] == made[:0:-1]


class Way:
    """The SDK's way to a service in this process."""

    def __init__(self, venue: Venue) -> None:
        self.venue = venue

    def send(self, request: Request) -> Response:
        headers = {**self.venue.headers, "accept": request.accept}
        answer = self.venue.running.client.request(request.method, request.path, json=request.body, headers=headers)
        return Response(answer.status_code, dict(answer.headers), answer.content)


@pytest.mark.slow
def test_a_venue_reports_on_risk_with_the_sdk(venue: Venue) -> None:
    desk = Verifier(Way(venue), audience="verifier.localhost/venue.example", api_key=venue.key)
    with pytest.raises(InvalidRequest):
        desk.make_report()
    report(venue)
    made = desk.make_report("2026-09-21", insurance_usd=1_000_000)
    assert desk.reports() == (made,)
    assert desk.report(made.report_id)["source"]["accounts"] == made.accounts == 20
    assert desk.report_page(made.report_id).endswith("</html>\n")
    assert json.dumps(dict(desk.report(made.report_id)))
    with pytest.raises(NotFound):
        desk.report("nothing")
