"""What commands over a wallet's vault share: which file, how it is opened, and whom a wallet is told to trust."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from credence.service.cli.documents import read_as
from credence.service.cli.exits import BadUsage
from credence.service.cli.passphrase import ask_passphrase

if TYPE_CHECKING:
    from credence.sdk import Transport, TrustedIssuer, TrustedTrustees, Wallet
    from credence.sdk.transport import Request, Response

Vault = Annotated[
    Path, typer.Option("--vault", metavar="FILE", envvar="CREDENCE_VAULT", help="The vault's file; default: CREDENCE_VAULT.")
]
PinnedDocument = Annotated[
    Path | None, typer.Option("--issuer-document", metavar="FILE", help="Trust the issuer of this very document.")
]
TrustedLog = Annotated[
    str | None,
    typer.Option("--trust", metavar="ISSUER=LOGKEY", help="Trust this issuer as far as its document is in this log."),
]


class NoService:
    """The way to a service where a command has none."""

    def send(self, request: Request) -> Response:
        """Raises :class:`BadUsage`, always."""
        raise BadUsage(f"--url is needed to ask for {request.path}")


def open_wallet(
    vault: Path,
    passphrase_file: Path | None,
    transport: Transport | None = None,
    trust: list[TrustedIssuer] | None = None,
    trustees: list[TrustedTrustees] | None = None,
) -> Wallet:
    """The wallet in a vault, whose passphrase is read or asked for. Raises as :func:`require_vault` and the wallet."""
    require_vault(vault)
    return open_with(vault, ask_passphrase(passphrase_file), transport, trust, trustees)


def open_with(
    vault: Path,
    passphrase: str,
    transport: Transport | None = None,
    trust: list[TrustedIssuer] | None = None,
    trustees: list[TrustedTrustees] | None = None,
) -> Wallet:
    """The same with a passphrase that is known."""
    from credence.sdk import Wallet

    return Wallet.open(vault, passphrase, transport=transport or NoService(), trust=trust or [], trustees=trustees or [])


def require_vault(vault: Path) -> None:
    """Raises :class:`~credence.sdk.errors.VaultUnavailable` where there is none."""
    from credence.sdk.errors import VaultUnavailable

    if not vault.is_file():
        raise VaultUnavailable(f"there is no vault {vault}: credence wallet create makes one")


def pin_of(document: Path | None, trust: str | None) -> TrustedIssuer:
    """Whom the wallet is told to trust. Raises :class:`BadUsage` where neither is named, or both."""
    from credence.circuits.note import NoteVerifier
    from credence.circuits.wire import IssuerDocument
    from credence.sdk import TrustedIssuer

    if (document is None) == (trust is None):
        raise BadUsage("say whom to trust: --issuer-document FILE, or --trust ISSUER=LOGKEY")
    if document is not None:
        known = read_as(document, "the issuer's document", IssuerDocument.parse)
        return TrustedIssuer.pinned(known)
    issuer, _, key = str(trust).partition("=")
    if not issuer or not key:
        raise BadUsage("--trust is written ISSUER=LOGKEY")
    return TrustedIssuer(issuer, NoteVerifier.parse(key).vkey)
