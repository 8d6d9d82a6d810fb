"""A sandbox from its start state on: what it serves, how time passes in it, and how it is brought back."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Collection
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool

from credence.circuits.curve import Curve
from credence.service.app import PARTIES, create_app, initialise
from credence.service.errors import NotFound, ServiceError, Unavailable
from credence.service.runtime import Services
from credence.service.sandbox.folder import Folder
from credence.service.sandbox.furnishing import Furnished, furnish
from credence.service.sandbox.holders import Holders
from credence.service.sandbox.in_process import InProcess
from credence.service.sandbox.installation import sandbox_settings
from credence.service.sandbox.names import BEFORE, ISSUER, LATEST, VENDOR
from credence.service.sandbox.persons import PERSONS, Invented
from credence.service.sandbox.predictable import PredictableBytes
from credence.service.sandbox.still_clock import StillClock
from credence.service.sandbox.tenure import Tenure
from credence.service.sandbox.vendor import Vendor

_SETTLED: Final = 5.0
"""Seconds that the log is given to take up what it was told."""

_PAUSE: Final = 0.01


class Sandbox:
    """One sandbox in ``folder``, whose clock starts at ``start`` (unix seconds) and which is called at ``base_url``.

    :meth:`prepare` makes the start state; :meth:`open`, :meth:`reset` and :meth:`close` serve from it. Those are for one
    event loop; the rest is for many threads.
    """

    def __init__(self, folder: Folder, curve: Curve, *, base_url: str, start: int) -> None:
        self.base_url: Final = base_url
        self.start: Final = start
        self.clock: Final = StillClock(start, latest=LATEST)
        self.armed: Final[deque[ServiceError]] = deque()
        """What the next requests are refused with."""
        self._folder: Final = folder
        self._curve: Final = curve
        self._furnished: Furnished | None = None
        self._tenure: Tenure | None = None
        self._equip("furnishing")

    async def prepare(self) -> None:
        """Makes everything anew, up to the start state. Raises what makes an installation impossible."""
        self._folder.empty()
        self.clock.set(self.start - BEFORE)
        initialise(self._settings, clock=self.clock, rng=PredictableBytes("installation"), curve=self._curve)
        tenure = await self._begin(PARTIES.keys() - {"log"}, "furnishing")
        try:
            self._furnished = await run_in_threadpool(
                furnish, tenure.app, self._way, self._holders, self._vendor, self.clock, self.start
            )
        finally:
            await tenure.end()
        self._folder.keep_start()
        self._equip("serving")

    async def open(self) -> None:
        """Serves the start state; returns when it is ready. Raises what its start raises."""
        self._tenure = await self._begin(PARTIES.keys(), "serving")
        await run_in_threadpool(self._settle)

    async def close(self) -> None:
        """Ends it."""
        tenure, self._tenure = self._tenure, None
        if tenure is not None:
            await tenure.end()

    async def reset(self) -> None:
        """Brings back the start state: keys, ids, log, wallets, clock. Nobody may be served meanwhile."""
        await self.close()
        await run_in_threadpool(self._folder.restore)
        self.clock.set(self.start)
        self.armed.clear()
        self._equip("serving")
        await self.open()

    @property
    def app(self) -> FastAPI:
        """The service. Raises :class:`Unavailable` where it is not served."""
        if self._tenure is None:
            raise Unavailable
        return self._tenure.app

    @property
    def services(self) -> Services:
        """What the service has in its hands. Raises :class:`Unavailable` as :attr:`app`."""
        found: Services = self.app.state.services
        return found

    @property
    def furnished(self) -> Furnished:
        """What was there at the start. Raises :class:`Unavailable` before :meth:`prepare`."""
        if self._furnished is None:
            raise Unavailable
        return self._furnished

    @property
    def holders(self) -> Holders:
        """The persons' wallets."""
        return self._holders

    def evidence(self, person: Invented) -> str:
        """The vendor's result for a person: another one each time, valid for a day."""
        return self._vendor.issue_result(person.person, ISSUER, self.clock())

    def forward(self, seconds: int) -> int:
        """Moves the clock, and answers the new time once the log has taken up what it was told.

        Raises :class:`~credence.service.errors.InvalidRequest` as :meth:`StillClock.forward`.
        """
        now = self.clock.forward(seconds)
        self.app.state.issuer.revocation.checkpoint()
        self.services.ledger.sequence()
        self._settle()
        return now

    def _settle(self) -> None:
        """Returns when the log has been looked after since the clock came to where it stands."""
        app, deadline = self.app, time.monotonic() + _SETTLED
        while (app.state.sequencing.last_run or 0) < self.clock() and time.monotonic() < deadline:
            time.sleep(_PAUSE)

    async def _begin(self, parties: Collection[str], phase: str) -> Tenure:
        rng = PredictableBytes(f"service, {phase}")
        app = create_app(self._settings, parties=parties, clock=self.clock, rng=rng, curve=self._curve)
        app.state.sandbox = True
        tenure = await Tenure.begin(app)
        self._way.lead_to(app)
        return tenure

    def _equip(self, phase: str) -> None:
        """What has a state of its own: the vendor's and the wallets' bytes, and wallets that are open."""
        self._way = InProcess()
        key = Ed25519PrivateKey.from_private_bytes(PredictableBytes("vendor key")(32))
        self._vendor = Vendor(key, PredictableBytes(f"vendor, {phase}"), VENDOR)
        self._settings = sandbox_settings(self._folder.installation, self.base_url, self._vendor.vendor_keys)
        rng = PredictableBytes(f"wallets, {phase}")
        self._holders = Holders(self._folder.wallets, self._way, self._curve, self.clock, rng)


def person_of(person_id: str) -> Invented:
    """Somebody of the sandbox. Raises :class:`NotFound`."""
    found = PERSONS.get(person_id)
    if found is None:
        raise NotFound("There is no such person.")
    return found
