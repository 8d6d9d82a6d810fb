"""A decision as it goes over the wire: what was proven, the terms of it, and a receipt signed by the verifier."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Final, Literal

from credence.circuits.credential import DAY_SECONDS
from credence.circuits.encoding import b64u
from credence.circuits.fields import canonical_json, json_digest
from credence.circuits.hashing import Label, sha256_labelled
from credence.circuits.leaf import SALT_LENGTH, salted_leaf
from credence.circuits.policy import Policy
from credence.circuits.presentation import Accepted
from credence.circuits.receipt import Receipt, sign_receipt
from credence.circuits.wire import Presentation
from credence.service.keys import Purpose
from credence.service.verifier.desk import Desk
from credence.service.verifier.records import VerifierSession
from credence.service.verifier.tariff import Tariff
from credence.service.verifier.tariff.amounts import ZERO, parse_decimal
from credence.service.verifier.terms import Facts, Terms, terms_for

RECEIPT_LEAF: Final = "receipt"
"""The kind under which an accepted receipt's leaf is salted."""

_KINDS: Final = {1: "natural", 2: "legal", 3: "institution"}
_RECEIPT_ID_LENGTH: Final = 16
_NOTHING: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "pseudonym": None,
        "predicates": (),
        "disclosed": {},
        "kyc_level": None,
        "risk_tier": None,
        "standing_tier": None,
        "terms": None,
    }
)


@dataclass(frozen=True, slots=True)
class Sealed:
    """A decision with its receipt signed. ``answer`` is the JSON text that is answered, and kept as it is."""

    decision: Literal["accepted", "denied"]
    reason: str
    pseudonym: bytes | None
    answer: str
    leaf: bytes | None
    """What the log holds of an accepted receipt, 32 bytes; a denied one has no leaf."""


def denied(desk: Desk, row: VerifierSession, policy: Policy, presentation: Presentation, reason: str, *, now: int) -> Sealed:
    """The decision that says no, for ``not_accepted`` or ``policy_not_met``.

    A refused proof has shown nothing, so that nothing of it is repeated but its digest.
    """
    receipt = _receipt(desk, row, policy, json_digest(presentation.to_json()), now)
    receipt = replace(receipt, decision="denied", reason=reason)
    answer = _answer(desk, receipt, _NOTHING, expires_at=None)
    return Sealed("denied", reason, None, answer, None)


def accepted(desk: Desk, row: VerifierSession, proven: Accepted, tariff: Tariff, *, now: int) -> Sealed:
    """The decision that says yes. Its tiers are those that were proven; ``terms`` name the ones that were priced."""
    terms = terms_of(proven, row, tariff, now=now, lifetime=desk.services.settings.terms_seconds)
    written = terms.to_json()
    receipt = replace(
        _receipt(desk, row, proven.policy, proven.presentation_digest, now),
        pseudonym=proven.pseudonym,
        terms_digest=sha256_labelled(Label.TERMS, canonical_json(written)),
        tariff=f"{terms.tariff}/{terms.tariff_version}",
    )
    shown = {
        "pseudonym": None if proven.pseudonym is None else b64u(proven.pseudonym),
        "predicates": proven.predicates,
        "disclosed": {name: str(value) for name, value in proven.disclosed.items()},
        "kyc_level": proven.kyc_level,
        "risk_tier": proven.risk_tier,
        "standing_tier": None,
        "terms": written,
    }
    answer = _answer(desk, receipt, shown, expires_at=terms.expires_at)
    leaf = salted_leaf(RECEIPT_LEAF, receipt.salt, receipt.signed_bytes())
    return Sealed("accepted", "accepted", proven.pseudonym, answer, leaf)


def terms_of(proven: Accepted, row: VerifierSession, tariff: Tariff, *, now: int, lifetime: int) -> Terms:
    """The terms of what was proven, for ``lifetime`` seconds at most.

    Where the policy asks for a credential that has not expired, they end with it.
    """
    facts = Facts(
        kyc_level=proven.kyc_level,
        risk_tier=proven.risk_tier,
        standing_tier=None,
        kind=None if proven.kind is None else _KINDS[proven.kind],
        accredited=bool(proven.accredited),
        volume_30d_usd=ZERO if row.volume_30d_usd is None else parse_decimal(row.volume_30d_usd),
        maker_share=ZERO if row.maker_share is None else parse_decimal(row.maker_share),
    )
    end = now + lifetime
    if proven.policy.needs_unexpired():
        end = min(end, (proven.expires_on + 1) * DAY_SECONDS)
    return terms_for(tariff, facts, expires_at=end)


def _receipt(desk: Desk, row: VerifierSession, policy: Policy, presentation_digest: bytes, now: int) -> Receipt:
    rng = desk.services.rng
    return Receipt(
        receipt_id=b64u(rng(_RECEIPT_ID_LENGTH)),
        verifier=desk.services.settings.verifier_id,
        audience=row.venue,
        session_id=row.id,
        policy_hash=policy.digest,
        decision="accepted",
        reason="accepted",
        pseudonym=None,
        presentation_digest=presentation_digest,
        terms_digest=None,
        tariff=None,
        decided_at=now,
        salt=rng(SALT_LENGTH),
    )


def _answer(desk: Desk, receipt: Receipt, shown: Mapping[str, Any], *, expires_at: int | None) -> str:
    key = desk.services.keyring.signing_key(Purpose.RECEIPT)
    said = {"session_id": receipt.session_id, "decision": receipt.decision, "reason": receipt.reason}
    return json.dumps({**said, **shown, "receipt": sign_receipt(receipt, key), "expires_at": expires_at})
