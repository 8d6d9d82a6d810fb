"""Can a metric tell of a person? Every label and every value that it can have stands here, and none comes from a request."""

from __future__ import annotations

import re

from credence.circuits.errors import Step
from credence.service.app import create_app
from credence.service.issuer.cases import CaseState
from credence.service.settings import Settings
from credence.service.telemetry import Metrics
from credence.service.telemetry.catalogue import METRICS, OTHER
from credence.service.telemetry.export import ALLOWED
from tests.house.tree import code_files, imports, relative

STEPS = {"none", "shape", "context", "decode", "instance", "challenge", "pairing", "state", "receipt"}
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}

# metric -> label -> its values; None where the code of the application names them (routes, limits, the version).
LABELS: dict[str, dict[str, set[str] | None]] = {
    "requests": {"method": METHODS, "route": None, "status": {"1xx", "2xx", "3xx", "4xx", "5xx", "none"}},
    "request_seconds": {"method": METHODS, "route": None},
    "decisions": {"outcome": {"accepted", "denied", "malformed"}, "step": STEPS},
    "presentation_batch": {},
    "credentials": {"outcome": {"issued", "repeated"}},
    "standings": {"outcome": {"issued", "repeated", "refused"}},
    "cases": {"state": {"approved", "review", "declined", "issued"}},
    "erased": {"kind": {"case", "vendor-result", "decision", "conduct"}},
    "ledger_appends": {},
    "ledger_entries": {},
    "ledger_checkpoint_age_seconds": {},
    "ledger_lag_seconds": {},
    "outbox_depth": {"party": {"issuer", "verifier", "auth"}},
    "database_retries": {},
    "limit_refusals": {"limit": None},
    "overload_refusals": {},
    "webhook_deliveries": {"outcome": {"delivered", "failed", "dead"}},
    "idempotent_replays": {},
    "build_info": {"version": None, "engine": {"native", "reference", "none"}},
    "scrape_failures": {},
}
TEMPLATE = re.compile(r"/[a-z0-9._/-]*(\{[a-z_]+\}[a-z0-9._/-]*)*")


def test_every_metric_and_label_is_listed_here() -> None:
    found = {
        metric.name: {label.name: None if label.values is None else set(label.values) for label in metric.labels}
        for metric in METRICS
    }
    assert found == LABELS


def test_the_values_are_those_of_the_code() -> None:
    assert STEPS - {"none"} == {step.name.lower() for step in Step}
    states = LABELS["cases"]["state"]
    assert states is not None
    assert states | {"received", "verified", "screened"} == {state.value for state in CaseState}, "a case rests in four"


def test_the_open_labels_of_an_application_are_words_of_its_code() -> None:
    metrics: Metrics = create_app(Settings.load()).state.metrics
    open_values = {
        label: values
        for metric in METRICS
        for label, values in metrics.known(metric).items()
        if LABELS[metric.name][label] is None
    }
    assert all(TEMPLATE.fullmatch(route) for route in open_values["route"] - {"none", OTHER})
    assert len(open_values["route"]) < 100
    assert all(re.fullmatch(r"[a-z][a-z-]{1,31}", limit) for limit in open_values["limit"])
    assert len(open_values["limit"]) < 20
    assert len(open_values["version"]) == 2


def test_metrics_and_spans_are_made_in_one_place() -> None:
    found = []
    for path in code_files():
        module = relative(path).removesuffix(".py").rpartition("credence/service/")[2]
        names = {name.split(".")[0] for name, _ in imports(path)}
        if "prometheus_client" in names and module != "telemetry/metrics":
            found.append(f"{module} makes metrics")
        if "opentelemetry" in names and not module.startswith("telemetry/"):
            found.append(f"{module} makes spans, which Spans.step times")
    assert not found


def test_no_attribute_of_a_span_could_hold_input() -> None:
    assert {"http.request.method", "http.response.status_code", "http.route", "error.type", "credence.count"} == ALLOWED
