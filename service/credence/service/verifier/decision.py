"""A decision as it goes over the wire: what was proven, the terms of it, and a receipt signed by the verifier."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Final, Literal

from credence.circuits.credential import DAY_SECONDS
from credence.circuits.encoding import b64u
from credence.circuits.fields import canonical_json, json_digest
from credence.circuits.leaf import SALT_LENGTH
from credence.circuits.policy import Policy
from credence.circuits.presentation import Accepted
from credence.circuits.receipt import Receipt, decision_digest, sign_receipt
from credence.circuits.wire import Presentation
from credence.service.keys import Purpose
from credence.service.runtime import OwnStanding, do_nothing
from credence.service.verifier.desk import Desk
from credence.service.verifier.persons import Person
from credence.service.verifier.records import VerifierSession
from credence.service.verifier.sessions import audience_of
from credence.service.verifier.tariff import Tariff
from credence.service.verifier.tariff.amounts import ZERO, parse_decimal
from credence.service.verifier.terms import Facts, terms_for

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
        "use": None,
        "escrow": None,
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
    kept: str | None = None
    """The presentation as JSON, for the trustees that a handle is sealed to."""
    facts: str | None = None
    """What it was priced by, as JSON."""
    tell: Callable[[], None] = do_nothing
    """Keeps that a fall of the standing was told. To be called once the decision is committed, and never before."""
    tells_fall: bool = False
    """Whether a raise of margin begins with it, because of a fall that no answer told of before."""


def denied(desk: Desk, row: VerifierSession, policy: Policy, presentation: Presentation, reason: str, *, now: int) -> Sealed:
    """The decision that says no, for ``not_accepted`` or ``policy_not_met``.

    A refused proof has shown nothing, so that nothing of it is repeated but its digest.
    """
    said = _said(row, "denied", reason, _NOTHING, expires_at=None)
    receipt = _receipt(desk, row, policy, json_digest(presentation.to_json()), said, now)
    receipt = replace(receipt, decision="denied", reason=reason)
    return Sealed("denied", reason, None, _answer(desk, said, receipt), None)


def accepted(
    desk: Desk,
    row: VerifierSession,
    proven: Accepted,
    presentation: Presentation,
    tariff: Tariff,
    person: Person,
    *,
    now: int,
) -> Sealed:
    """The decision that says yes. Its tiers are those that were proven; ``terms`` name the ones that were priced.

    Of a use it says which limit and epoch, never the tag, and of a sealed handle to whom and for what. Nothing is kept here.
    """
    own = None if proven.pseudonym is None else desk.services.standing(row.venue, proven.pseudonym)
    facts = facts_of(proven, row, person, own)
    end = min(now + desk.services.settings.terms_seconds, (proven.expires_on + 1) * DAY_SECONDS)
    terms = terms_for(tariff, facts, expires_at=end)
    written = {**terms.to_json(), "open_positions": terms.held(facts.positions, now)}
    shown = {
        "pseudonym": None if proven.pseudonym is None else b64u(proven.pseudonym),
        "predicates": proven.predicates,
        "disclosed": {name: str(value) for name, value in proven.disclosed.items()},
        "kyc_level": proven.kyc_level,
        "risk_tier": proven.risk_tier,
        "standing_tier": None if proven.standing_tier is None else f"R{proven.standing_tier}",
        "use": None if proven.use is None else {"name": proven.use.name, "epoch": proven.use.epoch},
        "escrow": _escrow(proven),
        "terms": written,
    }
    said = _said(row, "accepted", "accepted", shown, expires_at=terms.expires_at)
    receipt = replace(
        _receipt(desk, row, proven.policy, proven.presentation_digest, said, now),
        pseudonym=proven.pseudonym,
        tariff=f"{terms.tariff}/{terms.tariff_version}",
    )
    kept = None if proven.sealed is None else canonical_json(presentation.to_json()).decode()
    return Sealed(
        "accepted",
        "accepted",
        proven.pseudonym,
        _answer(desk, said, receipt),
        receipt.leaf(),
        kept,
        facts=canonical_json(facts.to_json()).decode(),
        tell=do_nothing if own is None else own.tell,
        tells_fall=own is not None and any(ramp.notice_at == own.fell_at for ramp in terms.ramps),
    )


def facts_of(proven: Accepted, row: VerifierSession, person: Person, own: OwnStanding | None = None) -> Facts:
    """What is priced: what was proven, what the venue stated of the person, and what its reports come to (``own``).

    A volume that the session names takes the place of the reported one.
    """
    reported = ZERO if own is None else own.volume_30d_usd
    return Facts(
        kyc_level=proven.kyc_level,
        risk_tier=proven.risk_tier,
        standing_tier=None if proven.standing_tier is None else f"R{proven.standing_tier}",
        kind=None if proven.kind is None else _KINDS[proven.kind],
        accredited=bool(proven.accredited),
        own_standing=None if own is None else own.tier,
        own_ceiling=None if own is None else own.ceiling,
        raises=() if own is None else own.raises,
        volume_30d_usd=reported if row.volume_30d_usd is None else parse_decimal(row.volume_30d_usd),
        maker_share=ZERO if row.maker_share is None else parse_decimal(row.maker_share),
        **person.facts(),
    )


def _escrow(proven: Accepted) -> dict[str, str] | None:
    sealed = proven.sealed
    return None if sealed is None else {"trustees": sealed.trustees, "purpose": sealed.purpose}


def _said(
    row: VerifierSession, decision: str, reason: str, shown: Mapping[str, Any], *, expires_at: int | None
) -> dict[str, Any]:
    """All of the answer but its receipt, which signs the digest of the rest."""
    return {"session_id": row.id, "decision": decision, "reason": reason, **shown, "expires_at": expires_at}


def _receipt(
    desk: Desk, row: VerifierSession, policy: Policy, presentation_digest: bytes, said: Mapping[str, Any], now: int
) -> Receipt:
    rng, verifier_id = desk.services.rng, desk.services.settings.verifier_id
    return Receipt(
        receipt_id=b64u(rng(_RECEIPT_ID_LENGTH)),
        verifier=verifier_id,
        audience=audience_of(verifier_id, row.venue),
        session_id=row.id,
        policy_hash=policy.digest,
        decision="accepted",
        reason="accepted",
        pseudonym=None,
        presentation_digest=presentation_digest,
        decision_digest=decision_digest(said),
        tariff=None,
        decided_at=now,
        salt=rng(SALT_LENGTH),
    )


def _answer(desk: Desk, said: Mapping[str, Any], receipt: Receipt) -> str:
    return json.dumps({**said, "receipt": sign_receipt(receipt, desk.services.keyring.signing_key(Purpose.RECEIPT))})
