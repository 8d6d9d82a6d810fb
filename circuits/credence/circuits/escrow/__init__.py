"""A sealed handle, and the trustees who open it: enough of them together, in public, and nobody else.

``sealing`` is what a wallet does, ``messages`` and ``generation`` are how the trustees come to a key that none of them has,
``opening`` is how they open, ``locking`` how one of them tells something to one reader, ``equality`` the two proofs that
both need.
"""

from __future__ import annotations

from credence.circuits.escrow.sealing import Sealing, decode_escrow_key, escrow_names, handle_base, seal, sealed

__all__ = ["Sealing", "decode_escrow_key", "escrow_names", "handle_base", "seal", "sealed"]
