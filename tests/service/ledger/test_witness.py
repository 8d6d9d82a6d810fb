"""Is a log that was restored from a backup left unsigned until somebody decides, and any other signed without a word?

The accepted twin of every refusal is ``test_the_log_extends_its_witness``.
"""

from __future__ import annotations

import hashlib
import json
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from credence.circuits.fields import canonical_json
from credence.circuits.leaf import salted_leaf
from credence.circuits.note import NoteSigner, open_checkpoint
from credence.service.errors import InvalidRequest
from credence.service.ledger import Fault, LedgerDamaged, LedgerService, Unreconciled, Witness, records
from credence.service.ledger.reconciliation import LEAF_KIND
from tests.conftest import SeededBytes
from tests.service.ledger.conftest import NOW, World, leaf_of


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "witness.note"


@pytest.fixture
def witnessed(world: World, path: Path) -> World:
    """A log of five published entries, and the witness that saw them."""
    world.service = watched(world, path)
    world.post(5)
    world.service.sequence()
    return world


def watched(world: World, path: Path) -> LedgerService:
    """The service of a new process on the same databases, with the witness at ``path``."""
    return replace(world.restarted(), witness=Witness(path, world.service.verifier))


def refused(service: LedgerService, fault: Fault, index: int) -> None:
    with pytest.raises(Unreconciled, match="credence ledger reconcile") as caught:
        service.sequence()
    assert (caught.value.finding.fault, caught.value.finding.index) == (fault, index)


def rolled_back(world: World, size: int) -> None:
    """As a restore leaves it: log and outboxes of an earlier moment, in order by themselves."""
    world.sql('DELETE FROM ledger_entries WHERE "index" >= :size', size=size)
    world.sql("DELETE FROM ledger_checkpoints WHERE size > :size", size=size)
    world.sql("DELETE FROM east_outbox WHERE entry_index >= :size", size=size)
    world.posted = size


@pytest.fixture
def restored(witnessed: World, path: Path) -> World:
    """The log of the first five entries, after its witness saw eight."""
    witnessed.post(3)
    witnessed.service.sequence()
    rolled_back(witnessed, 5)
    witnessed.service = watched(witnessed, path)
    return witnessed


def test_the_witness_has_seen_what_is_published(witnessed: World, path: Path) -> None:
    assert path.read_text() == witnessed.service.note()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in path.parent.iterdir() if "witness" in file.name] == ["witness.note"]
    witnessed.post()
    witnessed.service.sequence()
    assert path.read_text() == witnessed.service.note()


def test_the_log_extends_its_witness(witnessed: World, path: Path) -> None:
    """Equal, and then longer, as where another process published: both are signed."""
    again = watched(witnessed, path)
    assert again.disagreement() is None
    again.sequence()
    witnessed.post()
    witnessed.restarted().sequence()
    assert open_checkpoint(path.read_text(), again.verifier).size == 5
    assert again.disagreement() is None
    witnessed.post()
    assert again.sequence().taken == 1
    assert open_checkpoint(path.read_text(), again.verifier).size == 7


def test_a_new_log_needs_no_witness(world: World, path: Path) -> None:
    service = watched(world, path)
    assert service.disagreement() is None
    service.sequence()
    assert not path.exists()


def test_a_stop_between_witness_and_database_accuses_nobody(
    witnessed: World, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Stopped(Exception):
        pass

    def stop(*_: object) -> Any:
        raise Stopped

    witnessed.post(2)
    with monkeypatch.context() as patch:
        patch.setattr(records, "add_checkpoint", stop)
        with pytest.raises(Stopped):
            witnessed.service.sequence()
    assert witnessed.service.checkpoint().size == 5
    assert open_checkpoint(path.read_text(), witnessed.service.verifier).size == 7
    again = watched(witnessed, path)
    assert again.sequence().checkpoint == open_checkpoint(path.read_text(), witnessed.service.verifier)


def test_a_rolled_back_log_is_not_signed(restored: World, path: Path) -> None:
    seen = path.read_text()
    refused(restored.service, Fault.ROLLED_BACK, 8)
    restored.post(2)  # and what waits is not even appended: it would take the place of what was lost
    refused(restored.service, Fault.ROLLED_BACK, 8)
    assert len(restored.entries()) == 5
    assert restored.service.checkpoint().size == 5
    assert path.read_text() == seen


@pytest.mark.parametrize("more", [3, 4], ids=["as long", "longer"])
def test_a_forked_log_is_not_signed(restored: World, path: Path, more: int) -> None:
    """A process without the witness went on with other entries, and the fork is as long as the log was, or longer."""
    restored.posted = 100
    restored.post(more)
    restored.restarted().sequence()
    service = watched(restored, path)
    assert service.verify().entries == 5 + more
    refused(service, Fault.FORKED, 8)


def test_a_restore_under_a_running_process_is_noticed(witnessed: World) -> None:
    """It keeps the entries in memory, and looks whether the last one is still there."""
    witnessed.post(3)
    witnessed.service.sequence()
    rolled_back(witnessed, 5)
    witnessed.posted = 100
    witnessed.post(4)
    witnessed.restarted().sequence()
    refused(witnessed.service, Fault.FORKED, 8)


def test_a_missing_witness_is_asked_for(witnessed: World, path: Path) -> None:
    path.unlink()
    refused(watched(witnessed, path), Fault.UNWITNESSED, 5)


@pytest.mark.parametrize("content", ["", "no note", "other key", "other log"])
def test_a_witness_of_something_else_is_refused(witnessed: World, path: Path, content: str) -> None:
    note = witnessed.service.note()
    text, _ = note.split("\n\n")
    if content == "other key":
        content = NoteSigner("log.example", Ed25519PrivateKey.from_private_bytes(bytes([8]) * 32)).sign(text + "\n")
    elif content == "other log":
        content = NoteSigner("log2.example", Ed25519PrivateKey.from_private_bytes(bytes([7]) * 32)).sign(text + "\n")
    path.write_text(content)
    refused(watched(witnessed, path), Fault.UNWITNESSED, 0)
    path.write_text(note)  # the accepted twin
    watched(witnessed, path).sequence()


def test_the_witness_does_not_go_back(witnessed: World, path: Path) -> None:
    seen = path.read_text()
    Witness(path, witnessed.service.verifier).keep("an earlier note", 4)
    assert path.read_text() == seen


# --- reconciling ---


def test_reconciling_is_recorded_and_the_log_goes_on(restored: World, path: Path, rng: SeededBytes) -> None:
    overruled = path.read_text()
    found = restored.service.reconcile("the disk was lost; restored from last night's backup", rng)
    assert found is not None
    assert (found.finding.fault, found.finding.index) == (Fault.ROLLED_BACK, 8)
    assert (found.index, found.checkpoint.size) == (5, 6)
    # the log says that there was a decision
    assert restored.entries()[5][1:3] == (found.leaf, "log")
    assert path.read_text() == restored.service.note()
    # the journal says which, and opens what the log says
    (line,) = found.journal.read_text().splitlines()
    kept = json.loads(line)
    assert kept["record"]["overruled"] == overruled
    assert kept["record"]["at"] == NOW
    assert kept["record"]["found"]["size"] == 5
    assert kept["record"]["reason"].startswith("the disk was lost")
    digest = hashlib.sha256(canonical_json(kept["record"])).digest()
    assert salted_leaf(LEAF_KIND, bytes.fromhex(kept["salt"]), digest) == found.leaf
    assert stat.S_IMODE(found.journal.stat().st_mode) == 0o600
    # a process that waited for it goes on by itself
    restored.posted = 100
    restored.post(2)
    again = watched(restored, path)
    assert again.sequence().taken == 2
    assert again.verify().entries == 8
    # and whoever kept the overruled checkpoint can still prove what happened
    with pytest.raises(LedgerDamaged, match="forked at 8"):
        again.verify([overruled])


@pytest.mark.parametrize("case", ["missing", "garbage", "forked"])
def test_every_disagreement_can_be_reconciled(restored: World, path: Path, rng: SeededBytes, case: str) -> None:
    if case == "missing":
        path.unlink()
    elif case == "garbage":
        path.write_bytes(b"\xff\x00")
    else:
        restored.posted = 100
        restored.post(5)
        restored.restarted().sequence()
    service = watched(restored, path)
    assert service.reconcile("moved", rng) is not None
    assert service.disagreement() is None
    service.sequence()
    assert path.read_text() == service.note()


def test_two_reconciliations_are_two_lines(restored: World, path: Path, rng: SeededBytes) -> None:
    for _ in range(2):
        path.unlink()
        found = restored.service.reconcile("again", rng)
        assert found is not None
    assert len(found.journal.read_text().splitlines()) == 2


def test_agreement_needs_no_reconciliation(witnessed: World, path: Path, rng: SeededBytes) -> None:
    seen = path.read_text()
    assert witnessed.service.reconcile("to be sure", rng) is None
    assert path.read_text() == seen
    assert len(witnessed.entries()) == 5
    assert len(list(path.parent.glob("witness*"))) == 1


def test_damage_is_not_reconciled_away(restored: World, path: Path, rng: SeededBytes) -> None:
    """Accepted twin: ``test_reconciling_is_recorded_and_the_log_goes_on``."""
    restored.sql('UPDATE ledger_entries SET leaf = :leaf WHERE "index" = 2', leaf=leaf_of(999))
    with pytest.raises(LedgerDamaged, match="tampered at 2"):
        watched(restored, path).reconcile("never mind", rng)
    assert len(restored.entries()) == 5


@pytest.mark.parametrize("reason", ["", "x" * 501, "two\nlines", "\x1b[31m"])
def test_a_reason_is_one_line(restored: World, rng: Callable[[int], bytes], reason: str) -> None:
    with pytest.raises(InvalidRequest, match="reason"):
        restored.service.reconcile(reason, rng)
    assert restored.service.reconcile("x" * 500, rng) is not None
