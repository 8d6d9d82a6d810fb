"""``credence issuer propose|approve|reject|reopen|comment|history|show-again``: what two reviewers decide at a service.

A proposal is somebody's, and so is its approval. Both are therefore asked of a running service, by the client's own key:
whoever can read the installation's folder is nobody in particular.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from credence.service.cli.case_forms import case_told, keep_offer, show_case
from credence.service.cli.documents import read_text, require_absent
from credence.service.cli.exits import BadUsage, codes
from credence.service.cli.options import ApiKeyFile, AsJson, EvidenceType, ServiceUrl
from credence.service.cli.output import note, print_facts, print_json, print_line, print_table
from credence.service.cli.remote import api_key, service_at

if TYPE_CHECKING:
    from credence.sdk.calls.reviews import Proposal

CaseId = Annotated[str, typer.Argument(metavar="CASE", help="The case.")]
ProposalId = Annotated[str, typer.Argument(metavar="PROPOSAL", help="The proposal.")]
OfferFile = Annotated[
    Path | None,
    typer.Option("--offer-file", metavar="FILE", help="Where an offer is written, mode 0600; it is never printed."),
]
ReasonOf = Annotated[str, typer.Option("--reason", metavar="SLUG", help="Why, such as false-positive; see the handbook.")]
CommentFile = Annotated[
    Path,
    typer.Option("--comment-file", metavar="FILE", help="What colleagues should know, without personal data; - is stdin."),
]

_DECISIONS: Final = ("approve", "decline", "change", "reopen")


def register(issuer: typer.Typer) -> None:
    """Adds the verbs."""
    refused = "the service refuses"
    issuer.command(epilog=codes(refused, "no service"))(propose)
    issuer.command(epilog=codes("it is one's own, or not open any more", "no service"))(approve)
    issuer.command(epilog=codes("it is not open any more", "no service"))(reject)
    issuer.command(epilog=codes(refused, "no service"))(reopen)
    issuer.command(epilog=codes(refused, "no service"))(comment)
    issuer.command(epilog=codes("there is no such case", "no service"))(history)
    issuer.command("show-again", epilog=codes("the evidence is refused", "no service"))(show_again)


def propose(
    case_id: CaseId,
    decision: Annotated[str, typer.Argument(metavar="approve|decline|change|reopen")],
    reason: ReasonOf,
    comment_file: CommentFile,
    level: Annotated[
        int | None, typer.Option("--level", min=1, max=3, help="Another kyc_level, never a higher one.")
    ] = None,
    tier: Annotated[str | None, typer.Option("--tier", metavar="TIER", help="low, standard or enhanced.")] = None,
    clear: Annotated[
        list[str] | None,
        typer.Option("--clear", metavar="LIST:ENTRY", help="An entry that is somebody else; every one that was found."),
    ] = None,
    url: ServiceUrl = None,
    key_file: ApiKeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Propose to decide otherwise than the rules did (scope issuer:review). Another reviewer approves or rejects it."""
    if decision not in _DECISIONS:
        raise BadUsage(f"what is proposed is one of {', '.join(_DECISIONS)}")
    _propose(case_id, decision, reason, comment_file, level, tier, clear or [], url, key_file, as_json)


def reopen(
    case_id: CaseId,
    reason: ReasonOf,
    comment_file: CommentFile,
    url: ServiceUrl = None,
    key_file: ApiKeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Propose that a declined case waits for a decision again: the same as `propose CASE reopen`."""
    _propose(case_id, "reopen", reason, comment_file, None, None, [], url, key_file, as_json)


def approve(
    case_id: CaseId,
    proposal_id: ProposalId,
    offer_file: OfferFile = None,
    url: ServiceUrl = None,
    key_file: ApiKeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Approve somebody else's proposal (scope issuer:review): it takes effect at once."""
    from credence.sdk import Onboarding

    require_absent(offer_file, "the offer")
    with service_at(url) as service:
        case = Onboarding(service, api_key=api_key(key_file)).approve(case_id, proposal_id)
    keep_offer(case.offer, offer_file)
    show_case(case_told(case), as_json)


def reject(
    case_id: CaseId,
    proposal_id: ProposalId,
    url: ServiceUrl = None,
    key_file: ApiKeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Reject a proposal, or withdraw one's own. The case stays as it is."""
    from credence.sdk import Onboarding

    with service_at(url) as service:
        _show_proposal(Onboarding(service, api_key=api_key(key_file)).reject(case_id, proposal_id), as_json)


def comment(case_id: CaseId, comment_file: CommentFile, url: ServiceUrl = None, key_file: ApiKeyFile = None) -> None:
    """Write a comment on a case, for colleagues. No personal data belongs in it; nobody can change it afterwards."""
    from credence.sdk import Onboarding

    text = read_text(comment_file, "the comment").strip()
    with service_at(url) as service:
        author = Onboarding(service, api_key=api_key(key_file)).comment(case_id, text)
    note(f"written, by {author}")


def history(case_id: CaseId, url: ServiceUrl = None, key_file: ApiKeyFile = None, as_json: AsJson = False) -> None:
    """Show every step of a case, with who took it, and what was proposed and written (scope issuer:review)."""
    from credence.sdk import Onboarding

    with service_at(url) as service:
        found = Onboarding(service, api_key=api_key(key_file)).history(case_id)
    if as_json:
        print_json(dict(found))
        return
    rows = (
        (
            str(step["number"]),
            str(step["what"]),
            str(step["to"]) if step["from"] == step["to"] else f"{step['from']} to {step['to']}",
            str(step["by"] or step["actor"]),
            ", ".join(step["reasons"]),
            _moment(step["at"]),
        )
        for step in found["steps"]
    )
    print_table(("step", "what", "state", "by", "reasons", "when"), rows)
    for written in found["comments"]:
        print_line(f"{_moment(written['at'])} {written['author']}: {written['comment']}")


def show_again(
    case_id: CaseId,
    evidence: Annotated[Path, typer.Option("--evidence", metavar="FILE", help="Fresh evidence; - is stdin.")],
    kind: EvidenceType = "vendor-jws",
    url: ServiceUrl = None,
    key_file: ApiKeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Hand in fresh evidence for a credential that was issued (scope issuer:cases). What is found may have it revoked."""
    from credence.sdk import Onboarding
    from credence.sdk.calls.issuer import Evidence

    given = Evidence(read_text(evidence, "the evidence").strip(), kind)
    with service_at(url) as service:
        case = Onboarding(service, api_key=api_key(key_file)).show_again(case_id, given)
    show_case(case_told(case), as_json)


def _propose(
    case_id: str,
    decision: str,
    reason: str,
    comment_file: Path,
    level: int | None,
    tier: str | None,
    clear: list[str],
    url: str | None,
    key_file: Path | None,
    as_json: bool,
) -> None:
    from credence.sdk import Onboarding
    from credence.sdk.calls.reviews import Entry, Proposed
    from credence.service.issuer.review.forms import ProposalForm

    cleared = [item.partition(":") for item in clear]
    entries = [Entry(found, entry) for found, _, entry in cleared]
    text = read_text(comment_file, "the comment").strip()
    try:
        form = ProposalForm.model_validate(
            {
                "decision": decision,
                "reason": reason,
                "comment": text,
                "kyc_level": level,
                "risk_tier": tier,
                "cleared": [entry.to_json() for entry in entries],
            }
        )
    except ValueError as error:
        raise BadUsage(
            "the reason, tier, comment or an entry (LIST:ENTRY) is none: see credence issuer propose --help"
        ) from error
    proposed = Proposed(form.decision, form.reason, form.comment, form.kyc_level, form.risk_tier, entries)
    with service_at(url) as service:
        made = Onboarding(service, api_key=api_key(key_file)).propose(case_id, proposed)
    _show_proposal(made, as_json)


def _show_proposal(made: Proposal, as_json: bool) -> None:
    facts: dict[str, Any] = {
        "proposal_id": made.proposal_id,
        "case_id": made.case_id,
        "decision": made.decision,
        "reason": made.reason,
        "standing": made.standing,
        "proposed_by": made.proposed_by,
    }
    if as_json:
        print_json(facts)
        return
    print_facts({name.replace("_", " "): value for name, value in facts.items()})


def _moment(seconds: int) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M")
