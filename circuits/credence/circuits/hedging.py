"""Hedged randomness: nonces that stay secret where the generator is bad.

A nonce that is known, or drawn twice for two statements, gives away the secret it hides. So the bytes are a keyed function
of fresh randomness, of the secrets and of the statement: a generator that repeats itself leads to other nonces for another
statement, and one that is guessed is of no use without the secrets.
"""

from __future__ import annotations

from credence.circuits.encoding import Rng, u64le
from credence.circuits.hashing import Label, hmac_labelled

_BLOCK = 32


def hedged(rng: Rng, secrets: bytes, context: bytes) -> Rng:
    """A generator for one proof: ``PRF(rng(32), secrets, context, counter)``. Takes 32 bytes of ``rng`` at once, no more.

    ``secrets`` is all that the proof hides and ``context`` all that it states. For one thread.
    """
    seed = hmac_labelled(rng(_BLOCK), Label.HEDGE, secrets, context)
    blocks = 0

    def draw(count: int) -> bytes:
        nonlocal blocks
        drawn = b""
        while len(drawn) < count:
            blocks += 1
            drawn += hmac_labelled(seed, Label.HEDGE, u64le(blocks))
        return drawn[:count]

    return draw
