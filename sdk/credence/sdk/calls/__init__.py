"""Every call of the service's HTTP interface as a value: what is sent, and how the answer is read.

No call here sends anything. A flow asks it (:func:`ask`); outside of a flow, :func:`perform` and :func:`perform_async` do.
Members of an answer that are not known here are ignored, so that the service
may add some; what is signed or hashed is read strictly by ``credence.circuits``.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Generic, TypeVar

from credence.circuits.encoding import Rng, b64u
from credence.circuits.errors import CircuitError
from credence.sdk.answers import read_json
from credence.sdk.errors import BadResponse, Unsendable
from credence.sdk.flow import Flow, Step, W, run, run_async
from credence.sdk.messages import AsyncTransport, Request, Response, Transport

T = TypeVar("T")

_SEGMENT: Final = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._~-]{0,127}")


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """``read`` raises :class:`~credence.sdk.errors.ServiceProblem` or :class:`~credence.sdk.errors.BadResponse`."""

    request: Request
    read: Callable[[Response], T]


def keyed(call: Call[T], rng: Rng) -> Call[T]:
    """The call with a fresh idempotency key where it has an effect and no key yet: sent twice, it has the effect once."""
    request = call.request
    if request.method == "GET" or request.form is not None or request.idempotency_key is not None:
        return call
    return replace(call, request=replace(request, idempotency_key=b64u(rng(16))))


def ask(way: W, call: Call[T]) -> Flow[W, T]:
    """Send and read. Raises :class:`~credence.sdk.errors.TransportError` or :class:`~credence.sdk.errors.ServiceProblem`."""
    return call.read((yield Step(way, call.request)))


def perform(transport: Transport, call: Call[T], *, rng: Rng = secrets.token_bytes) -> T:
    """One call, with an idempotency key where it has an effect. Raises as :func:`ask`."""
    return run(ask(transport, keyed(call, rng)))


async def perform_async(transport: AsyncTransport, call: Call[T], *, rng: Rng = secrets.token_bytes) -> T:
    """As :func:`perform`, awaited."""
    return await run_async(ask(transport, keyed(call, rng)))


def answer(read: Callable[[Mapping[str, Any]], T]) -> Callable[[Response], T]:
    """A reader of JSON answers from a reader of objects; what the latter cannot read becomes :class:`BadResponse`."""

    def read_answer(response: Response) -> T:
        members = read_json(response)
        try:
            return read(members)
        except CircuitError as error:
            raise BadResponse from error

    return read_answer


def about(name: str, identifier: str, read: Callable[[Mapping[str, Any]], T]) -> Callable[[Mapping[str, Any]], T]:
    """``read`` for an answer about one object: its member ``name`` is ``identifier``, or it is a :class:`BadResponse`.

    Else a service, or a cache on the way, could answer for one session with another one's decision.
    """

    def read_own(members: Mapping[str, Any]) -> T:
        if members.get(name) != identifier:
            raise BadResponse("The service answered about something else than was asked for.")
        return read(members)

    return read_own


def segment(identifier: str) -> str:
    """An identifier as one segment of a path. Raises :class:`Unsendable`: a stranger's id must not choose another path."""
    if not _SEGMENT.fullmatch(identifier):
        raise Unsendable("The identifier does not have the form of one.")
    return identifier


__all__ = ["Call", "about", "answer", "ask", "keyed", "perform", "perform_async", "segment"]
