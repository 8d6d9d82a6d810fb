"""Does the service count what it does, under labels that nobody who calls it can choose?"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from credence.service.app import create_app
from credence.service.app.readings import install
from credence.service.settings import Settings
from credence.service.store import Contended, Store
from credence.service.telemetry import Metrics, Reading
from tests.service.conftest import Running
from tests.service.test_app import ready, wait_until

CANARY = "canary7f3a"
PARTIES = ("issuer", "verifier", "log", "auth")
SAMPLE = re.compile(r"^(?P<name>\w+)(?:\{(?P<labels>.*)\})? (?P<value>\S+)$")


def samples(metrics: Metrics) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """Every sample by its name and labels, as a scraper reads it."""
    found = {}
    for line in metrics.text().decode().splitlines():
        if line and not line.startswith("#"):
            match = SAMPLE.match(line)
            assert match, line
            labels = re.findall(r'(\w+)="([^"]*)"', match["labels"] or "")
            found[match["name"], frozenset(labels)] = float(match["value"])
    return found


def value(metrics: Metrics, name: str, **labels: str) -> float:
    return samples(metrics).get((name, frozenset(labels.items())), 0)


def test_a_request_is_counted_under_its_template() -> None:
    metrics = Metrics()
    metrics.allow("route", ["/things/{id}"])
    metrics.request("GET", "/things/{id}", 204, 0.003)
    assert value(metrics, "credence_requests_total", method="GET", route="/things/{id}", status="2xx") == 1
    assert value(metrics, "credence_request_seconds_count", method="GET", route="/things/{id}") == 1
    assert value(metrics, "credence_request_seconds_bucket", method="GET", route="/things/{id}", le="0.002") == 0
    assert value(metrics, "credence_request_seconds_bucket", method="GET", route="/things/{id}", le="0.005") == 1


def test_a_value_that_nobody_declared_is_other() -> None:
    metrics = Metrics()
    metrics.request(CANARY, f"/{CANARY}", 200, 0.1)
    metrics.decision(CANARY, CANARY)  # type: ignore[arg-type] - a mistake that a checker would find
    metrics.case(CANARY)
    metrics.limited(CANARY)
    metrics.runs_on(CANARY)
    assert CANARY not in metrics.text().decode()
    assert value(metrics, "credence_requests_total", method="other", route="other", status="2xx") == 1
    assert value(metrics, "credence_cases_total", state="other") == 1


@pytest.mark.parametrize(
    ("count", "name", "labels"),
    [
        (lambda m: m.decision("denied", "pairing"), "decisions_total", {"outcome": "denied", "step": "pairing"}),
        (lambda m: m.credential("repeated"), "credentials_total", {"outcome": "repeated"}),
        (lambda m: m.standing("refused"), "standings_total", {"outcome": "refused"}),
        (lambda m: m.case("review"), "cases_total", {"state": "review"}),
        (lambda m: m.appended(1), "ledger_appends_total", {}),
        (lambda m: m.retried(), "database_retries_total", {}),
        (lambda m: m.overloaded(), "overload_refusals_total", {}),
        (lambda m: m.delivery("dead"), "webhook_deliveries_total", {"outcome": "dead"}),
        (lambda m: m.replayed(), "idempotent_replays_total", {}),
    ],
)
def test_each_thing_has_its_counter(count: Callable[[Metrics], None], name: str, labels: dict[str, str]) -> None:
    metrics = Metrics()
    before = samples(metrics)
    count(metrics)
    changed = {
        key for key, number in samples(metrics).items() if number != before.get(key) and key[0].startswith("credence")
    }
    assert changed == {(f"credence_{name}", frozenset(labels.items()))}
    assert value(metrics, f"credence_{name}", **labels) == 1


def test_nothing_tells_when_something_happened_first() -> None:
    metrics = Metrics()
    metrics.decision("denied", "pairing")
    assert not [name for name, _ in samples(metrics) if name.endswith("_created")]


def test_a_reading_that_fails_hides_no_other() -> None:
    metrics = Metrics()

    def down() -> list[Reading]:
        raise OSError(CANARY)

    metrics.watch(down)
    metrics.watch(lambda: [Reading("outbox_depth", 7, {"party": "issuer"}), Reading("ledger_entries", 3)])
    assert value(metrics, "credence_outbox_depth", party="issuer") == 7
    assert value(metrics, "credence_ledger_entries") == 3
    assert value(metrics, "credence_scrape_failures_total") == 2, "a scrape tells of those before it"
    assert CANARY not in metrics.text().decode()


def test_two_applications_share_no_number() -> None:
    first, second = Metrics(), Metrics()
    first.replayed()
    assert (value(first, "credence_idempotent_replays_total"), value(second, "credence_idempotent_replays_total")) == (1, 0)


# --- a whole application ---


@pytest.fixture
def whole(started: Callable[..., Running]) -> Running:
    running = started(PARTIES)
    ready(running)
    return running


def test_an_application_counts_its_requests_by_template(whole: Running) -> None:
    metrics = whole.services.metrics
    whole.client.get(f"/v1/verifier/sessions/{CANARY}/request")
    whole.client.get(f"/{CANARY}", headers={"user-agent": CANARY, "x-request-id": CANARY})
    whole.client.request(CANARY, "/healthz")
    whole.client.get(f"/problems/bad-nonce?{CANARY}={CANARY}")
    assert CANARY not in metrics.text().decode()
    template = "/v1/verifier/sessions/{session_id}/request"
    assert value(metrics, "credence_requests_total", method="GET", route=template, status="4xx") == 1
    assert value(metrics, "credence_requests_total", method="GET", route="none", status="4xx") == 1
    routes = {dict(labels).get("route") for _, labels in samples(metrics)}
    assert "other" not in routes, "a route of the application was not made known"


def test_every_route_of_the_document_is_known(whole: Running) -> None:
    from credence.service.telemetry.catalogue import BY_NAME

    known = whole.services.metrics.known(BY_NAME["requests"])["route"]
    assert set(whole.client.get("/openapi.json").json()["paths"]) <= known


def test_the_log_is_read_when_it_is_asked_for(whole: Running) -> None:
    metrics = whole.services.metrics
    # the issuer's document, the first checkpoint of its accumulator, the first version of the tariff, the verifier's rules
    wait_until(lambda: value(metrics, "credence_ledger_entries") == 4)
    assert value(metrics, "credence_ledger_appends_total") == 4
    whole.app.state.sequencing.stop()
    whole.clock.forward(90)
    assert 90 <= value(metrics, "credence_ledger_checkpoint_age_seconds") < 180
    assert ("credence_outbox_depth", frozenset({("party", "verifier")})) in samples(metrics)
    labels = frozenset({("version", whole.app.version), ("engine", "native")})
    assert samples(metrics)["credence_build_info", labels] == 1


def test_an_application_that_has_not_started_has_nothing_to_read(installed: Settings) -> None:
    app = create_app(installed, parties=["log"])
    assert ("credence_ledger_entries", frozenset()) not in samples(app.state.metrics)
    with TestClient(app):
        assert ("credence_ledger_entries", frozenset()) in samples(app.state.metrics)


def test_metrics_are_no_route(whole: Running) -> None:
    for path in ("/metrics", "/metrics/", "/v1/metrics"):
        assert whole.client.get(path).status_code == 404
    assert "credence_requests" not in whole.client.get("/metrics").text


def test_an_attempt_after_the_first_is_counted(tmp_path: Path) -> None:
    metrics = Metrics()
    store = Store(f"sqlite:///{tmp_path / 'one.sqlite3'}", pause=lambda _seconds: None, retried=metrics.retried)
    attempts: list[int] = []

    def unlucky(_session: Any) -> None:
        attempts.append(1)
        if len(attempts) < 3:
            raise Contended

    store.run(unlucky)
    assert value(metrics, "credence_database_retries_total") == len(attempts) - 1 == 2
    store.close()


def test_installing_reads_from_the_application_alone() -> None:
    from fastapi import FastAPI

    metrics = Metrics()
    install(FastAPI(openapi_url=None), metrics)
    assert value(metrics, "credence_scrape_failures_total") == 0
