"""What a caller decides about a person, for every cell of the matrix: all of it about somebody else than the other cells."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from credence.service.sandbox.persons import LOW_RISK
from tests.service.auth import premises
from tests.service.auth.kept import KEPT
from tests.service.auth.looked import LOOKED
from tests.service.auth.premises import STAFF, Make, Premises, Sample
from tests.service.auth.renewals import RENEWALS
from tests.service.auth.reports import REPORTS

_DONE: Final = frozenset({200, 201, 409})
"""Whoever asks a second time is refused, and has been let in."""

_KEPT: Final[dict[int, dict[str, str]]] = {}


def _held(found: Premises, number: str, *, banned: bool = False) -> dict[str, str]:
    """The path's values for a person of that document; one for each of the premises."""
    known = _KEPT.setdefault(id(found), {})
    if number not in known:
        attestation_id, _, _ = found.issued(replace(LOW_RISK, document_number=number))
        known[number] = attestation_id
        if banned:
            body = {"attestation_id": attestation_id, "reason": "forged-document"}
            known[number] = found.told(STAFF, "POST", "/v1/issuer/bans", body)["ban_id"]
    return {"ban_id" if banned else "attestation_id": known[number]}


DECIDED: Final[dict[str, Make]] = {
    "suspendCredential": lambda found, owner: Sample(_DONE, _held(found, "C11X00001"), {"reason": "device-stolen"}),
    "liftSuspension": lambda found, owner: Sample(_DONE, _held(found, "C11X00002"), {}),
    "readPerson": lambda found, owner: Sample(frozenset({200}), _held(found, "C11X00002")),
    "readPersonOfCase": lambda found, owner: Sample(
        frozenset({200}), {"case_id": found.case(replace(LOW_RISK, document_number="C11X00005"))["case_id"]}
    ),
    "banPerson": lambda found, owner: Sample(_DONE, body={**_held(found, "C11X00003"), "reason": "forged-document"}),
    "liftBan": lambda found, owner: Sample(_DONE, _held(found, "C11X00004", banned=True), {}),
}

SAMPLES: Final[dict[str, Make]] = {**premises.SAMPLES, **DECIDED, **KEPT, **RENEWALS, **REPORTS, **LOOKED}
