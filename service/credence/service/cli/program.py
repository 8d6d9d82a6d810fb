"""The program: its nouns, what all commands share, and the one place where an error becomes a line and an exit code."""

from __future__ import annotations

import gc
import sys
import traceback
from collections.abc import Sequence
from functools import cache
from importlib import import_module
from typing import Annotated, Any, Final, cast

import typer
from typer.core import TyperGroup

from credence.service.cli.exits import INTERRUPTED, codes, judged
from credence.service.cli.output import complain

_PANELS: Final = {
    "Start here": ("demo", "init", "serve", "doctor"),
    "Parties": ("client", "issuer", "wallet", "verifier", "reputation", "trustee", "auditor", "ledger", "keys", "db"),
    "Proof": ("conformance", "bench"),
}
"""The nouns. The module of a noun registers it."""


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


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"credence {version('credence-kyc')}")
        raise typer.Exit


def _root(
    context: typer.Context,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks.")] = False,
    _show_version: Annotated[
        bool, typer.Option("--version", help="Show the version.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    if isinstance(context.command, Program):
        context.command.debug = debug


@cache
def program(only: str | None = None) -> typer.Typer:
    """The program with all its nouns, or with one: there are hundreds of commands, and whoever gives one waits for one."""
    made = typer.Typer(
        name="credence",
        cls=Program,
        help="Prove your tier, not your name.",
        epilog=codes("the check failed or was refused"),
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    made.callback()(_root)
    for panel, nouns in _PANELS.items():
        for noun in nouns:
            if only in (None, noun):
                import_module(f"credence.service.cli.{noun}").register(made, panel)
    return made


@cache
def commands(only: str | None = None) -> Program:
    """The commands of :func:`program`, made once for a process."""
    return cast(Program, typer.main.get_command(program(only)))


def main() -> None:
    """The entry point of the script ``credence``."""
    gc.set_threshold(50_000, 5, 5)  # of 700 new objects each, looking for cycles took a sixth of a command's start
    noun = next((word for word in sys.argv[1:] if not word.startswith("-")), None)
    known = any(noun in nouns for nouns in _PANELS.values())
    commands(noun if known else None).main()
