"""An issuer with credentials to revoke, whose log takes what waits when it is told to."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from credence.circuits.credential import PERSON_1
from credence.circuits.encoding import decode_scalar, encode_scalar
from credence.circuits.revocation_log import AccumulatorKey, Staple, Stapled, WitnessState, verify_staple
from credence.service.auth import Scope
from credence.service.issuer.records import IssuerAttestation
from credence.service.issuer.revocation.manager import Manager, Revocation, Target
from tests.service.issuer.conftest import World


@dataclass
class Revoking:
    """``world`` and what is done to its credentials. ``key`` may revoke."""

    world: World
    key: str

    @property
    def manager(self) -> Manager:
        return self.world.desk.revocation

    @property
    def accumulator(self) -> AccumulatorKey:
        (found,) = self.manager.accumulators
        return found

    def attested(self, count: int = 1) -> list[str]:
        """So many attestations, of one case and of nobody."""
        case_id = self.world.open(self.world.token()).json()["case_id"]
        rows = [_row(case_id, self.manager.keys.draw(PERSON_1.id)) for _ in range(count)]
        with self.world.desk.store.transaction() as session:
            session.add_all(rows)
        return [row.id for row in rows]

    def handle_of(self, attestation_id: str) -> int:
        with self.world.desk.store.reading() as session:
            row = session.get(IssuerAttestation, attestation_id)
            assert row is not None
            return decode_scalar(row.revocation_handle, zero_ok=False)

    def revoke(self, attestation_id: str, **changes: str) -> Revocation:
        given = {"reason": "looked-at", "by": "reviewer.example", **changes}
        return self.manager.revoke(Target(attestation_id=attestation_id), **given)

    def logged(self) -> None:
        self.world.running.services.ledger.sequence()

    def staple(self) -> Staple:
        return self.world.desk.stapler.staple(self.accumulator.accumulator_id)

    def stapled(self) -> Stapled:
        """The newest staple, once the log has what waits, as a stranger reads it over HTTP and believes it."""
        self.logged()
        staple = Staple.parse(self.world.get(f"/accumulators/{self.accumulator.accumulator_id}").json())
        vkey = self.world.running.services.ledger.verifier.vkey
        return verify_staple(staple, "issuer.example", self.accumulator, vkey, now=self.world.now, max_age_s=60)

    def witness(self, handle: int) -> WitnessState:
        return self.world.desk.stapler.grant(PERSON_1.id, handle)[0]


def _row(case_id: str, handle: int) -> IssuerAttestation:
    draw: Callable[[int], bytes] = secrets.token_bytes
    return IssuerAttestation(
        id=draw(16).hex(),
        case_id=case_id,
        identity_tag=draw(32),
        schema_id=PERSON_1.id,
        key_id="k1",
        issued_epoch=739,
        expiry_epoch=760,
        resets=0,
        reset_day=0,
        issued_day=20_692,
        revocation_handle=encode_scalar(handle),
        subject_handle=draw(16),
        commitment_point=draw(48),
        salt=draw(32),
        digest=draw(32),
        leaf=draw(32),
        retain_until=1_882_224_000,
        legal_basis="legitimate-interest",
    )


@pytest.fixture
def revoking(world: World) -> Revoking:
    return Revoking(world, world.running.key_of("revoker.example", Scope.ISSUER_REVOKE))
