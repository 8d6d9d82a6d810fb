"""Requests about openings, for the matrix: trustees who made a key, and warrants in anybody's name."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from credence.circuits import curve as curves
from credence.circuits.encoding import b64u
from credence.circuits.warrant import Finding, sign_warrant
from credence.service.auditor import disclosure
from tests.circuits.escrow.ceremony import Ceremony
from tests.conftest import SeededBytes
from tests.service.auditor.conftest import KEY, Office

_MADE: Final[list[Office]] = []


def trustees(folder: Path) -> Path:
    """A folder with the transcript of a ceremony, as a setting names it."""
    folder.mkdir()
    (folder / "trustees.json").write_text(json.dumps(_office(None).made.transcript.to_json()))
    return folder


def _office(running: Any) -> Office:
    if not _MADE:
        rng = SeededBytes("trustees of the matrix")
        _MADE.append(Office(running, Ceremony(curves.load("native"), rng), "", rng))
    _MADE[0].running = running
    return _MADE[0]


def _warrant_of(premises: Any, owner: str) -> tuple[str, dict[str, Any]]:
    """A warrant of a client's that is in the log, and a trustee's share for it."""
    office = _office(premises.running)
    services, warrant = premises.running.services, office.warrant(authority=owner, issued_at=premises.office.now)
    with services.store("auditor").transaction() as session:
        disclosure.accept_warrant(session, owner, warrant, 2, now=warrant.issued_at, rng=services.rng)
    services.ledger.sequence()
    return b64u(warrant.digest()), office.share(warrant, 1).to_json()


def samples(sample: Callable[..., Any]) -> dict[str, Callable[[Any, str], Any]]:
    """By operation, as the other samples are."""
    ok, new = frozenset({200}), frozenset({201})

    def posted(premises: Any, owner: str) -> Any:
        warrant = _office(premises.running).warrant(authority=owner, issued_at=premises.office.now)
        return sample(new | {403}, body=sign_warrant(warrant, KEY))  # nobody posts in another's name

    def read(premises: Any, owner: str) -> Any:
        return sample(ok, {"warrant_id": _warrant_of(premises, owner)[0]})

    def handed_in(premises: Any, owner: str) -> Any:
        warrant_id, share = _warrant_of(premises, owner)
        return sample(new, {"warrant_id": warrant_id}, share)

    def found(premises: Any, owner: str) -> Any:
        signed = sign_warrant(_office(premises.running).warrant(), KEY)
        return sample(frozenset({400}), body={**Finding(signed, ()).to_json(), "parts": [{}]})

    def exhibited(premises: Any, owner: str) -> Any:
        return sample(frozenset({404}), {"session_id": premises.session_of(owner).session_id})  # nothing is sealed here

    return {
        "postWarrant": posted,
        "readWarrant": read,
        "readShares": read,
        "handInShare": handed_in,
        "listOpenings": lambda premises, owner: sample(ok),
        "readExhibit": exhibited,
        "findSubject": found,
    }
