"""``/v1/issuer``: what is decided about a person: suspensions, bans, and what was issued to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from credence.circuits.fields import Fields
from credence.circuits.wire import Offer
from credence.sdk.calls import Call, about, answer, segment
from credence.sdk.messages import Auth, Request

MAX_ISSUED = 1_024


@dataclass(frozen=True, slots=True)
class Suspension:
    """A suspended credential; ``life`` is ``suspended`` or ``lifted``. ``asked_by`` asked first that it be lifted. ``offer``
    is there once it is lifted, while the evidence is fresh: for the wallet that held the credential."""

    attestation_id: str
    life: str
    reason: str
    suspended_by: str
    suspended_at: int
    asked_by: str | None
    lifted_by: str | None
    offer: Offer | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Ban:
    """That nothing is issued to a person, ``until`` a time (unix seconds; None is for good) or until two persons lift it.

    ``revoked`` is the attestation that was revoked with it, where the answer says so.
    """

    ban_id: str
    reason: str
    banned_by: str
    banned_at: int
    until: int | None
    asked_by: str | None
    lifted_by: str | None
    ended_at: int | None
    revoked: str | None = None


@dataclass(frozen=True, slots=True)
class Issued:
    """One credential of a person. ``resets`` counts changes of the recovery phrase, the last one on ``reset_day``; days
    count from 1970-01-01."""

    attestation_id: str
    case_id: str
    serial: int
    life: str
    issued_day: int
    resets: int
    reset_day: int
    suspension: Suspension | None


@dataclass(frozen=True, slots=True)
class Person:
    """What was issued to a person, and every ban, oldest first."""

    issued: tuple[Issued, ...]
    bans: tuple[Ban, ...]


def suspend(attestation_id: str, reason: str, auth: Auth) -> Call[Suspension]:
    """Suspend a credential."""
    path = f"/v1/issuer/attestations/{segment(attestation_id)}/suspend"
    read = about("attestation_id", attestation_id, _suspension)
    return Call(Request("POST", path, body={"reason": reason}, auth=auth), answer(read))


def lift(attestation_id: str, auth: Auth) -> Call[Suspension]:
    """Ask that a suspension be lifted."""
    path = f"/v1/issuer/attestations/{segment(attestation_id)}/lift"
    return Call(Request("POST", path, body={}, auth=auth), answer(about("attestation_id", attestation_id, _suspension)))


def ban(
    reason: str, auth: Auth, *, attestation_id: str | None = None, case_id: str | None = None, until: int | None = None
) -> Call[Ban]:
    """Ban the person of an attestation or a case, one of the two."""
    named = {"attestation_id": attestation_id, "case_id": case_id, "until": until}
    body = {"reason": reason, **{name: value for name, value in named.items() if value is not None}}
    return Call(Request("POST", "/v1/issuer/bans", body=body, auth=auth), answer(_ban))


def unban(ban_id: str, auth: Auth) -> Call[Ban]:
    """Ask that a ban be lifted."""
    path = f"/v1/issuer/bans/{segment(ban_id)}/lift"
    return Call(Request("POST", path, body={}, auth=auth), answer(about("ban_id", ban_id, _ban)))


def person(name: str, auth: Auth) -> Call[Person]:
    """What was issued to the person of an attestation, or of a case, whose id has dashes."""
    path = f"/v1/issuer/{'cases' if '-' in name else 'attestations'}/{segment(name)}/person"
    return Call(Request("GET", path, auth=auth), answer(_person))


def _text(fields: Fields, name: str) -> str | None:
    return fields.text(name, max_length=128) if fields.has(name) else None


def _number(fields: Fields, name: str) -> int | None:
    return fields.integer(name) if fields.has(name) else None


def _suspension(members: object) -> Suspension:
    fields = Fields(members, "suspension")
    return Suspension(
        attestation_id=fields.text("attestation_id", max_length=128),
        life=fields.choice("life", "suspended", "lifted"),
        reason=fields.text("reason", max_length=64),
        suspended_by=fields.text("suspended_by", max_length=128),
        suspended_at=fields.integer("suspended_at"),
        asked_by=_text(fields, "asked_by"),
        lifted_by=_text(fields, "lifted_by"),
        offer=Offer.parse(fields.raw_object("offer")) if fields.has("offer") else None,
    )


def _ban(members: object) -> Ban:
    fields = Fields(members, "ban")
    return Ban(
        ban_id=fields.text("ban_id", max_length=128),
        reason=fields.text("reason", max_length=64),
        banned_by=fields.text("banned_by", max_length=128),
        banned_at=fields.integer("banned_at"),
        until=_number(fields, "until"),
        asked_by=_text(fields, "asked_by"),
        lifted_by=_text(fields, "lifted_by"),
        ended_at=_number(fields, "ended_at"),
        revoked=_text(fields, "revoked"),
    )


def _issued(value: object) -> Issued:
    fields = Fields(value, "issued credential")
    return Issued(
        attestation_id=fields.text("attestation_id", max_length=128),
        case_id=fields.text("case_id", max_length=128),
        serial=fields.integer("serial", minimum=1),
        life=fields.text("life", max_length=16),
        issued_day=fields.integer("issued_day"),
        resets=fields.integer("resets"),
        reset_day=fields.integer("reset_day"),
        suspension=_suspension(fields.raw_object("suspension")) if fields.has("suspension") else None,
    )


def _person(members: Mapping[str, Any]) -> Person:
    fields = Fields(members, "person")
    return Person(fields.items("issued", _issued, maximum=MAX_ISSUED), fields.items("bans", _ban, maximum=MAX_ISSUED))
