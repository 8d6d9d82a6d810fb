"""What is fresh, for each kind of evidence, when it is shown again?"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from credence.circuits.wire import Offer
from tests.service.adapters import chips
from tests.service.adapters.vendors import VENDORS, answer, vendor_bundle
from tests.service.issuer.inbox.conftest import Front
from tests.service.issuer.test_intake import problem


def holder(front: Front, kind: str, token: str) -> str:
    """The case of who holds a credential since a minute."""
    offer = Offer.parse(front.hand_in(kind, token).json()["offer"])
    evidence = {"type": kind, "token": token}
    assert front.world.claim(offer, front.world.request().commitment, token, evidence=evidence).status_code == 201
    front.world.running.clock.forward(60)
    front.publish()
    return offer.case_id


def shows(front: Front, case_id: str, kind: str, token: str) -> Any:
    return front.world.post(f"/cases/{case_id}/evidence", {"evidence": {"type": kind, "token": token}}, front.world.operator)


def test_a_chip_is_read_again(front: Front) -> None:
    token = chips.passport().decode()
    case_id = holder(front, "icao-emrtd", token)
    for _ in range(2):
        assert shows(front, case_id, "icao-emrtd", token).json()["state"] == "issued"
    assert front.world.rows("issuer_shown_again") == 2


@pytest.mark.parametrize("kind", VENDORS)
def test_a_vendors_check_is_made_again(front: Front, kind: str) -> None:
    front.service.give(kind, answer(kind))
    token = vendor_bundle(kind).decode()
    case_id = holder(front, kind, token)
    problem(shows(front, case_id, kind, token), 409, "conflict")
    problem(shows(front, case_id, kind, token + " "), 409, "conflict")
    assert front.world.rows("issuer_shown_again") == 0
    later = datetime.fromtimestamp(front.world.now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    front.service.give(kind, answer(kind, checked=later))
    assert shows(front, case_id, kind, token + " ").json()["state"] == "issued"


def test_a_pid_answers_another_challenge(front: Front) -> None:
    """It may be the one of before: that its holder has it now is what is shown."""
    case_id = holder(front, "eu-pid", front.pid(front.challenge()))
    assert shows(front, case_id, "eu-pid", front.pid(front.challenge())).json()["state"] == "issued"
    used = front.pid(front.challenge())
    assert shows(front, case_id, "eu-pid", used).status_code == 200
    problem(shows(front, case_id, "eu-pid", used), 409, "conflict")
