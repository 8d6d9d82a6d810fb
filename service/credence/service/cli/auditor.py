"""``credence auditor``: ask trustees by a warrant, read what they hand in, and count every opening there ever was."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from credence.service.cli import denials
from credence.service.cli.documents import read_as, read_object, require_absent, write_private
from credence.service.cli.exits import BadUsage, codes
from credence.service.cli.options import ApiKeyFile, AsJson, LogKey, ServiceUrl
from credence.service.cli.output import note, print_facts, print_json, print_line, print_table
from credence.service.cli.passphrase import ask_passphrase
from credence.service.cli.remote import api_key, service_at
from credence.service.cli.trustee import read_trustees
from credence.service.cli.trustee_options import (
    ExhibitFile,
    IssuerFiles,
    PassphraseFile,
    VerifierFile,
    issuers_of,
    verifier_of,
)

if TYPE_CHECKING:
    from credence.sdk.authority import Authority
    from credence.sdk.calls.auditor import WarrantState

auditor: Final = typer.Typer(help="Ask trustees by a warrant; count all openings.", no_args_is_help=True)

VARIABLE: Final = "CREDENCE_AUTHORITY_PASSPHRASE"

Keys = Annotated[
    Path,
    typer.Option("--keys", metavar="FILE", envvar="CREDENCE_AUTHORITY_KEYS", help="The authority's sealed keys."),
]
Transcript = Annotated[Path, typer.Option("--trustees", metavar="FILE", help="The transcript of the trustees' ceremony.")]
WarrantFile = Annotated[Path, typer.Argument(metavar="WARRANT", help="The signed warrant.")]


denials.add_to_auditor(auditor)


def register(app: typer.Typer, panel: str) -> None:
    """Adds the noun."""
    app.add_typer(auditor, name="auditor", rich_help_panel=panel)


@auditor.command(epilog=codes("there is a file already, or the passphrase is too short"))
def init(
    keys: Keys,
    name: Annotated[str, typer.Option("--name", metavar="CLIENT", help="The authority's client id at the service.")],
    passphrase_file: PassphraseFile = None,
) -> None:
    """Draw an authority's keys and seal them. The key that is printed is what trustees are told, by another way."""
    from credence.circuits.encoding import b64u
    from credence.sdk.authority import Authority

    require_absent(keys, "the authority's keys")
    made = Authority.create(keys, name, ask_passphrase(passphrase_file, new=True, variable=VARIABLE))
    note("trustees know this authority by:")
    print_line(f"{name}={b64u(made.identity)}")


@auditor.command(epilog=codes("the exhibit does not hold, or the service refuses", "no service"))
def warrant(
    keys: Keys,
    exhibit: ExhibitFile,
    basis: Annotated[
        str, typer.Option("--basis", metavar="TEXT", help="The legal basis. It is public: nothing of a person.")
    ],
    trustees: Transcript,
    issuer_documents: IssuerFiles,
    verifier_document: VerifierFile,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Where the signed warrant is written.")],
    days: Annotated[int, typer.Option("--days", min=1, max=90, help="How long it is valid.")] = 30,
    url: ServiceUrl = None,
    key_file: ApiKeyFile = None,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Sign a warrant for an exhibit, which is checked as the trustees will, and with --url put its notice into the log."""
    from credence.circuits.exhibit import Exhibit
    from credence.sdk.calls import auditor as calls
    from credence.sdk.calls import perform
    from credence.service.clock import system_clock

    require_absent(out, "the warrant")
    made, shown = _authority(keys, passphrase_file), read_as(exhibit, "the exhibit", Exhibit.parse)
    signed = made.warrant(
        shown,
        basis,
        read_trustees(trustees),
        verifier_of(verifier_document),
        issuers_of(issuer_documents),
        now=system_clock(),
        days=days,
    )
    write_private(out, json.dumps(dict(signed)) + "\n", "the warrant")
    if url is None:
        note("the warrant is signed, and not posted: credence auditor post puts its notice into the log")
        return
    with service_at(url) as service:
        _show(perform(service, calls.post_warrant(signed, api_key(key_file))), as_json=False)


@auditor.command(epilog=codes("the service refuses", "no service"))
def post(warrant: WarrantFile, url: ServiceUrl = None, key_file: ApiKeyFile = None, as_json: AsJson = False) -> None:
    """Put a signed warrant's notice into the log (scope auditor:warrants)."""
    from credence.sdk.calls import auditor as calls
    from credence.sdk.calls import perform

    signed = read_object(warrant, "the warrant")
    with service_at(url) as service:
        _show(perform(service, calls.post_warrant(signed, api_key(key_file))), as_json)


@auditor.command(epilog=codes("there is no such warrant", "no service"))
def status(warrant: WarrantFile, url: ServiceUrl = None, key_file: ApiKeyFile = None, as_json: AsJson = False) -> None:
    """Show where a warrant stands in the log, and how many trustees have answered (scope auditor:warrants)."""
    from credence.sdk.calls import auditor as calls
    from credence.sdk.calls import perform

    name = _warrant_id(warrant)
    with service_at(url) as service:
        _show(perform(service, calls.warrant(name, api_key(key_file))), as_json)


@auditor.command(epilog=codes("a share is wrong, or there are too few", "no service"))
def combine(
    warrant: WarrantFile,
    keys: Keys,
    trustees: Transcript,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Where what the issuer needs is written.")],
    shares: Annotated[
        list[Path] | None, typer.Option("--share", metavar="FILE", help="A trustee's share; default: those at --url.")
    ] = None,
    url: ServiceUrl = None,
    key_file: ApiKeyFile = None,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Open the trustees' shares and check every proof: what comes of it is for the issuer, who finds whose handle it is."""
    from credence.circuits.encoding import b64u
    from credence.circuits.warrant import Share
    from credence.sdk.calls import auditor as calls
    from credence.sdk.calls import perform

    require_absent(out, "the finding")
    signed = read_object(warrant, "the warrant")
    if shares:
        handed = tuple(read_as(path, "the share", Share.parse) for path in shares)
    else:
        with service_at(url) as service:
            handed = perform(service, calls.shares(_warrant_id(warrant), api_key(key_file)))
    found, point = _authority(keys, passphrase_file).combine(signed, handed, read_trustees(trustees))
    write_private(out, json.dumps(found.to_json()) + "\n", "the finding")
    note(f"opened by trustees {', '.join(str(part.index) for part in found.parts)}: {out} is for the issuer")
    print_line(b64u(point))


@auditor.command(epilog=codes("the log does not have what is counted", "no service"))
def openings(url: ServiceUrl = None, log_key: LogKey = None, as_json: AsJson = False) -> None:
    """Count every warrant and opening there ever was, each found in the log. Needs no key but the log's."""
    from credence.sdk import Auditor

    if log_key is None:
        raise BadUsage("--log-key is needed: a log is believed by its key alone")
    with service_at(url) as service:
        found = Auditor(service, log_key).openings()
    if as_json:
        print_json(
            {
                "warrants": found.warrants,
                "openings": found.openings,
                "waiting": found.waiting,
                "by_authority": dict(found.by_authority),
                "entries": [_told(entry) for entry in found.entries],
            }
        )
        return
    rows = [
        (str(e.notice.day), e.notice.authority, e.notice.basis, f"{e.shares} of {e.threshold}", "yes" if e.opened else "no")
        for e in sorted(found.entries, key=lambda entry: entry.notice.day)
    ]
    print_table(("day", "authority", "basis", "shares", "opened"), rows)
    note(f"{found.openings} openings by {found.warrants} warrants, every one in the log; {found.waiting} on their way there")


def _authority(keys: Path, passphrase_file: Path | None) -> Authority:
    from credence.sdk.authority import Authority

    return Authority.open(keys, ask_passphrase(passphrase_file, variable=VARIABLE))


def _warrant_id(path: Path) -> str:
    from credence.circuits.encoding import b64u
    from credence.circuits.warrant import Warrant

    def read(signed: Any) -> str:
        return b64u(Warrant.parse(signed.get("warrant")).digest())

    return read_as(path, "the warrant", read)


def _told(state: WarrantState) -> dict[str, Any]:
    return {
        "warrant_id": state.warrant_id,
        "notice": state.notice.to_json(),
        "entry_index": state.entry_index,
        "shares": state.shares,
        "threshold": state.threshold,
        "opened": state.opened,
        "opening_index": state.opening_index,
    }


def _show(state: WarrantState, as_json: bool) -> None:
    if as_json:
        print_json(_told(state))
        return
    print_facts(
        {
            "warrant": state.warrant_id,
            "in the log": "not yet" if state.entry_index is None else f"entry {state.entry_index}",
            "shares": f"{state.shares} of {state.threshold}",
            "opened": "yes" if state.opened else "no",
        }
    )
