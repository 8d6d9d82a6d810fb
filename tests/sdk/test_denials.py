"""Does an auditor see that a verifier counted every denial of which there is a receipt, and logged the count?"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from credence.circuits.denials import DeniedCount
from credence.circuits.fields import json_digest
from credence.sdk.auditor import AsyncAuditor, Auditor
from credence.sdk.errors import InclusionFailed, ReceiptInvalid
from credence.sdk.messages import Request, Response
from credence.sdk.refusals import DenialsMiscounted
from tests.sdk.small_service import SmallService
from tests.sdk.test_auditor import document

Told = tuple[list[DeniedCount], list[dict[str, Any]]]


def receipt(service: SmallService, session_id: str, reason: str = "not_accepted") -> dict[str, Any]:
    return service.receipt(service.request(session_id), json_digest({}), reason=reason, pseudonym=None)


@pytest.fixture
def told(service: SmallService) -> Told:
    """Two minutes, three denials in the first, of one of which the receipt was erased, and one in the other."""
    minute = service.now // 60
    counts = [DeniedCount("verifier.example", minute + at, number, bytes([at]) * 32) for at, number in ((0, 3), (1, 1))]
    receipts = [receipt(service, "s-1"), receipt(service, "s-2", "policy_not_met")]
    service.now += 60
    receipts.append(receipt(service, "s-3"))
    service.log.add(*(count.leaf() for count in counts))
    service.log.publish()
    return counts, receipts


def test_counts_are_found_in_the_log_and_hold_the_receipts(service: SmallService, auditor: Auditor, told: Told) -> None:
    counts, receipts = told
    found = auditor.denials(reversed(counts), receipts, document(service))
    assert (found.counts, found.denied, found.shown) == (tuple(counts), 4, 3)
    assert auditor.denials(counts, [], document(service)).shown == 0

    class Awaited:
        async def send(self, request: Request) -> Response:
            return service.send(request)

    awaited = AsyncAuditor(Awaited(), service.log.signer.vkey)
    assert asyncio.run(awaited.denials(counts, receipts, document(service))) == found


WRONG: dict[str, tuple[type[Exception], Callable[[Told, SmallService], Told]]] = {
    "more receipts than were counted": (
        DenialsMiscounted,
        lambda told, service: (told[0], [*told[1], receipt(service, "s-4")]),
    ),
    "a minute that was not counted": (DenialsMiscounted, lambda told, _: (told[0][:1], told[1])),
    "a receipt twice": (DenialsMiscounted, lambda told, _: (told[0], [*told[1][:1], *told[1][:1]])),
    "an accepted one": (DenialsMiscounted, lambda told, service: (told[0], [receipt(service, "s-4", "accepted")])),
    "a minute twice": (DenialsMiscounted, lambda told, _: ([*told[0], replace(told[0][0], denied=9)], told[1])),
    "another verifier's": (DenialsMiscounted, lambda told, _: ([replace(told[0][0], verifier="v")], [])),
    "a receipt that nobody signed": (
        ReceiptInvalid,
        lambda told, _: (told[0], [{**told[1][0], "receipt": {**told[1][0]["receipt"], "reason": "policy_not_met"}}]),
    ),
    "another number than was logged": (
        InclusionFailed,
        lambda told, _: ([replace(told[0][0], denied=4), told[0][1]], told[1]),
    ),
    "another salt": (InclusionFailed, lambda told, _: ([told[0][0], replace(told[0][1], salt=bytes(32))], told[1])),
}


@pytest.mark.parametrize("cause", WRONG)
def test_what_does_not_add_up_is_refused(service: SmallService, auditor: Auditor, told: Told, cause: str) -> None:
    refusal, change = WRONG[cause]
    with pytest.raises(refusal) as found:
        auditor.denials(*change(told, service), document(service))
    if isinstance(found.value, DenialsMiscounted):
        assert str(found.value.minute) in found.value.reason
    assert auditor.denials(*told, document(service)).denied == 4
