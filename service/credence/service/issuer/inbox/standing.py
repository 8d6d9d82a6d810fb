"""Where a vendor's result stands, and the port through which its messages are read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol, runtime_checkable

from credence.service.errors import Unauthorized

HeaderValues = Callable[[str], Sequence[str]]
"""Every value that a request gives for a header field, by its name."""


class Standing(StrEnum):
    """In the only order in which a result moves: messages overtake one another, and a late one undoes nothing."""

    PENDING = "pending"
    APPROVED = "approved"
    DECLINED = "declined"
    """Also after it was approved. What a vendor thinks better of later has a new number, or shows when it is fetched."""

    @property
    def earlier(self) -> tuple[Standing, ...]:
        """The standings that this one may follow."""
        return _ORDER[: _ORDER.index(self)]


_ORDER: Final = tuple(Standing)


@dataclass(frozen=True, slots=True)
class Notice:
    """What a message says: the vendor's own number, and where that stands. A hint, until the result is fetched."""

    reference: str
    standing: Standing


class NotSigned(Unauthorized):
    """A message that does not carry its vendor's signature, made lately: missing, malformed, wrong or stale alike."""

    default = "A valid signature of the vendor is required."


@runtime_checkable
class VendorMessages(Protocol):
    """How one vendor's messages are read. Safe for many threads."""

    def read_notice(self, headers: HeaderValues, body: bytes, now: int) -> Notice | None:
        """What a message says; None where it is about no result.

        Raises :class:`NotSigned`, and :class:`~credence.service.errors.InvalidRequest` for a signed message that is none.
        """
        ...
