"""Where somebody who was revoked may still knock: each door answers whether it let them in, and when they knocked."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from credence.circuits.issuance import HeldCredential
from credence.circuits.wire import IssuerDocument, Presentation, PresentationRequest
from credence.sdk import HttpTransport, Verifier
from credence.sdk.calls import perform, standings
from credence.sdk.calls import verifier as calls
from credence.sdk.errors import PresentationRefused, Unavailable
from credence.sdk.refusals import RenewalRefused
from credence.service.app import initialise, open_services
from credence.service.auth import Scope
from credence.service.clock import system_clock
from credence.service.sandbox import policies as asks
from credence.service.sandbox.clients import new_client
from tests.soak.clinging import Clinging
from tests.soak.installations import AUDIENCE, ISSUER, VENUE, Installation
from tests.soak.serving import Server, free_port

POLICY: Final = "perp-unrevoked"
ELSEWHERE: Final = "elsewhere.example"
_PATIENCE: Final = 30.0

Answers = Iterator[tuple[str, float, bool]]
"""Which party, when it was asked (monotonic seconds), whether it accepted."""


@dataclass(frozen=True)
class Place:
    """A verifier's service, and the venue at it."""

    way: HttpTransport
    venue: Verifier = field(repr=False)

    @classmethod
    @contextmanager
    def at(cls, url: str, audience: str, key: str, connections: int) -> Iterator[Place]:
        """With the policy registered, and in the log, which a request waits for."""
        with HttpTransport(url, connections=connections) as way:
            place = cls(way, Verifier(way, audience=audience, api_key=key))
            place.venue.register_policy({**asks.standard(ISSUER), "name": POLICY})
            end = time.monotonic() + _PATIENCE
            while True:
                try:
                    place.asked()
                except Unavailable:
                    if time.monotonic() > end:
                        raise
                else:
                    break
            yield place

    def asked(self) -> PresentationRequest:
        """A new session's question."""
        return self.venue.open_session(POLICY).request

    def decides(self, presentation: Presentation) -> bool:
        """What the service says to it."""
        return perform(self.way, calls.present(presentation)).accepted


@dataclass(frozen=True)
class Kept:
    """A question and its answer, both of before the revocation, by a wallet that has followed the question's staple."""

    request: PresentationRequest
    wallet: Clinging
    presentation: Presentation = field(repr=False)


@dataclass(frozen=True)
class Doors:
    """``here`` is the verifier in the issuer's process, ``there`` the one of another installation.

    ``document`` is the issuer's, as both venues were given it.
    """

    here: Place
    there: Place
    document: IssuerDocument

    def kept(self, held: HeldCredential) -> Kept:
        """A session at the other installation that is left open."""
        request = self.there.asked()
        wallet = Clinging.at(request.staples[0], held, self.document)
        return Kept(request, wallet, wallet.answer(request))

    def knock(self, names: Sequence[str], wallet: Clinging, kept: Kept) -> Answers:
        """At each of the doors named, one after another. Raises what the SDK raises for anything but yes and no."""
        for name, place in (("venue", self.here), ("elsewhere", self.there)):
            if name in names:
                presentation = wallet.answer(place.asked())
                yield name, time.monotonic(), place.decides(presentation)
        if "sdk" in names:
            request = self.there.asked()
            presentation, began = kept.wallet.answer(request), time.monotonic()
            yield "sdk", began, self._checked(self.there.venue.refreshed(request), presentation)
        if "offline" in names:
            yield "offline", time.monotonic(), self._checked(kept.request, kept.presentation)
        if "standings" in names:
            asked = perform(self.here.way, standings.begin(AUDIENCE, ""))
            renewal, began = wallet.renewal(asked), time.monotonic()
            try:
                perform(self.here.way, standings.renew(renewal))
            except RenewalRefused:
                yield "standings", began, False
            else:
                yield "standings", began, True

    def _checked(self, request: PresentationRequest, presentation: Presentation) -> bool:
        try:
            self.there.venue.check(request, presentation, [self.document])
        except PresentationRefused:
            return False
        return True


@contextmanager
def opened(installation: Installation, document: IssuerDocument, folder: Path, connections: int) -> Iterator[Doors]:
    """Both services, running: the issuer's own, and one of a verifier that hears of the issuer over HTTP alone."""
    port = free_port()
    with ExitStack() as exits, ThreadPoolExecutor(2) as pool:
        first = pool.submit(Server, installation, folder / "issuer.log", port=port)
        other = _trusting(folder, document, f"http://127.0.0.1:{port}")
        second = pool.submit(Server, other, folder / "elsewhere.log", parties="verifier,log")
        urls = [_until_the_end(exits, starting.result()) for starting in (first, second)]
        audiences = AUDIENCE, f"{ELSEWHERE}/{VENUE}"
        keys = installation.venue_key, other.venue_key
        here, there = (
            exits.enter_context(Place.at(url, audience, key, connections))
            for url, audience, key in zip(urls, audiences, keys, strict=True)
        )
        yield Doors(here, there, document)


def _until_the_end(exits: ExitStack, server: Server) -> str:
    exits.callback(server.stop)
    return server.url


def _trusting(folder: Path, document: IssuerDocument, url: str) -> Installation:
    """An installation on SQLite that verifies, and was told of an issuer and its address."""
    published = folder / "issuer.json"
    published.write_text(json.dumps(document.to_json()))
    values: Mapping[str, str] = {
        "data_dir": str(folder / "elsewhere"),
        "verifier_id": ELSEWHERE,
        "ledger_origin": "log.elsewhere.example/credence",
        "trusted_issuers": f"{ISSUER}={published}",
        "issuer_urls": f"{ISSUER}={url}",
        "limits": "all=off",
        "log_level": "warning",
    }
    made = Installation("sqlite", dict(values), b"")
    initialise(made.settings, clock=system_clock, rng=secrets.token_bytes)
    services = open_services(made.settings, clock=system_clock, rng=secrets.token_bytes, checkpoints=False)
    try:
        key = new_client(services, VENUE, [Scope.VERIFIER_POLICIES, Scope.VERIFIER_SESSIONS]).key
    finally:
        for store in dict.fromkeys(services.stores.values()):
            store.close()
    return Installation("sqlite", dict(values), b"", venue_key=key)
