"""Engines are loaded once the process answers, so that no request waits for them, and a start does not either."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import perf_counter

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool

from credence.service.logs import logger
from credence.service.reputation.desk import Desk


@asynccontextmanager
async def warming(app: FastAPI, wanted: bool) -> AsyncIterator[None]:
    """Loads what reputation computes with, beside the block, in a process that answers for it.

    A stop waits for it: a second or two at the most, and only of a process that has just started.
    """
    desk = getattr(app.state, "reputation", None)
    if not wanted or not isinstance(desk, Desk):
        yield
        return
    task = asyncio.create_task(_warmed(desk), name="warming")
    try:
        yield
    finally:
        await task


async def _warmed(desk: Desk) -> None:
    started = perf_counter()
    try:
        await run_in_threadpool(desk.warm)
    except Exception as error:  # noqa: BLE001 - the first report tries again, and answers for it
        logger().warning("reputation.not-warm", error=type(error).__name__)
    else:
        logger().info("reputation.warm", duration_ms=round(1000 * (perf_counter() - started)))
