"""Does a vendor's message count once, with its signature, as a hint that a late one does not undo?"""

from __future__ import annotations

from itertools import permutations

import pytest

from tests.service.adapters.vendors import NOW, OLD_SECRET, REFERENCES, VENDORS, message, signature
from tests.service.issuer.inbox.conftest import Front
from tests.service.issuer.test_intake import problem

ORDER = ("pending", "approved", "declined")


def tell(front: Front, vendor: str, standing: str, **more: object) -> bool:
    body = message(vendor, standing, **more)
    answer = front.told(vendor, body, signature(vendor, body, front.world.now))
    assert answer.status_code == 200, answer.text
    return bool(answer.json()["new"])


@pytest.mark.parametrize("sender", VENDORS)
def test_a_message_counts_once(front: Front, sender: str) -> None:
    assert tell(front, sender, "approved")
    assert not tell(front, sender, "approved")
    assert front.results(sender, "approved") == [REFERENCES[sender]]
    assert front.world.rows("issuer_vendor_notices") == front.world.rows("issuer_vendor_results") == 1


@pytest.mark.parametrize("sender", VENDORS)
def test_a_message_that_its_vendor_did_not_sign_is_a_401(front: Front, sender: str) -> None:
    body = message(sender)
    headers = signature(sender, body, front.world.now)
    name = next(name for name in headers if name != "X-AUTH-CLIENT")
    changes = ({}, {**headers, name: ""}, signature(sender, body + b" "), signature(sender, body, secret="another"))
    for wrong in changes:
        problem(front.told(sender, body, wrong), 401, "unauthorized")
    raw = {key.encode(): value.encode() for key, value in headers.items()} | {b"content-type": b"application/json"}
    for value in ("ÿ".encode("latin-1") * 64, "ÿ".encode() * 32):  # as a client sends bytes that are no ASCII
        path = f"/v1/issuer/vendors/{sender}/webhook"
        answer = front.world.running.client.post(path, content=body, headers=[*{**raw, name.encode(): value}.items()])
        problem(answer, 401, "unauthorized")
    assert front.world.rows("issuer_vendor_notices") == 0
    assert front.told(sender, body, headers).status_code == 200
    rotated = message(sender, "declined")
    assert front.told(sender, rotated, signature(sender, rotated, front.world.now, OLD_SECRET)).status_code == 200


@pytest.mark.slow
@pytest.mark.parametrize("order", list(permutations(ORDER)))
def test_a_late_message_undoes_nothing(front: Front, order: tuple[str, ...]) -> None:
    """Whichever order they come in, the result stands at the furthest of those that came."""
    furthest = 0
    for standing in order:
        assert tell(front, "onfido", standing)
        furthest = max(furthest, ORDER.index(standing))
        found = {name: front.results("onfido", name) for name in ORDER}
        assert [name for name in ORDER if found[name]] == [ORDER[furthest]]


def test_a_message_opens_no_case(front: Front) -> None:
    for vendor in VENDORS:
        tell(front, vendor, "approved")
    assert front.world.rows("issuer_cases") == 0


def test_a_signed_time_is_lately(front: Front) -> None:
    body = message("persona")
    for now in (NOW - 301, NOW + 301):
        problem(front.told("persona", body, signature("persona", body, now)), 401, "unauthorized")
    assert front.told("persona", body, signature("persona", body, NOW - 300)).status_code == 200


def test_a_signed_message_that_is_none_is_a_400(front: Front) -> None:
    body = b'{"payload":{}}'
    problem(front.told("onfido", body, signature("onfido", body)), 400, "malformed")
    twice = b'{"payload":{},"payload":{}}'
    problem(front.told("onfido", twice, signature("onfido", twice)), 400, "malformed")


def test_a_message_about_no_result_is_taken_and_not_kept(front: Front) -> None:
    body = b'{"type":"applicantCreated","applicantId":"a"}'
    answer = front.told("sumsub", body, signature("sumsub", body))
    assert (answer.status_code, answer.json()) == (200, {"new": False})
    assert front.world.rows("issuer_vendor_notices") == 0


@pytest.mark.slow
@pytest.mark.parametrize("sender", ["vendor-jws", "eu-pid", "unknown"])
def test_a_vendor_whose_messages_nobody_reads_is_a_404(front: Front, sender: str) -> None:
    problem(front.told(sender, b"{}", {}), 404, "not-found")
    problem(front.world.get(f"/vendors/{sender}/results", front.world.operator), 404, "not-found")


def test_who_may_not_hand_in_sees_no_results(front: Front) -> None:
    assert front.world.get("/vendors/onfido/results").status_code == 401
    assert front.world.get("/vendors/onfido/results", front.world.reviewer).status_code == 403
    problem(front.world.get("/vendors/onfido/results?standing=other", front.world.operator), 400, "malformed")
