"""Where spans go, as the operator has said; by default nowhere."""

from __future__ import annotations

from credence.circuits.encoding import Rng
from credence.service.errors import Misconfigured
from credence.service.telemetry.spans import NOWHERE, Spans


def open_spans(endpoint: str | None, *, version: str, rng: Rng) -> Spans:
    """Spans to the collector at ``endpoint``; nowhere without one. Each start of a process draws a number of its own.

    Raises :class:`Misconfigured` where the extra ``otlp`` is not installed.
    """
    if endpoint is None:
        return NOWHERE
    try:
        from credence.service.telemetry import export
    except ImportError as error:
        raise Misconfigured("CREDENCE_OTLP_ENDPOINT is set, and the extra is not installed: credence-kyc[otlp]") from error
    return Spans(export.provider(export.collector(endpoint), version=version, instance=rng(8).hex()))
