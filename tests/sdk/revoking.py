"""The small service with an accumulator: it revokes, staples, and judges what wallets show of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from credence.circuits.credential import PERSON_1
from credence.circuits.curve import Curve
from credence.circuits.errors import Refused
from credence.circuits.merkle import Tree
from credence.circuits.note import NoteSigner
from credence.circuits.presentation import Accepted, AccumulatorView, verify_presentation
from credence.circuits.revocation_log import Staple, check_age
from credence.circuits.wire import IssuedCredential, Presentation, PresentationRequest
from credence.sdk.transport import Request
from tests.circuits.revocation_log.subjects import Issuer, Ledger
from tests.conftest import SeededBytes
from tests.sdk.small_service import ISSUER, Answer, Problem, SmallLog, SmallService

MAX_AGE = 60
NOT_REVOKED: dict[str, Any] = {"not_revoked": {"max_age_s": MAX_AGE}}


@dataclass
class Here(Ledger):
    """The small service's log, as an accumulator's issuer uses one."""

    log: SmallLog | None = None

    def __post_init__(self) -> None:
        assert self.log is not None
        self.signer: NoteSigner = self.log.signer
        self.tree: Tree = self.log.tree

    def add(self, leaf: bytes) -> int:
        assert self.log is not None
        self.log.add(leaf)
        return self.tree.size - 1

    def note(self) -> str:
        assert self.log is not None
        return self.log.publish()


class RevokingService(SmallService):
    """As its base. ``after`` is the index that deltas begin behind; ``staples`` overrides what requests carry."""

    def __init__(self, curve: Curve, rng: SeededBytes) -> None:
        super().__init__(curve, rng)
        self.revoking = Issuer(curve, rng, Here(log=self.log))
        self.document = replace(self.document, accumulators=(self.revoking.key,))
        self.log.add(self.document.leaf())
        self.log.publish()
        self.after = 0
        self.staples: tuple[Staple, ...] | None = None

    @property
    def minute(self) -> int:
        return self.now // 60

    def revoke(self, *handles: int) -> None:
        self.revoking.revoke(*handles)

    def staple(self, **how: int) -> Staple:
        return self.revoking.staple(**{"after": min(self.after, self.revoking.index), "minute": self.minute, **how})

    def request(self, session_id: str = "s-1", **changes: Any) -> PresentationRequest:
        made = super().request(session_id, **changes)
        return self._stapled(session_id, made)

    def _stapled(self, session_id: str, request: PresentationRequest) -> PresentationRequest:
        if "not_revoked" not in request.policy:
            return request
        staples = (self.staple(),) if self.staples is None else self.staples
        made = replace(request, staples=staples)
        self.sessions[session_id] = (made, self.sessions[session_id][1])
        return made

    def _answer(self, request: Request) -> Answer:
        path = request.path.split("/")
        match path[2:]:
            case ["issuer", "accumulators", name, "events"] if name == self.revoking.key.accumulator_id:
                after, count = int(request.query["after"]), int(request.query["count"])
                events = self.revoking.events[after : after + count]
                if len(events) < count:
                    raise Problem(400, "malformed")
                return {"events": [event.to_json() for event in events]}
            case ["verifier", "sessions", session_id, "request"] if session_id in self.sessions:
                self._stapled(session_id, self.sessions[session_id][0])
        return super()._answer(request)

    def _claim(self, case_id: str, body: dict[str, Any]) -> IssuedCredential:
        issued = super()._claim(case_id, body)
        if issued.witness is None and issued.schema == PERSON_1.id:
            proof = self.revoking.logged(self.revoking.checkpoint(self.minute)) if self.revoking.index else None
            witness = self.revoking.witness(issued.attributes["revocation_handle"])
            issued = replace(issued, witness=witness, checkpoint=proof)
            self.issued[issued.attestation_id] = (self.issued[issued.attestation_id][0], issued)
        return issued

    def seen(self, request: PresentationRequest, presentation: Presentation) -> Accepted:
        """As a verifier that knows every checkpoint of the issuer, and the newest one best."""
        newest = self.revoking.checkpoint(self.minute)

        def find(issuer: str, schema: str, index: int, minute: int, max_age_s: int) -> AccumulatorView | None:
            if (issuer, schema) != (ISSUER, PERSON_1.id) or index > self.revoking.index:
                return None
            shown = self.revoking.checkpoint(minute, index)
            try:
                check_age(shown, newest, now=self.now, max_age_s=max_age_s)
            except Refused:
                return None
            return AccumulatorView(self.revoking.key.public_key, shown.value, index, minute)

        return verify_presentation(
            self.curve,
            request,
            presentation,
            [self.document],
            request.audience,
            self.now,
            self.rng,
            accumulators=find,
        )
