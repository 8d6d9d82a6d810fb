"""``/v1/issuer/findings``: whose handle trustees opened, for two persons who both ask."""

from __future__ import annotations

from typing import Any, Final, Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from credence.circuits.warrant import Finding
from credence.service.idempotency import Answer
from credence.service.issuer.findings.finding import Found, find_subject
from credence.service.issuer.parameters import NOT_FOUND, PROBLEM, AtDesk, Keyed, Reviewer
from credence.service.settings import Limit

router = APIRouter(prefix="/v1/issuer", tags=["issuer"])

_HASH: Final = "hVeqMGBHGxkCYRFYE8Bs0n5WGnWJNJcoCLU1g0PTBHo"
_PART: Final[dict[str, Any]] = {"type": "credence/opening-part/1", "index": 1, "point": _HASH, "proof": _HASH * 2}
_EXAMPLE: Final[dict[str, Any]] = {
    "type": "credence/finding/1",
    "warrant": {"warrant": {"type": "credence/warrant/1"}, "signature": _HASH * 2},
    "parts": [_PART],
}


class FindingForm(BaseModel):
    """What an authority was handed by the trustees (``credence auditor combine`` writes it)."""

    model_config = ConfigDict(
        extra="forbid", strict=True, frozen=True, hide_input_in_errors=True, json_schema_extra={"example": _EXAMPLE}
    )

    type: Literal["credence/finding/1"]
    warrant: dict[str, Any]
    parts: list[dict[str, Any]] = Field(min_length=1, max_length=32)


class FoundAnswer(BaseModel):
    """``proposed`` until a second person has asked for the same; then whose handle it is."""

    model_config = ConfigDict(
        frozen=True,
        json_schema_extra={
            "example": {
                "state": "found",
                "attestation_id": "5f0c9c2e7b1d4a86b3e2f1d0c9a8b7e6",
                "case_id": "019b76da-a800-7c3e-9d3b-5f2d8c1a4e60",
            }
        },
    )

    state: Literal["proposed", "found"]
    attestation_id: str | None
    case_id: str | None


@router.post(
    "/findings",
    response_model=FoundAnswer,
    operation_id="findSubject",
    summary="Find whose handle trustees opened",
    responses={
        400: {"description": "The finding does not hold: a part is wrong, or the trustees are unknown", **PROBLEM},
        404: {**NOT_FOUND, "description": "Two others have asked; or the handle is of no credential of this issuer"},
        409: {"description": "The warrant and its opening are not in the log", **PROBLEM},
    },
)
def find(form: FindingForm, desk: AtDesk, client: Reviewer, keyed: Keyed) -> Response:
    """Two persons ask for the same: the first one proposes, the second one is told, and nobody else. The proofs of the
    opening are checked anew, and the log has its warrant, or nothing is looked for; nor before the second one has asked.
    """
    desk.services.limit(Limit.CASES, client.client_id)
    finding = Finding.parse(form.model_dump())

    def told(found: Found) -> Answer:
        state: Literal["proposed", "found"] = "proposed" if found.attestation_id is None else "found"
        return Answer.of(FoundAnswer(state=state, attestation_id=found.attestation_id, case_id=found.case_id), 200)

    return keyed.by(client).around(desk.store, lambda run: find_subject(desk, finding, client.client_id, run), told)
