"""Every call of the service's HTTP interface as a value: what is sent, and how the answer is read.

No call here sends anything. A client hands ``call.request`` to its transport and the answer to ``call.read``; one that
awaits in between needs nothing else changed. Members of an answer that are not known here are ignored, so that the service
may add some; what is signed or hashed is read strictly by ``credence.circuits``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from credence.circuits.errors import CircuitError
from credence.sdk.answers import read_json
from credence.sdk.errors import BadResponse, Unsendable
from credence.sdk.transport import Request, Response, Transport

T = TypeVar("T")

_SEGMENT: Final = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._~-]{0,127}")


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """``read`` raises :class:`~credence.sdk.errors.ServiceProblem` or :class:`~credence.sdk.errors.BadResponse`."""

    request: Request
    read: Callable[[Response], T]


def perform(transport: Transport, call: Call[T]) -> T:
    """Send and read. Raises :class:`~credence.sdk.errors.TransportError` or :class:`~credence.sdk.errors.ServiceProblem`."""
    return call.read(transport.send(call.request))


def answer(read: Callable[[Mapping[str, Any]], T]) -> Callable[[Response], T]:
    """A reader of JSON answers from a reader of objects; what the latter cannot read becomes :class:`BadResponse`."""

    def read_answer(response: Response) -> T:
        members = read_json(response)
        try:
            return read(members)
        except CircuitError as error:
            raise BadResponse from error

    return read_answer


def segment(identifier: str) -> str:
    """An identifier as one segment of a path. Raises :class:`Unsendable`: a stranger's id must not choose another path."""
    if not _SEGMENT.fullmatch(identifier):
        raise Unsendable("The identifier does not have the form of one.")
    return identifier


__all__ = ["Call", "answer", "perform", "segment"]
