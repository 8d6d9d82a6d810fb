"""Is every way to falsify the log found, and named with its index?

The accepted twin of every case is ``test_a_log_in_order``: the same log, untouched.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlmodel import Session

from credence.circuits.errors import Malformed, Refused
from credence.circuits.merkle import Tree, leaf_hash
from credence.circuits.note import Checkpoint, NoteSigner
from credence.service.ledger import (
    UNREADABLE,
    Claim,
    Fault,
    LedgerCheckpoint,
    LedgerDamaged,
    LedgerReport,
    records,
    verify_ledger,
)
from tests.service.ledger.conftest import WestOutbox, World, leaf_of

FALSE = b"\x66" * 32


@pytest.fixture
def log(world: World) -> World:
    """Twelve entries in three runs: 0-3 east, 4-7 east then west, 8-11 west."""
    world.post(4)
    world.service.sequence()
    world.post(2)
    world.post(2, WestOutbox)
    world.service.sequence()
    world.post(4, WestOutbox)
    world.service.sequence()
    return world


def faults(world: World, seen: list[str] | None = None) -> set[tuple[Fault, int]]:
    """What an audit by a new process finds."""
    with pytest.raises(LedgerDamaged) as damaged:
        world.restarted().verify(seen or [])
    assert [finding.index for finding in damaged.value.findings] == sorted(f.index for f in damaged.value.findings)
    return {(finding.fault, finding.index) for finding in damaged.value.findings}


def resigned(world: World) -> None:
    """The operator, who has the key, makes every checkpoint anew over what the table holds."""
    tree = Tree(leaf_hash(leaf) for _, leaf, _, _ in world.entries())
    for size in (4, 8, 12):
        world.sql("DELETE FROM ledger_checkpoints WHERE size = :size", size=size)
        if size <= tree.size:
            note = world.service.signer.sign(Checkpoint("log.example", size, tree.root(size)).text())
            world.sql(
                "INSERT INTO ledger_checkpoints (size, root, note, minute) VALUES (:size, :root, :note, 0)",
                size=size,
                root=tree.root(size),
                note=note,
            )


def swap(world: World, first: int, second: int) -> None:
    world.sql('UPDATE ledger_entries SET "index" = 1000 WHERE "index" = :first', first=first)
    world.sql('UPDATE ledger_entries SET "index" = :first WHERE "index" = :second', first=first, second=second)
    world.sql('UPDATE ledger_entries SET "index" = :second WHERE "index" = 1000', second=second)


def close_gap(world: World, index: int) -> None:
    for at in range(index, 11):
        world.sql('UPDATE ledger_entries SET "index" = :at WHERE "index" = :old', at=at, old=at + 1)


def test_a_log_in_order(log: World) -> None:
    log.post(2)
    report = log.restarted().verify([log.service.note()])
    root = Tree(leaf_hash(leaf) for _, leaf, _, _ in log.entries()).root()
    assert report == LedgerReport(entries=12, root=root, checkpoints=3, seen=1, unpublished=0, waiting=2, unattributed=0)


@pytest.mark.parametrize(
    ("claims", "found"),
    [
        ([Claim(FALSE, FALSE)], {(Fault.UNLOGGED, 12)}),
        ([Claim(FALSE, FALSE), Claim(leaf_of(7), leaf_of(7))], {(Fault.UNLOGGED, 12), (Fault.UNLOGGED, 13)}),
        ([UNREADABLE], {(Fault.UNLOGGED, 12)}),
        ([Claim(leaf_of(5), FALSE)], {(Fault.UNOPENED, 5)}),
    ],
    ids=["never handed in", "two, one of them the west's", "unreadable", "opens to another"],
)
def test_what_a_party_claims_is_looked_for(log: World, claims: list[Claim], found: set[tuple[Fault, int]]) -> None:
    """By the east's own records. The accepted twin is the first claim of all: a leaf that is in the east's outbox."""
    honest = [Claim(leaf_of(5), leaf_of(5))]
    east, west = log.service.outboxes
    log.service = replace(log.service, outboxes=(replace(east, claims=lambda _session: honest), west))
    log.restarted().verify()
    log.service = replace(log.service, outboxes=(replace(east, claims=lambda _session: honest + claims), west))
    assert faults(log) == found


def test_an_empty_log_is_in_order(world: World) -> None:
    assert world.service.verify().entries == 0


def test_without_outboxes_entries_are_unattributed(log: World) -> None:
    with log.store.reading() as session:
        assert verify_ledger(session, log.service.verifier).unattributed == 12
    with log.store.reading() as session:
        assert verify_ledger(session, log.service.verifier, log.service.outboxes[:1]).unattributed == 6


SET_LEAF = 'UPDATE ledger_entries SET leaf = :leaf WHERE "index" = 5'
SET_BOTH = 'UPDATE ledger_entries SET leaf = :leaf, leaf_hash = :hash WHERE "index" = 5'


def test_tampered_leaf(log: World) -> None:
    log.sql(SET_LEAF, leaf=FALSE)
    assert faults(log) == {(Fault.TAMPERED, 5), (Fault.ROOT, 8)}


def test_tampered_leaf_with_its_hash(log: World) -> None:
    log.sql(SET_BOTH, leaf=FALSE, hash=leaf_hash(FALSE))
    assert faults(log) == {(Fault.TAMPERED, 5), (Fault.ROOT, 8)}


def test_tampered_leaf_with_its_hash_and_checkpoints(log: World) -> None:
    log.sql(SET_BOTH, leaf=FALSE, hash=leaf_hash(FALSE))
    resigned(log)
    assert faults(log) == {(Fault.TAMPERED, 5)}


def test_tampered_leaf_with_its_hash_and_outbox(log: World) -> None:
    log.sql(SET_BOTH, leaf=FALSE, hash=leaf_hash(FALSE))
    log.sql("UPDATE east_outbox SET leaf = :leaf WHERE entry_index = 5", leaf=FALSE)
    with pytest.raises(LedgerDamaged, match="entries 4 to 7 lead to another root"):
        log.restarted().verify()
    assert faults(log) == {(Fault.ROOT, 8)}


def test_everything_rewritten_is_found_by_a_checkpoint_kept_elsewhere(log: World) -> None:
    kept = log.service.note()
    log.sql(SET_BOTH, leaf=FALSE, hash=leaf_hash(FALSE))
    log.sql("UPDATE east_outbox SET leaf = :leaf WHERE entry_index = 5", leaf=FALSE)
    resigned(log)
    assert log.restarted().verify().entries == 12
    assert faults(log, [kept]) == {(Fault.FORKED, 12)}


def test_tampered_hash(log: World) -> None:
    log.sql('UPDATE ledger_entries SET leaf_hash = :leaf WHERE "index" = 5', leaf=FALSE)
    assert faults(log) == {(Fault.TAMPERED, 5)}


def test_tampered_epoch(log: World) -> None:
    log.sql('UPDATE ledger_entries SET epoch = epoch + 1 WHERE "index" = 5')
    assert faults(log) == {(Fault.TAMPERED, 5)}


def test_tampered_outbox(log: World) -> None:
    log.sql("UPDATE east_outbox SET leaf = :leaf WHERE entry_index = 5", leaf=FALSE)
    assert faults(log) == {(Fault.TAMPERED, 5)}


@pytest.mark.parametrize("index", [0, 5])
def test_dropped_in_the_middle(log: World, index: int) -> None:
    log.sql('DELETE FROM ledger_entries WHERE "index" = :index', index=index)
    found = faults(log)
    assert {fault for fault in found if fault[0] is Fault.DROPPED} == {(Fault.DROPPED, index)}
    assert (Fault.ROLLED_BACK, 12) in found or (Fault.ROOT, 4 if index < 4 else 8) in found


def test_dropped_and_renumbered(log: World) -> None:
    log.sql('DELETE FROM ledger_entries WHERE "index" = 5')
    close_gap(log, 5)
    found = faults(log)
    assert (Fault.DROPPED, 5) in found
    assert (Fault.ROOT, 8) in found
    assert {index for fault, index in found if fault is Fault.REORDERED} == set(range(5, 11))


def test_dropped_renumbered_and_resigned(log: World) -> None:
    log.sql('DELETE FROM ledger_entries WHERE "index" = 5')
    close_gap(log, 5)
    resigned(log)
    assert (Fault.DROPPED, 5) in faults(log)


def test_dropped_at_the_end(log: World) -> None:
    log.sql('DELETE FROM ledger_entries WHERE "index" = 11')
    assert faults(log) == {(Fault.DROPPED, 11), (Fault.ROLLED_BACK, 12)}


def test_dropped_at_the_end_with_its_checkpoint(log: World) -> None:
    log.sql('DELETE FROM ledger_entries WHERE "index" = 11')
    resigned(log)
    assert faults(log) == {(Fault.DROPPED, 11)}


def test_dropped_from_an_outbox_too(log: World) -> None:
    """West has a database of its own, out of this operator's reach; east has not."""
    log.sql('DELETE FROM ledger_entries WHERE "index" = 5')
    log.sql("DELETE FROM east_outbox WHERE entry_index = 5")
    assert (Fault.DROPPED, 5) in faults(log)


@pytest.mark.parametrize(("first", "second"), [(1, 2), (0, 11), (4, 6)])
def test_reordered(log: World, first: int, second: int) -> None:
    swap(log, first, second)
    found = faults(log)
    assert {index for fault, index in found if fault is Fault.REORDERED} == {first, second}
    assert any(fault is Fault.ROOT for fault, _ in found)


def test_reordered_and_resigned(log: World) -> None:
    swap(log, 1, 2)
    resigned(log)
    assert faults(log) == {(Fault.REORDERED, 1), (Fault.REORDERED, 2)}


def test_leaves_exchanged_between_entries(log: World) -> None:
    for index, leaf in ((1, leaf_of(2)), (2, leaf_of(1))):
        log.sql(
            'UPDATE ledger_entries SET leaf = :leaf, leaf_hash = :hash WHERE "index" = :index',
            leaf=leaf,
            hash=leaf_hash(leaf),
            index=index,
        )
    assert faults(log) == {(Fault.REORDERED, 1), (Fault.REORDERED, 2), (Fault.ROOT, 4)}


def test_reordered_in_the_outbox_too(log: World) -> None:
    swap(log, 1, 2)
    for old, new in ((1, 1000), (2, 1), (1000, 2)):
        log.sql("UPDATE east_outbox SET entry_index = :new WHERE entry_index = :old", old=old, new=new)
    assert faults(log) == {(Fault.ROOT, 4)}


def test_an_entry_that_nobody_asked_for(log: World) -> None:
    log.sql(
        'INSERT INTO ledger_entries ("index", leaf_hash, leaf, source, outbox_id, epoch)'
        " VALUES (12, :hash, :leaf, 'east', 'shadow', 1)",
        hash=leaf_hash(FALSE),
        leaf=FALSE,
    )
    assert faults(log) == {(Fault.UNACCOUNTED, 12)}


def test_a_far_index_is_named_without_counting_up_to_it(log: World) -> None:
    log.sql('UPDATE ledger_entries SET "index" = 4000000000000000000 WHERE "index" = 11')
    found = faults(log)
    assert (Fault.DROPPED, 11) in found
    assert (Fault.REORDERED, 4_000_000_000_000_000_000) in found
    assert len(found) < 200


@pytest.mark.parametrize(
    "change",
    [
        pytest.param("UPDATE ledger_checkpoints SET root = :zeros WHERE size = 8", id="root column"),
        pytest.param(
            "UPDATE ledger_checkpoints SET note = replace(note, 'log.example', 'log2.example') WHERE size = 8", id="name"
        ),
        pytest.param("UPDATE ledger_checkpoints SET note = 'x' WHERE size = 8", id="no note"),
        pytest.param("UPDATE ledger_checkpoints SET note = substr(note, 1, length(note) - 5) WHERE size = 8", id="cut"),
        pytest.param(
            "UPDATE ledger_checkpoints SET note = (SELECT note FROM ledger_checkpoints WHERE size = 4) WHERE size = 8",
            id="another checkpoint's note",
        ),
    ],
)
def test_checkpoint_that_is_not_what_was_signed(log: World, change: str) -> None:
    log.sql(change)
    assert faults(log) == {(Fault.CHECKPOINT, 8)}


def test_checkpoint_signed_by_another_key(log: World) -> None:
    other = NoteSigner("log.example", Ed25519PrivateKey.from_private_bytes(bytes([8]) * 32))
    tree = Tree(leaf_hash(leaf) for _, leaf, _, _ in log.entries())
    note = other.sign(Checkpoint("log.example", 8, tree.root(8)).text())
    log.sql("UPDATE ledger_checkpoints SET note = :note WHERE size = 8", note=note)
    assert faults(log) == {(Fault.CHECKPOINT, 8)}


def test_a_bad_checkpoint_behind_a_bad_root_is_named_too(log: World) -> None:
    log.sql(SET_BOTH, leaf=FALSE, hash=leaf_hash(FALSE))
    log.sql("UPDATE ledger_checkpoints SET note = 'x' WHERE size = 12")
    assert faults(log) == {(Fault.TAMPERED, 5), (Fault.ROOT, 8), (Fault.CHECKPOINT, 12)}


def test_rolled_back_to_an_earlier_copy(log: World, open_world: Callable[[], World]) -> None:
    """The earlier copy is in order by itself: only who saw more can tell."""
    kept = log.service.note()
    earlier = open_world()
    earlier.post(4)
    earlier.service.sequence()
    assert earlier.service.verify().entries == 4
    assert faults(earlier, [kept]) == {(Fault.ROLLED_BACK, 12)}


def test_forked(log: World, open_world: Callable[[], World]) -> None:
    """Two logs under one key, each in order by itself."""
    other = open_world()
    other.posted = 50
    other.post(12)
    other.service.sequence()
    assert other.service.verify([other.service.note()]).seen == 1
    assert faults(other, [log.service.note()]) == {(Fault.FORKED, 12)}
    assert faults(log, [other.service.note()]) == {(Fault.FORKED, 12)}


def test_a_seen_note_must_be_the_log_s_own(log: World) -> None:
    with pytest.raises(Refused):
        log.service.verify([log.service.note().replace("log.example\n12", "log.example\n11")])
    with pytest.raises(Malformed):
        log.service.verify(["no note"])


def test_the_log_may_grow_during_the_audit(log: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows that are posted, taken and published between the audit's own reads are no fault."""
    checkpoints = records.checkpoints

    def grow_then_read(session: Session) -> Sequence[LedgerCheckpoint]:
        log.post(1)
        log.post(1, WestOutbox)
        log.service.sequence()
        return checkpoints(session)

    monkeypatch.setattr(records, "checkpoints", grow_then_read)
    assert log.restarted().verify().entries == 14
