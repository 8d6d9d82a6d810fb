"""``credence serve --sandbox``: the integrator's sandbox, from nothing, with no configuration."""

from __future__ import annotations

import asyncio
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from credence.service.cli.exits import BadUsage
from credence.service.cli.listening import listen, origin, run_until_stopped
from credence.service.cli.output import note, print_line
from credence.service.cli.sole import sole

if TYPE_CHECKING:
    from credence.service.sandbox import Folder, Sandbox

LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")

_SECONDS: Final = re.compile(r"[0-9]{1,12}", re.ASCII)


def serve_sandbox(host: str, port: int, data_dir: Path | None, now: str | None) -> None:
    """Serves a sandbox until it is stopped. Raises :class:`BadUsage` for a time that is none, and as :func:`listen`."""
    from credence.circuits import curve
    from credence.service import logs
    from credence.service.sandbox import Sandbox, SandboxLayer

    start = _read_time(now)
    with _folder(data_dir) as folder, sole((folder.mark,)), listen(host, port) as listener:
        logs.configure("warning")  # nobody asked for what happens before the start
        sandbox = Sandbox(folder, curve.load(), base_url=origin(listener), start=start)
        asyncio.run(sandbox.prepare())
        logs.configure("info")
        _introduce(sandbox, host)
        run_until_stopped(SandboxLayer(sandbox), listener, "a sandbox")


@contextmanager
def _folder(data_dir: Path | None) -> Iterator[Folder]:
    from credence.service.sandbox import claim

    if data_dir is not None:
        yield claim(data_dir)
        return
    with tempfile.TemporaryDirectory(prefix="credence-sandbox-") as made:
        yield claim(Path(made))


def _introduce(sandbox: Sandbox, host: str) -> None:
    for client_id, issued in sandbox.furnished.keys.items():
        print_line(f"{client_id:<26}{issued.key}")
    note(f"All of it is invented and every key is public; {sandbox.base_url}/sandbox says what there is.")
    if host not in LOOPBACK:
        note("WARNING: this sandbox can be reached from elsewhere, and anybody may do anything in it.")


def _read_time(text: str | None) -> int:
    from credence.service.sandbox.names import EARLIEST, LATEST, START

    if text is None:
        return START
    try:
        moment = int(text) if _SECONDS.fullmatch(text) else _unix(datetime.fromisoformat(text))
    except ValueError as error:
        raise BadUsage("--now is a time such as 2026-09-01T09:00:00Z, or unix seconds") from error
    if not EARLIEST <= moment < LATEST:
        raise BadUsage("--now lies between 2026-08-01 and 2100")
    return moment


def _unix(moment: datetime) -> int:
    if moment.tzinfo is None:
        raise ValueError
    return int(moment.timestamp())
