"""Requests about cases of abuse, each right in everything but, perhaps, who sends it."""

from __future__ import annotations

from typing import Final

from tests.service.auth.premises import Make, Premises, Sample
from tests.service.reputation.saying import MORNING, line

_OK: Final = frozenset({200})
_DAY: Final = {"day": "2026-09-20"}
_KNOWN: Final[dict[tuple[int, str], dict[str, str]]] = {}


def _case(found: Premises, client_id: str) -> dict[str, str]:
    """A case that a rule opened over what this client alone has reported; one for each client of the premises."""
    known = _KNOWN.setdefault((id(found), client_id), {})
    if known:
        return known
    fill = line("fill", 3, who=found.pseudonym_of(client_id), at=MORNING - 60, self_match=True)
    found.told(client_id, "POST", "/v1/reputation/events", {"events": [fill]})
    found.told(client_id, "POST", "/v1/reputation/cases/looks", _DAY)
    (case,) = found.told(client_id, "GET", "/v1/reputation/cases", None)["cases"]
    known["case_id"] = str(case["case_id"])
    return known


LOOKED: Final[dict[str, Make]] = {
    "lookForAbuse": lambda found, owner: Sample(_OK, body=_DAY),
    "listAbuseCases": lambda found, owner: Sample(_OK),
    "readAbuseCase": lambda found, owner: Sample(_OK, _case(found, owner)),
    "closeAbuseCase": lambda found, owner: Sample(_OK, _case(found, owner), {"note": "explained"}),
}
"""By operation."""
