"""Is what reputation computes with loaded beside the first requests, where it is wanted, and does a failure stop nothing?"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import pytest
from fastapi import FastAPI

from credence.service.app.warming import warming
from credence.service.reputation.desk import Desk


@dataclass(frozen=True)
class Cold(Desk):
    """A desk that says when it was warmed."""

    told: list[str] = field(default_factory=list)
    fails: bool = False

    def warm(self) -> None:
        self.told.append("warm")
        if self.fails:
            raise ImportError


async def entered(desk: object, *, wanted: bool) -> None:
    app = cast(FastAPI, SimpleNamespace(state=SimpleNamespace(reputation=desk)))
    async with warming(app, wanted):
        pass


@pytest.mark.parametrize("fails", [False, True])
def test_it_is_warm_when_the_process_ends_at_the_latest(fails: bool) -> None:
    desk = Cold(cast(Any, None), fails=fails)
    asyncio.run(entered(desk, wanted=True))
    assert desk.told == ["warm"]


@pytest.mark.parametrize(("party", "wanted"), [(True, False), (False, True)])
def test_nothing_is_loaded_where_nobody_wants_it_or_nobody_needs_it(party: bool, wanted: bool) -> None:
    desk = Cold(cast(Any, None))
    asyncio.run(entered(desk if party else None, wanted=wanted))
    assert desk.told == []
