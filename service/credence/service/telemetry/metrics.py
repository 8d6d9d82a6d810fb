"""The counters of one application, in a registry of its own: two applications in one process never share a number."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.registry import Collector

from credence.service.telemetry.catalogue import BY_NAME, METRICS, NONE, OTHER, Label, Metric

PREFIX: Final = "credence_"

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Reading:
    """A gauge's value at the moment of a scrape; ``metric`` is its name in the catalogue."""

    metric: str
    value: float
    labels: Mapping[str, str] = field(default_factory=dict)


Look = Callable[[], Iterable[Reading]]


class Metrics:
    """One method for each thing that is counted. Safe for many threads; none of them fails for a value it does not know.

    ``version`` is that of the code. A counter with one label begins at zero for each of its values.
    """

    def __init__(self, *, version: str = NONE) -> None:
        self.registry: Final = CollectorRegistry(auto_describe=False)
        self._values: Final[dict[Label, set[str]]] = {
            label: set(label.values or ()) for metric in METRICS for label in metric.labels
        }
        self._counters: Final = {m.name: self._counter(m) for m in METRICS if m.kind == "counter"}
        self._seconds: Final = self._histogram(BY_NAME["request_seconds"])
        self._batches: Final = self._histogram(BY_NAME["presentation_batch"])
        self._gauges: Final = _Gauges(self)
        self.registry.register(self._gauges)
        ProcessCollector(registry=self.registry)
        self.allow("version", (version,))
        self._engine = NONE
        self.watch(lambda: (Reading("build_info", 1, {"version": version, "engine": self._engine}),))

    # --- what is counted ---

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """A request was answered; ``route`` is the template, and ``status`` 0 for one that had no answer."""
        group = f"{status // 100}xx" if status else NONE
        self._count("requests", method=method, route=route, status=group)
        labels = self._known(BY_NAME["request_seconds"], {"method": method, "route": route})
        self._seconds.labels(*labels).observe(seconds)

    def decision(self, outcome: Literal["accepted", "denied", "malformed"], step: str = NONE) -> None:
        """A presentation was judged; ``step`` is the name of the step that refused it, in lower case."""
        self._count("decisions", outcome=outcome, step=step)

    def checked(self, size: int) -> None:
        """So many presentations were checked together."""
        self._batches.observe(size)

    def credential(self, outcome: Literal["issued", "repeated"]) -> None:
        """A credential was handed out."""
        self._count("credentials", outcome=outcome)

    def standing(self, outcome: Literal["issued", "repeated", "refused"]) -> None:
        """A standing was signed, handed out again, or its proof did not hold."""
        self._count("standings", outcome=outcome)

    def case(self, state: str) -> None:
        """A case came into ``state``."""
        self._count("cases", state=state)

    def erased(self, kind: Literal["case", "vendor-result", "decision", "conduct"], count: int) -> None:
        """``count`` of what was kept of somebody were erased, in their time or on request."""
        self._count("erased", count, kind=kind)

    def appended(self, count: int) -> None:
        """The log took ``count`` leaves."""
        self._count("ledger_appends", count)

    def retried(self) -> None:
        """A transaction is run again because another one was in the way."""
        self._count("database_retries")

    def limited(self, limit: str) -> None:
        """A limit refused a request; ``limit`` is its name in the code, made known by :meth:`allow`."""
        self._count("limit_refusals", limit=limit)

    def overloaded(self, count: int = 1) -> None:
        """Requests were refused because the process had too many at hand."""
        self._count("overload_refusals", count)

    def delivery(self, outcome: Literal["delivered", "failed", "dead"]) -> None:
        """One attempt at a webhook ended: it was taken, will be tried again, or was given up."""
        self._count("webhook_deliveries", outcome=outcome)

    def replayed(self) -> None:
        """A request was answered with what was answered before under the same idempotency key."""
        self._count("idempotent_replays")

    # --- how it is put together ---

    def runs_on(self, engine: str) -> None:
        """Which curve engine was loaded."""
        self._engine = engine

    def allow(self, label: Literal["route", "limit", "version"], values: Iterable[str]) -> None:
        """Makes values of an open label known. For names that stand in the code, never for anything that was sent."""
        for known in self._values:
            if known.name == label:
                self._values[known].update(values)

    def watch(self, look: Look) -> None:
        """Has ``look`` asked at every scrape. It may block; where it fails, the scrape goes on without its readings."""
        self._gauges.looks.append(look)

    def failed_reading(self) -> None:
        """A reading could not be taken."""
        self._count("scrape_failures")

    def text(self) -> bytes:
        """All of it, in the text format of Prometheus. May block."""
        return generate_latest(_Undated(self.registry))

    def known(self, metric: Metric) -> Mapping[str, frozenset[str]]:
        """The labels of ``metric``, each with all values that it can have."""
        return {label.name: frozenset(self._values[label] | {OTHER}) for label in metric.labels}

    def _known(self, metric: Metric, labels: Mapping[str, str]) -> list[str]:
        """The values in the order of the metric's labels. Raises :class:`KeyError` for a label that is left out."""
        given = [(label, labels[label.name]) for label in metric.labels]
        return [value if value in self._values[label] else OTHER for label, value in given]

    def _count(self, name: str, by: int = 1, /, **labels: str) -> None:
        counter = self._counters[name]
        (counter.labels(*self._known(BY_NAME[name], labels)) if labels else counter).inc(by)

    def _counter(self, metric: Metric) -> Counter:
        names = [label.name for label in metric.labels]
        counter = Counter(PREFIX + metric.name, metric.help, names, registry=self.registry)
        if len(metric.labels) == 1:
            for value in sorted(metric.labels[0].values or ()):
                counter.labels(value)
        return counter

    def _histogram(self, metric: Metric) -> Histogram:
        names = [label.name for label in metric.labels]
        return Histogram(PREFIX + metric.name, metric.help, names, buckets=metric.buckets, registry=self.registry)


class _Undated(Collector):
    """The same without ``_created``, which tells to the microsecond when each thing happened for the first time."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry

    def collect(self) -> Iterator[Family]:
        for family in self._registry.collect():
            family.samples = [sample for sample in family.samples if not sample.name.endswith("_created")]
            yield family


class _Gauges(Collector):
    """Asks whoever watches, at every scrape."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self.looks: list[Look] = []

    def collect(self) -> Iterator[Family]:
        families: dict[str, GaugeMetricFamily] = {}
        for look in self.looks:
            for reading in self._taken(look):
                metric = BY_NAME[reading.metric]
                names = [label.name for label in metric.labels]
                family = families.setdefault(metric.name, GaugeMetricFamily(PREFIX + metric.name, metric.help, labels=names))
                family.add_metric(self._metrics._known(metric, reading.labels), reading.value)
        yield from families.values()

    def _taken(self, look: Look) -> list[Reading]:
        try:
            return list(look())
        except Exception:  # noqa: BLE001 - a database that is down must not hide the other numbers
            self._metrics.failed_reading()
            return []
