"""Many holders of whom a venue learns the same, and what each of them shows: the material of the unlinkability figure.

Everything that is disclosed is equal; everything that is hidden differs. The policy has a set, a pseudonym, a limit, a
sealed handle and revocation, so that each kind of point and of answer is in a proof.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from credence.circuits.bbs.signature import key_gen, sk_to_pk
from credence.circuits.bbs.suite import sha256_suite
from credence.circuits.composite.assembly import check_policy
from credence.circuits.composite.checking import check_readings
from credence.circuits.composite.statement import compile_plan
from credence.circuits.credential import PERSON_1, day_of
from credence.circuits.curve import G1, G1_LENGTH, SCALAR_LENGTH, Curve
from credence.circuits.encoding import b64u, decode_g1, random_scalar
from credence.circuits.fields import canonical_json
from credence.circuits.issuance import (
    HeldCredential,
    IssuerEntropy,
    accept_credential,
    issue_credential,
    issuing_interface,
    request_credential,
)
from credence.circuits.policy import load_policy
from credence.circuits.presentation import AccumulatorView, present, read_presentation
from credence.circuits.presentation.statement import PublicCredential, state
from credence.circuits.revocation import accumulator_public_key, divide, first_value
from credence.circuits.sigma.transcript import Encoding
from credence.circuits.wire import IssuedCredential, IssuerDocument, IssuerKey, PresentationRequest
from tests.circuits.journey import ATTRIBUTES, EXPIRY_EPOCH, ISSUER, NOW, draw_secrets, make_request
from tests.conftest import SeededBytes

HOLDERS: Final = 32
USES: Final = 4
_COUNTRIES: Final = (276, 724, 250, 620)  # DE, ES, FR, PT
_TRUSTEES: Final = 987_654_321
_HOUR: Final = 3600
_ASKED: Final[dict[str, Any]] = {
    "all_of": [{"attribute": "kyc_level", "at_least": 2}, {"attribute": "residence", "in": ["DE", "ES", "FR", "PT"]}],
    "not_revoked": {"of": "person", "max_age_s": 60},
    "rate_limit": {"name": "open-account", "per": "hour", "max": USES},
}


@dataclass(frozen=True)
class Wanted:
    """One presentation to be made: by whom, to whom, in which hour from now, as which use of the limit."""

    seed: int
    holder: int
    audience: str
    hour: int = 0
    use: int = 0
    pseudonym: bool = True


@dataclass(frozen=True)
class Seen:
    """What a venue has of one presentation, and how long it took to make and to judge: processor and clock, in seconds."""

    form: bytes
    """Its JSON, but for the session's name and the proof, which come by themselves."""
    points: Mapping[str, bytes]
    answers: Mapping[str, int]
    challenge: int
    proof: bytes
    times: tuple[float, ...]


@dataclass(frozen=True, eq=False)
class Population:
    """One issuer, its accumulator, and all who hold a credential of it."""

    curve: Curve
    document: IssuerDocument
    view: AccumulatorView
    alpha: int
    held: tuple[HeldCredential, ...]
    witnesses: tuple[bytes, ...]

    @property
    def value(self) -> G1:
        """V, before anyone was revoked."""
        return decode_g1(self.curve, self.view.value)

    def request(self, wanted: Wanted) -> PresentationRequest:
        """What the venue asks."""
        at = NOW + _HOUR * wanted.hour
        key = b64u((self.curve.BP1 * _TRUSTEES).to_bytes())
        trustees = {"trustees": "trustees.example/1", "key": key, "threshold": 2, "members": 3, "purpose": "a warrant"}
        changes = {**_ASKED, "escrow": trustees, **({} if wanted.pseudonym else {"pseudonym": None})}
        rng = SeededBytes(f"request {wanted}")
        given = {"audience": wanted.audience, "requested_at": at, "expires_at": at + 300, "session_id": b64u(rng(12))}
        return make_request(rng, policy_changes=changes, **given)

    def show(self, wanted: Wanted, *, judged: bool = True) -> Seen:
        """Makes one, and judges it."""
        request, rng = self.request(wanted), SeededBytes(f"wallet {wanted}")
        held, witness = self.held[wanted.holder], self.witnesses[wanted.holder]
        with Stopwatch() as making:
            presentation = present(
                self.curve,
                request,
                {"person": held},
                request.requested_at,
                rng,
                accumulators={"person": self.view_at(request)},
                witnesses={"person": witness},
                use=wanted.use,
                encoding=Encoding.BATCHABLE,
            )
        with Stopwatch() as judging:
            read = read_presentation(
                self.curve,
                request,
                presentation,
                [self.document],
                request.audience,
                request.requested_at + 1,
                SeededBytes("reading"),
                accumulators=lambda *_: self.view_at(request),
            )
            if judged:
                check_readings([read.reading], SeededBytes("weights"))
        form = {**presentation.to_json(), "session_id": "", "proof": ""}
        assert read.reading.pending is not None
        challenge = read.reading.pending.transcript[:SCALAR_LENGTH]
        times = (*making.seconds, *judging.seconds)
        return layout(self, wanted).read(canonical_json(form), presentation.proof, challenge, times)

    def view_at(self, request: PresentationRequest) -> AccumulatorView:
        """The accumulator as of the request: the value is the first one for as long as nobody is revoked."""
        return AccumulatorView(self.view.key, self.view.value, 0, request.requested_at // 60)


class Stopwatch:
    """Seconds of the processor and of the clock between its two ends."""

    seconds: tuple[float, float] = (0.0, 0.0)

    def __enter__(self) -> Stopwatch:
        self._from = time.thread_time(), time.perf_counter()
        return self

    def __exit__(self, *_: object) -> None:
        self.seconds = time.thread_time() - self._from[0], time.perf_counter() - self._from[1]


@dataclass(frozen=True)
class Layout:
    """The names of a proof's parts, in their order: the points sent first, the commitments, the answers."""

    sent: tuple[str, ...]
    commitments: int
    answers: tuple[str, ...]

    def read(self, form: bytes, proof: bytes, challenge: bytes, times: tuple[float, ...]) -> Seen:
        """Cuts a proof at its places."""
        first = len(self.sent) + self.commitments
        points = {name: proof[G1_LENGTH * at : G1_LENGTH * (at + 1)] for at, name in enumerate(self.sent)}
        rest = proof[G1_LENGTH * first :]
        answers = {
            name: int.from_bytes(rest[SCALAR_LENGTH * at : SCALAR_LENGTH * (at + 1)], "big")
            for at, name in enumerate(self.answers)
        }
        return Seen(form, points, answers, int.from_bytes(challenge, "big"), proof, times)


def layout(population: Population, wanted: Wanted) -> Layout:
    """Of all presentations with a pseudonym, or of all without one."""
    return _layout(population, wanted.pseudonym)


@cache
def _layout(population: Population, pseudonym: bool) -> Layout:
    request = population.request(Wanted(0, 0, "venue-a", pseudonym=pseudonym))
    policy, held = load_policy(request.policy), population.held[0]
    demand = check_policy(policy, day_of(request.requested_at))
    (asked,) = demand.slots
    disclosed = {name: held.attributes[name] for name in asked.disclosed}
    shown = PublicCredential(held.schema, held.suite, held.public_key, held.issuer, held.expiry_epoch, disclosed)
    stated = state(population.curve, request, policy, demand, {"person": shown}, {"person": population.view_at(request)})
    compiled = compile_plan(stated.plan)
    return Layout(compiled.sent, compiled.template.structure.num_equations + 2, (*compiled.template.scalars, "tau"))


@cache
def population(curve: Curve, count: int = HOLDERS) -> Population:
    """Issued as an issuer does it, with one key; what a venue does not learn differs from holder to holder."""
    rng, interface = SeededBytes("population"), issuing_interface(curve)
    secret_key = key_gen(sha256_suite(curve), rng(32))
    public_key = sk_to_pk(curve, secret_key, rng)
    key = IssuerKey("k1", "bls12-381-sha-256", public_key, NOW - 10, NOW + 10_000_000)
    document = IssuerDocument(ISSUER, (PERSON_1.id,), (key,), "log")
    alpha, value = random_scalar(rng), first_value(curve, rng)
    held = []
    for number in range(count):
        attributes = {
            **ATTRIBUTES,
            "birth_date": 3_650 + 97 * number,
            "residence": _COUNTRIES[number % len(_COUNTRIES)],
            "nationality": (250, 380, 392, 76)[number // 4 % 4],
            "resets": number % 3,
            "revocation_handle": random_scalar(rng),
            "subject_handle": 1 + int.from_bytes(rng(7), "big"),
        }
        secrets, entropy = draw_secrets(rng), IssuerEntropy(random_scalar(rng), random_scalar(rng))
        asked = request_credential(interface, PERSON_1, secrets, rng)
        signature = issue_credential(
            interface, secret_key, public_key, PERSON_1, ISSUER, EXPIRY_EPOCH, attributes, asked.commitment, entropy, rng
        )
        issued = IssuedCredential(
            ISSUER, PERSON_1.id, "k1", EXPIRY_EPOCH, attributes, entropy.nym, entropy.use, signature, "a", bytes(32)
        )
        held.append(accept_credential(curve, document, issued, secrets, asked.blind, NOW))
    witnesses = tuple(divide(value, alpha, each.revocation_handle, rng).to_bytes() for each in held)
    view = AccumulatorView(accumulator_public_key(curve, alpha, rng), value.to_bytes(), 0, NOW // 60)
    return Population(curve, document, view, alpha, tuple(held), witnesses)
