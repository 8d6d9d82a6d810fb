"""Can a Credence credential still be shown by the drafts' own core operations under its api_id, pseudonym and all?"""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from credence.circuits.bbs.nym_proof import core_proof_gen_with_nym, core_proof_verify_with_nym
from credence.circuits.bbs.proof import core_proof_gen, core_proof_verify
from credence.circuits.curve import Curve
from credence.circuits.encoding import Rng
from credence.circuits.errors import CircuitError
from credence.circuits.issuance import HeldCredential, credential_generators, issuing_interface
from tests.circuits.journey import make_world

HEADER = b"a verifier's presentation header"
SHOWN = ("kyc_ge_1", "kyc_ge_2", "residence")
SCOPE = b"venue.example"


@pytest.fixture
def held(curve: Curve, rng: Rng) -> HeldCredential:
    return make_world(curve, rng).held()


def disclosed(held: HeldCredential) -> Mapping[int, int]:
    """What is shown: scalar by position."""
    return dict(sorted((held.schema.index(name), held.attributes[name]) for name in SHOWN))


def test_core_proof_gen_and_verify(held: HeldCredential, curve: Curve, rng: Rng) -> None:
    interface = issuing_interface(curve, held.suite)
    generators, shown = credential_generators(interface, held.schema), disclosed(held)
    proof = core_proof_gen(
        interface,
        held.public_key,
        held.signature,
        generators,
        held.header,
        HEADER,
        held.message_scalars(),
        list(shown),
        rng,
    )

    def verify(values: list[int], header: bytes = HEADER) -> None:
        core_proof_verify(interface, held.public_key, proof, generators, held.header, header, values, list(shown))

    verify(list(shown.values()))
    with pytest.raises(CircuitError):
        verify([*list(shown.values())[:-1], 0])
    with pytest.raises(CircuitError):
        verify(list(shown.values()), b"another")


def test_with_a_pseudonym(held: HeldCredential, curve: Curve, rng: Rng) -> None:
    interface = issuing_interface(curve, held.suite)
    generators, shown = credential_generators(interface, held.schema), disclosed(held)
    nyms = [held.schema.index("nym_secret")]
    proof, pseudonym = core_proof_gen_with_nym(
        interface,
        held.public_key,
        held.signature,
        generators,
        held.header,
        HEADER,
        held.message_scalars(),
        list(shown),
        SCOPE,
        nyms,
        rng,
    )

    def verify(scope: bytes) -> None:
        core_proof_verify_with_nym(
            interface,
            held.public_key,
            proof,
            generators,
            held.header,
            HEADER,
            list(shown.values()),
            list(shown),
            pseudonym,
            scope,
            nyms,
        )

    verify(SCOPE)
    with pytest.raises(CircuitError):
        verify(b"another.example")
