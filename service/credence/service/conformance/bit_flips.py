"""Every single-bit flip of one compact proof of a whole policy, each judged alone by the whole verifier.

Nothing is skipped and nothing is batched: a batch that is refused would say that one of its members is wrong, not that all
are. So it takes minutes, and is spread over the machine's cores.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any, Final

from credence.circuits import curve as curves
from credence.circuits.encoding import b64u_decode
from credence.service.conformance.changes import changed
from credence.service.conformance.presentation_vectors import judge, step_of
from credence.service.conformance.report import SuiteResult
from credence.service.conformance.runner import own_corpus

SUITE: Final = "bit-flips"
GROUP: Final = "full"
_PROOF: Final = "/presentation/proof"
_PART: Final = 64
"""Flips of one errand to a worker."""


def whole_proof() -> dict[str, Any]:
    """What is judged: the corpus's accepted compact proof of its whole policy, with what its verifier knows."""
    corpus = own_corpus().value
    (group,) = [group for group in corpus["testGroups"] if group["name"] == GROUP]
    accepted = [test for test in group["tests"] if test["result"] == "valid" and "changes" not in test]
    test = next(test for test in accepted if test["presentation"]["encoding"] == "compact")
    known = {name: group[name] for name in ("request", "documents", "audience", "now", "accumulators")}
    return {**known, "presentation": test["presentation"]}


def flip_bits(engine: str, *, every: int = 1, first: int = 0, workers: int | None = None) -> SuiteResult:
    """Judge flips ``first``, ``first + every``, … of all bits of the proof; bit 0 is the highest of the first byte.

    ``causes`` counts them by the step that refused; one that is accepted is a failure that names the bit. The proof itself
    is judged first. Raises :class:`ValueError` for a share that is none.
    """
    if every < 1 or not 0 <= first < every:
        raise ValueError("every N-th bit, from one of the first N on")
    document = whole_proof()
    result = SuiteResult(SUITE)
    if judge(curves.load(engine), document) is not None:
        result.failed, result.failures = 1, ["the proof itself was refused"]
        return result
    total = 8 * len(b64u_decode(document["presentation"]["proof"]))
    bits = range(first, total, every)
    parts = [bits[at : at + _PART] for at in range(0, len(bits), _PART)]
    # spawned: a fork would take over whatever threads and locks its parent has
    with ProcessPoolExecutor(workers or os.cpu_count(), mp_context=get_context("spawn")) as pool:
        for steps in pool.map(judge_flips, [engine] * len(parts), [document] * len(parts), parts):
            result.causes.update(step for step in steps.values() if step is not None)
            accepted = [bit for bit, step in steps.items() if step is None]
            result.failures += [f"bit {bit} flipped: ACCEPTED" for bit in accepted]
            result.failed += len(accepted)
            result.passed += len(steps) - len(accepted)
    if every > 1:
        result.note(f"each {every}th of {total} bits, from bit {first} on")
    return result


def judge_flips(engine: str, document: Mapping[str, Any], bits: Sequence[int]) -> dict[int, str | None]:
    """By bit the step that refuses its flip; None where nothing does."""
    curve, proof = curves.load(engine), b64u_decode(document["presentation"]["proof"])
    steps: dict[int, str | None] = {}
    for bit in bits:
        at, mask = bit // 8, 0x80 >> bit % 8
        flip = {"op": "splice", "path": _PROOF, "offset": at, "remove": 1, "insert": bytes([proof[at] ^ mask]).hex()}
        error = judge(curve, changed(document, [flip]))
        steps[bit] = None if error is None else step_of(error)
    return steps
