"""Problems: every error leaves the service as RFC 9457 ``application/problem+json``, from one table, and echoes nothing.

Two ASGI layers stand before the routes. :class:`Guard` numbers the request, logs one line about it and turns an unforeseen
exception into an opaque 500; :class:`Door` reads the body within its limit and refuses what is not strict JSON.
"""

from __future__ import annotations

from credence.service.problems.answers import PROBLEM, answer_error, install, problem_response
from credence.service.problems.catalogue import PAGES, Page, Retry
from credence.service.problems.guard import request_id
from credence.service.problems.table import EVERY, ROWS, Problem, explain, row_of

__all__ = [
    "EVERY",
    "PAGES",
    "PROBLEM",
    "ROWS",
    "Page",
    "Problem",
    "Retry",
    "answer_error",
    "explain",
    "install",
    "problem_response",
    "request_id",
    "row_of",
]
