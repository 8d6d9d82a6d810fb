"""Does any request that can be drawn from the OpenAPI document bring the service to its knees, or to say too much?

Two processes, each with a whole service of its own, send what schemathesis draws for every operation: data that fits the
schema and data that does not, for objects that exist and that do not, good bodies with spoiled places. Each is sent by a key
that may and by one that may not, where there is such: another's key, none, or a key that is none. The service is told no
limits: how often one may ask is another figure's question.
"""

from __future__ import annotations

import hashlib
import os
import time
import warnings
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final

from tests.soak.figure import Options, Result

TARGET: Final = "fuzz: 50,000 cases from the OpenAPI document, 0 answers of 5xx, every error a problem, no echo"
LIMIT: Final = 900

CASES: Final = 50_000
SEED: Final = 20_261_121
WORKERS: Final = 2
ROUND: Final = 40
"""Cases of one operation and kind in a row."""
FRESH: Final = 6
"""Rounds after which the objects that exist are made anew."""
SHOWN: Final = 12


@dataclass
class Tally:
    """What one process saw."""

    cases: int = 0
    unsendable: int = 0
    errors: int = 0
    operations: set[str] = field(default_factory=set)
    distinct: set[bytes] = field(default_factory=set)
    statuses: Counter[int] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)


def run(options: Options) -> Result:
    """All of it, from one seed that is printed."""
    cases, limit = options.sized(CASES, 400), options.sized(LIMIT - 40.0, 60.0)
    folders = [options.room / str(number) for number in range(WORKERS)]
    shares, rounds = [cases // WORKERS] * WORKERS, [options.sized(ROUND, 3)] * WORKERS
    with ProcessPoolExecutor(WORKERS, mp_context=get_context("spawn")) as pool:
        tallies = list(pool.map(work, folders, range(SEED, SEED + WORKERS), shares, rounds, [limit] * WORKERS))
    sent = sum(tally.cases for tally in tallies)
    faults = sum((tally.faults for tally in tallies), Counter[str]())
    statuses = sum((tally.statuses for tally in tallies), Counter[int]())
    examples = {text: example for tally in tallies for text, example in tally.examples.items()}
    said = [f"{count} x {text} ({examples[text]})" for text, count in faults.most_common(SHOWN)]
    if sent < cases:
        said.append(f"{cases - sent} cases short when the time was over")
    return {
        "ok": not said,
        "figures": {
            "cases": sent,
            "distinct": len(set().union(*(tally.distinct for tally in tallies))),
            "operations": len(set().union(*(tally.operations for tally in tallies))),
            "errors": sum(tally.errors for tally in tallies),
            "unsendable": sum(tally.unsendable for tally in tallies),
            "faults": sum(faults.values()),
            "seed": str(SEED),
            "statuses": {str(status): count for status, count in sorted(statuses.items())},
        },
        "note": "; ".join(said),
    }


def work(folder: Path, seed: int, share: int, together: int, seconds: float) -> Tally:
    """The process of one worker."""
    os.environ["CREDENCE_LIMITS"] = "all=off"
    warnings.simplefilter("ignore")  # of hypothesis and schemathesis about examples; the service's are errors in its tests
    folder.mkdir()
    tally, end = Tally(), time.monotonic() + seconds
    for _ in _rounds(folder, seed, together, tally):
        if tally.cases >= share or time.monotonic() > end:
            break
    return tally


def _rounds(folder: Path, seed: int, together: int, tally: Tally) -> Iterator[None]:
    """Yields after every few cases, without an end."""
    import schemathesis
    from schemathesis import Case

    from credence.circuits import curve as curves
    from credence.service import logs
    from credence.service.auth import OPERATIONS, Scope
    from tests.service.auth.premises import SAMPLES, Sample, opened
    from tests.soak.cases import drawn, kinds, on_the_wire
    from tests.soak.judgement import Judge
    from tests.soak.wire import exchange

    logs.configure("error")  # every refusal is a warning, and nearly every case is refused
    root = Path(__file__).resolve().parents[2]
    with opened(folder, curves.load("native")) as premises:
        client = premises.running.client
        document = client.get("/openapi.json").json()
        judge = Judge(root, document)
        operations = [found.ok() for found in schemathesis.openapi.from_dict(document).get_all_operations()]
        strangers = [
            "",
            "Bearer",
            "Bearer x",
            "Basic dXNlcjpwYXNz",
            "DPoP x.y.z",
            "Bearer cred_" + "a" * 16 + "_" + "b" * 52,
        ]

        def send(name: str, case: Case) -> None:
            """By one who may, and by one who may not: in turns another's key, none, or one that is none."""
            turn, scopes = tally.cases, sorted(OPERATIONS[name].scopes)
            others = [scope for scope in Scope if scope not in scopes]
            may = scopes or list(Scope)
            one(name, case, may[turn // 2 % len(may)], None)
            if turn % 5:
                one(name, case, others[turn // 3 % len(others)], None)
            else:
                one(name, case, None, strangers[turn // 5 % len(strangers)])

        def one(name: str, case: Case, scope: Scope | None, stranger: str | None) -> None:
            shown = stranger if scope is None else f"Bearer {premises.api_keys[scope]}"
            # who asks for a token shows an assertion, and no key beside it
            access = {"Authorization": shown} if shown and name != "issueToken" else {}
            sent = on_the_wire(case, {**access, "User-Agent": f"probe-{seed:x}-{tally.cases:x}"})
            if sent is None:
                tally.unsendable += 1
                return
            answer = exchange(client, sent)
            tally.cases += 1
            tally.operations.add(name)
            tally.statuses[answer.status] += 1
            tally.errors += answer.status >= 400
            whole = (sent.method, sent.target, sent.body, shown)
            tally.distinct.add(hashlib.sha256(repr(whole).encode()).digest()[:12])
            for fault in judge.faults(case, sent, answer, scope):
                text = f"{name}: {fault}"
                tally.faults[text] += 1
                tally.examples.setdefault(text, f"{sent.target[:80]} {sent.body[:120]!r}")

        samples: dict[str, Any] = {}
        for number in range(1_000_000):
            for operation in operations:
                name = operation.definition.raw["operationId"]
                if number % FRESH == 0:
                    (owner, *_) = [*map(premises.owner_of, sorted(OPERATIONS[name].scopes)), "other.example"]
                    samples[name] = SAMPLES[name](premises, owner) if name in SAMPLES else Sample(frozenset())
                for kind in kinds(operation, samples[name]):
                    drawn(kind, seed * 1_000 + number, together, lambda case, n=name: send(n, case))
                    yield
