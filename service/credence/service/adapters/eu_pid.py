"""A person identification data credential of the EU Digital Identity Wallet, as SD-JWT VC, shown to this issuer's desk.

Bundle (:mod:`~credence.service.adapters.bundle`): ``type`` is ``credence/eu-pid/1``, ``presentation`` the SD-JWT with key
binding, ``stated`` what the desk says. The order of the checks: form; who issued it, by the trust list; its validity; the
holder's signature for this audience and its age; ``vct``; the status list; the facts. The nonce is spent by whoever opens
the case, in the same transaction.

Disclosed have to be ``given_name`` or ``family_name``, ``birthdate``, ``nationalities`` (whole, with one entry),
``issuing_country`` and the number by which a person is known again, which is always the same claim.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, Final

from credence.service.adapters.bundle import MAX_AGE, Stated, day, end_of, read_bundle
from credence.service.adapters.fetching import Fetch
from credence.service.adapters.pid_trust import PidTrust
from credence.service.adapters.sd_jwt import LEEWAY, Presentation, read_presentation, verify_presentation
from credence.service.adapters.token_status import check_status
from credence.service.issuer.evidence import (
    Assurance,
    Document,
    EvidenceRefused,
    Kind,
    Reference,
    Refusal,
    VerifiedEvidence,
)

BUNDLE: Final = "credence/eu-pid/1"
PID: Final = "urn:eudi:pid:1"
"""The type of a PID, unless an operator names others."""


@dataclass(frozen=True, slots=True)
class EuPid:
    """Reads PIDs. ``vcts`` are the types that are accepted, ``number_claim`` is what a person is known again by."""

    trust: PidTrust
    fetch: Fetch
    audience: str
    vcts: frozenset[str]
    number_claim: str

    @property
    def type(self) -> str:
        """Its name on the wire."""
        return "eu-pid"

    def verify(self, token: bytes, now: int, received_at: int | None = None) -> VerifiedEvidence:
        """The facts in a bundle. Raises as :meth:`EvidenceAdapter.verify`."""
        received_at = now if received_at is None else received_at
        bundle = read_bundle(token, BUNDLE, "presentation")
        stated, shown = Stated.read(bundle["stated"]), read_presentation(bundle["presentation"])
        issued = shown.credential
        key = self.trust.issuer_key(issued.header, issued.claims.get("iss"), now)
        claims = verify_presentation(shown, key, self.audience, now, received_at)
        if claims.get("vct") not in self.vcts:
            raise EvidenceRefused(Refusal.WRONG_TYPE)
        check_status(claims, self.trust, self.fetch, now)
        return self._facts(claims, stated, shown, now, received_at)

    def _facts(
        self, claims: dict[str, Any], stated: Stated, shown: Presentation, now: int, received_at: int
    ) -> VerifiedEvidence:
        country = _text(claims, "issuing_country")
        _same_residence(claims, stated)
        until = day(claims["date_of_expiry"]) if "date_of_expiry" in claims else None
        if until is not None and end_of(until) <= now:
            raise EvidenceRefused(Refusal.STALE)
        return VerifiedEvidence(
            given_name=_text(claims, "given_name") if "given_name" in claims else "",
            family_name=_text(claims, "family_name") if "family_name" in claims else "",
            birth_date=day(claims.get("birthdate")),
            document=Document(country, "eu-pid", _text(claims, self.number_claim)),
            nationalities=_nationalities(claims, shown),
            residence=stated.residence,
            kind=Kind.NATURAL,
            assurance=Assurance.HIGH,
            pep=stated.pep,
            accredited=stated.accredited,
            reference=Reference(self.type, hashlib.sha256(shown.text.partition("~")[0].encode()).hexdigest()),
            valid_until=min(claims["exp"] + LEEWAY, received_at + MAX_AGE),
            challenge=shown.nonce,
            product=stated.product,
            channel=stated.channel,
            source_of_funds=stated.source_of_funds,
            record=stated.record,
            verified_at=claims.get("iat"),
            document_until=until,
        )


def _text(claims: dict[str, Any], name: str) -> str:
    value = claims.get(name)
    if not isinstance(value, str):
        raise EvidenceRefused(Refusal.INCOMPLETE)
    return value


def _nationalities(claims: dict[str, Any], shown: Presentation) -> tuple[str, ...]:
    """Every nationality. Entries are disclosed one by one, so the list may have more than are shown: none is kept back."""
    found = claims.get("nationalities")
    if not isinstance(found, list) or len(found) != shown.disclosed_length("nationalities"):
        raise EvidenceRefused(Refusal.INCOMPLETE)
    if not all(isinstance(value, str) for value in found):
        raise EvidenceRefused(Refusal.INCOMPLETE)
    return tuple(found)


def _same_residence(claims: dict[str, Any], stated: Stated) -> None:
    """Where the PID says in which country somebody lives, the desk says the same."""
    address = claims.get("address")
    if isinstance(address, dict) and address.get("country", stated.residence) != stated.residence:
        raise EvidenceRefused(Refusal.INCOMPLETE)
