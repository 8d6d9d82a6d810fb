"""Is nobody served while a sandbox is brought back, and does an application have one beginning and one end?"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from credence.circuits.curve import Curve
from credence.service.sandbox import Sandbox, SandboxLayer, claim
from credence.service.sandbox.gate import Gate
from credence.service.sandbox.names import START
from credence.service.sandbox.tenure import Tenure
from tests.service.sandbox.conftest import BASE


def test_a_closed_gate_waits_for_who_is_inside_and_holds_who_comes() -> None:
    said: list[str] = []

    async def request(gate: Gate, name: str, turns: int) -> None:
        async with gate.passed():
            said.append(f"{name} in")
            for _ in range(turns):
                await asyncio.sleep(0)
            said.append(f"{name} out")

    async def reset(gate: Gate) -> None:
        async with gate.closed():
            said.append("closed")
            await asyncio.sleep(0)
            said.append("open")

    async def day() -> None:
        gate = Gate()
        early = asyncio.create_task(request(gate, "early", 10))
        await asyncio.sleep(0)
        resets = [asyncio.create_task(reset(gate)) for _ in range(2)]
        await asyncio.sleep(0)
        await asyncio.gather(early, *resets, request(gate, "late", 0))

    asyncio.run(day())
    assert said[:4] == ["early in", "early out", "closed", "open"]
    assert sorted(said[4:]) == ["closed", "late in", "late out", "open"]
    assert "closed late in" not in " ".join(said)


def test_a_stream_that_does_not_end_is_not_waited_for() -> None:
    async def day() -> bool:
        gate = Gate(patience=0.01)
        async with gate.passed(), gate.closed():
            return True

    assert asyncio.run(day())


def told_app(said: list[str], *, fails: bool) -> FastAPI:
    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        said.append("begin")
        if fails:
            raise OSError
        yield
        said.append("end")

    return FastAPI(lifespan=lifespan)


def test_a_tenure_begins_and_ends_whoever_asks() -> None:
    said: list[str] = []

    async def day() -> None:
        tenure = await asyncio.create_task(Tenure.begin(told_app(said, fails=False)))
        assert said == ["begin"]
        await asyncio.create_task(tenure.end())

    asyncio.run(day())
    assert said == ["begin", "end"]


def test_a_start_that_fails_is_told() -> None:
    said: list[str] = []
    with pytest.raises(OSError):
        asyncio.run(Tenure.begin(told_app(said, fails=True)))
    assert said == ["begin"]


def test_a_sandbox_that_is_not_there_is_unavailable(tmp_path: Path, curve: Curve) -> None:
    sandbox = Sandbox(claim(tmp_path / "data"), curve, base_url=BASE, start=START)
    asyncio.run(sandbox.prepare())
    answer = TestClient(SandboxLayer(sandbox)).get("/healthz")  # nobody has opened it
    assert (answer.status_code, answer.headers["credence-sandbox"]) == (503, "true")
    assert answer.json()["type"] == "/problems/unavailable"
