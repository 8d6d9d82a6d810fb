"""Is a standing received for a true proof of one holder, and for nothing else?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from credence.circuits.bbs.blind import core_commit
from credence.circuits.bbs.relation import pseudonym_point
from credence.circuits.composite import proving
from credence.circuits.composite.public import nym_interface
from credence.circuits.context import scope
from credence.circuits.curve import G1, ORDER, Curve
from credence.circuits.errors import IllFormed, Malformed, Refused, Step, Unprovable
from credence.circuits.issuance import HeldCredential, issuing_interface
from credence.circuits.presentation import NOT_ACCEPTED
from credence.circuits.renewal import (
    ProvenRenewal,
    RenewalAsk,
    RenewalRequest,
    RenewedStanding,
    Renewing,
    checking,
)
from credence.circuits.renewal.statement import StatedRenewal
from credence.circuits.sigma.transcript import Encoding
from tests.circuits.journey import ISSUER, NOW
from tests.circuits.renewing import HANDLE, RECORD, VENUE, Office, make_office
from tests.conftest import SeededBytes

LAST_SECOND = 86_399
SIZES = {Encoding.COMPACT: 1_168, Encoding.BATCHABLE: 1_376}


@pytest.fixture(scope="module")
def office(curve: Curve) -> Office:
    return make_office(curve, SeededBytes("office"))


@pytest.fixture(scope="module")
def ask(office: Office) -> RenewalAsk:
    return office.ask(SeededBytes("ask"))


@pytest.fixture(scope="module")
def renewing(office: Office, ask: RenewalAsk) -> Renewing:
    return office.renew(ask, SeededBytes("renewing"))


def refused(office: Office, ask: RenewalAsk, request: RenewalRequest, step: Step, **changes: Any) -> None:
    with pytest.raises(Refused) as caught:
        office.check(ask, request, **changes)
    assert (caught.value.reason, caught.value.step) == (NOT_ACCEPTED, step)


class TestTheWholeOfIt:
    @pytest.mark.parametrize("encoding", Encoding)
    def test_a_holder_receives_the_standing_of_its_pseudonym(
        self, office: Office, ask: RenewalAsk, rng: SeededBytes, encoding: Encoding
    ) -> None:
        renewing = office.renew(ask, rng, encoding=encoding)
        assert len(renewing.request.proof) == SIZES[encoding]
        proven = office.check(ask, renewing.request)
        interface, secrets = nym_interface(office.curve), office.person.secrets
        assert proven.pseudonym == pseudonym_point(interface, scope(VENUE, ""), secrets.nym_secret).to_bytes()
        held = office.accept(renewing, office.sign(proven, rng))
        assert (held.secrets, held.attributes) == (secrets, RECORD)
        assert HeldCredential.parse(held.to_json()) == held

    def test_the_commitment_is_that_of_the_blind_draft(self, office: Office, ask: RenewalAsk, rng: SeededBytes) -> None:
        renewing = office.renew(ask, rng, blind=5)
        drafted, _ = core_commit(issuing_interface(office.curve), office.person.secrets.scalars(), rng, blind=5)
        assert office.check(ask, renewing.request).commitment == drafted[:48]

    def test_the_same_blind_factor_gives_the_same_point_and_another_proof(
        self, office: Office, ask: RenewalAsk, rng: SeededBytes
    ) -> None:
        first, again, other = (office.renew(ask, rng, blind=blind) for blind in (7, 7, 8))
        assert first.request.proof != again.request.proof
        points = [office.check(ask, each.request).commitment for each in (first, again, other)]
        assert points[0] == points[1] != points[2]

    def test_messages_have_one_form(self, office: Office, ask: RenewalAsk, renewing: Renewing, rng: SeededBytes) -> None:
        assert RenewalAsk.parse(ask.to_json()) == ask
        assert RenewalRequest.parse(renewing.request.to_json()) == renewing.request
        renewed = office.sign(office.check(ask, renewing.request), rng)
        assert RenewedStanding.parse(renewed.to_json()) == renewed

    def test_what_was_proven_is_made_by_the_check_alone(self, office: Office, ask: RenewalAsk, renewing: Renewing) -> None:
        proven = office.check(ask, renewing.request)
        with pytest.raises(TypeError):
            replace(proven, pseudonym=bytes(48), seal=object())
        with pytest.raises(TypeError):
            ProvenRenewal("r-1", VENUE, "", "k1", bytes(48), bytes(48), seal=None)


class TestTickets:
    @pytest.mark.parametrize("kind", [RenewalAsk, RenewalRequest, RenewedStanding])
    def test_room_is_kept_for_them_and_nothing_is_put_in(
        self, office: Office, ask: RenewalAsk, renewing: Renewing, rng: SeededBytes, kind: Any
    ) -> None:
        renewed = office.sign(office.check(ask, renewing.request), rng)
        messages: dict[type, Any] = {RenewalAsk: ask, RenewalRequest: renewing.request, RenewedStanding: renewed}
        sent = messages[kind].to_json()
        assert sent["tickets"] == []
        kind.parse(sent)
        for tickets in (["t"], [None], None, {}):
            with pytest.raises(Malformed):
                kind.parse({**sent, "tickets": tickets})
        with pytest.raises(Malformed):
            kind.parse({name: value for name, value in sent.items() if name != "tickets"})


class TestDishonestHolders:
    @pytest.mark.parametrize("place", range(3), ids=["holder_secret", "nym_secret", "use_key"])
    def test_a_commitment_to_another_holders_secret_is_refused(
        self, office: Office, ask: RenewalAsk, rng: SeededBytes, monkeypatch: pytest.MonkeyPatch, place: int
    ) -> None:
        office.check(ask, office.renew(ask, rng).request)
        honest = proving.committed_point

        def mixed(interface: Any, blind: int, scalars: list[int]) -> G1:
            return honest(interface, blind, [*scalars[:place], (scalars[place] + 1) % ORDER, *scalars[place + 1 :]])

        monkeypatch.setattr(proving, "committed_point", mixed)
        refused(office, ask, office.renew(ask, rng).request, Step.CHALLENGE)

    @pytest.mark.parametrize("venue", ["verifier.example/venue-b", ISSUER])
    def test_a_pseudonym_of_another_scope_is_refused(
        self, office: Office, ask: RenewalAsk, rng: SeededBytes, monkeypatch: pytest.MonkeyPatch, venue: str
    ) -> None:
        monkeypatch.setattr(proving, "pseudonym_point", lambda i, _, nym: pseudonym_point(i, scope(VENUE, ""), nym))
        office.check(ask, office.renew(ask, rng).request)
        monkeypatch.setattr(proving, "pseudonym_point", lambda i, _, nym: pseudonym_point(i, scope(venue, ""), nym))
        refused(office, ask, office.renew(ask, rng).request, Step.CHALLENGE)

    def test_a_pseudonym_of_another_person_is_refused(
        self, office: Office, ask: RenewalAsk, rng: SeededBytes, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        other = office.other_person(rng)
        assert other.witness is not None
        renewed = office.renew(ask, rng, person=other, witness=other.witness.witness)
        assert office.check(ask, renewed.request).pseudonym != office.check(ask, office.renew(ask, rng).request).pseudonym
        nym = other.secrets.nym_secret
        monkeypatch.setattr(proving, "pseudonym_point", lambda i, context_id, _: pseudonym_point(i, context_id, nym))
        refused(office, ask, office.renew(ask, rng).request, Step.CHALLENGE)

    def test_a_credential_that_nobody_signed_is_refused(self, office: Office, ask: RenewalAsk, rng: SeededBytes) -> None:
        """Also one that is signed, for the secrets of another: no two credentials are mixed."""
        other = office.other_person(rng)
        office.check(ask, office.renew(ask, rng).request)
        forged = replace(office.person, secrets=other.secrets)
        refused(office, ask, office.renew(ask, rng, person=forged).request, Step.PAIRING)

    def test_what_is_said_of_the_credential_is_proven(self, office: Office, ask: RenewalAsk, renewing: Renewing) -> None:
        office.check(ask, renewing.request)
        shown = renewing.request.credential
        later = replace(renewing.request, credential=replace(shown, expiry_epoch=shown.expiry_epoch + 1))
        refused(office, ask, later, Step.CHALLENGE)
        for changed in (replace(shown, issuer="other.example"), replace(shown, key_id="k2")):
            refused(office, ask, replace(renewing.request, credential=changed), Step.CONTEXT)
        with pytest.raises(IllFormed):
            office.check(ask, replace(renewing.request, credential=replace(shown, slot="other")))


class TestRevokedAndExpired:
    def test_a_revoked_credential_is_refused(self, curve: Curve, rng: SeededBytes) -> None:
        office = make_office(curve, rng)
        before = office.view
        ask = office.ask(rng)
        office.check(ask, office.renew(ask, rng).request)
        office.revoking.revoke(HANDLE)
        refused(office, ask, office.renew(ask, rng, view=before).request, Step.CONTEXT)  # of a value of before
        refused(office, ask, office.renew(ask, rng).request, Step.PAIRING)  # its witness is not of the new one

    def test_who_was_not_revoked_goes_on(self, curve: Curve, rng: SeededBytes) -> None:
        office = make_office(curve, rng)
        office.revoking.revoke(HANDLE + 5)
        ask = office.ask(rng)
        witness = office.revoking.witness(HANDLE).witness
        office.check(ask, office.renew(ask, rng, witness=witness).request)

    def test_an_expired_credential_is_refused(self, office: Office, ask: RenewalAsk, rng: SeededBytes) -> None:
        ends = office.person.schema.last_day(office.person.expiry_epoch) * 86_400 + LAST_SECOND
        late = replace(ask, requested_at=ends, expires_at=ends + 300)
        (key,) = office.world.document.keys
        document = replace(office.world.document, keys=(replace(key, not_after=ends + 1_000),))
        request = office.renew(late, rng, now=ends, document=document).request
        office.check(late, request, now=ends, documents=[document])
        refused(office, late, request, Step.CONTEXT, now=ends + 1, documents=[document])
        with pytest.raises(Unprovable):
            office.renew(late, rng, now=ends + 1, document=document)


class TestReplays:
    def test_a_session_is_open_for_its_time(self, office: Office, ask: RenewalAsk, renewing: Renewing) -> None:
        for now in (NOW, NOW + 299):
            office.check(ask, renewing.request, now=now)
        for now in (NOW - 1, NOW + 300):
            refused(office, ask, renewing.request, Step.CONTEXT, now=now)

    @pytest.mark.parametrize(
        ("changes", "step"),
        [
            ({"nonce": bytes(32)}, Step.CHALLENGE),
            ({"session_id": "r-2"}, Step.CONTEXT),
            ({"issuer": "other.example"}, Step.CONTEXT),
            ({"venue": "verifier.example/venue-b"}, Step.CHALLENGE),
            ({"suffix": "s"}, Step.CHALLENGE),
            ({"key_id": "k2"}, Step.CHALLENGE),
            ({"key_id": "k3"}, Step.CONTEXT),
            ({"requested_at": NOW - 1}, Step.CHALLENGE),
            ({"expires_at": NOW + 301}, Step.CHALLENGE),
            ({"max_age_s": 120}, Step.CHALLENGE),
        ],
        ids=str,
    )
    def test_a_proof_is_good_for_its_own_ask_alone(
        self, office: Office, ask: RenewalAsk, renewing: Renewing, changes: dict[str, Any], step: Step
    ) -> None:
        document = office.world.document
        second = office.other_key()
        both = replace(document, keys=(*document.keys, second))
        found: dict[str, Any] = {"documents": [both], "accumulators": lambda *_: office.view}
        office.check(ask, renewing.request, **found)
        refused(office, replace(ask, **changes), renewing.request, step, **found)

    def test_it_says_the_session_that_it_answers(self, office: Office, ask: RenewalAsk, renewing: Renewing) -> None:
        """Renaming the session in the message does not help: the context has it, too."""
        moved, request = replace(ask, session_id="r-2"), replace(renewing.request, session_id="r-2")
        refused(office, moved, request, Step.CHALLENGE)

    def test_another_issuer_does_not_take_it(self, office: Office, ask: RenewalAsk, renewing: Renewing) -> None:
        refused(office, ask, renewing.request, Step.CONTEXT, issuer="other.example")

    def test_an_accumulator_that_is_not_in_the_log_is_refused(
        self, office: Office, ask: RenewalAsk, renewing: Renewing
    ) -> None:
        refused(office, ask, renewing.request, Step.CONTEXT, accumulators=lambda *_: None)
        other = replace(renewing.request, accumulator=replace(renewing.request.accumulator, minute=1))
        refused(office, ask, other, Step.CONTEXT)
        for changed in ({"index": 1}, {"minute": 1}):  # a log that answers about another checkpoint
            refused(
                office, ask, renewing.request, Step.CONTEXT, accumulators=lambda *_, c=changed: replace(office.view, **c)
            )

    def test_both_keys_are_of_the_issuers_own_document(self, office: Office, ask: RenewalAsk, renewing: Renewing) -> None:
        document = office.world.document
        for strange in (
            replace(document, issuer="other.example"),
            replace(document, schemas=("credence/person/1",)),
            replace(document, schemas=("credence/standing/1",)),
        ):
            refused(office, ask, renewing.request, Step.CONTEXT, documents=[strange])
            office.check(ask, renewing.request, documents=[strange, document])

    @pytest.mark.slow
    def test_every_byte_of_the_context_counts(
        self, office: Office, ask: RenewalAsk, renewing: Renewing, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        honest: Callable[..., StatedRenewal] = checking.state_renewal
        context = bytearray(
            honest(office.curve, ask, office.world.document.keys[0], office.shown(), office.view).public.context
        )
        stated = honest(office.curve, ask, office.world.document.keys[0], office.shown(), office.view)
        monkeypatch.setattr(checking, "state_renewal", lambda *_: stated)
        office.check(ask, renewing.request)
        for at in range(len(context)):
            changed = bytes(context[:at]) + bytes([context[at] ^ 1]) + bytes(context[at + 1 :])
            bent = replace(stated, public=replace(stated.public, context=changed))
            monkeypatch.setattr(checking, "state_renewal", lambda *_, bent=bent: bent)
            refused(office, ask, renewing.request, Step.CHALLENGE)

    def test_every_point_and_scalar_counts(self, office: Office, ask: RenewalAsk, renewing: Renewing) -> None:
        proof = renewing.request.proof
        for at in (*range(40, 7 * 48, 48), *range(7 * 48 + 31, len(proof), 160)):
            bent = proof[:at] + bytes([proof[at] ^ 1]) + proof[at + 1 :]
            with pytest.raises(Refused):
                office.check(ask, replace(renewing.request, proof=bent))
        for other in (proof[:-1], proof + b"\x00", b""):
            refused(office, ask, replace(renewing.request, proof=other), Step.SHAPE)
