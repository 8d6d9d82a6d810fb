"""How often may a venue change where it is told, or have it told again?"""

from __future__ import annotations

import pytest

from credence.service.settings import Settings
from tests.service.throttle.conftest import per_minute, problem_of
from tests.service.verifier.webhooks.conftest import Told

URL = "https://hooks.venue.example/credence"
LIMITED = (429, "/problems/rate-limited", "webhooks")


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"limits": per_minute(webhooks=2)})


@pytest.mark.parametrize(
    ("method", "path", "done"),
    [
        ("POST", "/webhooks", 400),
        ("POST", "/webhooks/unknown/secret", 404),
        ("DELETE", "/webhooks/unknown", 404),
        ("POST", "/deliveries/unknown/retry", 404),
    ],
)
def test_whatever_changes_something_is_counted_by_venue(
    told: Told, stranger: Told, method: str, path: str, done: int
) -> None:
    body = {"url": "http://localhost/", "events": ["session.denied"]} if path == "/webhooks" else None
    answers = [told.ask(method, path, body) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [done, done, 429]
    assert problem_of(answers[2]) == LIMITED
    assert problem_of(told.ask("POST", "/webhooks", {"url": URL, "events": ["session.denied"]})) == LIMITED
    assert stranger.ask(method, path, body).status_code == done
    told.venue.clock.forward(int(answers[2].headers["retry-after"]))
    assert told.ask(method, path, body).status_code == done


def test_looking_is_not_counted(told: Told) -> None:
    for _ in range(5):
        assert told.ask("GET", "/webhooks").status_code == told.ask("GET", "/deliveries").status_code == 200
