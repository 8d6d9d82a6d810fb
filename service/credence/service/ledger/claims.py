"""What a party's own records say is in the log, so that an audit misses what never came there.

An outbox row that is taken away before the log has seen it leaves no trace in log or outbox. The record it spoke of does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from sqlmodel import Session


@dataclass(frozen=True, slots=True)
class Claim:
    """A record's ``leaf``, and the leaf that its salt and content lead to, both 32 bytes."""

    leaf: bytes
    opened: bytes


UNREADABLE: Final = Claim(b"", b"")
"""The claim of a record that nobody can read any more: no outbox has such a leaf."""


Claims = Callable[[Session], Iterable[Claim]]
"""Every claim of a party, out of a reading transaction of its store."""


def nothing(_session: Session) -> Iterable[Claim]:
    """The claims of a party whose outbox is all that it has."""
    return ()
