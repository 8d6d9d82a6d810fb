"""Is a revoked holder refused within a minute, by every verifier that is on line, and nobody else?

One verifier is in the issuer's process, the other one shares nothing with it and asks over HTTP. All are told the same time.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest
from fastapi import FastAPI

from credence.circuits.credential import PERSON_1
from credence.circuits.curve import Curve
from credence.circuits.presentation import AccumulatorView, present
from credence.circuits.wire import IssuerDocument, Presentation, PresentationRequest
from credence.sdk import Auditor, Decision, HttpTransport, Onboarding, Retries, TrustedIssuer, Verifier, Wallet
from credence.sdk.calls import issuer, perform
from credence.sdk.calls import verifier as calls
from credence.sdk.errors import CannotSatisfy, Conflict, Unavailable
from credence.sdk.vault import FLOOR
from credence.service.app import create_app, initialise
from credence.service.auth import Scope
from credence.service.demo.server import serving
from credence.service.sandbox.clients import new_client
from credence.service.sandbox.persons import ENHANCED_RISK, LISTED_NAMES, LOW_RISK, Person
from credence.service.sandbox.vendor import Vendor
from credence.service.settings import Settings
from tests.conftest import SeededBytes
from tests.service.conftest import NOW, ToldClock
from tests.service.issuer.conftest import LockedBytes

pytestmark = pytest.mark.slow

ISSUER = "issuer.example"
VENUE = "venue.example"
MAX_AGE = 60
POLICY: dict[str, Any] = {
    "name": "not-revoked",
    "version": 1,
    "credentials": {"person": {"schema": PERSON_1.id, "issuers": [ISSUER]}},
    "all_of": [{"attribute": "kyc_level", "at_least": 2}],
    "not_revoked": {"max_age_s": MAX_AGE},
    "pseudonym": {"suffix": ""},
    "tariff": "perp-default",
}


@dataclass
class Place:
    """A verifier, the way to it, and its venue."""

    app: FastAPI
    url: str
    way: HttpTransport
    venue: Verifier

    def open(self) -> PresentationRequest:
        return self.venue.open_session(POLICY["name"]).request

    def heard_of(self, found: Callable[[PresentationRequest], bool]) -> PresentationRequest:
        """The first session whose request has such staples: the log and the poll take their own time."""
        until = monotonic() + 20
        while monotonic() < until:
            self.app.state.watch.board.refresh()
            with suppress(Unavailable):
                request = self.open()
                if found(request):
                    return request
            sleep(0.02)
        raise AssertionError("the verifier never heard of it")

    def decide(self, presentation: Presentation) -> str:
        return perform(self.way, calls.present(presentation)).reason

    def answered(self, wallet: Wallet) -> Decision:
        return wallet.answer(self.open().session_id, audience=self.venue.audience, transport=self.way)


@dataclass
class Town:
    """The issuer's service, and two places that ask."""

    clock: ToldClock
    curve: Curve
    rng: SeededBytes
    vendor: Vendor
    folder: Path
    document: IssuerDocument
    desk: Onboarding
    here: Place
    elsewhere: Place
    made: list[str] = field(default_factory=list)

    @property
    def places(self) -> tuple[Place, Place]:
        return self.here, self.elsewhere

    def wallet(self, person: Person) -> Wallet:
        """A person's wallet, whose own service is the issuer's, with its credential."""
        self.made.append(person.document_number)
        wallet = Wallet.create(
            self.folder / f"{len(self.made)}.vault",
            "correct horse battery",
            transport=self.here.way,
            auditor=Auditor(self.here.way, self.document.log_vkey),
            trust=[TrustedIssuer(ISSUER, self.document.log_vkey, frozenset({self.document.digest()}))],
            parameters=FLOOR,
            curve=self.curve,
            clock=self.clock,
            rng=self.rng,
        )
        token = self.vendor.issue_result(person, ISSUER, self.clock())
        case = self.desk.submit(issuer.Evidence(token))
        assert case.offer is not None, case.reasons
        wallet.receive(case.offer, token)
        return wallet

    def prove_carelessly(self, wallet: Wallet, request: PresentationRequest) -> Presentation:
        """As a wallet that does not look whether its witness is one."""
        (held,), (staple,) = wallet.credentials, request.staples
        assert held.witness is not None
        at = staple.newest.checkpoint
        (key,) = self.document.accumulators
        view = AccumulatorView(key.public_key, at.value, at.index, at.minute)
        return present(
            self.curve,
            request,
            {"person": held},
            self.clock(),
            self.rng,
            accumulators={"person": view},
            witnesses={"person": held.witness.witness},
        )


def install(folder: Path, curve: Curve, rng: SeededBytes, clock: ToldClock, **settings: Any) -> Settings:
    made = Settings.load(data_dir=folder, ledger_interval_ms=20, limits="all=off", **settings)
    initialise(made, clock=clock, rng=rng, curve=curve)
    return made


@pytest.fixture
def town(tmp_path: Path, curve: Curve) -> Iterator[Town]:
    rng, clock = LockedBytes("revocation"), ToldClock()
    vendor = Vendor.create(rng)
    issuing = install(
        tmp_path / "issuer",
        curve,
        rng,
        clock,
        issuer_id=ISSUER,
        verifier_id="here.example",
        vendor_keys=vendor.vendor_keys,
        screening_lists={"invented": LISTED_NAMES},
    )
    with ExitStack() as exits:

        def started(settings: Settings, *parties: str) -> Place:
            app = create_app(settings, parties=parties, clock=clock, curve=curve, rng=rng)
            url = exits.enter_context(serving(app)).url
            way = exits.enter_context(HttpTransport(url, retries=Retries(attempts=1)))
            key = new_client(app.state.services, VENUE, [Scope.VERIFIER_POLICIES, Scope.VERIFIER_SESSIONS])
            audience = f"{settings.verifier_id}/{VENUE}"
            return Place(app, url, way, Verifier(way, audience=audience, api_key=key.key, clock=clock))

        here = started(issuing, "issuer", "verifier", "log")
        document = perform(here.way, issuer.document())
        published = tmp_path / "issuer.json"
        published.write_text(json.dumps(document.to_json()))
        verifying = install(
            tmp_path / "verifier",
            curve,
            rng,
            clock,
            verifier_id="elsewhere.example",
            trusted_issuers={ISSUER: published},
            issuer_urls={ISSUER: here.url},
            accumulator_poll_seconds=30,
        )
        elsewhere = started(verifying, "verifier", "log")
        key = new_client(here.app.state.services, "desk.example", [Scope.ISSUER_CASES, Scope.ISSUER_REVOKE])
        desk = Onboarding(here.way, api_key=key.key)
        found = Town(clock, curve, rng, vendor, tmp_path, document, desk, here, elsewhere)
        for place in found.places:
            place.venue.register_policy(POLICY)
            place.heard_of(lambda request: request.published is not None)  # which the log has to hold first
        yield found


def newest(request: PresentationRequest) -> tuple[int, int]:
    (staple,) = request.staples
    return staple.newest.checkpoint.index, staple.newest.checkpoint.minute


def test_who_is_revoked_is_refused_within_a_minute_everywhere(town: Town) -> None:
    mine, theirs = town.wallet(LOW_RISK), town.wallet(ENHANCED_RISK)
    for place in town.places:
        assert all(place.answered(wallet).accepted for wallet in (mine, theirs))
    early = {
        (place.venue.audience, number): wallet.present(place.open(), audience=place.venue.audience)
        for place in town.places
        for number, wallet in enumerate((mine, mine, theirs))
    }

    town.clock.forward(30)
    (held,) = mine.credentials
    revoked = town.desk.revoke("key-lost", attestation_id=held.attestation_id)
    revoked_at = town.clock()
    assert (revoked.index, revoked.revoked_at) == (1, revoked_at)
    with pytest.raises(Conflict):
        town.desk.revoke("key-lost", attestation_id=held.attestation_id)

    # from the next staple on the wallet knows, and sends nothing; what it could make against the new value is no proof
    for place in town.places:
        request = place.heard_of(lambda request: newest(request)[0] == 1)
        assert place.decide(town.prove_carelessly(mine, request)) == "not_accepted"
        with pytest.raises(CannotSatisfy, match="the credential is revoked"):
            mine.answer(request.session_id, audience=place.venue.audience, transport=place.way)
        # the other one goes on, from what the request says alone
        assert place.answered(theirs).accepted
    assert mine.credentials[0].revoked == 1
    (other,) = theirs.credentials
    assert other.witness is not None
    assert other.witness.index == 1

    # what was made before is good for what is left of a minute that began before the revocation, and no longer
    town.clock.now = NOW // 60 * 60 + MAX_AGE - 1
    for place in town.places:
        assert place.decide(early[place.venue.audience, 0]) == "accepted"
    for moment in (NOW // 60 * 60 + MAX_AGE, revoked_at + MAX_AGE):
        town.clock.now = moment
        for place in town.places:
            place.heard_of(lambda request: newest(request)[1] == town.clock() // 60)
            for number in (1, 2):  # a proof of before is nobody's any more: who is not revoked makes a new one
                assert place.decide(early[place.venue.audience, number]) == "not_accepted"
            assert place.answered(theirs).accepted


def test_a_verifier_that_hears_nothing_accepts_nobody_after_two_minutes(town: Town) -> None:
    wallet, place = town.wallet(ENHANCED_RISK), town.elsewhere
    request = place.open()
    made = [wallet.present(asked, audience=place.venue.audience) for asked in (request, place.open())]
    town.clock.now = 60 * (newest(request)[1] + 1) + MAX_AGE - 1  # nobody asks the issuer meanwhile
    assert place.decide(made[0]) == "accepted"
    town.clock.forward(1)
    for ask in (lambda: place.decide(made[1]), place.open):
        with pytest.raises(Unavailable, match="newest revocations"):
            ask()
    place.heard_of(lambda request: newest(request)[1] == town.clock() // 60)
    assert place.decide(made[1]) == "accepted"
