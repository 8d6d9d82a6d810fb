"""A small world for tests of issuance and presentation: one issuer, one holder, one venue."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from credence.circuits.bbs.signature import key_gen, sk_to_pk
from credence.circuits.bbs.suite import sha256_suite
from credence.circuits.credential import EPOCH_DAYS, PERSON_1, STANDING_1, Schema, day_of, ladder_bits, text_to_scalar
from credence.circuits.curve import Curve
from credence.circuits.encoding import Rng, random_scalar
from credence.circuits.issuance import (
    HeldCredential,
    HolderSecrets,
    IssuerEntropy,
    accept_credential,
    issue_credential,
    issuing_interface,
    request_credential,
)
from credence.circuits.revocation_log import WitnessState
from credence.circuits.wire import IssuedCredential, IssuerDocument, IssuerKey, PresentationRequest

NOW = 1_790_000_000
ISSUER = "issuer.example"
VENUE = "venue-a"
EXPIRY_EPOCH = day_of(NOW) // EPOCH_DAYS + 10
POLICY: dict[str, Any] = {
    "name": "perp-standard",
    "version": 1,
    "credentials": {"person": {"schema": PERSON_1.id, "issuers": [ISSUER]}},
    "all_of": [{"attribute": "kyc_level", "at_least": 2}, {"attribute": "expires_on", "at_least": "today"}],
    "disclose": [{"attribute": "risk_tier"}],
    "pseudonym": {"suffix": ""},
    "tariff": "perp-default",
}
ATTRIBUTES: dict[str, int] = {
    "expires_on": EXPIRY_EPOCH * EPOCH_DAYS,
    "birth_date": 7_000,
    "residence": 276,
    "nationality": 250,
    "kind": 1,
    **ladder_bits("kyc_level", 2),
    **ladder_bits("risk_tier", 1),
    "accredited": 0,
    "issued_epoch": EXPIRY_EPOCH - 10,
    "revocation_handle": 12_345,
    "subject_handle": 67_890,
    "resets": 0,
    "reset_day": 0,
}

STANDING: dict[str, int] = {
    "expires_on": EXPIRY_EPOCH * EPOCH_DAYS,
    "as_of": day_of(NOW) - 1,
    "venue": text_to_scalar("venue-b"),
    "score": 700,
    **ladder_bits("standing_tier", 3),
    "evidence_milli": 12_500,
    "events_milli": 2_000,
    "model": text_to_scalar("model/1"),
    "revocation_handle": 54_321,
}


@dataclass(frozen=True)
class World:
    """An issuer with one key, and what it has signed for one holder."""

    curve: Curve
    secret_key: int
    document: IssuerDocument
    secrets: HolderSecrets
    entropy: IssuerEntropy
    commitment: bytes
    blind: int
    issued: IssuedCredential

    def held(self) -> HeldCredential:
        """The credential as the holder's wallet finishes it."""
        return accept_credential(self.curve, self.document, self.issued, self.secrets, self.blind, NOW)

    def standing(self, rng: Rng, *, secrets: HolderSecrets | None = None, **changes: int) -> HeldCredential:
        """A standing of the same holder, or of whoever has ``secrets``, with ``changes`` to its attributes."""
        return self.issue(
            STANDING_1, secrets or self.secrets, {**STANDING, **changes}, rng, entropy=self.entropy, attestation_id="s1"
        )

    def issue(
        self,
        schema: Schema,
        secrets: HolderSecrets,
        attributes: dict[str, int],
        rng: Rng,
        *,
        entropy: IssuerEntropy | None = None,
        attestation_id: str = "a1",
        witness: Callable[[], WitnessState] | None = None,
    ) -> HeldCredential:
        """A credential of the same issuer, as its holder's wallet finishes it; the issuer's halves are drawn by default."""
        interface, key = issuing_interface(self.curve), self.document.keys[0]
        request = request_credential(interface, schema, secrets, rng)
        entropy = entropy or IssuerEntropy(random_scalar(rng), random_scalar(rng))
        epoch = attributes["expires_on"] // schema.grain
        signature = issue_credential(
            interface, self.secret_key, key.public_key, schema, ISSUER, epoch, attributes, request.commitment, entropy, rng
        )
        issued = IssuedCredential(
            ISSUER,
            schema.id,
            key.key_id,
            epoch,
            attributes,
            entropy.nym,
            entropy.use,
            signature,
            attestation_id,
            bytes(32),
            witness=None if witness is None else witness(),
        )
        return accept_credential(self.curve, self.document, issued, secrets, request.blind, NOW)


def draw_secrets(rng: Rng) -> HolderSecrets:
    return HolderSecrets(random_scalar(rng), random_scalar(rng), random_scalar(rng))


def make_world(
    curve: Curve,
    rng: Rng,
    *,
    secrets: HolderSecrets | None = None,
    schemas: tuple[str, ...] = (PERSON_1.id,),
    **changes: int,
) -> World:
    """A world whose credential has ``changes`` to its attributes, and whose issuer signs ``schemas``."""
    interface = issuing_interface(curve)
    secret_key = key_gen(sha256_suite(curve), rng(32))
    public_key = sk_to_pk(curve, secret_key, rng)
    document = IssuerDocument(
        ISSUER,
        schemas,
        (IssuerKey("k1", "bls12-381-sha-256", public_key, NOW - 10, NOW + 10_000_000),),
        "log",
    )
    secrets = secrets or draw_secrets(rng)
    request = request_credential(interface, PERSON_1, secrets, rng)
    entropy = IssuerEntropy(random_scalar(rng), random_scalar(rng))
    attributes = {**ATTRIBUTES, **changes}
    epoch = attributes["expires_on"] // EPOCH_DAYS
    signature = issue_credential(
        interface, secret_key, public_key, PERSON_1, ISSUER, epoch, attributes, request.commitment, entropy, rng
    )
    issued = IssuedCredential(
        ISSUER, PERSON_1.id, "k1", epoch, attributes, entropy.nym, entropy.use, signature, "a1", bytes(32)
    )
    return World(curve, secret_key, document, secrets, entropy, request.commitment, request.blind, issued)


def make_request(rng: Rng, **changes: Any) -> PresentationRequest:
    """A venue's request; ``policy`` may be changed by keys of the policy under ``policy_changes``."""
    policy = copy.deepcopy(POLICY)
    policy.update(changes.pop("policy_changes", {}))
    given: dict[str, Any] = {
        "session_id": "s1",
        "audience": VENUE,
        "policy": policy,
        "nonce": rng(32),
        "channel": b"",
        "message": b"",
        "requested_at": NOW,
        "expires_at": NOW + 300,
    }
    return PresentationRequest(**{**given, **changes})
