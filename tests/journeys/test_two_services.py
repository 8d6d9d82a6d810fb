"""Can issuer and verifier be two services of two operators, that share nothing but a published document?

Each is a process of its own in all but name: another folder, other keys, another database, another log, another port.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep
from typing import Any, TypeVar

import pytest

from credence.circuits.curve import Curve
from credence.sdk import (
    Auditor,
    HeldCredential,
    HttpTransport,
    IssuerDocument,
    Onboarding,
    Retries,
    SealParameters,
    TrustedIssuer,
    Verifier,
    Wallet,
)
from credence.sdk.calls import issuer, perform
from credence.sdk.calls import verifier as calls
from credence.sdk.errors import AuditError, BadNonce, InclusionFailed, NotFound, Unreachable
from credence.service.app import create_app, initialise, open_services
from credence.service.auth import IssuedKey, Scope
from credence.service.clock import system_clock
from credence.service.demo.cast import north_policy
from credence.service.demo.server import serving
from credence.service.demo.trustees import Trustees
from credence.service.sandbox.clients import new_client
from credence.service.sandbox.persons import LISTED_NAMES, LOW_RISK
from credence.service.sandbox.vendor import Vendor
from credence.service.settings import Mode, Settings
from tests.conftest import SeededBytes
from tests.sdk.loopback import request_of
from tests.sdk.loopback import serving as serving_here

pytestmark = pytest.mark.slow

T = TypeVar("T")

ISSUER = "issuer.example"
VENUE = "venue.example"
AUDIENCE = f"verifier.example/{VENUE}"
VERIFIER_SCOPES = (Scope.VERIFIER_POLICIES, Scope.VERIFIER_SESSIONS)
QUICK = SealParameters(iterations=2, lanes=1, memory_kib=19 * 1024)


@dataclass
class Two:
    """Two services, and a holder between them."""

    issuer: HttpTransport
    verifier: HttpTransport
    issuer_data: Path
    verifier_data: Path
    document_file: Path
    document: IssuerDocument
    venue: Verifier
    wallet: Wallet
    held: HeldCredential
    token: str
    key: str
    curve: Curve


def install(folder: Path, curve: Curve, rng: SeededBytes, **settings: Any) -> Settings:
    made = Settings.load(data_dir=folder, ledger_interval_ms=20, **settings)
    initialise(made, clock=system_clock, rng=rng, curve=curve)
    return made


def add_client(settings: Settings, curve: Curve, rng: SeededBytes, client_id: str, *scopes: Scope) -> IssuedKey:
    """As an operator does at the command line."""
    services = open_services(settings, clock=system_clock, rng=rng, curve=curve, checkpoints=False)
    try:
        return new_client(services, client_id, scopes)
    finally:
        for store in services.stores.values():
            store.close()


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory, curve: Curve) -> Iterator[Two]:
    folder, rng = tmp_path_factory.mktemp("two"), SeededBytes("two services")
    vendor = Vendor.create(rng)
    with ExitStack() as exits:

        def started(settings: Settings, *parties: str) -> tuple[str, HttpTransport]:
            app = create_app(settings, parties=parties, curve=curve, rng=rng)
            server = exits.enter_context(serving(app))
            return server.url, exits.enter_context(HttpTransport(server.url))

        issuing = install(
            folder / "issuer",
            curve,
            rng,
            issuer_id=ISSUER,
            ledger_origin="log.issuer.example",
            vendor_keys=vendor.vendor_keys,
            screening_lists={"invented": LISTED_NAMES},
        )
        desk = add_client(issuing, curve, rng, "desk.example", Scope.ISSUER_CASES)
        issuer_url, at_issuer = started(issuing, "issuer", "log")
        document = perform(at_issuer, issuer.document())
        # what one operator publishes, the other saves: with what is public of revocations, all that passes
        published = folder / "issuer-document.json"
        published.write_text(json.dumps(document.to_json()), encoding="utf-8")

        verifying = install(
            folder / "verifier",
            curve,
            rng,
            verifier_id="verifier.example",
            ledger_origin="log.verifier.example",
            trusted_issuers={ISSUER: published},
            mode=Mode.OBLIGED,
            issuer_urls={ISSUER: issuer_url},
            accumulator_poll_seconds=1,
        )
        key = add_client(verifying, curve, rng, VENUE, *VERIFIER_SCOPES)
        _, at_verifier = started(verifying, "verifier", "log")
        venue = Verifier(at_verifier, audience=AUDIENCE, api_key=key.key, curve=curve)
        trustees = Trustees.meet(folder / "trustees", curve, rng)
        venue.register_policy(north_policy(ISSUER, trustees))

        wallet = Wallet.create(
            folder / "wallet.vault",
            "a passphrase for tests",
            transport=at_verifier,
            trust=[TrustedIssuer(ISSUER, document.log_vkey, frozenset({document.digest()}))],
            trustees=[trustees.pin],
            parameters=QUICK,
            curve=curve,
            rng=rng,
        )
        token = vendor.issue_result(LOW_RISK, ISSUER, system_clock())
        case = Onboarding(at_issuer, api_key=desk.key).submit(token)
        assert case.offer is not None
        held = wallet.receive(case.offer, token, transport=at_issuer)
        yield Two(
            at_issuer,
            at_verifier,
            folder / "issuer",
            folder / "verifier",
            published,
            document,
            venue,
            wallet,
            held,
            token,
            key.key,
            curve,
        )


def patiently(look: Callable[[], T]) -> T:
    """What ``look`` finds as soon as a log has taken it."""
    deadline = monotonic() + 10
    while True:
        try:
            return look()
        except (AuditError, NotFound):
            if monotonic() > deadline:
                raise
            sleep(0.02)


def rows(folder: Path, prefix: str) -> dict[str, int]:
    """How many rows each table of a party has."""
    with closing(sqlite3.connect(folder / "credence.sqlite3")) as database:
        names = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {
            name: database.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]
            for name in names
            if name.startswith(prefix)
        }


def test_a_credential_of_one_service_opens_the_other(two: Two) -> None:
    opened = two.venue.open_session("perp-standard", volume_30d_usd=2_000_000)
    decision = two.wallet.answer(opened.session_id, audience=AUDIENCE)
    assert decision.accepted
    assert (decision.kyc_level, decision.risk_tier) == (2, "low")
    assert decision.terms is not None
    assert decision.terms["fees"]["volume_tier"] == "V1"
    with pytest.raises(BadNonce):
        two.wallet.answer(opened.session_id, audience=AUDIENCE)


def test_answers_that_are_lost_cost_nothing(two: Two) -> None:
    """The verifier does what it is asked, and what it says is lost until the wallet gives up; then the wallet asks again."""
    with serving_here() as door, HttpTransport(door.url, retries=Retries(first=0.001, longest=0.001)) as lossy:
        door.work = lambda asked: two.verifier.send(request_of(asked))
        venue = Verifier(lossy, audience=AUDIENCE, api_key=two.key, curve=two.curve)
        door.lose, door.losing = 2, "/sessions"
        opened = venue.open_session("perp-standard")
        door.lose, door.losing = 6, "/presentation"
        with pytest.raises(Unreachable):
            two.wallet.answer(opened.session_id, audience=AUDIENCE, transport=lossy)
        decided = two.venue.result(opened.session_id)
        assert decided.state == "accepted"
        assert two.wallet.answer(opened.session_id, audience=AUDIENCE, transport=lossy) == decided.result
        presented = [asked for asked in door.asked if asked.path.endswith("/presentation")]
        assert len(presented) == 7
        assert len({(asked.body, asked.headers["idempotency-key"]) for asked in presented}) == 1
        with pytest.raises(BadNonce):
            two.wallet.answer(opened.session_id, audience=AUDIENCE, transport=lossy)


def test_each_log_shows_its_own(two: Two) -> None:
    """The attestation is in the issuer's log, the receipt in the verifier's, and neither in the other."""
    opened = two.venue.open_session("perp-standard")
    decision = two.wallet.answer(opened.session_id, audience=AUDIENCE)
    at_verifier = two.venue.document()
    issuers, verifiers = Auditor(two.issuer, two.document.log_vkey), Auditor(two.verifier, at_verifier.log_vkey)
    assert issuers.vkey != verifiers.vkey
    patiently(lambda: issuers.attestation(two.held.attestation_id, leaf=two.held.leaf))
    assert patiently(lambda: verifiers.receipt(dict(decision.receipt), at_verifier)).inclusion is not None
    with pytest.raises(InclusionFailed):
        verifiers.inclusion(two.held.leaf)


def test_each_service_answers_for_itself_alone(two: Two) -> None:
    with pytest.raises(NotFound):
        perform(two.verifier, issuer.document())
    misplaced = Verifier(two.issuer, audience=AUDIENCE, api_key="cred_" + "a" * 16 + "_" + "a" * 52)
    with pytest.raises(NotFound):
        misplaced.document()


def test_neither_database_holds_what_the_other_knows(two: Two) -> None:
    assert sum(rows(two.issuer_data, "issuer").values()) > 0
    assert sum(rows(two.issuer_data, "verifier").values()) == 0
    assert sum(rows(two.verifier_data, "verifier").values()) > 0
    assert sum(rows(two.verifier_data, "issuer").values()) == 0
    personal = [LOW_RISK.full_name, LOW_RISK.family_name, LOW_RISK.document_number, LOW_RISK.birth_date, two.token]
    for folder in (two.issuer_data, two.verifier_data):
        kept = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
        assert not [text for text in personal if text.encode() in kept]
    at_the_verifier = b"".join(path.read_bytes() for path in two.verifier_data.rglob("*") if path.is_file())
    for attribute in (two.held.attestation_id.encode(), two.held.leaf, two.held.signature):
        assert attribute not in at_the_verifier


def test_an_issuer_that_is_no_longer_trusted_is_refused_at_once(two: Two) -> None:
    """The accepted twin is :func:`test_a_credential_of_one_service_opens_the_other`."""
    kept = two.document_file.read_text(encoding="utf-8")
    opened = two.venue.open_session("perp-standard")
    presentation = two.wallet.present(opened.request, audience=AUDIENCE)
    two.document_file.unlink()
    try:
        decision = perform(two.verifier, calls.present(presentation))
    finally:
        two.document_file.write_text(kept, encoding="utf-8")
    assert (decision.decision, decision.reason) == ("denied", "not_accepted")
    opened = two.venue.open_session("perp-standard")
    assert two.wallet.answer(opened.session_id, audience=AUDIENCE).accepted
