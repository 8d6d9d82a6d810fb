"""Does a person have one live credential afterwards, and one reset counted, whoever comes at the same moment?"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from credence.circuits.issuance import HolderSecrets
from credence.service.errors import Conflict, Unauthorized
from credence.service.issuer.issuance import Claim, claim_credential
from credence.service.issuer.persons import deciding
from credence.service.issuer.revocation.manager import Target
from credence.service.settings import Settings
from credence.service.store import Contended
from tests.service.issuer.persons.conftest import Persons

pytestmark = pytest.mark.slow

EACH = 8


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"reset_interval_days": 0})


def at_once(works: list[Callable[[], str]]) -> Counter[str]:
    """Every work in a thread of its own, all from the same moment."""
    gate = threading.Barrier(len(works))

    def run(work: Callable[[], str]) -> str:
        gate.wait()
        for _ in range(8):
            try:
                return work()
            except Contended:
                continue
            except (Conflict, Unauthorized):
                return "refused"
        return "busy"

    with ThreadPoolExecutor(len(works)) as pool:
        return Counter(pool.map(run, works))


def claims(persons: Persons, cases: int, secrets: HolderSecrets | None = None) -> list[Callable[[], str]]:
    """So many claims through cases of their own, for one phrase or for as many."""
    made = []
    for _ in range(cases):
        token = persons.world.token()
        offer, request = persons.world.offer(token), persons.request(secrets or persons.world.secrets())
        made.append(Claim(offer.case_id, offer.secret, request.commitment, "vendor-jws", token.encode()))

    def work(claim: Claim) -> Callable[[], str]:
        return lambda: "new" if claim_credential(persons.world.desk, claim)[1] else "again"

    return [work(claim) for claim in made]


def handles(persons: Persons) -> tuple[int, int]:
    """Live ones, and those that are not revoked: the same ones."""
    unrevoked = "issuer_attestations WHERE id NOT IN (SELECT attestation_id FROM issuer_revocations)"
    live = persons.world.rows("issuer_attestations WHERE life = 'live'")
    assert persons.world.rows(f"{unrevoked} AND life = 'live'") == live
    return live, persons.world.rows(unrevoked)


def test_renewals(persons: Persons) -> None:
    secrets = persons.world.secrets()
    first = persons.held(secrets)
    endings = at_once(claims(persons, EACH, secrets))
    assert endings["new"] >= 1
    assert endings["new"] + endings["refused"] + endings["busy"] == EACH
    assert handles(persons) == (1, 1)
    assert {resets for _, resets in persons.lives(first.attestation_id)} == {0}


def test_resets_are_counted_as_often_as_they_were_made(persons: Persons) -> None:
    first = persons.held(persons.world.secrets())
    endings = at_once(claims(persons, EACH))
    assert endings["new"] >= 1
    resets = [resets for _, resets in persons.lives(first.attestation_id)]
    assert resets == list(range(endings["new"] + 1))
    assert handles(persons) == (1, 1)


def test_a_suspension_and_the_next_credential(persons: Persons) -> None:
    secrets = persons.world.secrets()
    first = persons.held(secrets)

    def suspend() -> str:
        deciding.suspend(persons.world.desk, first.attestation_id, "raced", "revoker.example")
        return "suspended"

    endings = at_once([suspend] * EACH + claims(persons, EACH, secrets))
    assert endings["suspended"] <= 1
    assert bool(endings["suspended"]) != bool(endings["new"]), "what is suspended is not replaced, and the other way round"
    assert handles(persons) == ((1, 1) if endings["new"] else (0, 0))


def test_a_ban_ends_what_came_before_it(persons: Persons) -> None:
    first = persons.held(persons.world.secrets())

    def ban() -> str:
        target = Target(attestation_id=first.attestation_id)
        deciding.ban(persons.world.desk, target, "raced", None, "revoker.example")
        return "banned"

    endings = at_once([ban] * EACH + claims(persons, EACH))
    assert endings["banned"] == 1
    assert handles(persons) == (0, 0)
