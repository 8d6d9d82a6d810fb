"""How many streams a process keeps open, and when all of them end."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from credence.service.errors import Overloaded, RateLimited

LIMIT: Final = "event-streams"
"""The name of the limit of one client."""

_COME_BACK: Final = 5


class Places:
    """Places for ``most`` streams in this process, ``each`` of them for one client. For one event loop alone."""

    def __init__(self, most: int, each: int) -> None:
        self._most: Final = most
        self._each: Final = each
        self._taken: Final[Counter[str]] = Counter()
        self.closing: Final = asyncio.Event()
        """Set once every stream is to end."""

    @property
    def taken(self) -> int:
        """Streams that are open."""
        return self._taken.total()

    @contextmanager
    def taken_by(self, client_id: str) -> Iterator[None]:
        """A place as long as the block runs.

        Raises :class:`Overloaded` where there is none, or no more shall be, :class:`RateLimited` where the client has all of
        its own.
        """
        if self.closing.is_set() or self.taken >= self._most:
            raise Overloaded("The service keeps no more streams open at present.", retry_after=_COME_BACK)
        if self._taken[client_id] >= self._each:
            raise RateLimited(LIMIT, retry_after=_COME_BACK)
        self._taken[client_id] += 1
        try:
            yield
        finally:
            self._taken[client_id] -= 1
            if not self._taken[client_id]:
                del self._taken[client_id]

    def close(self) -> None:
        """Ends every stream soon, and lets none begin."""
        self.closing.set()
