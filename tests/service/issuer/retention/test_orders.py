"""Is a case erased when its time has come and two persons say so, and not a day, a hold or a person sooner?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from credence.circuits.encoding import b64u_decode
from credence.service.auth import Scope
from credence.service.issuer import records as issuer_records
from credence.service.issuer.cases import CaseState
from credence.service.issuer.retention.records import IssuerRetentionOrder, add_order
from credence.service.ledger import LedgerDamaged
from tests.service.issuer.conftest import World

DAY = 86_400


@dataclass
class Held:
    """A person with a credential, after whose end the world's clock can be moved."""

    world: World
    case_id: str
    attestation_id: str
    first: str
    second: str

    def ask(self, path: str, body: dict[str, Any] | None = None, key: str | None = None) -> Any:
        return self.world.post(f"/cases/{self.case_id}{path}", body or {}, key or self.first)

    def order(self, what: str, key: str | None = None) -> Any:
        return self.ask("/orders", {"order": what}, key)

    def approve(self, order: Any, key: str | None = None) -> Any:
        assert order.status_code == 201, order.text
        return self.ask(f"/orders/{order.json()['order_id']}/approval", key=key or self.second)

    def kept(self, name: str | None = None) -> dict[str, Any]:
        found: dict[str, Any] = self.world.get(f"/cases/{name or self.case_id}/retention", self.first).json()
        return found

    def pass_term(self, less: int = 0) -> None:
        """The day has come, but for ``less`` seconds, and the reviewers have other keys."""
        clock = self.world.running.clock
        clock.forward(self.kept()["retain_until"] - clock() - less)
        self.first, self.second = _reviewers(self.world, "later")


def _reviewers(world: World, name: str) -> tuple[str, str]:
    first, second = (world.running.key_of(f"{name}-{who}.example", Scope.ISSUER_REVIEW) for who in ("one", "two"))
    return first, second


@pytest.fixture
def held(world: World) -> Held:
    token = world.token()
    offer = world.offer(token)
    issued = world.claim(offer, world.request().commitment, token).json()
    world.running.services.ledger.sequence()
    return Held(world, offer.case_id, issued["attestation_id"], *_reviewers(world, "now"))


def problem(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].rsplit("/")[-1]


def test_the_term_begins_with_the_end_of_the_credential(held: Held) -> None:
    kept = held.kept()
    with held.world.desk.store.reading() as session:
        query = "SELECT expiry_epoch, retain_until FROM issuer_attestations"
        expiry, attested = session.connection().exec_driver_sql(query).one()
    assert kept["retain_until"] == attested == expiry * 28 * DAY + 365 * DAY
    assert (kept["legal_basis"], kept["legal_hold"], kept["erased_at"]) == ("legitimate-interest", None, None)
    assert held.kept(held.attestation_id) == kept, "by either id"


def test_nothing_is_erased_before_its_time(held: Held) -> None:
    refused = held.order("erase")
    assert problem(refused) == (409, "retained")
    assert "It is kept until 20" in refused.json()["detail"]
    assert "legitimate interest" in refused.json()["detail"]
    held.pass_term(less=1)
    assert problem(held.order("erase")) == (409, "retained")
    held.world.running.clock.forward(1)
    assert held.approve(held.order("erase")).json()["erased_at"] == held.world.now


def test_nobody_erases_alone(held: Held) -> None:
    held.pass_term()
    order = held.order("erase")
    assert problem(held.approve(order, key=held.first)) == (409, "four-eyes-required")
    assert problem(held.order("erase", key=held.second)) == (409, "proposal-open")
    assert held.world.get(f"/cases/{held.case_id}", held.first).status_code == 200
    assert held.approve(order).status_code == 200
    assert problem(held.approve(order)) == (410, "erased")


def test_nothing_is_erased_under_a_hold(held: Held) -> None:
    assert held.ask("/hold", {"reason": "litigation"}).json()["held_by"] == "now-one.example"
    assert problem(held.ask("/hold", {"reason": "audit"})) == (409, "conflict")
    held.pass_term()
    refused = held.order("erase")
    assert problem(refused) == (409, "retained")
    assert "legal hold (litigation)" in refused.json()["detail"]
    lift = held.order("lift")
    assert problem(held.approve(lift, key=held.first)) == (409, "four-eyes-required")
    assert held.approve(lift).json()["legal_hold"] is None
    assert problem(held.order("lift")) == (409, "conflict")
    assert held.approve(held.order("erase")).status_code == 200


def test_a_hold_that_came_in_between_keeps_it(held: Held) -> None:
    held.pass_term()
    order = held.order("erase")
    held.ask("/hold", {"reason": "complaint"})
    assert problem(held.approve(order)) == (409, "retained")
    assert held.approve(held.order("lift")).status_code == 200
    assert held.approve(order).status_code == 200


def test_of_what_was_erased_nothing_is_read(held: Held) -> None:
    held.ask("/comments", {"comment": "whom I saw on Tuesday"})
    held.pass_term()
    held.approve(held.order("erase"))
    for path in ("", "/history"):
        assert problem(held.world.get(f"/cases/{held.case_id}{path}", held.first)) == (410, "erased")
    for path, body in (("/comments", {"comment": "x"}), ("/hold", {"reason": "audit"}), ("/orders", {"order": "erase"})):
        assert problem(held.ask(path, body)) == (410, "erased")
    assert held.kept()["erased_at"] == held.world.now
    with held.world.desk.store.reading() as session:
        assert not issuer_records.cases(session, limit=9)
        assert not issuer_records.cases(session, CaseState.DECLINED, limit=9), "as which it stands in its row"
    for table in ("issuer_comments", "issuer_case_steps", "issuer_person_tags"):
        assert held.world.rows(table) == 0
    assert held.world.rows("issuer_destroyed_keys") == 1
    assert held.world.running.services.keeping.keys.count() == 0


def test_the_leaf_stays_and_the_ledger_verifies(held: Held) -> None:
    ledger, path = held.world.running.services.ledger, f"/attestations/{held.attestation_id}"
    before, entries = held.world.get(path).json(), ledger.verify().entries
    held.pass_term()
    held.approve(held.order("erase"))
    after = held.world.get(path).json()
    assert after == before, "the public record is as it was"
    assert ledger.verify().entries >= entries
    found = held.world.running.client.get("/v1/log/inclusion", params={"leaf": b64u_decode(after["leaf"]).hex()}).json()
    assert found["index"] == after["entry_index"]


def test_an_attestation_that_was_not_erased_is_still_held_against_its_leaf(held: Held) -> None:
    """The twin of the erased one: only what is marked as erased claims a leaf that it does not open."""
    with held.world.desk.store.transaction() as session:
        session.connection().execute(text("UPDATE issuer_attestations SET digest = :other"), {"other": bytes(32)})
    with pytest.raises(LedgerDamaged):
        held.world.running.services.ledger.verify()


def test_whoever_comes_back_is_a_new_person_with_a_new_key(held: Held) -> None:
    held.pass_term()
    held.approve(held.order("erase"))
    operator = held.world.running.key_of("desk-later.example", Scope.ISSUER_CASES)
    body = {"evidence": {"type": "vendor-jws", "token": held.world.token()}}
    again = held.world.post("/cases", body, operator)
    assert again.status_code == 201
    assert again.json()["case_id"] != held.case_id
    assert held.world.running.services.keeping.keys.count() == 1


def test_an_order_that_cannot_be(held: Held) -> None:
    now, store = held.world.now, held.world.desk.store

    def order(**changes: Any) -> IssuerRetentionOrder:
        good: dict[str, Any] = {
            "id": "order-1",
            "case_id": held.case_id,
            "kind": "erase",
            "ordered_by": "a",
            "ordered_at": now,
        }
        return IssuerRetentionOrder(**{**good, **changes})

    for wrong in ({"kind": "x"}, {"approved_by": "a", "approved_at": now}, {"approved_by": "b"}, {"case_id": "x"}):
        with pytest.raises(IntegrityError):
            store.run(lambda session, wrong=wrong: add_order(session, order(**wrong)))  # type: ignore[misc]
    assert store.run(lambda session: add_order(session, order()))
    assert not store.run(lambda session: add_order(session, order(id="order-2")))
    assert store.run(lambda session: add_order(session, order(id="order-3", approved_by="b", approved_at=now)))
