"""Does a verifier hear of revocations, from the issuer in its process and from one elsewhere, and say when it does not?"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI

from credence.circuits.credential import PERSON_1
from credence.circuits.wire import IssuerDocument
from credence.service.app.checkpointing import MAX_LAG, Checkpointing
from credence.service.app.readiness import revocations_of
from credence.service.app.trust import trusted_documents
from credence.service.app.watching import Watch
from credence.service.errors import Misconfigured, Unavailable
from credence.service.settings import Settings
from credence.service.verifier.accumulators import NoStaple
from credence.service.verifier.issuer_service import IssuerService
from tests.service.conftest import Running, ToldClock
from tests.service.test_app import ready, wait_until

OWN = "issuer.localhost"


def test_the_issuer_in_the_process_is_read_directly(started: Callable[..., Running]) -> None:
    running = started(("issuer", "verifier", "log"))
    services, desk = running.services, running.app.state.issuer
    services.ledger.sequence()
    staple = services.accumulators(OWN, PERSON_1.id, MAX_LAG)
    checkpoint = staple.newest.checkpoint
    assert staple == desk.stapler.staple(checkpoint.accumulator_id)
    assert services.checkpoint(OWN, checkpoint.accumulator_id, 0, checkpoint.minute) == checkpoint
    assert services.checkpoint(OWN, checkpoint.accumulator_id, 1, checkpoint.minute) is None
    running.app.state.watch.board._known.clear()
    assert services.checkpoint(OWN, checkpoint.accumulator_id, 0, checkpoint.minute) == checkpoint


def test_a_verifier_alone_knows_nothing_of_an_issuer_it_was_not_told_of(started: Callable[..., Running]) -> None:
    services = started(("verifier",)).services
    with pytest.raises(Unavailable):
        services.accumulators(OWN, PERSON_1.id, MAX_LAG)
    assert services.checkpoint(OWN, "ab" * 16, 0, services.clock() // 60) is None


@pytest.fixture
def elsewhere(started: Callable[..., Running], tmp_path: Path) -> tuple[Running, Settings]:
    """An issuer with its log, and the settings of a verifier that trusts it."""
    running = started(("issuer", "log"))
    running.services.ledger.sequence()
    document = IssuerDocument.parse(running.client.get("/v1/issuer/document").json())
    file = tmp_path / "issuer.json"
    file.write_text(json.dumps(document.to_json()))
    settings = Settings.load(
        data_dir=tmp_path / "verifier", trusted_issuers={OWN: file}, issuer_urls={OWN: "http://127.0.0.1:1"}
    )
    return running, settings


def watch_of(running: Running, settings: Settings, clock: ToldClock, answers: Callable[[Any], httpx2.Response]) -> Watch:
    app = FastAPI()
    found = Watch(
        app,
        settings,
        clock,
        trusted_documents(app, settings),
        running.services.curve,
        lambda url: IssuerService(url, transport=httpx2.MockTransport(answers)),
    )
    app.state.watch = found
    return found


def test_an_issuer_elsewhere_is_asked_over_http(elsewhere: tuple[Running, Settings], clock: ToldClock) -> None:
    running, settings = elsewhere
    reachable = True

    def answer(request: httpx2.Request) -> httpx2.Response:
        if not reachable:
            raise httpx2.ConnectError("gone")
        found = running.client.get(request.url.path)
        return httpx2.Response(found.status_code, content=found.content)

    watch = watch_of(running, settings, clock, answer)
    check = revocations_of(watch._app)
    assert check is not None
    assert check() == "starting"
    watch.board.refresh()
    assert check() == "ok"
    checkpoint = watch.board.newest(OWN, PERSON_1.id, MAX_LAG).newest.checkpoint
    reachable = False
    watch.board.refresh()
    assert check() == "ok", "what was heard is good for a while"
    clock.forward(60 + 90)
    assert check() == "stale"
    with pytest.raises(NoStaple):
        watch.board.newest(OWN, PERSON_1.id, MAX_LAG)
    reachable = True
    running.app.state.issuer.revocation.checkpoint()
    running.services.ledger.sequence()
    watch.board.refresh()
    assert check() == "ok"
    assert watch.board.checkpoint(OWN, checkpoint.accumulator_id, 0, checkpoint.minute) == checkpoint
    watch.close()


@pytest.mark.parametrize("urls", ["issuer.example=ftp://x", "issuer.example=//x", "ISSUER=https://x", "issuer.example"])
def test_an_address_that_is_none_is_refused(urls: str) -> None:
    assert Settings.load(issuer_urls="issuer.example=https://x/").issuer_urls == {"issuer.example": "https://x"}
    with pytest.raises(Misconfigured, match="CREDENCE_ISSUER_URLS"):
        Settings.load(issuer_urls=urls)


# --- the issuer's own task ---


def test_a_minute_is_done_once() -> None:
    done: list[int] = []

    def work() -> int:
        done.append(clock())
        if len(done) == 2:
            raise Unavailable
        return 1

    clock = ToldClock(600)
    task = Checkpointing(work, clock, 0.01)
    assert task.is_late()
    assert asyncio.run(task._once())
    assert asyncio.run(task._once())
    assert done == [600]
    clock.forward(60)
    assert not asyncio.run(task._once()), "it failed"
    assert task.last_run == 600
    assert asyncio.run(task._once())
    assert done == [600, 660, 660]
    clock.forward(MAX_LAG)
    assert not task.is_late()
    clock.forward(1)
    assert task.is_late()


def test_checkpoints_go_on_as_the_clock_does(started: Callable[..., Running]) -> None:
    running = started(("issuer", "log"))
    assert ready(running)["revocations"] == "ok"
    desk, ledger = running.app.state.issuer, running.services.ledger
    (key,) = desk.revocation.accumulators

    def minute() -> int:
        ledger.sequence()
        found: int = desk.stapler.staple(key.accumulator_id).newest.checkpoint.minute
        return found

    before = minute()
    for minutes in (1, 2):
        running.clock.forward(60)
        wait_until(lambda minutes=minutes: minute() == before + minutes)  # type: ignore[misc]


def test_an_issuer_without_checkpoints_is_not_ready() -> None:
    app, clock = FastAPI(), ToldClock(600)
    assert revocations_of(app) is None
    app.state.checkpointing = task = Checkpointing(lambda: 1, clock, 1)
    check = revocations_of(app)
    assert check is not None
    assert check() == "starting"
    asyncio.run(task._once())
    assert check() == "ok"
    clock.forward(MAX_LAG + 1)
    assert check() == "stale"
