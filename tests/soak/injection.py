"""Faults of a disk, put into a running process by strace: one system call is not made, and fails.

strace follows every thread and process that the traced one has or makes, and counts the calls of each by itself. A call
that it makes fail is never made: a page that was to be written is as it was, a file that was to be synchronised is not.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ABSENT: Final = "strace is not installed (Debian: apt-get install strace)"
REFUSED: Final = "strace may not trace another process here (kernel.yama.ptrace_scope, or a container without SYS_PTRACE)"

_ATTACHED: Final = 5.0
_STOPPING: Final = 10.0
_PAUSE: Final = 0.01

# pid, call, arguments, and how it ended; "<unfinished ...>" where another thread came in between
_LINE: Final = re.compile(r"^(?P<pid>\d+) +(?P<call>\w+)\((?P<rest>.*)$")
_RESUMED: Final = re.compile(r"^(?P<pid>\d+) +<\.\.\. (?P<call>\w+) resumed>(?P<rest>.*)$")
_INJECTED: Final = re.compile(r"= -1 (?P<error>E\w+) .*\(INJECTED\)$")
_OFFSET: Final = re.compile(r", (\d+)(?:\) += | <unfinished)")
_PATH: Final = re.compile(r'[<"](/[^>"]+)[>"]')


@dataclass(frozen=True)
class Fault:
    """The ``nth`` call of a name, in whichever thread comes to it, fails with ``error``.

    ``only`` are files: then calls on others neither count nor fail. ``beside`` are calls that are recorded as well.
    """

    call: str
    error: str
    nth: int = 1
    only: tuple[Path, ...] = ()
    beside: tuple[str, ...] = ()


@dataclass(frozen=True)
class Seen:
    """One call, in the order in which calls began. ``path`` is the last one that it names, ``error`` what was injected."""

    call: str
    path: str
    arguments: str
    error: str | None = None

    @property
    def offset(self) -> int:
        """Of a ``pwrite64``: where in the file."""
        found = _OFFSET.search(self.arguments)
        assert found is not None, self.arguments
        return int(found[1])


def find_strace() -> str | None:
    """The program."""
    return shutil.which("strace")


def refusal(room: Path) -> str | None:
    """Why no fault can be injected here; None where one can. ``room`` takes a file."""
    if find_strace() is None:
        return ABSENT
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as idle:
        tracer, attached = _attached(idle.pid, Fault("fsync", "EIO"), room / "strace-of-nothing")
        _stop(tracer)
        idle.communicate(b"\n")
    return None if attached else REFUSED


class Injection:
    """A fault that is waiting for its call, or has been."""

    def __init__(self, output: Path, tracer: subprocess.Popen[bytes]) -> None:
        self._output = output
        self._tracer = tracer

    def calls(self) -> list[Seen]:
        """Whatever was recorded until now."""
        return read(self._output.read_text(errors="replace")) if self._output.exists() else []

    def struck(self) -> bool:
        """Whether a call was made to fail."""
        return self._output.exists() and "(INJECTED)" in self._output.read_text(errors="replace")

    def wait(self, seconds: float) -> bool:
        """Whether one was within that time."""
        end = time.monotonic() + seconds
        while not (struck := self.struck()) and self._tracer.poll() is None and time.monotonic() < end:
            time.sleep(_PAUSE)
        return struck


@contextmanager
def injecting(pid: int, fault: Fault, output: Path) -> Iterator[Injection]:
    """``fault`` in a running process until the block is left. ``output`` is a file that is not there yet."""
    tracer, _ = _attached(pid, fault, output)
    try:
        yield Injection(output, tracer)
    finally:
        _stop(tracer)


def _attached(pid: int, fault: Fault, output: Path) -> tuple[subprocess.Popen[bytes], bool]:
    """The program, and whether it follows the process by now."""
    said = output.with_name(f"{output.name}.said")
    with said.open("wb") as errors:
        tracer = subprocess.Popen(_command(pid, fault, output), stdin=subprocess.DEVNULL, stderr=errors)
    end = time.monotonic() + _ATTACHED
    while not (attached := b" attached" in said.read_bytes()) and tracer.poll() is None and time.monotonic() < end:
        time.sleep(_PAUSE)
    return tracer, attached


def _command(pid: int, fault: Fault, output: Path) -> list[str]:
    program = find_strace()
    assert program is not None, ABSENT
    traced = ",".join(dict.fromkeys((fault.call, *fault.beside)))
    what = ["-e", f"trace={traced}", "-e", f"inject={fault.call}:error={fault.error}:when={fault.nth}"]
    files = [argument for path in fault.only for argument in ("-P", str(path))]
    # names of files, and nothing of what is in them
    return [program, "-f", "-y", "-s", "0", "-p", str(pid), *what, *files, "-e", "signal=none", "-o", str(output)]


def _stop(tracer: subprocess.Popen[bytes]) -> None:
    tracer.terminate()  # it lets go of what it traces
    try:
        tracer.wait(_STOPPING)
    except subprocess.TimeoutExpired:
        tracer.kill()
        tracer.wait()


def read(text: str) -> list[Seen]:
    """What strace wrote, a call at a time."""
    found: list[Seen] = []
    unfinished: dict[tuple[str, str], int] = {}
    for line in text[: text.rfind("\n") + 1].splitlines():  # the last one may be half written
        if began := _LINE.match(line):
            call, rest = began["call"], began["rest"]
            if rest.endswith("<unfinished ...>"):
                unfinished[began["pid"], call] = len(found)
            paths = _PATH.findall(rest)
            found.append(Seen(call, paths[-1] if paths else "", rest, _error(rest)))
        elif (ended := _RESUMED.match(line)) and (place := unfinished.pop((ended["pid"], ended["call"]), None)) is not None:
            before = found[place]
            found[place] = Seen(before.call, before.path, before.arguments, _error(ended["rest"]))
    return found


def _error(rest: str) -> str | None:
    injected = _INJECTED.search(rest)
    return injected["error"] if injected else None


def struck(calls: Sequence[Seen], folder: Path) -> list[Seen]:
    """Those calls that were made to fail on a file of ``folder``."""
    return [call for call in calls if call.error is not None and Path(call.path).is_relative_to(folder)]
