"""Does whoever checks offline learn of revocations what the request's staples show, and take nothing else for it?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from credence.circuits.curve import Curve
from credence.circuits.presentation import Accepted
from credence.circuits.revocation_log import Staple
from credence.circuits.wire import IssuerDocument, Presentation, PresentationRequest
from credence.sdk.errors import BadResponse, PresentationRefused
from credence.sdk.verifier import Verifier, check_presentation
from credence.sdk.wallet import Wallet
from tests.circuits.revocation_log.subjects import Issuer, Ledger
from tests.conftest import SeededBytes
from tests.sdk.revoking import MAX_AGE, NOT_REVOKED, RevokingService
from tests.sdk.small_service import API_KEY, VENUE


@pytest.fixture
def service(curve: Curve, rng: SeededBytes) -> RevokingService:
    return RevokingService(curve, rng)


def checked(
    service: RevokingService,
    request: PresentationRequest,
    presentation: Presentation,
    document: IssuerDocument | None = None,
) -> Accepted:
    documents = [document or service.document]
    return check_presentation(request, presentation, documents, audience=VENUE, now=service.now, curve=service.curve)


def refused(service: RevokingService, request: PresentationRequest, presentation: Presentation) -> None:
    with pytest.raises(PresentationRefused) as caught:
        checked(service, request, presentation)
    assert caught.value.reason == "not_accepted"


def shown(service: RevokingService, wallet: Wallet) -> tuple[PresentationRequest, Presentation]:
    service.revoke(1, 2)
    request = service.request(policy=NOT_REVOKED)
    return request, wallet.present(request, audience=VENUE)


def test_what_is_stapled_suffices(service: RevokingService, wallet: Wallet) -> None:
    request, presentation = shown(service, wallet)
    assert checked(service, request, presentation).pseudonym is not None
    read = PresentationRequest.parse(request.to_json())
    assert checked(service, read, Presentation.parse(presentation.to_json())).policy.not_revoked[0].max_age_s == MAX_AGE


def test_it_is_good_until_the_policy_says(service: RevokingService, wallet: Wallet) -> None:
    request, presentation = shown(service, wallet)
    service.now = 60 * (service.minute + 1) + MAX_AGE - 1
    checked(service, request, presentation)
    service.now += 1
    refused(service, request, presentation)


def test_a_newer_staple_of_the_same_value_is_as_good(service: RevokingService, wallet: Wallet) -> None:
    request, presentation = shown(service, wallet)
    service.now += 120
    refused(service, request, presentation)
    newer = replace(request, staples=(service.staple(),))
    checked(service, newer, presentation)
    service.revoke(3)
    refused(service, replace(request, staples=(service.staple(),)), presentation)
    again = service.request(policy=NOT_REVOKED)
    checked(service, again, wallet.present(again, audience=VENUE))


def test_the_value_of_another_moment_is_not_known(service: RevokingService, wallet: Wallet) -> None:
    request, presentation = shown(service, wallet)
    older = service.staple(index=1)
    refused(service, replace(request, staples=(older,)), presentation)
    checked(service, request, presentation)


def test_a_venue_that_fetches_its_request_again_hears_of_a_revocation(
    service: RevokingService, wallet: Wallet, curve: Curve
) -> None:
    request, presentation = shown(service, wallet)
    venue = Verifier(service, audience=VENUE, api_key=API_KEY, curve=curve, clock=service.clock)
    venue.check(venue.refreshed(request), presentation, [service.document])
    service.revoke(3)
    venue.check(request, presentation, [service.document])  # who kept it knows no better
    with pytest.raises(PresentationRefused):
        venue.check(venue.refreshed(request), presentation, [service.document])
    again = venue.refreshed(request)
    venue.check(again, wallet.present(again, audience=VENUE), [service.document])


def test_what_is_fetched_again_is_the_same_question(service: RevokingService, curve: Curve) -> None:
    request = service.request(policy=NOT_REVOKED)
    venue = Verifier(service, audience=VENUE, api_key=API_KEY, curve=curve, clock=service.clock)
    assert venue.refreshed(request) == request
    with pytest.raises(BadResponse):
        venue.refreshed(replace(request, nonce=bytes(32)))


def _no_staple(_: RevokingService) -> tuple[Staple, ...]:
    return ()


def _not_in_the_log(service: RevokingService) -> tuple[Staple, ...]:
    honest = service.staple()
    value = (service.curve.BP1 * 5).to_bytes()
    return (replace(honest, newest=replace(honest.newest, checkpoint=replace(honest.newest.checkpoint, value=value))),)


def _of_another_log(service: RevokingService) -> tuple[Staple, ...]:
    honest, stranger = service.staple(), Ledger(service.log.signer.name, b"\x05" * 32)
    entry = stranger.add(honest.newest.checkpoint.leaf())
    return (replace(honest, newest=replace(honest.newest, entry=entry, path=(), note=stranger.note())),)


def _of_another_accumulator(service: RevokingService) -> tuple[Staple, ...]:
    other = Issuer(service.curve, SeededBytes("another accumulator"), service.revoking.ledger)
    other.revoke(1, 2)
    return (other.staple(minute=service.minute),)


@pytest.mark.parametrize("make", [_no_staple, _not_in_the_log, _of_another_log, _of_another_accumulator])
def test_what_does_not_hold_is_no_staple(
    service: RevokingService, wallet: Wallet, make: Callable[[RevokingService], tuple[Staple, ...]]
) -> None:
    request, presentation = shown(service, wallet)
    refused(service, replace(request, staples=make(service)), presentation)
    checked(service, request, presentation)


def test_the_issuers_document_says_which_accumulator_and_which_log(
    service: RevokingService, wallet: Wallet, curve: Curve
) -> None:
    request, presentation = shown(service, wallet)
    (key,) = service.document.accumulators
    other = Ledger("log.elsewhere").signer.vkey
    for document in (
        replace(service.document, accumulators=()),
        replace(service.document, accumulators=(replace(key, not_after=service.now - 1),)),
        replace(service.document, accumulators=(replace(key, public_key=(curve.BP2 * 7).to_bytes()),)),
        replace(service.document, log_vkey=other),
    ):
        with pytest.raises(PresentationRefused) as caught:
            checked(service, request, presentation, document)
        assert caught.value.reason == "not_accepted"
    checked(service, request, presentation, service.document)
