"""The program: its nouns, what all commands share, and the one place where an error becomes a line and an exit code."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Sequence
from functools import cache
from typing import Annotated, Any, Final, cast

import typer
from typer.core import TyperGroup

from credence.service.cli import (
    auditor,
    bench,
    client,
    conformance,
    db,
    demo,
    doctor,
    init,
    issuer,
    keys,
    ledger,
    reputation,
    serve,
    trustee,
    verifier,
    wallet,
)
from credence.service.cli.exits import INTERRUPTED, codes, judged
from credence.service.cli.output import complain

_START: Final = "Start here"
_PARTIES: Final = "Parties"
_PROOF: Final = "Proof"


class Program(TyperGroup):
    """The root command. ``debug`` shows tracebacks."""

    debug = False

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> Any:
        """Runs the command line and exits with one of the documented codes."""
        try:
            found = super().main(
                args, "credence", complete_var, standalone_mode=False, windows_expand_args=windows_expand_args, **extra
            )
            code = found if isinstance(found, int) else 0
        except typer.Abort:
            complain("interrupted")
            code = INTERRUPTED
        except typer.TyperException as error:
            code = error.exit_code
            _show_usage(error)
        except Exception as error:  # noqa: BLE001 - whatever it is, it ends in one line
            if self.debug:
                traceback.print_exception(error)
            code, line = judged(error)
            complain(line)
        sys.exit(code)


def _show_usage(error: typer.TyperException) -> None:
    if type(error).__name__ == "NoArgsIsHelpError":
        getattr(error, "show", str)()
        return
    context = getattr(error, "ctx", None)
    hint = f" (see {context.command_path} --help)" if context is not None else ""
    complain(error.format_message() + hint)


app: Final = typer.Typer(
    name="credence",
    cls=Program,
    help="Prove your tier, not your name.",
    epilog=codes("the check failed or was refused"),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"credence {version('credence-kyc')}")
        raise typer.Exit


@app.callback()
def _root(
    context: typer.Context,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks.")] = False,
    _show_version: Annotated[
        bool, typer.Option("--version", help="Show the version.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    if isinstance(context.command, Program):
        context.command.debug = debug


for _panel, _nouns in {
    _START: (demo, init, serve, doctor),
    _PARTIES: (client, issuer, wallet, verifier, reputation, trustee, auditor, ledger, keys, db),
    _PROOF: (conformance, bench),
}.items():
    for _noun in _nouns:
        _noun.register(app, _panel)


@cache
def commands() -> Program:
    """The commands, made once for a process: there are hundreds, which takes a tenth of a second."""
    return cast(Program, typer.main.get_command(app))


def main() -> None:
    """The entry point of the script ``credence``."""
    commands().main()
