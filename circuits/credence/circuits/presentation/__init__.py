"""A request becomes one proof, and a proof becomes an accepted fact, or nothing.

``statement`` is what both sides make of a request, ``showing`` the wallet's side, ``judging`` the verifier's. Steps are
numbered as in docs/protocol.md.
"""

from __future__ import annotations

from credence.circuits.presentation.accepted import NOT_ACCEPTED, POLICY_NOT_MET, Accepted
from credence.circuits.presentation.judging import (
    FindAccumulator,
    Unchecked,
    check_presentations,
    read_presentation,
    verify_presentation,
)
from credence.circuits.presentation.showing import can_satisfy, present, show
from credence.circuits.presentation.statement import AccumulatorView

__all__ = [
    "NOT_ACCEPTED",
    "POLICY_NOT_MET",
    "Accepted",
    "AccumulatorView",
    "FindAccumulator",
    "Unchecked",
    "can_satisfy",
    "check_presentations",
    "present",
    "read_presentation",
    "show",
    "verify_presentation",
]
