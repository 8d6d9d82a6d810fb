"""What the commands of trustees and authorities share: folders, passphrases, and the documents that they go by."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from credence.service.cli.documents import read_as
from credence.service.cli.passphrase import ask_passphrase

if TYPE_CHECKING:
    from credence.circuits.wire import IssuerDocument
    from credence.sdk import VerifierDocument
    from credence.sdk.trustee import Trustee

VARIABLE: Final = "CREDENCE_TRUSTEE_PASSPHRASE"
"""The environment variable that holds a trustee's passphrase."""

Folder = Annotated[
    Path,
    typer.Option(
        "--folder",
        metavar="DIR",
        envvar="CREDENCE_TRUSTEE_FOLDER",
        help="The trustee's own folder; default: CREDENCE_TRUSTEE_FOLDER.",
    ),
]
PassphraseFile = Annotated[
    Path | None,
    typer.Option(
        "--passphrase-file", metavar="FILE", help="A file with the passphrase; default: the environment, a prompt."
    ),
]
IssuerFiles = Annotated[
    list[Path], typer.Option("--issuer-document", metavar="FILE", help="An issuer's published document; repeatable.")
]
VerifierFile = Annotated[
    Path, typer.Option("--verifier-document", metavar="FILE", help="The verifier's published document: its receipt keys.")
]
ExhibitFile = Annotated[
    Path, typer.Option("--exhibit", metavar="FILE", help="What the venue handed out: credence verifier exhibit writes it.")
]


def open_trustee(folder: Path, passphrase_file: Path | None) -> Trustee:
    """The trustee of a folder. Raises as :meth:`~credence.sdk.trustee.Trustee.open`."""
    from credence.sdk.trustee import Trustee

    return Trustee.open(folder, ask_passphrase(passphrase_file, variable=VARIABLE))


def issuers_of(paths: Sequence[Path]) -> list[IssuerDocument]:
    """The issuers' documents. Raises :class:`BadUsage`."""
    from credence.circuits.wire import IssuerDocument

    return [read_as(path, "the issuer's document", IssuerDocument.parse) for path in paths]


def verifier_of(path: Path) -> VerifierDocument:
    """The verifier's document. Raises :class:`BadUsage`."""
    from credence.sdk import VerifierDocument

    return read_as(path, "the verifier's document", VerifierDocument.parse)
