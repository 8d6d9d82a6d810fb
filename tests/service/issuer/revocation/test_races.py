"""Is a handle revoked once, however many ask for it at once, and is every event in its place?"""

from __future__ import annotations

import secrets
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace

import pytest

from credence.circuits.revocation_log import follow
from credence.service.errors import Unavailable
from credence.service.issuer.revocation.manager import AlreadyRevoked, Manager, Revocation, Target
from tests.service.issuer.revocation.conftest import Revoking

pytestmark = pytest.mark.slow

THREADS = 64


def at_once(works: list[Callable[[], Revocation]]) -> list[Revocation | Exception]:
    """Runs every work in a thread of its own, all from the same moment."""
    gate = threading.Barrier(len(works))

    def run(work: Callable[[], Revocation]) -> Revocation | Exception:
        gate.wait()
        try:
            return work()
        except (AlreadyRevoked, Unavailable) as error:
            return error

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


def managers(revoking: Revoking) -> Manager:
    """One that draws from the system, since threads share it."""
    return replace(revoking.manager, services=replace(revoking.manager.services, rng=secrets.token_bytes))


def test_one_handle_many_times(revoking: Revoking) -> None:
    (one,) = revoking.attested()
    manager, before = managers(revoking), revoking.world.rows("issuer_outbox")
    results = at_once([lambda: manager.revoke(Target(attestation_id=one), reason="raced", by="x.example")] * THREADS)
    assert Counter(type(result).__name__ for result in results) == {"Revocation": 1, "AlreadyRevoked": THREADS - 1}
    assert revoking.world.rows("issuer_revocations") == 1
    assert revoking.world.rows("issuer_outbox") == before + 1
    assert revoking.stapled().checkpoint.index == 1


def test_many_handles_at_once_beside_the_minutes_checkpoint(revoking: Revoking) -> None:
    """Whoever is turned away by a busy database is told so, and comes again; nothing is half done."""
    ids = revoking.attested(THREADS // 2)
    handle = revoking.handle_of(ids.pop())
    state, manager = revoking.witness(handle), managers(revoking)
    left, rounds = list(ids), 0
    while left:
        rounds += 1
        assert rounds < 10
        works = [lambda one=one: manager.revoke(Target(attestation_id=one), reason="raced", by="x.example") for one in left]
        revoking.world.running.clock.forward(60)
        results = at_once(works)
        left = [one for one, result in zip(left, results, strict=True) if isinstance(result, Unavailable)]
        assert not [result for result in results if isinstance(result, AlreadyRevoked)]
    with revoking.world.desk.store.reading() as session:
        rows = session.connection().exec_driver_sql('SELECT "index" FROM issuer_revocations ORDER BY 1').scalars().all()
    assert list(rows) == list(range(1, len(ids) + 1))
    curve = revoking.world.running.services.curve
    stapled = revoking.stapled()
    assert stapled.checkpoint.index == len(ids)
    assert follow(curve, revoking.accumulator, state, handle, stapled) == revoking.witness(handle)
    kind = "WHERE kind = 'accumulator-checkpoint' AND entry_index IS NOT NULL"
    assert revoking.world.rows(f"issuer_outbox {kind}") == revoking.world.rows("issuer_checkpoints") >= len(ids)


def test_no_minute_is_given_to_a_value_that_was_replaced_before_it(revoking: Revoking) -> None:
    """A checkpoint that is asked for while a revocation is under way waits for it, and is of the value after it."""
    (one,) = revoking.attested()
    manager, clock = managers(revoking), revoking.world.running.clock
    revoking.world.running.app.state.checkpointing.stop()
    minute = revoking.world.now // 60 + 1
    with ThreadPoolExecutor(1) as pool:
        with manager.store.transaction() as session:
            manager._revoke(session, Target(attestation_id=one), "raced", "x.example", revoking.world.now)
            clock.forward(60)
            ticking = pool.submit(manager.checkpoint)
            assert not wait([ticking], timeout=0.3).done
        assert ticking.result(timeout=10) == 1
    assert revoking.world.rows(f'issuer_checkpoints WHERE minute = {minute} AND "index" = 1') == 1
    assert revoking.world.rows(f'issuer_checkpoints WHERE minute = {minute} AND "index" = 0') == 0
