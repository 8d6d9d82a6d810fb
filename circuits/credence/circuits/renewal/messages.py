"""What crosses the wire when a standing is renewed: what the issuer asks, what the wallet answers, what it receives.

Each has a list of ``tickets``, which is empty: the room is kept for what a holder could not leave out (docs/threats.md).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final, Self

from credence.circuits.context import MAX_NONCE, MIN_NONCE
from credence.circuits.credential import PERSON_1, STANDING_1
from credence.circuits.encoding import b64u
from credence.circuits.errors import Malformed, Step
from credence.circuits.fields import Fields
from credence.circuits.policy import Policy, load_policy
from credence.circuits.revocation_log import Staple
from credence.circuits.wire import (
    ENCODINGS,
    LAST_SECOND,
    MAX_AUDIENCE,
    MAX_PROOF,
    IssuedCredential,
    PresentationRequest,
    ShownAccumulator,
    ShownCredential,
)

RENEWED: Final = STANDING_1
"""The schema of what is received."""

PERSON: Final = "person"
"""The slot of the credential that is shown for it."""

MAX_SUFFIX: Final = 64
_ID: Final = 128


@dataclass(frozen=True, slots=True)
class RenewalAsk:
    """What an issuer asks who wants a standing of the pseudonym in ``venue``'s scope with ``suffix``.

    ``venue`` is the venue's audience, ``<verifier>/<client>``. ``key_id`` is the key that is to sign, ``max_age_s`` how old
    (seconds) the minute may be as of which the person's credential was not revoked, ``staple`` what was known of that when
    the request was fetched: it is no part of what is asked or bound.

    Raises :class:`Malformed` for a nonce of another length.
    """

    session_id: str = field(repr=False)
    issuer: str
    venue: str
    suffix: str
    key_id: str
    nonce: bytes = field(repr=False)
    requested_at: int
    expires_at: int
    max_age_s: int
    staple: Staple = field(compare=False, repr=False)

    def __post_init__(self) -> None:
        if not MIN_NONCE <= len(self.nonce) <= MAX_NONCE:
            raise Malformed("a nonce has 16 to 64 bytes", Step.SHAPE)

    @property
    def policy(self) -> Policy:
        """What is asked of the person's credential, as a policy of the issuer's: that it is of this issuer, has not
        expired and was not revoked, and a pseudonym. Raises :class:`~credence.circuits.policy.PolicyError`."""
        return load_policy(
            {
                "name": "renew-standing",
                "version": 1,
                "credentials": {PERSON: {"schema": PERSON_1.id, "issuers": [self.issuer]}},
                "all_of": [{"of": PERSON, "attribute": "expires_on", "at_least": "today"}],
                "not_revoked": {"of": PERSON, "max_age_s": self.max_age_s},
                "pseudonym": {"of": PERSON, "suffix": self.suffix},
                "tariff": "none",
            }
        )

    @property
    def request(self) -> PresentationRequest:
        """The same as a request whose audience is the issuer: what a wallet looks at, and never what it answers."""
        return PresentationRequest(
            session_id=self.session_id,
            audience=self.issuer,
            policy=self.policy.document,
            nonce=self.nonce,
            channel=b"",
            message=b"",
            requested_at=self.requested_at,
            expires_at=self.expires_at,
            staples=(self.staple,),
        )

    @classmethod
    def parse(cls, value: object) -> Self:
        """Read one; no staple is believed yet."""
        fields = Fields(value, "renewal ask")
        fields.choice("type", "credence/renewal-ask/1")
        fields.choice("schema", RENEWED.id)
        ask = cls(
            session_id=fields.text("session_id", max_length=_ID),
            issuer=fields.text("issuer", max_length=_ID),
            venue=fields.text("venue", max_length=MAX_AUDIENCE),
            suffix=fields.text("suffix", max_length=MAX_SUFFIX, empty_ok=True),
            key_id=fields.text("key_id", max_length=_ID),
            nonce=fields.binary("nonce"),
            requested_at=fields.integer("requested_at", maximum=LAST_SECOND),
            expires_at=fields.integer("expires_at", maximum=LAST_SECOND),
            max_age_s=fields.integer("max_age_s", minimum=60, maximum=86_400),
            staple=Staple.parse(fields.raw_object("staple")),
        )
        _read_tickets(fields)
        fields.done()
        return ask

    def to_json(self) -> dict[str, Any]:
        """The accepted form."""
        return {
            "type": "credence/renewal-ask/1",
            "session_id": self.session_id,
            "issuer": self.issuer,
            "schema": RENEWED.id,
            "venue": self.venue,
            "suffix": self.suffix,
            "key_id": self.key_id,
            "nonce": b64u(self.nonce),
            "requested_at": self.requested_at,
            "expires_at": self.expires_at,
            "max_age_s": self.max_age_s,
            "staple": self.staple.to_json(),
            "tickets": [],
        }


@dataclass(frozen=True, slots=True)
class RenewalRequest:
    """A wallet's answer: what it says openly of the person's credential, and one proof.

    Pseudonym and commitment are points in ``proof``, the message of docs/protocol in one of its two encodings.
    """

    session_id: str = field(repr=False)
    credential: ShownCredential
    accumulator: ShownAccumulator
    encoding: str
    proof: bytes = field(repr=False)

    @classmethod
    def parse(cls, value: object) -> Self:
        """Read one. Raises :class:`Malformed`, also for another slot than the person's."""
        fields = Fields(value, "renewal")
        fields.choice("type", "credence/renewal/1")
        request = cls(
            session_id=fields.text("session_id", max_length=_ID),
            credential=ShownCredential.parse(fields.raw_object("credential")),
            accumulator=ShownAccumulator.parse(fields.raw_object("accumulator")),
            encoding=fields.choice("encoding", *ENCODINGS),
            proof=fields.binary("proof", max_length=MAX_PROOF),
        )
        _read_tickets(fields)
        fields.done()
        if {request.credential.slot, request.accumulator.slot} != {PERSON}:
            raise Malformed("a renewal shows the credential of a person", Step.SHAPE)
        return request

    def to_json(self) -> dict[str, Any]:
        """The accepted form."""
        return {
            "type": "credence/renewal/1",
            "session_id": self.session_id,
            "credential": self.credential.to_json(),
            "accumulator": self.accumulator.to_json(),
            "encoding": self.encoding,
            "proof": b64u(self.proof),
            "tickets": [],
        }


@dataclass(frozen=True, slots=True)
class RenewedStanding:
    """The issuer's answer: the standing, signed over what the wallet committed to, with nothing added."""

    session_id: str = field(repr=False)
    credential: IssuedCredential

    @classmethod
    def parse(cls, value: object) -> Self:
        """Read one; what it is worth is seen by :func:`~credence.circuits.renewal.accept_standing`."""
        fields = Fields(value, "renewed standing")
        fields.choice("type", "credence/renewed/1")
        renewed = cls(
            session_id=fields.text("session_id", max_length=_ID),
            credential=IssuedCredential.parse(fields.raw_object("credential")),
        )
        _read_tickets(fields)
        fields.done()
        return renewed

    def to_json(self) -> dict[str, Any]:
        """The accepted form."""
        return {
            "type": "credence/renewed/1",
            "session_id": self.session_id,
            "credential": self.credential.to_json(),
            "tickets": [],
        }


def _read_tickets(fields: Fields) -> None:
    """The list that is empty. Raises :class:`Malformed` for anything in it, which this version could only leave out."""
    fields.items("tickets", lambda _: None, maximum=0)
