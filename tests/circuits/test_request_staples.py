"""Do staples travel in a request without being a part of what is asked?"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from credence.circuits.curve import Curve
from credence.circuits.errors import IllFormed, Malformed
from credence.circuits.issuance import HeldCredential
from credence.circuits.policy import PolicyError, load_policy
from credence.circuits.policy.language import MAX_ACCUMULATORS
from credence.circuits.revocation_log import MAX_INDEX, MAX_MINUTE
from credence.circuits.wire import PresentationRequest, ShownAccumulator
from tests.circuits.journey import POLICY, make_request, make_world
from tests.circuits.revocation_log.subjects import Issuer
from tests.conftest import SeededBytes


@pytest.fixture
def request_(curve: Curve, rng: SeededBytes) -> PresentationRequest:
    return replace(make_request(rng), staples=(Issuer(curve, rng).staple(),))


def test_a_request_with_staples_survives_the_wire(request_: PresentationRequest) -> None:
    again = PresentationRequest.parse(request_.to_json())
    assert again.staples == request_.staples
    assert again.to_json() == request_.to_json()


def test_the_request_is_the_same_without_them(request_: PresentationRequest) -> None:
    bare = replace(request_, staples=())
    assert bare == request_
    assert request_.to_json() == {**bare.to_json(), "staples": [staple.to_json() for staple in request_.staples]}
    assert "staples" not in bare.to_json()
    assert replace(request_, nonce=bytes(32)) != request_


def test_there_are_not_more_than_a_policy_may_be_about(request_: PresentationRequest) -> None:
    most = replace(request_, staples=request_.staples * MAX_ACCUMULATORS)
    assert len(PresentationRequest.parse(most.to_json()).staples) == MAX_ACCUMULATORS
    with pytest.raises(Malformed):
        PresentationRequest.parse(replace(request_, staples=request_.staples * (MAX_ACCUMULATORS + 1)).to_json())


@pytest.mark.parametrize("wrong", [{}, "staples", [{}], [None]])
def test_what_are_no_staples(request_: PresentationRequest, wrong: object) -> None:
    with pytest.raises(Malformed):
        PresentationRequest.parse({**request_.to_json(), "staples": wrong})
    for none in ([], None):
        assert PresentationRequest.parse({**request_.to_json(), "staples": none}).staples == ()


def asking(issuers: list[str], schema: str = "credence/person/1") -> dict[str, Any]:
    credentials = {"person": {"schema": schema, "issuers": issuers}, "other": {"schema": schema, "issuers": issuers[:1]}}
    asked = [{"of": "person", "max_age_s": 60}, {"of": "other", "max_age_s": 90}]
    return {**POLICY, "credentials": credentials, "all_of": [], "disclose": [], "not_revoked": asked}


def test_a_policy_says_which_accumulators_it_is_about() -> None:
    names = [f"issuer-{number}.example" for number in range(MAX_ACCUMULATORS + 1)]
    policy = load_policy(asking(names[:-1]))
    assert policy.accumulated == tuple((name, "credence/person/1") for name in names[:-1])
    with pytest.raises(PolicyError, match="at most eight"):
        load_policy(asking(names))
    assert load_policy({**asking(names), "not_revoked": None}).accumulated == ()


@pytest.mark.parametrize(("index", "minute", "taken"), [(MAX_INDEX, MAX_MINUTE, True), (MAX_INDEX + 1, 0, False)])
def test_what_was_shown_is_of_a_possible_checkpoint(index: int, minute: int, taken: bool) -> None:
    document = {"slot": "person", "index": index, "minute": minute}
    if taken:
        assert ShownAccumulator.parse(document).to_json() == document
        with pytest.raises(Malformed):
            ShownAccumulator.parse({**document, "minute": minute + 1})
    else:
        with pytest.raises(Malformed):
            ShownAccumulator.parse(document)


def test_a_held_credential_knows_that_it_was_revoked(curve: Curve, rng: SeededBytes) -> None:
    issuer = Issuer(curve, rng)
    held = make_world(curve, rng).held()
    with pytest.raises(IllFormed):
        replace(held, revoked=1)
    able = replace(held, accumulator=issuer.key, log_vkey="log", witness=issuer.witness())
    assert "revoked" not in able.to_json()
    revoked = replace(able, revoked=7)
    assert HeldCredential.parse(revoked.to_json()) == revoked
    for wrong in (0, True, "7", MAX_INDEX + 1):
        with pytest.raises(Malformed):
            HeldCredential.parse({**revoked.to_json(), "revoked": wrong})
