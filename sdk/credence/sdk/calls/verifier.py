"""``/v1/verifier``: a policy becomes a session, a session a request, a presentation a decision."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final, Literal, get_args

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from credence.circuits.encoding import b64u
from credence.circuits.errors import CircuitError, Malformed, Refused, Step
from credence.circuits.fields import Fields, Json
from credence.circuits.receipt import Receipt, open_receipt
from credence.circuits.verifier_rules import VerifierRules
from credence.circuits.wire import Presentation, PresentationRequest
from credence.sdk.calls import Call, about, answer, segment
from credence.sdk.errors import ReceiptInvalid, Unsendable
from credence.sdk.messages import Auth, Request

SessionState = Literal["open", "accepted", "denied", "expired"]

_MAX_KEYS: Final = 256
"""Receipt keys of a document that are looked at."""


@dataclass(frozen=True, slots=True)
class ReceiptKey:
    """An Ed25519 key (32 bytes) that signed nothing after ``not_after`` (unix seconds; None while it lives)."""

    public_key: bytes
    not_after: int | None = None


@dataclass(frozen=True, slots=True)
class VerifierDocument:
    """What a verifier publishes: the keys that sign its receipts, by key id, retired ones too, its log's key, and its rules.

    ``rules`` are None in documents of before, and where nothing was published yet.
    """

    verifier: str
    receipt_keys: Mapping[str, ReceiptKey]
    log_vkey: str
    rules: VerifierRules | None = None

    @classmethod
    def parse(cls, value: object) -> VerifierDocument:
        """Read a document. Raises :class:`~credence.circuits.errors.Malformed`."""
        fields = Fields(value, "verifier document")
        fields.choice("type", "credence/verifier-document/1", "credence/verifier-document/2")
        keys = fields.items("receipt_keys", _receipt_key, minimum=1, maximum=_MAX_KEYS)
        document = cls(
            verifier=fields.text("verifier", max_length=128),
            receipt_keys=MappingProxyType(dict(keys)),
            log_vkey=fields.text("log_vkey", max_length=512),
            rules=VerifierRules.parse(fields.raw_object("rules")) if fields.has("rules") else None,
        )
        rules = document.rules
        if rules is not None and (rules.verifier, rules.log_vkey) != (document.verifier, document.log_vkey):
            raise Malformed("the rules are another verifier's, or name another log")
        if len(document.receipt_keys) != len(keys):
            raise Malformed("a key id stands twice")
        return document

    def open(self, signed: object) -> Receipt:
        """The receipt inside a signed one, by this verifier and under one of its keys. Raises :class:`ReceiptInvalid`.

        A receipt of a later time than its retired key is refused. Who has stolen that key can still write an earlier one:
        of an accepted receipt it is the log that shows when it came (:meth:`~credence.sdk.auditor.Auditor.receipt`).
        """
        refusal: CircuitError | None = None
        for key in self.receipt_keys.values():
            try:
                receipt = open_receipt(signed, Ed25519PublicKey.from_public_bytes(key.public_key))
            except Refused as error:
                refusal = error
            except CircuitError as error:
                raise ReceiptInvalid("The receipt cannot be read.") from error
            else:
                if receipt.verifier != self.verifier:
                    raise ReceiptInvalid("The receipt is by another verifier.")
                if key.not_after is not None and receipt.decided_at > key.not_after:
                    raise ReceiptInvalid("The receipt is later than its key was in use.")
                return receipt
        raise ReceiptInvalid from refusal


@dataclass(frozen=True, slots=True)
class RegisteredPolicy:
    """A policy as the service keeps it: hash (32 bytes) and plain words."""

    name: str
    version: int
    policy_hash: bytes
    explanation: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CountedUse:
    """One use of a policy's rate limit: the limit's name, and the number of the hour or day that it counts in."""

    name: str
    epoch: int


@dataclass(frozen=True, slots=True)
class EscrowedTo:
    """That the subject's handle is sealed: to which trustees, and for what."""

    trustees: str
    purpose: str


@dataclass(frozen=True, slots=True)
class Decision:
    """What the service decided. ``receipt`` is the signed receipt, ``terms`` hold decimal strings, None where denied.

    ``reason`` is ``accepted``, ``not_accepted`` or ``policy_not_met``; ``pseudonym`` has 48 bytes; ``disclosed`` is by
    ``slot.attribute``; ``use`` and ``escrow`` are there where the policy asked for them; ``expires_at`` is in unix seconds.
    ``answer`` is all of it as the service wrote it, over which the receipt's digest is taken.
    """

    session_id: str
    decision: Literal["accepted", "denied"]
    reason: str
    pseudonym: bytes | None = field(repr=False)
    predicates: tuple[str, ...]
    disclosed: Json = field(repr=False)
    kyc_level: int | None
    risk_tier: str | None
    standing_tier: str | None
    use: CountedUse | None
    escrow: EscrowedTo | None
    terms: Json | None
    receipt: Json = field(repr=False)
    expires_at: int | None
    answer: Json = field(repr=False)

    @property
    def accepted(self) -> bool:
        """Whether the presentation was accepted."""
        return self.decision == "accepted"


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A session that waits for a wallet until ``expires_at`` (unix seconds)."""

    session_id: str
    request: PresentationRequest
    expires_at: int


@dataclass(frozen=True, slots=True)
class Session:
    """A session as its venue sees it."""

    session_id: str
    state: SessionState
    attempts_left: int
    result: Decision | None


def document() -> Call[VerifierDocument]:
    """What the verifier publishes of itself."""
    return Call(Request("GET", "/v1/verifier/document"), answer(VerifierDocument.parse))


def rules_edition(digest: bytes) -> Call[VerifierRules]:
    """The edition of the verifier's rules that has this digest (32 bytes), of before among others."""
    path = f"/v1/verifier/document/editions/{segment(b64u(digest))}"

    def read(value: object) -> VerifierRules:
        fields = Fields(value, "published edition")
        fields.choice("type", "credence/published-edition/1")
        rules = VerifierRules.parse(fields.raw_object("rules"))
        if rules.digest() != digest:
            raise Malformed("the answer is another edition", Step.SHAPE)
        return rules

    return Call(Request("GET", path), answer(read))


def published_policies(edition: bytes, after: bytes) -> Call[tuple[bytes, ...]]:
    """A page of the marks in an edition of the verifier's rules, those above ``after`` (empty for the first page)."""
    query = {"edition": b64u(edition), **({"after": b64u(after)} if after else {})}
    return Call(Request("GET", "/v1/verifier/document/policies", query=query), answer(_marks))


def register_policy(policy: Json, name: str, auth: Auth) -> Call[RegisteredPolicy]:
    """Register a version of a policy."""
    path = f"/v1/verifier/policies/{segment(name)}"
    return Call(Request("PUT", path, body=policy, auth=auth), answer(about("name", name, _policy)))


def policy(name: str, auth: Auth) -> Call[RegisteredPolicy]:
    """The newest version of one's own policy."""
    path = f"/v1/verifier/policies/{segment(name)}"
    return Call(Request("GET", path, auth=auth), answer(about("name", name, _policy)))


def open_session(
    name: str,
    auth: Auth,
    *,
    volume_30d_usd: Decimal | None,
    maker_share: Decimal | None,
    channel: bytes,
    message: bytes,
    stated: Json = MappingProxyType({}),
) -> Call[OpenSession]:
    """Ask for a presentation under the newest version of a policy; ``stated`` are members of an :class:`Exposure`."""
    body: dict[str, Any] = {"policy": name, **stated}
    for key, amount in (("volume_30d_usd", volume_30d_usd), ("maker_share", maker_share)):
        if amount is not None:
            body[key] = _plain(amount)
    for key, data in (("channel", channel), ("message", message)):
        if data:
            body[key] = b64u(data)
    return Call(Request("POST", "/v1/verifier/sessions", body=body, auth=auth), answer(_open_session))


def session(session_id: str, auth: Auth) -> Call[Session]:
    """The state of one's own session."""
    path = f"/v1/verifier/sessions/{segment(session_id)}"
    return Call(Request("GET", path, auth=auth), answer(about("session_id", session_id, _session)))


def request(session_id: str) -> Call[PresentationRequest]:
    """What a session asks of a wallet."""
    path = f"/v1/verifier/sessions/{segment(session_id)}/request"
    return Call(Request("GET", path), answer(about("session_id", session_id, PresentationRequest.parse)))


def present(presentation: Presentation) -> Call[Decision]:
    """Answer a session."""
    session_id = presentation.session_id
    path = f"/v1/verifier/sessions/{segment(session_id)}/presentation"
    return Call(Request("POST", path, body=presentation.to_json()), answer(about("session_id", session_id, read_decision)))


def _receipt_key(value: object) -> tuple[str, ReceiptKey]:
    fields = Fields(value, "receipt key")
    not_after = fields.integer("not_after") if fields.has("not_after") else None
    return fields.text("key_id", max_length=128), ReceiptKey(fields.binary("public_key", length=32), not_after)


def _marks(value: object) -> tuple[bytes, ...]:
    fields = Fields(value, "published policies")
    fields.choice("type", "credence/published-policies/1")
    return fields.items("marks", lambda mark: Fields({"mark": mark}, "mark").binary("mark", length=32), maximum=1_000)


def _plain(amount: Decimal) -> str:
    if not amount.is_finite():
        raise Unsendable("An amount is a finite number.")
    return format(amount, "f")


def _policy(members: Mapping[str, Any]) -> RegisteredPolicy:
    fields = Fields(members, "policy")
    return RegisteredPolicy(
        name=fields.text("name", max_length=64),
        version=fields.integer("version", minimum=1),
        policy_hash=fields.binary("policy_hash", length=32),
        explanation=fields.items("explanation", lambda line: Fields({"line": line}, "explanation").text("line")),
    )


def _open_session(members: Mapping[str, Any]) -> OpenSession:
    fields = Fields(members, "session")
    opened = OpenSession(
        session_id=fields.text("session_id", max_length=128),
        request=PresentationRequest.parse(fields.raw_object("request")),
        expires_at=fields.integer("expires_at"),
    )
    if opened.request.session_id != opened.session_id:
        raise Malformed("the request is for another session")
    return opened


def _session(members: Mapping[str, Any]) -> Session:
    fields = Fields(members, "session")
    state: SessionState = fields.choice("state", *get_args(SessionState))  # type: ignore[assignment]
    session = Session(
        session_id=fields.text("session_id", max_length=128),
        state=state,
        attempts_left=fields.integer("attempts_left"),
        result=read_decision(fields.raw_object("result")) if fields.has("result") else None,
    )
    closed = None if session.result is None else (session.result.session_id, session.result.decision)
    if closed not in (None, (session.session_id, state)):
        raise Malformed("the result is not that of this session")
    return session


def read_decision(members: Mapping[str, Any]) -> Decision:
    """A decision from its JSON form. Raises :class:`~credence.circuits.errors.Malformed`."""
    fields = Fields(members, "decision")
    disclosed = fields.raw_object("disclosed") if fields.has("disclosed") else {}
    accepted = fields.choice("decision", "accepted", "denied") == "accepted"
    return Decision(
        session_id=fields.text("session_id", max_length=128),
        decision="accepted" if accepted else "denied",
        reason=fields.choice("reason", *(("accepted",) if accepted else ("not_accepted", "policy_not_met"))),
        pseudonym=fields.binary("pseudonym", length=48) if fields.has("pseudonym") else None,
        predicates=fields.texts("predicates"),
        disclosed=MappingProxyType(dict(disclosed)),
        kyc_level=fields.integer("kyc_level", maximum=3) if fields.has("kyc_level") else None,
        risk_tier=fields.text("risk_tier", max_length=16) if fields.has("risk_tier") else None,
        standing_tier=fields.text("standing_tier", max_length=16) if fields.has("standing_tier") else None,
        use=_use(fields.nested("use")) if fields.has("use") else None,
        escrow=_escrow(fields.nested("escrow")) if fields.has("escrow") else None,
        terms=MappingProxyType(dict(fields.raw_object("terms"))) if fields.has("terms") else None,
        receipt=MappingProxyType(dict(fields.raw_object("receipt"))),
        expires_at=fields.integer("expires_at") if fields.has("expires_at") else None,
        answer=MappingProxyType(dict(members)),
    )


def _use(fields: Fields) -> CountedUse:
    return CountedUse(fields.text("name", max_length=64), fields.integer("epoch"))


def _escrow(fields: Fields) -> EscrowedTo:
    return EscrowedTo(fields.text("trustees", max_length=128), fields.text("purpose", max_length=256))
