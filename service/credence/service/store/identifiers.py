"""UUIDv7 (RFC 9562 section 5.7): identifiers that sort by the time they were made.

They tell that time to whoever sees them. What must not tell its time takes random bytes instead.
"""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID


def uuid7(now: int, rng: Callable[[int], bytes]) -> UUID:
    """An identifier made at ``now`` (unix seconds), with 74 random bits. The millisecond is left at zero."""
    random = int.from_bytes(rng(10), "big")
    value = (now * 1000 & (1 << 48) - 1) << 80
    value |= 7 << 76 | (random >> 62 & 0xFFF) << 64
    value |= 0b10 << 62 | random & (1 << 62) - 1
    return UUID(int=value)
