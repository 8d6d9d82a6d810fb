"""``python -m tests.mutation [MODULE…] [--resume FILE] [--json FILE]``: do the tests notice a verifier that is made wrong?

Works on a copy, so that the tree may change meanwhile. Exit status 0 means that every mutant was noticed or is explained in
survivors.toml, 1 that one was neither, or that an explanation is of a mutant which does not survive (any more), 2 that there
is no such module.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from tests.mutation.operators import Mutant, mutants
from tests.mutation.survivors import explained
from tests.mutation.targets import TARGETS, Target

ROOT: Final = Path(__file__).resolve().parents[2]
_COPIED: Final = ("circuits", "tests", "pyproject.toml")
_PATIENCE: Final = 3600


def main(arguments: Sequence[str] | None = None) -> int:
    """Tries every mutant of the named modules, or of all."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description="Make the verifier wrong; who notices?")
    parser.add_argument("modules", nargs="*", metavar="MODULE", help="such as sigma/proof.py; by default all")
    parser.add_argument("--jobs", type=int, default=2, help="trials at a time")
    parser.add_argument("--resume", type=Path, metavar="FILE", help="keep verdicts there, and take those that still hold")
    parser.add_argument("--quick", action="store_true", help="believe what survives the exchange; no verdicts are kept")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write what was found there too")
    parser.add_argument("--inside", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    known = {target.module: target for target in TARGETS}
    strangers = [name for name in chosen.modules if name not in known]
    if strangers:
        print(f"no such module: {', '.join(strangers)}; there are: {', '.join(known)}", file=sys.stderr)
        return 2
    targets = [known[name] for name in chosen.modules or known]
    if chosen.inside is not None:
        return inside(targets[0], chosen.inside, chosen.jobs, quick=chosen.quick)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="credence-mutation-") as folder:
        copy = Path(folder)
        _copy(copy)
        how = ["--jobs", str(chosen.jobs), *(["--quick"] if chosen.quick else [])]
        findings = [_judged(copy, target, how, None if chosen.quick else chosen.resume) for target in targets]
    return _reported(findings, time.monotonic() - began, chosen.json)


def _copy(folder: Path) -> None:
    for name in _COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, folder / name)


@dataclass(frozen=True)
class Finding:
    """Of one module: how many mutants, how many of them were noticed, and the names of the others."""

    module: str
    mutants: int
    killed: int
    explained: int
    unexplained: list[str]
    stale: list[str]
    """Explanations of a mutant that is killed, or that there is not."""
    fault: str
    seconds: float

    @property
    def ok(self) -> bool:
        """Whether nothing is left to do."""
        return not self.unexplained and not self.stale and not self.fault


def _judged(copy: Path, target: Target, how: Sequence[str], resume: Path | None) -> Finding:
    began = time.monotonic()
    every = of(copy, target)
    digest = _digest(copy, target)
    held = _held(resume, digest)
    verdicts = copy / "verdicts.jsonl"
    verdicts.write_text("".join(json.dumps(line) + "\n" for line in held.values()))
    fault = ""
    try:
        if len(held) < len(every):
            command = [sys.executable, "-m", "tests.mutation", target.module, "--inside", str(verdicts), *how]
            done = subprocess.run(command, cwd=copy, env=_environment(copy), timeout=_PATIENCE, check=False)
            fault = f"ended with status {done.returncode}" if done.returncode else ""
    finally:  # also where it is interrupted
        lines = [json.loads(line) for line in verdicts.read_text().splitlines()]
        if resume is not None:
            with resume.open("a") as kept:
                kept.writelines(json.dumps({**line, "digest": digest}) + "\n" for line in lines if line["name"] not in held)
    survived = {line["name"] for line in lines if line["survived"]}
    reasons = {name for name in explained() if name.split(" ", 1)[0] == target.module}
    if not fault and {line["name"] for line in lines} != {mutant.name for mutant in every}:
        fault = "not every mutant was tried"
    return Finding(
        module=target.module,
        mutants=len(every),
        killed=len(lines) - len(survived),
        explained=len(survived & reasons),
        unexplained=sorted(survived - reasons),
        stale=[] if fault else sorted(reasons - survived),
        fault=fault,
        seconds=round(time.monotonic() - began, 1),
    )


def of(root: Path, target: Target) -> list[Mutant]:
    """All mutants of a target."""
    return mutants((root / target.path).read_text(), target.module, target.prover)


def _digest(root: Path, target: Target) -> str:
    """Of the module and of the tests that answer for it: a verdict holds as long as neither changes."""
    parts = [(root / path).read_bytes() for path in (target.path, *target.test_paths)]
    return hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()[:32]


def _held(resume: Path | None, digest: str) -> dict[str, dict[str, Any]]:
    if resume is None or not resume.exists():
        return {}
    lines = [json.loads(line) for line in resume.read_text().splitlines()]
    return {line["name"]: line for line in lines if line["digest"] == digest}


def _environment(copy: Path) -> dict[str, str]:
    paths = (copy, *(copy / name for name in ("circuits", "service", "sdk")))
    shared = os.environ.get("CREDENCE_SHARED") or str(ROOT.parent / "shared")
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(map(str, paths)),
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "CREDENCE_SHARED": shared,
    }


def inside(target: Target, verdicts: Path, jobs: int, *, quick: bool) -> int:
    """The process of one target: nothing of the target is imported before the first trial."""
    from tests.mutation.trial import UNTRIED, Trials, Verdict, warm

    warm()
    every = of(ROOT, target)
    tried = {json.loads(line)["name"] for line in verdicts.read_text().splitlines()}
    trials = Trials(ROOT, target, jobs)
    baseline = trials.baseline()
    if not baseline.survived:
        print(f"{target.module}: the tests fail where nothing is wrong: {baseline.killer}", file=sys.stderr)
        return 1
    again = []
    with verdicts.open("a", buffering=1) as said:

        def write(verdict: Verdict) -> None:
            said.write(json.dumps({**asdict(verdict), "survived": verdict.survived}) + "\n")

        left = {mutant.name: mutant for mutant in every if mutant.name not in tried}
        for verdict in trials.exchanged([mutant for mutant in left.values() if mutant.in_body]):
            if verdict.killer == UNTRIED or (verdict.survived and not quick):
                again.append(left[verdict.name])
            else:
                write(verdict)
        print(f"{target.module}: {len(again)} survived the exchange", file=sys.stderr, flush=True)
        for verdict in trials.loaded([*(mutant for mutant in left.values() if not mutant.in_body), *again]):
            write(verdict)
    return 0


def _reported(findings: Sequence[Finding], seconds: float, file: Path | None) -> int:
    print(f"{'module':<28} {'mutants':>8} {'killed':>7} {'explained':>10} {'neither':>8} {'seconds':>8}")
    for found in findings:
        row = (found.mutants, found.killed, found.explained, len(found.unexplained), round(found.seconds))
        print(f"{found.module:<28} {row[0]:>8,} {row[1]:>7,} {row[2]:>10,} {row[3]:>8,} {row[4]:>8,}")
    total: Mapping[str, int] = {
        "mutants": sum(found.mutants for found in findings),
        "killed": sum(found.killed for found in findings),
        "explained": sum(found.explained for found in findings),
        "unexplained": sum(len(found.unexplained) for found in findings),
    }
    print(", ".join(f"{name} {value:,}" for name, value in total.items()) + f"; {seconds:.0f} s")
    for found in findings:
        for kind, names in (("NOT NOTICED", found.unexplained), ("EXPLAINED IN VAIN", found.stale)):
            for name in names:
                print(f"{kind}: {name}")
        if found.fault:
            print(f"FAULT: {found.module}: {found.fault}")
    ok = all(found.ok for found in findings)
    if file is not None:
        modules = [asdict(found) for found in findings]
        file.write_text(json.dumps({"ok": ok, **total, "seconds": round(seconds), "modules": modules}, indent=1) + "\n")
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
