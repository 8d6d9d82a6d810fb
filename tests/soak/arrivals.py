"""Cheap callers: requests that were written down before, over kept connections, in a closed loop or at a rate of their own.

They share the machine with the server that they measure, so each costs a few tens of microseconds and parses no more than a
status and a length.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter, deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from time import perf_counter
from typing import Final, Self, cast
from urllib.parse import urlsplit

TICK: Final = 0.005
CONNECTIONS: Final = 1_000
"""At the most; who finds none free counts as unsent."""

KEPT: Final = 4.0
"""Seconds after which a connection that nobody used is not used again: the server hangs up after five."""

_LENGTH: Final = re.compile(rb"\r\ncontent-length: (\d+)", re.I)
_RETRY: Final = re.compile(rb"\r\nretry-after: (\d+)", re.I)


@dataclass(slots=True)
class Job:
    """A request as it goes over the wire. ``mark`` stands in the body of the answer that it is for; ``kind`` is its name.

    One that is ``single`` is served once.
    """

    kind: str
    data: bytes = field(repr=False)
    mark: bytes
    single: bool = False


@dataclass
class Tally:
    """What came of one phase, which took ``seconds`` until the last answer; ``served`` and ``refused`` are times."""

    sent: int = 0
    seconds: float = 0.0
    statuses: Counter[int] = field(default_factory=Counter)
    served: dict[str, list[float]] = field(default_factory=dict)
    refused: list[float] = field(default_factory=list)
    wrong: Counter[str] = field(default_factory=Counter)

    def count(self, kind: str | None = None) -> int:
        """Requests that were served in time."""
        return sum(len(times) for name, times in self.served.items() if kind in (None, name))


class _Line(asyncio.Protocol):
    """One connection, one request at a time."""

    def __init__(self, crowd: Crowd) -> None:
        self._crowd = crowd
        self._read = b""
        self._due = -1
        self.job: Job | None = None
        self.began = 0.0
        self.used = perf_counter()
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def ask(self, job: Job) -> None:
        self.job, self.began, self._read, self._due = job, perf_counter(), b"", -1
        assert self.transport is not None
        self.transport.write(job.data)

    def data_received(self, data: bytes) -> None:
        self._read += data
        if self._due < 0:
            end = self._read.find(b"\r\n\r\n")
            if end < 0:
                return
            length = _LENGTH.search(self._read, 0, end)
            self._due = end + 4 + (int(length[1]) if length else 0)
        if len(self._read) >= self._due:
            job, answer, self.job, self.used = self.job, self._read, None, perf_counter()
            assert job is not None
            self._crowd.answered(self, job, answer, perf_counter() - self.began)

    def connection_lost(self, error: Exception | None) -> None:
        self._crowd.lost(self)


class Crowd:
    """Callers of one server. A job that is refused goes back to where it came from, as a wallet that tries again."""

    def __init__(self, url: str, jobs: dict[str, deque[Job]], *, patience: float) -> None:
        parts = urlsplit(url)
        self._where: Final = (str(parts.hostname), int(parts.port or 0))
        self._jobs: Final = jobs
        self._patience: Final = patience
        self._idle: Final[list[_Line]] = []
        self._lines: Final[set[_Line]] = set()
        self.tally = Tally()
        self._busy = 0
        self._quiet: Final = asyncio.Event()
        self._quiet.set()
        self._next: Callable[[_Line], None] = self._idle.append

    async def connected(self, count: int) -> Self:
        """With so many more connections."""
        loop = asyncio.get_running_loop()
        for _ in range(count):
            _, line = await loop.create_connection(lambda: _Line(self), *self._where)
            self._lines.add(line)
            self._idle.append(line)
        return self

    async def closed_loop(self, kind: str, *, lines: int, seconds: float) -> Tally:
        """Each of ``lines`` asks as soon as it was answered."""
        began = perf_counter()
        self.tally, end = Tally(), began + seconds

        def again(line: _Line) -> None:
            if perf_counter() < end and self._jobs[kind]:
                self._ask(line, kind)
            else:
                self._idle.append(line)

        self._next = again
        for line in [await self._line() for _ in range(lines)]:
            again(line)
        await self._settled(seconds)
        self.tally.seconds = perf_counter() - began
        return self.tally

    async def open_loop(self, rates: dict[str, float], *, seconds: float) -> Tally:
        """Requests of each kind come at a rate, whatever became of those before."""
        self.tally, began, sent = Tally(), perf_counter(), dict.fromkeys(rates, 0)
        self._next = self._idle.append
        while (passed := perf_counter() - began) < seconds:
            for kind, rate in rates.items():
                for _ in range(int(rate * passed) - sent[kind]):
                    sent[kind] += 1
                    await self._come(kind)
            await asyncio.sleep(TICK)
        await self._settled(0)
        self.tally.seconds = perf_counter() - began
        return self.tally

    async def _come(self, kind: str) -> None:
        if not self._jobs[kind] or (not self._idle and len(self._lines) >= CONNECTIONS):
            self.tally.wrong["no caller left" if self._jobs[kind] else "no work left"] += 1
            return
        self._ask(await self._line(), kind)

    async def _line(self) -> _Line:
        """A connection that the server is not about to end."""
        while self._idle:
            line = self._idle.pop()
            if perf_counter() - line.used < KEPT:
                return line
            self._lines.discard(line)
            assert line.transport is not None
            line.transport.abort()
        await self.connected(1)
        return self._idle.pop()

    def _ask(self, line: _Line, kind: str) -> None:
        self.tally.sent += 1
        self._busy += 1
        self._quiet.clear()
        line.ask(self._jobs[kind].popleft())

    async def _settled(self, seconds: float) -> None:
        """Until everybody has an answer, or their patience is over twice."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._quiet.wait(), seconds + 2 * self._patience)
        self.tally.wrong["no answer"] += sum(1 for line in self._lines if line.job)
        self.tally.wrong += Counter()  # drops zeros

    def answered(self, line: _Line, job: Job, answer: bytes, seconds: float) -> None:
        status = int(answer[9:12])
        self.tally.statuses[status] += 1
        if status in (429, 503) or not job.single:
            self._jobs[job.kind].append(job)
        if status // 100 == 2 and job.mark in answer:
            if seconds <= self._patience:
                self.tally.served.setdefault(job.kind, []).append(seconds)
            else:
                self.tally.wrong["late"] += 1
        elif status in (429, 503):
            self.tally.refused.append(seconds)
            if not _RETRY.search(answer):
                self.tally.wrong["without Retry-After"] += 1
        else:
            self.tally.wrong[f"status {status}"] += 1
        self._next(line)
        self._done()

    def lost(self, line: _Line) -> None:
        self._lines.discard(line)
        if line in self._idle:
            self._idle.remove(line)
        if line.job is not None:
            self.tally.wrong["connection lost"] += 1
            self._done()

    def _done(self) -> None:
        self._busy -= 1
        if not self._busy:
            self._quiet.set()

    def close(self) -> None:
        """Hangs up."""
        for line in list(self._lines):
            assert line.transport is not None
            line.transport.abort()
