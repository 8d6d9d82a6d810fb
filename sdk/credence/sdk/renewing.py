"""Renewing a standing: the holder names a venue, shows its issuer the pseudonym there, and receives what it stands for.

This is the one place where a wallet shows a pseudonym to somebody other than the venue that it is of. So it does that for a
venue which its user named, to the issuer of its own credential, and proves nothing else. The commitment is another one for
every session: over one and the same, two standings would be one holder's to the issuer.
"""

from __future__ import annotations

import asyncio
from typing import Final

from credence.circuits.context import Operation
from credence.circuits.credential import PERSON_1, day_of
from credence.circuits.encoding import random_scalar
from credence.circuits.errors import CircuitError
from credence.circuits.issuance import HeldCredential, issuing_interface
from credence.circuits.issuer_document import IssuerDocument
from credence.circuits.renewal import (
    MAX_SUFFIX,
    PERSON,
    RENEWED,
    RenewalAsk,
    Renewing,
    accept_standing,
    request_renewal,
)
from credence.circuits.wire import LAST_SECOND, MAX_AUDIENCE
from credence.sdk.calls import ask, keyed, standings
from credence.sdk.errors import CredentialRejected, RequestChanged, RequestInvalid
from credence.sdk.flow import Flow, W, run, run_async
from credence.sdk.holding import Holder, Vetted, check_time, read_request
from credence.sdk.messages import AsyncTransport, Transport
from credence.sdk.refusals import CannotRenew
from credence.sdk.revocations import look

_PURPOSE: Final = b"renewal"


class Renewer(Holder[W]):
    """As :class:`Holder`, with standings."""

    def renew_standing(self, venue: str, *, suffix: str, issuer: str | None, way: W | None) -> Flow[W, HeldCredential]:
        """See :meth:`Renews.renew_standing`."""
        if not 0 < len(venue) <= MAX_AUDIENCE or len(suffix) > MAX_SUFFIX:
            raise RequestInvalid("A venue is named as a request names its audience, verifier and client.")
        way = self._way if way is None else way
        person = self._person(issuer)
        document = yield from self._trusted_document(person.issuer, RENEWED.id, way, None)
        asked = yield from ask(way, keyed(standings.begin(venue, suffix), self._rng))
        if (asked.issuer, asked.venue, asked.suffix) != (person.issuer, venue, suffix):
            raise RequestChanged("The issuer asks for another pseudonym than the one that was named.")
        if all(asked.key_id != key.key_id for key in document.keys):  # the issuer began with another key meanwhile
            document = yield from self._trusted_again(document, person.issuer, RENEWED.id, way, None)
        renewing, person = yield from self._prove_renewal(asked, document, person, way)
        renewed = yield from ask(way, keyed(standings.renew(renewing.request), self._rng))
        try:
            held = accept_standing(self._curve, document, renewing, renewed, person, self._clock())
        except CircuitError as error:
            raise CredentialRejected("The issuer's standing is not what was asked for.") from error
        self._keep(self._contents.with_standing(held, document, day_of(self._clock())))
        return held

    def _person(self, issuer: str | None) -> HeldCredential:
        """The credential of a person, the longest valid, of the issuer or of the only one. Raises :class:`CannotRenew`."""
        today = day_of(self._clock())
        persons = [each for each in self._contents.credentials if each.schema == PERSON_1]
        own = [each for each in persons if issuer in (None, each.issuer)]
        if len({each.issuer for each in own}) > 1:
            raise CannotRenew("The wallet has credentials of several issuers: name one.")
        live = [each for each in own if each.revoked is None and each.attributes["expires_on"] >= today]
        if not live:
            raise CannotRenew
        return max(live, key=lambda each: each.attributes["expires_on"])

    def _prove_renewal(
        self, asked: RenewalAsk, document: IssuerDocument, person: HeldCredential, way: W
    ) -> Flow[W, tuple[Renewing, HeldCredential]]:
        """The proof, with the witness as far as the ask's staple brings it, which the vault keeps."""
        request, now = read_request(asked.request), min(self._clock(), LAST_SECOND)
        check_time(request, now)
        looked = look(self._curve, request, asked.policy, {PERSON: person}, self._contents.logs, now)
        vetted = yield from self._catch_up(Vetted(request, asked.policy, looked), way)
        person, view = vetted.looked.chosen[PERSON], vetted.looked.views[PERSON]
        if person.witness is None:
            raise CannotRenew
        try:
            signing = document.key_at(asked.key_id, self._clock())
            purpose = (_PURPOSE, Operation.ISSUE.value, issuing_interface(self._curve, signing.suite).api_id)
            named = (asked.issuer.encode(), asked.venue.encode(), asked.suffix.encode(), asked.session_id.encode())
            blind = random_scalar(self._contents.root.stream(*purpose, *named, asked.nonce))
            witness, at = person.witness.witness, self._clock()
            renewing = request_renewal(self._curve, asked, document, person, view, witness, blind, at, self._rng)
        except CircuitError as error:
            raise RequestInvalid(f"The issuer's ask cannot be answered: {error.reason}.") from error
        return renewing, person


class Renews:
    """What a wallet does about standings, waiting for the network."""

    flows: Renewer[Transport]

    def renew_standing(
        self, venue: str, *, suffix: str = "", issuer: str | None = None, transport: Transport | None = None
    ) -> HeldCredential:
        """Have the issuer attest what the holder's conduct at a venue has come to, and keep that.

        ``venue`` is the venue whose pseudonym is shown to the issuer, as its requests name their audience; no service can
        choose it. ``suffix`` is that of the venue's policy. The issuer learns that pseudonym, and of the credential it is
        shown with what every proof shows: its issuer, key and expiry. ``issuer`` names one where the wallet has credentials
        of several; ``transport`` leads there. What is received replaces the same venue's standing of the same day, and
        what has expired goes.

        Raises :class:`CannotRenew`, :class:`CannotSatisfy` where the credential is revoked, :class:`RequestInvalid`,
        :class:`RequestChanged` and :class:`RequestExpired` for what the issuer asks, :class:`RenewalRefused` where it does
        not take the proof, :class:`NotFound` for a venue that it does not know, :class:`CredentialRejected` for what it
        answers, :class:`UntrustedIssuer`, :class:`RevocationsRefused`, :class:`LogForked`, :class:`VaultUnavailable`, and
        what :func:`~credence.sdk.calls.ask` raises.
        """
        return run(self.flows.renew_standing(venue, suffix=suffix, issuer=issuer, way=transport))


class AsyncRenews:
    """As :class:`Renews`, awaited."""

    flows: Renewer[AsyncTransport]
    _turn: asyncio.Lock

    async def renew_standing(
        self, venue: str, *, suffix: str = "", issuer: str | None = None, transport: AsyncTransport | None = None
    ) -> HeldCredential:
        """As :meth:`Renews.renew_standing`."""
        async with self._turn:
            return await run_async(self.flows.renew_standing(venue, suffix=suffix, issuer=issuer, way=transport))
