"""Has one holder one pseudonym and one count at a venue, whichever of the issuer's keys signed the credential shown?"""

from __future__ import annotations

from dataclasses import replace

import pytest

from credence.circuits.bbs.pseudonym import calculate_pseudonym
from credence.circuits.bbs.signature import key_gen, sk_to_pk
from credence.circuits.bbs.suite import pseudonym_interface, sha256_suite, suite_named
from credence.circuits.context import scope
from credence.circuits.credential import PERSON_1
from credence.circuits.curve import Curve
from credence.circuits.encoding import Rng
from credence.circuits.issuance import (
    HeldCredential,
    accept_credential,
    issue_credential,
    issuing_interface,
    request_credential,
)
from credence.circuits.presentation import Accepted, present, verify_presentation
from credence.circuits.wire import SUITES, IssuedCredential, IssuerDocument, IssuerKey
from tests.circuits.journey import ATTRIBUTES, EXPIRY_EPOCH, ISSUER, NOW, VENUE, World, make_request, make_world
from tests.conftest import SeededBytes


@pytest.fixture
def world(curve: Curve, rng: Rng) -> World:
    return make_world(curve, rng)


def signed_by(world: World, suite: str, rng: Rng) -> tuple[HeldCredential, IssuerDocument]:
    """The same facts of the same holder under another key of the issuer, of ``suite``; the halves are the same too."""
    interface = issuing_interface(world.curve, suite)
    secret = key_gen(suite_named(suite, world.curve), rng(32))
    public = sk_to_pk(world.curve, secret, rng)
    document = replace(
        world.document, keys=(*world.document.keys, IssuerKey("k2", suite, public, NOW - 10, NOW + 10_000_000))
    )
    request = request_credential(interface, PERSON_1, world.secrets, rng)
    signature = issue_credential(
        interface, secret, public, PERSON_1, ISSUER, EXPIRY_EPOCH, ATTRIBUTES, request.commitment, world.entropy, rng
    )
    halves = (world.entropy.nym, world.entropy.use)
    issued = IssuedCredential(ISSUER, PERSON_1.id, "k2", EXPIRY_EPOCH, ATTRIBUTES, *halves, signature, "a2", bytes(32))
    return accept_credential(world.curve, document, issued, world.secrets, request.blind, NOW), document


@pytest.mark.parametrize("suite", SUITES)
def test_keys_of_two_suites_make_no_second_pseudonym_and_no_second_count(world: World, rng: Rng, suite: str) -> None:
    second, document = signed_by(world, suite, rng)
    first = world.held()
    assert (first.secrets, second.suite) == (second.secrets, suite)
    limited = {"rate_limit": {"name": "open-account", "per": "day", "max": 1}}

    def seen(held: HeldCredential) -> Accepted:
        request = make_request(rng, policy_changes=limited)
        shown = present(world.curve, request, {"person": held}, NOW, rng)
        return verify_presentation(world.curve, request, shown, [document], VENUE, NOW + 1, SeededBytes("weights"))

    one, two = seen(first), seen(second)
    assert one.pseudonym == two.pseudonym
    assert one.use == two.use
    interface = pseudonym_interface(sha256_suite(world.curve))
    expected = calculate_pseudonym(interface, scope(VENUE, ""), [first.secrets.nym_secret])
    assert one.pseudonym == expected
