"""A presentation that sealed a handle to trustees, as a venue hands it out."""

from __future__ import annotations

from dataclasses import dataclass, replace

from credence.circuits.credential import PERSON_1
from credence.circuits.curve import Curve
from credence.circuits.encoding import b64u, random_scalar
from credence.circuits.exhibit import Checked, Exhibit, check_exhibit
from credence.circuits.fields import json_digest
from credence.circuits.policy import load_policy
from credence.circuits.presentation import AccumulatorView, present, verify_presentation
from credence.circuits.receipt import Receipt
from credence.circuits.revocation import accumulator_public_key, divide, first_value
from credence.circuits.revocation_log import AccumulatorKey
from credence.circuits.revocation_log.published import accumulator_id
from credence.circuits.wire import IssuerDocument
from tests.circuits.escrow.ceremony import Ceremony
from tests.circuits.journey import ATTRIBUTES, ISSUER, NOW, VENUE, make_request, make_world
from tests.conftest import SeededBytes

PURPOSE = "a court's warrant"
MINUTE = NOW // 60


@dataclass(frozen=True)
class Scene:
    curve: Curve
    made: Ceremony
    document: IssuerDocument
    exhibit: Exhibit
    receipt: Receipt
    rng: SeededBytes

    def check(self, exhibit: Exhibit | None = None, receipt: Receipt | None = None) -> Checked:
        return check_exhibit(self.curve, exhibit or self.exhibit, receipt or self.receipt, [self.document], self.rng)


def make_scene(curve: Curve, rng: SeededBytes) -> Scene:
    """A presentation with a handle sealed, everything that it relied on, and the trustees."""
    made, world = Ceremony(curve, rng), make_world(curve, rng)
    alpha, value = random_scalar(rng), first_value(curve, rng)
    public = accumulator_public_key(curve, alpha, rng)
    name = accumulator_id(ISSUER, PERSON_1.id, public, value.to_bytes())
    key = AccumulatorKey(name, PERSON_1.id, public, value.to_bytes(), NOW - 10, NOW + 10_000_000)
    witness = divide(value, alpha, ATTRIBUTES["revocation_handle"], rng).to_bytes()
    trustees = made.trustees
    sealed = {"trustees": trustees.id, "key": b64u(trustees.key), "threshold": 2, "members": 3, "purpose": PURPOSE}
    request = make_request(rng, policy_changes={"escrow": sealed, "not_revoked": {"max_age_s": 60}})
    view = AccumulatorView(public, value.to_bytes(), 0, MINUTE)
    presentation = present(
        curve, request, {"person": world.held()}, NOW, rng, accumulators={"person": view}, witnesses={"person": witness}
    )
    document = replace(world.document, accumulators=(key,))
    policy = load_policy(request.policy)
    receipt = Receipt(
        "r1", "verifier.example", VENUE, "s1", policy.digest, "accepted", "accepted", None,
        json_digest(presentation.to_json()), bytes(32), None, NOW + 1, bytes(32),
    )  # fmt: skip
    exhibit = Exhibit(request, presentation, {}, {"person": value.to_bytes()})
    pseudonym = check_pseudonym(curve, exhibit, receipt, document, rng)
    return Scene(curve, made, document, exhibit, replace(receipt, pseudonym=pseudonym), rng)


def check_pseudonym(curve: Curve, exhibit: Exhibit, receipt: Receipt, document: IssuerDocument, rng: SeededBytes) -> bytes:
    """The pseudonym that the presentation proves."""
    key = document.accumulators[0]
    view = AccumulatorView(key.public_key, key.first_value, 0, MINUTE)
    found = verify_presentation(
        curve, exhibit.request, exhibit.presentation, [document], VENUE, NOW + 1, rng, accumulators=lambda *_: view
    )
    assert found.pseudonym is not None
    return found.pseudonym
