"""What the routes about a person read and answer, as the OpenAPI document shows it, with examples."""

from __future__ import annotations

from typing import Any, Final, Self

from pydantic import BaseModel, ConfigDict, Field

from credence.service.issuer.forms import OfferAnswer
from credence.service.issuer.persons.deciding import Banned, Lifting, Person
from credence.service.issuer.persons.records import IssuerBan, IssuerSuspension
from credence.service.issuer.revocation.forms import TargetForm

_ATTESTATION: Final = "5f0c9c2e7b1d4a86b3e2f1d0c9a8b7e6"
_CASE: Final = "019b76da-a800-7c3e-9d3b-5f2d8c1a4e60"
_BAN: Final = "019b76da-a801-7c3e-9d3b-5f2d8c1a4e61"
_SLUG: Final = "^[a-z0-9]+(-[a-z0-9]+)*$"
_SUSPENSION: Final[dict[str, Any]] = {
    "attestation_id": _ATTESTATION,
    "life": "suspended",
    "reason": "device-stolen",
    "suspended_by": "revoker.example",
    "suspended_at": 1_790_000_000,
    "asked_by": None,
    "lifted_by": None,
}
_BANNED: Final[dict[str, Any]] = {
    "ban_id": _BAN,
    "reason": "forged-document",
    "banned_by": "revoker.example",
    "banned_at": 1_790_000_000,
    "until": None,
    "asked_by": None,
    "lifted_by": None,
    "ended_at": None,
}


def _strict(example: dict[str, Any], **more: Any) -> ConfigDict:
    schema = {"example": example, **more}
    return ConfigDict(frozen=True, strict=True, extra="forbid", hide_input_in_errors=True, json_schema_extra=schema)


def _shown(example: dict[str, Any]) -> ConfigDict:
    return ConfigDict(frozen=True, json_schema_extra={"example": example})


class SuspensionForm(BaseModel):
    """Why a credential is suspended: a slug, never about the person."""

    model_config = _strict({"reason": "device-stolen"})

    reason: str = Field(pattern=_SLUG, max_length=64)


class BanForm(TargetForm):
    """Whom nothing is issued to any more: the person of a case or an attestation. ``reason`` is a slug, never about the
    person; ``until`` is in unix seconds, and absent for a ban that does not end by itself."""

    model_config = _strict(
        {"case_id": _CASE, "reason": "forged-document"},
        oneOf=[{"required": ["attestation_id"]}, {"required": ["case_id"]}],
    )

    reason: str = Field(pattern=_SLUG, max_length=64)
    until: int | None = Field(default=None, ge=0, le=253_402_300_799)


class SuspensionAnswer(BaseModel):
    """A suspension. ``asked_by`` is who asked first that it be lifted, ``lifted_by`` the second, with whom it was."""

    model_config = _shown(_SUSPENSION)

    attestation_id: str
    life: str
    reason: str
    suspended_by: str
    suspended_at: int
    asked_by: str | None
    lifted_by: str | None

    @classmethod
    def of(cls, row: IssuerSuspension) -> Self:
        """The answer for a suspension."""
        return cls(**_told_of(row))


class LiftAnswer(SuspensionAnswer):
    """The same, with an offer once it is lifted and while the evidence is fresh: for the wallet that held the credential."""

    model_config = _shown({**_SUSPENSION, "offer": None})

    offer: OfferAnswer | None

    @classmethod
    def of_lifting(cls, lifting: Lifting) -> Self:
        """The answer for having asked."""
        offer = None if lifting.offer is None else OfferAnswer.model_validate(lifting.offer.to_json())
        return cls(**_told_of(lifting.suspension), offer=offer)


class BanAnswer(BaseModel):
    """A ban. ``ended_at`` is None as long as nobody lifted it; one ``until`` a time is over then, whatever this says."""

    model_config = _shown(_BANNED)

    ban_id: str
    reason: str
    banned_by: str
    banned_at: int
    until: int | None
    asked_by: str | None
    lifted_by: str | None
    ended_at: int | None

    @classmethod
    def of(cls, row: IssuerBan) -> Self:
        """The answer for a ban."""
        return cls(**_told_of_ban(row))


class BannedAnswer(BanAnswer):
    """The same, with the attestation that was revoked by it, if the person held one."""

    model_config = _shown({**_BANNED, "revoked": _ATTESTATION})

    revoked: str | None

    @classmethod
    def of_banned(cls, banned: Banned) -> Self:
        """The answer for having banned."""
        revoked = None if banned.revocation is None else banned.revocation.attestation_id
        return cls(**_told_of_ban(banned.ban), revoked=revoked)


class IssuedAnswer(BaseModel):
    """One credential of a person: the how manieth (``serial``), what became of it (``life``), and of which secrets it was:
    ``resets`` counts how often the recovery phrase changed, ``reset_day`` is the last time. Days count from 1970-01-01."""

    model_config = ConfigDict(frozen=True)

    attestation_id: str
    case_id: str
    serial: int
    life: str
    issued_day: int
    resets: int
    reset_day: int
    suspension: SuspensionAnswer | None


class PersonAnswer(BaseModel):
    """What was issued to the person of an attestation, and every ban. It says nothing of who that is."""

    model_config = _shown(
        {
            "issued": [
                {
                    "attestation_id": _ATTESTATION,
                    "case_id": _CASE,
                    "serial": 1,
                    "life": "live",
                    "issued_day": 20_717,
                    "resets": 0,
                    "reset_day": 0,
                    "suspension": None,
                }
            ],
            "bans": [_BANNED],
        }
    )

    issued: list[IssuedAnswer]
    bans: list[BanAnswer]

    @classmethod
    def of(cls, person: Person) -> Self:
        """The answer for a person."""
        issued = [
            IssuedAnswer(
                attestation_id=one.id,
                case_id=one.case_id,
                serial=one.serial,
                life=one.life,
                issued_day=one.issued_day,
                resets=one.resets,
                reset_day=one.reset_day,
                suspension=SuspensionAnswer.of(person.suspensions[one.id]) if one.id in person.suspensions else None,
            )
            for one in person.issued
        ]
        return cls(issued=issued, bans=[BanAnswer.of(row) for row in person.bans])


def _told_of(row: IssuerSuspension) -> dict[str, Any]:
    return {
        "attestation_id": row.attestation_id,
        "life": "suspended" if row.lifted_at is None else "lifted",
        "reason": row.reason,
        "suspended_by": row.suspended_by,
        "suspended_at": row.suspended_at,
        "asked_by": row.asked_by,
        "lifted_by": row.lifted_by,
    }


def _told_of_ban(row: IssuerBan) -> dict[str, Any]:
    return {
        "ban_id": row.id,
        "reason": row.reason,
        "banned_by": row.banned_by,
        "banned_at": row.banned_at,
        "until": row.until,
        "asked_by": row.asked_by,
        "lifted_by": row.lifted_by,
        "ended_at": row.ended_at,
    }
