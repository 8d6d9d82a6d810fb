"""Does a wallet answer under no policy but those that others are shown too, and an auditor see all of them?

Every refused request is accepted once it shows what it should.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from credence.circuits.curve import Curve
from credence.circuits.encoding import b64u
from credence.circuits.note import open_checkpoint
from credence.circuits.policy import load_policy
from credence.circuits.verifier_rules import MAX_PREVIOUS, VerifierRules, policy_mark
from credence.circuits.wire import PresentationRequest
from credence.sdk.auditor import Auditor
from credence.sdk.errors import BadResponse, InclusionFailed, LogForked, WalletError
from credence.sdk.refusals import PolicyUnpublished, VerifierRulesChanged
from credence.sdk.wallet import Wallet
from tests.sdk.conftest import PASSPHRASE
from tests.sdk.small_service import POLICY, VENUE, SmallLog, SmallService

OF_ONE = {"version": 9}
"""A policy that is shown to one person."""


def _without(service: SmallService, honest: PresentationRequest) -> PresentationRequest:
    return replace(honest, published=None)


def _of_one(service: SmallService, honest: PresentationRequest) -> PresentationRequest:
    return replace(honest, policy={**POLICY, **OF_ONE})


def _of_another_venue(service: SmallService, honest: PresentationRequest) -> PresentationRequest:
    there = service.request("s-9", audience="verifier.example/venue-b")
    return replace(honest, published=there.published)


def _outside_the_log(service: SmallService, honest: PresentationRequest) -> PresentationRequest:
    assert honest.published is not None
    rules = replace(honest.published.rules, previous=(bytes(32),))
    return replace(honest, published=replace(honest.published, rules=rules))


REFUSED: dict[str, Callable[[SmallService, PresentationRequest], PresentationRequest]] = {
    "no proof": _without,
    "a policy of one": _of_one,
    "another venue's proof": _of_another_venue,
    "rules outside the log": _outside_the_log,
}


@pytest.mark.parametrize("cause", REFUSED)
def test_what_is_not_published_is_not_answered(service: SmallService, wallet: Wallet, cause: str) -> None:
    honest = service.request()
    before = wallet.flows.contents
    with pytest.raises(PolicyUnpublished):
        wallet.present(REFUSED[cause](service, honest), audience=VENUE)
    assert wallet.flows.contents is before, "nothing of it is remembered"
    assert wallet.present(honest, audience=VENUE) is not None


def test_a_session_is_not_answered_either_until_its_policy_is_there(service: SmallService, wallet: Wallet) -> None:
    request = service.request()
    service.sessions["s-1"] = (_without(service, request), None)
    with pytest.raises(PolicyUnpublished, match="fetch it again"):
        wallet.answer("s-1", audience=VENUE)
    assert service.paths() == ["GET /v1/verifier/sessions/s-1/request"]
    service.sessions["s-1"] = (request, None)
    assert wallet.answer("s-1", audience=VENUE, understood=_without(service, request)).accepted


def test_rules_are_followed_and_kept(service: SmallService, wallet: Wallet, curve: Curve, tmp_path: Path) -> None:
    first, second = service.request(), service.request("s-2", policy={"version": 2})
    wallet.present(first, audience=VENUE)
    wallet.present(second, audience=VENUE)
    again = Wallet.open(tmp_path / "vault", PASSPHRASE, transport=service, curve=curve, clock=service.clock)
    known = again.flows.contents.verifiers["verifier.example"]
    assert known == service.publishing.editions["verifier.example"]
    assert again.present(first, audience=VENUE) is not None, "of a process that is a little behind"
    assert again.flows.contents.verifiers["verifier.example"] == known


def fork(service: SmallService, *shared: VerifierRules) -> PresentationRequest:
    """A request under rules that continue ``shared`` and not what was shown since; they are in the log like the others."""
    service.publishing.editions.clear()
    if shared:
        service.publishing.editions["verifier.example"] = shared[0]
    return service.request("s-3", policy={"version": 3})


@pytest.mark.parametrize("shares", [True, False])
def test_rules_of_ones_own_are_refused_until_somebody_accepts_them(
    service: SmallService, wallet: Wallet, shares: bool
) -> None:
    wallet.present(service.request(), audience=VENUE)
    first = service.publishing.editions["verifier.example"]
    wallet.present(service.request("s-2", policy={"version": 2}), audience=VENUE)
    known = service.publishing.editions["verifier.example"]
    forked = fork(service, *((first,) if shares else ()))
    with pytest.raises(VerifierRulesChanged) as refused:
        wallet.present(forked, audience=VENUE)
    assert forked.published is not None
    assert (refused.value.known, refused.value.shown) == (known.digest(), forked.published.rules.digest())
    wallet.accept_rules("verifier.example", known.digest())
    with pytest.raises(VerifierRulesChanged):
        wallet.present(forked, audience=VENUE)
    with pytest.raises(WalletError):
        wallet.accept_rules("verifier.example", b"short")
    wallet.accept_rules("verifier.example", refused.value.shown)
    assert wallet.present(forked, audience=VENUE) is not None


@pytest.mark.parametrize("continues", [True, False])
def test_what_was_accepted_may_be_continued(service: SmallService, wallet: Wallet, continues: bool) -> None:
    wallet.present(service.request(), audience=VENUE)
    accepted = service.publishing.editions["verifier.example"]
    wallet.accept_rules("verifier.example", accepted.digest())
    later = service.request("s-2", policy={"version": 2}) if continues else fork(service)
    if continues:
        wallet.present(later, audience=VENUE)
        assert wallet.flows.contents.verifiers["verifier.example"] == service.publishing.editions["verifier.example"]
    else:
        with pytest.raises(VerifierRulesChanged):
            wallet.present(later, audience=VENUE)


def away(service: SmallService, count: int) -> None:
    """The verifier publishes ``count`` editions, of which the wallet sees none."""
    shown = service.publishing.editions["verifier.example"]
    for number in range(count):
        tariffs = tuple(replace(tariff, activates_at=number, version=number + 2) for tariff in shown.tariffs)
        previous = (shown.digest(), *shown.previous)[:MAX_PREVIOUS]
        shown = replace(shown, tariffs=tariffs, previous=previous)
        service.publishing.every[b64u(shown.digest())] = {"type": "credence/published-edition/1", "rules": shown.to_json()}
    service.publishing.editions["verifier.example"] = shown


@pytest.mark.parametrize("by_digest", [True, False])
def test_a_wallet_that_was_away_for_long_reads_what_is_between(
    service: SmallService, wallet: Wallet, by_digest: bool
) -> None:
    wallet.present(service.request(), audience=VENUE)
    known = service.publishing.editions["verifier.example"]
    if by_digest:
        wallet.accept_rules("verifier.example", known.digest())
    away(service, 3 * MAX_PREVIOUS)
    request = service.request("s-2", policy={"version": 2})
    shown = service.publishing.editions["verifier.example"]
    with pytest.raises(VerifierRulesChanged):
        wallet.present(request, audience=VENUE)
    before = wallet.flows.contents
    (oldest,) = [name for name in service.publishing.every if name == b64u(shown.previous[-1])]
    answer = service.publishing.every.pop(oldest)
    with pytest.raises(VerifierRulesChanged):
        wallet.answer("s-2", audience=VENUE)
    assert wallet.flows.contents is before
    service.publishing.every[oldest] = answer
    assert wallet.answer("s-2", audience=VENUE).accepted
    assert wallet.flows.contents.verifiers["verifier.example"] == shown
    assert sum("/editions/" in path for path in service.paths()) == 4


def test_a_fork_is_not_joined_by_what_is_between(service: SmallService, wallet: Wallet) -> None:
    wallet.present(service.request(), audience=VENUE)
    wallet.present(service.request("s-2", policy={"version": 2}), audience=VENUE)
    fork(service)
    away(service, 2 * MAX_PREVIOUS)
    service.request("s-4", policy={"version": 4})
    with pytest.raises(VerifierRulesChanged):
        wallet.answer("s-4", audience=VENUE)
    service.request("s-5", policy={"version": 5})
    shown = service.publishing.editions["verifier.example"]
    wallet.accept_rules("verifier.example", shown.digest())
    assert wallet.answer("s-5", audience=VENUE).accepted


def test_another_history_of_the_log_is_seen(service: SmallService, wallet: Wallet) -> None:
    honest = service.log
    known = wallet.flows.contents.logs[honest.signer.vkey]
    assert known.note == honest.note
    service.log = SmallLog(honest.signer)
    service.log.add(*(bytes(32) for _ in range(open_checkpoint(known.note, honest.signer.verifier).size - 1)))
    with pytest.raises(LogForked):
        wallet.present(service.request(), audience=VENUE)
    service.log = honest
    service.publishing.editions.clear()
    assert wallet.present(service.request(), audience=VENUE) is not None


def test_an_auditor_reads_all_that_is_published(service: SmallService, auditor: Auditor) -> None:
    with pytest.raises(InclusionFailed, match="no rules"):
        auditor.verifier_rules()
    service.request()
    service.request("s-2", policy={"version": 2})
    found = auditor.verifier_rules()
    assert (found.rules, len(found.marks)) == (service.publishing.editions["verifier.example"], 2)
    assert found.has(VENUE, load_policy(POLICY).digest)
    assert not found.has(VENUE, load_policy({**POLICY, **OF_ONE}).digest)


def test_a_list_that_is_not_that_of_the_rules_is_refused(service: SmallService, auditor: Auditor) -> None:
    service.request()
    hidden = policy_mark(VENUE, bytes(32))
    (marks,) = service.publishing.held.values()
    marks.add(hidden)
    with pytest.raises(BadResponse, match="not that of its rules"):
        auditor.verifier_rules()
    marks.discard(hidden)
    assert len(auditor.verifier_rules().marks) == 1


def test_rules_outside_the_log_are_missed(service: SmallService, auditor: Auditor) -> None:
    service.request()
    shown = service.publishing.editions["verifier.example"]
    service.publishing.editions["verifier.example"] = replace(shown, previous=(bytes(32),))
    with pytest.raises(InclusionFailed):
        auditor.verifier_rules()
    service.publishing.editions["verifier.example"] = shown
    assert auditor.verifier_rules().rules == shown
