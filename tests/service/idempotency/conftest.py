"""A counter of a database: each sale is an effect that can be counted."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from pydantic import BaseModel
from sqlalchemy import func
from sqlmodel import Session, select
from starlette.responses import Response

from credence.service.auth import Client
from credence.service.idempotency import Answer, Effect, Once
from credence.service.idempotency.records import IdempotencyAnswer
from credence.service.runtime import Services
from credence.service.store import Run, Store
from tests.service.conftest import Starter, ToldClock
from tests.service.things import THINGS, Thing, count

KEY = "7YQ1f0u2Jr0mJv3Zk9w8Xg"


class Sold(BaseModel):
    """What a sale is answered with."""

    number: str


@dataclass
class Till:
    """``once`` is a request as the dependency makes it; each of its parts may be another one."""

    services: Services
    clock: ToldClock
    sold: list[str] = field(default_factory=list)

    @property
    def store(self) -> Store:
        return self.services.store("verifier")

    def once(self, **parts: Any) -> Once:
        request = {"key": KEY, "method": "POST", "path": "/sales", "query": b"", "body": b'{"size":1}', **parts}
        return Once(**{"services": self.services, "party": "verifier", **request})

    def effect(self, client_id: str = "venue-a", **parts: Any) -> Effect:
        return self.once(**parts).by(Client(client_id, frozenset()))

    def sell(self, session: Session) -> str:
        """Every sale has a number of its own, so that two can be told apart."""
        number = secrets.token_hex(16)
        session.add(Thing(tag=number))
        session.flush()
        self.sold.append(number)
        return number

    def run(self, effect: Effect, work: Callable[[Session], str] | None = None) -> Response:
        return effect.run(self.store, work or self.sell, said)

    def around(self, effect: Effect, whole: Callable[[Run[str]], str]) -> Response:
        return effect.around(self.store, whole, said)

    def sales(self) -> int:
        return count(self.store)

    def kept(self) -> int:
        with self.store.reading() as session:
            return session.exec(select(func.count()).select_from(IdempotencyAnswer)).one()


def said(number: str) -> Answer:
    return Answer.of(Sold(number=number), 201)


def is_replayed(response: Response) -> bool:
    return response.headers.get("idempotent-replayed") == "true"


@pytest.fixture
def till(started: Starter, clock: ToldClock) -> Till:
    # the seeded bytes of a test are not for several threads
    services = replace(started(("log",)).services, rng=secrets.token_bytes)
    made = Till(services, clock)
    with made.store.transaction() as session:
        THINGS.create_all(session.connection())
    return made
