"""``/sandbox``: what an integrator needs beside the service, and no installation has."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Request, Response

from credence.service.errors import RateLimited, ServiceError, Unavailable
from credence.service.sandbox.forms import (
    AnsweredAnswer,
    AnswerForm,
    ClockAnswer,
    ClockForm,
    EvidenceAnswer,
    FailureAnswer,
    FailureForm,
    SandboxAnswer,
)
from credence.service.sandbox.gate import Gate
from credence.service.sandbox.page import clock_answer, describe, words
from credence.service.sandbox.state import Sandbox, person_of

ROOT: Final = "/sandbox"
RESET: Final = f"{ROOT}/reset"

_JSON: Final = "application/json"
_TEXT: Final[dict[int | str, dict[str, Any]]] = {200: {"content": {"text/plain": {}}}}
_RETRY_AFTER: Final = 1

router = APIRouter(prefix=ROOT, tags=["sandbox"])


def _sandbox(request: Request) -> Sandbox:
    found: Sandbox = request.app.state.sandbox
    return found


Here = Annotated[Sandbox, Depends(_sandbox)]
PersonId = Annotated[str, Path(max_length=64, examples=["ines"])]
SessionId = Annotated[str, Path(max_length=128, examples=["q83vASNFZ4mrze8BI0VniQ"])]


@router.get("", operation_id="describeSandbox", summary="Keys, persons, policies, clock", responses=_TEXT)
def describe_sandbox(request: Request, sandbox: Here) -> SandboxAnswer:
    """As plain text, unless `Accept` names `application/json`."""
    found = describe(sandbox)
    if _JSON in request.headers.get("accept", ""):
        return found
    return Response(words(found), media_type="text/plain")  # type: ignore[return-value]  # passed on as it is


@router.post("/sessions/{session_id}/answer", operation_id="answerAsPerson", summary="A person's wallet answers a session")
def answer_as_person(session_id: SessionId, form: AnswerForm, sandbox: Here) -> AnsweredAnswer:
    """The wallet fetches the request, looks at what it would reveal, and presents where it can. A wallet that cannot show
    what is asked sends nothing, unless it is careless.
    """
    person = person_of(form.person)
    found = sandbox.holders.answer(person, session_id, form.behaviour)
    decision = None if found.decision is None else dict(found.decision.answer)
    return AnsweredAnswer(
        person=person.id,
        presented=decision is not None,
        reveals=list(found.disclosure.reveals),
        unmet=list(found.disclosure.unmet),
        decision=decision,
    )


@router.get("/persons/{person_id}/evidence", operation_id="readEvidence", summary="The vendor's signed result for a person")
def read_evidence(person_id: PersonId, sandbox: Here) -> EvidenceAnswer:
    """Another one each time, good for a day. Hand it in at `POST /v1/issuer/cases`, and show it again to claim."""
    return EvidenceAnswer(type="vendor-jws", token=sandbox.evidence(person_of(person_id)))


@router.get("/clock", operation_id="readClock", summary="Where the clock stands")
async def read_clock(sandbox: Here) -> ClockAnswer:
    """It stands still."""
    return clock_answer(sandbox.clock())


@router.post("/clock", operation_id="moveClock", summary="Let time pass")
def move_clock(form: ClockForm, sandbox: Here) -> ClockAnswer:
    """The log has taken up whatever happened before when this answers."""
    return clock_answer(sandbox.forward(form.forward))


@router.post("/failures", operation_id="armFailures", summary="Have the next requests refused")
async def arm_failures(form: FailureForm, sandbox: Here) -> FailureAnswer:
    """They are added to what is armed already, and none of these requests does anything."""
    sandbox.armed.extend(_failure(form.problem) for _ in range(form.count))
    return FailureAnswer(armed=len(sandbox.armed))


@router.post("/reset", operation_id="resetSandbox", summary="Everything as it was at the start")
async def reset_sandbox(request: Request, sandbox: Here) -> ClockAnswer:
    """The same keys, ids, credentials and log; what happened since is gone."""
    gate: Gate = request.app.state.gate
    async with gate.closed():
        await sandbox.reset()
    return clock_answer(sandbox.clock())


def _failure(slug: str) -> ServiceError:
    kinds: dict[str, ServiceError] = {
        "rate-limited": RateLimited("sandbox", retry_after=_RETRY_AFTER),
        "unavailable": Unavailable(retry_after=_RETRY_AFTER),
        "internal": ServiceError(),
    }
    return kinds[slug]
