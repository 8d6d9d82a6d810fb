"""``/healthz``: the process lives. ``/readyz``: it can do its work. ``/problems/{slug}``: what a kind of error means."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from credence.service.app.readiness import OK, Latest, Pace, judge, keepers_of, revocations_of
from credence.service.app.sequencing import Sequencing
from credence.service.errors import NotFound, Unavailable
from credence.service.logs import logger
from credence.service.problems import PROBLEM, Retry, explain, problem_response, request_id, row_of
from credence.service.runtime import Services, get_services

router = APIRouter(tags=["service"])


class Health(BaseModel):
    """The process lives."""

    model_config = ConfigDict(frozen=True, json_schema_extra={"example": {"status": "ok"}})

    status: Literal["ok"] = "ok"


class Readiness(BaseModel):
    """Every check passed."""

    model_config = ConfigDict(
        frozen=True,
        json_schema_extra={
            "example": {
                "status": "ready",
                "checks": {
                    "database": "ok",
                    "schema": "ok",
                    "keyring": "ok",
                    "clock": "ok",
                    "ledger": "ok",
                    "revocations": "ok",
                },
                "sandbox": False,
            }
        },
    )

    status: Literal["ready"] = "ready"
    checks: dict[str, str]
    sandbox: bool = Field(default=False, description="an integrator's sandbox, where nothing is real")


class Explanation(BaseModel):
    """A kind of problem."""

    model_config = ConfigDict(
        frozen=True,
        json_schema_extra={
            "example": {
                "type": "/problems/bad-nonce",
                "title": "Bad nonce",
                "status": 409,
                "meaning": "The session is unknown, expired or closed, or its nonce was used: one answer for all of these.",
                "remedy": ["Open a new session."],
                "retry": "no",
            }
        },
    )

    type: str
    title: str
    status: int
    meaning: str
    remedy: list[str]
    retry: Retry = Field(description="no: change it; later: after Retry-After; same-key: with the same Idempotency-Key")


@router.get("/healthz", operation_id="healthz", summary="Is the process alive?")
async def healthz() -> Health:
    """Answers as long as the process does, and looks at nothing else."""
    return Health()


@router.get(
    "/readyz",
    operation_id="readyz",
    summary="Can it do its work?",
    response_model=Readiness,
    responses={
        503: {
            "description": "A check failed; `checks` says which, and why in a word",
            **PROBLEM,
        }
    },
)
async def readyz(request: Request, services: Annotated[Services, Depends(get_services)]) -> Readiness | Response:
    """Databases answer and have this version's schema, the keyring is there, the clock is right, the log moves, and who is
    revoked is known.

    What was found stands for a second, however often it is asked for. It does not queue with other requests.
    """
    sequencing: Sequencing | None = getattr(request.app.state, "sequencing", None)
    pace: Pace | None = getattr(request.app.state, "pace", None)
    latest: Latest = request.app.state.latest
    revocations = revocations_of(request.app)
    keepers = keepers_of(request.app)
    checks = await latest.checks(lambda: run_in_threadpool(judge, services, sequencing, pace, revocations, keepers))
    if all(found == OK for found in checks.values()):
        return Readiness(checks=dict(checks), sandbox=getattr(request.app.state, "sandbox", False))
    logger().warning("not-ready", reason=[f"{name}:{found}" for name, found in checks.items() if found != OK])
    row = row_of(Unavailable())
    extra = {"checks": checks}
    return problem_response(request_id(request.scope), row, "A check failed.", headers={"retry-after": "5"}, extra=extra)


@router.get(
    "/problems/{slug}",
    operation_id="explainProblem",
    summary="What a kind of error means",
    responses={404: {"description": "No error is of this kind", **PROBLEM}},
)
async def explain_problem(
    slug: Annotated[str, Path(pattern="^[a-z-]{1,64}$", examples=["bad-nonce"])],
) -> Explanation:
    """Where the `type` of a problem leads."""
    found = explain(slug)
    if found is None:
        raise NotFound
    row, page = found
    return Explanation(
        type=row.type, title=row.title, status=row.status, meaning=page.meaning, remedy=list(page.remedy), retry=page.retry
    )
