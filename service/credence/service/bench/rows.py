"""The statements that are measured. Each is made once, as a warm service and a wallet have it, and then only repeated.

Maker and checker have an interface each, so that the checker's fixed-base tables never help the maker.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from credence.circuits.bbs.blind import blind_sign, commit, verify_blind_sign
from credence.circuits.bbs.proof import proof_gen, proof_verify
from credence.circuits.bbs.signature import key_gen, sign, sk_to_pk, verify
from credence.circuits.bbs.suite import Interface, Suite, blind_interface, core_interface
from credence.service.bench.stopwatch import Action

HEADER: Final = b"a signed header"
PRESENTATION_HEADER: Final = b"a presentation header"
DISCLOSED: Final = (0, 3, 7)


@dataclass(frozen=True)
class Row:
    """A statement: its size in bytes, what makes it and what checks it.

    A composite presentation has a second, compact encoding. ``verify`` checks ``each`` of them at once, and its time is
    divided by that.
    """

    name: str
    what: str
    bytes: int
    prove: Action
    verify: Action
    bytes_compact: int | None = None
    verify_compact: Action | None = None
    each: int = 1


@dataclass(frozen=True)
class Shown:
    """A proof and what its verifier is given."""

    public_key: bytes
    proof: bytes
    disclosed: tuple[bytes, ...]
    make: Action

    def check(self, interface: Interface) -> None:
        """Verifies the proof under ``interface``; raises if it does not."""
        proof_verify(interface, self.public_key, self.proof, HEADER, PRESENTATION_HEADER, self.disclosed, DISCLOSED)


def separate(shared: Interface) -> Interface:
    """An interface with generators of its own."""
    return Interface(shared.suite, shared.api_id)


def messages(count: int) -> list[bytes]:
    """``count`` messages of 32 bytes."""
    return [f"message {number}".encode().ljust(32) for number in range(count)]


def shown(suite: Suite, count: int) -> Shown:
    """A signature over ``count`` messages and a proof that discloses three of them."""
    interface = separate(core_interface(suite))
    secret_key = key_gen(suite, os.urandom(32))
    public_key = sk_to_pk(suite.curve, secret_key, os.urandom)
    signed = messages(count)
    signature = sign(interface, secret_key, public_key, HEADER, signed, os.urandom)

    def make() -> bytes:
        return proof_gen(interface, public_key, signature, HEADER, PRESENTATION_HEADER, signed, DISCLOSED, os.urandom)

    return Shown(public_key, make(), tuple(signed[index] for index in DISCLOSED), make)


def proof_row(suite: Suite, count: int) -> Row:
    """``bbs10``, ``bbs30``: the verifier's key and generators are cached and tabulated, as a service's are."""
    case = shown(suite, count)
    verifier = separate(core_interface(suite))
    verifier.precompute(count + 1)
    return Row(f"bbs{count}", f"{count} messages, 3 disclosed", len(case.proof), case.make, lambda: case.check(verifier))


def signature_row(suite: Suite, count: int) -> Row:
    """``sign10``: prove is the issuer's signing, verify the holder's check; neither has tables."""
    interface = separate(core_interface(suite))
    secret_key = key_gen(suite, os.urandom(32))
    public_key = sk_to_pk(suite.curve, secret_key, os.urandom)
    signed = messages(count)

    def make() -> bytes:
        return sign(interface, secret_key, public_key, HEADER, signed, os.urandom)

    signature = make()
    return Row(
        name=f"sign{count}",
        what=f"a signature over {count} messages: the issuer signs, the holder checks",
        bytes=len(signature),
        prove=make,
        verify=lambda: verify(interface, public_key, signature, HEADER, signed),
    )


def blind_row(suite: Suite, count: int, committed: int) -> Row:
    """``blind_issue``: prove is the holder's part (commit, check what came back), verify the issuer's (check, sign)."""
    holder, issuer = separate(blind_interface(suite)), separate(blind_interface(suite))
    secret_key = key_gen(suite, os.urandom(32))
    public_key = sk_to_pk(suite.curve, secret_key, os.urandom)
    own, theirs = messages(committed), messages(count)
    commitment, blind = commit(holder, own, os.urandom)
    issuer.precompute(0, committed + 1)

    def issue() -> bytes:
        return blind_sign(issuer, secret_key, public_key, commitment, HEADER, theirs, os.urandom)

    signature = issue()

    def hold() -> None:
        commit(holder, own, os.urandom)
        verify_blind_sign(holder, public_key, signature, HEADER, theirs, own, blind)

    return Row(
        name="blind_issue",
        what=f"{count} messages and {committed} committed: the holder commits and checks, the issuer checks and signs",
        bytes=len(commitment) + len(signature),
        prove=hold,
        verify=issue,
    )


ROWS: Final[dict[str, Callable[[Suite], Row]]] = {
    "bbs10": lambda suite: proof_row(suite, 10),
    "bbs30": lambda suite: proof_row(suite, 30),
    "sign10": lambda suite: signature_row(suite, 10),
    "blind_issue": lambda suite: blind_row(suite, 10, 3),
}
"""Every statement by name, in the order of the report."""
