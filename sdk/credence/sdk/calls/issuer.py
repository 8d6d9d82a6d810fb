"""``/v1/issuer``: evidence becomes a case, a case an offer, an offer a credential."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal, get_args

from credence.circuits.encoding import b64u
from credence.circuits.errors import Malformed
from credence.circuits.fields import Fields
from credence.circuits.revocation_log import CheckpointProof, RevocationEvent, Staple, read_page
from credence.circuits.wire import IssuedCredential, IssuerDocument, Offer
from credence.sdk.calls import Call, about, answer, segment
from credence.sdk.messages import Auth, Request

CaseState = Literal["approved", "review", "declined", "issued"]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a person shows an issuer. ``token`` holds personal data: it is sent, never stored or printed."""

    token: str = field(repr=False)
    type: str = "vendor-jws"

    def to_json(self) -> dict[str, str]:
        """The form that is sent."""
        return {"type": self.type, "token": self.token}


@dataclass(frozen=True, slots=True)
class Challenge:
    """What a holder's wallet signs when it shows evidence: the nonce, for the audience, before ``expires_at``."""

    nonce: str
    audience: str
    expires_at: int


@dataclass(frozen=True, slots=True)
class ScreeningList:
    """A sanctions list as it was when it was searched."""

    name: str
    version: str
    digest: str


@dataclass(frozen=True, slots=True)
class Match:
    """One entry of a list that resembled the applicant. ``score`` is 0 to 100, of the names; ``band`` is review or hit."""

    list: str
    entry_id: str
    score: Decimal
    band: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RiskFactor:
    """A factor of risk, the value it had, and what that did: points, or ``enhanced`` or ``refused`` by itself."""

    factor: str
    value: str
    effect: str


@dataclass(frozen=True, slots=True)
class KeptRecord:
    """Who keeps the documents, under which number, for how many years after the relationship."""

    keeper: str
    reference: str
    years: int


@dataclass(frozen=True, slots=True)
class Case:
    """One application. ``matcher`` is the version of the rules by which the lists were searched. ``offer`` is given once,
    when the case is approved; ``kyc_level`` 0 to 3.

    ``factors`` explain the risk tier by the table of the version ``diligence``. ``monitoring`` is how closely the person is
    watched, ``review_by`` when the case is looked at again (unix seconds); ``mode`` is the issuer's, ``open`` or
    ``obliged``. None is what the service did not say.
    """

    case_id: str
    state: CaseState
    reasons: tuple[str, ...]
    matcher: str
    lists: tuple[ScreeningList, ...]
    matches: tuple[Match, ...]
    kyc_level: int | None
    risk_tier: str | None
    offer: Offer | None = field(repr=False)
    factors: tuple[RiskFactor, ...] = ()
    monitoring: str | None = None
    review_by: int | None = None
    mode: str | None = None
    diligence: str | None = None
    record: KeptRecord | None = None


@dataclass(frozen=True, slots=True)
class Attestation:
    """The logged record that a credential was issued. ``entry_index`` is None until the log has taken it."""

    attestation_id: str
    leaf: bytes
    entry_index: int | None
    issued_epoch: int


@dataclass(frozen=True, slots=True)
class Revocation:
    """That a credential was revoked for good, as event ``index`` of an accumulator. Times are unix seconds."""

    attestation_id: str
    accumulator_id: str
    index: int
    revoked_at: int


def document() -> Call[IssuerDocument]:
    """What the issuer publishes of itself."""
    return Call(Request("GET", "/v1/issuer/document"), answer(IssuerDocument.parse))


def challenge(auth: Auth) -> Call[Challenge]:
    """A nonce for a holder to sign."""
    return Call(Request("POST", "/v1/issuer/challenges", auth=auth), answer(_challenge))


def submit(evidence: Evidence, auth: Auth) -> Call[Case]:
    """Open a case, or find the one that the same evidence opened before."""
    body = {"evidence": evidence.to_json()}
    return Call(Request("POST", "/v1/issuer/cases", body=body, auth=auth), answer(case_of))


def case(case_id: str, auth: Auth) -> Call[Case]:
    """A case; an offer is not repeated."""
    return Call(
        Request("GET", f"/v1/issuer/cases/{segment(case_id)}", auth=auth), answer(about("case_id", case_id, case_of))
    )


def decide(case_id: str, decision: Literal["approve", "decline"], reason: str, auth: Auth) -> Call[Case]:
    """Decide a case that is in review."""
    path = f"/v1/issuer/cases/{segment(case_id)}/decision"
    body = {"decision": decision, "reason": reason}
    return Call(Request("POST", path, body=body, auth=auth), answer(about("case_id", case_id, case_of)))


def claim(offer: Offer, commitment: bytes, evidence: Evidence) -> Call[IssuedCredential]:
    """Ask for the signature that an offer promises. The same request again brings the same answer."""
    body = {"offer_secret": offer.secret, "commitment": b64u(commitment), "evidence": evidence.to_json()}
    path = f"/v1/issuer/cases/{segment(offer.case_id)}/credential"
    return Call(Request("POST", path, body=body), answer(IssuedCredential.parse))


def attestation(attestation_id: str) -> Call[Attestation]:
    """The public record of an attestation."""
    path = f"/v1/issuer/attestations/{segment(attestation_id)}"
    return Call(Request("GET", path), answer(about("attestation_id", attestation_id, _attestation)))


def revoke(reason: str, auth: Auth, *, attestation_id: str | None = None, case_id: str | None = None) -> Call[Revocation]:
    """Revoke a credential, by its attestation or by its case, one of the two. There is no way back."""
    named = {"attestation_id": attestation_id, "case_id": case_id}
    body = {"reason": reason, **{name: value for name, value in named.items() if value is not None}}
    return Call(Request("POST", "/v1/issuer/revocations", body=body, auth=auth), answer(_revocation))


def staple(accumulator_id: str) -> Call[Staple]:
    """The newest staple of an accumulator; nothing in it is believed yet."""
    return Call(Request("GET", f"/v1/issuer/accumulators/{segment(accumulator_id)}"), answer(Staple.parse))


def events(accumulator_id: str, after: int, count: int) -> Call[tuple[RevocationEvent, ...]]:
    """A page of events, as ``wanted_pages`` names them: exactly ``count`` after index ``after``."""
    path = f"/v1/issuer/accumulators/{segment(accumulator_id)}/events"
    query = {"after": str(after), "count": str(count)}
    return Call(Request("GET", path, query=query), answer(lambda members: read_page(members, accumulator_id, after, count)))


def checkpoint(accumulator_id: str, index: int, minute: int) -> Call[CheckpointProof]:
    """A checkpoint of an accumulator; nothing in it is believed yet."""
    path = f"/v1/issuer/accumulators/{segment(accumulator_id)}/checkpoints/{index}/{minute}"
    return Call(Request("GET", path), answer(CheckpointProof.parse))


def _revocation(members: Mapping[str, Any]) -> Revocation:
    fields = Fields(members, "revocation")
    return Revocation(
        attestation_id=fields.text("attestation_id", max_length=128),
        accumulator_id=fields.text("accumulator_id", max_length=128),
        index=fields.integer("index", minimum=1),
        revoked_at=fields.integer("revoked_at"),
    )


def _challenge(members: Mapping[str, Any]) -> Challenge:
    fields = Fields(members, "challenge")
    return Challenge(
        nonce=fields.text("nonce", max_length=64),
        audience=fields.text("audience", max_length=512),
        expires_at=fields.integer("expires_at"),
    )


def case_of(members: Mapping[str, Any]) -> Case:
    """A case as the service says it. Raises :class:`Malformed`."""
    fields = Fields(members, "case")
    matcher = ""
    lists: tuple[ScreeningList, ...] = ()
    matches: tuple[Match, ...] = ()
    if fields.has("screening"):
        screening = fields.nested("screening")
        matcher = screening.text("matcher", max_length=64)
        lists = screening.items("lists", _list)
        matches = screening.items("matches", _match)
    state: CaseState = fields.choice("state", *get_args(CaseState))  # type: ignore[assignment]
    return Case(
        case_id=fields.text("case_id", max_length=128),
        state=state,
        reasons=fields.texts("reasons"),
        matcher=matcher,
        lists=lists,
        matches=matches,
        kyc_level=fields.integer("kyc_level", maximum=3) if fields.has("kyc_level") else None,
        risk_tier=fields.choice("risk_tier", "low", "standard", "enhanced") if fields.has("risk_tier") else None,
        offer=Offer.parse(fields.raw_object("offer")) if fields.has("offer") else None,
        factors=fields.items("factors", _factor, maximum=64) if fields.has("factors") else (),
        monitoring=fields.choice("monitoring", "light", "regular", "close") if fields.has("monitoring") else None,
        review_by=fields.integer("review_by") if fields.has("review_by") else None,
        mode=fields.choice("mode", "open", "obliged") if fields.has("mode") else None,
        diligence=fields.text("diligence", max_length=32) if fields.has("diligence") else None,
        record=_record(fields.raw_object("record")) if fields.has("record") else None,
    )


def _factor(value: object) -> RiskFactor:
    fields = Fields(value, "factor")
    return RiskFactor(*(fields.text(name, max_length=64) for name in ("factor", "value", "effect")))


def _record(value: object) -> KeptRecord:
    fields = Fields(value, "record")
    return KeptRecord(
        fields.text("keeper", max_length=64), fields.text("reference", max_length=128), fields.integer("years")
    )


def _list(value: object) -> ScreeningList:
    fields = Fields(value, "list")
    return ScreeningList(fields.text("name"), fields.text("version"), fields.text("digest"))


def _match(value: object) -> Match:
    fields = Fields(value, "match")
    place = fields.text("list"), fields.text("entry_id"), _score(value)
    return Match(*place, band=fields.choice("band", "review", "hit"), reasons=fields.texts("reasons"))


def _score(value: object) -> Decimal:
    score = value.get("score") if isinstance(value, Mapping) else None
    if isinstance(score, bool) or not isinstance(score, (int, float, str)) or len(str(score)) > 32:
        raise Malformed("a score is a number")
    try:
        number = Decimal(str(score))
    except ArithmeticError as error:
        raise Malformed("a score is a number") from error
    if not number.is_finite():
        raise Malformed("a score is a number")
    return number


def _attestation(members: Mapping[str, Any]) -> Attestation:
    fields = Fields(members, "attestation")
    return Attestation(
        attestation_id=fields.text("attestation_id", max_length=128),
        leaf=fields.binary("leaf", length=32),
        entry_index=fields.integer("entry_index") if fields.has("entry_index") else None,
        issued_epoch=fields.integer("issued_epoch"),
    )
