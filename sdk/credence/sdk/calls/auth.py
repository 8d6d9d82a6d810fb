"""``/v1/auth``: a signed assertion becomes an access token."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from credence.circuits.fields import Fields
from credence.sdk.calls import Call, answer
from credence.sdk.messages import Authorization, Request

TOKEN_PATH: Final = "/v1/auth/token"  # noqa: S105 - a path


@dataclass(frozen=True, slots=True)
class Grant:
    """An access token, good for ``expires_in`` seconds."""

    access_token: str = field(repr=False)
    expires_in: int


def token(form: Callable[[], Mapping[str, str]], possession: Authorization) -> Call[Grant]:
    """Ask for a token bound to the key that ``possession`` proves; ``form`` holds another assertion each time."""
    return Call(Request("POST", TOKEN_PATH, form=form, auth=possession), answer(_grant))


def _grant(members: Mapping[str, Any]) -> Grant:
    fields = Fields(members, "grant")
    fields.choice("token_type", "DPoP")
    return Grant(fields.text("access_token", max_length=4096), fields.integer("expires_in", minimum=1, maximum=86_400))
