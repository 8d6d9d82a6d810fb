"""A vault's passphrase and recovery phrase: from a file, the environment or a prompt, never from the command line."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated, Final

import typer

from credence.service.cli.documents import read_text
from credence.service.cli.exits import BadUsage

VARIABLE: Final = "CREDENCE_WALLET_PASSPHRASE"
"""The environment variable that holds a vault's passphrase."""

PassphraseFile = Annotated[
    Path | None,
    typer.Option(
        "--passphrase-file", metavar="FILE", help=f"A file with the vault's passphrase; default: {VARIABLE}, or a prompt."
    ),
]


def is_interactive() -> bool:
    """Whether somebody is there to be asked."""
    return sys.stdin.isatty()


def ask_passphrase(file: Path | None, *, new: bool = False, variable: str = VARIABLE) -> str:
    """The passphrase; asked for twice where it is ``new``. Raises :class:`BadUsage` where nobody can be asked."""
    if file is not None:
        text = read_text(file, "the file of the passphrase").removesuffix("\n").removesuffix("\r")
    else:
        text = os.environ.get(variable, "")
        if not text and is_interactive():
            text = str(typer.prompt("Passphrase of the vault", hide_input=True, confirmation_prompt=new, err=True))
    if not text:
        raise BadUsage(f"a passphrase is needed: set {variable}, or name its file by --passphrase-file")
    return text


def ask_phrase(file: Path | None) -> str:
    """A recovery phrase. Raises :class:`BadUsage` where nobody can be asked; whether it is one is for the wallet to say."""
    if file is not None:
        return read_text(file, "the file of the recovery phrase")
    if not is_interactive():
        raise BadUsage("the recovery phrase is needed: name its file by --phrase-file, - being standard input")
    return str(typer.prompt("Recovery phrase (24 words)", hide_input=True, err=True))


def confirm(question: str, *, yes: bool) -> None:
    """Returns iff ``yes``, or the person at the terminal says so. Raises :class:`BadUsage` where nobody can be asked."""
    if yes:
        return
    if not is_interactive():
        raise BadUsage("nobody can be asked here: --yes says that it is meant")
    if not typer.confirm(question, err=True):
        raise typer.Exit(1)
