"""Vectors of draft-irtf-cfrg-fiat-shamir: the sponge, the codecs, and the draft's example protocol, sumcheck.

Numbers stand in hexadecimal with their prefix. A vector without ``Expected`` states its result.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from credence.circuits.encoding import u32le
from credence.circuits.errors import Malformed, Refused
from credence.circuits.sigma.transcript import (
    ByteOrder,
    Sponge,
    decode_uint,
    derive_session_id,
    deserialize_field,
    deserialize_uint,
    deserialize_varlen_string,
    serialize_field,
    serialize_uint,
    serialize_varlen_string,
    uint_length,
)
from credence.service.conformance.case import Case, Setting
from credence.service.conformance.fixture import Fixture, Note, expect, expect_refused
from credence.service.conformance.sigma_vectors import vectors_in

FAMILY = "fiat-shamir"


def read_transcript(fixture: Fixture, setting: Setting) -> Iterable[Case] | None:
    """The cases of a file of codecs or of one sponge."""
    vectors = vectors_in(fixture)
    if not vectors or not all(str(vector.get("Id")).startswith(f"{FAMILY}/") for vector in vectors):
        return None
    return list(_cases(vectors))


def _cases(vectors: Iterable[Fixture]) -> Iterator[Case]:
    for vector in vectors:
        label = str(vector.get("Id"))
        suite, judge = "/".join(label.split("/")[:2]), _JUDGES.get(vector.get("Function"))
        if vector.get("Hash") not in (None, "SHAKE128"):
            yield Case(suite, label, None, "of another hash")
        elif judge is None:
            yield Case(suite, label, None, "no reader for this function")
        else:

            def check(_: Note, vector: Fixture = vector, judge: Callable[[Fixture], None] = judge) -> None:
                if vector.get("Expected") == "reject":
                    expect_refused(lambda: judge(vector))
                else:
                    judge(vector)

            yield Case(suite, label, check)


def _byte_order(vector: Fixture) -> ByteOrder:
    return "big" if vector.get("ByteOrder") == "big-endian" else "little"


def _degree(vector: Fixture) -> int:
    return int(vector.get("ExtensionDegree") or 1)


def _serialize_string(vector: Fixture) -> None:
    expect("output", serialize_varlen_string(vector.octets("Input")), vector.octets("Output"))
    expect("string", deserialize_varlen_string(vector.octets("Output")), (vector.octets("Input"), b""))


def _deserialize_string(vector: Fixture) -> None:
    expect("string", deserialize_varlen_string(vector.octets("Input")), (vector.octets("Output"), b""))


def _serialize_uint(vector: Fixture) -> None:
    value, modulus = vector.scalar("Value"), vector.scalar("Modulus")
    expect("output", serialize_uint(value, modulus), vector.octets("Output"))
    expect("integer", deserialize_uint(vector.octets("Output"), modulus), (value, b""))


def _deserialize_uint(vector: Fixture) -> None:
    value, rest = deserialize_uint(vector.octets("Input"), vector.scalar("Modulus"))
    expect("integer", (value, rest), (vector.scalar("Value"), b""))


def _serialize_field(vector: Fixture) -> None:
    value, modulus, order = vector.scalar("Value"), vector.scalar("Modulus"), _byte_order(vector)
    expect("output", serialize_field([value], modulus, order), vector.octets("Output"))
    expect("coordinates", deserialize_field(vector.octets("Output"), modulus, 1, order), ((value,), b""))


def _deserialize_field(vector: Fixture) -> None:
    data, modulus, order = vector.octets("Input"), vector.scalar("Modulus"), _byte_order(vector)
    coordinates, rest = deserialize_field(data, modulus, _degree(vector), order)
    expect("coordinates", (list(coordinates), rest), (vector.scalars("Coordinates"), b""))
    expect("serialized again", serialize_field(coordinates, modulus, order), data)


def _run(vector: Fixture) -> bytes:
    sponge, output = Sponge(vector.octets("SessionId")), b""
    for operation in vector.get("Operations"):
        if operation["type"] == "absorb":
            sponge.absorb(bytes.fromhex(operation["data"]))
        else:
            output += sponge.squeeze(operation["length"])
    return output


def _sponge(vector: Fixture) -> None:
    expect("output", _run(vector), vector.octets("Output"))


def _decode_uint(vector: Fixture) -> None:
    data = _run(vector) if vector.has("Operations") else vector.octets("Input")
    if vector.has("Output"):
        expect("output", data, vector.octets("Output"))
    expect("challenge", decode_uint(data, vector.scalar("Modulus")), vector.scalar("Challenge"))


def _session_id(vector: Fixture) -> None:
    expect("session id", derive_session_id(vector.octets("Tag")), vector.octets("Output"))


def _sumcheck_begun(session_id: bytes, modulus: int, variables: int, claimed: int) -> Sponge:
    sponge = Sponge(session_id)
    sponge.absorb(u32le(variables) + serialize_field([claimed], modulus))
    return sponge


def _sumcheck_challenge(sponge: Sponge, modulus: int) -> int:
    return int.from_bytes(sponge.squeeze(uint_length(modulus)), "little") % modulus


def sumcheck_prove(session_id: bytes, modulus: int, table: list[int]) -> tuple[bytes, int]:
    """(proof, the polynomial's value at the challenges), for the table of a multilinear polynomial's values."""
    sponge = _sumcheck_begun(session_id, modulus, len(table).bit_length() - 1, sum(table) % modulus)
    proof = b""
    while len(table) > 1:
        even, odd = table[::2], table[1::2]
        message = serialize_field([sum(even) % modulus, (sum(odd) - sum(even)) % modulus], modulus)
        sponge.absorb(message)
        proof += message
        r = _sumcheck_challenge(sponge, modulus)
        table = [(low + r * (high - low)) % modulus for low, high in zip(even, odd, strict=True)]
    return proof, table[0]


def sumcheck_verify(session_id: bytes, modulus: int, variables: int, claimed: int, proof: bytes) -> int:
    """The value that the polynomial must have at the challenges. Raises :class:`Malformed` or :class:`Refused`."""
    sponge = _sumcheck_begun(session_id, modulus, variables, claimed)
    for _ in range(variables):
        (low, slope), rest = deserialize_field(proof, modulus, 2)
        if (2 * low + slope - claimed) % modulus:
            raise Refused("a round does not add up to its claim")
        sponge.absorb(proof[: len(proof) - len(rest)])
        claimed, proof = (low + slope * _sumcheck_challenge(sponge, modulus)) % modulus, rest
    if proof:
        raise Malformed("trailing bytes")
    return claimed


def _sumcheck(vector: Fixture) -> None:
    session_id, modulus, variables = vector.octets("SessionId"), vector.scalar("Modulus"), vector.get("NumVariables")
    if vector.has("Tag"):
        expect("session id", derive_session_id(vector.octets("Tag")), session_id)
    value = sumcheck_verify(session_id, modulus, variables, vector.scalar("ClaimedSum"), vector.octets("Narg"))
    expect("final evaluation", value, vector.scalar("FinalEvaluation"))
    if vector.has("Witness"):
        table = list(vector.get("Witness"))
        expect("claimed sum", sum(table) % modulus, vector.scalar("ClaimedSum"))
        expect("proof", sumcheck_prove(session_id, modulus, table), (vector.octets("Narg"), value))


_JUDGES: Final[dict[object, Callable[[Fixture], None]]] = {
    "SerializeVarLenString": _serialize_string,
    "DeserializeVarLenString": _deserialize_string,
    "SerializeUint": _serialize_uint,
    "DeserializeUint": _deserialize_uint,
    "SerializeField": _serialize_field,
    "DeserializeField": _deserialize_field,
    "DecodeUint": _decode_uint,
    "DuplexSponge": _sponge,
    "DeriveSessionID": _session_id,
    "Sumcheck": _sumcheck,
}
