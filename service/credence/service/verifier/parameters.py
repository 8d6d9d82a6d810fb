"""What the verifier's routes share: at which desk one stands, who may call, and how sessions are named."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import Depends, Path

from credence.service.auth import Client, Scope, require
from credence.service.idempotency import Once, once
from credence.service.problems import PROBLEM as PROBLEM
from credence.service.runtime import Services, get_services, standing_by
from credence.service.verifier.desk import PARTY, Desk

NOT_FOUND: Final[dict[str, Any]] = {"description": "Unknown, or another venue's", **PROBLEM}


AtDesk = Annotated[Desk, Depends(standing_by(PARTY, Desk))]
InHand = Annotated[Services, Depends(get_services)]
Keyed = Annotated[Once, Depends(once(PARTY))]
Venue = Annotated[Client, Depends(require(Scope.VERIFIER_SESSIONS))]
SessionId = Annotated[str, Path(max_length=128, examples=["q83vASNFZ4mrze8BI0VniQ"])]
