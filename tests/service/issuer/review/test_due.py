"""Is everybody due who may have been listed since, or was not looked at for long, and nobody else? And if nobody comes?"""

from __future__ import annotations

import pytest

from credence.service.adapters.list_changes import list_changes
from credence.service.issuer.review.due.looking import NoLists, look
from credence.service.issuer.revocation.manager import Target
from credence.service.sandbox.persons import ENHANCED_RISK, LOW_RISK
from tests.service.issuer.review.conftest import ALIKE, LISTED, Watch

STRANGER = {"id": "E-1", "kind": "individual", "names": ["Somebody Else"]}


def test_a_new_entry_makes_everybody_due_who_was_searched_for_before(watch: Watch) -> None:
    mine, theirs = watch.holder(), watch.holder(ENHANCED_RISK)
    assert watch.marks() == 0
    watch.imports(STRANGER, restart=False)
    assert watch.marks() == 2
    assert sorted(watch.due()) == sorted((case_id, "list-changed") for case_id, _ in (mine, theirs))
    assert watch.marks() == 0, "once"
    assert watch.world.history(mine[0])["steps"][-1]["what"] == "due"
    standing = watch.standing(mine[1])
    assert standing["due"] == {"cause": "list-changed", "deadline": watch.world.now + 30 * 86_400}
    assert not standing["revoked"]


def test_what_went_or_stayed_makes_nobody_due(watch: Watch) -> None:
    watch.imports(STRANGER)
    watch.holder()
    watch.imports(STRANGER)
    assert watch.marks() == 0
    watch.imports()
    assert watch.marks() == 0


def test_a_changed_entry_does(watch: Watch) -> None:
    watch.imports(STRANGER)
    watch.holder()
    watch.imports({**STRANGER, "births": ["1970"]})
    assert watch.marks() == 1


def test_whoever_was_searched_for_in_the_new_version_is_not_due(watch: Watch) -> None:
    watch.holder()
    watch.imports(STRANGER)
    later, _ = watch.holder(ENHANCED_RISK)
    assert watch.marks() == 1
    assert later not in dict(watch.due())


def test_a_case_that_was_opened_before_is_searched_for_when_it_is_claimed(watch: Watch) -> None:
    token = watch.world.token()
    offer, request = watch.world.offer(token), watch.world.request()
    watch.imports(STRANGER)
    assert watch.world.claim(offer, request.commitment, token).status_code == 201
    assert watch.marks() == 0


def test_a_list_that_is_new_altogether(watch: Watch) -> None:
    watch.holder()
    changes = list_changes(watch.settings)
    assert not changes.concern("own", changes.current["own"])
    assert changes.concern("own", None)
    assert changes.concern("own", "a version that nobody kept")


def test_a_version_that_lists_nobody_new_lifts_the_mark(watch: Watch) -> None:
    _, held = watch.holder()
    watch.imports(STRANGER, restart=False)
    watch.marks()
    watch.imports(restart=False)
    found = watch.look()
    assert (len(found.new), len(found.lifted)) == (0, 1)
    assert watch.marks() == 0
    assert watch.standing(held)["due"] is None


def test_a_second_version_keeps_the_deadline(watch: Watch) -> None:
    _, held = watch.holder()
    watch.imports(STRANGER, restart=False)
    watch.marks()
    first = watch.standing(held)["due"]
    watch.forward(10)
    watch.imports(STRANGER, LISTED, restart=False)
    assert watch.marks() == 0
    assert watch.standing(held)["due"] == first


def test_evidence_grows_old(watch: Watch) -> None:
    case_id, held = watch.holder()
    days = watch.world.desk.diligence.monitoring["low"].review_days
    watch.forward(days - 31)
    assert watch.marks() == 0
    watch.forward(1)
    assert watch.marks() == 1
    assert watch.due() == [(case_id, "interval")]
    assert watch.standing(held)["due"]["deadline"] >= watch.world.now + 30 * 86_400


def test_whoever_was_overlooked_has_the_whole_notice(watch: Watch) -> None:
    _, held = watch.holder()
    watch.forward(watch.world.desk.diligence.monitoring["low"].review_days + 5)
    assert watch.marks() == 1
    assert watch.standing(held)["due"]["deadline"] == watch.world.now + 30 * 86_400


def test_what_is_over_or_revoked_is_nobodys_business(watch: Watch) -> None:
    case_id, _ = watch.holder()
    watch.holder(ENHANCED_RISK)
    watch.world.desk.revocation.revoke(Target(case_id=case_id), reason="key-lost", by="x.example")
    watch.imports(STRANGER, restart=False)
    assert watch.marks() == 1
    assert case_id not in dict(watch.due())
    watch.forward(800)
    found = watch.look()
    assert (len(found.new), len(found.lifted)) == (0, 1)


def test_looking_writes_nothing(watch: Watch) -> None:
    watch.holder()
    watch.imports(STRANGER, restart=False)
    assert watch.look().causes() == {"list-changed": 1}
    assert look(watch.services, watch.world.desk.diligence, NoLists()).new == ()
    assert watch.world.rows("issuer_due_marks") == watch.world.rows("issuer_review_rounds") == 0


# --- what everybody is told ---


def test_everybody_is_told_the_same_and_of_nobody(watch: Watch) -> None:
    case_id, held = watch.holder()
    before = watch.world.get("/review-notice").json()
    assert before["rounds"] == []
    assert before["review_days"] == {
        tier: found.review_days for tier, found in watch.world.desk.diligence.monitoring.items()
    }
    watch.imports(STRANGER, restart=False)
    watch.marks()
    text = watch.world.get("/review-notice").text
    assert watch.world.get("/review-notice").json()["rounds"] == [
        {"opened_at": watch.world.now, "deadline": watch.world.now + 30 * 86_400}
    ]
    for what in (case_id, held.attestation_id, "own", "E-1"):
        assert what not in text
    assert watch.world.get("/attestations/" + "0" * 32 + "/standing").status_code == 404


# --- nobody comes ---


def test_who_does_not_come_is_revoked_after_the_deadline(watch: Watch) -> None:
    case_id, held = watch.holder()
    watch.imports(STRANGER)
    watch.marks()
    watch.forward(30)
    assert watch.lapses() == 0, "the deadline itself is not over"
    watch.forward(0.001)
    assert watch.lapses() == 1
    assert watch.lapses() == 0
    case = watch.case(case_id)
    assert (case["state"], case["reasons"], case["kyc_level"]) == ("declined", ["not-shown-again"], None)
    assert watch.standing(held) == {**watch.standing(held), "revoked": True, "due": None}
    assert watch.world.rows("issuer_revocations WHERE reason = 'not-shown-again' AND revoked_by = 'rules'") == 1
    assert watch.world.history(case_id)["steps"][-1]["what"] == "lapsed"
    assert watch.shows(case_id).status_code == 409


def test_a_pending_decision_does_not_wait_for_ever(watch: Watch) -> None:
    case_id, held = watch.holder()
    watch.imports(ALIKE)
    watch.marks()
    assert watch.shows(case_id).json()["state"] == "review"
    assert watch.standing(held)["due"] is None, "that somebody has to decide is not hinted at"
    watch.forward(31)
    assert watch.lapses() == 1
    assert watch.case(case_id)["state"] == "declined"


def test_a_credential_that_was_revoked_otherwise_only_loses_its_mark(watch: Watch) -> None:
    case_id, _ = watch.holder()
    watch.imports(STRANGER)
    watch.marks()
    watch.world.desk.revocation.revoke(Target(case_id=case_id), reason="key-lost", by="x.example")
    watch.forward(31)
    assert watch.lapses() == 0
    assert (watch.case(case_id)["state"], watch.due()) == ("issued", [])


@pytest.mark.parametrize("days", [0, 29])
def test_who_comes_in_time_is_left_alone(watch: Watch, days: int) -> None:
    case_id, _ = watch.holder(LOW_RISK)
    watch.imports(STRANGER)
    watch.marks()
    watch.forward(days)
    assert watch.shows(case_id).json()["state"] == "issued"
    watch.forward(31)
    assert watch.lapses() == 0
