"""Is a limit counted by its name, and told to whom it concerns?"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from credence.service.errors import RateLimited
from credence.service.settings import Limit, Rate
from credence.service.throttle.limiter import QUIET, REPORT, Limiter, Report, fields
from tests.service.conftest import ToldClock

TWO = Rate(2, 60)


@pytest.fixture
def report() -> Iterator[Report]:
    made = Report()
    token = REPORT.set(made)
    yield made
    REPORT.reset(token)


def test_a_limit_is_refused_by_name_with_the_wait() -> None:
    told: list[str] = []
    clock = ToldClock()
    limiter = Limiter({Limit.SESSIONS: TWO}, clock, told.append)
    limiter.spend(Limit.SESSIONS, "a")
    limiter.spend(Limit.SESSIONS, "a")
    with pytest.raises(RateLimited, match="sessions") as caught:
        limiter.spend(Limit.SESSIONS, "a")
    assert (caught.value.limit, caught.value.retry_after, told) == ("sessions", 60, ["sessions"])
    clock.forward(60)
    limiter.spend(Limit.SESSIONS, "a")


def test_limits_do_not_count_for_each_other() -> None:
    limiter = Limiter({Limit.SESSIONS: Rate(1, 60), Limit.POLICIES: Rate(1, 60)}, ToldClock())
    limiter.spend(Limit.SESSIONS, "a")
    limiter.spend(Limit.POLICIES, "a")
    with pytest.raises(RateLimited):
        limiter.spend(Limit.POLICIES, "a")


@pytest.mark.parametrize("rates", [{}, {Limit.SESSIONS: None}])
def test_a_limit_that_is_off_refuses_nothing(rates: dict[Limit, Rate | None], report: Report) -> None:
    limiter = Limiter(rates, ToldClock())
    for _ in range(5_000):
        limiter.spend(Limit.SESSIONS, "a")
        limiter.check(Limit.SESSIONS, "a")
        limiter.note(Limit.SESSIONS, "a")
    assert fields(report) == {}


def test_a_check_counts_nothing_and_refuses_what_is_spent(report: Report) -> None:
    limiter = Limiter({Limit.FAILURES: TWO}, ToldClock())
    for _ in range(5):
        limiter.check(Limit.FAILURES, "a")
    limiter.note(Limit.FAILURES, "a")
    limiter.check(Limit.FAILURES, "a")
    limiter.note(Limit.FAILURES, "a")
    limiter.note(Limit.FAILURES, "a")  # what happened is not refused
    with pytest.raises(RateLimited):
        limiter.check(Limit.FAILURES, "a")
    assert fields(report)["ratelimit"] == '"failures";r=0;t=60'


def test_the_fields_are_those_of_the_draft(report: Report) -> None:
    clock = ToldClock()
    limiter = Limiter({Limit.SESSIONS: TWO, Limit.READS: Rate(600, 3_600)}, clock)
    limiter.spend(Limit.SESSIONS, "a")
    clock.forward(5)
    limiter.spend(Limit.SESSIONS, "a")
    limiter.spend(Limit.READS, "a")
    found = fields(report)
    assert found["ratelimit-policy"] == '"sessions";q=2;w=60, "reads";q=600;w=3600'
    sessions, reads = found["ratelimit"].split(", ")
    assert sessions == '"sessions";r=0;t=55'
    assert reads.startswith('"reads";r=599;t=')


def test_what_is_somebody_elses_is_told_at_a_refusal_alone(report: Report) -> None:
    limiter = Limiter(dict.fromkeys(Limit, TWO), ToldClock())
    (limit,) = QUIET
    limiter.spend(limit, "venue")
    limiter.spend(limit, "venue")
    assert fields(report) == {}
    with pytest.raises(RateLimited):
        limiter.spend(limit, "venue")
    assert fields(report)["ratelimit"] == '"presentations";r=0;t=60'


def test_without_a_request_nothing_is_told() -> None:
    limiter = Limiter({Limit.SESSIONS: TWO}, ToldClock())
    limiter.spend(Limit.SESSIONS, "a")
    assert REPORT.get() is None
