"""Why a report is not made. Whoever only answers for it needs no engine."""

from __future__ import annotations

from credence.service.errors import InvalidRequest


class ReportRefused(InvalidRequest):
    """A report that is not made; ``reason`` says what is missing and repeats nothing of what was reported."""
