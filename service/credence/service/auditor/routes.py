"""``/v1/auditor``: an authority posts a warrant, trustees answer it, and everybody counts."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Query, Response

from credence.circuits.encoding import b64u, b64u_decode
from credence.circuits.errors import CircuitError
from credence.circuits.warrant import Share, open_warrant
from credence.service.auditor import disclosure, records
from credence.service.auditor.desk import PARTY, Desk
from credence.service.auditor.disclosure import Kept
from credence.service.auditor.forms import (
    InclusionProof,
    OpeningsAnswer,
    OwnWarrantAnswer,
    ShareAnswer,
    ShareForm,
    SharesAnswer,
    WarrantAnswer,
    WarrantForm,
)
from credence.service.auditor.records import Placed
from credence.service.auth import Client, Scope, require
from credence.service.errors import InvalidRequest, NotFound
from credence.service.idempotency import Answer, Once, once
from credence.service.ledger import NotFound as NotInLog
from credence.service.problems import PROBLEM
from credence.service.runtime import standing_by
from credence.service.settings import Limit

router = APIRouter(prefix="/v1/auditor", tags=["auditor"])

_NOT_FOUND: Final[dict[str, Any]] = {"description": "Unknown, or another authority's", **PROBLEM}
_DIGEST: Final = "^[A-Za-z0-9_-]{43}$"
_EXAMPLE: Final = "hVeqMGBHGxkCYRFYE8Bs0n5WGnWJNJcoCLU1g0PTBHo"


AtDesk = Annotated[Desk, Depends(standing_by(PARTY, Desk))]
Keyed = Annotated[Once, Depends(once(PARTY))]
Authority = Annotated[Client, Depends(require(Scope.AUDITOR_WARRANTS))]
WarrantId = Annotated[str, Path(max_length=64, examples=[_EXAMPLE])]
After = Annotated[str | None, Query(pattern=_DIGEST, description="the last warrant_id of the page before")]


@router.post(
    "/warrants",
    status_code=201,
    response_model=WarrantAnswer,
    operation_id="postWarrant",
    summary="Ask trustees to open a handle, in public",
    responses={
        200: {"description": "It was posted before", "model": WarrantAnswer},
        409: {"description": "The warrant has expired", **PROBLEM},
    },
)
def post_warrant(form: WarrantForm, desk: AtDesk, client: Authority, keyed: Keyed) -> Response:
    """The warrant's notice goes into the log: authority, basis, trustees, day. What else is in the warrant is checked here,
    and forgotten.
    """
    services = desk.services
    services.limit(Limit.WARRANTS, client.client_id)
    warrant = open_warrant(form.model_dump(), services.curve)
    threshold = desk.trustees(warrant.trustees).threshold
    work = partial(
        disclosure.accept_warrant,
        client_id=client.client_id,
        warrant=warrant,
        threshold=threshold,
        now=services.clock(),
        rng=services.rng,
    )
    return keyed.by(client).run(desk.store, work, _posted)


@router.get(
    "/warrants/{warrant_id}",
    operation_id="readWarrant",
    summary="One's own warrant, its place in the log, and how many trustees have answered",
    responses={404: _NOT_FOUND},
)
def read_warrant(warrant_id: WarrantId, desk: AtDesk, client: Authority) -> OwnWarrantAnswer:
    """Only the authority's own; everybody sees the notice among the openings."""
    with desk.store.reading() as session:
        found = disclosure.own(session, client.client_id, _digest(warrant_id))
    said = WarrantAnswer.of(found).model_dump()
    return OwnWarrantAnswer(**said, inclusion=_inclusion(desk, found.warrant.leaf))


@router.get(
    "/warrants/{warrant_id}/shares",
    operation_id="readShares",
    summary="The shares that trustees have handed in for one's own warrant",
    responses={404: _NOT_FOUND},
)
def read_shares(warrant_id: WarrantId, desk: AtDesk, client: Authority) -> SharesAnswer:
    """Each is locked to the warrant's reader. Only the authority's own."""
    with desk.store.reading() as session:
        return SharesAnswer.of(disclosure.shares(session, client.client_id, _digest(warrant_id)))


@router.post(
    "/warrants/{warrant_id}/shares",
    status_code=201,
    response_model=ShareAnswer,
    operation_id="handInShare",
    summary="Hand in a trustee's share",
    responses={
        200: {"description": "It was handed in before", "model": ShareAnswer},
        404: {"description": "There is no such warrant", **PROBLEM},
        409: {"description": "The warrant is not in the log yet, or has expired; or another share is there", **PROBLEM},
    },
)
def hand_in_share(warrant_id: WarrantId, form: ShareForm, desk: AtDesk, keyed: Keyed) -> Response:
    """A trustee signs what it hands in; no API key. The share that makes them enough puts the opening into the log: whether
    it is any good the warrant's authority alone can see, and it cannot be replaced.
    """
    services = desk.services
    share = Share.parse(form.model_dump())
    if share.warrant != _digest(warrant_id):
        raise InvalidRequest("The share is for another warrant than the address.")
    with desk.store.reading() as session:
        trustees = desk.trustees(disclosure.find(session, share.warrant).warrant.trustees)
    identity = trustees.identity_of(share.index)
    share.check(identity)
    services.limit(Limit.SHARES, f"{b64u(share.warrant)}/{share.index}")  # the trustee's own: nobody else can spend it
    work = partial(disclosure.accept_share, share=share, now=services.clock(), rng=services.rng)
    return keyed.by_signer(identity).run(desk.store, work, _kept)


@router.get("/openings", operation_id="listOpenings", summary="Every warrant and opening there ever was")
def list_openings(desk: AtDesk, after: After = None) -> OpeningsAnswer:
    """Public: so that everybody can count them. An opening is a warrant for which enough shares were handed in. A notice
    leads to its leaves, and the log proves that it has them; whom it is about nobody learns from it. Pages are of 100, in an
    order that says nothing of when they came.
    """
    with desk.store.reading() as session:
        warrants, openings = records.counts(session)
        page = records.warrants_after(session, b"" if after is None else _digest(after))
    return OpeningsAnswer(warrants=warrants, openings=openings, page=[WarrantAnswer.of(each) for each in page])


def _digest(warrant_id: str) -> bytes:
    try:
        digest = b64u_decode(warrant_id, max_length=64)
    except CircuitError as error:
        raise NotFound from error
    if len(digest) != 32:
        raise NotFound
    return digest


def _inclusion(desk: Desk, leaf: bytes) -> InclusionProof | None:
    try:
        found = desk.services.ledger.inclusion(leaf)
    except NotInLog:
        return None
    return InclusionProof(index=found.index, size=found.size, proof=[b64u(node) for node in found.proof])


def _posted(posted: tuple[Placed, bool]) -> Answer:
    placed, is_new = posted
    return Answer.of(WarrantAnswer.of(placed), 201 if is_new else 200)


def _kept(kept: Kept) -> Answer:
    return Answer.of(ShareAnswer(shares=kept.shares, threshold=kept.threshold), 201 if kept.new else 200)
