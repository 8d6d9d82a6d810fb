"""A service on the wire with the settings that a test names: ``@with_settings(limits=per_minute(reads=2))``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from fastapi.testclient import TestClient

from credence.service.settings import Limit, Rate, Settings
from tests.service.conftest import Running


def per_minute(**amounts: int) -> Mapping[Limit, Rate | None]:
    """So many a minute of each limit that is named, and the others off."""
    return dict.fromkeys(Limit) | {Limit(name): Rate(amount, 60) for name, amount in amounts.items()}


def with_settings(**changes: Any) -> pytest.MarkDecorator:
    """Has the service of a test start with these settings."""
    return pytest.mark.parametrize("changes", [pytest.param(changes, id="")])


def problem_of(answer: Any) -> tuple[int, str, str | None]:
    """Status, kind, and the limit by name."""
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    return answer.status_code, body["type"], body.get("limit")


def at(running: Running, address: str) -> TestClient:
    """A client of the running service at that address."""
    return TestClient(running.app, raise_server_exceptions=False, client=(address, 1))


@pytest.fixture
def changes() -> dict[str, Any]:
    return {}


@pytest.fixture
def settings(settings: Settings, changes: dict[str, Any]) -> Settings:
    return settings.model_copy(update=changes)
