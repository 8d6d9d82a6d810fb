"""When a webhook is tried again, and when it is given up.

Eight attempts. After the first a wait of at most 15 seconds, then always four times as long: 1, 4 and 16 minutes, about 1, 4
and 17 hours; 22 hours and 45 minutes in all. How long it is really is drawn evenly from that (full jitter), so that what
failed together is not tried together again.
"""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from credence.circuits.encoding import Rng

ATTEMPTS: Final = 8
FIRST_WAIT: Final = 15
FACTOR: Final = 4
LONGEST_WAIT: Final = 86_400
"""A receiver that asks for more than a day gets a day."""


def bound(attempt: int) -> int:
    """The longest wait after failed attempt number ``attempt`` (1 to 7), in seconds."""
    return FIRST_WAIT * int(FACTOR ** (attempt - 1))


def next_attempt(attempt: int, *, now: int, rng: Rng, retry_after: int | None = None) -> int | None:
    """When to try again after failed attempt number ``attempt``, in unix seconds; None after the last one.

    ``retry_after`` is how long the receiver wants to be left alone, in seconds.
    """
    if attempt >= ATTEMPTS:
        return None
    drawn = 1 + int.from_bytes(rng(8), "big") % bound(attempt)
    return now + max(drawn, min(retry_after or 0, LONGEST_WAIT))


def read_retry_after(text: str | None, *, now: int) -> int | None:
    """Seconds, of the header's number or date (RFC 9110 section 10.2.3); None where there is none that can be read."""
    if text is None:
        return None
    if text.isascii() and text.isdigit():
        return int(text) if len(text) < 10 else LONGEST_WAIT
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError, TypeError, IndexError):  # the library's parser was not written for strangers
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0, int((moment - datetime.fromtimestamp(now, UTC)).total_seconds()))
