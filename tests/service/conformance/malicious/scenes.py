"""Whom the corpus is about: an issuer whose keys are known here, holders, an accumulator, trustees, and a venue's policies.

Everything is drawn from seeds, so that a scene is the same at every run.
"""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType
from typing import Any, Final

from credence.circuits.bbs.signature import core_sign, key_gen, sk_to_pk
from credence.circuits.composite.assembly import check_policy
from credence.circuits.composite.checking import Keys
from credence.circuits.composite.proving import Holding
from credence.circuits.countries import NUMERIC
from credence.circuits.credential import (
    EPOCH_DAYS,
    PERSON_1,
    STANDING_1,
    Schema,
    credential_header,
    day_of,
    ladder_bits,
    text_to_scalar,
)
from credence.circuits.curve import Curve
from credence.circuits.encoding import b64u, decode_g1, random_scalar
from credence.circuits.issuance import credential_generators, issuing_interface
from credence.circuits.policy import load_policy
from credence.circuits.presentation import AccumulatorView
from credence.circuits.presentation.statement import PublicCredential, Stated, state
from credence.circuits.revocation import accumulator_public_key, divide, first_value
from credence.circuits.sigma.transcript import Encoding
from credence.circuits.wire import (
    IssuerDocument,
    IssuerKey,
    Presentation,
    PresentationRequest,
    ShownAccumulator,
    ShownCredential,
)
from tests.circuits.composite.subjects import EU27, Subject
from tests.conftest import SeededBytes

NOW: Final = 1_790_000_000
TODAY: Final = day_of(NOW)
MINUTE: Final = NOW // 60
EPOCH: Final = TODAY // EPOCH_DAYS + 10
ISSUER: Final = "issuer.example"
AUDIENCE: Final = "verifier.example/venue-a"
SHA: Final = "bls12-381-sha-256"
SHAKE: Final = "bls12-381-shake-256"
TRUSTEE: Final = 987_654_321
EU: Final = sorted(code for code, number in NUMERIC.items() if number in EU27)
TEN: Final = ["BY", "CU", "IR", "KP", "MM", "RU", "SD", "SS", "SY", "VE"]
HOLDER: Final = (1_001, 2_002, 3_003)
"""holder_secret, nym_secret, use_key. Small ones make a file that reads well; nothing depends on their size."""

PERSON: Final[Mapping[str, int]] = {
    "expires_on": EPOCH * EPOCH_DAYS,
    "birth_date": 7_000,
    "residence": NUMERIC["DE"],
    "nationality": NUMERIC["FR"],
    "kind": 1,
    **ladder_bits("kyc_level", 2),
    **ladder_bits("risk_tier", 1),
    "accredited": 0,
    "issued_epoch": EPOCH - 10,
    "revocation_handle": 12_345,
    "subject_handle": 67_890,
    "resets": 0,
    "reset_day": 0,
}
STANDING: Final[Mapping[str, int]] = {
    "expires_on": EPOCH * EPOCH_DAYS,
    "as_of": TODAY - 1,
    "venue": text_to_scalar("venue-b"),
    "score": 700,
    **ladder_bits("standing_tier", 3),
    "evidence_milli": 654_321,
    "events_milli": 2_000,
    "model": text_to_scalar("model/1"),
    "revocation_handle": 54_321,
}


@dataclass(frozen=True)
class Signer:
    """An issuer's key pair and how long it is trusted."""

    key_id: str
    suite: str
    secret: int
    public: bytes
    not_before: int = NOW - 10_000_000
    not_after: int = NOW + 10_000_000

    @property
    def published(self) -> IssuerKey:
        return IssuerKey(self.key_id, self.suite, self.public, self.not_before, self.not_after)


def signer(curve: Curve, key_id: str = "k1", suite: str = SHA, **changes: Any) -> Signer:
    rng, interface = SeededBytes(f"signer {key_id}"), issuing_interface(curve, suite)
    secret = key_gen(interface.suite, rng(32))
    return Signer(key_id, suite, secret, sk_to_pk(curve, secret, rng), **changes)


@dataclass(frozen=True)
class Card:
    """A credential as its holder has it: all signed scalars are known, and nobody asks whether they are of their domains."""

    schema: Schema
    signer: Signer
    epoch: int
    values: Mapping[str, int]
    secrets: tuple[int, ...]
    blind: int
    signature: bytes
    witness: bytes | None = None

    @property
    def scalars(self) -> tuple[int, ...]:
        return (*(self.values[attribute.name] for attribute in self.schema.issuer), self.blind, *self.secrets)

    def shown(self, disclosed: tuple[str, ...]) -> PublicCredential:
        values = {name: self.values[name] for name in disclosed}
        return PublicCredential(self.schema, self.signer.suite, self.signer.public, ISSUER, self.epoch, values)


def card(
    curve: Curve,
    schema: Schema = PERSON_1,
    by: Signer | None = None,
    secrets: tuple[int, ...] = HOLDER,
    epoch: int = EPOCH,
    **changes: int,
) -> Card:
    """Signed by ``by``, whatever the values are."""
    used = by or signer(curve)
    values = {**(PERSON if schema is PERSON_1 else STANDING), "expires_on": epoch * EPOCH_DAYS, **changes}
    epoch = epoch * EPOCH_DAYS // schema.grain
    rng, interface = SeededBytes(f"card {schema.id} {secrets} {epoch} {changes}"), issuing_interface(curve, used.suite)
    made = Card(schema, used, epoch, values, secrets, random_scalar(rng), b"")
    header = credential_header(schema.id, ISSUER, epoch)
    generators = credential_generators(interface, schema)
    return replace(made, signature=core_sign(interface, used.secret, used.public, generators, header, made.scalars, rng))


@dataclass(frozen=True)
class Manager:
    """An accumulator's key and its first value."""

    curve: Curve
    alpha: int
    public: bytes
    value: bytes

    def witness(self, handle: int, value: bytes | None = None) -> bytes:
        """``V/(alpha + handle)``: also the value after that handle was revoked."""
        before = decode_g1(self.curve, value or self.value)
        return divide(before, self.alpha, handle, SeededBytes(f"witness {handle}")).to_bytes()

    def view(self, value: bytes | None = None, index: int = 7, minute: int = MINUTE) -> AccumulatorView:
        return AccumulatorView(self.public, value or self.value, index, minute)


def manager(curve: Curve, name: str = "accumulator") -> Manager:
    rng = SeededBytes(name)
    alpha = random_scalar(rng)
    return Manager(curve, alpha, accumulator_public_key(curve, alpha, rng), first_value(curve, rng).to_bytes())


@dataclass(frozen=True)
class Scene:
    """A request and who answers it, with everything that both sides know."""

    name: str
    curve: Curve
    request: PresentationRequest
    cards: Mapping[str, Card]
    signers: tuple[Signer, ...]
    views: Mapping[str, AccumulatorView] = field(default_factory=dict)
    use: int = 0
    audience: str = AUDIENCE
    now: int = NOW + 5

    def known(self) -> dict[str, Any]:
        """What the verifier knows, as a corpus writes it."""
        keys = tuple(used.published for used in self.signers)
        document = IssuerDocument(ISSUER, (PERSON_1.id, STANDING_1.id), keys, "log")
        return {
            "request": copy.deepcopy(self.request.to_json()),
            "documents": [document.to_json()],
            "audience": self.audience,
            "now": self.now,
            "accumulators": [
                {
                    "issuer": ISSUER,
                    "schema": self.cards[slot].schema.id,
                    "key": b64u(view.key),
                    "value": b64u(view.value),
                    "index": view.index,
                    "minute": view.minute,
                }
                for slot, view in self.views.items()
            ],
        }

    @cached_property
    def stated(self) -> Stated:
        """The statement of the cards as they are."""
        policy = load_policy(self.request.policy)
        demand = check_policy(policy, day_of(self.request.requested_at))
        shown = {asked.name: self.cards[asked.name].shown(asked.disclosed) for asked in demand.slots}
        return state(self.curve, self.request, policy, demand, shown, self.views)

    @cached_property
    def subject(self) -> Subject:
        """As the tests of the composite attack it."""
        holdings = {}
        for slot, held in self.cards.items():
            point = None if held.witness is None else decode_g1(self.curve, held.witness)
            holdings[slot] = Holding(held.signature, held.scalars, point)
        keys = Keys(
            {slot: held.signer.public for slot, held in self.cards.items()}, {s: v.key for s, v in self.views.items()}
        )
        return Subject(self.curve, self.stated.plan, self.stated.public, keys, holdings, self.use)

    def prove(self, encoding: Encoding, seed: str = "honest") -> bytes:
        """By the honest algorithm."""
        return self.subject.prove(encoding, f"{self.name} {encoding.name} {seed}")

    def wrap(self, proof: bytes, encoding: Encoding) -> dict[str, Any]:
        """A presentation around a proof, saying of the cards what they are."""
        disclosed = {f"{slot.name}.{name}": value for slot in self.stated.plan.slots for name, value in slot.disclosed}
        return Presentation(
            session_id=self.request.session_id,
            credentials=tuple(
                ShownCredential(slot, ISSUER, held.signer.key_id, held.epoch) for slot, held in sorted(self.cards.items())
            ),
            accumulators=tuple(ShownAccumulator(slot, view.index, view.minute) for slot, view in sorted(self.views.items())),
            disclosed=MappingProxyType(disclosed),
            encoding=encoding.name.lower(),
            proof=proof,
        ).to_json()

    def but(self, **changes: Any) -> Scene:
        """With other parts; cards are merged."""
        if "cards" in changes:
            changes["cards"] = {**self.cards, **changes["cards"]}
        return replace(self, **changes)


PERSON_SLOT: Final = {"person": {"schema": PERSON_1.id, "issuers": [ISSUER]}}
BOTH_SLOTS: Final = {**PERSON_SLOT, "standing": {"schema": STANDING_1.id, "issuers": [ISSUER]}}
LEVEL: Final = {"of": "person", "attribute": "kyc_level", "at_least": 2}


def request(name: str, **policy: Any) -> PresentationRequest:
    """The venue's question; the nonce is the scene's own."""
    whole = {
        "name": name,
        "version": 1,
        "credentials": PERSON_SLOT,
        "all_of": [LEVEL],
        "tariff": "perp-default",
        **policy,
    }
    nonce = hashlib.sha256(name.encode()).digest()
    return PresentationRequest(f"session-{name}", AUDIENCE, whole, nonce, b"channel", b"0xaccount", NOW, NOW + 300)


def scene(curve: Curve, name: str, *, use: int = 0, **policy: Any) -> Scene:
    """One holder with what the policy asks for, and an accumulator where it asks about revocation."""
    asked = request(name, **policy)
    cards: dict[str, Card] = {}
    for slot, ask in asked.policy["credentials"].items():
        cards[slot] = card(curve, STANDING_1 if ask["schema"] == STANDING_1.id else PERSON_1)
    views = {}
    if "not_revoked" in policy:
        watched, keeper = policy["not_revoked"]["of"], manager(curve)
        handle = cards[watched].values["revocation_handle"]
        cards[watched] = replace(cards[watched], witness=keeper.witness(handle))
        views[watched] = keeper.view()
    return Scene(name, curve, asked, cards, (signer(curve),), views, use)


def escrow(curve: Curve, **changes: Any) -> dict[str, Any]:
    """What a policy says of its trustees."""
    return {
        "of": "person",
        "trustees": "trustees.example/1",
        "key": b64u((curve.BP1 * TRUSTEE).to_bytes()),
        "threshold": 2,
        "members": 3,
        "purpose": "a warrant",
        **changes,
    }


ADULT: Final = {"of": "person", "attribute": "birth_date", "at_most": "today-18y"}
RESIDENT: Final = {"of": "person", "attribute": "residence", "in": EU}
UNLISTED: Final = {"of": "person", "attribute": "nationality", "not_in": TEN}
LIMIT: Final = {"of": "person", "name": "open-account", "per": "day", "max": 16}
FRESH: Final = {"of": "person", "max_age_s": 60}
SUM: Final = {
    "sum": [
        {"of": "standing", "attribute": "evidence_milli"},
        {"of": "standing", "attribute": "events_milli", "times": -5},
    ],
    "at_least": 2_000,
}


def full(curve: Curve) -> Scene:
    """Two credentials, three ranges (one of 20 bits), rung, in 27, not in 10, not revoked, pseudonym, 16 a day, escrow."""
    return scene(
        curve,
        "full",
        use=3,
        credentials=BOTH_SLOTS,
        all_of=[
            LEVEL,
            ADULT,
            RESIDENT,
            UNLISTED,
            {"of": "standing", "attribute": "evidence_milli", "at_least": 1_000},
            {"of": "standing", "attribute": "evidence_milli", "at_most": 1_000 + (1 << 20) - 1},
            {"of": "standing", "attribute": "as_of", "at_least": "today-30d"},
            {"of": "standing", "attribute": "as_of", "at_most": "today+30d"},
        ],
        not_revoked=FRESH,
        pseudonym={"of": "person", "suffix": "main"},
        rate_limit=LIMIT,
        escrow=escrow(curve),
    )


def rungs(curve: Curve) -> Scene:
    """No constraint: rungs, a tier that is disclosed, a pseudonym."""
    return scene(
        curve,
        "rungs",
        all_of=[LEVEL, {"of": "person", "attribute": "expires_on", "at_least": "today"}],
        disclose=[{"of": "person", "attribute": "risk_tier"}, {"of": "person", "attribute": "kind"}],
        pseudonym={"of": "person", "suffix": ""},
    )


SHORT: Final = [
    {"of": "person", "attribute": name}
    for name in ("kind", "accredited", "risk_tier", "issued_epoch", "resets", "reset_day", "kyc_level")
]
"""Disclosed where a scene is about something else, so that proofs are short."""


def small(curve: Curve, name: str, **policy: Any) -> Scene:
    """One credential of which much is disclosed, and one thing besides."""
    return scene(curve, name, **{"disclose": SHORT, **policy})


def small_scenes(curve: Curve) -> dict[str, Scene]:
    """Each gadget alone, by name."""
    return {
        "adult": small(curve, "adult", all_of=[LEVEL, ADULT]),
        "resident": small(curve, "resident", all_of=[LEVEL, RESIDENT]),
        "unlisted": small(curve, "unlisted", all_of=[LEVEL, UNLISTED]),
        "limited": small(curve, "limited", rate_limit={**LIMIT, "max": 10}, use=9),
        "once": small(curve, "once", rate_limit={**LIMIT, "max": 1}),
        "revocable": small(curve, "revocable", not_revoked=FRESH),
        "sealed": small(curve, "sealed", escrow=escrow(curve)),
        "named": small(curve, "named", pseudonym={"of": "person", "suffix": "orders"}),
        "sum": scene(curve, "sum", credentials={"standing": BOTH_SLOTS["standing"]}, all_of=[SUM]),
        "both": scene(curve, "both", credentials=BOTH_SLOTS, disclose=SHORT, pseudonym={"of": "standing", "suffix": ""}),
    }
