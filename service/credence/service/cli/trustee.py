"""``credence trustee``: make a key with others, keep a share of it, and open a handle where a warrant is in the log.

A trustee's folder is its own. What trustees say to each other are files in a folder that all of them can read; nothing in
those is secret, and everything is signed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeVar

import typer

from credence.service.cli import trustee_opening
from credence.service.cli.documents import read_as, read_object
from credence.service.cli.exits import BadUsage, Failed, codes
from credence.service.cli.options import AsJson
from credence.service.cli.output import note, print_facts, print_json, print_line
from credence.service.cli.passphrase import ask_passphrase
from credence.service.cli.trustee_options import VARIABLE, Folder, PassphraseFile, open_trustee

if TYPE_CHECKING:
    from credence.circuits.escrow.generation import TrusteeSet
    from credence.circuits.escrow.messages import Roster
    from credence.circuits.fields import Json

T = TypeVar("T")

trustee: Final = typer.Typer(help="Make a key with others, and open with a warrant.", no_args_is_help=True)

Ceremony = Annotated[Path, typer.Argument(metavar="CEREMONY", help="The folder of the ceremony, which all trustees share.")]

_ROSTER: Final = "roster.json"
_TRANSCRIPT: Final = "transcript.json"


def register(app: typer.Typer, panel: str) -> None:
    """Adds the noun."""
    trustee_opening.add_to(trustee)
    app.add_typer(trustee, name="trustee", rich_help_panel=panel)


@trustee.command(epilog=codes("there is a trustee in the folder, or the passphrase is too short"))
def init(
    folder: Folder,
    name: Annotated[str, typer.Option("--name", metavar="NAME", help="What the others call this trustee.")],
    card: Annotated[Path, typer.Option("--card", metavar="FILE", help="Where the card for the others is written.")],
    passphrase_file: PassphraseFile = None,
) -> None:
    """Draw an identity, seal it under a passphrase, and write the card that the others need. For one set of trustees."""
    from credence.circuits.encoding import b64u
    from credence.sdk.trustee import Trustee

    if not name or len(name) > 64:
        raise BadUsage("--name has 1 to 64 characters")
    made = Trustee.create(folder, name, ask_passphrase(passphrase_file, new=True, variable=VARIABLE))
    _publish(card, made.card.to_json())
    note(f"a new trustee in {folder}: say its identity to the others by another way than this file")
    print_line(b64u(made.card.identity))


@trustee.command(epilog=codes("a card is refused, or there is a roster"))
def roster(
    ceremony: Ceremony,
    cards: Annotated[list[Path], typer.Option("--card", metavar="FILE", help="A trustee's card, in order; repeatable.")],
    name: Annotated[str, typer.Option("--name", metavar="NAME", help="The set's name, such as trustees.example.")],
    threshold: Annotated[int, typer.Option("--threshold", metavar="T", min=2, max=32, help="How many of them open.")],
) -> None:
    """Begin a ceremony: write who takes part. Everybody looks at it before they pledge."""
    from credence.circuits.escrow.messages import Member
    from credence.sdk.trustee import make_roster

    members = [read_as(path, "the card", Member.parse) for path in cards]
    made = make_roster(name, threshold, members)
    ceremony.mkdir(parents=True, exist_ok=True)
    _publish(ceremony / _ROSTER, made.to_json())
    _show_roster(made)


@trustee.command(epilog=codes("the roster is refused, or is another one than was pledged", "no trustee in the folder"))
def pledge(ceremony: Ceremony, folder: Folder, passphrase_file: PassphraseFile = None) -> None:
    """First round: pledge a secret by its hash. Compare the roster's identities with the others before."""
    made = open_trustee(folder, passphrase_file)
    found = _roster(ceremony)
    said = made.pledge(found)
    _publish(ceremony / f"pledge-{said.index}.json", said.to_json())
    _show_roster(found)


@trustee.command(epilog=codes("a pledge is missing or refused", "no trustee in the folder"))
def deal(ceremony: Ceremony, folder: Folder, passphrase_file: PassphraseFile = None) -> None:
    """Second round, once all have pledged: deal a share to each, which nobody else can read."""
    from credence.circuits.escrow.messages import Pledge

    made, found = open_trustee(folder, passphrase_file), _roster(ceremony)
    said = made.deal(found, _all(ceremony, "pledge", found, Pledge.parse))
    _publish(ceremony / f"dealing-{said.index}.json", said.to_json())
    note(f"trustee {said.index} has dealt")


@trustee.command(epilog=codes("a dealing is missing or refused, or a share is wrong", "no trustee in the folder"))
def accept(ceremony: Ceremony, folder: Folder, passphrase_file: PassphraseFile = None) -> None:
    """Third round, once all have dealt: check every dealing and one's own shares, and say so; or complain, with a proof."""
    from credence.circuits.escrow.messages import Dealing, Pledge

    made, found = open_trustee(folder, passphrase_file), _roster(ceremony)
    pledges = _all(ceremony, "pledge", found, Pledge.parse)
    said = made.accept(found, pledges, _all(ceremony, "dealing", found, Dealing.parse))
    _publish(ceremony / f"verdict-{said.index}.json", said.to_json())
    if said.complaint is not None:
        raise Failed(f"trustee {said.complaint.dealer} dealt a wrong share: the complaint with its proof is written")
    note(f"trustee {said.index} accepts")


@trustee.command(epilog=codes("a verdict is missing, or somebody lied", "no trustee in the folder"))
def finish(ceremony: Ceremony, folder: Folder, passphrase_file: PassphraseFile = None, as_json: AsJson = False) -> None:
    """The end, once all have accepted: check everything once more, keep the share, and write the transcript."""
    from credence.circuits.escrow.generation import Transcript
    from credence.circuits.escrow.messages import Dealing, Pledge, Verdict

    made, found = open_trustee(folder, passphrase_file), _roster(ceremony)
    transcript = Transcript(
        found,
        tuple(_all(ceremony, "pledge", found, Pledge.parse)),
        tuple(_all(ceremony, "dealing", found, Dealing.parse)),
        tuple(_all(ceremony, "verdict", found, Verdict.parse)),
    )
    trustees = made.finish(transcript)
    _publish(ceremony / _TRANSCRIPT, transcript.to_json())
    _show_set(trustees, as_json)


@trustee.command(epilog=codes("the transcript is refused"))
def check(
    transcript: Annotated[Path, typer.Argument(metavar="TRANSCRIPT", help="The transcript of a ceremony.")],
    as_json: AsJson = False,
) -> None:
    """Check a whole ceremony, as anybody can, and print what a wallet pins and a venue writes into its policies."""
    _show_set(read_trustees(transcript), as_json)


def read_trustees(path: Path) -> TrusteeSet:
    """The set that a transcript made. Raises :class:`BadUsage`, and :class:`Failed` where it is refused."""
    import secrets

    from credence.circuits import curve as curves
    from credence.circuits.errors import CircuitError
    from credence.circuits.escrow.generation import Transcript, conclude

    transcript = read_as(path, "the transcript", Transcript.parse)
    try:
        return conclude(curves.load(), transcript, secrets.token_bytes)
    except CircuitError as error:
        raise Failed(f"the transcript is refused: {error.reason}") from error


def _roster(ceremony: Path) -> Roster:
    from credence.circuits.escrow.messages import Roster

    return read_as(ceremony / _ROSTER, "the roster", Roster.parse)


def _all(ceremony: Path, what: str, roster: Roster, parse: Callable[[Any], T]) -> Sequence[T]:
    """Every trustee's message of a round. Raises :class:`Failed` for one that is not there yet."""
    paths = [ceremony / f"{what}-{number}.json" for number in range(1, len(roster.members) + 1)]
    for number, path in enumerate(paths, start=1):
        if not path.is_file():
            raise Failed(f"trustee {number} has written no {what} yet: {path}")
    return [read_as(path, f"the {what}", parse) for path in paths]


def _publish(path: Path, document: Json) -> None:
    """Writes a file that everybody may read; the same again is no error. Raises :class:`Failed` for another one."""
    text = json.dumps(dict(document), indent=1) + "\n"
    with suppress(FileExistsError):
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
        return
    if read_object(path, "what was written before") != json.loads(text):
        raise Failed(f"there is another file already: {path}; nothing was written")


def _show_roster(found: Roster) -> None:
    from credence.circuits.encoding import b64u

    print_line(f"{found.name}: {found.threshold} of {len(found.members)}")
    for number, member in enumerate(found.members, start=1):
        print_line(f"{number}  {b64u(member.identity)}  {member.name}")


def _show_set(trustees: TrusteeSet, as_json: bool) -> None:
    from credence.circuits.encoding import b64u

    escrow = {
        "trustees": trustees.id,
        "key": b64u(trustees.key),
        "threshold": trustees.threshold,
        "members": trustees.members,
    }
    if as_json:
        print_json({**escrow, "names": list(trustees.names)})
        return
    print_facts(
        {
            "set": trustees.id,
            "key": b64u(trustees.key),
            "opens": f"{trustees.threshold} of {trustees.members}",
            "wallet": f"--trustees {trustees.id}={b64u(trustees.key)},{trustees.threshold}/{trustees.members}",
        }
    )
