"""The port that evidence comes through: what an adapter gives, and how it says no.

The facts live in memory for one call. They are never printed, pickled or stored; what outlives the call is derived from
them by :mod:`credence.service.issuer.identity` and :mod:`credence.service.issuer.diligence`.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from enum import IntEnum, StrEnum
from functools import cache
from typing import Any, Final, NoReturn, Protocol

import pycountry

from credence.service.errors import InvalidRequest
from credence.service.issuer.numbers import VERSIONS, canonical_number
from credence.service.issuer.regions import is_authority, is_numbered_by_region

MAX_NAME: Final = 200
MAX_NUMBER: Final = 64
MAX_NATIONALITIES: Final = 8

DOCUMENT_TYPES: Final = ("passport", "id-card", "residence-permit", "driving-licence", "register-entry", "eu-pid")

_NO_TEXT: Final = frozenset({"Cc", "Cs", "Co", "Cn", "Zl", "Zp"})  # control, surrogate, private, unassigned, line breaks
_REFERENCE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,127}", re.ASCII)
_KEEPER: Final = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?", re.ASCII)


class Refusal(StrEnum):
    """Why evidence is refused."""

    MALFORMED = "malformed"
    """It encodes nothing, or encodes something in two ways."""
    WRONG_TYPE = "wrong-type"
    """It is signed, and for another purpose."""
    FORGED = "forged"
    """The signature is not that of who is named, or what was signed is something else."""
    UNTRUSTED = "untrusted"
    """Whoever signed it is not among those who are believed in this."""
    STALE = "stale"
    """It has expired, or was made too long ago."""
    REVOKED = "revoked"
    """Whoever issued it took it back, or said no."""
    UNBOUND = "unbound"
    """Its holder did not sign that it is shown here."""
    REPLAYED = "replayed"
    """It answers no challenge that is open: none of ours, another desk's, one that is over or was answered."""
    NOT_YET_VALID = "not-yet-valid"
    WRONG_AUDIENCE = "wrong-audience"
    """It was made for another issuer."""
    UNKNOWN_VENDOR = "unknown-vendor"
    UNSUPPORTED_ALGORITHM = "unsupported-algorithm"
    INCOMPLETE = "incomplete"
    """A fact is missing, or is none."""
    PENDING = "pending"
    """The vendor has not decided yet."""
    LOW_ASSURANCE = "low-assurance"
    """It is not sure enough for the mode that the issuer is run in."""
    NOT_STATED = "not-stated"
    """The desk left out what has to be stated in that mode."""
    NO_AUTHORITY = "no-authority"
    """The document's number is unique within a region or register alone, and it is not said which one."""
    NO_RECORD = "no-record"
    """Nobody is named who keeps the documents, or not for as long as has to be in that mode."""


class EvidenceRefused(InvalidRequest):
    """Evidence that nothing may be based on. ``refusal`` says why."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(f"The evidence is refused: {refusal}.")
        self.refusal = refusal


class Kind(IntEnum):
    """What a person is, as the credential's ``kind`` writes it."""

    NATURAL = 1
    LEGAL = 2
    INSTITUTION = 3


class Assurance(StrEnum):
    """How sure the vendor is, by the levels of eIDAS."""

    BASIC = "basic"
    SUBSTANTIAL = "substantial"
    HIGH = "high"


class Product(StrEnum):
    """What the person wants to do."""

    CUSTODY = "custody"
    TRADING = "trading"
    LEVERAGED_TRADING = "leveraged-trading"
    LENDING = "lending"
    PAYMENTS = "payments"
    """Sending to others."""


class Channel(StrEnum):
    """How the desk met the person."""

    IN_PERSON = "in-person"
    ELECTRONIC_ID = "electronic-id"
    VIDEO = "video"
    """With somebody of the desk, live."""
    UNATTENDED = "unattended"
    """From afar, and nobody of the desk looked on."""
    INTERMEDIARY = "intermediary"
    """Another met them."""


class SourceOfFunds(StrEnum):
    """Where most of the person's money is from, by category. Never more than that."""

    SALARY = "salary"
    PENSION = "pension"
    SAVINGS = "savings"
    BUSINESS = "business"
    INVESTMENTS = "investments"
    PROPERTY_SALE = "property-sale"
    INHERITANCE = "inheritance"
    GIFT = "gift"
    DIGITAL_ASSETS = "digital-assets"
    GAMBLING = "gambling"
    OTHER = "other"


class _Withheld:
    """Base of what is never shown: neither printed nor copied out of the process by accident."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"{type(self).__name__}(withheld)"

    def __reduce_ex__(self, _protocol: Any) -> NoReturn:
        raise TypeError(f"{type(self).__name__} is not to be stored")


@dataclass(frozen=True, slots=True, repr=False)
class Document(_Withheld):
    """The document that was shown: issuing country (alpha-2), one of ``DOCUMENT_TYPES``, number (1-64 characters).

    ``authority`` is who numbered it (``US-CA``), where the country does not number this type itself: without it two
    people would be one there. Elsewhere it may be absent, and says nothing.
    Raises :class:`EvidenceRefused` (``no-authority``, ``incomplete``).
    """

    country: str
    type: str
    number: str
    authority: str | None = None

    def __post_init__(self) -> None:
        _require(is_country(self.country) and self.type in DOCUMENT_TYPES)
        _require(_is_text(self.number, MAX_NUMBER) and bool(self.canonical_number))
        if self.authority is None and is_numbered_by_region(self.country, self.type):
            raise EvidenceRefused(Refusal.NO_AUTHORITY)
        _require(self.authority is None or is_authority(self.country, self.authority))

    @property
    def numbered_by(self) -> str | None:
        """Who numbered it, where that is part of what makes the number unique."""
        return self.authority if is_numbered_by_region(self.country, self.type) else None

    @property
    def canonical_number(self) -> str:
        """However it was typed, one document has one number (:mod:`credence.service.issuer.numbers`)."""
        return canonical_number(self.country, self.type, self.number, VERSIONS[0])


@dataclass(frozen=True, slots=True)
class Reference:
    """Who keeps the documents, and under which of its own numbers. It names no person."""

    vendor: str
    id: str

    def __post_init__(self) -> None:
        _require(isinstance(self.id, str) and bool(_REFERENCE.fullmatch(self.id)))


@dataclass(frozen=True, slots=True)
class Record:
    """Who keeps the documents, under which of its own numbers, and for how many whole years (0-100) after the end of the
    relationship. It names no person.
    """

    keeper: str
    reference: str
    years: int

    def __post_init__(self) -> None:
        _require(isinstance(self.keeper, str) and bool(_KEEPER.fullmatch(self.keeper)))
        _require(isinstance(self.reference, str) and bool(_REFERENCE.fullmatch(self.reference)))
        _require(type(self.years) is int and 0 <= self.years <= 100)


@dataclass(frozen=True, slots=True, repr=False)
class VerifiedEvidence(_Withheld):
    """What a vendor vouches for. Made by an adapter alone, after every check.

    Natural persons have a given name, a family name or both; a legal person has its registered name as ``family_name`` and
    its date of formation as ``birth_date``. Countries are alpha-2, ``nationalities`` every one that is known (1-8);
    ``valid_until`` is the unix second at which the evidence is no longer accepted. ``challenge`` is the nonce that the
    holder signed, where this kind of evidence is shown in answer to one; whoever opens a case spends it.

    None is not known, or not stated: ``product``, ``channel``, ``source_of_funds``; ``verified_at``, the unix second at
    which somebody who is believed looked at the facts last; ``document_until``, the document's last day; ``record``.
    ``repeats``: whoever reads it again reads the same bytes, with no time in them, as from a chip.
    Raises :class:`EvidenceRefused` (``incomplete``) for a fact that is none.
    """

    given_name: str
    family_name: str
    birth_date: date
    document: Document
    nationalities: tuple[str, ...]
    residence: str
    kind: Kind
    assurance: Assurance
    pep: bool
    accredited: bool
    reference: Reference
    valid_until: int
    challenge: str | None = None
    product: Product | None = None
    channel: Channel | None = None
    source_of_funds: SourceOfFunds | None = None
    verified_at: int | None = None
    document_until: date | None = None
    record: Record | None = None
    repeats: bool = False

    def __post_init__(self) -> None:
        _require(_is_name(self.given_name) and _is_name(self.family_name) and bool(self.full_name))
        _require(self.kind is Kind.NATURAL or not self.given_name)
        _require(1 <= len(self.nationalities) <= MAX_NATIONALITIES)
        _require(len(set(self.nationalities)) == len(self.nationalities))
        _require(all(map(is_country, (*self.nationalities, self.residence))))

    @property
    def full_name(self) -> str:
        """Both names, in no order that means anything: where a name is split is the vendor's habit."""
        return f"{self.given_name} {self.family_name}".strip()


class EvidenceAdapter(Protocol):
    """One way in which evidence arrives. ``type`` is its name on the wire. Safe for many threads."""

    @property
    def type(self) -> str:
        """The evidence type it reads, a slug such as ``vendor-jws``."""
        ...

    def verify(self, token: bytes, now: int, received_at: int | None = None) -> VerifiedEvidence:
        """The facts in ``token`` at ``now`` (unix seconds).

        ``received_at`` is when this very token was first handed in, by default now: how fresh a holder's answer is, is
        judged then, and everything else now. Raises :class:`EvidenceRefused`, and
        :class:`~credence.service.errors.Unavailable` where somebody has to be asked who does not answer.
        """
        ...


@cache
def country_codes() -> dict[str, int]:
    """Every assigned ISO 3166-1 country: alpha-2 to numeric."""
    return {country.alpha_2: int(country.numeric) for country in pycountry.countries}


def is_country(value: object) -> bool:
    """Whether the value is an assigned alpha-2 code, in capitals."""
    return isinstance(value, str) and value in country_codes()


def _require(condition: bool) -> None:
    if not condition:
        raise EvidenceRefused(Refusal.INCOMPLETE)


def _is_text(value: object, longest: int) -> bool:
    return isinstance(value, str) and 1 <= len(value) <= longest and value.isprintable()


def _is_name(value: object) -> bool:
    """A name has a letter in it, and may have joiners, as in Hindi and Persian; an absent one is empty."""
    if value == "":
        return True
    if not isinstance(value, str) or len(value) > MAX_NAME or not any(character.isalpha() for character in value):
        return False
    return not any(unicodedata.category(character) in _NO_TEXT for character in value)
