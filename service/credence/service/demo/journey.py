"""The journey: the steps in their order, each with the name that it is reported by."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from credence.service.demo import accounts, conduct, intake, lists, openings, refusals, steps, trail, travelling
from credence.service.demo.report import Journal
from credence.service.demo.world import World


@dataclass(frozen=True, slots=True)
class Step:
    """One step; ``act`` raises where it did not go as the protocol promises."""

    name: str
    act: Callable[[World, Journal], None]


READ_DAYS: Final = Step("Read the account days", accounts.read_days)
PRICE_ACCOUNTS: Final = Step("Price the real accounts", accounts.price_accounts)
MOVE_STANDINGS: Final = Step("Move two standings by conduct", conduct.move_standings)
DECLINE_MISTYPED: Final = Step("Decline a listed applicant, mistyped", intake.decline_mistyped)

_ARRIVAL: Final = (
    Step("Import the screening lists", lists.import_lists),
    Step("Start the service", intake.start_service),
    Step("Find the issuer in the log", trail.find_issuer),
    Step("Publish the venues' policies", steps.publish_policies),
    Step("Verify a person of low risk", intake.verify_low_risk),
    Step("Verify a person of enhanced risk", intake.verify_enhanced_risk),
    Step("Refuse evidence, by its reason", intake.refuse_evidence),
    Step("Decline a listed applicant", intake.decline_listed),
)
_VISITS: Final = (
    Step("Leave a namesake to two reviewers", intake.review_namesake),
    Step("Present at both venues", steps.visit_venues),
    Step("Present again", steps.visit_again),
    Step("Check a proof offline", steps.check_offline),
    Step("Report conduct at two venues", travelling.report_conduct),
    Step("Renew three standings unseen", travelling.renew_standings),
    Step("Prove a standing at a fourth venue", travelling.prove_standing),
    Step("Open a handle by warrant", openings.open_by_warrant),
    Step("Refuse a replay", refusals.replay),
    Step("Refuse tampered proofs", refusals.tamper),
    Step("Refuse a revoked API key", refusals.revoke_key),
)
_DEPARTURE: Final = (
    Step("Wait for a credential's last minute", refusals.wait_for_the_last_minute),
    Step("Refuse an expired credential", refusals.expire),
    Step("Revoke a credential", refusals.revoke_credential),
    Step("Audit attestations and receipts", trail.audit),
    Step("Verify the ledger", trail.verify_ledger),
    Step("Find nobody in what is kept", trail.find_nobody),
    Step("Stop the service", trail.stop_service),
)


def journey(*, days: bool, un: bool = False) -> tuple[Step, ...]:
    """Every step; with ``days`` also those over real accounts, with ``un`` the one over the United Nations' list."""
    mistyped = (DECLINE_MISTYPED,) if un else ()
    if not days:
        return *_ARRIVAL, *mistyped, *_VISITS, *_DEPARTURE
    return READ_DAYS, *_ARRIVAL, *mistyped, *_VISITS, PRICE_ACCOUNTS, MOVE_STANDINGS, *_DEPARTURE
