"""Two credentials of one holder, an accumulator, a trustees' key, and a plan with everything in it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from credence.circuits import curve as curves
from credence.circuits.bbs.signature import core_sign, key_gen, sk_to_pk
from credence.circuits.composite.checking import Keys, Reading, check_readings, read_message
from credence.circuits.composite.plan import Plan, Slot
from credence.circuits.composite.proving import Holding, prove_plan
from credence.circuits.composite.public import Public
from credence.circuits.credential import PERSON_1, STANDING_1, Schema, credential_header, ladder_bits
from credence.circuits.curve import G1, Curve
from credence.circuits.encoding import random_scalar
from credence.circuits.issuance import credential_generators, issuing_interface
from credence.circuits.predicates.range import Interval
from credence.circuits.ratelimit import Limit
from credence.circuits.revocation import accumulator_public_key, divide, first_value
from credence.circuits.sigma.transcript import Encoding
from tests.conftest import SeededBytes

SUITE = "bls12-381-sha-256"
EU = (40, 56, 100, 191, 196, 203, 208, 233, 246, 250, 276, 300, 348, 372, 380, 428, 440, 442, 470, 528, 616, 620, 642, 703)
EU27 = (*EU, 705, 724, 752)
LISTED = (192, 364, 408, 643, 728, 729, 736, 760, 804, 862)
BOTH = tuple(Encoding)

PERSON = {
    "expires_on": 20_972,
    "birth_date": 7_000,
    "residence": 276,
    "nationality": 250,
    "kind": 1,
    **ladder_bits("kyc_level", 2),
    **ladder_bits("risk_tier", 1),
    "accredited": 0,
    "issued_epoch": 740,
    "revocation_handle": 12_345,
    "subject_handle": 67_890,
    "resets": 0,
    "reset_day": 0,
}
STANDING = {
    "expires_on": 20_804,
    "as_of": 20_777,
    "venue": 424_242,
    "score": 700,
    **ladder_bits("standing_tier", 3),
    "evidence_milli": 654_321,
    "events_milli": 2_000,
    "model": 31_337,
    "revocation_handle": 54_321,
}
SECRETS = {"holder_secret": 1_001, "nym_secret": 2_002, "use_key": 3_003}
TODAY = 20_778


@dataclass(frozen=True)
class Issued:
    """A signed vector and what the verifier needs to know of it."""

    schema: Schema
    public_key: bytes
    domain: int
    holding: Holding


@cache
def issued(
    curve: Curve,
    schema: Schema,
    secrets: tuple[int, ...] = tuple(SECRETS.values()),
    changed: tuple[tuple[str, int], ...] = (),
    suite: str = SUITE,
) -> Issued:
    """A credential over the facts above, some of them ``changed``, signed by the schema's own issuer."""
    rng = SeededBytes(f"issuer of {schema.id}")
    interface = issuing_interface(curve, suite)
    secret_key = key_gen(interface.suite, rng(32))
    public_key = sk_to_pk(curve, secret_key, rng)
    header = credential_header(schema.id, "issuer.example", 749)
    values = (PERSON if schema is PERSON_1 else STANDING) | dict(changed)
    scalars = (*(values[attribute.name] for attribute in schema.issuer), random_scalar(rng), *secrets)
    generators = credential_generators(interface, schema)
    signature = core_sign(interface, secret_key, public_key, generators, header, scalars, rng)
    return Issued(schema, public_key, interface.domain(public_key, generators, header), Holding(signature, scalars))


@dataclass(frozen=True)
class Accumulator:
    """A manager's key, and V with the witness of the person's handle under it."""

    alpha: int
    public_key: bytes
    value: G1
    witness: G1


@cache
def accumulator(curve: Curve) -> Accumulator:
    rng = SeededBytes("accumulator")
    alpha = random_scalar(rng)
    value = first_value(curve, rng)
    return Accumulator(
        alpha, accumulator_public_key(curve, alpha, rng), value, divide(value, alpha, PERSON["revocation_handle"], rng)
    )


@dataclass(frozen=True)
class Subject:
    """A plan with everything both sides know and what the wallet holds."""

    curve: Curve
    plan: Plan
    public: Public
    keys: Keys
    holdings: dict[str, Holding] = field(repr=False)
    use: int = 0

    def prove(self, encoding: Encoding = Encoding.BATCHABLE, seed: str = "proof") -> bytes:
        return prove_plan(self.curve, self.plan, self.public, self.holdings, encoding, SeededBytes(seed), use=self.use)

    def read(self, message: bytes, encoding: Encoding = Encoding.BATCHABLE) -> Reading:
        return read_message(self.curve, self.plan, self.public, self.keys, encoding, message, SeededBytes("verifier"))

    def verify(self, message: bytes, encoding: Encoding = Encoding.BATCHABLE) -> Reading:
        reading = self.read(message, encoding)
        check_readings([reading], SeededBytes("weights"))
        return reading


@cache
def full(curve: Curve) -> Subject:
    """Two credentials, three ranges, a rung, in EU-27, not in ten, not revoked, pseudonym, 16 uses a day, escrow."""
    person, standing = issued(curve, PERSON_1), issued(curve, STANDING_1)
    manager = accumulator(curve)
    plan = Plan(
        slots=(
            Slot(
                "person",
                PERSON_1,
                SUITE,
                person.domain,
                disclosed=(("kyc_ge_1", 1), ("kyc_ge_2", 1)),
                ranges=(("expires_on", Interval(20_804, 65_520, 28)), ("birth_date", Interval(0, 14_203))),
                inside=(("residence", EU27),),
                outside=(("nationality", LISTED),),
            ),
            Slot(
                "standing",
                STANDING_1,
                SUITE,
                standing.domain,
                ranges=(("evidence_milli", Interval(1_000, 1_000 + (1 << 20) - 1)),),
            ),
        ),
        not_revoked=("person",),
        pseudonym="person",
        limited="person",
        uses=16,
        escrow="person",
    )
    public = Public(
        context=b"the context of a test",
        accumulators={"person": manager.value},
        scope=b"venue.example/client",
        limit=Limit("venue.example/client", "open-account", TODAY, 16),
        escrow=curve.BP1 * 987_654_321,
    )
    keys = Keys({"person": person.public_key, "standing": standing.public_key}, {"person": manager.public_key})
    holdings = {"person": replace(person.holding, witness=manager.witness), "standing": standing.holding}
    return Subject(curve, plan, public, keys, holdings, use=3)


def one(curve: Curve, changed: tuple[tuple[str, int], ...] = (), secrets: tuple[int, ...] = (), **said: Any) -> Subject:
    """A person's credential alone, with what its slot says."""
    person = issued(curve, PERSON_1, secrets or tuple(SECRETS.values()), changed)
    return Subject(
        curve,
        Plan((Slot("person", PERSON_1, SUITE, person.domain, **said),)),
        Public(context=b"the context of a test"),
        Keys({"person": person.public_key}, {}),
        {"person": person.holding},
    )


@cache
def native() -> Curve:
    return curves.load("native")
