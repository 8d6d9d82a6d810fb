"""What the verifier's routes share: at which desk one stands, who may call, and how sessions are named."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import Depends, Path, Request

from credence.service.auth import Client, Scope, require
from credence.service.errors import Unavailable
from credence.service.idempotency import Once, once
from credence.service.runtime import Services, get_services
from credence.service.verifier.desk import PARTY, Desk

PROBLEM: Final[dict[str, Any]] = {"content": {"application/problem+json": {}}}
"""The content of every answer that is an error, for the OpenAPI document."""

NOT_FOUND: Final[dict[str, Any]] = {"description": "Unknown, or another venue's", **PROBLEM}


async def _desk(request: Request) -> Desk:
    desk = getattr(request.app.state, "verifier", None)
    if not isinstance(desk, Desk):
        raise Unavailable
    return desk


AtDesk = Annotated[Desk, Depends(_desk)]
InHand = Annotated[Services, Depends(get_services)]
Keyed = Annotated[Once, Depends(once(PARTY))]
Venue = Annotated[Client, Depends(require(Scope.VERIFIER_SESSIONS))]
SessionId = Annotated[str, Path(max_length=128, examples=["q83vASNFZ4mrze8BI0VniQ"])]
