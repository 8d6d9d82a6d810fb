"""Is a request sent again only where that is safe and may help, never too often, and never beyond its time?"""

from __future__ import annotations

import time
from typing import Any

import pytest

from credence.sdk.errors import BadResponse, TimedOut, TransportError, Unreachable, Unsendable
from credence.sdk.messages import Request, Response
from credence.sdk.retries import Attempts, Retries
from credence.sdk.transport import Timeouts
from tests.sdk.loopback import Asked, Loopback, MakeWay, Way

GET = Request("GET", "/v1/log/checkpoint")
PUT = Request("PUT", "/v1/verifier/policies/a", body={"a": 1})
BARE = Request("POST", "/v1/verifier/sessions", body={"a": 1})
KEYED = Request("POST", "/v1/verifier/sessions", body={"a": 1}, idempotency_key="k" * 22)
PROBLEM = {"content-type": "application/problem+json"}


def answer(status: int, slug: str = "about:blank", **headers: str) -> Response:
    return Response(status, {**PROBLEM, **headers}, b'{"type": "/problems/%s"}' % slug.encode())


@pytest.fixture
def waits() -> list[float]:
    return []


@pytest.fixture
def http(loopback: Loopback, make_way: MakeWay, waits: list[float]) -> Way:
    """A way whose waits are noted and not waited."""
    times = Timeouts(connect=2, read=2, write=2, pool=2, whole=30)
    return make_way(loopback.url, timeouts=times, sleep=waits.append, rng=lambda count: b"\x80" + bytes(count - 1))


def plan(loopback: Loopback, *answers: Response) -> None:
    """The answers in turn; the last one stays."""
    left = list(answers)

    def work(_: Asked) -> Response:
        return left.pop(0) if len(left) > 1 else left[0]

    loopback.work = work


FINE = Response(200, {"content-type": "application/json"}, b"{}")


# --- over the network ---


@pytest.mark.parametrize("request_", [GET, PUT, KEYED], ids=["GET", "PUT", "key"])
def test_a_lost_answer_is_asked_for_again(loopback: Loopback, http: Way, request_: Request) -> None:
    loopback.lose = 2
    assert http.send(request_).status == 200
    first, *others = loopback.asked
    assert len(others) == 2
    for other in others:
        assert (other.method, other.path, other.body) == (first.method, first.path, first.body)
        assert other.headers.get("idempotency-key") == first.headers.get("idempotency-key") == request_.idempotency_key


def test_an_effect_without_a_key_is_not_risked_twice(loopback: Loopback, http: Way, waits: list[float]) -> None:
    loopback.lose = 1
    with pytest.raises(Unreachable):
        http.send(BARE)
    plan(loopback, answer(503, "unavailable", **{"retry-after": "1"}), FINE)
    assert http.send(BARE).status == 503
    assert len(loopback.asked) == 2
    assert waits == []


def test_who_is_asked_to_come_back_comes_back(loopback: Loopback, http: Way, waits: list[float]) -> None:
    plan(loopback, answer(429, "rate-limited", **{"retry-after": "7"}), answer(503, "unavailable"), FINE)
    assert http.send(KEYED).status == 200
    assert waits == [7 + 0.125, 0.25]  # the half of what may be drawn, on top of what was asked for


def test_in_the_end_the_last_answer_stands(loopback: Loopback, http: Way, waits: list[float]) -> None:
    plan(loopback, answer(503, "unavailable"))
    assert http.send(GET).status == 503
    assert (len(loopback.asked), len(waits)) == (4, 3)
    loopback.lose = 100
    with pytest.raises(Unreachable):
        http.send(GET)
    assert len(loopback.asked) == 8


def test_a_service_that_is_not_there_is_asked_so_often(make_way: MakeWay, waits: list[float]) -> None:
    way = make_way("http://127.0.0.1:1", sleep=waits.append, retries=Retries(attempts=3))
    with pytest.raises(Unreachable):
        way.send(KEYED)
    assert len(waits) == 2


def test_no_wait_outlives_the_exchange(loopback: Loopback, make_way: MakeWay, waits: list[float]) -> None:
    way = make_way(loopback.url, timeouts=Timeouts(whole=5), sleep=waits.append)
    plan(loopback, answer(503, "unavailable", **{"retry-after": "5"}))
    assert way.send(GET).status == 503
    assert (len(loopback.asked), waits) == (1, [])
    plan(loopback, answer(503, "unavailable", **{"retry-after": "1"}), FINE)
    assert way.send(GET).status == 200


def test_all_attempts_share_one_deadline(loopback: Loopback, make_way: MakeWay) -> None:
    loopback.pause = 0.12
    times, often = Timeouts(read=0.05, whole=0.3), Retries(attempts=1000, first=0.001, longest=0.001)
    started = time.monotonic()
    with pytest.raises(TimedOut):
        make_way(loopback.url, timeouts=times, retries=often).send(GET)
    assert time.monotonic() - started < 2
    assert len(loopback.asked) < 20


# --- by itself ---


def pauses(outcome: Any, *, request: Request = GET, byte: int = 0, left: float = 1e9, **given: Any) -> list[float | None]:
    """What is said after each of six attempts with the same outcome."""
    attempts = Attempts(request, Retries(**given), lambda count: bytes([byte]) * count)
    return [attempts.pause(outcome, left) for _ in range(6)]


@pytest.mark.parametrize(
    "outcome",
    [
        Unreachable(),
        TimedOut(),
        *(answer(status) for status in (429, 502, 503, 504)),
        answer(409, "idempotency-in-progress"),
    ],
    ids=repr,
)
def test_what_may_pass_is_tried_again_where_it_is_safe(outcome: Any) -> None:
    for request in (GET, PUT, KEYED, Request("POST", "/v1/auth/token", form=dict)):
        assert pauses(outcome, request=request) == [0, 0, 0, None, None, None]
    assert pauses(outcome, request=BARE) == [None] * 6


@pytest.mark.parametrize(
    "outcome",
    [
        BadResponse(),
        Unsendable(),
        TransportError(),
        *(answer(status) for status in (200, 201, 400, 401, 403, 404, 408, 409, 413, 422, 425, 500, 501, 505)),
        answer(409, "bad-nonce"),
        answer(409, "conflict", **{"retry-after": "1"}),
        answer(422, "idempotency-key-reused", **{"retry-after": "1"}),
        answer(400, "idempotency-in-progress"),
    ],
    ids=repr,
)
def test_what_will_not_pass_stands(outcome: Any) -> None:
    assert pauses(outcome, request=KEYED) == [None] * 6


def test_waits_are_drawn_from_zero_up_and_grow_to_a_bound() -> None:
    given = {"attempts": 7, "first": 1.0, "longest": 8.0}
    assert pauses(Unreachable(), byte=0, **given) == [0] * 6
    furthest = pauses(Unreachable(), byte=255, **given)
    assert furthest == pytest.approx([1, 2, 4, 8, 8, 8])
    assert all(wait is not None and wait < bound for wait, bound in zip(furthest, (1, 2, 4, 8, 8, 8), strict=True))


def test_what_is_asked_for_is_the_least() -> None:
    asked = answer(503, **{"retry-after": "3"})
    assert pauses(asked)[0] == 3
    assert pauses(asked, left=3.0)[0] is None
    assert pauses(asked, left=3.1)[0] == 3


@pytest.mark.parametrize("said", ["", "-1", "1.5", "Wed, 21 Oct 2099 07:28:00 GMT", "99999999", "٣"])
def test_who_cannot_read_when_to_come_back_does_not(said: str) -> None:
    """A date without the answer's own leads nowhere, and a wait of years is one too: neither means at once."""
    assert pauses(answer(503, **{"retry-after": said})) == [None] * 6
    assert pauses(answer(503, **{"retry-after": "9999999"}))[0] == 9_999_999


NOW = "Tue, 01 Sep 2026 09:00:00 GMT"


@pytest.mark.parametrize(
    ("said", "wait"),
    [
        ("Tue, 01 Sep 2026 09:00:30 GMT", 30),
        ("Tuesday, 01-Sep-26 09:00:30 GMT", 30),
        ("Tue Sep  1 09:00:30 2026", 30),
        ("Tue, 01 Sep 2026 08:59:00 GMT", 0),
    ],
)
def test_a_date_counts_from_the_answers_own(said: str, wait: int) -> None:
    """Whatever this machine's clock says: a proxy may say a date."""
    asked = answer(503, **{"retry-after": said, "date": NOW})
    assert asked.retry_after == wait
    assert pauses(asked)[0] == wait
    assert pauses(asked, left=wait + 0.0)[0] is None


@pytest.mark.parametrize(
    ("said", "date"),
    [
        ("Tue, 01 Sep 2026 09:00:30 GMT", ""),
        ("Tue, 01 Sep 2026 09:00:30 GMT", "today"),
        ("Tue, 32 Sep 2026 09:00:30 GMT", NOW),
        ("tomorrow", NOW),
        ("Sun, 01 Sep 2030 09:00:30 GMT", NOW),
        ("Tue, 01 Sep 99999 09:00:30 GMT", NOW),
    ],
)
def test_a_date_that_leads_nowhere_does_not_mean_at_once(said: str, date: str) -> None:
    asked = answer(503, **{"retry-after": said, "date": date})
    assert asked.retry_after is None
    assert pauses(asked) == [None] * 6


def test_as_many_attempts_as_anybody_likes() -> None:
    attempts = Attempts(GET, Retries(attempts=5_000), lambda count: b"\xff" * count)
    waits = [attempts.pause(Unreachable(), 1e9) for _ in range(3_000)]
    assert waits[-1] == waits[10] == pytest.approx(8.0)
