"""The one table of metrics: name, kind, labels, and every value that a label can have.

Two labels get their values from the application that is put together, ``route`` and ``limit``: the templates of its routes
and the names of its limits, both written in the code. None is ever taken from a request.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

from credence.circuits.errors import Step

OTHER: Final = "other"
"""What a value outside a label's set is counted as."""

NONE: Final = "none"

SECONDS: Final = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Buckets of a histogram of times; a verification takes some tens of milliseconds."""

Kind = Literal["counter", "gauge", "histogram"]


@dataclass(frozen=True, slots=True)
class Label:
    """``values`` are all that there are, beside ``other``; None where the application names them when it is made."""

    name: str
    values: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric, without the prefix ``credence_``; of a counter also without the suffix ``_total``.

    ``buckets`` are for a histogram.
    """

    name: str
    kind: Kind
    help: str
    labels: tuple[Label, ...] = ()
    buckets: tuple[float, ...] = SECONDS


def _label(name: str, *values: str) -> Label:
    return Label(name, frozenset(values))


ROUTE: Final = Label("route", None)
LIMIT: Final = Label("limit", None)
METHOD: Final = _label("method", "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
STATUS: Final = _label("status", "1xx", "2xx", "3xx", "4xx", "5xx", NONE)
DECISION: Final = _label("outcome", "accepted", "denied", "malformed")
STEP: Final = _label("step", NONE, *(step.name.lower() for step in Step))
ISSUANCE: Final = _label("outcome", "issued", "repeated")
RENEWAL: Final = _label("outcome", "issued", "repeated", "refused")
CASE: Final = _label("state", "approved", "review", "declined", "issued")
ERASED: Final = _label("kind", "case", "vendor-result", "decision", "conduct")
PARTY: Final = _label("party", "issuer", "verifier", "auth")
DELIVERY: Final = _label("outcome", "delivered", "failed", "dead")
ENGINE: Final = _label("engine", "native", "reference", NONE)

METRICS: Final = (
    Metric("requests", "counter", "Requests answered; route is the template, or none.", (METHOD, ROUTE, STATUS)),
    Metric("request_seconds", "histogram", "Time from the request's head to the end of the answer.", (METHOD, ROUTE)),
    Metric("decisions", "counter", "Presentations judged, and the step that refused.", (DECISION, STEP)),
    Metric("presentation_batch", "histogram", "Presentations checked together.", buckets=(1, 2, 4, 8, 16, 32)),
    Metric("credentials", "counter", "Credentials handed out: new, or the same bytes again.", (ISSUANCE,)),
    Metric("standings", "counter", "Standings signed: new, the same bytes again, or a proof refused.", (RENEWAL,)),
    Metric("cases", "counter", "Cases that came into a state.", (CASE,)),
    Metric("erased", "counter", "What was kept of somebody and is erased, in its time or on request.", (ERASED,)),
    Metric("ledger_appends", "counter", "Leaves that this process took into the log."),
    Metric("ledger_entries", "gauge", "Entries of the newest signed checkpoint."),
    Metric("ledger_checkpoint_age_seconds", "gauge", "Age of the newest signed checkpoint, which is stamped by the minute."),
    Metric("ledger_lag_seconds", "gauge", "Time since this process last brought the log up to date."),
    Metric("outbox_depth", "gauge", "Leaves that a party has posted and the log has not taken.", (PARTY,)),
    Metric("database_retries", "counter", "Transactions run again because another one was in the way."),
    Metric("limit_refusals", "counter", "Requests refused by a limit.", (LIMIT,)),
    Metric("overload_refusals", "counter", "Requests refused because the process had too many at hand."),
    Metric("webhook_deliveries", "counter", "Attempts to deliver a webhook.", (DELIVERY,)),
    Metric("idempotent_replays", "counter", "Requests answered with what was answered before."),
    Metric("build_info", "gauge", "1; the version and the curve engine of this process.", (Label("version", None), ENGINE)),
    Metric("scrape_failures", "counter", "Readings that could not be taken for a scrape."),
)

BY_NAME: Final = MappingProxyType({metric.name: metric for metric in METRICS})
