"""``/v1/verifier/pseudonyms``: a venue erases what is kept of a pseudonym of its own."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, ConfigDict

from credence.circuits.encoding import b64u_decode
from credence.circuits.errors import CircuitError
from credence.service.errors import NotFound
from credence.service.idempotency import Answer
from credence.service.verifier.parameters import PROBLEM, AtDesk, Keyed, Venue
from credence.service.verifier.retention.erasing import erase_pseudonym

router = APIRouter(prefix="/v1/verifier", tags=["verifier"])

_NOT_FOUND: Final[dict[str, Any]] = {"description": "Nothing is kept of it, or by another venue alone", **PROBLEM}
_KEPT: Final[dict[str, Any]] = {"description": "`retained`: it has to be kept for a while yet", **PROBLEM}


Pseudonym = Annotated[
    str, Path(max_length=128, examples=["s8-Mrw1WWW2QF2-TRs4xW4Mn3QwYH2_2XsjXk0fFVGMoT0bXCWXiKmvOUuHzjKVx"])
]


class ErasedAnswer(BaseModel):
    """How many decisions were erased."""

    model_config = ConfigDict(frozen=True, json_schema_extra={"example": {"decisions": 3}})

    decisions: int


@router.post(
    "/pseudonyms/{pseudonym}/erasure",
    response_model=ErasedAnswer,
    operation_id="erasePseudonym",
    summary="Erase what is kept of one's own pseudonym",
    responses={404: _NOT_FOUND, 409: _KEPT},
)
def erase(pseudonym: Pseudonym, desk: AtDesk, venue: Venue, keyed: Keyed) -> Response:
    """Its sessions, decisions and statements go, here and in every backup. The leaves of its receipts stay in the log as
    random strings. What has to be kept is refused with the ground and the day."""
    effect = partial(erase_pseudonym, desk.services, venue.client_id, _bytes(pseudonym))
    return keyed.by(venue).around(desk.store, effect, lambda gone: Answer.of(ErasedAnswer(decisions=gone)))


def _bytes(pseudonym: str) -> bytes:
    try:
        return b64u_decode(pseudonym, max_length=128)
    except CircuitError as error:
        raise NotFound from error
