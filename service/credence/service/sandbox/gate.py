"""Who is being served: everybody, or nobody while the sandbox is brought back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final

PATIENCE: Final = 3.0
"""Seconds that a reset waits for requests under way, some of which may be streams that do not end by themselves."""


class Gate:
    """For one event loop."""

    def __init__(self, patience: float = PATIENCE) -> None:
        self._patience: Final = patience
        self._inside = 0
        self._open: Final = asyncio.Event()
        self._empty: Final = asyncio.Event()
        self._one: Final = asyncio.Lock()
        self._open.set()
        self._empty.set()

    @asynccontextmanager
    async def passed(self) -> AsyncIterator[None]:
        """For the time of one request; waits while the gate is closed."""
        while not self._open.is_set():  # it may have been closed once more before this request had its turn
            await self._open.wait()
        self._inside += 1
        self._empty.clear()
        try:
            yield
        finally:
            self._inside -= 1
            if not self._inside:
                self._empty.set()

    @asynccontextmanager
    async def closed(self) -> AsyncIterator[None]:
        """Nobody passes meanwhile. What is under way may finish before, for ``patience`` seconds."""
        async with self._one:
            self._open.clear()
            try:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._empty.wait(), self._patience)
                yield
            finally:
                self._open.set()
