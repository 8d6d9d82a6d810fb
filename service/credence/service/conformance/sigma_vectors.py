"""Vectors of draft-irtf-cfrg-sigma-protocols: instances, proofs to accept or refuse, witnesses to prove anew.

One file holds a list of vectors. A proof is made again with the draft's seeded randomness, a sponge named by the vector.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from credence.circuits.curve import ORDER, SCALAR_LENGTH, Curve
from credence.circuits.encoding import decode_scalar
from credence.circuits.sigma.proof import nonce_count, prove, prove_with_nonces, verify
from credence.circuits.sigma.relation import parse_relation
from credence.circuits.sigma.statement import Statement, Witness
from credence.circuits.sigma.transcript import (
    CIPHERSUITE,
    SLACK,
    Encoding,
    Sponge,
    decode_field,
    derive_session_id,
)
from credence.service.conformance.case import Case, Setting
from credence.service.conformance.fixture import Fixture, Note, expect, expect_refused, no_blinding

FAMILY = "sigma-protocols"

_FLAVOURS: Final = {"batchable": Encoding.BATCHABLE, "compact": Encoding.COMPACT}


def vectors_in(fixture: Fixture) -> list[Fixture]:
    """The vectors of a file that lists them; none of another kind of file."""
    items = fixture.value if isinstance(fixture.value, list) else []
    if not all(isinstance(item, Mapping) for item in items):
        return []
    return [Fixture(fixture.name, fixture.path, fixture.text, item) for item in items]


def read_sigma(fixture: Fixture, setting: Setting) -> Iterable[Case] | None:
    """The cases of a file of proofs."""
    vectors = vectors_in(fixture)
    if not vectors or not all(vector.get("Function") == "SigmaProof" for vector in vectors):
        return None
    return list(_cases(vectors, setting.curve))


def _cases(vectors: Iterable[Fixture], curve: Curve) -> Iterator[Case]:
    for vector in vectors:
        label, flavour = str(vector.get("Id")), vector.get("Flavor")
        suite = f"{FAMILY}/{flavour}" if flavour in _FLAVOURS else FAMILY
        if str(vector.get("Ciphersuite")).encode() != CIPHERSUITE:
            yield Case(suite, label, None, "of another ciphersuite")
            continue

        def check(_: Note, vector: Fixture = vector) -> None:
            if vector.get("Expected") == "accept":
                _accepted(vector, curve)
            else:
                expect_refused(lambda: _verify(vector, curve))

        yield Case(suite, label, check)


def _verify(vector: Fixture, curve: Curve) -> Statement:
    statement = Statement(parse_relation(curve, vector.octets("Instance")))
    tag, encoding = vector.get("Tag").encode(), _FLAVOURS[vector.get("Flavor")]
    verify(statement, vector.octets("NargString"), tag, encoding, no_blinding)
    return statement


def _accepted(vector: Fixture, curve: Curve) -> None:
    statement = _verify(vector, curve)
    expect("serialized instance", statement.serialized, vector.octets("Instance"))
    tag, encoding = vector.get("Tag").encode(), _FLAVOURS[vector.get("Flavor")]
    if vector.has("SessionId"):
        expect("session id", derive_session_id(tag), vector.octets("SessionId"))
    if vector.has("Witness"):
        data = vector.octets("Witness")
        scalars = [decode_scalar(data[at : at + SCALAR_LENGTH]) for at in range(0, len(data), SCALAR_LENGTH)]
        witness, nonces = Witness(tuple(scalars)), seeded_nonces(vector.get("Relation"), encoding, nonce_count(statement))
        made = prove_with_nonces(statement, witness, tag, encoding, nonces)
        expect("proof", made, vector.octets("NargString"))
        verify(statement, prove(statement, witness, tag, encoding, no_blinding), tag, encoding, no_blinding)


def seeded_nonces(relation: str, encoding: Encoding, count: int) -> tuple[int, ...]:
    """The nonces of a published proof, from the stream that the draft's appendix names after relation and flavour."""
    name = b"TestDRNG-SIGMA-PROOFS-%b-%b-%b" % (encoding.value, CIPHERSUITE, relation.encode())
    return decode_field(Sponge(derive_session_id(name)).squeeze(count * (SCALAR_LENGTH + SLACK)), ORDER, count)
