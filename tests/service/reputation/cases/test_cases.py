"""Does what a rule saw become one case that its venue alone reads and closes, and does nothing follow from it?"""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from threading import Semaphore
from typing import Any

import pytest
from sqlalchemy import text

from credence.circuits.encoding import b64u
from credence.sdk import Verifier
from credence.sdk.errors import Conflict, NotFound, Unsendable
from credence.sdk.messages import Request, Response
from credence.service.app.erasures import erasures
from credence.service.errors import InvalidRequest
from credence.service.reputation.cases import looking, records
from credence.service.reputation.cases.looking import DayTooLong, look_over
from credence.service.reputation.cases.reading import LEAST_CLOSED, worth
from credence.service.reputation.retention.erasing import erase_conduct
from tests.service.reputation.conftest import OTHER, VENUE, Venue
from tests.service.reputation.saying import ALICE, BOB, MORNING, NUMBER, line

DAY = "2026-09-20"
BEFORE = MORNING - 86_400
TERM = 730 * 86_400
NOTHING = {"day": DAY, "opened": 0, "known": 0, "left_out": 0, "trades": 0, "fills": 0, "cancels": 0, "unpaired": 0}


class Way:
    """The SDK's way to a service in this process."""

    def __init__(self, venue: Venue) -> None:
        self.venue = venue

    def send(self, request: Request) -> Response:
        headers = dict(self.venue.headers)
        if request.idempotency_key:
            headers["idempotency-key"] = request.idempotency_key
        answer = self.venue.running.client.request(
            request.method, request.path, json=request.body, params=dict(request.query), headers=headers
        )
        return Response(answer.status_code, dict(answer.headers), answer.content)


def sdk_of(venue: Venue) -> Verifier:
    return Verifier(Way(venue), audience=f"verifier.localhost/{venue.client_id}", api_key=venue.key)


def sides(number: int, at: int, buyer: str, seller: str, **said: Any) -> list[dict[str, Any]]:
    """Both sides of a trade, as a venue reports them."""
    told = {"at": at, "price": "2000", "quantity": "1", **said}
    return [
        line("fill", 2 * number, who=buyer, side="buy", maker=False, **told),
        line("fill", 2 * number + 1, who=seller, side="sell", maker=True, **told),
    ]


def to_and_fro(turns: int = 6) -> list[dict[str, Any]]:
    """One quantity that two accounts pass to each other, a turn a second."""
    found = []
    for turn in range(turns):
        buyer, seller = (ALICE, BOB) if turn % 2 else (BOB, ALICE)
        found += sides(turn, BEFORE + turn, buyer, seller)
    return found


def post(venue: Venue, path: str, body: dict[str, Any], **headers: str) -> Any:
    return venue.running.client.post(f"/v1/reputation{path}", json=body, headers={**venue.headers, **headers})


def looked(venue: Venue) -> dict[str, Any]:
    answer = post(venue, "/cases/looks", {"day": DAY})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_a_finding_opens_one_case_however_often_it_is_looked_for(venue: Venue) -> None:
    venue.report(*to_and_fro())
    first = looked(venue)
    assert first == {**NOTHING, "opened": 1, "trades": 6, "fills": 12}
    assert (looked(venue)["opened"], looked(venue)["known"]) == (0, 1)
    page = sdk_of(venue).abuse_cases()
    (case,) = page.cases
    assert (case.rule, case.instrument, case.day, case.found, case.needed) == ("ping-pong", "BTC-PERP", DAY, 6, 4)
    assert (case.first_at, case.last_at, case.note, case.closed_at) == (BEFORE, BEFORE + 5, None, None)
    assert set(case.pseudonyms) == {NUMBER["alice"], NUMBER["bob"]}
    assert case.reason == "6 turns of one quantity to and fro"
    assert page.rules["ping-pong"]["open"] == 1


def test_strangers_who_trade_open_none(venue: Venue) -> None:
    venue.report(*to_and_fro(3))
    assert (looked(venue)["opened"], looked(venue)["trades"]) == (0, 3)


def test_it_is_the_venue_s_own(venue: Venue, other: Venue) -> None:
    venue.report(*to_and_fro())
    looked(venue)
    (case,) = sdk_of(venue).abuse_cases().cases
    assert looked(other)["fills"] == 0
    assert sdk_of(other).abuse_cases().cases == ()
    for ask in (lambda: sdk_of(other).abuse_case(case.case_id), lambda: sdk_of(other).abuse_cases(before=case.case_id)):
        with pytest.raises(NotFound):
            ask()
    with pytest.raises(NotFound):
        sdk_of(other).close_abuse_case(case.case_id, "mistaken")
    assert sdk_of(venue).abuse_case(case.case_id) == case


def test_nothing_follows_from_a_case(venue: Venue) -> None:
    venue.report(*to_and_fro())
    before = venue.read(ALICE).json()
    looked(venue)
    (case,) = sdk_of(venue).abuse_cases().cases
    assert venue.read(ALICE).json() == before
    sdk_of(venue).close_abuse_case(case.case_id, "confirmed")
    assert venue.read(ALICE).json() == before


def test_a_case_is_closed_once_with_a_note_of_the_list(venue: Venue) -> None:
    venue.report(*to_and_fro())
    looked(venue)
    wire = sdk_of(venue)
    (case,) = wire.abuse_cases(state="open").cases
    with pytest.raises(Unsendable):
        wire.close_abuse_case(case.case_id, "banned")  # type: ignore[arg-type]
    assert post(venue, f"/cases/{case.case_id}/closing", {"note": "banned"}).status_code == 400
    closed = wire.close_abuse_case(case.case_id, "explained")
    assert (closed.note, closed.closed_at) == ("explained", venue.running.clock())
    assert wire.close_abuse_case(case.case_id, "explained") == closed
    with pytest.raises(Conflict):
        wire.close_abuse_case(case.case_id, "confirmed")
    assert wire.abuse_cases(state="open").cases == ()
    assert wire.abuse_cases(state="closed").cases == (closed,)
    assert looked(venue)["opened"] == 0, "what was judged is not opened again"


def test_one_day_is_looked_over_at_a_time(venue: Venue) -> None:
    with looking._TURN:
        refused = post(venue, "/cases/looks", {"day": DAY})
        assert (refused.status_code, refused.headers["retry-after"]) == (503, str(looking.RETRY_SECONDS))
    assert post(venue, "/cases/looks", {"day": "2026-09-21"}).status_code == 400
    assert looked(venue) == NOTHING, "a refusal gives its turn back"


def test_fills_and_cancels_alone_are_read_of_a_day(venue: Venue) -> None:
    venue.report(*to_and_fro(), line("vote", 99, who=ALICE, at=BEFORE + 7))
    with venue.running.services.store("reputation").reading() as session:
        said = list(records.said_on(session, VENUE, BEFORE // 86_400))
    assert [json.loads(content)["kind"] for _, content in said] == ["fill"] * 12


def test_what_has_a_case_is_not_written_again_nor_left_out(venue: Venue, monkeypatch: pytest.MonkeyPatch) -> None:
    venue.report(*(each for number in range(3) for each in sides(number, BEFORE, ALICE, ALICE, instrument=f"P{number}")))
    assert looked(venue)["opened"] == 3
    tried: list[str] = []
    real = records.open_case

    def opening(session: Any, case: Any, pseudonyms: Any) -> bool:
        tried.append(case.case_id)
        return real(session, case, pseudonyms)

    monkeypatch.setattr(records, "open_case", opening)
    assert (looked(venue)["known"], tried) == (3, [])
    venue.report(*sides(9, BEFORE, ALICE, ALICE, instrument="P9"))
    found = looked(venue)
    assert (found["known"], found["opened"], found["left_out"], len(tried)) == (3, 1, 0, 1)


@pytest.mark.slow
def test_pages_follow_each_other(venue: Venue, monkeypatch: pytest.MonkeyPatch) -> None:
    venue.report(*(each for number in range(3) for each in sides(number, BEFORE, ALICE, ALICE, instrument=f"P{number}")))
    monkeypatch.setattr(looking, "MOST_OPENED", 2)
    first = looked(venue)
    assert (first["opened"], first["left_out"]) == (2, 1)
    assert (looked(venue)["opened"], looked(venue)["opened"]) == (1, 0)
    found = [case.case_id for case in sdk_of(venue).abuse_cases().cases]
    assert len(found) == 3
    assert [case.case_id for case in sdk_of(venue).abuse_cases(before=found[0]).cases] == found[1:]


@pytest.mark.parametrize("day", ["2026-09-21", "2026-09-22", "2026-02-30"])
def test_a_day_that_is_not_over_is_not_looked_over(day: str, venue: Venue) -> None:
    assert post(venue, "/cases/looks", {"day": day}).status_code == 400
    assert post(venue, "/cases/looks", {"day": DAY}).status_code == 200


def test_a_day_of_too_much_is_left_to_a_command(venue: Venue) -> None:
    venue.report(*to_and_fro())
    services, day = venue.running.services, MORNING // 86_400 - 1
    with pytest.raises(DayTooLong):
        look_over(services, VENUE, day, most=11)
    with pytest.raises(InvalidRequest):
        look_over(services, VENUE, day + 1, most=12)
    assert look_over(services, VENUE, day, most=12).opened == 1


def test_a_look_with_a_key_is_answered_again(venue: Venue) -> None:
    venue.report(*to_and_fro())
    answers = [post(venue, "/cases/looks", {"day": DAY}, **{"idempotency-key": "k" * 20}) for _ in range(2)]
    assert [answer.json()["opened"] for answer in answers] == [1, 1]


def test_a_case_goes_with_the_last_of_its_pseudonyms(venue: Venue) -> None:
    venue.report(*to_and_fro())
    looked(venue)
    services, store = venue.running.services, venue.running.services.store("reputation")
    (case,) = sdk_of(venue).abuse_cases().cases
    venue.running.clock.forward(TERM)
    erase_conduct(services, VENUE, NUMBER["alice"])
    with store.reading() as session:
        left = session.connection().execute(text("SELECT count(*) FROM reputation_case_accounts")).scalar_one()
        assert left == 1
        assert session.connection().execute(text("SELECT case_id FROM reputation_cases")).scalar_one() == case.case_id
    assert {chore.name: chore.run() for chore in erasures(services)} == {"erased-conduct": 1}
    with store.reading() as session:
        for table in ("reputation_case_accounts", "reputation_cases"):
            assert session.connection().execute(text(f"SELECT count(*) FROM {table}")).scalar_one() == 0


@pytest.mark.slow
def test_whom_nothing_is_kept_of_any_more_is_in_no_new_case(venue: Venue, monkeypatch: pytest.MonkeyPatch) -> None:
    venue.report(*to_and_fro())
    services, day = venue.running.services, MORNING // 86_400 - 1
    seen = looking.seen

    def erased_meanwhile(tape: Any) -> Any:
        venue.running.clock.forward(TERM)
        erase_conduct(services, VENUE, NUMBER["alice"])
        return seen(tape)

    monkeypatch.setattr(looking, "seen", erased_meanwhile)
    assert look_over(services, VENUE, day).opened == 0


@pytest.mark.slow
def test_the_worth_of_a_rule_is_told_from_twenty_judged_cases_on(venue: Venue) -> None:
    marks = range(LEAST_CLOSED + 1)
    venue.report(*(each for number in marks for each in sides(number, BEFORE, ALICE, ALICE, instrument=f"P{number}")))
    looked(venue)
    wire = sdk_of(venue)
    *ids, last = [case.case_id for case in wire.abuse_cases().cases]
    for place, case_id in enumerate(ids[:-1]):
        wire.close_abuse_case(case_id, "confirmed" if place % 2 else "explained")
    wire.close_abuse_case(last, "duplicate")

    def told() -> Any:
        with venue.running.services.store("reputation").reading() as session:
            return worth(session, VENUE)["self-match"]["precision"], worth(session, OTHER)["self-match"]["open"]

    assert told() == (None, 0)
    wire.close_abuse_case(ids[-1], "mistaken")
    assert told() == (0.45, 0)


def test_bytes_of_a_pseudonym_are_as_the_venue_knows_them(venue: Venue) -> None:
    venue.report(*to_and_fro())
    looked(venue)
    answer = venue.running.client.get("/v1/reputation/cases", headers=venue.headers).json()
    assert answer["cases"][0]["pseudonyms"] == sorted([b64u(NUMBER["alice"]), b64u(NUMBER["bob"])])


@pytest.mark.slow
def test_looks_at_once_open_one_case_each(venue: Venue, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of four processes, each of which has one turn."""
    monkeypatch.setattr(looking, "_TURN", Semaphore(4))
    marks = range(12)
    venue.report(*(each for number in marks for each in sides(number, BEFORE, ALICE, ALICE, instrument=f"P{number}")))
    services, day = venue.running.services, MORNING // 86_400 - 1
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda _: look_over(services, VENUE, day), range(4)))
    assert sum(each.opened for each in found) == len(marks)
    assert all(each.opened + each.known == len(marks) for each in found)
