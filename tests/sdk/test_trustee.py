"""Does a trustee say each thing once, keep its share sealed and its record whole, and refuse what does not hold?"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from credence.circuits.curve import Curve
from credence.circuits.escrow.generation import Transcript
from credence.circuits.escrow.messages import Roster
from credence.sdk.errors import VaultTampered, WrongPassphrase
from credence.sdk.refusals import CeremonyRefused
from credence.sdk.trustee import Trustee, make_roster
from credence.sdk.trustee.keeping import VAULT
from credence.sdk.vault import SealParameters
from tests.conftest import SeededBytes

PASSPHRASE = "correct horse battery"
QUICK = SealParameters(iterations=1, lanes=1, memory_kib=8)


def trustee(folder: Path, number: int, curve: Curve, rng: SeededBytes) -> Trustee:
    return Trustee.create(folder / str(number), f"trustee {number}", PASSPHRASE, curve=curve, rng=rng, parameters=QUICK)


def again(folder: Path, number: int, curve: Curve, rng: SeededBytes) -> Trustee:
    return Trustee.open(folder / str(number), PASSPHRASE, curve=curve, rng=rng, least=QUICK)


def roster_of(members: list[Trustee], curve: Curve, rng: SeededBytes) -> Roster:
    return make_roster("trustees.example", 2, [member.card for member in members], curve=curve, rng=rng)


def held(members: list[Trustee], roster: Roster) -> Transcript:
    """The whole ceremony but its end."""
    pledges = tuple(member.pledge(roster) for member in members)
    dealings = tuple(member.deal(roster, pledges) for member in members)
    verdicts = tuple(member.accept(roster, pledges, dealings) for member in members)
    return Transcript(roster, pledges, dealings, verdicts)


@pytest.fixture
def members(tmp_path: Path, curve: Curve, rng: SeededBytes) -> list[Trustee]:
    return [trustee(tmp_path, number, curve, rng) for number in (1, 2, 3)]


def test_all_come_to_one_set_and_each_to_a_share_that_is_sealed(
    members: list[Trustee], tmp_path: Path, curve: Curve, rng: SeededBytes
) -> None:
    transcript = held(members, roster_of(members, curve, rng))
    sets = [member.finish(transcript) for member in members]
    assert sets[0] == sets[1] == sets[2]
    opened = again(tmp_path, 2, curve, rng)
    assert (opened.trustees, opened.kept.share) == (sets[0], members[1].kept.share)
    assert (opened.kept.polynomial, opened.kept.roster) == (None, None)
    assert opened.finish(transcript) == sets[0]  # again
    share = opened.kept.share
    assert share is not None
    sealed = (tmp_path / "2" / VAULT).read_bytes()
    assert share.to_bytes(32, "big") not in sealed
    assert str(share).encode() not in sealed
    with pytest.raises(WrongPassphrase):
        Trustee.open(tmp_path / "2", "another passphrase", curve=curve, rng=rng, least=QUICK)


def test_what_is_said_in_a_round_is_said_again_alike(
    members: list[Trustee], tmp_path: Path, curve: Curve, rng: SeededBytes
) -> None:
    roster = roster_of(members, curve, rng)
    transcript = held(members, roster)
    opened = again(tmp_path, 1, curve, rng)
    assert opened.pledge(roster) == transcript.pledges[0]
    assert opened.deal(roster, transcript.pledges) == transcript.dealings[0]
    assert opened.accept(roster, transcript.pledges, transcript.dealings) == transcript.verdicts[0]


def test_a_folder_is_of_one_set(members: list[Trustee], curve: Curve, rng: SeededBytes) -> None:
    first = held(members, roster_of(members, curve, rng))
    other = roster_of(members, curve, rng)
    with pytest.raises(CeremonyRefused, match="pledged nothing in this ceremony"):
        members[0].deal(other, first.pledges)
    second = held(members, other)  # before a share is kept, a ceremony may begin anew
    with pytest.raises(CeremonyRefused, match="pledged nothing in this ceremony"):
        members[0].finish(first)
    for member in members:
        member.finish(second)
    for act in (lambda: members[0].pledge(other), lambda: members[0].deal(other, second.pledges)):
        with pytest.raises(CeremonyRefused, match="has a share already"):
            act()
    with pytest.raises(CeremonyRefused, match="share of another set"):
        members[0].finish(first)


def test_a_round_needs_everybodys_message_and_ones_own(members: list[Trustee], curve: Curve, rng: SeededBytes) -> None:
    roster = roster_of(members, curve, rng)
    pledges = [member.pledge(roster) for member in members]
    with pytest.raises(CeremonyRefused, match="trustee 3: no pledge"):
        members[0].deal(roster, pledges[:2])
    with pytest.raises(CeremonyRefused, match="without this trustee's own"):
        members[0].deal(roster, pledges[1:])
    dealings = [member.deal(roster, pledges) for member in members]
    with pytest.raises(CeremonyRefused, match="trustee 2: no dealing"):
        members[0].accept(roster, pledges, [dealings[0], dealings[2]])
    with pytest.raises(CeremonyRefused, match="without this trustee's own"):
        members[0].accept(roster, pledges, dealings[1:])
    verdicts = [member.accept(roster, pledges, dealings) for member in members]
    with pytest.raises(CeremonyRefused, match="trustee 3: no verdict"):
        members[0].finish(Transcript(roster, tuple(pledges), tuple(dealings), tuple(verdicts[:2])))
    members[0].finish(Transcript(roster, tuple(pledges), tuple(dealings), tuple(verdicts)))


def test_a_roster_without_this_trustee_is_refused(
    members: list[Trustee], tmp_path: Path, curve: Curve, rng: SeededBytes
) -> None:
    stranger = trustee(tmp_path, 4, curve, rng)
    with pytest.raises(CeremonyRefused, match="not of the roster"):
        stranger.pledge(roster_of(members, curve, rng))
    with pytest.raises(CeremonyRefused, match="no share yet"):
        _ = stranger.trustees
    with pytest.raises(CeremonyRefused, match="roster is refused"):
        roster_of([members[0], members[0]], curve, rng)


def test_a_vault_of_something_else_is_none(tmp_path: Path, members: list[Trustee]) -> None:
    from credence.sdk.trustee.keeping import Kept

    kept = members[0].kept
    assert Kept.decode(kept.encode()) == kept
    document = json.loads(kept.encode())
    for change in ({"type": "other"}, {"share": -1}, {"extra": 1}, {"identity": "AA"}, {"polynomial": [1, 2]}):
        with pytest.raises(VaultTampered):
            Kept.decode(json.dumps({**document, **change}).encode())
    for junk in (b"", b"[]", b"\xff"):
        with pytest.raises(VaultTampered):
            Kept.decode(junk)
