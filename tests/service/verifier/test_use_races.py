"""Many at once with the same use of a rate limit: is it accepted exactly once, and does no other session lose its nonce?"""

from __future__ import annotations

import secrets
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import pytest

from credence.circuits.wire import Presentation
from credence.service.errors import AlreadyUsed
from credence.service.runtime import unlimited
from credence.service.verifier.admission import judge
from credence.service.verifier.desk import Desk
from tests.service.verifier.conftest import Opened, policy

WORKERS = 64
LIMIT = {"name": "open-account", "per": "day", "max": 2}


@pytest.mark.slow
def test_one_use_in_many_sessions_is_accepted_once(open_venue: Opened) -> None:
    venue = open_venue()
    venue.register(policy(rate_limit=LIMIT))
    services = replace(venue.desk.services, rng=secrets.token_bytes, limit=unlimited)
    desk = Desk(services, venue.desk.tariffs)
    requests = [venue.open() for _ in range(WORKERS)]
    proofs = [venue.prove(request) for request in requests]
    together = Barrier(WORKERS)

    def work(presentation: Presentation) -> str:
        together.wait()
        try:
            return judge(desk, presentation.session_id, presentation).reason
        except AlreadyUsed:
            return "already-used"

    with ThreadPoolExecutor(WORKERS) as pool:
        found = Counter(pool.map(work, proofs))
    assert found == {"accepted": 1, "already-used": WORKERS - 1}
    for table in (
        "verifier_use_tags",
        "verifier_spent_nonces",
        "verifier_decisions",
        "verifier_outbox WHERE kind = 'receipt'",
    ):
        assert venue.count(table) == 1
    states = Counter(venue.state(request.session_id)["state"] for request in requests)
    assert states == {"accepted": 1, "open": WORKERS - 1}
    still_open = next(r for r in requests if venue.state(r.session_id)["state"] == "open")
    assert judge(desk, still_open.session_id, venue.prove(still_open, use=1)).reason == "accepted"
