"""Does one of many at once win, on either database, and are the others told so?"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from tests.service.adapters.vendors import REFERENCES, message, signature
from tests.service.issuer.inbox.conftest import Front

ORDER = ("pending", "approved", "declined")


def test_of_many_at_once_one_opens_a_case(front: Front) -> None:
    nonce = front.challenge()
    tokens = [front.pid(nonce, {"given_name": f"E{'abcdefgh'[at]}"}) for at in range(8)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda token: front.hand_in("eu-pid", token).status_code, tokens))
    assert sorted(answers) == [201, *[400] * 7]
    assert front.world.rows("issuer_cases") == front.world.rows("issuer_spent_challenges") == 1


def test_the_same_at_once_is_one_case(front: Front) -> None:
    token = front.pid(front.challenge())
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _at: front.hand_in("eu-pid", token), range(8)))
    assert sorted(answer.status_code for answer in answers) == [*[200] * 7, 201]
    assert len({answer.json()["case_id"] for answer in answers}) == 1


def test_messages_at_once_lead_to_the_furthest(front: Front) -> None:
    bodies = [message("onfido", standing, run=at) for at in range(6) for standing in ORDER]
    with ThreadPoolExecutor(8) as pool:
        codes = list(pool.map(lambda body: front.told("onfido", body, signature("onfido", body)).status_code, bodies))
    assert codes == [200] * len(bodies)
    assert front.results("onfido", "declined") == [REFERENCES["onfido"]]
    assert front.world.rows("issuer_vendor_results") == 1
