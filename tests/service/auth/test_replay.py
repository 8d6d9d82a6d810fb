"""Is every assertion and every proof good for one request, however many ask at once?"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier

import pytest
from sqlalchemy import func
from sqlmodel import Session, select

from credence.service.auth import Role, issue_key, register_client
from credence.service.auth.access import KEPT, Presented, identify, spend_id
from credence.service.auth.exchange import TokenRequest, exchange
from credence.service.auth.proof import MAX_AGE
from credence.service.auth.records import AuthSpentId
from credence.service.auth.refusal import AccessRefused, Refusal
from credence.service.errors import Conflict
from tests.service.auth.conftest import BASE, BOTH, GUARDED, VENUE, Office
from tests.service.auth.signing import Edwards

WORKERS = 16
ROUNDS = 5


def spent(office: Office) -> int:
    with office.running.services.store("auth").reading() as session:
        return session.exec(select(func.count()).select_from(AuthSpentId)).one()


def test_an_assertion_serves_once(office: Office) -> None:
    signed = office.assertion()
    assert office.ask(signed).status_code == 200
    assert office.ask(signed).status_code == 401
    office.running.clock.forward(59)  # to its last second
    assert office.ask(signed).status_code == 401
    assert office.ask().status_code == 200


def test_a_proof_serves_once_at_the_token_endpoint(office: Office) -> None:
    proof = office.token_proof()
    assert office.ask(proof=proof).status_code == 200
    assert office.ask(proof=proof).status_code == 401
    assert office.ask().status_code == 200


def test_a_proof_serves_one_request(office: Office) -> None:
    token = office.token()
    proof = office.proof(token)
    assert office.use(token, proof).status_code == 200
    assert office.use(token, proof).status_code == 401
    office.running.clock.forward(MAX_AGE - 1)
    assert office.use(token, proof).status_code == 401
    assert office.use(token).status_code == 200


def test_a_replay_that_is_signed_anew_is_one(office: Office) -> None:
    """An elliptic signature can be changed into another good one; the ``jti`` stays."""
    token = office.token()
    for _ in range(2):
        answer = office.use(token, office.proof(token, jti="the-same"))
    assert answer.status_code == 401


def test_the_same_jti_of_another_is_another(office: Office) -> None:
    other = Edwards(bytes([4]) * 32)
    office.enrol("other.example", other)
    one = office.ask(office.assertion(jti="1"), office.token_proof(jti="1"))
    binding = Edwards(bytes([5]) * 32)
    two = office.ask(office.assertion(other, "other.example", jti="1"), office.token_proof(binding, jti="1"))
    assert (one.status_code, two.status_code) == (200, 200)


def test_a_refusal_of_one_leaves_the_other_unused(office: Office) -> None:
    signed, proof = office.assertion(), office.token_proof()
    assert office.ask(signed, proof).status_code == 200
    fresh = office.assertion()
    assert office.ask(fresh, proof).status_code == 401
    assert office.ask(fresh).status_code == 200
    unused = office.token_proof()
    assert office.ask(signed, unused).status_code == 401
    assert office.ask(proof=unused).status_code == 200


def raced(work: Callable[[], object]) -> Counter[str]:
    """What became of ``WORKERS`` who do the same at once."""
    barrier = Barrier(WORKERS)

    def attempt(_number: int) -> str:
        barrier.wait()
        try:
            work()
        except AccessRefused as error:
            return error.refusal.value
        except Conflict as error:
            return error.slug
        return "accepted"

    with ThreadPoolExecutor(WORKERS) as pool:
        return Counter(pool.map(attempt, range(WORKERS)))


def test_many_with_one_assertion_get_one_token(office: Office) -> None:
    services = office.running.services
    for _ in range(ROUNDS):
        request = TokenRequest(office.assertion(), None, ("",))
        proofs = iter([office.token_proof() for _ in range(WORKERS)])
        found = raced(lambda request=request, proofs=proofs: exchange(services, request, [next(proofs)]))
        assert found == {"accepted": 1, Refusal.REPLAYED.value: WORKERS - 1}


def test_many_with_one_proof_are_one_request(office: Office) -> None:
    token = office.token()
    for _ in range(ROUNDS):
        presented = Presented((f"DPoP {token}",), (office.proof(token),), "GET", BASE + GUARDED)
        found = raced(partial(identify, office.running.services, presented))
        assert found == {"accepted": 1, Refusal.REPLAYED.value: WORKERS - 1}


def test_many_who_ask_for_keys_get_two(office: Office) -> None:
    services = office.running.services
    store = services.store("auth")
    with store.transaction() as session:
        register_client(session, "desk.example", "A venue", Role.VENUE, now=office.now, rng=office.running.rng)

    def give() -> None:
        secret = secrets.token_bytes
        arguments = {"client_id": "desk.example", "scopes": BOTH, "now": office.now, "rng": secret}
        store.run(partial(issue_key, keyring=services.keyring, **arguments))

    assert raced(give) == {"accepted": 2, "conflict": WORKERS - 2}


# --- what is kept of it ---


def test_what_has_ended_goes_as_new_ones_come(office: Office) -> None:
    token = office.token()
    for _ in range(20):
        assert office.use(token).status_code == 200
    assert spent(office) == 22
    office.running.clock.forward(MAX_AGE + KEPT + 1)
    token = office.token()
    for _ in range(10):
        assert office.use(token).status_code == 200
    assert spent(office) == 12


def test_nothing_goes_before_its_token_has_ended(office: Office) -> None:
    store, now = office.running.services.store("auth"), office.now

    def use(session: Session, at: int) -> None:
        spend_id(session, "proof", VENUE, "jti", until=now + MAX_AGE, now=at)

    store.run(partial(use, at=now))
    for later in (0, MAX_AGE, MAX_AGE + KEPT):
        with pytest.raises(AccessRefused):
            store.run(partial(use, at=now + later))
    store.run(partial(use, at=now + MAX_AGE + KEPT + 1))


def test_a_jti_is_not_kept_as_it_was_sent(office: Office) -> None:
    office.ask(office.assertion(jti="a-very-plain-jti"), office.token_proof(jti="another-plain-jti"))
    with office.running.services.store("auth").reading() as session:
        rows = session.exec(select(AuthSpentId)).all()
    assert len(rows) == 2
    assert not any(b"plain" in row.digest for row in rows)
