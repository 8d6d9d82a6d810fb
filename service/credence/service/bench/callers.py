"""Callers who wait for each answer and then ask again, over connections that they keep.

They share the machine with the service that they measure, so that each does no more than write bytes that were made before
and find the status and the length of the answer.
"""

from __future__ import annotations

import asyncio
import re
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from statistics import quantiles
from time import perf_counter
from typing import Final

_STATUS: Final = slice(9, 12)
_LENGTH: Final = re.compile(rb"\r\ncontent-length: (\d+)\r\n", re.IGNORECASE)
_END: Final = b"\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Call:
    """A request as it goes over the wire. ``mark`` stands in the answer that it is for."""

    data: bytes = field(repr=False)
    mark: bytes


@dataclass
class Tally:
    """What came of a round. ``times`` are seconds, one for each answer that was the right one."""

    sent: int = 0
    seconds: float = 0.0
    times: list[float] = field(default_factory=list)

    @property
    def errors(self) -> int:
        """Requests that were answered with something else, or not at all."""
        return self.sent - len(self.times)

    @property
    def per_second(self) -> float:
        """Right answers in a second."""
        return len(self.times) / self.seconds if self.seconds else 0.0

    def percentile_ms(self, percent: int) -> float:
        """Milliseconds in which so many of a hundred right answers came; 0 for none."""
        if len(self.times) < 2:
            return 1000 * sum(self.times)
        return 1000 * quantiles(self.times, n=100, method="inclusive")[percent - 1]


def post(path: str, body: bytes, mark: bytes) -> Call:
    """A POST of JSON."""
    head = (
        f"POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    return Call(head.encode() + body, mark)


def call_all(host: str, port: int, calls: Iterable[Call], *, clients: int, patience: float) -> Tally:
    """Has ``clients`` make the calls, each the next one that is left; returns after ``patience`` seconds at the latest."""
    return asyncio.run(_called(host, port, deque(calls), clients, patience))


async def _called(host: str, port: int, calls: deque[Call], clients: int, patience: float) -> Tally:
    tally = Tally()
    lines = [await asyncio.open_connection(host, port) for _ in range(clients)]
    began = perf_counter()
    tasks = [asyncio.create_task(_call(calls, tally, *line)) for line in lines]
    _, late = await asyncio.wait(tasks, timeout=patience)
    tally.seconds = perf_counter() - began
    for task in late:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    tally.sent += len(calls)  # nobody was left to make them
    for _, writer in lines:
        writer.close()
    return tally


async def _call(calls: deque[Call], tally: Tally, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while calls:
        call = calls.popleft()
        tally.sent += 1
        began = perf_counter()
        writer.write(call.data)
        head = await reader.readuntil(_END)
        length = _LENGTH.search(head)
        body = await reader.readexactly(int(length[1]) if length else 0)
        if head[_STATUS] == b"200" and call.mark in body:
            tally.times.append(perf_counter() - began)
