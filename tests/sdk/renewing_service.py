"""The small service with an issuer that renews standings: it remembers what it saw, as a curious one would."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from credence.circuits.credential import PERSON_1, STANDING_1, day_of, ladder_bits, text_to_scalar
from credence.circuits.curve import Curve
from credence.circuits.errors import CircuitError, Refused
from credence.circuits.issuance import issue_over_point, issuing_interface
from credence.circuits.presentation import AccumulatorView
from credence.circuits.renewal import (
    ProvenRenewal,
    RenewalAsk,
    RenewalRequest,
    RenewedStanding,
    check_renewal,
    standing_end,
)
from credence.circuits.revocation_log import check_age
from credence.circuits.wire import IssuedCredential
from credence.sdk.transport import Request
from tests.conftest import SeededBytes
from tests.sdk.revoking import MAX_AGE, RevokingService
from tests.sdk.small_service import ISSUER, Answer, Problem

HERE = "verifier.example/venue-a"
THERE = "verifier.example/venue-b"
ELSEWHERE = "verifier.example/venue-c"
REVIEWS = {"notice_days": 30, "review_days": {"low": 365, "standard": 182, "enhanced": 91}}


class RenewingService(RevokingService):
    """As its base. ``records`` changes what is attested by venue, ``asking`` and ``signing`` what is asked and answered.

    ``proven`` is all that renewals showed.
    """

    def __init__(self, curve: Curve, rng: SeededBytes) -> None:
        super().__init__(curve, rng)
        self.venues = {HERE, THERE, ELSEWHERE}
        self.records: dict[str, dict[str, int]] = {}
        self.renewals: dict[str, tuple[RenewalAsk, tuple[bytes, RenewedStanding] | None]] = {}
        self.proven: list[ProvenRenewal] = []
        self.asking: dict[str, Any] = {}
        self.signing: dict[str, Any] = {}

    def record(self, venue: str) -> dict[str, int]:
        """What is attested of a pseudonym of that venue."""
        return {
            "expires_on": standing_end(self.now),
            "as_of": day_of(self.now) - 1,
            "venue": text_to_scalar(venue),
            "score": 700,
            **ladder_bits("standing_tier", 3),
            "evidence_milli": 12_500,
            "events_milli": 2_000,
            "model": text_to_scalar("belief-default/1"),
            "revocation_handle": len(self.proven),
            **self.records.get(venue, {}),
        }

    def _answer(self, request: Request) -> Answer:
        body = dict(request.body or {})
        match request.path.split("/")[2:]:
            case ["issuer", "review-notice"]:
                return {"type": "credence/review-notice/1", "issuer": ISSUER, "rounds": [], **REVIEWS}
            case ["issuer", "standings", "sessions"]:
                return self._begin(body["venue"], body["suffix"]).to_json()
            case ["issuer", "standings", "sessions", session_id, "renewal"]:
                return self._renew(session_id, RenewalRequest.parse(body)).to_json()
        return super()._answer(request)

    def _begin(self, venue: str, suffix: str) -> RenewalAsk:
        if venue not in self.venues:
            raise Problem(404, "not-found")
        name = f"r-{len(self.renewals)}"
        key_id = self.document.keys[-1].key_id
        times = {"requested_at": self.now, "expires_at": self.now + 300}
        ask = RenewalAsk(
            session_id=name,
            issuer=ISSUER,
            venue=venue,
            suffix=suffix,
            key_id=key_id,
            nonce=self.rng(32),
            **times,
            max_age_s=MAX_AGE,
            staple=self.staple(),
        )
        ask = replace(ask, **self.asking)
        self.renewals[ask.session_id] = (ask, None)
        return ask

    def _renew(self, session_id: str, request: RenewalRequest) -> RenewedStanding:
        ask, answered = self.renewals[session_id]
        try:
            proven = check_renewal(
                self.curve, ask, request, [self.document], ISSUER, self.now, self.rng, accumulators=self._find
            )
        except CircuitError as error:
            raise Problem(403, "renewal-refused") from error
        if answered is None:
            self.proven.append(proven)
            answered = proven.commitment, self._sign(proven)
            self.renewals[session_id] = (ask, answered)
        elif answered[0] != proven.commitment:
            raise Problem(409, "bad-nonce")
        return answered[1]

    def _sign(self, proven: ProvenRenewal) -> RenewedStanding:
        attributes = self.record(proven.venue)
        epoch, key = attributes["expires_on"], self.document.key_at(proven.key_id, self.now)
        signature = issue_over_point(
            issuing_interface(self.curve, key.suite),
            self.secret_key,
            key.public_key,
            STANDING_1,
            ISSUER,
            epoch,
            attributes,
            proven.commitment,
            self.rng,
        )
        name = f"standing-{len(self.proven)}"
        issued = IssuedCredential(ISSUER, STANDING_1.id, key.key_id, epoch, attributes, 0, 0, signature, name, self.rng(32))
        return RenewedStanding(proven.session_id, replace(issued, **self.signing))

    def _find(self, issuer: str, schema: str, index: int, minute: int, max_age_s: int) -> AccumulatorView | None:
        if (issuer, schema) != (ISSUER, PERSON_1.id) or index > self.revoking.index:
            return None
        shown = self.revoking.checkpoint(minute, index)
        try:
            check_age(shown, self.revoking.checkpoint(self.minute), now=self.now, max_age_s=max_age_s)
        except Refused:
            return None
        return AccumulatorView(self.revoking.key.public_key, shown.value, index, minute)
