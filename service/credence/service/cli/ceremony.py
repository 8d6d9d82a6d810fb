"""``credence keys commit``, ``ceremony``, ``sign-ceremony``, ``check-ceremony``: keys that were made before witnesses."""

from __future__ import annotations

import json
import platform
import secrets
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from credence.service.cli.documents import read_as, require_absent, write_private
from credence.service.cli.exits import BadUsage, Failed, codes
from credence.service.cli.opening import opened, settings_of
from credence.service.cli.options import AsJson, DataDir, Url
from credence.service.cli.output import note, print_json, print_line
from credence.service.cli.passphrase import confirm
from credence.service.cli.remote import service_at

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from sqlmodel import Session

    from credence.circuits.issuer_document import IssuerDocument
    from credence.service.keys.ceremony import Transcript
    from credence.service.keys.contributions import Commitment, Contribution
    from credence.service.runtime import Services

SigningKey = Annotated[
    Path | None,
    typer.Option("--signing-key", metavar="FILE", help="The participant's Ed25519 key; made where there is none."),
]
Contributions = Annotated[
    list[Path] | None, typer.Option("--contribution", metavar="FILE", help="A participant's contribution; may be repeated.")
]
_MAX_OWN: Final = 1 << 20


def add_to(keys: typer.Typer) -> None:
    """Adds the verbs."""
    keys.command(epilog=codes("a file exists already"))(commit)
    keys.command(epilog=codes("there is an installation already, or a contribution is not what was committed to"))(ceremony)
    keys.command("sign-ceremony", epilog=codes("the key is not the participant's"))(sign_ceremony)
    keys.command("check-ceremony", epilog=codes("something does not hold", "no installation, or no service"))(check_ceremony)


def commit(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The participant's name, as it stands in the transcript.")],
    contribution: Annotated[Path, typer.Option("--contribution", metavar="FILE", help="Where the secret is written.")],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Where the commitment to it is written.")],
    own: Annotated[
        Path | None, typer.Option("--from", metavar="FILE", help="Dice, coins, any bytes of one's own; - is stdin.")
    ] = None,
    signing_key: SigningKey = None,
) -> None:
    """Draw a contribution to a key ceremony, and commit to it. Hand out the commitment, and keep the contribution."""
    from credence.service.keys.contributions import Contribution

    for path in (contribution, out):
        require_absent(path, "the file")
    drawn = Contribution.drawn(name, b"" if own is None else _bytes(own), secrets.token_bytes)
    key = None if signing_key is None else _key(signing_key, make=True)
    write_private(contribution, json.dumps(drawn.to_json()) + "\n", "the contribution")
    write_private(out, json.dumps(drawn.commitment(key).to_json()) + "\n", "the commitment")
    print_line(drawn.committed().hex())


def ceremony(
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Where the transcript is written.")],
    commitments: Annotated[
        list[Path] | None, typer.Option("--commitment", metavar="FILE", help="A commitment; all come before any secret.")
    ] = None,
    contributions: Contributions = None,
    yes: Annotated[bool, typer.Option("--yes", help="Everybody has seen all commitments.")] = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Make an installation, as `credence init` does, whose keys everybody in the room had a hand in."""
    from credence.service.app import initialise
    from credence.service.cli.init import refuse_second
    from credence.service.clock import system_clock
    from credence.service.keys.contributions import mixed

    settings = settings_of(data_dir)
    refuse_second(settings)
    require_absent(out, "the transcript")
    committed = _commitments(commitments or [])
    if not committed:
        raise BadUsage("a ceremony has participants: name their commitments by --commitment")
    for each in committed:
        note(f"{each.name} commits to {each.commitment.hex()}")
    confirm("Has everybody seen all of these, and shown nothing yet?", yes=yes)
    revealed = _revealed(committed, contributions or [])
    initialise(settings, clock=system_clock, rng=mixed(revealed, secrets.token_bytes))
    with opened(data_dir) as services:
        made = _transcript(services, committed)
        _log(services, made)
    write_private(out, _text(made), "the transcript")
    _tell(made, as_json)
    note("Sign it (credence keys sign-ceremony), and see that it holds (credence keys check-ceremony).")


def sign_ceremony(
    transcript: Annotated[Path, typer.Argument(metavar="FILE", help="The transcript; the signature is added to it.")],
    name: Annotated[str, typer.Option("--name", metavar="NAME", help="The participant.")],
    signing_key: Annotated[Path, typer.Option("--signing-key", metavar="FILE", help="The participant's Ed25519 key.")],
) -> None:
    """Sign the transcript of a ceremony that one took part in."""
    found = _read(transcript).signed_by(name, _key(signing_key, make=False))
    fresh = transcript.with_name(transcript.name + ".new")
    fresh.unlink(missing_ok=True)
    write_private(fresh, _text(found), "the transcript")
    fresh.replace(transcript)
    print_line(found.digest().hex())


def check_ceremony(
    transcript: Annotated[Path, typer.Argument(metavar="FILE", help="The transcript.")],
    contributions: Contributions = None,
    url: Url = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """See that a transcript holds: proof of possession, signatures, one's own contribution, the document, the log.

    Who the participants are it cannot know: compare the keys that it prints with what they gave you.
    """
    from credence.circuits import curve as curves
    from credence.circuits.encoding import b64u

    found = _read(transcript)
    found.check(curves.load(), [_contribution(path) for path in contributions or []])
    if url is not None:
        document, index = _asked(url, found)
    else:
        document, index = _looked_up(data_dir, found)
    found.check_published(document)
    signed = {each.name: b64u(each.public_key) for each in found.participants if each.public_key}
    if as_json:
        facts = {"digest": found.digest().hex(), "entry_index": index, "key_id": found.issuing.key_id}
        print_json({**facts, "signed": signed, "ok": True})
        return
    for name, public in signed.items():
        print_line(f"signed by {name} {public}")
    print_line(f"the transcript {found.digest().hex()} holds: entry {index} of the log, key {found.issuing.key_id}")


def _asked(url: str, found: Transcript) -> tuple[IssuerDocument, int]:
    from credence.sdk import Auditor
    from credence.sdk.calls import issuer, perform

    with service_at(url) as service:
        auditor, document = Auditor(service, found.log_vkey), perform(service, issuer.document())
        auditor.issuer_document(document)
        return document, auditor.inclusion(found.leaf()).index


def _looked_up(data_dir: Path | None, found: Transcript) -> tuple[IssuerDocument, int]:
    from credence.service.errors import NotFound

    with opened(data_dir) as services:
        try:
            document, index = _document(services), services.ledger.inclusion(found.leaf()).index
        except NotFound:
            raise Failed("the log does not hold the transcript") from None
        with services.store("issuer").reading() as session:
            first = min(_issued_at(session), default=index)
    if first < index:
        raise Failed("a credential came into the log before the transcript")
    return document, index


def _issued_at(session: Session) -> Iterator[int]:
    """The places in the log of the credentials that were issued here."""
    from credence.circuits.leaf import ATTESTATION_LEAF
    from credence.service.issuer.records import IssuerOutbox
    from credence.service.ledger import records

    for row in records.outbox_rows(session, IssuerOutbox):
        if row.kind == ATTESTATION_LEAF and row.entry_index is not None:
            yield row.entry_index


def _transcript(services: Services, committed: list[Commitment]) -> Transcript:
    from credence.service.keys.ceremony import Transcript, made_keys

    document = _document(services)
    return Transcript(
        issuer=document.issuer,
        log_vkey=document.log_vkey,
        made_at=services.clock(),
        software={
            "credence": version("credence-kyc"),
            "python": platform.python_version(),
            "engine": services.curve.name,
        },
        participants=tuple(committed),
        issuing=document.keys[0],
        keys=made_keys(services.keyring),
        signatures={},
    )


def _document(services: Services) -> IssuerDocument:
    from credence.service.issuer.keepers import signer_of
    from credence.service.issuer.publication import issuer_document
    from credence.service.keys.accumulating import AccumulatorKeys

    accumulators = AccumulatorKeys(services.keyring, services.curve, services.rng)
    return issuer_document(services, signer_of(services), accumulators)


def _log(services: Services, made: Transcript) -> None:
    from credence.service.issuer.records import IssuerOutbox
    from credence.service.keys.ceremony import LEAF
    from credence.service.ledger import post

    now = services.clock()
    services.store("issuer").run(
        lambda session: post(session, IssuerOutbox, kind=LEAF, leaf=made.leaf(), now=now, rng=services.rng)
    )
    services.ledger.sequence()


def _commitments(paths: list[Path]) -> list[Commitment]:
    from credence.service.keys.contributions import MAX_PARTICIPANTS, Commitment

    found = [read_as(path, "the commitment", Commitment.parse) for path in paths]
    if len({each.name for each in found}) != len(found) or len(found) > MAX_PARTICIPANTS:
        raise BadUsage(f"a ceremony has up to {MAX_PARTICIPANTS} participants, each once")
    return found


def _revealed(committed: list[Commitment], paths: list[Path]) -> list[Contribution]:
    by_name = {found.name: found for found in map(_contribution, paths)}
    if by_name.keys() != {each.name for each in committed} or len(by_name) != len(paths):
        raise BadUsage("everybody who committed contributes, once, and nobody else")
    for each in committed:
        by_name[each.name].check(each)
    return [by_name[each.name] for each in committed]


def _contribution(path: Path) -> Contribution:
    from credence.service.keys.contributions import Contribution

    return read_as(path, "the contribution", Contribution.parse)


def _read(path: Path) -> Transcript:
    from credence.service.keys.ceremony import Transcript

    return read_as(path, "the transcript", Transcript.parse)


def _text(made: Transcript) -> str:
    from credence.circuits.fields import canonical_json

    return canonical_json(made.to_json()).decode() + "\n"


def _tell(made: Transcript, as_json: bool) -> None:
    facts: dict[str, Any] = {"digest": made.digest().hex(), "key_id": made.issuing.key_id, "log_vkey": made.log_vkey}
    if as_json:
        print_json(facts)
    else:
        for name, value in facts.items():
            print_line(f"{name} {value}")


def _bytes(path: Path) -> bytes:
    import sys

    given = sys.stdin.buffer.read(_MAX_OWN + 1) if str(path) == "-" else path.read_bytes()
    if not given or len(given) > _MAX_OWN:
        raise BadUsage("what is contributed has 1 byte to 1 MiB")
    return given


def _key(path: Path, *, make: bool) -> Ed25519PrivateKey:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from credence.circuits.encoding import b64u, b64u_decode
    from credence.circuits.errors import CircuitError
    from credence.service.keys.files import read_private

    if make and not path.exists():
        write_private(path, b64u(secrets.token_bytes(32)) + "\n", "the signing key")
    try:
        return Ed25519PrivateKey.from_private_bytes(b64u_decode(read_private(path).decode().strip()))
    except (CircuitError, ValueError) as error:
        raise BadUsage("the signing key's file does not hold a key") from error
