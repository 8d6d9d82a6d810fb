"""Is evidence that is shown again held against the first, against the lists as they are now, and against nobody else's?"""

from __future__ import annotations

from dataclasses import replace

from credence.circuits.wire import Offer
from credence.service.issuer.revocation.manager import Target
from credence.service.sandbox.persons import ENHANCED_RISK, LOW_RISK
from tests.service.issuer.conftest import World
from tests.service.issuer.review.conftest import ALIKE, LISTED, OTHER, Watch
from tests.service.issuer.test_intake import problem

STRANGER = {"id": "E-1", "kind": "individual", "names": ["Somebody Else"]}


def test_who_is_not_listed_stays(watch: Watch) -> None:
    case_id, held = watch.holder()
    watch.imports(STRANGER)
    watch.marks()
    watch.forward(3)
    case = watch.shows(case_id).json()
    assert (case["state"], case["offer"], case["screening"]["matches"]) == ("issued", None, [])
    assert watch.due() == []
    assert watch.standing(held) == {
        "attestation_id": held.attestation_id,
        "verified_at": watch.world.now,
        "revoked": False,
        "due": None,
    }
    assert watch.marks() == 0, "searched for in the new version"
    history = watch.world.history(case_id)
    assert [step["what"] for step in history["steps"]] == ["opened", "issued", "due", "shown-again"]
    (shown,) = history["shown_again"]
    assert (shown["by"], shown["outcome"], shown["vendor"]) == ("operator.example", "issued", watch.world.vendor.name)


def test_who_is_listed_is_declined_and_revoked(watch: Watch) -> None:
    case_id, held = watch.holder()
    watch.imports(LISTED)
    watch.marks()
    case = watch.shows(case_id).json()
    assert (case["state"], case["reasons"], case["kyc_level"]) == ("declined", ["sanctions-hit"], None)
    assert [match["entry_id"] for match in case["screening"]["matches"]] == ["E-9"]
    assert watch.world.rows("issuer_revocations") == 1
    assert (watch.standing(held)["revoked"], watch.due()) == (True, [])
    problem(watch.shows(case_id), 409, "conflict")
    problem(watch.world.propose(case_id, "reopen", "decided-in-error"), 409, "conflict")


def test_who_is_alike_waits_for_two_and_keeps_the_credential(watch: Watch) -> None:
    case_id, _ = watch.holder()
    watch.imports(ALIKE)
    watch.marks()
    assert watch.shows(case_id).json()["state"] == "review"
    problem(watch.world.decide(case_id, "approve"), 409, "four-eyes-required")
    problem(watch.shows(case_id), 409, "conflict")
    case = watch.world.clear(case_id).json()
    assert (case["state"], case["offer"]) == ("issued", None)
    assert (watch.world.rows("issuer_revocations"), watch.due()) == (0, [])
    # what was judged is judged
    watch.forward(1)
    assert watch.shows(case_id).json()["state"] == "issued"


def test_what_is_cleared_is_the_entry_as_it_was(watch: Watch) -> None:
    case_id, _ = watch.holder()
    watch.imports(ALIKE)
    watch.shows(case_id)
    watch.world.clear(case_id)
    watch.imports({**ALIKE, "countries": ["RU"]})
    watch.forward(1)
    assert watch.shows(case_id).json()["state"] == "review", "the same entry and band, and another content"
    assert watch.world.clear(case_id).json()["state"] == "issued"
    watch.imports({**ALIKE, "countries": ["RU"]}, STRANGER)
    watch.forward(1)
    assert watch.shows(case_id).json()["state"] == "issued"


def test_a_claim_is_held_up_by_a_cleared_entry_that_changed(watch: Watch) -> None:
    world, request = watch.world, watch.world.request()
    watch.imports(ALIKE)
    token = world.token()
    case_id = world.open(token).json()["case_id"]
    offer = Offer.parse(world.clear(case_id).json()["offer"])
    watch.imports({**ALIKE, "names": [*ALIKE["names"], "Somebody Else"]})
    problem(world.claim(offer, request.commitment, token), 401, "unauthorized")
    assert watch.case(case_id)["state"] == "review"
    again = Offer.parse(world.clear(case_id).json()["offer"])
    assert world.claim(again, request.commitment, token).status_code == 201


def test_two_decline_it_and_it_is_revoked(watch: Watch) -> None:
    case_id, held = watch.holder()
    watch.imports(ALIKE)
    watch.shows(case_id)
    assert watch.case(case_id)["state"] == "review"
    problem(watch.world.decide(case_id, "decline", "same-person"), 409, "four-eyes-required")
    assert (watch.standing(held)["revoked"], watch.world.rows("issuer_due_marks WHERE ending = 'open'")) == (False, 1)
    assert watch.world.override(case_id, "decline", "sanctions-confirmed").json()["state"] == "declined"
    assert (watch.standing(held)["revoked"], watch.world.rows("issuer_due_marks WHERE ending = 'open'")) == (True, 0)


def test_whom_the_table_refuses_now_is_declined(watch: Watch) -> None:
    case_id, _ = watch.holder()
    case = watch.shows(case_id, replace(LOW_RISK, residence="KP")).json()
    assert case["state"] == "declined"
    assert watch.world.rows("issuer_revocations") == 1


def test_evidence_grows_old_and_is_renewed(watch: Watch) -> None:
    case_id, _ = watch.holder()
    days = watch.world.desk.diligence.monitoring["low"].review_days
    watch.forward(days - 30)
    watch.marks()
    assert watch.shows(case_id).json()["state"] == "issued"
    assert watch.marks() == 0
    watch.forward(29)
    assert watch.marks() == 0


# --- refused; the accepted twin is the last line of each ---


def test_another_document_is_another_person(watch: Watch) -> None:
    case_id, _ = watch.holder()
    for person in (OTHER, ENHANCED_RISK):
        detail = problem(watch.shows(case_id, person), 409, "conflict")
        assert "document" in detail
    assert watch.world.rows("issuer_shown_again") == 0
    assert watch.shows(case_id).status_code == 200


def test_evidence_of_before_is_not_fresh(watch: Watch) -> None:
    token = watch.world.token()
    offer, request = watch.world.offer(token), watch.world.request()
    assert watch.world.claim(offer, request.commitment, token).status_code == 201
    problem(watch.shows(offer.case_id, token=token), 409, "conflict")
    fresh = watch.world.token()
    assert watch.shows(offer.case_id, token=fresh).status_code == 200
    problem(watch.shows(offer.case_id, token=fresh), 409, "conflict")
    assert watch.shows(offer.case_id).status_code == 200


def test_evidence_from_before_the_last_is_not_fresh(watch: Watch) -> None:
    kept = watch.world.token()
    watch.world.running.clock.forward(60)
    case_id, _ = watch.holder()
    problem(watch.shows(case_id, token=kept), 409, "conflict")
    assert watch.shows(case_id).status_code == 200


def test_a_service_with_an_older_list_clears_nobody(watch: Watch) -> None:
    case_id, _ = watch.holder()
    watch.imports(LISTED, restart=False)
    watch.marks()
    answer = watch.shows(case_id)
    assert problem(answer, 503, "unavailable").startswith("Other versions of the lists are searched here")
    assert watch.case(case_id)["state"] == "issued"
    watch.restart()
    assert watch.shows(case_id).json()["state"] == "declined"


def test_a_case_without_a_credential(watch: Watch) -> None:
    case_id = watch.world.open(watch.world.token()).json()["case_id"]
    problem(watch.shows(case_id), 409, "conflict")
    problem(watch.shows("x"), 404, "not-found")
    body = {"evidence": {"type": "vendor-jws", "token": watch.world.token()}}
    problem(watch.world.post(f"/cases/{case_id}/evidence", body, watch.world.reviewer), 403, "forbidden")


def test_what_was_revoked_otherwise_is_not_brought_back(watch: Watch) -> None:
    (revoked, _), (pending, _), (good, _) = watch.holder(), watch.holder(OTHER), watch.holder(ENHANCED_RISK)
    watch.imports(ALIKE)
    assert watch.shows(pending, OTHER).json()["state"] == "review"
    for case_id in (revoked, pending):
        watch.world.desk.revocation.revoke(Target(case_id=case_id), reason="key-lost", by="x.example")
    problem(watch.shows(revoked), 409, "conflict")
    problem(watch.world.propose(pending, "approve", "false-positive"), 409, "conflict")
    problem(watch.world.decide(pending, "approve"), 409, "conflict")
    assert watch.world.decide(pending, "decline").json()["state"] == "declined"
    assert watch.shows(good, ENHANCED_RISK).json()["state"] == "issued"


def test_forged_evidence_changes_nothing(watch: Watch, world: World) -> None:
    case_id, _ = watch.holder()
    problem(watch.shows(case_id, token=world.token(audience="other.example")), 400, "malformed")
    assert watch.case(case_id)["state"] == "issued"
    assert watch.shows(case_id).status_code == 200
