"""``credence wallet``: a holder's vault, what it holds, and what answering a venue would mean."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from credence.circuits.days import write_day
from credence.service.cli import wallet_rules, wallet_standings
from credence.service.cli.decisions import decision_json, show_decision
from credence.service.cli.documents import read_as, read_text
from credence.service.cli.exits import BadUsage, Failed, codes
from credence.service.cli.options import AsJson, EvidenceType, ServiceUrl
from credence.service.cli.output import is_watched, note, print_json, print_line, print_table
from credence.service.cli.passphrase import PassphraseFile, ask_passphrase, ask_phrase, confirm
from credence.service.cli.remote import service_at
from credence.service.cli.vaults import (
    NoService,
    PinnedDocument,
    TrustedLog,
    Vault,
    open_wallet,
    open_with,
    pin_of,
    require_vault,
)

if TYPE_CHECKING:
    from credence.circuits.wire import Presentation, PresentationRequest
    from credence.sdk import HeldCredential, Transport, TrustedTrustees, Wallet

wallet: Final = typer.Typer(help="Keep credentials in a sealed vault, understand requests, present.", no_args_is_help=True)

_DIGEST: Final = re.compile(r"[0-9A-Fa-f]{64}")
_OF: Final = re.compile(r"([1-9][0-9]?)/([1-9][0-9]?)")

RequestFile = Annotated[
    Path | None, typer.Option("--request", metavar="FILE", help="A venue's request as JSON; - is standard input.")
]
TrusteesList = Annotated[
    list[str] | None,
    typer.Option(
        "--trustees",
        metavar="NAME=KEY,T/N",
        help="Trustees of whom T of N together may open who you are; repeatable; default: nobody.",
    ),
]
SessionId = Annotated[str | None, typer.Option("--session", metavar="ID", help="A session at the service of --url.")]


def register(app: typer.Typer, panel: str) -> None:
    """Adds the noun."""
    wallet_standings.register(wallet)
    wallet_rules.register(wallet)
    app.add_typer(wallet, name="wallet", rich_help_panel=panel)


@wallet.command(epilog=codes("there is a file already, or the passphrase is too short"))
def create(vault: Vault, passphrase_file: PassphraseFile = None) -> None:
    """Make an empty vault, sealed under a passphrase. Whoever loses either loses the credentials."""
    from credence.sdk import Wallet

    _require_no_vault(vault)
    Wallet.create(vault, ask_passphrase(passphrase_file, new=True), transport=NoService())
    note(f"a new vault: {vault}")


@wallet.command(epilog=codes("nobody is watching, or the passphrase is wrong", "no vault"))
def phrase(
    vault: Vault,
    yes_print: Annotated[bool, typer.Option("--yes-print", help="Print it although no terminal shows it.")] = False,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Print the recovery phrase: 24 words that bring the holder back. Whoever reads them is the holder."""
    if not yes_print and not is_watched():
        raise Failed("the recovery phrase is printed at a terminal alone: --yes-print prints it here")
    require_vault(vault)
    passphrase = ask_passphrase(passphrase_file)
    words = open_with(vault, passphrase).recovery_phrase(passphrase)
    if as_json:
        print_json({"phrase": words})
    else:
        note("write these down in their order, and keep them where nobody else reads them:")
        print_line(words)


@wallet.command(epilog=codes("there is a file already, the words are no phrase, or the passphrase is too short"))
def restore(
    vault: Vault,
    phrase_file: Annotated[
        Path | None,
        typer.Option("--phrase-file", metavar="FILE", help="A file with the words; - is stdin; default: a prompt."),
    ] = None,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Make a vault of the holder of a recovery phrase. Credentials do not come back: have the issuer give them again."""
    from credence.sdk import Wallet
    from credence.sdk.recovery import root_of

    _require_no_vault(vault)
    words = ask_phrase(phrase_file)
    root = root_of(words)
    Wallet.create(vault, ask_passphrase(passphrase_file, new=True), transport=NoService(), root=root)
    note(f"a new vault of the same holder: {vault}; credentials are received again, from each issuer")


@wallet.command(epilog=codes("the offer, the issuer or its credential is refused", "no vault, or no service"))
def receive(
    vault: Vault,
    offer: Annotated[Path, typer.Option("--offer", metavar="FILE", help="The issuer's offer as JSON; it is secret.")],
    evidence: Annotated[Path, typer.Option("--evidence", metavar="FILE", help="What the case was opened with.")],
    kind: EvidenceType = "vendor-jws",
    url: ServiceUrl = None,
    document: PinnedDocument = None,
    trust: TrustedLog = None,
    accept_document: Annotated[
        str | None,
        typer.Option(
            "--accept-document", metavar="DIGEST", help="Take this other document of a known issuer; 64 hex digits."
        ),
    ] = None,
    accept_reset: Annotated[
        bool, typer.Option("--accept-reset", help="Take other halves of the secrets, after a reset that you asked for.")
    ] = False,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Claim the credential that an offer promises, check it and keep it. May be repeated after a broken connection."""
    from credence.circuits.wire import Offer
    from credence.sdk.calls.issuer import Evidence
    from credence.sdk.errors import IssuerDocumentChanged, IssuerHalvesChanged

    digest, pin = _digest(accept_document), pin_of(document, trust)
    promised, token = read_as(offer, "the offer", Offer.parse), read_text(evidence, "the evidence").strip()
    with service_at(url) as service:
        holder = open_wallet(vault, passphrase_file, service, [pin])
        try:
            held = holder.receive(promised, Evidence(token, kind), accept_document=digest, accept_reset=accept_reset)
        except IssuerDocumentChanged as error:
            seen, shown = error.known.hex(), error.shown.hex()
            raise Failed(f"{error.reason} It was {seen}. If others see it too: --accept-document {shown}") from error
        except IssuerHalvesChanged as error:
            raise Failed(f"{error.reason} After a reset that you asked for: --accept-reset") from error
    _show_held([held], as_json)


@wallet.command(epilog=codes("the service refuses, or is another issuer's", "no vault, or no service"))
def reviews(
    vault: Vault,
    issuer: Annotated[str, typer.Option("--issuer", metavar="ISSUER", help="The issuer of the credentials.")],
    url: ServiceUrl = None,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """See whether an issuer wants evidence again. It is asked about a credential only where that may be due."""
    from dataclasses import asdict

    from credence.circuits.credential import day_of

    with service_at(url) as service:
        found = open_wallet(vault, passphrase_file, service).reviews(issuer)
    if as_json:
        print_json({"reviews": [asdict(item) for item in found]})
        return
    rows = ((item.attestation_id, "revoked" if item.revoked else "due" if item.deadline else "good") for item in found)
    print_table(("attestation", "standing"), rows)
    for item in found:
        if item.deadline is not None:
            last = write_day(day_of(item.deadline))
            note(f"show evidence again before {last} ({item.cause}), where you did the first time")


@wallet.command("list", epilog=codes("the passphrase is wrong, or the vault was changed", "no vault"))
def list_held(vault: Vault, passphrase_file: PassphraseFile = None, as_json: AsJson = False) -> None:
    """List the credentials: type, issuer, level, end. No secret and no attribute that identifies is shown."""
    _show_held(list(open_wallet(vault, passphrase_file).credentials), as_json)


@wallet.command(epilog=codes("the wallet cannot show what is asked, or the request is refused", "no vault, or no service"))
def understand(
    vault: Vault,
    request: RequestFile = None,
    session: SessionId = None,
    url: ServiceUrl = None,
    trustees: TrusteesList = None,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Say in words what answering a request would reveal, and what it would not. Sends nothing."""
    with _asked(request, session, url) as (asked, _):
        meaning = open_wallet(vault, passphrase_file, trustees=_read_trustees(trustees)).understand(asked)
    if as_json:
        print_json(
            {
                "audience": meaning.audience,
                "asks": list(meaning.asks),
                "reveals": list(meaning.reveals),
                "hides": list(meaning.hides),
                "unmet": list(meaning.unmet),
                "expires_at": meaning.expires_at,
            }
        )
    else:
        print_line(meaning.words())
    if meaning.unmet:
        raise Failed(f"this wallet cannot show: {', '.join(meaning.unmet)}")


@wallet.command(epilog=codes("the wallet refuses, or the venue denies", "no vault, or no service"))
def present(
    vault: Vault,
    audience: Annotated[
        str, typer.Option("--audience", metavar="VERIFIER/CLIENT", help="Whom you know you are talking to, in full.")
    ],
    request: RequestFile = None,
    session: SessionId = None,
    url: ServiceUrl = None,
    issuer_url: Annotated[
        str | None,
        typer.Option("--issuer-url", metavar="URL", help="Where to read what was revoked meanwhile; default: --url."),
    ] = None,
    trustees: TrusteesList = None,
    compact: Annotated[bool, typer.Option("--compact", help="A smaller proof, which is dearer to check.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before something is revealed.")] = False,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Answer a request. With --request the presentation is printed as JSON; with --session it is sent, and decided."""
    with _asked(request, session, url) as (asked, service), _issuer_at(issuer_url or url) as issuer:
        holder = open_wallet(vault, passphrase_file, issuer, trustees=_read_trustees(trustees))
        note(holder.understand(asked).words())
        confirm("Reveal this?", yes=yes)
        if session is None:
            print_json(_prove(holder, asked, audience, compact).to_json())
            return
        decision = holder.answer(asked.session_id, audience=audience, understood=asked, transport=service, compact=compact)
    if as_json:
        print_json(decision_json(decision))
    else:
        show_decision(decision)
    if not decision.accepted:
        raise Failed(f"{audience} denies: {decision.reason}")


def _prove(holder: Wallet, asked: PresentationRequest, audience: str, compact: bool) -> Presentation:
    from credence.sdk.errors import MustCatchUp

    try:
        return holder.present(asked, audience=audience, compact=compact)
    except MustCatchUp:
        holder.catch_up(asked)
        return holder.present(asked, audience=audience, compact=compact)


@contextmanager
def _issuer_at(url: str | None) -> Iterator[Transport]:
    if url is None:
        yield NoService()
        return
    with service_at(url) as service:
        yield service


def _require_no_vault(vault: Path) -> None:
    if vault.exists():
        raise Failed(f"there is a file already: {vault}; nothing was changed")


def _read_trustees(written: list[str] | None) -> list[TrustedTrustees]:
    from credence.circuits.curve import G1_LENGTH
    from credence.circuits.encoding import b64u_decode
    from credence.circuits.errors import Malformed
    from credence.sdk import TrustedTrustees

    found = []
    for item in written or []:
        name, _, said = item.partition("=")
        key, _, how_many = said.partition(",")
        numbers = _OF.fullmatch(how_many)
        try:
            data = b64u_decode(key)
        except Malformed:
            data = b""
        if not name or len(data) != G1_LENGTH or numbers is None:
            raise BadUsage("--trustees is written NAME=KEY,T/N: the key as 48 bytes in base64url, T of N open it together")
        found.append(TrustedTrustees(name, data, int(numbers[1]), int(numbers[2])))
    return found


def _digest(written: str | None) -> bytes | None:
    if written is None:
        return None
    if not _DIGEST.fullmatch(written):
        raise BadUsage("--accept-document is the digest of a document: 64 hexadecimal digits")
    return bytes.fromhex(written)


@contextmanager
def _asked(request: Path | None, session: str | None, url: str | None) -> Iterator[tuple[PresentationRequest, Transport]]:
    """The request of a file, or of a session at a service."""
    from credence.circuits.wire import PresentationRequest
    from credence.sdk.calls import perform
    from credence.sdk.calls import verifier as calls

    if (request is None) == (session is None):
        raise BadUsage("name a request by --request FILE, or a session by --session ID and --url")
    if request is not None:
        yield read_as(request, "the request", PresentationRequest.parse), NoService()
        return
    with service_at(url) as service:
        asked = perform(service, calls.request(str(session)))
        if asked.session_id != session:
            raise Failed("the service sent another session's request")
        yield asked, service


def _show_held(held: list[HeldCredential], as_json: bool) -> None:
    found = [_held_json(credential) for credential in held]
    if as_json:
        print_json({"credentials": found})
        return
    columns = ("attestation", "schema", "issuer", "kyc_level", "risk_tier", "expires_on", "revoked")
    shown = ({**item, "revoked": "yes" if item["revoked"] else "no"} for item in found)
    print_table(columns, (["–" if item[column] is None else str(item[column]) for column in columns] for item in shown))


def _held_json(credential: HeldCredential) -> dict[str, Any]:
    from credence.circuits.credential import LADDERS, PERSON_1
    from credence.circuits.policy import RISK_TIERS

    of_person = credential.schema == PERSON_1

    def reached(ladder: str) -> int:
        return sum(credential.attributes.get(rung, 0) for rung in LADDERS[ladder])

    last = write_day(credential.schema.last_day(credential.expiry_epoch))
    return {
        "attestation": credential.attestation_id,
        "schema": credential.schema.id,
        "issuer": credential.issuer,
        "kyc_level": reached("kyc_level") if of_person else None,
        "risk_tier": RISK_TIERS[len(RISK_TIERS) - 1 - reached("risk_tier")] if of_person else None,
        "expires_on": last,
        "revoked": credential.revoked is not None,
    }
