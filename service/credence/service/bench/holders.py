"""Holders of two credentials, and what is asked over both: the ``full`` presentation, as it goes through the service."""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import Any, Final

from credence.circuits.credential import PERSON_1, STANDING_1
from credence.circuits.encoding import b64u, random_scalar
from credence.circuits.issuance import (
    HeldCredential,
    HolderSecrets,
    IssuerEntropy,
    accept_credential,
    commitment_point,
    issuing_interface,
    request_credential,
)
from credence.circuits.wire import IssuedCredential, IssuerDocument
from credence.service.bench.policies import EU_CODES, LISTED_CODES
from credence.service.bench.world import VALUES
from credence.service.issuer.desk import Desk
from credence.service.issuer.intake import open_case
from credence.service.issuer.issuance import Claim, claim_credential
from credence.service.keys.ordering import Order
from credence.service.sandbox.persons import LOW_RISK
from credence.service.sandbox.vendor import Vendor

ISSUER: Final = "issuer.example"
FRONT_DESK: Final = "desk.example"
USES: Final = 16
MAX_AGE: Final = 3_600
"""Seconds that a proof may lie between its making and its showing."""
POLICY: Final = "full"

_EVIDENCE: Final = "vendor-jws"
PERSON: Final = "person"
STANDING: Final = "standing"

Held = dict[str, HeldCredential]
"""A holder's credentials by the policy's slots."""


def full_policy(trustees_key: bytes) -> dict[str, Any]:
    """The policy of the ``full`` row, written as a venue writes it. ``trustees_key`` has 48 bytes."""
    person, standing = {"of": PERSON}, {"of": STANDING}
    return {
        "name": POLICY,
        "version": 1,
        "credentials": {
            PERSON: {"schema": PERSON_1.id, "issuers": [ISSUER]},
            STANDING: {"schema": STANDING_1.id, "issuers": [ISSUER]},
        },
        "all_of": [
            {**person, "attribute": "kyc_level", "at_least": 2},
            {**person, "attribute": "expires_on", "at_least": "today"},
            {**person, "attribute": "birth_date", "at_most": "today-18y"},
            {**person, "attribute": "residence", "in": list(EU_CODES)},
            {**person, "attribute": "nationality", "not_in": list(LISTED_CODES)},
            {**standing, "attribute": "evidence_milli", "at_least": 640},
            {**standing, "attribute": "evidence_milli", "at_most": 640 + (1 << 20) - 1},
        ],
        "not_revoked": {**person, "max_age_s": MAX_AGE},
        "pseudonym": {**person, "suffix": ""},
        "rate_limit": {**person, "name": "open-account", "per": "day", "max": USES},
        "escrow": {
            **person,
            "trustees": "trustees.example/1",
            "key": b64u(trustees_key),
            "threshold": 2,
            "members": 3,
            "purpose": "a measurement",
        },
        "tariff": "perp-default",
    }


def published(desk: Desk) -> IssuerDocument:
    """What the issuer is trusted for here: standings too, which it does not issue by itself yet."""
    return replace(desk.document(), schemas=(PERSON_1.id, STANDING_1.id))


def enrol(desk: Desk, vendor: Vendor, number: int) -> Held:
    """Holder ``number``: a case that is approved, a credential claimed by it, and a standing with the same secrets."""
    services, rng = desk.services, secrets.token_bytes
    person = replace(LOW_RISK, document_number=f"BENCH {number:09d}")
    token = vendor.issue_result(person, ISSUER, services.clock())
    case, _ = open_case(desk, _EVIDENCE, token.encode(), FRONT_DESK)
    if case.offer is None:
        raise ValueError("an invented person was not approved")
    drawn = HolderSecrets(random_scalar(rng), random_scalar(rng), random_scalar(rng))
    request = request_credential(issuing_interface(services.curve), PERSON_1, drawn, rng)
    claim = Claim(case.case.id, case.offer.secret, request.commitment, _EVIDENCE, token.encode())
    issued, _ = claim_credential(desk, claim)
    held = accept_credential(services.curve, desk.document(), issued, drawn, request.blind, services.clock())
    return {PERSON: held, STANDING: _standing(desk, issued, held.secrets)}


def _standing(desk: Desk, person: IssuedCredential, shared: HolderSecrets) -> HeldCredential:
    """Signed under the same key, over the same secrets, for as long as ``person``."""
    services, epoch = desk.services, PERSON_1.last_day(person.expiry_epoch) // STANDING_1.grain
    attributes = {**VALUES[STANDING_1.id], "expires_on": STANDING_1.last_day(epoch)}
    request = request_credential(issuing_interface(services.curve), STANDING_1, shared, secrets.token_bytes)
    epochs, point, nothing = (
        (person.attributes["issued_epoch"], epoch),
        commitment_point(request.commitment),
        IssuerEntropy(0, 0),
    )
    order = Order(person.key_id, STANDING_1, ISSUER, *epochs, attributes, point, nothing, "standing", bytes(32))
    signature = desk.keys.sign(order)
    issued = replace(
        person,
        schema=STANDING_1.id,
        expiry_epoch=epoch,
        attributes=attributes,
        nym_entropy=0,
        use_entropy=0,
        signature=signature,
        attestation_id="standing",
        leaf=bytes(32),
        witness=None,
        checkpoint=None,
    )
    return accept_credential(services.curve, published(desk), issued, shared, request.blind, services.clock())
