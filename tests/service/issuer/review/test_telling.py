"""Is everybody told who is due and nobody else, and does what somebody else does in between end neither a run nor a mark?"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from credence.service.issuer.review.due import looking
from credence.service.issuer.review.due.lapsing import lapse, would_lapse
from credence.service.issuer.review.due.looking import NoLists, look, mark
from credence.service.issuer.review.due.records import IssuerDue
from credence.service.issuer.review.monitoring import is_fixed, review_by
from credence.service.issuer.revocation.manager import AlreadyRevoked, Manager, Revocation, Target
from credence.service.sandbox.persons import ENHANCED_RISK
from credence.service.screening.results import Screening
from credence.service.store.faults import Contended
from tests.service.issuer.review.conftest import ALIKE, DAY, Watch
from tests.service.issuer.test_intake import problem
from tests.service.issuer.test_records import case

STRANGER = {"id": "E-1", "kind": "individual", "names": ["Somebody Else"]}


def marked(at: int) -> IssuerDue:
    """The mark of the case of this number; seven have one deadline."""
    given = {"id": f"{at:036x}", "case_id": f"case-{at}", "cause": "interval", "marked_at": 1, "deadline": 100 + at // 7}
    return IssuerDue(**given, lists="{}", ending="open")


# --- who is told ---


def test_whose_evidence_waits_for_a_decision_is_not_in_the_list_and_is_overdue_all_the_same(watch: Watch) -> None:
    case_id, _ = watch.holder()
    other, _ = watch.holder(ENHANCED_RISK)
    watch.imports(ALIKE)
    assert watch.marks() == 2
    assert {found for found, _ in watch.due()} == {case_id, other}
    watch.forward(1)
    assert watch.shows(case_id).json()["state"] == "review"
    assert [found for found, _ in watch.due()] == [other]
    watch.forward(30)
    assert would_lapse(watch.world.desk.revocation, watch.world.now, ()) == 2
    assert watch.lapses() == 2


def test_every_holder_is_listed_page_by_page(watch: Watch) -> None:
    with watch.world.desk.store.transaction() as session:
        session.add_all([case(id=f"case-{at}", state="issued", identity_tag=b"%032d" % at) for at in range(450)])
        session.flush()
        session.add_all([marked(at) for at in range(450)])
    listed: list[str] = []
    pages, after = 0, ""
    while after is not None:
        page = watch.world.get(f"/reviews?limit=200{after and '&due_after=' + after}", watch.world.operator).json()
        listed += [item["case_id"] for item in page["due"]]
        pages, after = pages + 1, page["due_next"]
    assert (pages, listed) == (3, [f"case-{at}" for at in range(450)])
    whole = watch.world.get(f"/reviews?limit=150&due_after=142.{299:036x}", watch.world.operator).json()
    assert (len(whole["due"]), whole["due_next"]) == (150, None), "the last page may be full"


@pytest.mark.slow
@pytest.mark.parametrize("cursor", ["x", "1", "1.", ".a", "1.A", "1.a%0A", "9999999999999999.a"])
def test_a_cursor_that_nobody_gave_out(watch: Watch, cursor: str) -> None:
    problem(watch.world.get(f"/reviews?due_after={cursor}", watch.world.operator), 400, "malformed")


def test_the_case_that_waits_longest_is_the_first(watch: Watch) -> None:
    more = {"state": "review", "screening": Screening((), ()).stored()}
    with watch.world.desk.store.transaction() as session:
        session.add_all([case(id=f"case-{at}", identity_tag=b"%032d" % at, **more) for at in range(3)])
    found = watch.world.get("/reviews?limit=2", watch.world.operator).json()["cases"]
    assert [item["case_id"] for item in found] == ["case-0", "case-1"]


# --- what happens in between ---


def test_who_is_marked_was_told(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that ends between the two leaves nobody marked whose wallet cannot know."""
    watch.holder()
    watch.imports(STRANGER, restart=False)

    def ended(*_given: Any, **_more: Any) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(looking, "_mark", ended)
        with pytest.raises(KeyboardInterrupt):
            watch.marks()
    assert (len(watch.world.get("/review-notice").json()["rounds"]), watch.due()) == (1, [])
    assert watch.marks() == 1
    assert len(watch.world.get("/review-notice").json()["rounds"]) == 1


@pytest.mark.parametrize("seconds", [0, 60])
def test_who_shows_evidence_while_somebody_looks_is_not_marked(watch: Watch, seconds: int) -> None:
    case_id, _ = watch.holder()
    watch.forward(1)
    watch.imports(STRANGER)
    found = watch.look()
    watch.forward(seconds / DAY)
    assert watch.shows(case_id).json()["state"] == "issued"
    assert (len(found.new), mark(watch.services, found), watch.due()) == (1, 0, [])


def test_who_is_revoked_while_somebody_looks_is_not_marked(watch: Watch) -> None:
    case_id, _ = watch.holder()
    watch.imports(STRANGER)
    found = watch.look()
    watch.world.desk.revocation.revoke(Target(case_id=case_id), reason="key-lost", by="x.example")
    assert (len(found.new), mark(watch.services, found)) == (1, 0)


@pytest.mark.parametrize("error", [AlreadyRevoked, Contended])
def test_who_is_quicker_to_revoke_does_not_end_the_run(watch: Watch, error: type[Exception]) -> None:
    first, (_, other) = watch.holder(), watch.holder(ENHANCED_RISK)
    watch.imports(STRANGER)
    watch.marks()
    watch.forward(31)

    class Overtaken(Manager):
        def revoke_in(self, session: Any, target: Target, **given: Any) -> Revocation:
            if target.attestation_id == first[1].attestation_id:
                raise error
            return super().revoke_in(session, target, **given)

    manager = watch.world.desk.revocation
    assert lapse(Overtaken(manager.services, manager.keys), watch.world.now) == 1
    assert watch.standing(other)["revoked"]
    assert watch.case(first[0])["state"] == "issued", "all or nothing"
    assert watch.lapses() == 1


def test_a_revoker_ends_the_mark_and_is_in_the_history(watch: Watch) -> None:
    case_id, _ = watch.holder()
    watch.imports(STRANGER)
    watch.marks()
    watch.world.desk.revocation.revoke(Target(case_id=case_id), reason="key-lost", by="x.example")
    assert watch.due() == []
    assert watch.world.rows(f"issuer_due_marks WHERE ending = 'lifted' AND closed_at = {watch.world.now}") == 1
    history = watch.world.history(case_id)
    last = history["steps"][-1]
    assert (last["what"], last["from"], last["to"], last["reasons"]) == ("revoked", "issued", "issued", ["key-lost"])
    assert (last["actor"], last["by"], history["due"]) == ("revoker", "x.example", None)
    with pytest.raises(AlreadyRevoked):
        watch.world.desk.revocation.revoke(Target(case_id=case_id), reason="key-lost", by="x.example")
    assert len(watch.world.history(case_id)["steps"]) == len(history["steps"])


# --- what a run would do ---


def test_a_mark_that_ends_first_is_nobody_to_revoke(watch: Watch) -> None:
    watch.holder()
    watch.imports(STRANGER, restart=False)
    watch.marks()
    watch.imports(restart=False)
    watch.forward(31)
    found, manager = watch.look(), watch.world.desk.revocation
    assert would_lapse(manager, watch.world.now, ()) == 1
    assert would_lapse(manager, watch.world.now, found.lifted) == 0
    assert (watch.marks(), watch.lapses()) == (0, 0)


def test_another_table_counts_at_once_as_wallets_are_told_of_it(watch: Watch) -> None:
    watch.holder()
    table = watch.world.desk.diligence
    days = table.monitoring["low"].review_days
    shorter = replace(
        table, monitoring={name: replace(found, review_days=days // 2) for name, found in table.monitoring.items()}
    )
    watch.forward(days // 2 - 29)
    assert look(watch.services, table, NoLists()).new == ()
    assert look(watch.services, shorter, NoLists()).causes() == {"interval": 1}
    assert review_by(table, case(verified_at=7, review_by=9)) == 7 + days * DAY
    assert review_by(table, case(risk_tier=None, review_by=9)) is None


@pytest.mark.parametrize(
    ("factors", "tier", "fixed"),
    [
        ("[]", "enhanced", True),
        ("[]", "standard", False),
        ('[["residence", "x", "+3"]]', "enhanced", False),
        ('[["political-exposure", "holder", "enhanced"]]', "enhanced", True),
    ],
    ids=["not-kept", "not-kept-and-standard", "points", "factor"],
)
def test_what_fixes_a_tier(factors: str, tier: str, fixed: bool) -> None:
    assert is_fixed(case(factors=factors, assessed_tier=tier)) is fixed
