"""Walking a folder of vectors and judging every file that is recognised."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from importlib.resources import files
from pathlib import Path, PurePath
from typing import Any, Final

from credence.circuits.curve import Curve
from credence.circuits.errors import CircuitError
from credence.service.conformance.blind_vectors import read_blind
from credence.service.conformance.case import Case, Reader, Setting
from credence.service.conformance.core_vectors import read_core
from credence.service.conformance.fixture import Fixture, Mismatch
from credence.service.conformance.presentation_vectors import SUITE as MALICIOUS
from credence.service.conformance.presentation_vectors import read_presentations
from credence.service.conformance.pseudonym_vectors import read_pseudonym
from credence.service.conformance.report import Report, SuiteResult
from credence.service.conformance.sigma_vectors import read_sigma
from credence.service.conformance.tlog_vectors import read_tlog
from credence.service.conformance.transcript_vectors import read_transcript
from credence.service.errors import InvalidRequest

MAX_FILE: Final = 16 << 20
"""Bytes of a file that is read; vectors are far smaller."""

_NOT_OURS: Final = frozenset({"node_modules", "__pycache__", "target", "dist", "build"})

# the pseudonym draft's files hold all that the blind draft's hold, so it is asked first
_READERS: Final[tuple[Reader, ...]] = (
    read_presentations,
    read_pseudonym,
    read_blind,
    read_core,
    read_tlog,
    read_sigma,
    read_transcript,
)

_FAILURES: Final = (Mismatch, CircuitError, LookupError, ValueError, TypeError, AttributeError, ArithmeticError)


class NoVectors(InvalidRequest):
    """There is no such folder, or nothing in it that could be a vector: a run of nothing proves nothing."""

    default = "The folder holds no test vectors."


def own_corpus() -> Fixture:
    """The corpus of malicious presentations that comes with this build."""
    file = files("credence.service.conformance") / "malicious.json"
    text = file.read_text(encoding="utf-8")
    return Fixture(PurePath(file.name), PurePath(file.name), text, json.loads(text))


def run(
    vectors_dir: Path | None,
    curve: Curve,
    *,
    own: bool = False,
    per_suite: int | None = None,
    only: Callable[[str], bool] = lambda name: True,
    progress: Callable[[str], None] = lambda name: None,
) -> Report:
    """Judge every vector under ``vectors_dir`` with this engine; with ``own`` those that come with this build, too.

    ``per_suite`` runs the first so many of each suite and lists the rest as skipped (the reference engine's slice);
    ``only`` chooses suites by name, the others are not listed; ``progress`` is told each suite's name as it is entered.
    Raises :class:`NoVectors`.
    """
    fixtures, unread = _fixtures(vectors_dir) if vectors_dir is not None else ([], [])
    if vectors_dir is not None and not fixtures:
        raise NoVectors
    fixtures += [own_corpus()] if own and only(MALICIOUS) else []
    setting = _setting(curve, fixtures)
    results: dict[str, SuiteResult] = {}
    for case in (*(case for fixture in fixtures for case in _cases(fixture, setting)), *unread):
        if not only(case.suite):
            continue
        if case.suite not in results:
            progress(case.suite)
        _judge(case, results.setdefault(case.suite, SuiteResult(case.suite)), per_suite)
    return Report(curve.name, tuple(results[name] for name in sorted(results)))


def _judge(case: Case, result: SuiteResult, per_suite: int | None) -> None:
    if case.check is None:
        result.skipped += 1
        result.note(case.reason)
        return
    if per_suite is not None and result.passed + result.failed >= per_suite:
        result.skipped += 1
        result.note(f"a slice: the first {per_suite} of each suite")
        return
    try:
        case.check(result.note)
    except _FAILURES as error:
        result.failed += 1
        what = str(error) if isinstance(error, Mismatch | CircuitError) else f"cannot be read ({type(error).__name__})"
        result.failures.append(f"{case.label}: {what}")
    else:
        result.passed += 1
        result.causes.update([case.cause] if case.cause else [])


def _fixtures(folder: Path) -> tuple[list[Fixture], list[Case]]:
    """The JSON files under a folder, in order of their names; and as skipped cases the files that are none."""
    fixtures, unread = [], []
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        if not path.is_file() or any(part in _NOT_OURS or part.startswith(".") for part in name.parts):
            continue
        suite = f"other/{name.parts[0] if len(name.parts) > 1 else folder.resolve().name}"
        if path.suffix != ".json" or path.stat().st_size > MAX_FILE:
            unread.append(Case(suite, name.as_posix(), None, "not JSON of an accepted size"))
            continue
        try:
            text = path.read_text(encoding="utf-8")
            fixtures.append(Fixture(name, path.resolve(), text, json.loads(text)))
        except (ValueError, RecursionError):
            unread.append(Case(suite, name.as_posix(), None, "cannot be read as JSON"))
    return fixtures, unread


def _setting(curve: Curve, fixtures: Iterable[Fixture]) -> Setting:
    setting = Setting(curve)
    for fixture in fixtures:
        try:
            if fixture.has("signature", "messages", "committedMessages") and fixture.valid:
                pair = fixture.octet_list("messages"), fixture.octet_list("committedMessages")
                setting.signed.setdefault(fixture.get("signature").lower(), pair)
            elif fixture.has("messages", "committedMessages") and not fixture.has("commitmentWithProof"):
                pair = fixture.octet_list("messages"), fixture.octet_list("committedMessages")
                setting.messages[fixture.path.parent] = pair
        except _FAILURES:
            continue  # the file's own case says what is wrong with it
    return setting


def _cases(fixture: Fixture, setting: Setting) -> Iterator[Case]:
    for reader in _READERS:
        cases = reader(fixture, setting)
        if cases is not None:
            yield from cases
            return
    yield from _not_judged(fixture)


def _not_judged(fixture: Fixture) -> Iterator[Case]:
    """Skipped cases: inputs of other vectors, unknown files."""
    label, value = fixture.name.as_posix(), fixture.value
    if _is_messages(value):
        yield Case("messages", label, None, "messages that other vectors use; nothing to check by themselves")
    else:
        top = fixture.name.parts[0] if len(fixture.name.parts) > 1 else fixture.path.parent.name
        yield Case(f"other/{top}", label, None, "no reader for this kind of file")


def _is_messages(value: Any) -> bool:
    if isinstance(value, dict):
        return bool(value) and set(value) <= {"messages", "committedMessages"}
    return isinstance(value, list) and bool(value) and all(isinstance(item, str) for item in value)
