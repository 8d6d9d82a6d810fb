"""``credence wallet accept-rules``: take other rules of a verifier than those that continue what the wallet saw."""

from __future__ import annotations

import re
from typing import Annotated, Final

import typer

from credence.service.cli.exits import BadUsage, codes
from credence.service.cli.output import note
from credence.service.cli.passphrase import PassphraseFile
from credence.service.cli.vaults import Vault, open_wallet

_DIGEST: Final = re.compile(r"[0-9A-Fa-f]{64}")


def register(wallet: typer.Typer) -> None:
    """Adds the command."""
    wallet.command(epilog=codes("the passphrase is wrong, or the vault was changed", "no vault"))(accept_rules)


def accept_rules(
    vault: Vault,
    verifier: Annotated[str, typer.Argument(metavar="VERIFIER", help="The verifier's id, the first part of an audience.")],
    digest: Annotated[str, typer.Argument(metavar="DIGEST", help="What `credence verifier document` shows others.")],
    passphrase_file: PassphraseFile = None,
) -> None:
    """Take rules of a verifier that do not continue those this wallet saw. Compare the digest with what others see first."""
    if not _DIGEST.fullmatch(digest):
        raise BadUsage("the digest of a verifier's rules has 64 hexadecimal digits")
    open_wallet(vault, passphrase_file).accept_rules(verifier, bytes.fromhex(digest))
    note(f"the wallet takes these rules of {verifier}")
