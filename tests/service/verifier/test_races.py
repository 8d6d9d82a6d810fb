"""Many at once: is a presentation accepted exactly once, and are five denials five?"""

from __future__ import annotations

import secrets
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

from credence.circuits.wire import Presentation
from credence.service.errors import BadNonce
from credence.service.verifier.admission import judge
from credence.service.verifier.desk import Desk
from credence.service.verifier.policies import read_policy, register
from tests.service.conftest import NOW
from tests.service.verifier.conftest import Opened, Venue, policy

WORKERS = 32


def outcomes(venue: Venue, presentation: Presentation) -> Counter[str]:
    """What ``WORKERS`` threads are told that present at the same moment."""
    # the seeded bytes of a test are not for several threads
    desk = Desk(replace(venue.desk.services, rng=secrets.token_bytes), venue.desk.tariffs)
    together = Barrier(WORKERS)

    def work(_: int) -> str:
        together.wait()
        try:
            return judge(desk, presentation.session_id, presentation).reason
        except BadNonce:
            return "bad-nonce"

    with ThreadPoolExecutor(WORKERS) as pool:
        return Counter(pool.map(work, range(WORKERS)))


def test_one_presentation_is_accepted_once(venue: Venue) -> None:
    request = venue.open()
    found = outcomes(venue, venue.prove(request))
    assert found == {"accepted": 1, "bad-nonce": WORKERS - 1}
    for table in ("verifier_spent_nonces", "verifier_decisions", "verifier_outbox WHERE kind = 'receipt'"):
        assert venue.count(table) == 1
    assert venue.state(request.session_id)["state"] == "accepted"


def test_five_denials_are_five(venue: Venue) -> None:
    request = venue.open()
    presentation = venue.prove(request)
    found = outcomes(venue, replace(presentation, proof=presentation.proof[::-1]))
    assert found == {"not_accepted": 5, "bad-nonce": WORKERS - 5}
    assert venue.count("verifier_decisions") == 5
    assert venue.count("verifier_spent_nonces") == 0
    assert venue.state(request.session_id)["state"] == "denied"


def test_one_version_is_registered_once(open_venue: Opened) -> None:
    """Of several documents for one version one wins, and stays."""
    venue = open_venue()
    documents = [policy(message="required" if number % 2 else "optional") for number in range(8)]
    together = Barrier(len(documents))

    def work(number: int) -> str:
        loaded = read_policy(documents[number], venue.desk.tariffs, now=venue.desk.services.clock())
        together.wait()
        try:
            new = venue.desk.store.run(lambda session: register(session, "venue-a", loaded, now=NOW))
        except Exception as error:  # noqa: BLE001 - its type is what is looked at
            return type(error).__name__
        return "new" if new else "same"

    with ThreadPoolExecutor(len(documents)) as pool:
        found = Counter(pool.map(work, range(len(documents))))
    assert found == {"new": 1, "same": 3, "PolicyVersionExists": 4}
    assert venue.count("verifier_policies") == 1
