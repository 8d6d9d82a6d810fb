"""Wallets that can be linked: each differs from ours in one thing, and the classifier has to find it.

A wallet is a context in which presentations are made, so that nothing but that one thing is replaced.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Final
from unittest.mock import patch

from credence.circuits.composite import proving
from credence.circuits.curve import ORDER, Curve
from credence.circuits.encoding import Rng, encode_scalar
from credence.circuits.hashing import Label, expand_message_xmd, hash_to_g1
from credence.circuits.ratelimit import Limit
from credence.circuits.revocation import RandomisedWitness, randomise_witness
from credence.circuits.sigma import proof
from credence.circuits.sigma.statement import Statement, Witness
from tests.circuits.unlinkability.holders import Seen
from tests.conftest import SeededBytes

Wallet = Callable[[], AbstractContextManager[object]]


@contextmanager
def honest() -> Iterator[None]:
    """Ours."""
    yield


def fixed_blinding() -> AbstractContextManager[object]:
    """A' has one blinding for a holder, whatever the session."""

    def randomised(curve: Curve, slot: str, value: Any, witness: Any, handle: int, _: Rng) -> RandomisedWitness:
        return randomise_witness(curve, slot, value, witness, handle, SeededBytes(f"blinding of {handle}"))

    return patch.object(proving, "randomise_witness", randomised)


def no_blinding() -> AbstractContextManager[object]:
    """A' is the witness itself."""

    def shown(curve: Curve, slot: str, value: Any, witness: Any, handle: int, _: Rng) -> RandomisedWitness:
        return randomise_witness(curve, slot, value, witness, handle, lambda count: (1).to_bytes(count, "big"))

    return patch.object(proving, "randomise_witness", shown)


def one_nonce() -> AbstractContextManager[object]:
    """The proof's nonces are drawn once for a holder: blindings are fresh, no byte repeats itself, two answers tell all."""

    def drawn(statement: Statement, witness: Witness, _tag: bytes, _rng: Rng) -> list[int]:
        secrets = b"".join(encode_scalar(value) for value in witness.scalars[3:16])
        rng = SeededBytes(f"nonces of {secrets.hex()}")
        return [int.from_bytes(rng(48), "big") % ORDER for _ in range(proof.nonce_count(statement))]

    return patch.object(proof, "hedged_nonces", drawn)


def short_nonces() -> AbstractContextManager[object]:
    """Nonces of 240 bits instead of 255: whoever knows a handle sees that its nonce is short."""
    drawn = proof.hedged_nonces

    def shortened(statement: Statement, witness: Witness, tag: bytes, rng: Rng) -> list[int]:
        return [nonce >> 15 for nonce in drawn(statement, witness, tag, rng)]

    return patch.object(proof, "hedged_nonces", shortened)


def one_tag() -> AbstractContextManager[object]:
    """The base of a tag forgets venue and hour."""

    def base(limit: Limit, curve: Curve) -> Any:
        return hash_to_g1(curve, expand_message_xmd, limit.name.encode(), Label.USE_TAG.value)

    return patch.object(Limit, "base", base)


WALLETS: Final[dict[str, Wallet]] = {
    each.__name__: each for each in (honest, fixed_blinding, no_blinding, one_nonce, short_nonces, one_tag)
}


def sized(seen: Seen, holder: int) -> Seen:
    """As of a wallet whose messages have one of sixteen lengths, always the same for a holder."""
    return dataclasses.replace(seen, form=seen.form + b" " * (holder % 16))


def timed(seen: Seen, holder: int) -> Seen:
    """As of a wallet whose work takes a time of the holder's own, from one holder to the next twice as long."""
    first, *others = seen.times
    return dataclasses.replace(seen, times=(first * 2 ** (holder % 16), *others))


def changed(seen: Sequence[Seen], holders: Sequence[int], change: Callable[[Seen, int], Seen]) -> list[Seen]:
    """Each as its holder's wallet would have sent it."""
    return [change(each, holder) for each, holder in zip(seen, holders, strict=True)]
