"""Does every kind of evidence lead from raw input to an accepted presentation, and is each refused where it should be?

One service over HTTP, told the time; the PID provider's status list and the vendors' services stand in on loopback.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from credence.circuits.curve import Curve
from credence.sdk import HttpTransport, Onboarding, TrustedIssuer, Verifier, Wallet
from credence.sdk.calls import issuer, perform
from credence.sdk.calls.issuer import Case, Evidence
from credence.sdk.errors import CannotSatisfy, InvalidRequest, Unauthorized
from credence.sdk.vault import FLOOR
from credence.service.app import create_app, initialise
from credence.service.auth import Scope
from credence.service.demo.server import serving
from credence.service.sandbox import policies
from credence.service.sandbox.clients import new_client
from credence.service.sandbox.persons import LISTED, LISTED_NAMES, LOW_RISK
from credence.service.sandbox.vendor import Vendor
from credence.service.settings import Settings
from tests.service.adapters import chips, pids
from tests.service.adapters.certificates import pem
from tests.service.adapters.vendors import (
    VENDORS,
    Service,
    answer,
    message,
    signature,
    standing_in,
    vendor_bundle,
    written_accounts,
)
from tests.service.conftest import NOW, ToldClock
from tests.service.issuer.conftest import LockedBytes

pytestmark = pytest.mark.slow

ISSUER, VENUE = "issuer.example", "venue.example"
AUDIENCE = f"verifier.example/{VENUE}"
LIST = "/lists/1"


@dataclass
class Town:
    """The service, the desk and the venue at it, and those whom evidence comes from."""

    url: str
    way: HttpTransport
    desk: Onboarding
    venue: Verifier
    key: str
    sources: Service
    vendor: Vendor
    folder: Path
    trust: TrustedIssuer
    curve: Curve
    clock: ToldClock
    rng: LockedBytes

    def pid(self, facts: dict[str, Any] | None = None, **binding: Any) -> Evidence:
        status = {"status_list": {"idx": 5, "uri": self.sources.url + LIST}}
        issued = pids.credential({"status": status}, facts)
        shown = pids.bound(issued, {"nonce": self.desk.challenge().nonce, **binding})
        return Evidence(pids.pid_bundle(shown).decode(), "eu-pid")

    def publish(self, taken_back: dict[int, int] | None = None) -> None:
        self.sources.answers[LIST] = (200, pids.status_list(taken_back, {"sub": self.sources.url + LIST}))

    def vouched(self, audience: str = ISSUER, now: int = NOW) -> Evidence:
        return Evidence(self.vendor.issue_result(LOW_RISK, audience, now))

    def standings(self, vendor: str, standing: str) -> list[str]:
        """What the desk reads in the inbox: the vendor's numbers whose results stand there."""
        url = f"{self.url}/v1/issuer/vendors/{vendor}/results"
        with httpx2.Client(trust_env=False, headers={"authorization": f"Bearer {self.key}"}) as client:
            answered = client.get(url, params={"standing": standing})
        assert answered.status_code == 200
        return [found["reference"] for found in answered.json()["results"]]

    def wallet(self, case: Case, evidence: Evidence) -> Wallet:
        """The person's wallet with the credential that the case offers."""
        wallet = self.empty_wallet()
        assert case.offer is not None
        wallet.receive(case.offer, evidence)
        return wallet

    def empty_wallet(self) -> Wallet:
        return Wallet.create(
            self.folder / f"{len(list(self.folder.glob('*.vault')))}.vault",
            "correct horse battery",
            transport=self.way,
            trust=[self.trust],
            parameters=FLOOR,
            curve=self.curve,
            clock=self.clock,
            rng=self.rng,
        )

    def gives_nothing(self, case: Case, evidence: Evidence, reason: str) -> None:
        """Checks that the issuer signs nothing for this evidence, although the case was approved."""
        wallet = self.empty_wallet()
        assert case.offer is not None
        with pytest.raises(InvalidRequest, match=reason):
            wallet.receive(case.offer, evidence)
        assert wallet.credentials == ()

    def asks(self, wallet: Wallet, policy: str) -> bool:
        """Whether the venue accepts what the wallet shows it."""
        return wallet.answer(self.venue.open_session(policy).session_id, audience=AUDIENCE).accepted


@pytest.fixture
def town(tmp_path: Path, curve: Curve) -> Iterator[Town]:
    clock, rng = ToldClock(NOW), LockedBytes("evidence")
    vendor = Vendor.create(rng)
    trust_list, signers = pids.written_trust(tmp_path)
    (tmp_path / "csca").mkdir()
    (tmp_path / "csca" / "de.pem").write_bytes(pem(chips.CSCA))
    with ExitStack() as exits:
        sources = exits.enter_context(standing_in())
        settings = Settings.load(
            data_dir=tmp_path / "data",
            ledger_interval_ms=20,
            limits="all=off",
            issuer_id=ISSUER,
            verifier_id="verifier.example",
            screening_lists={"invented": LISTED_NAMES},
            vendor_keys=vendor.vendor_keys,
            vendor_accounts=written_accounts(tmp_path / "accounts.json", sources.url),
            emrtd_signers=tmp_path / "csca",
            pid_trust_list=trust_list,
            pid_trust_signers=signers,
            pid_status_hosts=sources.url.removeprefix("http://"),
        )
        initialise(settings, clock=clock, rng=rng, curve=curve)
        app = create_app(settings, clock=clock, rng=rng, curve=curve)
        server = exits.enter_context(serving(app))
        way = exits.enter_context(HttpTransport(server.url))
        desk = new_client(app.state.services, "desk.example", [Scope.ISSUER_CASES]).key
        scopes = [Scope.VERIFIER_POLICIES, Scope.VERIFIER_SESSIONS]
        key = new_client(app.state.services, VENUE, scopes).key
        venue = Verifier(way, audience=AUDIENCE, api_key=key, curve=curve, clock=clock)
        for policy in (policies.private(ISSUER), policies.prime(ISSUER)):
            venue.register_policy(policy)
        document = perform(way, issuer.document())
        trust = TrustedIssuer(ISSUER, document.log_vkey, frozenset({document.digest()}))
        onboarding = Onboarding(way, api_key=desk)
        found = Town(server.url, way, onboarding, venue, desk, sources, vendor, tmp_path, trust, curve, clock, rng)
        found.publish()
        yield found


def test_a_vendors_signed_result(town: Town) -> None:
    """From a vendor's signature to a venue that asks for the highest level; to nothing where it is forged, for another
    issuer, over, or by a vendor that nobody named."""
    forged = Vendor(Ed25519PrivateKey.from_private_bytes(bytes(32)), town.rng).issue_result(LOW_RISK, ISSUER, NOW)
    unknown = Vendor.create(town.rng, "other.example").issue_result(LOW_RISK, ISSUER, NOW)
    for evidence, reason in (
        (Evidence(forged), "forged"),
        (Evidence(unknown), "unknown-vendor"),
        (town.vouched("other.example"), "wrong-audience"),
        (town.vouched(now=NOW - 40 * 86_400), "stale"),
    ):
        with pytest.raises(InvalidRequest, match=reason):
            town.desk.submit(evidence)
    evidence = town.vouched()
    case = town.desk.submit(evidence)
    assert (case.state, case.kyc_level) == ("approved", 3)
    assert town.asks(town.wallet(case, evidence), "perp-prime")


def test_a_pid(town: Town) -> None:
    """From an EU wallet's PID to a venue that asks for the highest level; to nothing for another audience, or taken back."""
    with pytest.raises(InvalidRequest, match="wrong-audience"):
        town.desk.submit(town.pid(aud="other.example"))
    town.publish({5: 1})
    with pytest.raises(InvalidRequest, match="revoked"):
        town.desk.submit(town.pid())
    town.publish()
    evidence = town.pid()
    case = town.desk.submit(evidence)
    assert (case.state, case.kyc_level) == ("approved", 3)
    town.publish({5: 1})
    town.gives_nothing(case, evidence, "revoked")
    town.publish()
    wallet = town.wallet(case, evidence)
    assert town.asks(wallet, "perp-private")
    assert town.asks(wallet, "perp-prime")


def test_a_passport(town: Town) -> None:
    """From the files of a chip to a venue that asks for little; forged, to nothing; and never to one that asks for more."""
    forged = chips.passport(signer=chips.SIGNER, key=chips.OTHER_KEY).decode()
    with pytest.raises(InvalidRequest, match="forged"):
        town.desk.submit(Evidence(forged, "icao-emrtd"))
    evidence = Evidence(chips.passport().decode(), "icao-emrtd")
    case = town.desk.submit(evidence)
    assert (case.state, case.kyc_level) == ("approved", 1)
    wallet = town.wallet(case, evidence)
    assert town.asks(wallet, "perp-private")
    with pytest.raises(CannotSatisfy):
        town.asks(wallet, "perp-prime")


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_vendors_result(town: Town, vendor: str) -> None:
    """From a vendor's message to a venue; what the message says is a hint, and what the vendor answers is what counts."""

    def told(body: bytes, headers: dict[str, str]) -> int:
        path = f"{town.url}/v1/issuer/vendors/{vendor}/webhook"
        with httpx2.Client(trust_env=False) as client:
            return client.post(path, content=body, headers={"content-type": "application/json", **headers}).status_code

    body = message(vendor)
    assert told(body, signature(vendor, body, secret="another")) == 401
    assert town.standings(vendor, "approved") == []
    assert told(body, signature(vendor, body)) == 200
    (reference,) = town.standings(vendor, "approved")
    evidence = Evidence(vendor_bundle(vendor, reference).decode(), vendor)
    for standing, reason in (("pending", "pending"), ("declined", "revoked")):
        town.sources.give(vendor, answer(vendor, standing))
        with pytest.raises(InvalidRequest, match=reason):
            town.desk.submit(evidence)
    town.sources.give(vendor, answer(vendor))
    case = town.desk.submit(evidence)
    assert (case.state, case.kyc_level) == ("approved", 2)
    declined = message(vendor, "declined")
    assert told(declined, signature(vendor, declined)) == 200
    assert (town.standings(vendor, "declined"), town.standings(vendor, "approved")) == ([reference], [])
    town.sources.give(vendor, answer(vendor, "declined"))
    town.gives_nothing(case, evidence, "revoked")
    town.sources.give(vendor, answer(vendor))
    wallet = town.wallet(case, evidence)
    assert town.asks(wallet, "perp-private")
    with pytest.raises(CannotSatisfy):
        town.asks(wallet, "perp-prime")


def test_a_listed_person_is_declined_whatever_they_show(town: Town) -> None:
    """The name on a PID is searched for as a vendor's is."""
    name = {"given_name": LISTED.given_name, "family_name": LISTED.family_name, "birthdate": LISTED.birth_date}
    found = town.desk.submit(town.pid(name))
    assert found.state == "declined"


def test_a_desk_without_a_key_gets_no_challenge(town: Town) -> None:
    stranger = Onboarding(town.way, api_key="cred_" + "a" * 16 + "_" + "a" * 52)
    with pytest.raises(Unauthorized):
        stranger.challenge()
    with pytest.raises(Unauthorized):
        stranger.submit(town.pid())
