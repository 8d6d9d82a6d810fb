"""Do many who ask at once whether a process is ready cost what one does?"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest

from credence.service.app.readiness import FRESH, Latest


class Looking:
    """Checks that take until they are let go."""

    def __init__(self) -> None:
        self.looked = 0
        self.go = asyncio.Event()

    async def __call__(self) -> Mapping[str, str]:
        self.looked += 1
        number = self.looked
        await self.go.wait()
        if number == 2:
            raise ZeroDivisionError
        return {"database": str(number)}


@pytest.mark.parametrize("remembers", [True, False])
def test_who_asks_while_somebody_looks_is_told_what_is_found(remembers: bool) -> None:
    now = 0.0

    async def work() -> None:
        nonlocal now
        looking, latest = Looking(), Latest((lambda: now) if remembers else None)
        asking = [asyncio.create_task(latest.checks(looking)) for _ in range(30)]
        await asyncio.sleep(0)
        asking[0].cancel()  # who goes away takes nothing from the others
        looking.go.set()
        found = await asyncio.gather(*asking, return_exceptions=True)
        assert isinstance(found[0], asyncio.CancelledError)
        assert found[1:] == [{"database": "1"}] * 29
        now += FRESH
        with pytest.raises(ZeroDivisionError):
            await latest.checks(looking)
        assert await latest.checks(looking) == {"database": "3"}  # a failure is not remembered
        assert await latest.checks(looking) == {"database": "3" if remembers else "4"}

    asyncio.run(asyncio.wait_for(work(), 5))
