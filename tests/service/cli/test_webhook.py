"""Can an operator say where a venue is told, and see and repeat what was sent, without the service running?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from credence.circuits.policy import load_policy
from credence.service.cli.opening import opened
from credence.service.verifier.policies import register
from credence.service.verifier.sessions import Asked, open_session
from credence.service.verifier.webhooks import outbox
from credence.service.verifier.webhooks.endpoints import EventType
from tests.service.cli.conftest import POLICY, VENUE, Run

URL = "https://hooks.venue.example/credence"
WHOSE = ("--client", VENUE)


@pytest.fixture
def venue(run: Run, data: Path) -> None:
    assert run("client", "register", VENUE, "--role", "venue").code == 0


@pytest.fixture
def hook(run: Run, venue: None) -> Any:
    outcome = run("verifier", "webhook", "add", URL, *WHOSE, "--event", "session.accepted", "--json")
    assert outcome.code == 0, outcome.err
    return outcome.json


def test_a_webhook_is_added_and_listed(run: Run, hook: dict[str, Any]) -> None:
    secret = hook.pop("secret")
    assert (hook["url"], hook["events"], secret[:6]) == (URL, ["session.accepted"], "whsec_")
    found = run("verifier", "webhook", "list", *WHOSE, "--json")
    assert found.json == {"webhooks": [hook]}
    shown = run("verifier", "webhook", "list", *WHOSE)
    assert URL in shown.out
    assert secret not in found.out + shown.out
    assert run("verifier", "webhook", "list", "--client", "other.example", "--json").json == {"webhooks": []}


def test_a_secret_is_alone_on_standard_output(run: Run, venue: None) -> None:
    outcome = run("verifier", "webhook", "add", URL, *WHOSE)
    assert outcome.out.startswith("whsec_")
    assert len(outcome.out.split()) == 1
    assert "session.accepted session.denied session.expired" in outcome.err


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("http://hooks.venue.example/", *WHOSE), 2, "https"),
        (("https://127.0.0.1/", *WHOSE), 2, "public host"),
        ((URL, *WHOSE, "--event", "session.opened"), 2, "session.accepted"),
        ((URL, "--client", "nobody.example"), 1, "no client"),
    ],
)
def test_a_webhook_that_cannot_be_is_refused(
    run: Run, venue: None, arguments: tuple[str, ...], code: int, words: str
) -> None:
    outcome = run("verifier", "webhook", "add", *arguments)
    assert outcome.code == code
    assert words in outcome.complaint


def test_a_host_that_the_operator_names(run: Run, venue: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREDENCE_WEBHOOK_ALLOW_HOSTS", "127.0.0.1, receiver.internal")
    assert run("verifier", "webhook", "add", "http://receiver.internal:8000/", *WHOSE).code == 0


def test_a_secret_is_rotated(run: Run, hook: dict[str, Any]) -> None:
    rotated = run("verifier", "webhook", "rotate", hook["endpoint_id"], *WHOSE, "--overlap", "2", "--json").json
    assert rotated["secret"] != hook["secret"]
    assert rotated["before_ends_at"] - rotated["created_at"] in range(7_200, 7_260)
    again = run("verifier", "webhook", "rotate", hook["endpoint_id"], *WHOSE)
    assert (again.code, "sign already" in again.complaint) == (1, True)
    last = run("verifier", "webhook", "rotate", hook["endpoint_id"], *WHOSE, "--overlap", "0")
    assert (last.code, last.out[:6]) == (0, "whsec_")
    assert run("verifier", "webhook", "rotate", hook["endpoint_id"], "--client", "other.example").code == 1


def test_a_webhook_is_removed(run: Run, hook: dict[str, Any]) -> None:
    foreign = run("verifier", "webhook", "remove", hook["endpoint_id"], "--client", "other.example")
    assert foreign.code == 1
    assert run("verifier", "webhook", "remove", hook["endpoint_id"], *WHOSE, "--json").json == {
        "removed": hook["endpoint_id"]
    }
    assert run("verifier", "webhook", "list", *WHOSE, "--json").json == {"webhooks": []}


def test_deliveries_are_listed_and_sent_again(run: Run, data: Path, hook: dict[str, Any]) -> None:

    with opened(data) as services, services.store("verifier").transaction() as session:
        now, rng = services.clock(), services.rng
        register(session, VENUE, load_policy(POLICY), now=now)
        asked = Asked("perp-standard")
        request = open_session(session, "v", VENUE, asked, ["perp-default"], now=now, lifetime=300, rng=rng)
        outbox.announce(session, VENUE, request.session_id, EventType.ACCEPTED, now=now, rng=rng)
    (found,) = run("verifier", "webhook", "deliveries", *WHOSE, "--json").json["deliveries"]
    assert (found["state"], found["event"], found["session_id"]) == ("waiting", "session.accepted", request.session_id)
    assert found["delivery_id"] in run("verifier", "webhook", "deliveries", *WHOSE).out
    assert run("verifier", "webhook", "deliveries", *WHOSE, "--dead", "--json").json == {"deliveries": []}
    again = run("verifier", "webhook", "retry", found["delivery_id"], *WHOSE, "--json")
    assert again.json["delivery_id"] == found["delivery_id"]
    assert run("verifier", "webhook", "retry", found["delivery_id"], "--client", "other.example").code == 1
    assert run("verifier", "webhook", "retry", "unknown", *WHOSE).code == 1
