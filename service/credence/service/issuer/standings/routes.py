"""``/v1/issuer/standings``: a venue's standing becomes a credential that its venue never hears of."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Response

from credence.circuits.renewal import RenewalRequest
from credence.service.errors import BadNonce
from credence.service.idempotency import Answer
from credence.service.issuer.parameters import PROBLEM, AtDesk, Keyed
from credence.service.issuer.standings import records, renewing, sessions
from credence.service.issuer.standings.forms import RenewalAskAnswer, RenewalForm, RenewalSessionForm, RenewedAnswer
from credence.service.issuer.standings.renewing import Renewed
from credence.service.store import Run

router = APIRouter(prefix="/v1/issuer/standings", tags=["issuer"])

RenewalId = Annotated[str, Path(max_length=64, examples=["q83vASNFZ4mrze8BI0VniQ"])]

_LENGTH: Final = 2_048
"""Bytes of an answer, with the blanks that may end JSON: else who watches the line saw by its length whether a record is
empty, whose numbers are short."""

_UNKNOWN: Final[dict[str, Any]] = {"description": "No such venue is registered, or no standings are signed here", **PROBLEM}
_BAD_NONCE: Final[dict[str, Any]] = {
    "description": "`bad-nonce`: the session is unknown, expired, closed, or used for another commitment",
    **PROBLEM,
}
_REFUSED: Final[dict[str, Any]] = {
    "description": "`renewal-refused`: the proof does not hold; the session takes five of those",
    **PROBLEM,
}


@router.post(
    "/sessions",
    status_code=201,
    operation_id="openRenewal",
    summary="Ask what is to be proven for a venue's standing",
    responses={404: _UNKNOWN},
)
def open_renewal(form: RenewalSessionForm, desk: AtDesk) -> RenewalAskAnswer:
    """For a wallet; no API key. A session has one nonce and serves one commitment, within five minutes.

    Sent twice it opens two, which does no harm: nothing is kept for a repeat.
    """
    opened = sessions.open_renewal(desk, form.venue, form.suffix)
    with desk.store.reading() as session:
        row = records.find_renewal(session, opened, desk.services.clock())
    if row is None:
        raise BadNonce  # it waited for longer than a session is open
    return RenewalAskAnswer.model_validate(sessions.ask_of(desk, row).to_json())


@router.post(
    "/sessions/{session_id}/renewal",
    status_code=201,
    response_model=RenewedAnswer,
    operation_id="renewStanding",
    summary="Receive the standing of a pseudonym",
    responses={
        200: {"description": "The same commitment was answered before, with the same bytes", "model": RenewedAnswer},
        403: _REFUSED,
        409: _BAD_NONCE,
    },
)
def renew_standing(session_id: RenewalId, form: RenewalForm, desk: AtDesk, keyed: Keyed) -> Response:
    """For a wallet; no API key. The issuer learns the pseudonym that the proof shows, and not whose it is."""

    def effect(run: Run[Renewed]) -> Renewed:
        found = renewing.renew(desk, session_id, RenewalRequest.parse(form.model_dump()), run)
        desk.services.metrics.standing("issued" if found[1] else "repeated")
        return found

    return keyed.by_address().around(desk.store, effect, _renewed)


def _renewed(found: Renewed) -> Answer:
    answer = Answer.of(RenewedAnswer.model_validate(found[0].to_json()), 201 if found[1] else 200)
    return replace(answer, body=answer.body.ljust(_LENGTH))
