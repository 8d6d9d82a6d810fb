"""What the issuer's routes share: at which desk one stands, who may call, and how cases and attestations are named."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import Depends, Path

from credence.service.auth import Client, Scope, require
from credence.service.idempotency import Once, once
from credence.service.issuer.desk import PARTY, Desk
from credence.service.problems import PROBLEM as PROBLEM
from credence.service.runtime import standing_by

NOT_FOUND: Final[dict[str, Any]] = {"description": "Unknown", **PROBLEM}


AtDesk = Annotated[Desk, Depends(standing_by(PARTY, Desk))]
Keyed = Annotated[Once, Depends(once(PARTY))]
Operator = Annotated[Client, Depends(require(Scope.ISSUER_CASES))]
Reviewer = Annotated[Client, Depends(require(Scope.ISSUER_REVIEW))]
Staff = Annotated[Client, Depends(require(Scope.ISSUER_CASES, Scope.ISSUER_REVIEW))]
Revoker = Annotated[Client, Depends(require(Scope.ISSUER_REVOKE))]
CaseId = Annotated[str, Path(max_length=64, examples=["019b76da-a800-7c3e-9d3b-5f2d8c1a4e60"])]
AttestationId = Annotated[str, Path(max_length=64, examples=["5f0c9c2e7b1d4a86b3e2f1d0c9a8b7e6"])]
