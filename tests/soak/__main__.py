"""``python -m tests.soak [NAME…] [--json FILE] [--quick]``: the figures that take minutes, one table at the end.

Exit status 0 means that every target was met, 1 that one was missed, 2 that there is no such figure.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
import traceback
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.soak.figure import BUDGET, Options, figures, find

ROOT = Path(__file__).resolve().parents[2]
WIDTH = 118
GRACE = 15.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the named figures, or all."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description="Measure what takes minutes.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="figures to run; by default all")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every figure there too")
    parser.add_argument("--quick", action="store_true", help="run each small, to see that it still works")
    parser.add_argument("--inside", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    if chosen.inside is not None:
        return inside(chosen.names[0], chosen.inside, quick=chosen.quick)
    known = figures(chosen.names)
    strangers = [name for name in chosen.names if name not in known]
    if strangers:
        print(f"no such figure: {', '.join(strangers)}; there are: {', '.join(figures())}", file=sys.stderr)
        return 2
    began = time.monotonic()
    results = {}
    for name in chosen.names or known:
        print(f"{name}: {known[name].TARGET} …", file=sys.stderr, flush=True)
        left = BUDGET - (time.monotonic() - began)
        results[name] = outcome(name, known[name].TARGET, min(known[name].LIMIT, left), quick=chosen.quick)
        print(f"{name}: {'ok' if results[name]['ok'] else 'MISSED'}, {results[name]['seconds']:.0f} s", file=sys.stderr)
    show(results)
    met = all(result["ok"] for result in results.values())
    size = "quick" if chosen.quick else "full"
    print(f"\n{size}: {'every target met' if met else 'A TARGET WAS MISSED'}, {time.monotonic() - began:.0f} s in all")
    if chosen.json is not None:
        chosen.json.write_text(
            json.dumps({"ok": met, "size": size, "machine": machine(), "figures": results}, indent=1) + "\n"
        )
    return 0 if met else 1


def outcome(name: str, target: str, limit: float, *, quick: bool) -> dict[str, Any]:
    """One figure in a process of its own, which ends at its limit with all that it started."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="credence-soak-") as folder:
        answer = Path(folder) / "answer.json"
        command = [sys.executable, "-m", "tests.soak", name, "--inside", str(answer), *(["--quick"] if quick else [])]
        status = watched(command, limit)
        if status is None:
            result: dict[str, Any] = {"ok": False, "figures": {}, "note": f"did not end within {max(limit, 0):.0f} s"}
        elif not answer.is_file():
            result = {"ok": False, "figures": {}, "note": f"ended with status {status} and no answer"}
        else:
            result = json.loads(answer.read_text())
    return {"target": target, "seconds": round(time.monotonic() - began, 1), **result}


def watched(command: Sequence[str], limit: float) -> int | None:
    """The exit status of a command; None where it took longer than ``limit`` seconds. Nothing that it started stays."""
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=sys.stderr, start_new_session=True)
    try:
        return process.wait(max(limit, 0))
    except subprocess.TimeoutExpired:
        return None
    finally:
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ends the process, which puts its things away, and then whatever is left of its group, which is its own."""
    process.terminate()
    try:
        process.wait(GRACE)
    except subprocess.TimeoutExpired:
        pass
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def inside(name: str, answer: Path, *, quick: bool) -> int:
    """The process of one figure."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended at its limit"))
    room = answer.parent / "room"
    room.mkdir()
    try:
        result = dict(find(name).run(Options(room, quick)))
    except Exception as error:  # noqa: BLE001 - whatever it is, the target was missed, and the others are run all the same
        traceback.print_exc()
        said = str(error).strip().splitlines()
        result = {"ok": False, "figures": {}, "note": f"{type(error).__name__}: {said[0][:200] if said else ''}"}
    answer.write_text(json.dumps(result))
    return 0


def show(results: Mapping[str, Mapping[str, Any]]) -> None:
    """One table: what was promised, what was seen."""
    wide = max(map(len, results), default=0)
    print()
    for name, result in results.items():
        verdict = "ok    " if result["ok"] else "MISSED"
        print(f"{name:<{wide}}  {verdict}  {result['seconds']:>6.0f} s  {result['target']}")
        for line in _lines(result):
            print(textwrap.indent(textwrap.fill(line, WIDTH - wide - 2, subsequent_indent="  "), " " * (wide + 2)))


def _lines(result: Mapping[str, Any]) -> list[str]:
    flat = {what: value for what, value in result["figures"].items() if not isinstance(value, dict)}
    lines = [_said(flat)] if flat else []
    lines += [f"{what}: {_said(value)}" for what, value in result["figures"].items() if isinstance(value, dict)]
    return [*lines, result["note"]] if result.get("note") else lines


def _said(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{what.replace('_', ' ')} {_number(value)}" for what, value in values.items())


def _number(value: object) -> str:
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "none"}[value]
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:,.1f}" if isinstance(value, float) else str(value)


def machine() -> dict[str, object]:
    """What the figures were seen on."""
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    return {"python": platform.python_version(), "system": platform.system(), "cores": os.cpu_count(), "load": load}


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))  # so that what a figure had started is ended too
    sys.exit(main())
