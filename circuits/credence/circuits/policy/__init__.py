"""What a verifier asks: a JSON document, read strictly, refused at load where it cannot mean what it says."""

from __future__ import annotations

from credence.circuits.policy.confining import confined
from credence.circuits.policy.demand import Demand, SlotDemand, resolve
from credence.circuits.policy.explaining import explain
from credence.circuits.policy.language import CredentialAsk, EscrowAsk, LimitAsk, Policy, PolicyError
from credence.circuits.policy.predicates import (
    MILLI,
    RISK_TIERS,
    TOLD,
    Comparison,
    Expiry,
    Membership,
    Posterior,
    Predicate,
    Threshold,
    WeightedSum,
)
from credence.circuits.policy.reading import load_policy

__all__ = [
    "MILLI",
    "RISK_TIERS",
    "TOLD",
    "Comparison",
    "CredentialAsk",
    "Demand",
    "EscrowAsk",
    "Expiry",
    "LimitAsk",
    "Membership",
    "Policy",
    "PolicyError",
    "Posterior",
    "Predicate",
    "SlotDemand",
    "Threshold",
    "WeightedSum",
    "confined",
    "explain",
    "load_policy",
    "resolve",
]
