"""Reading answers: JSON or text where the service succeeded, a typed error where it said no (RFC 9457 problem+json)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, NoReturn

from credence.circuits.fields import unrepeated
from credence.sdk.errors import (
    AlreadyUsed,
    BadNonce,
    BadResponse,
    Conflict,
    CredentialSuspended,
    Erased,
    Forbidden,
    FourEyesRequired,
    InProgress,
    InvalidRequest,
    KeyReused,
    NotFound,
    PolicyVersionExists,
    ProposalOpen,
    RateLimited,
    RequestRefused,
    ResetRefused,
    Retained,
    ServiceFailed,
    ServiceProblem,
    Unauthorized,
    Unavailable,
)
from credence.sdk.messages import HTML, JSON, PROBLEM, TEXT, Response
from credence.sdk.refusals import RenewalRefused


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
    return _text(response, TEXT, "plain text")


def read_html(response: Response) -> str:
    """The text of a successful ``text/html`` answer. Raises as :func:`read_json`."""
    return _text(response, HTML, "HTML")


def _text(response: Response, media_type: str, words: str) -> str:
    _raise_for_status(response)
    if response.media_type != media_type:
        raise BadResponse(f"The service's answer is not {words}.")
    try:
        return response.body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadResponse("The service's answer is not UTF-8.") from error


def decode_json(data: bytes) -> dict[str, Any]:
    """One JSON object in UTF-8. Raises :class:`BadResponse`, also for repeated keys and numbers that JSON does not have."""
    try:
        value = json.loads(data.decode("utf-8"), object_pairs_hook=unrepeated, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise BadResponse("The service's answer is not JSON.") from error
    if not isinstance(value, dict):
        raise BadResponse("The service's answer is not a JSON object.")
    return value


def _no_constant(_: str) -> NoReturn:
    raise ValueError("no JSON number")


_BY_SLUG: Final[Mapping[str, type[ServiceProblem]]] = MappingProxyType(
    {
        "malformed": InvalidRequest,
        "method-not-allowed": RequestRefused,
        "too-large": RequestRefused,
        "unsupported-media-type": RequestRefused,
        "unauthorized": Unauthorized,
        "forbidden": Forbidden,
        "not-found": NotFound,
        "conflict": Conflict,
        "policy-version-exists": PolicyVersionExists,
        "four-eyes-required": FourEyesRequired,
        "proposal-open": ProposalOpen,
        "retained": Retained,
        "erased": Erased,
        "reset-refused": ResetRefused,
        "credential-suspended": CredentialSuspended,
        "bad-nonce": BadNonce,
        "renewal-refused": RenewalRefused,
        "already-used": AlreadyUsed,
        "idempotency-in-progress": InProgress,
        "idempotency-key-reused": KeyReused,
        "rate-limited": RateLimited,
        "unavailable": Unavailable,
        "overloaded": Unavailable,
        "internal": ServiceFailed,
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
        502: Unavailable,
        503: Unavailable,
        504: Unavailable,
    }
)


def problem_slug(response: Response) -> str:
    """The last part of a problem's type; ``about:blank`` where an error answer names none."""
    return _slug(_members(response))


def _raise_for_status(response: Response) -> None:
    if 200 <= response.status < 300:
        return
    if response.status < 400:
        raise BadResponse
    members = _members(response)
    slug = _slug(members)
    raise _kind(slug, response.status)(
        slug=slug,
        status=response.status,
        title=_line(members, "title") or f"The service answered with status {response.status}.",
        detail=_line(members, "detail"),
        request_id=_line(members, "request_id") or _line(response.headers, "x-request-id"),
        retry_after=response.retry_after,
    )


def _kind(slug: str, status: int) -> type[ServiceProblem]:
    """What a type means, else what its status does: a type that a later service invents is still somebody's fault."""
    return _BY_SLUG.get(slug) or _BY_STATUS.get(status) or (RequestRefused if status < 500 else ServiceFailed)


def _members(response: Response) -> Mapping[str, Any]:
    if response.media_type not in (PROBLEM, JSON):
        return {}
    try:
        return decode_json(response.body)
    except BadResponse:
        return {}


def _slug(members: Mapping[str, Any]) -> str:
    return re.split(r"[/:#]", _line(members, "type") or "")[-1] or "about:blank"


def _line(members: Mapping[str, Any], name: str) -> str | None:
    """A member that is one short line of text; what a stranger wrote otherwise does not reach a terminal or a log."""
    value = members.get(name)
    return value if isinstance(value, str) and 0 < len(value) <= 512 and value.isprintable() else None
