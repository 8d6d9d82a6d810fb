"""Reading answers: JSON or text where the service succeeded, a typed error where it said no (RFC 9457 problem+json)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, NoReturn

from credence.sdk.errors import (
    AlreadyUsed,
    BadNonce,
    BadResponse,
    Conflict,
    Forbidden,
    InvalidRequest,
    NotFound,
    RateLimited,
    ServiceProblem,
    Unauthorized,
    Unavailable,
)
from credence.sdk.transport import JSON, PROBLEM, TEXT, Response


def read_json(response: Response) -> dict[str, Any]:
    """The JSON object of a successful answer.

    Raises the :class:`ServiceProblem` that an error answer stands for, :class:`BadResponse` for anything but one JSON
    object.
    """
    _raise_for_status(response)
    if response.media_type != JSON:
        raise BadResponse("The service's answer is not JSON.")
    return decode_json(response.body)


def read_text(response: Response) -> str:
    """The text of a successful ``text/plain`` answer. Raises as :func:`read_json`."""
    _raise_for_status(response)
    if response.media_type != TEXT:
        raise BadResponse("The service's answer is not plain text.")
    try:
        return response.body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadResponse("The service's answer is not UTF-8.") from error


def decode_json(data: bytes) -> dict[str, Any]:
    """One JSON object in UTF-8. Raises :class:`BadResponse`, also for repeated keys and numbers that JSON does not have."""
    try:
        value = json.loads(data.decode("utf-8"), object_pairs_hook=_distinct, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise BadResponse("The service's answer is not JSON.") from error
    if not isinstance(value, dict):
        raise BadResponse("The service's answer is not a JSON object.")
    return value


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found


def _no_constant(_: str) -> NoReturn:
    raise ValueError("no JSON number")


_BY_SLUG: Final[Mapping[str, type[ServiceProblem]]] = MappingProxyType(
    {
        "malformed": InvalidRequest,
        "unauthorized": Unauthorized,
        "forbidden": Forbidden,
        "not-found": NotFound,
        "conflict": Conflict,
        "bad-nonce": BadNonce,
        "already-used": AlreadyUsed,
        "rate-limited": RateLimited,
        "unavailable": Unavailable,
    }
)
_BY_STATUS: Final[Mapping[int, type[ServiceProblem]]] = MappingProxyType(
    {
        400: InvalidRequest,
        401: Unauthorized,
        403: Forbidden,
        404: NotFound,
        409: Conflict,
        429: RateLimited,
        503: Unavailable,
    }
)


def _raise_for_status(response: Response) -> None:
    if 200 <= response.status < 300:
        return
    if response.status < 400:
        raise BadResponse
    members: dict[str, Any] = {}
    if response.media_type in (PROBLEM, JSON):
        try:
            members = decode_json(response.body)
        except BadResponse:
            members = {}
    slug = re.split(r"[/:#]", _line(members, "type") or "")[-1] or "about:blank"
    kind = _BY_SLUG.get(slug) or _BY_STATUS.get(response.status) or ServiceProblem
    after = response.headers.get("retry-after", "")
    raise kind(
        slug=slug,
        status=response.status,
        title=_line(members, "title") or f"The service answered with status {response.status}.",
        detail=_line(members, "detail"),
        request_id=_line(members, "request_id") or _line(dict(response.headers), "x-request-id"),
        retry_after=int(after) if after.isascii() and after.isdigit() and len(after) < 8 else None,
    )


def _line(members: Mapping[str, Any], name: str) -> str | None:
    """A member that is one short line of text; what a stranger wrote otherwise does not reach a terminal or a log."""
    value = members.get(name)
    return value if isinstance(value, str) and 0 < len(value) <= 512 and value.isprintable() else None
