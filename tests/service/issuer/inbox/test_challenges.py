"""Does a holder's answer open one case, of the desk that asked, while the challenge is open?"""

from __future__ import annotations

import pytest

from credence.circuits.encoding import b64u
from credence.service.app.housekeeping import sweep
from credence.service.issuer.inbox.challenges import LIFETIME
from credence.service.issuer.inbox.records import KEPT
from tests.service.issuer.conftest import ISSUER
from tests.service.issuer.inbox.conftest import Front
from tests.service.issuer.test_intake import problem


def refused(front: Front, token: str, reason: str, key: str | None = None) -> None:
    before = front.world.rows("issuer_cases")
    assert problem(front.hand_in("eu-pid", token, key), 400, "malformed").endswith(f": {reason}.")
    assert front.world.rows("issuer_cases") == before


def test_a_challenge_says_what_is_to_be_signed(front: Front) -> None:
    answer = front.world.post("/challenges", None, front.world.operator)
    assert answer.status_code == 201
    found = answer.json()
    assert (found["audience"], found["expires_at"]) == (ISSUER, front.world.now + LIFETIME)
    assert len(found["nonce"]) == 43
    assert front.challenge() != found["nonce"]


def test_an_answer_opens_a_case_once(front: Front) -> None:
    nonce = front.challenge()
    token = front.pid(nonce)
    first = front.hand_in("eu-pid", token)
    assert (first.status_code, first.json()["state"]) == (201, "approved")
    again = front.hand_in("eu-pid", token)
    assert (again.status_code, again.json()) == (200, first.json()), "the same evidence is the same case"
    refused(front, front.pid(nonce, {"given_name": "Eva"}), "replayed")
    refused(front, front.pid(nonce), "replayed")


def test_it_answers_a_challenge_that_is_open(front: Front) -> None:
    refused(front, front.pid(b64u(bytes(32))), "replayed")
    refused(front, front.pid("not-one-of-ours"), "replayed")
    refused(front, front.pid(front.challenge() + "="), "replayed")
    nonce = front.challenge()
    front.world.running.clock.forward(LIFETIME - 1)
    assert front.hand_in("eu-pid", front.pid(nonce)).status_code == 201
    late = front.challenge()
    front.world.running.clock.forward(LIFETIME)
    front.publish()
    refused(front, front.pid(late), "replayed")


def test_it_is_the_challenge_of_this_desk(front: Front, other_desk: str) -> None:
    theirs = front.challenge(other_desk)
    refused(front, front.pid(theirs), "replayed")
    assert front.hand_in("eu-pid", front.pid(theirs), other_desk).status_code == 201


def test_an_answer_that_is_refused_for_another_reason_spends_nothing(front: Front) -> None:
    nonce = front.challenge()
    refused(front, front.pid(nonce, aud="other.example"), "wrong-audience")
    front.publish({5: 1})
    refused(front, front.pid(nonce), "revoked")
    front.publish()
    assert front.hand_in("eu-pid", front.pid(nonce)).status_code == 201


def test_what_is_over_is_deleted_when_nobody_can_be_asking_any_more(front: Front) -> None:
    answered, unanswered = front.challenge(), front.challenge()
    assert answered != unanswered
    assert front.hand_in("eu-pid", front.pid(answered)).status_code == 201
    services = front.world.running.services
    front.world.running.clock.forward(LIFETIME + KEPT - 1)
    assert sweep(services)["challenges"] == 0
    front.world.running.clock.forward(1)
    assert sweep(services)["challenges"] == 2
    assert front.world.rows("issuer_challenges") == front.world.rows("issuer_spent_challenges") == 0
    assert front.world.rows("issuer_cases") == 1


@pytest.mark.parametrize("path", ["/challenges"])
def test_who_may_not_hand_in_is_given_none(front: Front, path: str) -> None:
    assert front.world.post(path, None).status_code == 401
    assert front.world.post(path, None, front.world.reviewer).status_code == 403
