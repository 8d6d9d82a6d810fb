"""When a list changes, or evidence grows old: is the holder told, and what becomes of the credential?

Over HTTP, on a clock that is moved: a wallet that presents, a desk that hands evidence in again, two reviewers.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest
from fastapi import FastAPI

from credence.circuits.credential import PERSON_1
from credence.circuits.curve import Curve
from credence.circuits.wire import PresentationRequest
from credence.sdk import HttpTransport, Onboarding, Retries, TrustedIssuer, Verifier, Wallet
from credence.sdk.calls import issuer, perform
from credence.sdk.calls.reviews import Entry, Proposed
from credence.sdk.errors import CannotSatisfy, Conflict, Unavailable
from credence.sdk.vault import FLOOR
from credence.sdk.wallet import Review
from credence.service.adapters.list_changes import list_changes
from credence.service.adapters.list_folder import ListFolder
from credence.service.adapters.list_formats import read_any
from credence.service.app import create_app, initialise
from credence.service.app.issuing import prepare
from credence.service.auth import Scope
from credence.service.demo.server import serving
from credence.service.issuer.review.due.lapsing import lapse
from credence.service.issuer.review.due.looking import look, mark
from credence.service.sandbox.clients import new_client
from credence.service.sandbox.persons import ENHANCED_RISK, LOW_RISK, Person
from credence.service.sandbox.vendor import Vendor
from credence.service.settings import Settings
from tests.service.conftest import ToldClock
from tests.service.issuer.conftest import LockedBytes

pytestmark = pytest.mark.slow

ISSUER = "issuer.example"
VENUE = "venue.example"
AUDIENCE = f"verifier.example/{VENUE}"
DAY = 86_400
POLICY: dict[str, Any] = {
    "name": "not-revoked",
    "version": 1,
    "credentials": {"person": {"schema": PERSON_1.id, "issuers": [ISSUER]}},
    "all_of": [{"attribute": "kyc_level", "at_least": 1}],
    "not_revoked": {"max_age_s": 60},
    "pseudonym": {"suffix": ""},
    "tariff": "perp-default",
}
NOBODY = {"id": "N", "kind": "individual", "names": ["Nobody Atall"]}
HERSELF = {"id": "E-9", "kind": "individual", "names": ["BRANDHÖVEL, Annelie"], "births": ["1988-04-17"]}
NAMESAKE = {**HERSELF, "births": ["1950"]}


@dataclass
class Town:
    """One service, everybody who uses it, and the time."""

    app: FastAPI
    way: HttpTransport
    desk: Onboarding
    reviewers: tuple[Onboarding, Onboarding]
    venue: Verifier
    vendor: Vendor
    folder: Path
    clock: ToldClock
    curve: Curve
    made: int = 0

    def holder(self, person: Person = LOW_RISK) -> tuple[str, Wallet]:
        """A person's case and wallet."""
        self.made += 1
        document = perform(self.way, issuer.document())
        wallet = Wallet.create(
            self.folder / f"{self.made}.vault",
            "correct horse battery",
            transport=self.way,
            trust=[TrustedIssuer(ISSUER, document.log_vkey, frozenset({document.digest()}))],
            parameters=FLOOR,
            curve=self.curve,
            clock=self.clock,
        )
        token = self.vendor.issue_result(person, ISSUER, self.clock())
        case = self.desk.submit(token)
        assert case.offer is not None, case.reasons
        wallet.receive(case.offer, token)
        return case.case_id, wallet

    def imports(self, *entries: dict[str, Any]) -> int:
        """A new version of the list, searched from now on; how many became due with it."""
        settings = self.app.state.services.settings
        path = self.folder / "own.json"
        path.write_text(json.dumps({"type": "credence/screening-list/1", "version": "1", "entries": [NOBODY, *entries]}))
        ListFolder(settings.data_dir).keep(read_any("own", path), "own", self.clock())
        self.app.state.issuer = prepare(self.app.state.services)
        return self.marks()

    def marks(self) -> int:
        """Looks who is due, as ``credence issuer reviews run`` does."""
        services = self.app.state.services
        return mark(services, look(services, self.app.state.issuer.diligence, list_changes(services.settings)))

    def shows(self, case_id: str, person: Person = LOW_RISK) -> str:
        """Fresh evidence at the desk, and where the case is then."""
        return self.desk.show_again(case_id, self.vendor.issue_result(person, ISSUER, self.clock())).state

    def told(self, wallet: Wallet) -> Review:
        (found,) = wallet.reviews(ISSUER)
        return found

    def request(self, events: int) -> PresentationRequest:
        """A session whose request knows of so many revocations: the log and the poll take their own time."""
        until = monotonic() + 20
        while monotonic() < until:
            self.app.state.watch.board.refresh()
            with suppress(Unavailable):
                request = self.venue.open_session(POLICY["name"]).request
                if request.staples[0].newest.checkpoint.index == events:
                    return request
            sleep(0.02)
        raise AssertionError("the verifier never heard of it")

    def accepts(self, wallet: Wallet, events: int = 0) -> bool:
        return wallet.answer(self.request(events).session_id, audience=AUDIENCE).accepted


@pytest.fixture
def town(tmp_path: Path, curve: Curve) -> Iterator[Town]:
    clock, rng = ToldClock(), LockedBytes("reviews")
    vendor = Vendor.create(rng)
    settings = Settings.load(
        data_dir=tmp_path / "data",
        ledger_interval_ms=20,
        limits="all=off",
        issuer_id=ISSUER,
        verifier_id="verifier.example",
        vendor_keys=vendor.vendor_keys,
    )
    initialise(settings, clock=clock, rng=rng, curve=curve)
    with ExitStack() as exits:
        app = create_app(settings, parties=("issuer", "verifier", "log"), clock=clock, curve=curve, rng=rng)
        url = exits.enter_context(serving(app)).url
        way = exits.enter_context(HttpTransport(url, retries=Retries(attempts=1)))

        def client(name: str, *scopes: Scope) -> Onboarding:
            return Onboarding(way, api_key=new_client(app.state.services, name, scopes).key)

        reviewers = (client("first.example", Scope.ISSUER_REVIEW), client("second.example", Scope.ISSUER_REVIEW))
        key = new_client(app.state.services, VENUE, [Scope.VERIFIER_POLICIES, Scope.VERIFIER_SESSIONS]).key
        venue = Verifier(way, audience=AUDIENCE, api_key=key, clock=clock)
        desk = client("desk.example", Scope.ISSUER_CASES)
        found = Town(app, way, desk, reviewers, venue, vendor, tmp_path, clock, curve)
        venue.register_policy(POLICY)
        found.imports()
        yield found


def test_who_was_listed_meanwhile_is_refused_and_who_was_not_is_not(town: Town) -> None:
    (hers, her_wallet), (his, his_wallet) = town.holder(), town.holder(ENHANCED_RISK)
    assert town.accepts(her_wallet)
    assert not town.told(her_wallet).asked
    assert town.imports(HERSELF) == 2
    for wallet in (her_wallet, his_wallet):
        told = town.told(wallet)
        assert (told.cause, told.deadline, told.asked) == ("list-changed", town.clock() + 30 * DAY, True)
        assert town.accepts(wallet), "to be due is not to be revoked"
    town.clock.forward(5 * DAY)
    assert town.shows(his, ENHANCED_RISK) == "issued"
    assert town.told(his_wallet).deadline is None
    assert not town.told(his_wallet).asked, "what it was told is remembered"
    assert town.shows(hers) == "declined"
    with pytest.raises(CannotSatisfy, match="revoked"):
        town.accepts(her_wallet, events=1)
    assert town.accepts(his_wallet, events=1)
    assert town.told(her_wallet).revoked
    with pytest.raises(Conflict):
        town.shows(hers)


def test_a_namesake_keeps_the_credential_while_two_persons_look(town: Town) -> None:
    case_id, wallet = town.holder()
    town.imports(NAMESAKE)
    assert town.shows(case_id) == "review"
    assert town.told(wallet).deadline is None
    first, second = town.reviewers
    (case,) = first.waiting().cases
    cleared = [Entry(match.list, match.entry_id) for match in case.matches]
    proposal = first.propose(case_id, Proposed("approve", "false-positive", "born in 1950", cleared=cleared))
    with pytest.raises(Conflict, match="does not approve"):
        first.approve(case_id, proposal.proposal_id)
    assert second.approve(case_id, proposal.proposal_id).state == "issued"
    assert town.accepts(wallet)


def test_evidence_grows_old_and_is_shown_again_or_the_credential_lapses(town: Town) -> None:
    (hers, her_wallet), (_, his_wallet) = town.holder(ENHANCED_RISK), town.holder()
    town.clock.forward(61 * DAY)
    assert town.marks() == 1, "whoever is at higher risk is looked at more often"
    assert (town.told(her_wallet).cause, town.told(his_wallet).asked) == ("interval", False)
    assert town.shows(hers, ENHANCED_RISK) == "issued"
    assert town.told(her_wallet).deadline is None
    town.clock.forward(61 * DAY)
    assert town.marks() == 1
    town.clock.forward(31 * DAY)
    services = town.app.state.services
    assert lapse(town.app.state.issuer.revocation, services.clock()) == 1
    with pytest.raises(CannotSatisfy, match="revoked"):
        town.accepts(her_wallet, events=1)
    assert town.accepts(his_wallet, events=1)
