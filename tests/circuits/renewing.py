"""A person's credential with an accumulator, its issuer's ask, and both sides of a renewal, for tests."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from credence.circuits.credential import PERSON_1, STANDING_1, day_of, ladder_bits, text_to_scalar
from credence.circuits.curve import Curve
from credence.circuits.encoding import Rng, random_scalar
from credence.circuits.issuance import (
    HeldCredential,
    issue_over_point,
    issuing_interface,
)
from credence.circuits.presentation import AccumulatorView
from credence.circuits.presentation.statement import PublicCredential
from credence.circuits.renewal import (
    ProvenRenewal,
    RenewalAsk,
    RenewalRequest,
    RenewedStanding,
    Renewing,
    accept_standing,
    check_renewal,
    request_renewal,
    standing_end,
)
from credence.circuits.revocation_log import WitnessState
from credence.circuits.sigma.transcript import Encoding
from credence.circuits.wire import IssuedCredential, IssuerKey
from tests.circuits.journey import ATTRIBUTES, ISSUER, NOW, World, draw_secrets, make_world
from tests.circuits.revocation_log.subjects import MINUTE, Issuer
from tests.conftest import SeededBytes

VENUE = "verifier.example/venue-a"
TODAY = day_of(NOW)
HANDLE = ATTRIBUTES["revocation_handle"]
RECORD: dict[str, int] = {
    "expires_on": standing_end(NOW),
    "as_of": TODAY - 1,
    "venue": text_to_scalar(VENUE),
    "score": 700,
    **ladder_bits("standing_tier", 3),
    "evidence_milli": 12_500,
    "events_milli": 2_000,
    "model": text_to_scalar("belief-default/1"),
    "revocation_handle": 54_321,
}


@dataclass(frozen=True)
class Office:
    """An issuer that renews standings, and one holder of its credentials."""

    curve: Curve
    world: World
    revoking: Issuer
    person: HeldCredential

    @property
    def view(self) -> AccumulatorView:
        return self.view_at(self.revoking.index)

    def view_at(self, index: int, minute: int = MINUTE) -> AccumulatorView:
        return AccumulatorView(self.revoking.key.public_key, self.revoking.values[index].to_bytes(), index, minute)

    def finder(self, issuer: str, schema: str, index: int, minute: int, max_age_s: int) -> AccumulatorView | None:
        """As an issuer that takes the newest checkpoint alone."""
        asked = (issuer, schema, index, minute, max_age_s) == (ISSUER, PERSON_1.id, self.revoking.index, MINUTE, 60)
        return self.view if asked else None

    def ask(self, rng: Rng, **changes: Any) -> RenewalAsk:
        given: dict[str, Any] = {
            "session_id": "r-1",
            "issuer": ISSUER,
            "venue": VENUE,
            "suffix": "",
            "key_id": "k1",
            "nonce": rng(32),
            "requested_at": NOW,
            "expires_at": NOW + 300,
            "max_age_s": 60,
            "staple": self.revoking.staple(),
        }
        return RenewalAsk(**{**given, **changes})

    def renew(self, ask: RenewalAsk, rng: Rng, **changes: Any) -> Renewing:
        """The wallet's side; ``changes`` are arguments of ``request_renewal``."""
        state = self.person.witness
        given: dict[str, Any] = {
            "person": self.person,
            "document": self.world.document,
            "view": self.view,
            "witness": state.witness if state is not None else b"",
            "blind": random_scalar(rng),
            "now": NOW,
            "encoding": Encoding.COMPACT,
        }
        return request_renewal(self.curve, ask, **{**given, **changes}, rng=rng)

    def check(self, ask: RenewalAsk, request: RenewalRequest, **changes: Any) -> ProvenRenewal:
        """The issuer's side; ``changes`` are arguments of ``check_renewal``."""
        given: dict[str, Any] = {
            "documents": [self.world.document],
            "issuer": ISSUER,
            "now": NOW,
            "rng": SeededBytes("weights"),
            "accumulators": self.finder,
        }
        return check_renewal(self.curve, ask, request, **{**given, **changes})

    def sign(self, proven: ProvenRenewal, rng: Rng, **changes: int) -> RenewedStanding:
        """The answer, with ``changes`` to what the issuer attests."""
        attributes = {**RECORD, **changes}
        epoch, key = attributes["expires_on"] // STANDING_1.grain, self.world.document.keys[0]
        signature = issue_over_point(
            issuing_interface(self.curve, key.suite),
            self.world.secret_key,
            key.public_key,
            STANDING_1,
            ISSUER,
            epoch,
            attributes,
            proven.commitment,
            rng,
        )
        issued = IssuedCredential(ISSUER, STANDING_1.id, key.key_id, epoch, attributes, 0, 0, signature, "s-1", bytes(32))
        return RenewedStanding(proven.session_id, issued)

    def accept(self, renewing: Renewing, renewed: RenewedStanding, *, now: int = NOW) -> HeldCredential:
        return accept_standing(self.curve, self.world.document, renewing, renewed, self.person, now)

    def whole(self, rng: Rng, **changes: Any) -> HeldCredential:
        """A standing, by way of all of it; ``changes`` are to the ask."""
        ask = self.ask(rng, **changes)
        renewing = self.renew(ask, rng)
        return self.accept(renewing, self.sign(self.check(ask, renewing.request), rng, venue=text_to_scalar(ask.venue)))

    def shown(self) -> PublicCredential:
        """What is public of the person's credential."""
        held = self.person
        return PublicCredential(held.schema, held.suite, held.public_key, held.issuer, held.expiry_epoch, {})

    def other_key(self) -> IssuerKey:
        """Another key of the issuer's."""
        (key,) = self.world.document.keys
        return replace(key, key_id="k2", public_key=(self.curve.BP2 * 5).to_bytes())

    def other_person(self, rng: Rng) -> HeldCredential:
        """The credential of somebody else of the same issuer's."""
        world = replace(self.world, secrets=draw_secrets(rng))
        return issued_by(world, self.revoking, rng, revocation_handle=HANDLE + 1)


def issued_by(world: World, revoking: Issuer, rng: Rng, **changes: int) -> HeldCredential:
    """A person's credential with its first witness, of ``world``'s issuer and of its secrets."""
    attributes = {**ATTRIBUTES, **changes}

    def witness() -> WitnessState:
        return revoking.witness(attributes["revocation_handle"], 0)

    return world.issue(PERSON_1, world.secrets, attributes, rng, entropy=world.entropy, witness=witness)


def make_office(curve: Curve, rng: SeededBytes) -> Office:
    """An office whose accumulator has no event yet."""
    revoking = Issuer(curve, rng)
    made = make_world(curve, rng, schemas=(PERSON_1.id, STANDING_1.id))
    document = replace(made.document, log_vkey=revoking.ledger.signer.vkey, accumulators=(revoking.key,))
    world = replace(made, document=document)
    return Office(curve, world, revoking, issued_by(world, revoking, rng))
