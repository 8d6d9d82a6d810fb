"""Does one person get one credential, however many ask for it at once?"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import pytest

from credence.circuits.wire import IssuedCredential, Offer
from credence.service.errors import ResetRefused
from credence.service.issuer.intake import open_case
from credence.service.issuer.issuance import AlreadyIssued, Claim, claim_credential
from tests.service.issuer.conftest import World

pytestmark = pytest.mark.slow

THREADS = 32
T = TypeVar("T")


def at_once(works: list[Callable[[], T]]) -> list[T | Exception]:
    """Runs every work in a thread of its own, all from the same moment."""
    gate = threading.Barrier(len(works))

    def run(work: Callable[[], T]) -> T | Exception:
        gate.wait()
        try:
            return work()
        except (AlreadyIssued, ResetRefused) as error:
            return error

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


def claiming(world: World, offer: Offer, commitment: bytes, token: str) -> Callable[[], tuple[IssuedCredential, bool]]:
    claim = Claim(offer.case_id, offer.secret, commitment, "vendor-jws", token.encode())
    return lambda: claim_credential(world.desk, claim)


def judged(world: World, results: list[tuple[IssuedCredential, bool] | Exception]) -> Counter[str]:
    assert world.rows("issuer_attestations") == 1
    assert world.rows("issuer_outbox WHERE kind = 'attestation'") == 1
    return Counter("refused" if isinstance(one, Exception) else "new" if one[1] else "again" for one in results)


def test_one_case_and_many_commitments(world: World) -> None:
    token = world.token()
    offer = world.offer(token)
    works = [claiming(world, offer, world.request().commitment, token) for _ in range(THREADS)]
    assert judged(world, at_once(works)) == {"new": 1, "refused": THREADS - 1}


def test_many_cases_of_one_person(world: World) -> None:
    tokens = [world.token() for _ in range(THREADS)]
    offers = [world.offer(token) for token in tokens]
    works = [claiming(world, offer, world.request().commitment, token) for offer, token in zip(offers, tokens, strict=True)]
    assert judged(world, at_once(works)) == {"new": 1, "refused": THREADS - 1}
    states = Counter(world.get(f"/cases/{offer.case_id}", world.operator).json()["state"] for offer in offers)
    assert states == {"issued": 1, "approved": THREADS - 1}


def test_one_request_many_times(world: World) -> None:
    token, commitment = world.token(), world.request().commitment
    offer = world.offer(token)
    results = at_once([claiming(world, offer, commitment, token) for _ in range(THREADS)])
    assert judged(world, results) == {"new": 1, "again": THREADS - 1}
    answers = [one[0] for one in results if not isinstance(one, Exception)]
    assert all(answer == answers[0] for answer in answers)


def test_the_same_evidence_many_times(world: World) -> None:
    token = world.token().encode()
    results = at_once([lambda: open_case(world.desk, "vendor-jws", token, "operator.example")] * THREADS)
    views = [one for one in results if not isinstance(one, Exception)]
    assert Counter(is_new for _, is_new in views) == {True: 1, False: THREADS - 1}
    assert len({view.case.id for view, _ in views}) == 1
    assert len({view.offer for view, _ in views}) == 1
    assert world.rows("issuer_cases") == 1
