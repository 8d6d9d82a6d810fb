"""``credence serve``: one process that answers for some or all of the parties."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Final

import typer

from credence.service.cli.doctor import examine, said
from credence.service.cli.exits import BadUsage, NotReady, codes
from credence.service.cli.findings import FAILED
from credence.service.cli.listening import listen, run_until_stopped
from credence.service.cli.opening import database_files, settings_of
from credence.service.cli.options import DataDir
from credence.service.cli.output import note
from credence.service.cli.sandbox import serve_sandbox
from credence.service.cli.sole import sole

if TYPE_CHECKING:
    from credence.service.settings import Settings
    from credence.service.telemetry import Metrics

PORT: Final = 8440


def register(app: typer.Typer, panel: str) -> None:
    """Adds the command."""
    not_ready = "no installation, a hard check of doctor fails, the port is taken, or another process serves the file"
    app.command("serve", rich_help_panel=panel, epilog=codes("it stopped for an error", not_ready))(serve)


def serve(
    host: Annotated[str, typer.Option("--host", help="The address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65_535, help="The port; 0 takes a free one.")] = PORT,
    parties: Annotated[
        str | None, typer.Option("--parties", metavar="NAME,...", help="Answer for these alone, such as issuer,log.")
    ] = None,
    data_dir: DataDir = None,
    sandbox: Annotated[
        bool, typer.Option("--sandbox", help="For integrators: invented persons, public keys, a clock that stands still.")
    ] = False,
    now: Annotated[
        str | None,
        typer.Option("--now", metavar="TIME", help="Where a sandbox's clock starts: a time in UTC."),
    ] = None,
) -> None:
    """Serve until it is stopped. One process serves an SQLite file; put TLS in front of any address but loopback.

    A sandbox needs no installation and takes none: its folder is a temporary one, or one of its own.
    """
    if sandbox:
        if parties is not None:
            raise BadUsage("a sandbox answers for all parties")
        serve_sandbox(host, port, data_dir, now)
        return
    if now is not None:
        raise BadUsage("--now is for a sandbox: the clock of an installation is the machine's")
    chosen = _chosen(parties)
    settings = settings_of(data_dir)
    initialised, checks = examine(data_dir)
    failed = [check for check in checks if check.state == FAILED]
    if not initialised and not any(check.name == "sandbox" for check in failed):
        raise NotReady(f"there is no installation in {settings.data_dir}: run credence init")
    if failed:
        raise NotReady(f"credence doctor finds: {said(failed)}")
    # a process that leaves the file's log to another one may run beside it
    with sole(database_files(settings) if settings.sqlite_checkpoints else ()), listen(host, port) as listener:
        _run(settings, chosen, listener)


def _chosen(parties: str | None) -> frozenset[str]:
    from credence.service.app import PARTIES

    if parties is None:
        return frozenset(PARTIES)
    names = frozenset(filter(None, parties.split(",")))
    if not names or not names <= PARTIES.keys():
        raise BadUsage(f"--parties takes names among {', '.join(PARTIES)}")
    return names


def _run(settings: Settings, parties: frozenset[str], listener: socket.socket) -> None:
    from credence.service import logs
    from credence.service.app import create_app

    logs.configure(settings.log_level)
    app = create_app(settings, parties=parties, warm=True)
    with _metrics(settings, app.state.metrics):
        run_until_stopped(app, listener, ", ".join(sorted(parties)))


@contextmanager
def _metrics(settings: Settings, metrics: Metrics) -> Iterator[None]:
    """Answers for ``metrics`` where the settings name a port."""
    if settings.metrics_port is None:
        yield
        return
    from credence.service.telemetry.listener import PATH, listening

    with listening(metrics, settings.metrics_host, settings.metrics_port) as port:
        note(f"metrics at {settings.metrics_host}, port {port}, {PATH}")
        yield
