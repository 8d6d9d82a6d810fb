"""Does a wallet get the standing of its own pseudonym and nobody else any, once a session, with nothing that links?"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from credence.circuits.credential import day_of, text_to_scalar
from credence.circuits.renewal import RenewalAsk, Renewing, check_renewal
from credence.service.auth import Role, register_client, revoke_client
from credence.service.errors import Unavailable
from credence.service.issuer.documents import last_day
from credence.service.issuer.revocation.manager import Target
from credence.service.issuer.standings import renewing, sessions
from credence.service.runtime import AttestedStanding
from credence.service.sandbox.persons import ENHANCED_RISK
from credence.service.settings import Limit, Rate
from credence.service.throttle.limiter import Limiter
from tests.service.issuer.standings.conftest import AUDIENCE, VENUE, Door
from tests.service.issuer.test_intake import problem
from tests.service.issuer.test_issuance import hold
from tests.service.throttle.conftest import problem_of

SAID = AttestedStanding(as_of=20_716, score=701, rungs=3, evidence_milli=12_500, events_milli=251, model="belief-default/1")


def said(door: Door) -> AttestedStanding:
    return replace(SAID, as_of=day_of(door.world.now) - 1)


def pseudonym_of(door: Door, proven: Renewing) -> bytes:
    """What the proof shows."""
    now, services, ask = door.world.now, door.world.desk.services, proven.ask
    find = sessions.accumulators(door.world.desk, now)
    given = (services.curve, ask, proven.request, [door.document], ask.issuer, now, services.rng)
    return check_renewal(*given, accumulators=find).pseudonym


def test_the_wallet_gets_what_its_venue_knows(door: Door) -> None:
    heard = door.hearing(said(door))
    proven = door.prove(door.asked())
    held = door.accept(proven, door.send(proven))
    today = day_of(door.world.now)
    assert heard == [(VENUE, pseudonym_of(door, proven))]
    assert held.secrets == door.person.secrets, "nothing is added"
    assert held.schema.id == "credence/standing/1"
    assert held.witness is None
    assert held.attributes["expires_on"] == today + 1
    assert held.expiry_epoch == held.attributes["expires_on"]
    expected = {"as_of": today - 1, "score": 701, "evidence_milli": 12_500, "events_milli": 251}
    assert {name: held.attributes[name] for name in expected} == expected
    assert [held.attributes[f"standing_ge_{rung}"] for rung in range(1, 6)] == [1, 1, 1, 0, 0]
    assert held.attributes["venue"] == text_to_scalar(AUDIENCE)
    assert held.attributes["model"] == text_to_scalar(SAID.model)
    door.hearing(replace(said(door), evidence_milli=0))  # of a venue whose own model the lines are not made for
    assert door.renewed().attributes["score"] == 701


def test_whom_nobody_reported_of_gets_a_zero_record(door: Door) -> None:
    held = door.renewed()
    assert {name: held.attributes[name] for name in ("score", "evidence_milli", "events_milli")} == {
        "score": 300,
        "evidence_milli": 0,
        "events_milli": 0,
    }
    assert [held.attributes[f"standing_ge_{rung}"] for rung in range(1, 6)] == [1, 0, 0, 0, 0]


def test_who_watches_the_line_does_not_see_whether_a_record_is_empty(door: Door) -> None:
    empty = door.send(door.prove(door.asked()))
    door.hearing(said(door))
    rich = door.send(door.prove(door.asked()))
    assert len(empty.content.rstrip()) < len(rich.content.rstrip()) < len(rich.content) == len(empty.content) == 2_048


def test_the_same_commitment_again_is_answered_with_the_same_bytes(door: Door) -> None:
    door.hearing(said(door))
    ask = door.asked()
    proven = door.prove(ask)
    first = door.send(proven)
    door.hearing(replace(said(door), score=300, rungs=0))  # what is known since changes nothing of it
    again, anew = door.send(proven), door.send(door.prove(ask, blind=proven.blind))
    assert (first.status_code, again.status_code, anew.status_code) == (201, 200, 200)
    assert first.content == again.content == anew.content
    assert door.world.rows("issuer_standings") == 1
    assert door.world.rows("issuer_outbox WHERE kind = 'attestation'") == 2, "the person's, and one standing's"


def test_another_commitment_in_the_same_session_is_refused(door: Door) -> None:
    ask = door.asked()
    assert door.send(door.prove(ask)).status_code == 201
    problem(door.send(door.prove(ask)), 409, "bad-nonce")
    other = hold(door.world, ENHANCED_RISK)
    problem(door.send(door.prove(ask, other)), 409, "bad-nonce")
    assert door.world.rows("issuer_standings") == 1


def test_a_session_is_for_a_registered_venue_in_its_plain_scope(door: Door) -> None:
    assert door.ask().status_code == 201
    for venue in ("verifier.example/other.example", f"elsewhere.example/{VENUE}", VENUE, "verifier.example/", "x/y/z"):
        problem(door.ask(venue), 404, "not-found")
    problem(door.ask(suffix="desk-2"), 404, "not-found")
    problem(door.ask("verifier.example/operator.example"), 404, "not-found")  # registered, and no venue
    with door.world.running.services.store("auth").transaction() as session:
        rng, now = door.world.rng, door.world.now
        register_client(session, "new.example", "new.example", Role.VENUE, now=now, rng=rng)
    assert door.ask("verifier.example/new.example").status_code == 201
    with door.world.running.services.store("auth").transaction() as session:
        revoke_client(session, "new.example", now=door.world.now)
    problem(door.ask("verifier.example/new.example"), 404, "not-found")


def test_a_session_is_over_after_five_minutes(door: Door) -> None:
    ask, second = door.asked(), door.asked()
    proven, late = door.prove(ask), door.prove(second)
    assert (ask.expires_at - ask.requested_at, ask.max_age_s) == (300, 60)
    door.world.running.clock.forward(60)
    assert door.send(proven).status_code == 201
    door.world.running.clock.forward(240)
    problem(door.send(late), 409, "bad-nonce")
    problem(door.send(proven), 409, "bad-nonce")
    problem(door.send(proven, session_id="A" * 22), 409, "bad-nonce")


def lifted(proven: Renewing, ask: RenewalAsk) -> Renewing:
    """A proof of another session, sent to this one."""
    return replace(proven, ask=ask, request=replace(proven.request, session_id=ask.session_id))


def test_a_wrong_proof_costs_one_of_five_attempts_and_nothing_else(door: Door) -> None:
    ask, last = door.asked(), door.asked()
    wrong, right = door.prove(door.asked()), door.prove(ask)
    for refused in (lifted(wrong, ask), lifted(wrong, ask), lifted(wrong, ask)):
        problem(door.send(refused), 403, "renewal-refused")
    problem(door.send(right, proof="AAAA"), 403, "renewal-refused")
    for malformed in ({"tickets": [None]}, {"encoding": "loose"}, {"credential": {}}, {"type": "credence/renewal/2"}):
        problem(door.send(right, **malformed), 400, "malformed")  # these cost nothing
    assert door.send(right).status_code == 201, "the fifth attempt"
    for _ in range(5):
        problem(door.send(lifted(wrong, last)), 403, "renewal-refused")
    problem(door.send(lifted(wrong, last)), 409, "bad-nonce")
    problem(door.send(door.prove(last)), 409, "bad-nonce")
    assert door.world.rows("issuer_standings") == 1


def test_who_was_revoked_gets_no_standing(door: Door) -> None:
    ask = door.asked()
    early = door.prove(ask)
    desk = door.world.desk
    desk.revocation.revoke(Target(attestation_id=door.person.attestation_id), reason="looked-at", by="reviewer.example")
    door.world.running.services.ledger.sequence()
    door.world.running.clock.forward(180)
    desk.revocation.checkpoint()
    door.world.running.services.ledger.sequence()
    problem(door.send(early), 403, "renewal-refused")  # the minute that it shows is too old
    problem(door.send(door.prove(door.asked())), 403, "renewal-refused")  # and of a newer one there is no witness
    other = hold(door.world, ENHANCED_RISK)
    newer = door.prove(door.asked(), other)
    assert door.send(newer).status_code == 201


def test_who_was_revoked_gets_none_once_the_minute_is_over(door: Door) -> None:
    desk, ledger, clock = door.world.desk, door.world.running.services.ledger, door.world.running.clock
    before, after = (door.prove(door.asked()) for _ in range(2))
    desk.revocation.revoke(Target(attestation_id=door.person.attestation_id), reason="looked-at", by="reviewer.example")
    ledger.sequence()
    clock.forward(59 - clock() % 60)
    assert door.send(before).status_code == 201, "the last second of the minute that it shows"
    clock.forward(1)
    problem(door.send(after), 403, "renewal-refused")


def test_where_conduct_cannot_be_read_the_session_is_as_it_was(door: Door) -> None:
    def away(client_id: str, pseudonym: bytes) -> AttestedStanding:
        raise Unavailable

    door.hearing(said(door))
    desk, ask = door.world.desk, door.asked()
    proven = door.prove(ask)
    door.world.running.app.state.issuer = replace(desk, services=replace(desk.services, attested=away))
    problem(door.send(proven), 503, "unavailable")
    door.hearing(said(door))
    assert door.send(proven).status_code == 201


def test_a_key_that_ends_sooner_than_everybodys_standing_signs_none(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    key = door.world.desk.publication.signing_key()
    ends = last_day(key)
    assert sessions.end_of(key, ends * 86_400 - 1) == ends
    with pytest.raises(Unavailable):
        sessions.end_of(key, ends * 86_400)
    proven, today = door.prove(door.asked()), day_of(door.world.now)
    monkeypatch.setattr(sessions, "last_day", lambda _key: today)
    problem(door.ask(), 503, "unavailable")
    problem(door.send(proven), 503, "unavailable")
    monkeypatch.setattr(sessions, "last_day", lambda _key: today + 1)
    assert door.ask().status_code == 201
    assert door.send(proven).status_code == 201


def test_of_two_at_once_one_is_signed(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another commitment is quicker, between the look and the write."""
    ask, recorded = door.asked(), renewing.accounted
    first, second = door.prove(ask), door.prove(ask)

    def overtaken(*given: Any) -> Any:
        monkeypatch.setattr(renewing, "accounted", recorded)
        assert door.send(first).status_code == 201
        return recorded(*given)

    monkeypatch.setattr(renewing, "accounted", overtaken)
    problem(door.send(second), 409, "bad-nonce")
    assert door.send(first).status_code == 200
    assert door.world.rows("issuer_standings") == 1


def test_an_opening_is_kept_for_no_repeat(door: Door) -> None:
    first, second = (door.ask(**{"Idempotency-Key": "7YQ1f0u2Jr0mJv3Zk9w8Xg"}) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json()["session_id"] != second.json()["session_id"]
    assert door.world.rows("issuer_renewals") == 2
    assert door.world.rows("idempotency_answers") == 0
    assert door.send(door.prove(RenewalAsk.parse(second.json()))).status_code == 201


def test_a_pseudonym_is_renewed_only_so_often(door: Door) -> None:
    """By pseudonym, whatever its sessions; a repeat of what was answered costs nothing, and others are not in its way."""
    limiter = Limiter({Limit.RENEWALS: Rate(2, 3_600)}, door.world.running.clock)
    keys: list[str] = []

    def limit(name: Limit, key: str) -> None:
        limiter.spend(name, key)
        if name is Limit.RENEWALS:
            keys.append(key)

    desk = door.world.desk
    door.world.running.app.state.issuer = replace(desk, services=replace(desk.services, limit=limit))
    first, second, third = (door.prove(door.asked()) for _ in range(3))
    assert [door.send(each).status_code for each in (first, first, second)] == [201, 200, 201]
    assert problem_of(door.send(third)) == (429, "/problems/rate-limited", "renewals")
    assert door.world.rows("issuer_standings") == 2
    assert door.send(first).status_code == 200
    assert door.send(door.prove(door.asked(), hold(door.world, ENHANCED_RISK))).status_code == 201
    assert (keys[0] == keys[1], keys[0] == keys[2]) == (True, False)
    assert pseudonym_of(door, first).hex() not in "".join(keys)
