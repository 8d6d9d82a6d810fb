"""``credence serve``: one process that answers for some or all of the parties."""

from __future__ import annotations

import signal
import socket
from contextlib import suppress
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from credence.service.cli.doctor import examine, said
from credence.service.cli.exits import BadUsage, NotReady, codes
from credence.service.cli.findings import FAILED
from credence.service.cli.opening import database_files, settings_of
from credence.service.cli.options import DataDir
from credence.service.cli.output import note
from credence.service.cli.sole import sole

if TYPE_CHECKING:
    import uvicorn

    from credence.service.settings import Settings

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
) -> None:
    """Serve until it is stopped. One process serves an SQLite file; put TLS in front of any address but loopback."""
    chosen = _chosen(parties)
    settings = settings_of(data_dir)
    initialised, checks = examine(data_dir)
    if not initialised:
        raise NotReady(f"there is no installation in {settings.data_dir}: run credence init")
    failed = [check for check in checks if check.state == FAILED]
    if failed:
        raise NotReady(f"credence doctor finds: {said(failed)}")
    # a process that leaves the file's log to another one may run beside it
    with sole(database_files(settings) if settings.sqlite_checkpoints else ()), _listening(host, port) as listener:
        _run(settings, chosen, listener)


def _chosen(parties: str | None) -> frozenset[str]:
    from credence.service.app import PARTIES

    if parties is None:
        return frozenset(PARTIES)
    names = frozenset(filter(None, parties.split(",")))
    if not names or not names <= PARTIES.keys():
        raise BadUsage(f"--parties takes names among {', '.join(PARTIES)}")
    return names


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except (OSError, OverflowError) as error:
        why = getattr(error, "strerror", None) or "no such address"
        raise NotReady(f"cannot listen at {host}, port {port}: {why}") from error


def _run(settings: Settings, parties: frozenset[str], listener: socket.socket) -> None:
    from credence.service import logs
    from credence.service.app import create_app

    logs.configure(settings.log_level)
    # the server hands a signal on once it has stopped; by then there is nothing left to do
    with suppress(ValueError):  # outside the main thread there are no signals
        signal.signal(signal.SIGTERM, _finished)
    server = _server(create_app(settings, parties=parties), listener, ", ".join(sorted(parties)))
    with suppress(KeyboardInterrupt):
        server.run(sockets=[listener])
    if not server.started:
        raise NotReady("the service did not start: its log says why")
    note("stopped")


def _finished(_number: int, _frame: FrameType | None) -> None:
    """A signal that was obeyed already."""


def _server(app: Any, listener: socket.socket, names: str) -> uvicorn.Server:
    import uvicorn

    class Announced(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started:
                host, port = listener.getsockname()[:2]
                shown = f"[{host}]" if ":" in host else host
                note(f"serving {names} at http://{shown}:{port}; ctrl-c stops it")

    config = uvicorn.Config(
        app, lifespan="on", log_config=None, access_log=False, server_header=False, timeout_graceful_shutdown=10
    )
    return Announced(config)
