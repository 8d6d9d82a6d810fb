"""Does a venue hand out a presentation whole, its own alone, and only where something was sealed?"""

from __future__ import annotations

import pytest

from credence.circuits.encoding import Rng, b64u
from credence.circuits.exhibit import Exhibit, check_exhibit, check_label
from credence.circuits.receipt import Receipt
from credence.service.settings import Mode
from tests.circuits.escrow.ceremony import Ceremony
from tests.service.verifier.conftest import BOTH, Opened, Venue, policy


@pytest.fixture
def asking(open_venue: Opened) -> Venue:
    return open_venue()


@pytest.mark.parametrize("mode", [Mode.OBLIGED])
def test_an_exhibit_is_what_trustees_check(asking: Venue, rng: Rng) -> None:
    curve = asking.world.curve
    trustees = Ceremony(curve, rng).trustees
    escrow = {"trustees": trustees.id, "key": b64u(trustees.key), "threshold": 2, "members": 3, "purpose": "a warrant"}
    asking.register(policy(escrow=escrow))
    request = asking.open()
    path = f"/sessions/{request.session_id}/exhibit"
    assert asking.ask("GET", path).status_code == 404  # nobody has answered yet
    assert asking.answer(request.session_id, asking.prove(request)).json()["decision"] == "accepted"
    answered = asking.ask("GET", path)
    assert answered.status_code == 200, answered.text
    exhibit = Exhibit.parse(answered.json())
    receipt = Receipt.parse(exhibit.receipt["receipt"])
    checked = check_exhibit(curve, exhibit, receipt, [asking.world.document], rng)
    check_label(checked, trustees, "a warrant")
    other = asking.running.key_of("other.example", *BOTH)
    asking.keys["other"] = other
    assert asking.ask("GET", path, key="other").status_code == 404
    assert asking.ask("GET", path, key=None).status_code == 401


@pytest.mark.parametrize("mode", [Mode.OPEN])
def test_where_nothing_was_sealed_there_is_no_exhibit(asking: Venue) -> None:
    asking.register()
    decision = asking.admitted()
    assert asking.ask("GET", f"/sessions/{decision['session_id']}/exhibit").status_code == 404
