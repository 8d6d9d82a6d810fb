"""Makes the corpus of malicious presentations that ``credence conformance`` judges (docs/conformance.md).

``python -m tests.service.conformance.malicious.make_corpus`` writes the file anew. No clock and no randomness but seeds go
in, so that it comes out the same; while it is made, the verifier refuses each case at the step that the case names.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from credence.circuits import curve as curves
from credence.circuits.curve import Curve
from credence.circuits.errors import Step
from credence.circuits.sigma.transcript import Encoding
from credence.service.conformance.presentation_vectors import ALGORITHM
from tests.service.conformance.malicious import (
    bent_bytes,
    bent_json,
    cheating,
    other_context,
    posteriors,
    strangers,
    unhashed,
)
from tests.service.conformance.malicious.book import Book, Twin
from tests.service.conformance.malicious.notes import NOTES
from tests.service.conformance.malicious.scenes import full, rungs, small_scenes

FILE: Final = Path(str(files("credence.service.conformance") / "malicious.json"))
VERSION: Final = "3"
HEADER: Final = (
    "Presentations that a verifier has to accept or to refuse, made by tests/service/conformance/malicious.",
    "Each invalid one has one cause, which its flag names, and differs from its accepted twin in that alone.",
    "How to read it: docs/conformance.md.",
)


def corpus(curve: Curve, *, judged: bool = True) -> dict[str, Any]:
    """All groups. Without ``judged`` no case is shown to the verifier on the way: who has the file may judge that."""
    book = Book(curve, judged)
    whole, plain, short = _twins(book)
    bent_bytes.write(*whole)
    bent_json.write(plain[0], whole[0])
    other_context.write(plain[0], whole[0], whole[1])
    bent_bytes.plain(plain[1])
    _small(short)
    _batches(book, [whole[0], plain[0], *(twins[0] for twins in short.values())], short["named"][0])
    groups = [group.to_json() for group in book.groups]
    groups.append({"type": "Batch", "name": "batches", "tests": book.batches})
    used = {test["cause"] for group in groups for test in group["tests"] if test["result"] == "invalid"}
    if used != NOTES.keys():
        raise AssertionError(f"causes without a note, or notes without a case: {sorted(used ^ NOTES.keys())}")
    return {
        "algorithm": ALGORITHM,
        "schema": "credence/malicious-presentations/1",
        "generatorVersion": VERSION,
        "numberOfTests": sum(len(group["tests"]) for group in groups),
        "header": list(HEADER),
        "notes": NOTES,
        "testGroups": groups,
    }


Both = tuple[Twin, Twin]


def _twins(book: Book) -> tuple[Both, Both, dict[str, Both]]:
    scenes = {"full": full(book.curve), "rungs": rungs(book.curve), **small_scenes(book.curve)}
    scenes["venues"] = posteriors.venues(book.curve)
    twins: dict[str, Both] = {}
    for name, scene in scenes.items():
        group = book.group(scene)
        first, second = (group.accept(f"the honest proof, {encoding.name.lower()}", encoding) for encoding in Encoding)
        twins[name] = first, second
    return twins.pop("full"), twins.pop("rungs"), twins


def _small(short: Mapping[str, Both]) -> None:
    for twin in short["adult"]:
        cheating.ranges(twin)
        cheating.commitments(twin)
        strangers.identities(twin, ("c.person.Abar", "c.person.Bbar"), {"c.person.r1": 0, "c.person.e": 0})
        unhashed.malleable(twin)
    unhashed.elements(short["adult"][0])
    unhashed.commitments(short["adult"][0])
    unhashed.constant(short["adult"][1])
    unhashed.chosen_last(short["adult"][0])
    for twin in short["resident"]:
        cheating.sets(twin)
    for twin in short["unlisted"]:
        cheating.exclusions(twin)
    cheating.commitments(short["resident"][0])
    cheating.commitments(short["unlisted"][1])
    for twin in (*short["limited"], *short["once"]):
        cheating.tags(twin)
    for twin in short["sum"]:
        cheating.sums(twin)
    for twin in short["venues"]:
        posteriors.below(twin)
    posteriors.elsewhere(short["venues"][1])
    for twin in short["revocable"]:
        strangers.revoked(twin)
        strangers.identities(twin, ("c.person.acc.A", "c.person.acc.Abar"), {"c.person.acc.r": 0})
    for twin in short["sealed"]:
        strangers.seals(twin)
        strangers.identities(twin, ("c.person.E1",), {"c.person.rho": 0})
    for twin in short["both"]:
        strangers.holders(twin)
        known = 0x1234_5678
        strangers.cancelling(twin, {"of one weight": 1, "one of twice the other": 2, "of weights that are guessed": known})
    for twin in short["named"]:
        strangers.signatures(twin)
        strangers.unmet(twin)
        strangers.pseudonyms(twin)
        strangers.identities(twin, ("nym.Nym",), {"nym_secret": 0})
        unhashed.elements(twin)
        unhashed.commitments(twin)
        unhashed.constant(twin)
    unhashed.chosen_last(short["named"][0])
    unhashed.chosen_last(short["sealed"][0])
    for pair in short.values():
        for twin in pair:
            unhashed.simulated(twin)
    for name in ("limited", "sealed", "revocable"):
        unhashed.contexts(short[name][0])
        unhashed.resting(short[name][1])
    unhashed.resting(short["adult"][1])
    unhashed.tags(short["adult"][0])
    unhashed.contexts(short["named"][1])
    unhashed.tags(short["named"][1])
    unhashed.resting(short["named"][0])
    for name in ("adult", "named"):
        first, second = short[name]
        unhashed.written_anew(first, second)
        unhashed.written_anew(second, first)


def _batches(book: Book, good: list[Twin], named: Twin) -> None:
    """One bad one at each place, two bad ones that cancel, a whole batch of them."""
    members = [twin.tcId for twin in good]
    twin = book.good_batch("accepted presentations of all kinds", members)
    for cause, step in (("ChangedAfterSigning", Step.PAIRING), ("OtherPseudonym", Step.CHALLENGE)):
        one = next(
            test["tcId"]
            for test in named.group.tests
            if test.get("twin") == named.tcId and (test.get("cause"), test.get("step")) == (cause, step.name.lower())
        )
        for place in range(0, len(members) + 1, 2):
            mixed = [*members[:place], one, *members[place:]]
            book.batch("BadInBatch", f"one of {cause} at place {place}", mixed, [place], twin, step)
        book.batch("BadInBatch", f"one of {cause} alone", [one], [0], twin, step)
        book.batch("BadInBatch", f"one of {cause} three times", [one, members[0], one, one], [0, 2, 3], twin, step)
    for pair, step in ((strangers.opposite(named), Step.PAIRING), (strangers.unbalanced(named), Step.CHALLENGE)):
        first, second = pair
        what = "pairings" if step is Step.PAIRING else "equations"
        book.batch("CancellingInBatch", f"two whose {what} cancel", [first, second], [0, 1], twin, step)
        apart = [first, *members[:3], second]
        book.batch("CancellingInBatch", f"two whose {what} cancel, others between", apart, [0, 4], twin, step)


def written(whole: Mapping[str, Any]) -> str:
    """The file's text: one test a line."""
    head = {name: value for name, value in whole.items() if name != "testGroups"}
    lines = [json.dumps(head, indent=1)[:-2] + ',\n "testGroups": [']
    for at, group in enumerate(whole["testGroups"]):
        opened = {name: value for name, value in group.items() if name != "tests"}
        lines.append(f'  {json.dumps(opened)[:-1]}, "tests": [')
        tests = [f"    {json.dumps(test, separators=(',', ':'))}" for test in group["tests"]]
        lines.append(",\n".join(tests))
        lines.append("  ]}" + ("," if at + 1 < len(whole["testGroups"]) else ""))
    return "\n".join(lines) + "\n ]\n}\n"


if __name__ == "__main__":
    FILE.write_text(written(corpus(curves.load("native"))), encoding="utf-8")
