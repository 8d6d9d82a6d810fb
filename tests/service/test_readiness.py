"""Does a process that cannot do its work say so, and why?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from fastapi.testclient import TestClient

from credence.circuits.curve import Curve
from credence.service.app import create_app, health
from credence.service.app.readiness import CAUSES, FRESH, OK, SKEW, STEADY, Pace, judge
from credence.service.app.sequencing import Sequencing
from credence.service.ledger import Fault, Finding, LedgerService, Unreconciled
from credence.service.ledger.records import LedgerCheckpoint
from credence.service.settings import Settings
from tests.conftest import SeededBytes
from tests.service.conftest import NOW, Running, ToldClock
from tests.service.test_app import ready, wait_until


@dataclass
class Steady:
    """A clock that nobody can set, told how much time passes."""

    now: float = 1.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def steady() -> Steady:
    return Steady()


@pytest.fixture
def pace(clock: ToldClock, steady: Steady) -> Pace:
    return Pace(clock, steady)


def passes(seconds: int, *clocks: ToldClock | Steady) -> None:
    for clock in clocks:
        clock.now += seconds


def test_a_clock_that_goes_as_fast_as_time_is_even(pace: Pace, clock: ToldClock, steady: Steady) -> None:
    for seconds in (0, 1, 3_600, 86_400):
        passes(seconds, clock, steady)
        assert pace.is_even()


@pytest.mark.parametrize("jump", [SKEW + 1, -SKEW - 1, 3_600, -3_600])
def test_a_jump_is_not_even_until_the_clock_has_been_steady(pace: Pace, clock: ToldClock, steady: Steady, jump: int) -> None:
    passes(10, clock, steady)
    clock.forward(jump)
    assert not pace.is_even()
    passes(STEADY - 1, clock, steady)
    assert not pace.is_even()
    passes(1, clock, steady)
    assert pace.is_even()


@pytest.mark.parametrize("slip", [SKEW, -SKEW])
def test_a_clock_may_be_set_a_little(pace: Pace, clock: ToldClock, slip: int) -> None:
    clock.forward(slip)
    assert pace.is_even()


# --- a whole application ---


@pytest.fixture
def whole(started: Callable[..., Running]) -> Running:
    running = started(("log", "auth"))
    ready(running)
    return running


def checks(running: Running) -> dict[str, str]:
    found: dict[str, str] = running.client.get("/readyz").json()["checks"]
    return found


def failed(running: Running) -> dict[str, str]:
    """What is not well, by the words for it."""
    answer = running.client.get("/readyz")
    assert answer.status_code == 503
    found = {name: word for name, word in answer.json()["checks"].items() if word != OK}
    assert all(word in CAUSES[name] for name, word in found.items())
    return found


def test_a_clock_that_jumped_is_not_ready(
    installed: Settings, clock: ToldClock, steady: Steady, rng: SeededBytes, curve: Curve
) -> None:
    app = create_app(installed, parties=["auth"], clock=clock, rng=rng, curve=curve, steady=steady)
    with TestClient(app) as client:
        assert client.get("/readyz").status_code == 200
        clock.forward(600)
        steady.now += FRESH
        assert client.get("/readyz").json()["checks"]["clock"] == "jumped"
        passes(STEADY, clock, steady)
        assert client.get("/readyz").status_code == 200


def test_who_asks_again_and_again_costs_what_asking_once_does(
    installed: Settings, clock: ToldClock, steady: Steady, rng: SeededBytes, curve: Curve, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def counted(*_about: object) -> dict[str, str]:
        asked.append(1)
        return {"database": OK if len(asked) == 1 else "unreachable"}

    monkeypatch.setattr(health, "judge", counted)
    app = create_app(installed, parties=["auth"], clock=clock, rng=rng, curve=curve, steady=steady)
    with TestClient(app) as client:
        assert [client.get("/readyz").status_code for _ in range(20)] == [200] * 20
        assert len(asked) == 1
        steady.now += FRESH
        assert [client.get("/readyz").status_code for _ in range(20)] == [503] * 20
        assert len(asked) == 2


@pytest.mark.parametrize(("behind", "word"), [(SKEW + 1, "behind-the-log"), (SKEW, OK)])
def test_a_clock_behind_the_newest_checkpoint(whole: Running, behind: int, word: str) -> None:
    minute = NOW // 60 + 10
    with whole.services.store("ledger").transaction() as session:
        session.add(LedgerCheckpoint(size=1_000_000, root=bytes(32), note="", minute=minute))
    whole.clock.now = minute * 60 - behind
    assert judge(whole.services, None, None)["clock"] == word


def test_a_keyring_that_is_gone(whole: Running) -> None:
    path = whole.services.settings.keyring_path
    path.rename(path.with_suffix(".away"))
    assert failed(whole) == {"keyring": "missing"}
    path.with_suffix(".away").rename(path)
    assert checks(whole)["keyring"] == OK


def test_a_log_that_does_not_extend_its_witness(whole: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    sequence, answers = LedgerService.sequence, [True]

    def disputed(ledger: LedgerService) -> object:
        if answers and ledger is whole.app.state.ledger:
            raise Unreconciled(Finding(Fault.ROLLED_BACK, 7, "the log has 3 entries only"))
        return sequence(ledger)

    monkeypatch.setattr(LedgerService, "sequence", disputed)
    wait_until(lambda: bool(whole.app.state.sequencing.unreconciled))
    assert failed(whole) == {"ledger": "unreconciled"}
    answers.clear()
    assert ready(whole)["ledger"] == OK


def test_a_log_that_has_not_run_yet(whole: Running) -> None:
    services = whole.services
    assert judge(services, whole.app.state.sequencing, None)["ledger"] == OK
    assert judge(services, Sequencing(services.ledger, 1), None)["ledger"] == "starting"
