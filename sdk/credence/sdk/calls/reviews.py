"""``/v1/issuer``: what two reviewers decide, what is shown again, and what a wallet is told of that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from credence.circuits.errors import Malformed
from credence.circuits.fields import Fields
from credence.sdk.calls import Call, about, answer, segment
from credence.sdk.calls.issuer import Case, Evidence, case_of
from credence.sdk.messages import Auth, Request

MAX_ROUNDS: Final = 1_000
TIERS: Final = ("low", "standard", "enhanced")

Override = Literal["approve", "decline", "change", "reopen"]


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry that screening found, by list and id."""

    list: str
    entry_id: str

    def to_json(self) -> dict[str, str]:
        """The form that is sent."""
        return {"list": self.list, "entry_id": self.entry_id}


@dataclass(frozen=True, slots=True)
class Proposed:
    """What is proposed: ``reason`` is one of the service's slugs, ``comment`` is for colleagues and holds no personal data.

    Level and tier are None where they stay; whoever approves a case names every entry that was found.
    """

    decision: Override
    reason: str
    comment: str
    kyc_level: int | None = None
    risk_tier: str | None = None
    cleared: Sequence[Entry] = ()

    def to_json(self) -> dict[str, Any]:
        """The form that is sent."""
        given = {"kyc_level": self.kyc_level, "risk_tier": self.risk_tier}
        return {
            "decision": self.decision,
            "reason": self.reason,
            "comment": self.comment,
            "cleared": [entry.to_json() for entry in self.cleared],
            **{name: value for name, value in given.items() if value is not None},
        }


@dataclass(frozen=True, slots=True)
class Proposal:
    """A proposal and what became of it: ``open``, ``approved``, ``rejected``, ``withdrawn`` or ``overtaken``."""

    proposal_id: str
    case_id: str
    decision: str
    reason: str
    standing: str
    proposed_by: str
    proposed_at: int
    approved_by: str | None


@dataclass(frozen=True, slots=True)
class Due:
    """A case whose holder is to show evidence again before ``deadline`` (unix seconds)."""

    case_id: str
    cause: str
    since: int
    deadline: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits for somebody. ``due_next`` asks for the next who are due, None where these are the last."""

    cases: tuple[Case, ...]
    proposals: tuple[Proposal, ...]
    due: tuple[Due, ...]
    due_next: str | None = None


@dataclass(frozen=True, slots=True)
class Round:
    """A list changed at ``opened_at``: whose evidence is older may be due before ``deadline`` (unix seconds)."""

    opened_at: int
    deadline: int


@dataclass(frozen=True, slots=True)
class Notice:
    """What every wallet is told alike: which lists changed, and for how many days evidence is good, by risk tier."""

    issuer: str
    rounds: tuple[Round, ...]
    notice_days: int
    review_days: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class HolderStanding:
    """What the issuer tells a wallet of its own credential; ``cause`` and ``deadline`` are None where nothing is due."""

    attestation_id: str
    verified_at: int
    revoked: bool
    cause: str | None
    deadline: int | None


def waiting(auth: Auth, limit: int = 50, due_after: str | None = None) -> Call[Waiting]:
    """What waits, at most ``limit`` (1 to 200) of each kind; ``due_after`` is the ``due_next`` of the answer before."""
    query = {"limit": str(limit)} | ({} if due_after is None else {"due_after": due_after})
    return Call(Request("GET", "/v1/issuer/reviews", query=query, auth=auth), answer(_waiting))


def history(case_id: str, auth: Auth) -> Call[Mapping[str, Any]]:
    """All that happened to a case, as the service says it: steps, proposals, comments, what was shown again."""
    path = f"/v1/issuer/cases/{segment(case_id)}/history"
    return Call(Request("GET", path, auth=auth), answer(about("case_id", case_id, dict)))


def comment(case_id: str, text: str, auth: Auth) -> Call[str]:
    """Write a comment on a case; the author as the service names it."""
    path = f"/v1/issuer/cases/{segment(case_id)}/comments"
    read = answer(lambda members: Fields(members, "comment").text("author", max_length=128))
    return Call(Request("POST", path, body={"comment": text}, auth=auth), read)


def propose(case_id: str, proposed: Proposed, auth: Auth) -> Call[Proposal]:
    """Propose to decide otherwise than the rules did."""
    path = f"/v1/issuer/cases/{segment(case_id)}/proposals"
    return Call(Request("POST", path, body=proposed.to_json(), auth=auth), answer(about("case_id", case_id, _proposal)))


def approve(case_id: str, proposal_id: str, auth: Auth) -> Call[Case]:
    """Approve somebody else's proposal: the case as it is then."""
    path = f"/v1/issuer/cases/{segment(case_id)}/proposals/{segment(proposal_id)}/approval"
    return Call(Request("POST", path, auth=auth), answer(about("case_id", case_id, case_of)))


def reject(case_id: str, proposal_id: str, auth: Auth) -> Call[Proposal]:
    """Reject a proposal, or withdraw one's own."""
    path = f"/v1/issuer/cases/{segment(case_id)}/proposals/{segment(proposal_id)}/rejection"
    return Call(Request("POST", path, auth=auth), answer(about("case_id", case_id, _proposal)))


def show_again(case_id: str, evidence: Evidence, auth: Auth) -> Call[Case]:
    """Hand in fresh evidence for a credential: the case as it is then."""
    path = f"/v1/issuer/cases/{segment(case_id)}/evidence"
    body = {"evidence": evidence.to_json()}
    return Call(Request("POST", path, body=body, auth=auth), answer(about("case_id", case_id, case_of)))


def notice() -> Call[Notice]:
    """What every wallet is told alike."""
    return Call(Request("GET", "/v1/issuer/review-notice"), answer(_notice))


def standing(attestation_id: str) -> Call[HolderStanding]:
    """The standing of one credential; the issuer sees whose it is."""
    path = f"/v1/issuer/attestations/{segment(attestation_id)}/standing"
    return Call(Request("GET", path), answer(about("attestation_id", attestation_id, _standing)))


def _waiting(members: Mapping[str, Any]) -> Waiting:
    fields = Fields(members, "waiting")
    return Waiting(
        cases=fields.items("cases", lambda item: case_of(_object(item))),
        proposals=fields.items("proposals", lambda item: _proposal(_object(item))),
        due=fields.items("due", _due),
        due_next=fields.text("due_next", max_length=64) if fields.has("due_next") else None,
    )


def _object(value: object) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise Malformed("an item is no object")
    return value


def _proposal(members: Mapping[str, Any]) -> Proposal:
    fields = Fields(members, "proposal")
    return Proposal(
        proposal_id=fields.text("proposal_id", max_length=128),
        case_id=fields.text("case_id", max_length=128),
        decision=fields.text("decision", max_length=32),
        reason=fields.text("reason", max_length=64),
        standing=fields.text("standing", max_length=32),
        proposed_by=fields.text("proposed_by", max_length=128),
        proposed_at=fields.integer("proposed_at"),
        approved_by=fields.text("approved_by", max_length=128) if fields.has("approved_by") else None,
    )


def _due(value: object) -> Due:
    fields = Fields(value, "due")
    return Due(
        case_id=fields.text("case_id", max_length=128),
        cause=fields.text("cause", max_length=32),
        since=fields.integer("since"),
        deadline=fields.integer("deadline"),
    )


def _notice(members: Mapping[str, Any]) -> Notice:
    fields = Fields(members, "review notice")
    fields.choice("type", "credence/review-notice/1")
    days = fields.nested("review_days")
    return Notice(
        issuer=fields.text("issuer", max_length=128),
        rounds=fields.items("rounds", _round, maximum=MAX_ROUNDS),
        notice_days=fields.integer("notice_days", maximum=3_660),
        review_days={tier: days.integer(tier, minimum=1, maximum=36_600) for tier in TIERS},
    )


def _round(value: object) -> Round:
    fields = Fields(value, "round")
    return Round(fields.integer("opened_at"), fields.integer("deadline"))


def _standing(members: Mapping[str, Any]) -> HolderStanding:
    fields = Fields(members, "standing")
    due, revoked = fields.nested("due") if fields.has("due") else None, members.get("revoked")
    if not isinstance(revoked, bool):
        raise Malformed("standing: 'revoked' is true or false")
    return HolderStanding(
        attestation_id=fields.text("attestation_id", max_length=128),
        verified_at=fields.integer("verified_at"),
        revoked=revoked,
        cause=None if due is None else due.text("cause", max_length=32),
        deadline=None if due is None else due.integer("deadline"),
    )
