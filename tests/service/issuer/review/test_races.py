"""Of many who approve, propose or show evidence at once, does exactly one win, on either database?"""

from __future__ import annotations

import secrets
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from credence.service.errors import Conflict, ServiceError, Unavailable
from credence.service.issuer.desk import Desk
from credence.service.issuer.review import overrides
from credence.service.issuer.review.overrides import Override
from credence.service.issuer.review.reading import comment
from credence.service.issuer.review.reasons import Kind, Reason
from credence.service.issuer.review.shown_again import show_again
from credence.service.sandbox.persons import FOR_REVIEW, LOW_RISK
from tests.service.issuer.conftest import World
from tests.service.issuer.review.conftest import Watch

pytestmark = pytest.mark.slow

THREADS = 64
ROUNDS = 8


def at_once(works: list[Callable[[], Any]]) -> list[Any]:
    """Runs every work in a thread of its own, all from the same moment; whoever a busy database turned away comes again."""
    gate = threading.Barrier(len(works))

    def run(work: Callable[[], Any]) -> Any:
        gate.wait()
        for _ in range(ROUNDS):
            try:
                return work()
            except Unavailable:
                continue
            except ServiceError as error:
                return error
        raise AssertionError("the database was too busy all the time")

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


def shared(world: World) -> Desk:
    """One that draws from the system, since threads share it."""
    return replace(world.desk, services=replace(world.desk.services, rng=secrets.token_bytes))


def proposed(world: World, person: Any = LOW_RISK) -> tuple[str, str]:
    case_id = world.open(world.token(person)).json()["case_id"]
    return case_id, world.propose(case_id, "decline", "adverse-information").json()["proposal_id"]


def counted(results: list[Any]) -> Counter[str]:
    return Counter("refused" if isinstance(one, Conflict) else "done" for one in results)


def test_many_approve_one_proposal(world: World) -> None:
    desk, (case_id, proposal_id) = shared(world), proposed(world)
    works = [lambda n=n: overrides.approve(desk, case_id, proposal_id, f"r{n}.example") for n in range(THREADS)]
    results = at_once(works)
    assert counted(results) == {"done": 1, "refused": THREADS - 1}
    (view,) = [one for one in results if not isinstance(one, Exception)]
    history = world.history(case_id)
    (proposal,) = history["proposals"]
    assert (proposal["standing"], proposal["approved_by"]) == ("approved", view.case.decided_by)
    assert [step["what"] for step in history["steps"]] == ["opened", "proposed", "overridden"]


def test_the_proposer_never_wins(world: World) -> None:
    desk, (case_id, proposal_id) = shared(world), proposed(world)
    clients = ["reviewer.example" if at % 2 else "second.example" for at in range(THREADS)]
    results = at_once([lambda by=by: overrides.approve(desk, case_id, proposal_id, by) for by in clients])
    assert counted(results) == {"done": 1, "refused": THREADS - 1}
    assert world.rows("issuer_proposals WHERE approved_by = 'second.example'") == 1


def test_approved_or_rejected_and_never_both(world: World) -> None:
    desk, (case_id, proposal_id) = shared(world), proposed(world)
    verbs = (overrides.approve, overrides.reject)
    results = at_once(
        [lambda n=n: verbs[n % 2](desk, case_id, proposal_id, f"r{n}.example") for n in range(THREADS)]  # type: ignore[operator]
    )
    assert counted(results) == {"done": 1, "refused": THREADS - 1}
    state = world.get(f"/cases/{case_id}", world.operator).json()["state"]
    assert (world.rows("issuer_proposals WHERE standing = 'approved'") == 1) == (state == "declined")


def test_many_propose_and_one_is_open(world: World) -> None:
    desk, case_id = shared(world), world.open(world.token()).json()["case_id"]
    override = Override(Kind.DECLINE, Reason.ADVERSE_INFORMATION, "seen")
    results = at_once([lambda n=n: overrides.propose(desk, case_id, override, f"r{n}.example") for n in range(THREADS)])
    assert counted(results) == {"done": 1, "refused": THREADS - 1}
    assert world.rows("issuer_proposals") == world.rows("issuer_comments") == 1


def test_every_comment_has_its_number(world: World) -> None:
    desk, case_id = shared(world), world.open(world.token(FOR_REVIEW)).json()["case_id"]
    results = at_once([lambda n=n: comment(desk, case_id, f"comment {n}", f"r{n}.example") for n in range(THREADS)])
    assert sorted(one.number for one in results) == list(range(1, THREADS + 1))


def test_the_same_evidence_shown_many_times_counts_once(watch: Watch) -> None:
    case_id, _ = watch.holder()
    desk, token = shared(watch.world), watch.world.token().encode()
    results = at_once([lambda: show_again(desk, case_id, "vendor-jws", token, "operator.example")] * THREADS)
    assert counted(results) == {"done": 1, "refused": THREADS - 1}
    assert watch.world.rows("issuer_shown_again") == 1
    assert watch.world.rows("issuer_case_steps WHERE what = 'shown-again'") == 1


def test_many_look_and_everybody_is_marked_once(watch: Watch) -> None:
    case_id, _ = watch.holder()
    watch.imports({"id": "E-1", "kind": "individual", "names": ["Somebody Else"]}, restart=False)
    at_once([watch.marks] * 8)
    assert watch.due() == [(case_id, "list-changed")]
    assert watch.world.rows("issuer_due_marks") == watch.world.rows("issuer_review_rounds") == 1
