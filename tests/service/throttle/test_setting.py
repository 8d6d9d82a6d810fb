"""Are limits read as they are written, and divided among those who enforce them?"""

from __future__ import annotations

import pytest

from credence.service.errors import Misconfigured
from credence.service.settings import RATES, Limit, Rate, Settings


def test_every_limit_has_a_rate() -> None:
    assert RATES.keys() == set(Limit)
    settings = Settings.load()
    assert {limit: settings.rate_of(limit) for limit in Limit} == dict(RATES)


def test_limits_are_written_by_name() -> None:
    settings = Settings.load(limits="sessions=10/second, policies=20/minute,reads=7/hour,claims=off")
    assert settings.rate_of(Limit.SESSIONS) == Rate(10, 1)
    assert settings.rate_of(Limit.POLICIES) == Rate(20, 60)
    assert settings.rate_of(Limit.READS) == Rate(7, 3_600)
    assert settings.rate_of(Limit.CLAIMS) is None
    assert settings.rate_of(Limit.TOKENS) == RATES[Limit.TOKENS]


def test_all_may_be_off_but_those_that_are_named() -> None:
    settings = Settings.load(limits="all=off,failures=5/minute")
    assert {limit for limit in Limit if settings.rate_of(limit)} == {Limit.FAILURES}


def test_each_process_has_its_share_and_at_least_one() -> None:
    settings = Settings.load(limits="sessions=601/minute,claims=3/minute", processes=4)
    assert settings.rate_of(Limit.SESSIONS) == Rate(150, 60)
    assert settings.rate_of(Limit.CLAIMS) == Rate(1, 60)


@pytest.mark.parametrize(
    "wrong",
    [
        "visits=10/minute",
        "sessions=0/minute",
        "sessions=-1/minute",
        "sessions=10/day",
        "sessions=10/ minute",
        "sessions=10",
        "sessions=1.5/minute",
        "sessions=10000000000/minute",
        "sessions=1/minute,sessions=2/minute",
        "all=1/minute",
        "all=on",
        "sessions",
    ],
)
def test_what_is_no_limit_is_refused_at_load(wrong: str) -> None:
    Settings.load(limits="sessions=10/minute")
    with pytest.raises(Misconfigured, match="CREDENCE_LIMITS") as caught:
        Settings.load(limits=wrong)
    assert "10000000000" not in str(caught.value)


@pytest.mark.parametrize("wrong", ["10.0.0.1/8", "proxy.example", "10.0.0.0/33", "127.0.0.1 10.0.0.0/8"])
def test_a_trusted_proxy_is_an_address_or_a_network(wrong: str) -> None:
    assert len(Settings.load(trusted_proxies="127.0.0.1, 10.0.0.0/8,::1").trusted_proxies) == 3
    with pytest.raises(Misconfigured, match="CREDENCE_TRUSTED_PROXIES"):
        Settings.load(trusted_proxies=wrong)
