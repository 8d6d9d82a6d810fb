"""What the BBS tests judge: one issuer, one holder, a signature and a proof of each surface, the same on every run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache

from credence.circuits import curve as curves
from credence.circuits.bbs import blind, proof, pseudonym, signature, suite
from credence.circuits.curve import Curve
from credence.circuits.errors import CircuitError, Step
from tests.conftest import SeededBytes

HEADER = b"issued by issuer.example"
PRESENTATION_HEADER = b"for venue.example, once"
CONTEXT = b"venue.example"
MESSAGES = [b"first", b"second", b"", b"fourth", bytes(range(256))]
COMMITTED = [b"secret one", b"secret two"]
NYMS = (1234567, 7654321)
ENTROPY = 55555


@dataclass(frozen=True)
class Key:
    """An issuer's key pair."""

    secret: int
    public: bytes


def key(used: suite.Suite, name: str = "issuer") -> Key:
    """A key pair by name."""
    rng = SeededBytes(name)
    secret = signature.key_gen(used, rng(32))
    return Key(secret, signature.sk_to_pk(used.curve, secret, rng))


@dataclass(frozen=True)
class Shown:
    """A plain proof and all that its verifier is given; ``replace`` changes one thing."""

    interface: suite.Interface
    public_key: bytes
    proof: bytes
    header: bytes = HEADER
    presentation_header: bytes = PRESENTATION_HEADER
    messages: Sequence[bytes] = field(default_factory=lambda: [MESSAGES[1], MESSAGES[3]])
    indexes: Sequence[int] = (1, 3)

    def verify(self) -> None:
        """As the verifier does."""
        proof.proof_verify(
            self.interface,
            self.public_key,
            self.proof,
            self.header,
            self.presentation_header,
            self.messages,
            self.indexes,
        )

    def but(self, **changes: object) -> Shown:
        """The same with one thing changed."""
        return replace(self, **changes)  # type: ignore[arg-type]


@dataclass(frozen=True)
class ShownNym:
    """A proof with a pseudonym and all that its verifier is given."""

    interface: suite.Interface
    public_key: bytes
    proof: bytes
    pseudonym: bytes
    header: bytes = HEADER
    presentation_header: bytes = PRESENTATION_HEADER
    context_id: bytes = CONTEXT
    nym_count: int = len(NYMS)
    signer_count: int = len(MESSAGES)
    messages: Sequence[bytes] = field(default_factory=lambda: [MESSAGES[0]])
    committed: Sequence[bytes] = field(default_factory=lambda: [COMMITTED[1]])
    indexes: Sequence[int] = (0,)
    committed_indexes: Sequence[int] = (1,)

    def verify(self) -> None:
        """As the verifier does."""
        pseudonym.proof_verify_with_nym(
            self.interface,
            self.public_key,
            self.proof,
            self.header,
            self.presentation_header,
            self.pseudonym,
            self.context_id,
            self.nym_count,
            self.signer_count,
            self.messages,
            self.committed,
            self.indexes,
            self.committed_indexes,
        )

    def but(self, **changes: object) -> ShownNym:
        """The same with one thing changed."""
        return replace(self, **changes)  # type: ignore[arg-type]


@cache
def native_suite() -> suite.Suite:
    """The suite that most tests run on, with the tables a verifier has."""
    used = suite.sha256_suite(curves.load("native"))
    suite.core_interface(used).precompute(len(MESSAGES) + 1)
    return used


@cache
def shown(used: suite.Suite | None = None) -> Shown:
    """A valid proof that discloses two of five messages."""
    used = used or native_suite()
    interface, issuer, rng = suite.core_interface(used), key(used), SeededBytes("shown")
    signed = signature.sign(interface, issuer.secret, issuer.public, HEADER, MESSAGES, rng)
    made = proof.proof_gen(interface, issuer.public, signed, HEADER, PRESENTATION_HEADER, MESSAGES, (1, 3), rng)
    return Shown(interface, issuer.public, made)


@dataclass(frozen=True)
class Held:
    """A blind signature with its holder's secrets."""

    interface: suite.Interface
    issuer: Key
    signature: bytes
    blind: int
    nyms: tuple[int, ...] = ()


@cache
def held(used: suite.Suite | None = None) -> Held:
    """A blind signature over all messages."""
    used = used or native_suite()
    interface, issuer, rng = suite.blind_interface(used), key(used), SeededBytes("held")
    commitment, factor = blind.commit(interface, COMMITTED, rng)
    signed = blind.blind_sign(interface, issuer.secret, issuer.public, commitment, HEADER, MESSAGES, rng)
    return Held(interface, issuer, signed, factor)


@cache
def held_with_nym(used: suite.Suite | None = None) -> Held:
    """A blind signature over all messages and two nym secrets."""
    used = used or native_suite()
    interface, issuer, rng = suite.pseudonym_interface(used), key(used), SeededBytes("held with nym")
    commitment, factor = pseudonym.commit_with_nym(interface, COMMITTED, NYMS, rng)
    signed = pseudonym.blind_sign_with_nym(
        interface, issuer.secret, issuer.public, commitment, len(NYMS), ENTROPY, HEADER, MESSAGES, rng
    )
    nyms = pseudonym.verify_finalize_with_nym(
        interface, issuer.public, signed, HEADER, MESSAGES, COMMITTED, NYMS, ENTROPY, factor
    )
    return Held(interface, issuer, signed, factor, nyms)


def show_with_nym(context_id: bytes = CONTEXT, seed: str = "shown with nym", used: suite.Suite | None = None) -> ShownNym:
    """A valid proof with a pseudonym: one message and one committed message disclosed."""
    holder = held_with_nym(used)
    made, nym = pseudonym.proof_gen_with_nym(
        holder.interface,
        holder.issuer.public,
        holder.signature,
        HEADER,
        PRESENTATION_HEADER,
        context_id,
        holder.nyms,
        MESSAGES,
        COMMITTED,
        (0,),
        (1,),
        holder.blind,
        SeededBytes(seed),
    )
    return ShownNym(holder.interface, holder.issuer.public, made, nym, context_id=context_id)


def refusal(judge: Callable[[], object]) -> tuple[type[CircuitError], Step | None]:
    """How ``judge`` refuses: the class and the step. Fails where it does not."""
    try:
        judge()
    except CircuitError as error:
        return type(error), error.step
    raise AssertionError("accepted what must be refused")


def blocks(data: bytes, size: int = 16) -> set[bytes]:
    """All runs of ``size`` bytes, at every offset."""
    return {data[at : at + size] for at in range(len(data) - size + 1)}


def engines() -> list[Curve]:
    """Both."""
    return [curves.load("native"), curves.load("reference")]
