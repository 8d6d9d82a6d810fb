"""What crosses the seam to the network: a :class:`Request` goes in, a :class:`Response` comes out.

Nothing above this file knows how bytes travel, and nothing but the two protocols whether somebody waits for them or awaits
them. :mod:`credence.sdk.transport` sends them over HTTP; a test or a queue puts something else in its place. What an answer
means is read in :mod:`credence.sdk.answers`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from math import ceil
from typing import Final, Literal, Protocol

from credence.circuits.fields import Json

JSON: Final = "application/json"
PROBLEM: Final = "application/problem+json"
TEXT: Final = "text/plain"
HTML: Final = "text/html"
FORM: Final = "application/x-www-form-urlencoded"

_LONGEST: Final = timedelta(seconds=10_000_000)
"""A wait that nobody means."""


class Authorization(Protocol):
    """Says who sends a request, anew for each time that it is sent."""

    def headers(self, method: str, path: str) -> Mapping[str, str]:
        """The headers that say so. Secret."""
        ...


Auth = str | Authorization
"""An API key, or whatever else says who one is."""


@dataclass(frozen=True, slots=True)
class Request:
    """One call. ``body`` is JSON; ``auth`` and ``form`` are never printed.

    ``form`` makes the parameters of a URL-encoded body, others for each time that the request is sent. A request with an
    ``idempotency_key`` has its effect once, however often it is sent: the service answers a repetition as it did before.
    """

    method: Literal["GET", "POST", "PUT"]
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: Json | None = field(default=None, repr=False)
    auth: Auth | None = field(default=None, repr=False)
    accept: Literal["application/json", "text/plain", "text/html"] = JSON
    idempotency_key: str | None = field(default=None, repr=False)
    form: Callable[[], Mapping[str, str]] | None = field(default=None, repr=False)

    @property
    def api_key(self) -> str | None:
        """The API key, where one says who one is by such a key."""
        return self.auth if isinstance(self.auth, str) else None

    @property
    def repeatable(self) -> bool:
        """Whether sending it twice does no more than sending it once."""
        return self.method != "POST" or self.idempotency_key is not None or self.form is not None


@dataclass(frozen=True, slots=True)
class Response:
    """One answer. ``headers`` have lower-case names."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    @property
    def media_type(self) -> str:
        """The content type without its parameters, lower-case; empty where there is none."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def retry_after(self) -> int | None:
        """The seconds to wait, below four months, where the answer says when to come back.

        It may say a number of seconds, or a date (RFC 9110 section 10.2.3), which counts from the answer's own ``Date``: the
        clock of this machine has no say in it.
        """
        after = self.headers.get("retry-after", "")
        if after.isascii() and after.isdigit():
            return int(after) if len(after) < 8 else None
        then, now = _date(after), _date(self.headers.get("date", ""))
        if then is None or now is None or then - now >= _LONGEST:
            return None
        return max(0, ceil((then - now).total_seconds()))


def _date(text: str) -> datetime | None:
    """A date as HTTP writes it, in any of its three forms; None for anything else."""
    try:
        found = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)  # HTTP knows no other zone


class Transport(Protocol):
    """A way to one service."""

    def send(self, request: Request) -> Response:
        """The service's answer, whatever its status. Raises :class:`~credence.sdk.errors.TransportError` for none."""
        ...


class AsyncTransport(Protocol):
    """A way to one service, awaited."""

    async def send(self, request: Request) -> Response:
        """As :meth:`Transport.send`."""
        ...


__all__ = ["FORM", "JSON", "PROBLEM", "TEXT", "AsyncTransport", "Auth", "Authorization", "Request", "Response", "Transport"]
