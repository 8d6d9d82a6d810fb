"""A vendor's result as evidence: fetched from the vendor when a case is opened, and again when its credential is claimed.

Bundle (:mod:`~credence.service.adapters.bundle`): ``type`` is ``credence/vendor-result/1``, ``reference`` the vendor's own
number, ``stated`` what the desk says. What a vendor's messages say is a hint and nothing of it is used here: the result
counts as the vendor's service answers it, over TLS, to the account's key.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Final

import pycountry

from credence.circuits.errors import Malformed
from credence.circuits.fields import Fields
from credence.service.adapters.bundle import MAX_AGE, Stated, end_of, json_object, read_bundle
from credence.service.adapters.fetching import Fetch, SourceUnavailable
from credence.service.errors import InvalidRequest
from credence.service.issuer.evidence import (
    Assurance,
    Document,
    EvidenceRefused,
    Kind,
    Reference,
    Refusal,
    VerifiedEvidence,
)
from credence.service.issuer.inbox.standing import HeaderValues, Notice, Standing

BUNDLE: Final = "credence/vendor-result/1"

LEEWAY: Final = 300
"""Seconds by which a vendor's clock may be ahead."""

_REFERENCE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Account:
    """An account at a vendor: the secrets that sign its messages, where its service is, what authenticates there.

    ``api_secret`` is empty where a vendor wants a token alone.
    """

    webhook_secrets: tuple[bytes, ...] = field(repr=False)
    api_url: str
    api_token: str = field(repr=False)
    api_secret: str = field(repr=False)


@dataclass(frozen=True, slots=True, repr=False)
class Result:
    """A result as its vendor's service says it. Facts are None while it is not approved."""

    reference: str
    standing: Standing
    facts: Facts | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Facts:
    """What a vendor read off a document; countries are alpha-2. ``checked_at`` is when it did, in unix seconds."""

    given_name: str
    family_name: str
    birth_date: date
    nationality: str
    country: str
    document_type: str
    number: str
    expires_on: date | None
    checked_at: int | None = None


@dataclass(frozen=True, slots=True)
class Vendor:
    """What differs between vendors: how messages are signed and read, how a result is asked for and read.

    ``check`` raises :class:`~credence.service.issuer.inbox.standing.NotSigned`; ``read_message`` and ``read_result`` raise
    :class:`Malformed` for JSON that is none of theirs. ``ask`` gives the path below the account's address and the headers.
    """

    name: str
    check: Callable[[HeaderValues, bytes, Sequence[bytes], int], None]
    read_message: Callable[[Fields], Notice | None]
    ask: Callable[[Account, str, int], tuple[str, Mapping[str, str]]]
    read_result: Callable[[Fields], Result]
    needs_api_secret: bool = False


class VendorResults:
    """The results of one account. ``fetch`` reaches the vendor's service."""

    def __init__(self, vendor: Vendor, account: Account, fetch: Fetch) -> None:
        self._vendor: Final = vendor
        self._account: Final = account
        self._fetch: Final = fetch

    @property
    def type(self) -> str:
        """Its name on the wire: the vendor's."""
        return self._vendor.name

    def read_notice(self, headers: HeaderValues, body: bytes, now: int) -> Notice | None:
        """What a message says, once its signature holds. Raises as :meth:`VendorMessages.read_notice`."""
        self._vendor.check(headers, body, self._account.webhook_secrets, now)
        try:
            found = self._vendor.read_message(Fields(json.loads(body), "message"))
        except (ValueError, RecursionError, Malformed) as error:
            raise InvalidRequest("The message is none that this vendor sends.") from error
        if found is not None and not _REFERENCE.fullmatch(found.reference):
            raise InvalidRequest("The message is none that this vendor sends.")
        return found

    def verify(self, token: bytes, now: int, received_at: int | None = None) -> VerifiedEvidence:
        """The facts of a result, as the vendor's service says them now. Raises as :meth:`EvidenceAdapter.verify`."""
        bundle = read_bundle(token, BUNDLE, "reference")
        stated, reference = Stated.read(bundle["stated"]), bundle["reference"]
        if not isinstance(reference, str) or not _REFERENCE.fullmatch(reference):
            raise EvidenceRefused(Refusal.MALFORMED)
        result = self._asked(reference, now)
        if result.standing is Standing.PENDING:
            raise EvidenceRefused(Refusal.PENDING)
        if result.standing is Standing.DECLINED:
            raise EvidenceRefused(Refusal.REVOKED)
        if result.facts is None:
            raise EvidenceRefused(Refusal.INCOMPLETE)
        return _evidence(self.type, reference, result.facts, stated, now, received_at)

    def _asked(self, reference: str, now: int) -> Result:
        path, headers = self._vendor.ask(self._account, reference, now)
        body = self._fetch(self._account.api_url + path, {"accept": "application/json", **headers})
        try:
            result = self._vendor.read_result(Fields(json_object(body), "result"))
        except EvidenceRefused as error:
            if error.refusal in (Refusal.INCOMPLETE, Refusal.PENDING):
                raise
            raise SourceUnavailable from error
        except Malformed as error:
            raise EvidenceRefused(Refusal.INCOMPLETE) from error
        if result.reference != reference:
            raise EvidenceRefused(Refusal.FORGED)
        return result


def country(text: str) -> str:
    """An alpha-2 code from that or alpha-3. Raises :class:`EvidenceRefused` (``incomplete``)."""
    found = pycountry.countries.get(alpha_3=text) if len(text) == 3 else pycountry.countries.get(alpha_2=text)
    if found is None or text != text.upper():
        raise EvidenceRefused(Refusal.INCOMPLETE)
    return str(found.alpha_2)


def document_type(text: str, types: Mapping[str, str]) -> str:
    """A document type of ours from a vendor's. Raises :class:`EvidenceRefused` (``incomplete``) for another."""
    if text not in types:
        raise EvidenceRefused(Refusal.INCOMPLETE)
    return types[text]


def moment(fields: Fields, name: str) -> int | None:
    """The unix second of a time in ISO 8601, in UTC where it names no zone; None where there is none.

    Raises :class:`EvidenceRefused` (``incomplete``) for what is no time.
    """
    if not fields.has(name):
        return None
    try:
        found = datetime.fromisoformat(fields.text(name, max_length=40))
        return int((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp())
    except (ValueError, OverflowError) as error:
        raise EvidenceRefused(Refusal.INCOMPLETE) from error


def standing_of(value: str, approved: str, declined: str) -> Standing:
    """Where a result stands that is in this state; every other state is pending."""
    return {approved: Standing.APPROVED, declined: Standing.DECLINED}.get(value, Standing.PENDING)


def _evidence(
    vendor: str, reference: str, facts: Facts, stated: Stated, now: int, received_at: int | None
) -> VerifiedEvidence:
    ends = (now if received_at is None else received_at) + MAX_AGE
    if facts.expires_on is not None:
        ends = min(ends, end_of(facts.expires_on))
    if ends <= now:
        raise EvidenceRefused(Refusal.STALE)
    if facts.checked_at is not None and facts.checked_at > now + LEEWAY:
        raise EvidenceRefused(Refusal.NOT_YET_VALID)
    return VerifiedEvidence(
        given_name=facts.given_name,
        family_name=facts.family_name,
        birth_date=facts.birth_date,
        document=Document(facts.country, facts.document_type, facts.number),
        nationalities=(facts.nationality,),
        residence=stated.residence,
        kind=Kind.NATURAL,
        assurance=Assurance.SUBSTANTIAL,
        pep=stated.pep,
        accredited=stated.accredited,
        reference=Reference(vendor, reference),
        valid_until=ends,
        product=stated.product,
        channel=stated.channel,
        source_of_funds=stated.source_of_funds,
        record=stated.record,
        verified_at=facts.checked_at,
        document_until=facts.expires_on,
    )
