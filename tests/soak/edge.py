"""The real nginx in front of replicas, with the very configuration that is shipped and other addresses."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.soak.serving import free_port, wait_for

CONFIGURATION: Final = Path(__file__).resolve().parents[2] / "service" / "deploy" / "nginx.conf"

ABSENT: Final = "nginx is not installed (Debian: apt-get install nginx-light)"


def find_nginx() -> str | None:
    """The program, also where only root has it in the path."""
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")


class Edge:
    """A running nginx. ``url`` is where it listens."""

    def __init__(self, url: str, log: Path) -> None:
        self.url = url
        self._log = log

    def answers(self) -> Counter[int]:
        """Its answers by status."""
        return Counter(int(str(line["status"])) for line in self._lines())

    def asked_twice(self) -> int:
        """Requests for which it turned to a second replica."""
        return sum("," in str(line["upstream_status"]) for line in self._lines())

    def _lines(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self._log.read_text().splitlines() if line.endswith("}")]


@contextmanager
def edge(folder: Path, ports: Sequence[int]) -> Iterator[Edge]:
    """nginx in front of two replicas at those ports of loopback.

    Replaced are paths, addresses, and the limits by address: here one address stands for everybody.
    """
    program = find_nginx()
    assert program is not None, ABSENT
    port, log = free_port(), folder / "access.log"
    text = CONFIGURATION.read_text()
    for pattern, replacement, times in (
        (r"/run/nginx/", f"{folder}/", 6),
        (r"access_log /dev/stdout", f"access_log {log}", 1),
        (r"api-1:8440", f"127.0.0.1:{ports[0]}", 1),
        (r"api-2:8440", f"127.0.0.1:{ports[1]}", 1),
        (r"listen 8080;", f"listen 127.0.0.1:{port};", 1),
        (r"rate=\d+r/s", "rate=100000r/s", 1),
        (r"burst=\d+", "burst=10000", 1),
    ):
        text, found = re.subn(pattern, replacement, text)
        assert found == times, f"the configuration has {pattern} {found} times"
    configuration = folder / "nginx.conf"
    configuration.write_text(text)
    process = subprocess.Popen(
        [program, "-p", str(folder), "-c", str(configuration), "-g", "daemon off;"], stdin=subprocess.DEVNULL
    )
    try:
        wait_for(port, process)
        yield Edge(f"http://127.0.0.1:{port}", log)
    finally:
        process.terminate()
        process.wait(20)
