"""``/healthz``: the process lives. ``/readyz``: it can do its work. ``/problems/{slug}``: what a kind of error means."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Depends, Path, Request
from pydantic import BaseModel, ConfigDict
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from credence.service.app.sequencing import Sequencing
from credence.service.errors import NotFound, Unavailable
from credence.service.ledger import records as ledger_records
from credence.service.logs import logger
from credence.service.problems import explain, problem_response, request_id, row_of
from credence.service.runtime import Services, get_services
from credence.service.store import schema

EARLIEST: Final = 1_767_225_600
"""2026-01-01: a clock before it was never set."""

_BACKWARDS: Final = 120  # seconds; checkpoints are stamped by the minute

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
            "example": {"status": "ready", "checks": {"database": "ok", "schema": "ok", "ledger": "ok", "clock": "ok"}}
        },
    )

    status: Literal["ready"] = "ready"
    checks: dict[str, str]


class Explanation(BaseModel):
    """A kind of problem."""

    model_config = ConfigDict(
        frozen=True,
        json_schema_extra={
            "example": {
                "type": "/problems/bad-nonce",
                "title": "Bad nonce",
                "status": 409,
                "meaning": "The nonce is unknown, expired or used.",
            }
        },
    )

    type: str
    title: str
    status: int
    meaning: str


@router.get("/healthz", operation_id="healthz", summary="Is the process alive?")
async def healthz() -> Health:
    """Answers as long as the process does, and looks at nothing else."""
    return Health()


@router.get(
    "/readyz",
    operation_id="readyz",
    summary="Can it do its work?",
    response_model=Readiness,
    responses={503: {"description": "A check failed; `checks` says which", "content": {"application/problem+json": {}}}},
)
async def readyz(request: Request, services: Annotated[Services, Depends(get_services)]) -> Readiness | Response:
    """Databases answer and have this version's schema, the log moves, and the clock is plausible."""
    sequencing: Sequencing | None = getattr(request.app.state, "sequencing", None)
    checks = await run_in_threadpool(judge, services, sequencing)
    if all(found == "ok" for found in checks.values()):
        return Readiness(checks=checks)
    logger().warning("not-ready", reason=[name for name, found in checks.items() if found != "ok"])
    row = row_of(Unavailable())
    extra = {"checks": checks}
    return problem_response(request_id(request.scope), row, "A check failed.", headers={"retry-after": "5"}, extra=extra)


@router.get("/problems/{slug}", operation_id="explainProblem", summary="What a kind of error means")
async def explain_problem(
    slug: Annotated[str, Path(pattern="^[a-z-]{1,64}$", examples=["bad-nonce"])],
) -> Explanation:
    """Where the `type` of a problem leads."""
    found = explain(slug)
    if found is None:
        raise NotFound
    row, meaning = found
    return Explanation(type=row.type, title=row.title, status=row.status, meaning=meaning)


def judge(services: Services, sequencing: Sequencing | None) -> dict[str, str]:
    """Each check by name, ``ok`` or ``failed``; a check that cannot be made has failed. Blocks."""
    checks: dict[str, Callable[[], bool]] = {
        "database": lambda: _databases_answer(services),
        "schema": lambda: all(schema.is_at_head(store.engine) for store in dict.fromkeys(services.stores.values())),
        "clock": lambda: _clock_is_plausible(services),
    }
    if sequencing is not None:
        checks["ledger"] = lambda: _log_moves(services, sequencing)
    return {name: "ok" if _passes(check) else "failed" for name, check in checks.items()}


def _passes(check: Callable[[], bool]) -> bool:
    try:
        return check()
    except Exception as error:  # noqa: BLE001 - a check that fails in any way has failed
        logger().warning("check.failed", error=type(error).__name__)
        return False


def _databases_answer(services: Services) -> bool:
    for store in dict.fromkeys(services.stores.values()):
        store.ping()
    return True


def _log_moves(services: Services, sequencing: Sequencing) -> bool:
    if sequencing.damaged or sequencing.last_run is None:
        return False
    return services.clock() - sequencing.last_run <= services.settings.ledger_max_lag_seconds


def _clock_is_plausible(services: Services) -> bool:
    with services.store("ledger").reading() as session:
        newest = ledger_records.newest_checkpoint(session)
    latest = 0 if newest is None else newest.minute * 60
    return services.clock() >= max(EARLIEST, latest - _BACKWARDS)
