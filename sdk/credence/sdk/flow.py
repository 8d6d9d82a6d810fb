"""A flow is a piece of protocol that needs a network and has none: written once, run by whoever waits or awaits.

A flow is a generator. It yields a :class:`Step`, is sent the response (or thrown the error of the way), and returns its
result; flows are put together with ``yield from``. :func:`run` drives one in the caller's thread. :func:`run_async` awaits
the network, and has everything between two steps (proving, verifying, sealing) done in a worker thread, so that the event
loop goes on.

Between two steps a flow cannot be interrupted. What it changes for good it changes there, so a flow that is cancelled leaves
behind either all of a change or nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Generator
from contextvars import copy_context
from dataclasses import dataclass
from functools import partial
from typing import Generic, TypeAlias, TypeVar

from credence.sdk.errors import TransportError
from credence.sdk.messages import AsyncTransport, Request, Response, Transport

W = TypeVar("W")
"""A way to a service: :class:`Transport` or :class:`AsyncTransport`."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Step(Generic[W]):
    """One request that has to go one way."""

    way: W
    request: Request


Flow: TypeAlias = Generator[Step[W], Response, T]


@dataclass(frozen=True, slots=True)
class _Done(Generic[T]):
    value: T


def run(flow: Flow[Transport, T]) -> T:
    """The flow's result. Raises what the flow raises."""
    with contextlib.closing(flow):
        given: Response | TransportError | None = None
        while True:
            at = _advance(flow, given)
            if isinstance(at, _Done):
                return at.value
            try:
                given = at.way.send(at.request)
            except TransportError as error:
                given = error


async def run_async(flow: Flow[AsyncTransport, T]) -> T:
    """The flow's result, awaited. Raises what the flow raises. Cancelled, it ends after the piece of work it is at."""
    with contextlib.closing(flow):
        given: Response | TransportError | None = None
        while True:
            at = await in_thread(partial(_advance, flow, given))
            if isinstance(at, _Done):
                return at.value
            try:
                given = await at.way.send(at.request)
            except TransportError as error:
                given = error


async def in_thread(work: Callable[[], T]) -> T:
    """What ``work`` returns, done in a worker thread. A thread cannot be stopped: a cancellation takes effect at its end."""
    # no task, since whoever ends a loop cancels all of its tasks, and this one's thread would go on unnoticed
    working = asyncio.get_running_loop().run_in_executor(None, copy_context().run, work)
    cancelled: asyncio.CancelledError | None = None
    while not working.done():
        try:
            await asyncio.wait([working])
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is None:
        return working.result()
    if not working.cancelled():
        working.exception()  # looked at, and given up with the rest
    raise cancelled


def _advance(flow: Flow[W, T], given: Response | TransportError | None) -> Step[W] | _Done[T]:
    """On to the next step, or to the end. A result is wrapped, since no future can hold a ``StopIteration``."""
    try:
        if given is None:
            return next(flow)
        return flow.send(given) if isinstance(given, Response) else flow.throw(given)
    except StopIteration as end:
        return _Done(end.value)
