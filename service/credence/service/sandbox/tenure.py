"""One application from its start to its end, held by a task of its own: whoever starts it need not be who ends it."""

from __future__ import annotations

import asyncio
from typing import Final, Self

from fastapi import FastAPI


class Tenure:
    """An application that has started. Made by :meth:`begin`."""

    def __init__(self, app: FastAPI) -> None:
        self.app: Final = app
        self._leave: Final = asyncio.Event()
        self._started: Final = asyncio.Event()
        self._task: Final = asyncio.create_task(self._run(), name="sandbox")

    @classmethod
    async def begin(cls, app: FastAPI) -> Self:
        """Starts ``app``. Raises whatever its start raises."""
        tenure = cls(app)
        waiting = asyncio.create_task(tenure._started.wait())
        try:
            await asyncio.wait({tenure._task, waiting}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.cancel()
        if not tenure._started.is_set():
            await tenure._task
        return tenure

    async def end(self) -> None:
        """Stops it; returns when everything of it is closed."""
        self._leave.set()
        await self._task

    async def _run(self) -> None:
        async with self.app.router.lifespan_context(self.app):
            self._started.set()
            await self._leave.wait()
