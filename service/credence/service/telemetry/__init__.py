"""Telemetry: numbers and spans that tell how the service does, and of nobody whom it serves.

Every metric stands in one table (:mod:`~credence.service.telemetry.catalogue`), and each of its labels has a closed set of
values: what is not in the set is counted as ``other``, so that nothing a caller sends can become a label. Spans carry the
attributes of an allow-list and begin a trace of their own, whatever a caller claims.
"""

from __future__ import annotations

from credence.service.telemetry.metrics import Metrics, Reading
from credence.service.telemetry.opening import open_spans
from credence.service.telemetry.spans import NOWHERE, Spans

__all__ = ["NOWHERE", "Metrics", "Reading", "Spans", "open_spans"]
