"""Is a message of another length refused before anything of it is read? The proof inside would refuse most of them too."""

from __future__ import annotations

from typing import Any

import pytest

from credence.circuits.composite.message import decode, encode, message_length
from credence.circuits.composite.statement import compile_plan
from credence.circuits.curve import G1_LENGTH, Curve
from credence.circuits.errors import Malformed, Step
from credence.circuits.sigma.transcript import Encoding
from tests.circuits.composite.subjects import BOTH, full


@pytest.mark.parametrize("encoding", BOTH)
def test_a_message_is_its_points_and_its_proof(curve: Curve, encoding: Encoding) -> None:
    subject = full(curve)
    compiled, message = compile_plan(subject.plan), subject.prove(encoding)
    assert len(message) == message_length(compiled, encoding)
    read = decode(curve, compiled, encoding, message)
    assert tuple(read.points) == compiled.sent
    assert read.proof == message[G1_LENGTH * len(compiled.sent) :]
    assert encode(compiled, read.points, read.proof) == message


@pytest.mark.parametrize("encoding", BOTH)
def test_another_length_or_type_is_refused_at_once(curve: Curve, encoding: Encoding) -> None:
    subject = full(curve)
    compiled, message = compile_plan(subject.plan), subject.prove(encoding)
    wrong: tuple[Any, ...] = (message + b"\x00", message[:-1], b"", bytearray(message), message.hex())
    for data in wrong:
        with pytest.raises(Malformed, match="another length") as caught:
            decode(curve, compiled, encoding, data)
        assert caught.value.step is Step.SHAPE
