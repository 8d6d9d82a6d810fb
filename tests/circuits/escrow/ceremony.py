"""Trustees who make a key, one message after another, so that a test can change any of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from credence.circuits.curve import Curve
from credence.circuits.encoding import Rng, random_scalar
from credence.circuits.escrow.generation import (
    Polynomial,
    Transcript,
    TrusteeSet,
    conclude,
    deal,
    draw,
    judge_dealings,
    make_member,
    pledge,
)
from credence.circuits.escrow.messages import Dealing, Pledge, Roster, Signed, Verdict, signed


@dataclass
class Ceremony:
    """``threshold`` of ``count`` trustees; rounds are made when they are looked at, and may be set before that."""

    curve: Curve
    rng: Rng
    threshold: int = 2
    count: int = 3
    nonce: bytes = bytes(16)
    identities: list[Ed25519PrivateKey] = field(init=False)
    secrets: list[int] = field(init=False)
    roster: Roster = field(init=False)
    polynomials: list[Polynomial] = field(init=False)

    def __post_init__(self) -> None:
        numbers = range(1, self.count + 1)
        self.identities = [Ed25519PrivateKey.from_private_bytes(self.rng(32)) for _ in numbers]
        self.secrets = [random_scalar(self.rng) for _ in numbers]
        members = tuple(
            make_member(self.curve, f"trustee {number}", identity, secret, self.rng)
            for number, identity, secret in zip(numbers, self.identities, self.secrets, strict=True)
        )
        self.roster = Roster("trustees.example", self.threshold, members, self.nonce)
        self.polynomials = [draw(self.curve, self.roster, number, self.rng) for number in numbers]

    @cached_property
    def pledges(self) -> list[Pledge]:
        return [
            pledge(self.curve, self.roster, number, secret, identity)
            for number, (secret, identity) in enumerate(zip(self.polynomials, self.identities, strict=True), start=1)
        ]

    @cached_property
    def dealings(self) -> list[Dealing]:
        return [self.dealing(number) for number in range(1, self.count + 1)]

    def dealing(self, number: int, polynomial: Polynomial | None = None) -> Dealing:
        secret, identity = polynomial or self.polynomials[number - 1], self.identities[number - 1]
        return deal(self.curve, self.roster, number, secret, self.pledges, identity, self.rng)

    @cached_property
    def judged(self) -> list[tuple[Verdict, int | None]]:
        return [
            judge_dealings(self.curve, self.roster, number, secret, self.pledges, self.dealings, identity, self.rng)
            for number, (secret, identity) in enumerate(zip(self.secrets, self.identities, strict=True), start=1)
        ]

    @property
    def shares(self) -> list[int]:
        return [share for _, share in self.judged if share is not None]

    @cached_property
    def transcript(self) -> Transcript:
        verdicts = tuple(verdict for verdict, _ in self.judged)
        return Transcript(self.roster, tuple(self.pledges), tuple(self.dealings), verdicts)

    @cached_property
    def trustees(self) -> TrusteeSet:
        return conclude(self.curve, self.transcript, self.rng)

    def change(self, messages: list[Signed], number: int, change: Callable[[Signed], Signed]) -> None:
        """Another message of one trustee, signed by it."""
        messages[number - 1] = signed(change(messages[number - 1]), self.identities[number - 1])


def altered(message: Signed, **changes: object) -> Signed:
    return replace(message, **changes)  # type: ignore[arg-type]
