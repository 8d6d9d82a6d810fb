"""A venue's decision as it is shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from credence.circuits.encoding import b64u
from credence.service.cli.output import print_facts

if TYPE_CHECKING:
    from credence.sdk import Decision


def decision_json(decision: Decision) -> dict[str, Any]:
    """The decision in the form in which the service gives it."""
    return {
        "session_id": decision.session_id,
        "decision": decision.decision,
        "reason": decision.reason,
        "pseudonym": None if decision.pseudonym is None else b64u(decision.pseudonym),
        "predicates": list(decision.predicates),
        "disclosed": dict(decision.disclosed),
        "kyc_level": decision.kyc_level,
        "risk_tier": decision.risk_tier,
        "standing_tier": decision.standing_tier,
        "use": None if decision.use is None else asdict(decision.use),
        "escrow": None if decision.escrow is None else asdict(decision.escrow),
        "terms": None if decision.terms is None else dict(decision.terms),
        "receipt": dict(decision.receipt),
        "expires_at": decision.expires_at,
    }


def show_decision(decision: Decision) -> None:
    """Prints what was decided, and the heart of the terms."""
    facts = {"decision": decision.decision, "reason": decision.reason}
    if decision.predicates:
        facts["proven"] = ", ".join(decision.predicates)
    if decision.pseudonym is not None:
        facts["pseudonym"] = b64u(decision.pseudonym)
    if decision.use is not None:
        facts["counted"] = f"one use of {decision.use.name}"
    if decision.escrow is not None:
        facts["sealed to"] = f"{decision.escrow.trustees}, for {decision.escrow.purpose}"
    fees = decision.terms.get("fees") if decision.terms is not None else None
    if decision.terms is not None and isinstance(fees, Mapping):
        facts["maker / taker bps"] = f"{fees.get('maker_bps')} / {fees.get('taker_bps')}"
        facts["max leverage"] = str(decision.terms.get("max_leverage"))
    print_facts(facts)
