"""Many wallets at once over HTTP: does each get the answer to its own presentation, and are they checked together?"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Event
from typing import Any

import pytest

from credence.circuits.errors import Refused
from credence.circuits.presentation import Accepted, Unchecked, check_presentations
from credence.service.settings import Settings
from credence.service.verifier.desk import Desk
from tests.service.verifier.conftest import Venue

MANY = 9
PATIENCE = 20.0


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"concurrency": MANY + 1})


class Crowd:
    """A venue whose first check takes until all others wait; ``sizes`` is how many were checked together."""

    def __init__(self, venue: Venue) -> None:
        self.venue = venue
        self.sizes: list[int] = []
        self.begun = Event()
        self.breaks = False
        desk = Desk(replace(venue.desk.services, rng=secrets.token_bytes), venue.desk.tariffs)
        self.batcher = desk.batcher
        self.batcher._check = self.check  # type: ignore[misc]  # the seam of these tests
        venue.running.app.state.verifier = desk

    def check(self, readings: Sequence[Unchecked]) -> tuple[Accepted | Refused, ...]:
        self.sizes.append(len(readings))
        if not self.begun.is_set():
            self.begun.set()
            pause = Event()
            for _ in range(int(PATIENCE / 0.01)):
                if len(self.batcher._waiting) == MANY - 1:
                    break
                pause.wait(0.01)
        if self.breaks and len(readings) > 1:
            raise RuntimeError
        return check_presentations(readings, secrets.token_bytes)

    def answers(self, bodies: Sequence[dict[str, Any]]) -> list[Any]:
        """To the first one, and to all others that come while it is checked."""

        def answer(body: dict[str, Any]) -> Any:
            return self.venue.answer(body["session_id"], body)

        with ThreadPoolExecutor(MANY) as pool:
            first = pool.submit(answer, bodies[0])
            assert self.begun.wait(PATIENCE)
            others = pool.map(answer, bodies[1:])
            return [first.result(PATIENCE), *others]


@pytest.fixture
def crowd(venue: Venue) -> Crowd:
    return Crowd(venue)


def proven(venue: Venue) -> dict[str, Any]:
    return venue.prove(venue.open()).to_json()


def forged(venue: Venue) -> dict[str, Any]:
    """A proof whose challenge is found and whose equations do not hold."""
    presentation = venue.prove(venue.open())
    tau = presentation.proof[:-1] + bytes([presentation.proof[-1] ^ 1])
    return replace(presentation, proof=tau).to_json()


def illformed(venue: Venue) -> dict[str, Any]:
    return {**proven(venue), "disclosed": {}}


def test_each_gets_the_answer_to_its_own_presentation(crowd: Crowd) -> None:
    venue = crowd.venue
    bodies = [proven(venue) for _ in range(MANY - 3)] + [forged(venue), illformed(venue), forged(venue)]
    found = crowd.answers(bodies)
    assert [answer.status_code for answer in found] == [200] * (MANY - 2) + [400, 200]
    said = [answer.json() for answer in found if answer.status_code == 200]
    assert [one["session_id"] for one in said] == [body["session_id"] for body in bodies if body is not bodies[-2]]
    assert [one["reason"] for one in said] == ["accepted"] * (MANY - 3) + ["not_accepted"] * 2
    assert crowd.sizes == [1, MANY - 2], "what has the wrong shape is not checked, and all others are together"
    states = [venue.state(body["session_id"])["state"] for body in bodies]
    assert states == ["accepted"] * (MANY - 3) + ["open"] * 3


def test_a_check_that_breaks_costs_nobody_the_answer(crowd: Crowd) -> None:
    """Of all together, not of one alone."""
    crowd.breaks = True
    found = crowd.answers([proven(crowd.venue) for _ in range(MANY)])
    assert [answer.json().get("reason") for answer in found] == ["accepted"] * MANY
    assert crowd.sizes == [1, MANY - 1, *[1] * (MANY - 1)]


def test_batches_are_counted_without_a_word_about_anybody(crowd: Crowd) -> None:
    crowd.answers([proven(crowd.venue) for _ in range(MANY)])
    said = crowd.venue.running.services.metrics.text().decode()
    assert "credence_presentation_batch_count 2.0" in said
    assert f"credence_presentation_batch_sum {float(MANY)}" in said
    assert 'credence_presentation_batch_bucket{le="1.0"} 1.0' in said
