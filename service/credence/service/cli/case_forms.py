"""A case as it is shown, wherever it came from; and its offer, which is never shown."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from credence.service.cli.documents import write_private
from credence.service.cli.output import note, print_facts, print_json, print_table

if TYPE_CHECKING:
    from credence.circuits.wire import Offer
    from credence.sdk import Case
    from credence.service.issuer.intake import CaseView


def case_seen(view: CaseView) -> dict[str, Any]:
    """A case of the database as it is shown, without its offer; who lists cases cannot open a record's reference."""
    return {
        "case_id": view.case.id,
        "state": view.case.state,
        "reasons": list(view.reasons),
        "screening": view.screening.to_json(),
        "kyc_level": view.case.kyc_level,
        "risk_tier": view.case.risk_tier,
        "factors": view.factors,
        "monitoring": view.case.monitoring,
        "review_by": view.case.review_by,
        "mode": view.case.mode,
        "diligence": view.case.diligence,
        "record": view.record,
    }


def case_told(case: Case) -> dict[str, Any]:
    """A case that a service told of, in the same form."""
    lists = [{"name": item.name, "version": item.version, "digest": item.digest} for item in case.lists]
    matches = [
        {
            "list": item.list,
            "entry_id": item.entry_id,
            "score": int(item.score),
            "band": item.band,
            "reasons": list(item.reasons),
        }
        for item in case.matches
    ]
    return {
        "case_id": case.case_id,
        "state": case.state,
        "reasons": list(case.reasons),
        "screening": {"matcher": case.matcher, "lists": lists, "matches": matches},
        "kyc_level": case.kyc_level,
        "risk_tier": case.risk_tier,
        "factors": [asdict(found) for found in case.factors],
        "monitoring": case.monitoring,
        "review_by": case.review_by,
        "mode": case.mode,
        "diligence": case.diligence,
        "record": None if case.record is None else asdict(case.record),
    }


def keep_offer(offer: Offer | None, file: Path | None) -> None:
    """Writes an offer to a new private file. Raises :class:`Failed` where there is one."""
    if offer is None:
        return
    if file is None:
        note("an offer was made and not kept: the same evidence handed in again brings it, with --offer-file")
        return
    write_private(file, json.dumps(offer.to_json(), indent=2) + "\n", "the offer")
    note(f"the offer is in {file}: whoever has it and the evidence may claim the credential")


def show_case(case: dict[str, Any], as_json: bool) -> None:
    """Prints one case."""
    if as_json:
        print_json(case)
        return
    found = [
        f"{match['list']} {match['entry_id']} ({match['band']}, {match['score']}: {' '.join(match['reasons'])})"
        for match in case["screening"]["matches"]
    ]
    searched = [f"{item['name']} {item['version']}" for item in case["screening"]["lists"]]
    facts = {
        "case": case["case_id"],
        "state": case["state"],
        "reasons": ", ".join(case["reasons"]),
        "level": str(case["kyc_level"] or "none"),
        "risk tier": case["risk_tier"] or "none",
        "weighed": _weighed(case),
        "watched": _watched(case),
        "record": _kept(case["record"]),
        "searched": ", ".join(searched) or "no list",
        "found": ", ".join(found) or "nothing",
    }
    print_facts(facts)


def _weighed(case: dict[str, Any]) -> str:
    """What counted, and what it did, by which table: ``assurance basic 2, pep yes enhanced (table 2026-11-2)``."""
    found = [
        f"{weighed['factor']} {weighed['value']} {weighed['effect']}"
        for weighed in case["factors"]
        if weighed["effect"] != "0"
    ]
    return f"{', '.join(found) or 'nothing'} (table {case['diligence']}, mode {case['mode']})"


def _watched(case: dict[str, Any]) -> str:
    if case["review_by"] is None:
        return "not"
    return f"{case['monitoring']}, looked at again by {datetime.fromtimestamp(case['review_by'], UTC):%Y-%m-%d}"


def _kept(record: dict[str, Any] | None) -> str:
    if record is None:
        return "by nobody that is named"
    return f"{record['reference']} at {record['keeper']}, for {record['years']} years after the relationship"


def list_cases(found: list[dict[str, Any]], as_json: bool) -> None:
    """Prints many."""
    if as_json:
        print_json({"cases": found})
        return
    rows = (
        (c["case_id"], c["state"], str(c["kyc_level"] or ""), c["risk_tier"] or "", ", ".join(c["reasons"])) for c in found
    )
    print_table(("case", "state", "level", "risk tier", "reasons"), rows)
