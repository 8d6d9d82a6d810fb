"""Is a revoked holder refused within a minute, by a verifier that shares nothing with the issuer, and nobody else?

Issuer and verifier are two services over HTTP, told the same time. The holder's side is the wallet's own arithmetic.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic, sleep
from typing import Any, TypeVar

import pytest
from fastapi import FastAPI

from credence.circuits.composite.checking import Keys, check_readings, read_message
from credence.circuits.composite.plan import Plan, Slot
from credence.circuits.composite.proving import Holding, prove_plan
from credence.circuits.composite.public import Public
from credence.circuits.credential import PERSON_1
from credence.circuits.curve import Curve
from credence.circuits.encoding import decode_g1
from credence.circuits.errors import Refused, Step
from credence.circuits.issuance import (
    HeldCredential,
    accept_credential,
    credential_generators,
    issuing_interface,
    request_credential,
)
from credence.circuits.revocation_log import AccumulatorCheckpoint, Revoked, Stapled, check_age, follow, verify_staple
from credence.circuits.sigma.transcript import Encoding
from credence.sdk import HttpTransport, Onboarding
from credence.sdk.calls import issuer, perform
from credence.sdk.calls.issuer import Evidence
from credence.sdk.errors import Conflict
from credence.service.app import create_app, initialise
from credence.service.auth import Scope
from credence.service.demo.server import serving
from credence.service.sandbox.clients import new_client
from credence.service.sandbox.persons import ENHANCED_RISK, LISTED_NAMES, LOW_RISK, Person
from credence.service.sandbox.vendor import Vendor
from credence.service.settings import Settings
from tests.circuits.journey import draw_secrets
from tests.conftest import SeededBytes
from tests.service.conftest import ToldClock
from tests.service.issuer.conftest import LockedBytes

T = TypeVar("T")

ISSUER = "issuer.example"
MAX_AGE = 60


@dataclass
class Two:
    """Both services, and what is at hand on either side."""

    clock: ToldClock
    curve: Curve
    rng: SeededBytes
    vendor: Vendor
    way: HttpTransport
    desk: Onboarding
    verifying: FastAPI

    def holder(self, person: Person) -> HeldCredential:
        """A person's credential, as a wallet accepts it from the issuer's answer."""
        evidence = Evidence(self.vendor.issue_result(person, ISSUER, self.clock()))
        case = self.desk.submit(evidence)
        assert case.offer is not None, case.reasons
        secrets = draw_secrets(self.rng)
        request = request_credential(issuing_interface(self.curve), PERSON_1, secrets, self.rng)
        issued = perform(self.way, issuer.claim(case.offer, request.commitment, evidence))
        document = perform(self.way, issuer.document())
        return accept_credential(self.curve, document, issued, secrets, request.blind, self.clock())

    def stapled(self, held: HeldCredential) -> Stapled:
        """What the verifier hands out, once the wallet has verified it."""
        self.verifying.state.watch.board.refresh()
        staple = self.verifying.state.services.accumulators(ISSUER, PERSON_1.id)
        assert held.accumulator is not None
        now = self.clock()
        return verify_staple(staple, ISSUER, held.accumulator, held.log_vkey, now=now, max_age_s=3_600)

    def eventually(self, held: HeldCredential, found: Callable[[Stapled], bool]) -> Stapled:
        """The first staple of that kind: the log and the poll take their time, whatever the clock is told."""
        until = monotonic() + 20
        while monotonic() < until:
            stapled = self.stapled(held)
            if found(stapled):
                return stapled
            sleep(0.02)
        raise AssertionError("the verifier never heard of it")

    def present(self, held: HeldCredential, stapled: Stapled) -> bytes:
        """A proof that the credential is not revoked at the staple's checkpoint. Raises :class:`Revoked`."""
        assert held.accumulator is not None
        assert held.witness is not None
        reached = follow(self.curve, held.accumulator, held.witness, held.revocation_handle, stapled)
        return self.prove(replace(held, witness=reached), stapled.checkpoint)

    def prove(self, held: HeldCredential, checkpoint: AccumulatorCheckpoint) -> bytes:
        """The same without looking whether it can be proved."""
        assert held.witness is not None
        holding = Holding(held.signature, held.message_scalars(), decode_g1(self.curve, held.witness.witness))
        plan, public = self.asked(held, checkpoint)
        return prove_plan(self.curve, plan, public, {"person": holding}, Encoding.BATCHABLE, self.rng)

    def asked(self, held: HeldCredential, checkpoint: AccumulatorCheckpoint) -> tuple[Plan, Public]:
        interface = issuing_interface(self.curve, held.suite)
        domain = interface.domain(held.public_key, credential_generators(interface, held.schema), held.header)
        plan = Plan((Slot("person", held.schema, held.suite, domain),), not_revoked=("person",))
        value = decode_g1(self.curve, checkpoint.value)
        return plan, Public(checkpoint.leaf(), accumulators={"person": value})

    def judge(self, held: HeldCredential, checkpoint: AccumulatorCheckpoint, proof: bytes) -> None:
        """The verifier's side, at its own time: the checkpoint is in the log and not too old, the proof holds."""
        services = self.verifying.state.services
        name, now = checkpoint.accumulator_id, services.clock()
        shown = services.checkpoint(ISSUER, name, checkpoint.index, checkpoint.minute)
        assert shown == checkpoint
        newest = services.accumulators(ISSUER, PERSON_1.id).newest.checkpoint
        check_age(shown, newest, now=now, max_age_s=MAX_AGE)
        plan, public = self.asked(held, shown)
        assert held.accumulator is not None
        keys = Keys({"person": held.public_key}, {"person": held.accumulator.public_key})
        reading = read_message(self.curve, plan, public, keys, Encoding.BATCHABLE, proof, self.rng)
        check_readings([reading], self.rng)


def install(folder: Path, curve: Curve, rng: SeededBytes, clock: ToldClock, **settings: Any) -> Settings:
    made = Settings.load(data_dir=folder, ledger_interval_ms=20, **settings)
    initialise(made, clock=clock, rng=rng, curve=curve)
    return made


@pytest.fixture
def two(tmp_path: Path, curve: Curve) -> Iterator[Two]:
    rng, clock = LockedBytes("revocation"), ToldClock()
    vendor = Vendor.create(rng)
    issuing = install(
        tmp_path / "issuer",
        curve,
        rng,
        clock,
        issuer_id=ISSUER,
        vendor_keys=vendor.vendor_keys,
        screening_lists={"invented": LISTED_NAMES},
    )
    with ExitStack() as exits:

        def started(settings: Settings, *parties: str) -> tuple[FastAPI, str]:
            app = create_app(settings, parties=parties, clock=clock, curve=curve, rng=rng)
            return app, exits.enter_context(serving(app)).url

        at_issuer, url = started(issuing, "issuer", "log")
        way = exits.enter_context(HttpTransport(url))
        published = tmp_path / "issuer.json"
        published.write_text(json.dumps(perform(way, issuer.document()).to_json()))
        verifying = install(
            tmp_path / "verifier",
            curve,
            rng,
            clock,
            trusted_issuers={ISSUER: published},
            issuer_urls={ISSUER: url},
            accumulator_poll_seconds=30,
        )
        key = new_client(at_issuer.state.services, "desk.example", [Scope.ISSUER_CASES, Scope.ISSUER_REVOKE])
        desk = Onboarding(way, api_key=key.key)
        yield Two(clock, curve, rng, vendor, way, desk, started(verifying, "verifier")[0])


def test_who_is_revoked_is_refused_within_a_minute(two: Two) -> None:
    mine, theirs = two.holder(LOW_RISK), two.holder(ENHANCED_RISK)
    before = two.eventually(mine, lambda stapled: True)
    for held in (mine, theirs):
        two.judge(held, before.checkpoint, two.present(held, before))

    two.clock.forward(30)
    revoked = two.desk.revoke("key-lost", attestation_id=mine.attestation_id)
    assert revoked.index == 1
    with pytest.raises(Conflict):
        two.desk.revoke("key-lost", attestation_id=mine.attestation_id)
    revoked_at = two.clock()

    # the next staple: the wallet of the revoked cannot follow it, and what it could show against the new value is no proof
    after = two.eventually(mine, lambda stapled: stapled.checkpoint.index == 1)
    with pytest.raises(Revoked):
        two.present(mine, after)
    with pytest.raises(Refused) as refused:
        two.judge(mine, after.checkpoint, two.prove(mine, after.checkpoint))
    assert refused.value.step is Step.PAIRING
    two.judge(theirs, after.checkpoint, two.present(theirs, after))

    # the value before is good for what is left of a minute, and no longer
    late = two.prove(mine, before.checkpoint)
    two.clock.now = 60 * before.checkpoint.minute + MAX_AGE - 1
    two.judge(mine, before.checkpoint, late)
    two.clock.now = revoked_at + MAX_AGE
    newer = two.eventually(theirs, lambda stapled: stapled.checkpoint.minute == two.clock() // 60)
    with pytest.raises(Refused, match="stale"):
        two.judge(mine, before.checkpoint, late)
    two.judge(theirs, newer.checkpoint, two.present(theirs, newer))
