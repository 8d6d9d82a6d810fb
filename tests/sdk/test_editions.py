"""Does an auditor who reads a verifier's editions back find a policy that was shown to one person and replaced?

Every history that is refused is accepted once what was done to it is undone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from credence.circuits.encoding import b64u
from credence.circuits.verifier_rules import MAX_PREVIOUS, PublishedTariff, VerifierRules, marks_tree
from credence.sdk.auditor import AsyncAuditor, Auditor
from credence.sdk.errors import AuditError, BadResponse, InclusionFailed
from credence.sdk.messages import Request, Response
from credence.sdk.refusals import EditionMissing, MarkDropped, RulesBroken
from tests.sdk.small_service import SmallService

VERIFIER = "verifier.example"
FIRST, SECOND, THIRD, OF_ONE = (bytes([number]) * 32 for number in range(1, 5))
TARIFF = PublishedTariff("perp-default", 1, bytes(32), 0)


def publish(service: SmallService, *marks: bytes, in_log: bool = True, **members: Any) -> VerifierRules:
    """The verifier shows an edition with these marks, which continues the one that it shows."""
    before, tree = service.publishing.editions.get(VERIFIER), marks_tree(marks)
    previous = () if before is None else (before.digest(), *before.previous)[:MAX_PREVIOUS]
    made = VerifierRules(VERIFIER, service.log.signer.vkey, (TARIFF,), tree.size, tree.root(), previous)
    rules = replace(made, **members)
    name = b64u(rules.digest())
    service.publishing.every[name] = {"type": "credence/published-edition/1", "rules": rules.to_json()}
    service.publishing.held[name] = set(marks)
    service.publishing.editions[VERIFIER] = rules
    if in_log:
        service.log.add(rules.leaf())
        service.log.publish()
    return rules


@pytest.fixture
def honest(service: SmallService) -> list[VerifierRules]:
    """Three editions, oldest first."""
    return [publish(service, *marks) for marks in ((FIRST,), (FIRST, SECOND), (FIRST, SECOND, THIRD))]


def test_every_edition_is_read_to_the_first(service: SmallService, auditor: Auditor, honest: list[VerifierRules]) -> None:
    found = auditor.verifier_editions()
    assert found.digests == tuple(rules.digest() for rules in reversed(honest))
    assert found.newest.rules == honest[-1]
    assert found.newest.marks == {FIRST, SECOND, THIRD}


def test_whoever_awaits_reads_the_same(service: SmallService, auditor: Auditor, honest: list[VerifierRules]) -> None:
    class Awaited:
        async def send(self, request: Request) -> Response:
            return service.send(request)

    awaited = AsyncAuditor(Awaited(), service.log.signer.vkey)
    assert asyncio.run(awaited.verifier_editions()) == auditor.verifier_editions()


def test_what_was_read_is_not_read_again(service: SmallService, auditor: Auditor, honest: list[VerifierRules]) -> None:
    before = len(service.paths())
    assert len(auditor.verifier_editions(honest[1].digest()).digests) == 2
    assert sum("/editions/" in path for path in service.paths()[before:]) == 1
    assert auditor.verifier_editions(honest[2].digest()).digests == (honest[2].digest(),)


def test_an_edition_of_tariffs_alone_needs_no_list(service: SmallService, auditor: Auditor) -> None:
    publish(service, FIRST, tariffs=())
    publish(service, FIRST)
    assert len(auditor.verifier_editions().digests) == 2
    assert sum("/policies" in path for path in service.paths()) == 2, "that of the newest, and its end"


@pytest.mark.parametrize("comes_back", [False, True])
def test_a_policy_that_was_replaced_is_named(service: SmallService, auditor: Auditor, comes_back: bool) -> None:
    publish(service, FIRST)
    shown = publish(service, FIRST, OF_ONE)
    publish(service, FIRST, SECOND)
    if comes_back:
        publish(service, FIRST, SECOND, OF_ONE)
    assert auditor.verifier_rules().rules == service.publishing.editions[VERIFIER], "of the newest alone nobody can tell"
    with pytest.raises(MarkDropped) as found:
        auditor.verifier_editions()
    assert (found.value.edition, found.value.mark) == (shown.digest(), OF_ONE)
    assert OF_ONE.hex() in found.value.reason
    assert shown.digest().hex() in found.value.reason


def test_the_same_policies_without_the_one_are_accepted(service: SmallService, auditor: Auditor) -> None:
    for marks in ((FIRST,), (FIRST, OF_ONE), (FIRST, SECOND, OF_ONE)):
        publish(service, *marks)
    assert len(auditor.verifier_editions().digests) == 3


def _unserved(service: SmallService, honest: list[VerifierRules]) -> Callable[[], object]:
    name = b64u(honest[0].digest())
    answer = service.publishing.every.pop(name)
    return lambda: service.publishing.every.update({name: answer})


def _looped(service: SmallService, honest: list[VerifierRules]) -> Callable[[], object]:
    name, every = b64u(honest[0].digest()), service.publishing.every
    answer = every[name]
    every[name] = every[b64u(honest[-1].digest())]
    return lambda: every.update({name: answer})


def _another_list(service: SmallService, honest: list[VerifierRules]) -> Callable[[], object]:
    held = service.publishing.held[b64u(honest[0].digest())]
    held.add(OF_ONE)
    return lambda: held.discard(OF_ONE)


BROKEN: dict[str, tuple[type[Exception], Callable[[SmallService, list[VerifierRules]], Callable[[], object]]]] = {
    "an edition is not served": (EditionMissing, _unserved),
    "an edition leads back to the newest": (BadResponse, _looped),
    "the list of an edition is another": (BadResponse, _another_list),
}


@pytest.mark.parametrize("cause", BROKEN)
def test_a_history_that_cannot_be_read_is_refused(
    service: SmallService, auditor: Auditor, honest: list[VerifierRules], cause: str
) -> None:
    refusal, do = BROKEN[cause]
    undo = do(service, honest)
    with pytest.raises(refusal) as found:
        auditor.verifier_editions()
    if isinstance(found.value, RulesBroken):
        assert found.value.edition == honest[0].digest()
    undo()
    assert len(auditor.verifier_editions().digests) == 3


def test_an_edition_outside_the_log_is_named(service: SmallService, auditor: Auditor) -> None:
    publish(service, FIRST)
    hidden = publish(service, FIRST, SECOND, in_log=False)
    publish(service, FIRST, SECOND, THIRD)
    with pytest.raises(InclusionFailed, match=hidden.digest().hex()):
        auditor.verifier_editions()
    service.log.add(hidden.leaf())
    service.log.publish()
    assert len(auditor.verifier_editions().digests) == 3


LATER = PublishedTariff("perp-default", 2, bytes(32), 9)
SHRUNK: dict[str, tuple[dict[str, Any], ...]] = {
    "another verifier's": ({"verifier": "other.example"}, {}),
    "others are named": ({}, {}, {"previous": "cut"}),
    "a tariff's name is missing": ({}, {"tariffs": ()}),
    "a version is missing": ({"tariffs": (TARIFF, LATER)}, {"tariffs": (TARIFF,)}),
    "a version is another": ({}, {"tariffs": (replace(TARIFF, activates_at=1),)}),
    "a version is another after others": (
        {},
        {"tariffs": (LATER,)},
        {"tariffs": (replace(TARIFF, activates_at=1), LATER)},
    ),
}


@pytest.mark.parametrize("cause", SHRUNK)
def test_what_does_not_continue_is_found(service: SmallService, auditor: Auditor, cause: str) -> None:
    for number, members in enumerate(SHRUNK[cause]):
        if members.get("previous") == "cut":
            members = {"previous": (service.publishing.editions[VERIFIER].digest(), bytes(32))}
        publish(service, *(FIRST, SECOND, THIRD)[: number + 1], **members)
    accepted = service.publishing.editions[VERIFIER].digest()
    with pytest.raises(RulesBroken) as found:
        auditor.verifier_editions()
    assert not isinstance(found.value, MarkDropped | EditionMissing)
    publish(service, FIRST, SECOND, THIRD, OF_ONE, tariffs=service.publishing.editions[VERIFIER].tariffs)
    assert auditor.verifier_editions(accepted).digests[-1] == accepted, "what somebody accepts is where it begins"


def test_past_versions_are_not_missed(service: SmallService, auditor: Auditor) -> None:
    for number, tariffs in enumerate(((TARIFF,), (TARIFF, LATER), (LATER,), (LATER, replace(LATER, version=3)))):
        publish(service, *(FIRST, SECOND, THIRD, OF_ONE)[: number + 1], tariffs=tariffs)
    assert len(auditor.verifier_editions().digests) == 4


def test_a_fork_does_not_lead_to_what_was_read(service: SmallService, auditor: Auditor, honest: list[VerifierRules]) -> None:
    assert auditor.verifier_editions().digests[0] == honest[-1].digest()
    service.publishing.editions[VERIFIER] = honest[1]
    publish(service, FIRST, SECOND, OF_ONE)
    with pytest.raises(RulesBroken) as found:
        auditor.verifier_editions(honest[-1].digest())
    assert found.value.edition == honest[-1].digest()
    assert auditor.verifier_editions(honest[1].digest()).digests[-1] == honest[1].digest()


def test_reading_ends_somewhere(service: SmallService, auditor: Auditor, honest: list[VerifierRules]) -> None:
    with pytest.raises(AuditError, match="more editions"):
        auditor.verifier_editions(most=2)
    assert len(auditor.verifier_editions(most=3).digests) == 3
