"""Whether a request is sent again, and when: where it is safe, where it may help, and while there is time.

Safe is what the service answers alike however often it comes: a GET, a PUT, whatever carries an ``Idempotency-Key``, and a
token request, whose assertion is another one each time. It may help where no answer came at all, where the service asks to
come back (429, 503), where something before it failed (502, 504), and where the first of two equal requests is still at work
(409 ``idempotency-in-progress``). Every other answer stands.

The waits grow twofold and are drawn evenly from zero up ("full jitter"), so that many clients that were turned away together
do not come back together; what the service asks for in ``Retry-After`` is added to. Where it asks for it in another
way than HTTP's two, or for four months, the answer stands: nobody comes back before they were told to.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from credence.circuits.encoding import Rng
from credence.sdk.answers import problem_slug
from credence.sdk.errors import TimedOut, TransportError, Unreachable
from credence.sdk.messages import Request, Response

IN_PROGRESS: Final = "idempotency-in-progress"

_PASSING: Final = frozenset({429, 502, 503, 504})

_DOUBLINGS: Final = 64
"""Beyond so many the wait is the longest in any case, and a number with a point soon cannot hold it."""


@dataclass(frozen=True, slots=True)
class Retries:
    """How often a request is sent at most, and in seconds how far the first wait and the longest may go.

    ``attempts=1`` sends once.
    """

    attempts: int = 4
    first: float = 0.25
    longest: float = 8.0


class Attempts:
    """The attempts at one request."""

    def __init__(self, request: Request, retries: Retries, rng: Rng) -> None:
        self._request = request
        self._retries = retries
        self._rng = rng
        self._made = 0

    def pause(self, outcome: Response | TransportError, left: float) -> float | None:
        """The seconds to wait before the request is sent again; None where what came of it stands.

        ``left`` are the seconds that the exchange has: a wait that would use them up is not begun.
        """
        self._made += 1
        if self._made >= self._retries.attempts or not self._request.repeatable or not _may_pass(outcome):
            return None
        asked = _asked_for(outcome)
        furthest = min(self._retries.longest, self._retries.first * 2.0 ** min(self._made - 1, _DOUBLINGS))
        seconds = asked + furthest * int.from_bytes(self._rng(4), "big") / 2**32
        return seconds if seconds < left else None


def _asked_for(outcome: Response | TransportError) -> float:
    """The least wait in seconds; without end where the service says one that cannot be read."""
    if isinstance(outcome, TransportError) or "retry-after" not in outcome.headers:
        return 0
    return math.inf if outcome.retry_after is None else outcome.retry_after


def _may_pass(outcome: Response | TransportError) -> bool:
    if isinstance(outcome, TransportError):
        return isinstance(outcome, Unreachable | TimedOut)
    return outcome.status in _PASSING or (outcome.status == 409 and problem_slug(outcome) == IN_PROGRESS)
