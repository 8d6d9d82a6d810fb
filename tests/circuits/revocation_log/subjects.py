"""An issuer with an accumulator, and the ledger that holds its checkpoints."""

from __future__ import annotations

from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from credence.circuits.credential import PERSON_1
from credence.circuits.curve import Curve
from credence.circuits.encoding import random_scalar
from credence.circuits.merkle import Tree, leaf_hash
from credence.circuits.note import Checkpoint, NoteSigner
from credence.circuits.revocation import accumulator_public_key, divide, first_value
from credence.circuits.revocation_log import (
    AccumulatorCheckpoint,
    AccumulatorKey,
    CheckpointProof,
    RevocationEvent,
    Staple,
    Stapled,
    WitnessState,
    accumulator_id,
    make_delta,
    verify_staple,
)
from tests.conftest import SeededBytes

ISSUER = "issuer.example"
NOW = 1_790_000_000
MINUTE = NOW // 60
HANDLE = 77
ADDRESS = "https://issuer.example/v1/issuer/accumulators/x/events"


@dataclass
class Ledger:
    """A log that signs whatever it is given. ``other`` shares its key and its origin."""

    origin: str = "log.example/credence"
    seed: bytes = bytes(32)
    tree: Tree = field(default_factory=Tree)

    def __post_init__(self) -> None:
        self.signer = NoteSigner(self.origin, Ed25519PrivateKey.from_private_bytes(self.seed))

    def add(self, leaf: bytes) -> int:
        self.tree.append(leaf_hash(leaf))
        return self.tree.size - 1

    def note(self) -> str:
        return self.signer.sign(Checkpoint(self.origin, self.tree.size, self.tree.root()).text())


@dataclass
class Issuer:
    """An accumulator whose checkpoints go into ``ledger``."""

    curve: Curve
    rng: SeededBytes
    ledger: Ledger = field(default_factory=Ledger)
    name: str = ISSUER
    events: list[RevocationEvent] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.alpha = random_scalar(self.rng)
        public, first = accumulator_public_key(self.curve, self.alpha, self.rng), first_value(self.curve, self.rng)
        self.values = [first]
        identifier = accumulator_id(self.name, PERSON_1.id, public, first.to_bytes())
        self.key = AccumulatorKey(identifier, PERSON_1.id, public, first.to_bytes(), NOW - 1_000_000, NOW + 1_000_000)

    @property
    def index(self) -> int:
        return len(self.events)

    def revoke(self, *handles: int) -> None:
        for handle in handles:
            self.values.append(divide(self.values[-1], self.alpha, handle, self.rng))
            event = RevocationEvent(self.key.accumulator_id, self.index + 1, handle, self.values[-1].to_bytes())
            self.events.append(event)

    def witness(self, handle: int = HANDLE, index: int | None = None) -> WitnessState:
        """A witness as the issuer makes it, of the value after ``index`` events."""
        at = self.index if index is None else index
        made = divide(self.values[at], self.alpha, handle, self.rng)
        return WitnessState(self.key.accumulator_id, at, made.to_bytes())

    def checkpoint(self, minute: int = MINUTE, index: int | None = None) -> AccumulatorCheckpoint:
        at = self.index if index is None else index
        return AccumulatorCheckpoint(self.name, self.key.accumulator_id, at, self.values[at].to_bytes(), minute)

    def logged(self, checkpoint: AccumulatorCheckpoint) -> CheckpointProof:
        """The checkpoint as one more entry of the ledger."""
        entry = self.ledger.add(checkpoint.leaf())
        return CheckpointProof(checkpoint, entry, tuple(self.ledger.tree.inclusion_proof(entry)), self.ledger.note())

    def staple(self, after: int = 0, minute: int = MINUTE, index: int | None = None) -> Staple:
        at = self.index if index is None else index
        delta = make_delta(self.key.accumulator_id, after, self.events[after:at], ADDRESS)
        return Staple(self.logged(self.checkpoint(minute, at)), delta)

    def stapled(self, after: int = 0, minute: int = MINUTE, index: int | None = None) -> Stapled:
        return self.verify(self.staple(after, minute, index))

    def verify(self, staple: Staple, *, now: int = NOW, max_age_s: int = 60, seen: Checkpoint | None = None) -> Stapled:
        vkey = self.ledger.signer.vkey
        return verify_staple(staple, self.name, self.key, vkey, now=now, max_age_s=max_age_s, seen=seen)
