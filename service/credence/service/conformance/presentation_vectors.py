"""A corpus of presentations to accept and to refuse, in the form of Wycheproof's vectors (docs/conformance.md).

A group holds what a verifier knows: the request, the issuers' documents, its own audience, the time, and the checkpoints
that its log has. A test is a presentation, or what is changed in that of an accepted twin; it says whether it is ``valid``,
and where it is not, the step that refuses it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from credence.circuits.curve import Curve
from credence.circuits.encoding import b64u_decode
from credence.circuits.errors import CircuitError, Refused
from credence.circuits.presentation import (
    NOT_ACCEPTED,
    Accepted,
    AccumulatorView,
    Unchecked,
    check_presentations,
    read_presentation,
)
from credence.circuits.presentation.judging import FindAccumulator
from credence.circuits.revocation_log import AccumulatorCheckpoint, check_age
from credence.circuits.wire import IssuerDocument, Presentation, PresentationRequest
from credence.service.conformance.case import Case, Setting
from credence.service.conformance.changes import changed
from credence.service.conformance.fixture import Fixture, Mismatch, Note, expect, no_blinding

ALGORITHM: Final = "CREDENCE-PRESENTATION"
SUITE: Final = "malicious"
KNOWN: Final = ("request", "documents", "audience", "now", "accumulators")
"""What a group says for all of its tests, and a change may change."""

UNREADABLE: Final = (LookupError, ValueError, TypeError, AttributeError, CircuitError)

Tests = Mapping[int, Mapping[str, Any]]


def read_presentations(fixture: Fixture, setting: Setting) -> Iterable[Case] | None:
    """The cases of a corpus."""
    if not isinstance(fixture.value, Mapping) or fixture.value.get("algorithm") != ALGORITHM:
        return None
    try:
        return list(_cases(fixture.value, setting.curve))
    except UNREADABLE as error:
        return [_unreadable(fixture, error)]


def _unreadable(fixture: Fixture, error: Exception) -> Case:
    def check(_: Note) -> None:
        raise Mismatch(f"the corpus cannot be read ({type(error).__name__})")

    return Case(SUITE, fixture.name.as_posix(), check)


def documents_of(corpus: Mapping[str, Any]) -> dict[int, dict[str, Any]]:
    """By tcId what is judged: what the verifier knows, and the presentation. Batches, which name others, are left out."""
    found: dict[int, dict[str, Any]] = {}
    for group in corpus["testGroups"]:
        if group["type"] == "Presentation":
            known = {name: group[name] for name in KNOWN}
            for test in group["tests"]:
                whole = {**known, "presentation": test["presentation"]} if test["result"] == "valid" else found[test["twin"]]
                found[test["tcId"]] = changed(whole, test.get("changes", ()))
    return found


def read_document(curve: Curve, document: Mapping[str, Any]) -> Unchecked:
    """Steps 1 to 5 for one case, from JSON on. Raises :class:`CircuitError`."""
    return read_presentation(
        curve,
        PresentationRequest.parse(document["request"]),
        Presentation.parse(document["presentation"]),
        [IssuerDocument.parse(item) for item in document["documents"]],
        document["audience"],
        document["now"],
        no_blinding,
        accumulators=_finder(document["accumulators"], document["now"]),
    )


def _finder(items: Sequence[Mapping[str, Any]], now: int) -> FindAccumulator:
    """A verifier's log, in which the newest checkpoint of an accumulator is the one with the last event and minute."""

    def find(issuer: str, schema: str, index: int, minute: int, max_age_s: int) -> AccumulatorView | None:
        own = [item for item in items if (item["issuer"], item["schema"]) == (issuer, schema)]
        known = {(item["index"], item["minute"]): item for item in own}
        if (index, minute) not in known:
            return None
        try:
            check_age(_checkpoint(known[index, minute]), _checkpoint(known[max(known)]), now=now, max_age_s=max_age_s)
        except Refused:
            return None
        found = known[index, minute]
        return AccumulatorView(b64u_decode(found["key"]), b64u_decode(found["value"]), index, minute)

    return find


def _checkpoint(item: Mapping[str, Any]) -> AccumulatorCheckpoint:
    return AccumulatorCheckpoint(item["issuer"], item["schema"], item["index"], b64u_decode(item["value"]), item["minute"])


def judge(curve: Curve, document: Mapping[str, Any]) -> CircuitError | None:
    """Why the verifier refuses it, or None: it was accepted."""
    try:
        (verdict,) = check_presentations([read_document(curve, document)], no_blinding)
    except CircuitError as error:
        return error
    return verdict if isinstance(verdict, Refused) else None


def step_of(error: CircuitError) -> str:
    """The name of the step that refused, as corpora write it; empty where nothing says."""
    return "" if error.step is None else error.step.name.lower()


def _cases(corpus: Mapping[str, Any], curve: Curve) -> Iterator[Case]:
    documents = documents_of(corpus)
    tests = {test["tcId"]: test for group in corpus["testGroups"] for test in group["tests"]}
    for group in corpus["testGroups"]:
        for test in group["tests"]:

            def check(_: Note, test: Mapping[str, Any] = test, batch: bool = group["type"] == "Batch") -> None:
                if batch:
                    judge_batch(curve, [documents[member] for member in test["members"]], test)
                else:
                    _judge_one(curve, documents[test["tcId"]], test)

            _check_twin(tests, test)
            yield Case(SUITE, f"tcId {test['tcId']}", check, cause=test.get("cause", ""))


def _check_twin(tests: Tests, test: Mapping[str, Any]) -> None:
    if test["result"] == "invalid" and tests[test["twin"]]["result"] != "valid":
        raise ValueError("a twin that is not accepted")


def _judge_one(curve: Curve, document: Mapping[str, Any], test: Mapping[str, Any]) -> None:
    error = judge(curve, document)
    if test["result"] == "valid":
        if error is not None:
            raise Mismatch(f"a valid presentation was refused at {step_of(error)}")
        return
    if error is None:
        raise Mismatch("a malicious presentation was ACCEPTED")
    expect("step", step_of(error), test["step"])
    if isinstance(error, Refused):
        expect("reason", error.reason, test.get("reason", NOT_ACCEPTED))


def judge_batch(curve: Curve, documents: Sequence[Mapping[str, Any]], test: Mapping[str, Any]) -> None:
    """Judge several cases together. Raises :class:`Mismatch` unless exactly those that the test names are refused."""
    verdicts = check_presentations([read_document(curve, document) for document in documents], no_blinding)
    found = {position: verdict for position, verdict in enumerate(verdicts) if not isinstance(verdict, Accepted)}
    refused = test.get("refused", ())
    if not set(refused) <= found.keys():
        raise Mismatch("a malicious presentation was ACCEPTED in a batch")
    expect("what was refused in the batch", list(found), list(refused))
    for verdict in found.values():
        expect("step", step_of(verdict), test["step"])
