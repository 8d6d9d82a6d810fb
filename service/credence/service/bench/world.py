"""A holder with two credentials, an accumulator and a trustees' key: what composite proofs are measured over."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from credence.circuits.bbs.signature import core_sign, key_gen, sk_to_pk
from credence.circuits.composite.checking import Keys, Reading, check_readings, read_message
from credence.circuits.composite.plan import HANDLE, Plan, Slot
from credence.circuits.composite.proving import Holding, prove_plan
from credence.circuits.composite.public import Public
from credence.circuits.credential import (
    HOLDER_SECRETS,
    PERSON_1,
    STANDING_1,
    Attribute,
    Schema,
    credential_header,
    ladder_bits,
)
from credence.circuits.curve import Curve
from credence.circuits.encoding import random_scalar
from credence.circuits.issuance import DEFAULT_SUITE, credential_generators, issuing_interface
from credence.circuits.ratelimit import Limit
from credence.circuits.revocation import accumulator_public_key, divide, first_value
from credence.circuits.sigma.transcript import Encoding

CONTEXT: Final = b"the context of a measurement"
AUDIENCE: Final = "verifier.example/venue"
TODAY: Final = 20_778
"""2026-11-21."""

TEN: Final = Schema(
    id="credence/bench/1",
    issuer=(
        Attribute("first", "bit", 0, 1),
        Attribute("second", "bit", 0, 1),
        Attribute("third", "bit", 0, 1),
        Attribute("number", "count", 0, (1 << 64) - 1),
        Attribute("country", "country", 4, 894),
        Attribute(HANDLE, "handle", 1, (1 << 128) - 1),
    ),
    holder=HOLDER_SECRETS,
)
"""Ten messages, the blind factor and the holder's secrets among them."""

VALUES: Final[Mapping[str, Mapping[str, int]]] = {
    TEN.id: {"first": 1, "second": 0, "third": 1, "number": 20_972, "country": 276, HANDLE: 12_345},
    PERSON_1.id: {
        "expires_on": 20_972,
        "birth_date": 7_000,
        "residence": 276,
        "nationality": 250,
        "kind": 1,
        **ladder_bits("kyc_level", 2),
        **ladder_bits("risk_tier", 1),
        "accredited": 0,
        "issued_epoch": 740,
        HANDLE: 12_345,
        "subject_handle": 67_890,
        "resets": 0,
        "reset_day": 0,
    },
    STANDING_1.id: {
        "expires_on": 20_804,
        "as_of": 20_777,
        "venue": 424_242,
        "score": 700,
        **ladder_bits("standing_tier", 3),
        "evidence_milli": 654_321,
        "events_milli": 2_000,
        "model": 31_337,
        HANDLE: 54_321,
    },
}


@dataclass(frozen=True)
class Credential:
    """A signed vector and what a verifier knows of it."""

    schema: Schema
    public_key: bytes
    domain: int
    holding: Holding

    def slot(self, name: str) -> Slot:
        """A slot that says nothing yet."""
        return Slot(name, self.schema, DEFAULT_SUITE, self.domain)


class World:
    """Everything a plan may be about; made anew for each measurement."""

    def __init__(self, curve: Curve) -> None:
        self.curve: Final = curve
        self._secrets = tuple(random_scalar(os.urandom) for _ in HOLDER_SECRETS)
        self._alpha = random_scalar(os.urandom)
        self.value: Final = first_value(curve, os.urandom)
        self.accumulator_key: Final = accumulator_public_key(curve, self._alpha, os.urandom)
        self.trustees: Final = curve.BP1 * random_scalar(os.urandom)

    def credential(self, schema: Schema, **changes: int) -> Credential:
        """One of this holder's, signed by an issuer of its own, with a witness for its handle, and ``changes`` to it."""
        interface = issuing_interface(self.curve, DEFAULT_SUITE)
        secret_key = key_gen(interface.suite, os.urandom(32))
        public_key = sk_to_pk(self.curve, secret_key, os.urandom)
        header = credential_header(schema.id, "issuer.example", 749)
        values = {**VALUES[schema.id], **changes}
        scalars = (*(values[each.name] for each in schema.issuer), random_scalar(os.urandom), *self._secrets)
        generators = credential_generators(interface, schema)
        signature = core_sign(interface, secret_key, public_key, generators, header, scalars, os.urandom)
        witness = divide(self.value, self._alpha, values[HANDLE], os.urandom)
        domain = interface.domain(public_key, generators, header)
        return Credential(schema, public_key, domain, Holding(signature, scalars, witness))

    def public(self, plan: Plan) -> Public:
        """What both sides know of a presentation of the plan."""
        return Public(
            context=CONTEXT,
            accumulators=dict.fromkeys(plan.not_revoked, self.value),
            scope=None if plan.pseudonym is None else AUDIENCE.encode(),
            limit=None if plan.limited is None else Limit(AUDIENCE, "open-account", TODAY, plan.uses),
            escrow=None if plan.escrow is None else self.trustees,
        )


@dataclass(frozen=True)
class Case:
    """A plan, who proves it and who checks it; the verifier has an engine, and so tables, of its own."""

    world: World
    plan: Plan
    credentials: Mapping[str, Credential]
    verifier: Curve

    @classmethod
    def of(cls, world: World, plan: Plan, credentials: Mapping[str, Credential]) -> Case:
        """The verifier's generators are tabulated here, as a service does at its start."""
        verifier = type(world.curve)()
        issuing_interface(verifier, DEFAULT_SUITE).precompute(len(PERSON_1.issuer) + 1, len(HOLDER_SECRETS) + 1)
        return cls(world, plan, credentials, verifier)

    def prove(self, encoding: Encoding) -> bytes:
        """A message, as a wallet makes it."""
        holdings = {
            name: credential.holding if name in self.plan.not_revoked else replace(credential.holding, witness=None)
            for name, credential in self.credentials.items()
        }
        return prove_plan(self.world.curve, self.plan, self.world.public(self.plan), holdings, encoding, os.urandom, use=3)

    def read(self, message: bytes, encoding: Encoding) -> Reading:
        """A message, decoded and its challenge recomputed."""
        keys = Keys(
            {name: credential.public_key for name, credential in self.credentials.items()},
            dict.fromkeys(self.plan.not_revoked, self.world.accumulator_key),
        )
        public = self.world.public(self.plan)
        return read_message(self.verifier, self.plan, public, keys, encoding, message, os.urandom)

    def check(self, messages: list[bytes], encoding: Encoding) -> None:
        """Verifies them all together; raises if one does not hold."""
        check_readings([self.read(message, encoding) for message in messages], os.urandom)
