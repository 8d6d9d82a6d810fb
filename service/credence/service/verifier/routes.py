"""``/v1/verifier``: a venue registers policies and opens sessions, a wallet answers them."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from typing import Annotated, Any, Final

from fastapi import APIRouter, Body, Depends, Path, Request, Response

from credence.circuits.encoding import b64u
from credence.circuits.errors import CircuitError, Step
from credence.circuits.policy import Policy, explain, load_policy
from credence.circuits.wire import Presentation, PresentationRequest
from credence.service.auth import Client, Scope, require
from credence.service.errors import BadNonce, InvalidRequest, NotFound, Unavailable
from credence.service.idempotency import Answer
from credence.service.logs import logger
from credence.service.problems import request_id
from credence.service.settings import Limit
from credence.service.store import Run
from credence.service.verifier import policies, records, revocations, sessions, tariff_versions
from credence.service.verifier.admission import Judgement, judge
from credence.service.verifier.desk import Desk
from credence.service.verifier.forms import (
    POLICY_EXAMPLE,
    TARIFF_EXAMPLE,
    DecisionAnswer,
    PolicyAnswer,
    PresentationForm,
    RequestAnswer,
    SessionAnswer,
    SessionStateAnswer,
    TariffVersionsAnswer,
)
from credence.service.verifier.parameters import NOT_FOUND, PROBLEM, AtDesk, Keyed, SessionId, Venue
from credence.service.verifier.persons import Exposure
from credence.service.verifier.persons.forms import SessionForm
from credence.service.verifier.records import ACCEPTED
from credence.service.verifier.rules import register_of_venue

router = APIRouter(prefix="/v1/verifier", tags=["verifier"])

_NOT_NOW: Final[dict[str, Any]] = {
    "description": "`bad-nonce`: the session is unknown, expired or closed; `already-used`: this use of the policy's rate"
    " limit was spent before, and the session is still open",
    **PROBLEM,
}
_NOT_SERVED: Final[dict[str, Any]] = {
    "description": "`conflict`: the policy would not be registered as it stands today",
    **PROBLEM,
}
_BAD_NONCE: Final[dict[str, Any]] = {"description": "`bad-nonce`: the session is unknown, expired or closed", **PROBLEM}


PolicyAuthor = Annotated[Client, Depends(require(Scope.VERIFIER_POLICIES))]
PolicyReader = Annotated[Client, Depends(require(Scope.VERIFIER_POLICIES, Scope.VERIFIER_SESSIONS))]
PolicyName = Annotated[str, Path(max_length=64, examples=["perp-standard"])]
TariffName = Annotated[str, Path(max_length=64, examples=["perp-default"])]
TariffVersion = Annotated[int, Path(ge=1, le=999_999_999, examples=[1])]


@router.get(
    "/tariffs/{name}",
    operation_id="readTariffVersions",
    summary="The versions of a tariff: which is active, which is announced, and who signed it",
    responses={404: {"description": "Unknown", **PROBLEM}},
)
def read_tariff_versions(name: TariffName, desk: AtDesk) -> TariffVersionsAnswer:
    """Public: whoever is priced can see what will count, and when, before it does."""
    with desk.store.reading() as session:
        rows = records.tariff_versions(session, name)
    if not rows:
        raise NotFound("There is no such tariff.")
    return TariffVersionsAnswer.model_validate(tariff_versions.listing(desk.services, rows))


@router.get(
    "/tariffs/{name}/versions/{version}",
    operation_id="readTariff",
    summary="One version of a tariff, whole",
    responses={
        200: {"content": {"application/json": {"example": TARIFF_EXAMPLE}}},
        404: {"description": "Unknown", **PROBLEM},
    },
)
def read_tariff(name: TariffName, version: TariffVersion, desk: AtDesk) -> dict[str, Any]:
    """Public. The digest in its announcement is the SHA-256 of its RFC 8785 form."""
    with desk.store.reading() as session:
        row = records.find_tariff_version(session, name, version)
    if row is None:
        raise NotFound("There is no such tariff.")
    document: dict[str, Any] = json.loads(row.document)
    return document


@router.put(
    "/policies/{name}",
    response_model=PolicyAnswer,
    operation_id="registerPolicy",
    summary="Register a version of a policy",
    responses={
        201: {"description": "The version is new", "model": PolicyAnswer},
        409: {
            "description": "`policy-version-exists`: this version exists and says something else; `conflict`: the venue's"
            " rate limit of that name counts in another period, or the verifier publishes no more policies",
            **PROBLEM,
        },
    },
)
def register_policy(
    name: PolicyName,
    document: Annotated[dict[str, Any], Body(openapi_examples={"policy": {"value": POLICY_EXAMPLE}})],
    desk: AtDesk,
    venue: PolicyAuthor,
    keyed: Keyed,
) -> Response:
    """A version never changes once it is registered, and the highest one is served. A policy that cannot mean what it says,
    asks for what this verifier does not follow, has more disclosed than the venue registered, or does not fit the mode (an
    escrow where nobody may be named, none where somebody has to be), or has other tangents than its tariff, is refused here
    with the reason.
    """
    desk.services.limit(Limit.POLICIES, venue.client_id)
    services, allowed = desk.services, desk.may_disclose(venue.client_id)

    def registered(policy: Policy) -> bool:
        with desk.store.reading() as session:
            return policies.is_registered(session, venue.client_id, policy)

    policy = policies.read_policy(
        document,
        desk.active_tariffs(services.clock()),
        now=services.clock(),
        disclose=allowed,
        documents=services.trusted_documents(),
        mode=services.settings.mode,
        registered=registered,
    )
    if policy.name != name:
        raise InvalidRequest("The policy has another name than the address.")
    work = partial(register_of_venue, services=services, venue=venue.client_id, policy=policy)
    said = _policy_answer(policy)
    return keyed.by(venue).run(desk.store, work, lambda is_new: Answer.of(said, 201 if is_new else 200))


@router.get(
    "/policies/{name}",
    operation_id="readPolicy",
    summary="The newest version of one's own policy, in plain words",
    responses={404: NOT_FOUND, 409: _NOT_SERVED},
)
def read_policy(name: PolicyName, desk: AtDesk, venue: PolicyReader) -> PolicyAnswer:
    """Only the venue's own."""
    with desk.store.reading() as session:
        return _policy_answer(policies.newest(session, venue.client_id, name))


@router.post(
    "/sessions",
    status_code=201,
    response_model=SessionAnswer,
    operation_id="openSession",
    summary="Ask for a presentation",
    responses={
        404: {"description": "The venue has no such policy", **PROBLEM},
        409: _NOT_SERVED,
    },
)
def open_session(form: SessionForm, desk: AtDesk, venue: Venue, keyed: Keyed) -> Response:
    """A session has one nonce. The request goes to the wallet, which can also fetch it by the session's id, with the newest
    revocations where the policy asks about them; so does a repeat. What would be refused at registration today is refused
    here, too: under an impossible policy nobody could answer, and under one that has too much shown nobody should.
    """
    desk.services.limit(Limit.SESSIONS, venue.client_id)
    stated = Exposure.read(
        form.account,
        stress_regime=form.stress_regime,
        open_interest_share=form.open_interest_share,
        expected_shortfall_usd=form.expected_shortfall_usd,
        insurance_share_usd=form.insurance_share_usd,
        positions=None
        if form.positions is None
        else ((held.instrument_class, held.notional_usd) for held in form.positions),
    )
    asked = sessions.Asked.read(form.policy, form.volume_30d_usd, form.maker_share, form.channel, form.message, stated)
    services = desk.services
    work = partial(
        sessions.open_session,
        verifier_id=services.settings.verifier_id,
        venue=venue.client_id,
        asked=asked,
        tariffs=desk.tariffs,
        now=services.clock(),
        lifetime=services.settings.session_seconds,
        rng=services.rng,
        disclose=desk.may_disclose(venue.client_id),
        mode=services.settings.mode,
    )

    def effect(run: Run[PresentationRequest]) -> PresentationRequest:
        with desk.store.reading() as session:
            policy = policies.newest(session, venue.client_id, asked.policy)
        revocations.staples_of(services, policy)  # who cannot be told of revocations could not answer
        return run(work)

    return _told(desk, venue.client_id, keyed.by(venue).around(desk.store, effect, _session_answer))


@router.get(
    "/sessions/{session_id}",
    operation_id="readSession",
    summary="The state of one's own session, and its decision",
    responses={404: NOT_FOUND},
)
def read_session(session_id: SessionId, desk: AtDesk, venue: Venue) -> SessionStateAnswer:
    """Only the venue's own."""
    with desk.store.reading() as session:
        keeping, now = desk.services.keeping, desk.services.clock()
        view = sessions.view(session, venue.client_id, session_id, keeping=keeping, now=now)
    result = None if view.result is None else DecisionAnswer.model_validate(view.result)
    return SessionStateAnswer(session_id=view.session_id, state=view.state, attempts_left=view.attempts_left, result=result)


@router.get(
    "/sessions/{session_id}/request",
    operation_id="readRequest",
    summary="What a session asks of a wallet",
    responses={404: {"description": "Unknown", **PROBLEM}, 409: _BAD_NONCE},
)
def read_request(session_id: SessionId, desk: AtDesk) -> RequestAnswer:
    """For whoever was told the id, which is 128 random bits; no API key. A 503 until the log holds that the policy is
    published: no wallet answers before.
    """
    with desk.store.reading() as session:
        row, policy = sessions.find(session, session_id)
    if sessions.state_of(row, desk.services.clock()) != "open":
        raise BadNonce
    asked = policies.stored(policy)
    published = desk.rules.proof(row.venue, asked)
    if published is None:
        raise Unavailable("The log does not hold yet that the policy is published.")
    request = sessions.request_of(row, asked, desk.services.settings.verifier_id)
    request = replace(request, staples=revocations.staples_of(desk.services, asked), published=published)
    return RequestAnswer.model_validate(request.to_json())


@router.post(
    "/sessions/{session_id}/presentation",
    response_model=DecisionAnswer,
    operation_id="present",
    summary="Answer a session",
    responses={409: _NOT_NOW},
)
def present(session_id: SessionId, form: PresentationForm, request: Request, desk: AtDesk, keyed: Keyed) -> Response:
    """A presentation that is well formed and does not verify is an answer too: `denied`, with a signed receipt. A session
    takes five of those; only an acceptance spends its nonce, and one use of the policy's rate limit. No API key.
    """
    number = request_id(request.scope)

    def effect(run: Run[Judgement]) -> Judgement:
        try:
            found = judge(desk, session_id, Presentation.parse(form.model_dump()), run)
        except CircuitError as error:
            logger().info("presentation.malformed", request_id=number, step=_step(error.step))
            desk.services.metrics.decision("malformed", _step(error.step))
            raise
        step = _step(found.step)
        desk.services.metrics.decision("accepted" if found.reason == ACCEPTED else "denied", step)
        if found.reason != ACCEPTED:
            logger().warning("presentation.denied", request_id=number, step=step, reason=found.reason, attempt=found.attempt)
        return found

    return keyed.by_address().around(desk.store, effect, lambda found: Answer.text(found.answer))


def _step(step: Step | None) -> str:
    return "none" if step is None else step.name.lower()


def _session_answer(opened: PresentationRequest) -> Answer:
    request = RequestAnswer.model_validate(opened.to_json())
    answer = SessionAnswer(session_id=opened.session_id, request=request, expires_at=opened.expires_at)
    return Answer.of(answer, 201)


def _told(desk: Desk, venue: str, answer: Response) -> Response:
    """An answer about a session, whose request carries what is known of revocations and of the policy's publication now;
    what is kept of it does not."""
    document = json.loads(bytes(answer.body))
    policy, request = load_policy(document["request"]["policy"]), document["request"]
    published = desk.rules.proof(venue, policy)
    if policy.not_revoked:
        request["staples"] = [staple.to_json() for staple in revocations.staples_of(desk.services, policy)]
    if published is not None:
        request["published"] = published.to_json()
    headers = {name: value for name, value in answer.headers.items() if name != "content-length"}
    return Response(json.dumps(document), answer.status_code, headers, answer.media_type)


def _policy_answer(policy: Policy) -> PolicyAnswer:
    return PolicyAnswer(
        name=policy.name,
        version=policy.version,
        policy_hash=b64u(policy.digest),
        explanation=list(explain(policy)),
    )
