"""How many tokens may a client get, and can anybody spend them for it?"""

from __future__ import annotations

import pytest

from credence.service.settings import Settings
from tests.service.auth.conftest import Office
from tests.service.auth.signing import Edwards
from tests.service.throttle.conftest import per_minute, problem_of


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"limits": per_minute(tokens=2)})


def test_tokens_are_counted_by_client(office: Office) -> None:
    theirs = Edwards(bytes([7]) * 32)
    office.enrol("other.example", theirs)
    assert office.ask().headers["ratelimit"] == '"tokens";r=1;t=60'
    office.running.clock.forward(30)
    assert office.ask().status_code == 200
    assertion = office.assertion()
    refused = office.ask(assertion)
    assert problem_of(refused) == (429, "/problems/rate-limited", "tokens")
    assert office.ask(office.assertion(theirs, "other.example")).status_code == 200
    office.running.clock.forward(int(refused.headers["retry-after"]))
    assert office.ask(assertion).status_code == 200  # it was not used up


def test_nobody_else_spends_what_a_client_has(office: Office) -> None:
    for _ in range(5):
        assert office.ask(office.assertion(office.other)).status_code == 401  # in its name, and not by its key
    assert office.ask().status_code == 200
