"""Revocation as it is published: accumulators, their events, their checkpoints in the ledger, and a holder who follows.

Whoever revokes publishes (index, handle, value), in order. What a verifier hands to wallets is a :class:`Staple`: the newest
checkpoint with the proof that the ledger holds it, and the last day's events. A wallet believes no value that is not in the
ledger, because a value made for one person is a tracking device (proofs.md, section 3).
"""

from credence.circuits.revocation_log.following import Revoked, WitnessState, accept_witness, follow, wanted_pages
from credence.circuits.revocation_log.published import (
    MAX_INDEX,
    MAX_MINUTE,
    PAGE,
    AccumulatorCheckpoint,
    AccumulatorKey,
    RevocationEvent,
    accumulator_id,
    events_digest,
    read_page,
)
from credence.circuits.revocation_log.staple import (
    DELTA_SECONDS,
    MAX_DELTA,
    CheckpointProof,
    Delta,
    InLog,
    Staple,
    Stapled,
    check_age,
    delta_length,
    make_delta,
    verify_in_log,
    verify_staple,
)

__all__ = [
    "DELTA_SECONDS",
    "MAX_DELTA",
    "MAX_INDEX",
    "MAX_MINUTE",
    "PAGE",
    "AccumulatorCheckpoint",
    "AccumulatorKey",
    "CheckpointProof",
    "Delta",
    "InLog",
    "RevocationEvent",
    "Revoked",
    "Staple",
    "Stapled",
    "WitnessState",
    "accept_witness",
    "accumulator_id",
    "check_age",
    "delta_length",
    "events_digest",
    "follow",
    "make_delta",
    "read_page",
    "verify_in_log",
    "verify_staple",
    "wanted_pages",
]
