"""``credence wallet renew`` and ``show``: what a holder's conduct at a venue has come to, as a credential."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from credence.circuits.days import write_day
from credence.service.cli.exits import codes
from credence.service.cli.options import AsJson, ServiceUrl
from credence.service.cli.output import note, print_json, print_table
from credence.service.cli.passphrase import PassphraseFile, confirm
from credence.service.cli.remote import service_at
from credence.service.cli.vaults import PinnedDocument, TrustedLog, Vault, open_wallet, pin_of

if TYPE_CHECKING:
    from credence.sdk import HeldCredential

_COLUMNS = ("venue", "as_of", "score", "tier", "evidence", "events", "ends")


def register(wallet: typer.Typer) -> None:
    """Adds the commands to the noun."""
    wallet.command(epilog=codes("the issuer does not take the proof, or is refused", "no vault, or no service"))(renew)
    wallet.command(epilog=codes("the passphrase is wrong, or the vault was changed", "no vault"))(show)


def renew(
    vault: Vault,
    venue: Annotated[
        list[str],
        typer.Option("--venue", metavar="VERIFIER/CLIENT", help="The venue whose standing it is, in full; repeatable."),
    ],
    url: ServiceUrl = None,
    issuer: Annotated[
        str | None, typer.Option("--issuer", metavar="ISSUER", help="Which issuer, where the wallet has several.")
    ] = None,
    document: PinnedDocument = None,
    trust: TrustedLog = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before a pseudonym is shown to the issuer.")] = False,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Receive what your conduct at a venue has come to. The issuer learns a pseudonym there, and not whose it is."""
    pin, received = pin_of(document, trust), []
    with service_at(url) as service:
        holder = open_wallet(vault, passphrase_file, service, [pin])
        for each in dict.fromkeys(venue):
            note(f"{issuer or pin.issuer} would learn a pseudonym at {each}, and not whose it is")
            confirm("Show it?", yes=yes)
            received.append(holder.renew_standing(each, issuer=issuer))
    _show(received, venue, as_json)


def show(
    vault: Vault,
    venue: Annotated[
        list[str] | None,
        typer.Option("--venue", metavar="VERIFIER/CLIENT", help="Name this venue's standings; repeatable."),
    ] = None,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Show the standings in a vault. A standing names its venue by a digest alone, so say which venues to look for."""
    from credence.circuits.credential import STANDING_1

    held = [each for each in open_wallet(vault, passphrase_file).credentials if each.schema == STANDING_1]
    _show(held, venue or [], as_json)


def _show(held: list[HeldCredential], venues: list[str], as_json: bool) -> None:
    from credence.circuits.credential import text_to_scalar

    names = {text_to_scalar(each): each for each in venues}
    found = [_standing_json(each, names) for each in held]
    if as_json:
        print_json({"standings": found})
        return
    print_table(_COLUMNS, ([str(item[column] or "–") for column in _COLUMNS] for item in found))


def _standing_json(standing: HeldCredential, names: dict[int, str]) -> dict[str, Any]:
    """``tier`` is the best that it shows, ``R0`` for none; evidence and events as decimal numbers."""
    from credence.circuits.credential import LADDERS

    said = standing.attributes
    return {
        "venue": names.get(said["venue"]),
        "as_of": write_day(said["as_of"]),
        "score": said["score"],
        "tier": f"R{sum(said[rung] for rung in LADDERS['standing_tier'])}",
        "evidence": f"{said['evidence_milli'] / 1000:.3f}",
        "events": f"{said['events_milli'] / 1000:.3f}",
        "ends": write_day(said["expires_on"]),
        "issuer": standing.issuer,
    }
