"""A process that has imported everything and bears children by forking, one at a time, which are killed.

It is spoken to in lines: ``start`` is answered with ``born <pid>``, and ``dead <status>`` follows once that child is gone.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final, Self

PATIENCE: Final = 60.0
_ENDING: Final = 20.0


class Bearing:
    """Runs ``module`` with ``arguments`` as that process; what it and its children print to stderr goes to ``log``."""

    def __init__(self, module: str, arguments: tuple[str, ...], environment: Mapping[str, str], log: Path) -> None:
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", module, *arguments],
                cwd=Path(__file__).resolve().parents[2],
                env=dict(environment),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=output,
                text=True,
            )
        self._child = 0
        self._expect("ready")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._child:
            self.kill()
        self._process.communicate(timeout=PATIENCE)

    @property
    def pids(self) -> tuple[int, int]:
        """The process itself, and its child, 0 where there is none."""
        return self._process.pid, self._child

    def start(self) -> None:
        """Another child, which begins at once."""
        assert self._process.stdin is not None
        self._process.stdin.write("start\n")
        self._process.stdin.flush()
        self._child = int(self._expect("born"))

    def kill(self) -> None:
        """SIGKILL to it; returns once it is gone."""
        os.kill(self._child, signal.SIGKILL)
        self._child = 0
        status = int(self._expect("dead"))
        assert os.WIFSIGNALED(status), "it had ended before it was killed"
        assert os.WTERMSIG(status) == signal.SIGKILL, "it had ended before it was killed"

    def end(self) -> None:
        """SIGTERM to it, unless it has ended; returns once it is gone, by SIGKILL where it takes too long."""
        with suppress(ProcessLookupError):
            os.kill(self._child, signal.SIGTERM)
        end = time.monotonic() + _ENDING
        while self.lives() and time.monotonic() < end:
            time.sleep(0.01)
        with suppress(ProcessLookupError):
            os.kill(self._child, signal.SIGKILL)
        self._child = 0
        self._expect("dead")

    def lives(self) -> bool:
        """Whether the child is there."""
        try:
            os.kill(self._child, 0)
        except ProcessLookupError:
            return False
        return True

    def _expect(self, word: str) -> str:
        assert self._process.stdout is not None
        said, _, rest = self._process.stdout.readline().strip().partition(" ")
        assert said == word, f"the nursery said {said!r} instead of {word!r}"
        return rest


def bear(child: Callable[[], object]) -> None:
    """The process' own loop, once all is imported: ``child`` is what each one does, and does not come back from."""
    print("ready", flush=True)
    for line in sys.stdin:
        assert line == "start\n"
        born = os.fork()
        if born == 0:
            sys.stdin.close()
            child()
        print(f"born {born}", flush=True)
        print(f"dead {os.waitpid(born, 0)[1]}", flush=True)
