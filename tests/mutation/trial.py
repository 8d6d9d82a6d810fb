"""Runs a target's tests against its mutants, each in a process of its own.

A mutant of a function is tried by *exchanging* the function's code after everything was imported and collected: forking is
cheap, so most are noticed within a fraction of a second. One of a module's own lines has to be *loaded* in the module's
place, and so is one that survived the exchange, explained or not: nothing that was made at import escapes it then, and
properties, which take longest, are asked as well.
Nothing is written to the tree.
"""

from __future__ import annotations

import ast
import functools
import importlib.abc
import importlib.machinery
import importlib.util
import os
import resource
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any, Final

import pytest

from tests.mutation.operators import Mutant
from tests.mutation.targets import Target

SURVIVED: Final = "survived"
ENDLESS: Final = "did not end"
UNLOADED: Final = "did not load"
UNTRIED: Final = "could not be exchanged"

_MEMORY: Final = 4 << 30
_WALL: Final = 20
"""How much longer than its processor time a trial may take, on a machine that does other things too."""
_UNNEEDED: Final = "not reference and not both_engines and not slow_engine"
"""The slow engine's tests judge the engines, which are no target."""

_OPTIONS: Final = (
    "-x",
    "-k",
    _UNNEEDED,
    "-q",
    "--no-header",
    "--no-summary",
    "-p",
    "no:cacheprovider",
    "--capture=no",
    "--tb=no",
)


@dataclass(frozen=True)
class Verdict:
    """``killer`` is the test that failed, or one of the words above; ``cpu`` are seconds."""

    name: str
    killer: str
    cpu: float

    @property
    def survived(self) -> bool:
        """Whether no test noticed."""
        return self.killer in (SURVIVED, UNTRIED)


class Trials:
    """All trials of one target; for one process, which imports nothing of the target before."""

    def __init__(self, root: Path, target: Target, jobs: int) -> None:
        self._target, self._jobs = target, jobs
        self._source = (root / target.path).read_text()
        self._module = f"credence.circuits.{target.module.removesuffix('.py').replace('/', '.')}"
        self._arguments = [*_OPTIONS, *(str(root / path) for path in target.test_paths)]
        self._budget = 60.0

    def baseline(self) -> Verdict:
        """The tests with nothing changed: what they take is the measure of an endless mutant."""
        (verdict,) = _forked([("nothing", self._loaded(None))], 1, 600.0, UNLOADED)
        self._budget = 5 + 2 * verdict.cpu
        return verdict

    def exchanged(self, mutants: Sequence[Mutant]) -> Iterator[Verdict]:
        """Mutants of functions, after one collection."""
        read, write = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(read)
            with os.fdopen(write, "w", buffering=1) as said:
                _quietly(lambda: pytest.main(self._arguments, plugins=[_Server(self, mutants, said)]))
        os.close(write)
        with os.fdopen(read) as heard:
            for line in heard:
                name, killer, cpu = line.rstrip("\n").split("\t")
                yield Verdict(name, killer, float(cpu))
        os.waitpid(pid, 0)

    def loaded(self, mutants: Iterable[Mutant]) -> Iterator[Verdict]:
        """Any mutants, each imported in its module's place."""
        return _forked([(mutant.name, self._loaded(mutant)) for mutant in mutants], self._jobs, self._budget, UNLOADED)

    def _loaded(self, mutant: Mutant | None) -> Callable[[_Judge], int]:
        def run(judge: _Judge) -> int:
            if mutant is not None:
                sys.meta_path.insert(0, _Loader(self._module, mutant.tree(self._source)))
            return int(pytest.main(self._arguments, plugins=[judge]))

        return run

    def serve(self, session: pytest.Session, mutants: Sequence[Mutant], said: Any) -> None:
        """In the process that has collected. Whoever noticed the last mutant is the first to be asked about the next."""

        def run(mutant: Mutant) -> Callable[[_Judge], int]:
            def tried(judge: _Judge) -> int:
                session.config.pluginmanager.register(judge)
                _exchange(sys.modules[self._module], mutant, self._source)
                return _rest_of(session)

            return tried

        trials = [(mutant.name, run(mutant)) for mutant in mutants]
        for verdict in _forked(trials, self._jobs, self._budget, UNTRIED):
            session.items.sort(key=lambda item: item.nodeid != verdict.killer)
            said.write(f"{verdict.name}\t{verdict.killer}\t{verdict.cpu:.2f}\n")


def _rest_of(session: pytest.Session) -> int:
    """What is left of a run after collecting: every test, up to the first that fails."""
    items = session.items
    for item, following in zip(items, [*items[1:], None], strict=True):
        session.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        if session.testsfailed:
            return 1
    return 0


class _Server:
    """Takes the place of the test loop."""

    def __init__(self, trials: Trials, mutants: Sequence[Mutant], said: Any) -> None:
        self._trials, self._mutants, self._said = trials, mutants, said

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Properties take longest and are left for those that survive everything else."""
        items[:] = [item for item in items if not hasattr(getattr(item, "obj", None), "hypothesis")]

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self._trials.serve(session, self._mutants, self._said)
        return True


class _Judge:
    """Says which test was the first to fail."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self._say(report.nodeid)


class _Loader(importlib.abc.MetaPathFinder, importlib.abc.SourceLoader):
    """Imports one module from another syntax tree."""

    def __init__(self, name: str, tree: ast.Module) -> None:
        self._name, self._tree = name, tree

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> importlib.machinery.ModuleSpec | None:
        if fullname != self._name:
            return None
        found = importlib.machinery.PathFinder.find_spec(fullname, path)
        assert found is not None
        return importlib.util.spec_from_file_location(fullname, found.origin, loader=self)

    def get_filename(self, fullname: str) -> str:
        return fullname

    def get_data(self, path: str | bytes) -> bytes:
        raise OSError

    def get_code(self, fullname: str) -> CodeType:
        return compile(self._tree, fullname, "exec")


def _exchange(module: ModuleType, mutant: Mutant, source: str) -> None:
    """Puts the mutant's code into the function that is loaded, and forgets what was kept."""
    compiled: CodeType = compile(mutant.tree(source), module.__file__ or "", "exec")
    found: Any = module
    for part in mutant.where.split("."):
        compiled = next(each for each in compiled.co_consts if isinstance(each, CodeType) and each.co_name == part)
        found = vars(found)[part]
        if not isinstance(found, type):
            break
    _function(found).__code__ = compiled
    for name, loaded in list(sys.modules.items()):
        if name.startswith("credence.circuits.") and not name.startswith("credence.circuits.curve"):
            for value in list(vars(loaded).values()):
                if hasattr(value, "cache_clear"):
                    value.cache_clear()


def _function(found: Any) -> FunctionType:
    while not isinstance(found, FunctionType):
        if isinstance(found, property):
            found = found.fget
        elif isinstance(found, functools.cached_property):
            found = found.func
        elif isinstance(found, classmethod | staticmethod):
            found = found.__func__
        else:
            found = found.__wrapped__
    return found


def _quietly(run: Callable[[], int]) -> None:
    """The end of a forked process: nothing it prints is seen, nothing of its parent's is put away."""
    status = 70
    try:
        silence = os.open(os.devnull, os.O_RDWR)
        for standard in (0, 1, 2):
            os.dup2(silence, standard)
        status = int(run())
    finally:
        os._exit(status)


@dataclass(frozen=True)
class _Running:
    name: str
    heard: int
    until: float


def _forked(
    trials: Iterable[tuple[str, Callable[[_Judge], int]]], jobs: int, budget: float, otherwise: str
) -> Iterator[Verdict]:
    """Each trial in a fork, ``jobs`` at a time, for ``budget`` seconds of a processor.

    ``otherwise`` is the word for one that ended with neither a test that failed nor with none.
    """
    waiting, running = iter(trials), dict[int, _Running]()
    while True:
        while len(running) < jobs and (trial := next(waiting, None)) is not None:
            pid, heard = _start(trial[1], budget)
            running[pid] = _Running(trial[0], heard, time.monotonic() + _WALL * budget)
        if not running:
            return
        pid, status, used = os.wait4(-1, os.WNOHANG)
        if pid:
            yield _verdict(running.pop(pid), status, used.ru_utime + used.ru_stime, otherwise)
            continue
        time.sleep(0.005)
        for late, trial_running in running.items():
            if time.monotonic() > trial_running.until:
                os.kill(late, signal.SIGKILL)


def _start(run: Callable[[_Judge], int], budget: float) -> tuple[int, int]:
    read, write = os.pipe()
    pid = os.fork()
    if pid:
        os.close(write)
        return pid, read
    resource.setrlimit(resource.RLIMIT_CPU, (int(budget) + 1, int(budget) + 2))
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    _quietly(lambda: run(_Judge(lambda text: os.write(write, text.encode()[:4000]) and None)))
    raise AssertionError("a forked process ends where it is told to")


def _verdict(trial: _Running, status: int, cpu: float, otherwise: str) -> Verdict:
    said = os.read(trial.heard, 1 << 16).decode()
    os.close(trial.heard)
    if os.WIFSIGNALED(status):
        return Verdict(trial.name, ENDLESS, cpu)
    code = os.WEXITSTATUS(status)
    if code == 0:
        return Verdict(trial.name, SURVIVED, cpu)
    return Verdict(trial.name, said if code == 1 and said else otherwise, cpu)


def warm() -> None:
    """Imports what takes long and is no target, so that every fork has it."""
    import hypothesis
    import sqlalchemy  # noqa: F401 - by tests/conftest.py

    import credence.circuits.curve.native
    import credence.circuits.curve.reference  # noqa: F401

    hypothesis.settings.register_profile("mutation", derandomize=True, database=None, deadline=None)
    hypothesis.settings.load_profile("mutation")
