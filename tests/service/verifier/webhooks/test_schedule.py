"""Is a webhook tried eight times in a day, never all at once, and never sooner than its receiver wants?"""

from __future__ import annotations

from email.utils import formatdate

import pytest

from credence.service.verifier.webhooks.schedule import ATTEMPTS, LONGEST_WAIT, bound, next_attempt, read_retry_after
from tests.conftest import SeededBytes

NOW = 1_790_000_000


def test_the_schedule_that_is_documented() -> None:
    assert [bound(attempt) for attempt in range(1, ATTEMPTS)] == [15, 60, 240, 960, 3_840, 15_360, 61_440]
    assert sum(bound(attempt) for attempt in range(1, ATTEMPTS)) == 22 * 3_600 + 45 * 60 + 15


@pytest.mark.parametrize("attempt", range(1, ATTEMPTS))
def test_a_wait_is_drawn_evenly_from_the_whole(attempt: int, rng: SeededBytes) -> None:
    waits = [(next_attempt(attempt, now=NOW, rng=rng) or 0) - NOW for _ in range(400)]
    assert min(waits) >= 1
    assert max(waits) <= bound(attempt)
    assert 0.45 < sum(waits) / len(waits) / bound(attempt) < 0.58
    assert min(waits) < bound(attempt) / 8 + 1
    assert max(waits) > bound(attempt) * 7 / 8


def test_after_the_last_there_is_none(rng: SeededBytes) -> None:
    assert next_attempt(ATTEMPTS, now=NOW, rng=rng, retry_after=5) is None
    assert next_attempt(ATTEMPTS - 1, now=NOW, rng=rng) is not None


def test_a_receiver_is_left_alone_as_long_as_it_wants(rng: SeededBytes) -> None:
    assert next_attempt(1, now=NOW, rng=rng, retry_after=900) == NOW + 900
    assert next_attempt(1, now=NOW, rng=rng, retry_after=10**9) == NOW + LONGEST_WAIT
    assert (next_attempt(7, now=NOW, rng=lambda length: b"\xff" * length, retry_after=1) or 0) > NOW + 1


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        (None, None),
        ("0", 0),
        ("120", 120),
        ("9999999999", LONGEST_WAIT),
        (formatdate(NOW + 90, usegmt=True), 90),
        (formatdate(NOW - 90, usegmt=True), 0),
        ("Wed, 21 Oct 2026 07:28:00 -0000", 2_567_680),
        ("-1", None),
        ("1.5", None),
        ("soon", None),
        ("", None),
        ("\u0661", None),
        ("Wed, 99 Oct 2026 07:28:00 GMT", None),
        ("Wed, 21 Oct 99999999999 07:28:00 GMT", None),
        ("Wed, 21 Oct 2026 07:28:00 +99999999999999", None),
    ],
)
def test_the_header_is_a_number_or_a_date(text: str | None, seconds: int | None) -> None:
    assert read_retry_after(text, now=NOW) == seconds
