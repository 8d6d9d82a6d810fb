"""Does every outbox row become exactly one entry, whatever stops in between and whoever runs beside?"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from credence.circuits.merkle import leaf_hash, root
from credence.circuits.note import Checkpoint, open_checkpoint
from credence.service.ledger import (
    BadEntry,
    LedgerCheckpoint,
    LedgerDamaged,
    LedgerEntry,
    post,
    records,
    sequencer,
)
from credence.service.ledger.tree import LogTree
from tests.service.ledger.conftest import NOW, EastOutbox, WestOutbox, World, counted

FIRST = bytes([1]) * 32


class Stopped(Exception):
    """The process ends here."""


def stop(*_: object, **__: object) -> Any:
    raise Stopped


def test_rows_are_appended_in_order_and_marked(world: World) -> None:
    leaves = world.post(3)
    assert world.service.sequence().taken == 3
    assert [(index, leaf) for index, leaf, _, _ in world.entries()] == list(enumerate(leaves))
    with world.store.reading() as session:
        assert [row.entry_index for row in records.outbox_rows(session, EastOutbox)] == [0, 1, 2]
        assert records.pending(session, EastOutbox, 10) == []
        entry = session.get(LedgerEntry, 2)
        assert entry is not None
        assert entry.leaf_hash == leaf_hash(leaves[2])
        assert entry.epoch == NOW // (28 * 86_400)


def test_outboxes_in_two_databases_feed_one_log(world: World) -> None:
    east, west = world.post(2), world.post(2, WestOutbox)
    assert world.service.sequence().taken == 4
    assert [(leaf, source) for _, leaf, source, _ in world.entries()] == [
        *((leaf, "east") for leaf in east),
        *((leaf, "west") for leaf in west),
    ]
    assert world.service.verify().entries == 4


def test_a_run_publishes_a_signed_checkpoint(world: World) -> None:
    leaves = world.post(3)
    checkpoint = world.service.sequence().checkpoint
    assert checkpoint == Checkpoint("log.example", 3, root([leaf_hash(leaf) for leaf in leaves]))
    assert open_checkpoint(world.service.note(), world.service.verifier) == checkpoint
    with world.store.reading() as session:
        row = session.get(LedgerCheckpoint, 3)
        assert row is not None
        assert row.minute == NOW // 60


def test_a_run_with_nothing_to_do_does_nothing(world: World) -> None:
    assert world.service.sequence() == sequencer.Sequenced(0, None)
    world.post()
    world.service.sequence()
    assert world.service.sequence() == sequencer.Sequenced(0, None)
    assert len(world.entries()) == 1


def test_a_run_with_nothing_to_do_waits_for_nobody_who_writes(world: World) -> None:
    world.post()
    world.service.sequence()
    with ThreadPoolExecutor(1) as pool, world.store.transaction():
        assert pool.submit(world.service.sequence).result(timeout=3) == sequencer.Sequenced(0, None)


@pytest.mark.parametrize("question", ["waiting", "published"])
@pytest.mark.parametrize("after", [False, True], ids=["before it", "after it"])
def test_what_another_takes_meanwhile_is_published_too(
    world: World, monkeypatch: pytest.MonkeyPatch, question: str, after: bool
) -> None:
    """Another run gets as far as the mark, before or after a question that this one asks, and publishes later."""
    world.post()
    owner, name = {"waiting": (sequencer, "_waiting"), "published": (LogTree, "is_published")}[question]
    asked = getattr(owner, name)

    def other() -> None:
        with world.store.reading() as session:
            rows = records.pending(session, EastOutbox, 10)
        placed = world.store.run(lambda session: sequencer.take(session, "east", rows))
        world.store.run(lambda session: records.mark(session, EastOutbox, placed))

    def ask(*arguments: Any) -> Any:
        monkeypatch.undo()
        if not after:
            other()
        answer = asked(*arguments)
        if after:
            other()
        return answer

    monkeypatch.setattr(owner, name, ask)
    assert world.service.sequence() == sequencer.Sequenced(0, world.service.checkpoint())
    assert world.service.checkpoint().size == 1


def test_more_rows_than_one_batch(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sequencer, "BATCH", 7)
    leaves = world.post(30)
    assert world.service.sequence().taken == 30
    assert [leaf for _, leaf, _, _ in world.entries()] == leaves


@pytest.mark.parametrize(("arriving", "taken", "waiting"), [(0, 10, 0), (1, 12, 0), (7, 21, 10)])
def test_who_posts_without_a_pause_keeps_the_checkpoint_from_nobody(
    world: World, monkeypatch: pytest.MonkeyPatch, arriving: int, taken: int, waiting: int
) -> None:
    """Rows arrive before each batch of 7 is read: as many as to leave the last one short, or none short at all."""
    pending = records.pending

    def meanwhile(*arguments: Any) -> Any:
        world.post(arriving)
        return pending(*arguments)

    world.post(10)
    monkeypatch.setattr(sequencer, "BATCH", 7)
    monkeypatch.setattr(sequencer, "MAX_BATCHES", 3)
    service = replace(world.service, outboxes=world.service.outboxes[:1])
    with monkeypatch.context() as patch:
        patch.setattr(records, "pending", meanwhile)
        found = service.sequence()
    assert found.taken == taken
    assert found.checkpoint is not None
    assert found.checkpoint.size == taken
    assert world.service.verify().waiting == waiting


def test_the_same_row_taken_twice_is_one_entry(world: World) -> None:
    world.post(3)
    with world.store.transaction() as session:
        rows = records.pending(session, EastOutbox, 10)
        first = sequencer.take(session, "east", rows)
        assert sequencer.take(session, "east", rows) == first == {row.id: index for index, row in enumerate(rows)}
    assert len(world.entries()) == 3


@pytest.mark.parametrize("step", ["append", "mark", "newest_checkpoint", "add_checkpoint"])
def test_a_stop_between_two_steps_loses_and_doubles_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """Accepted twin: the run that nothing stops, whose log is the same."""
    world.post(2)
    world.service.sequence()
    world.post(3)
    world.post(2, WestOutbox)
    with monkeypatch.context() as patch:
        patch.setattr(records, step, stop)
        with pytest.raises(Stopped):
            world.service.sequence()
    again = world.restarted()
    again.sequence()
    assert [index for index, _, _, _ in world.entries()] == list(range(7))
    assert len({leaf for _, leaf, _, _ in world.entries()}) == 7
    report = again.verify()
    assert (report.entries, report.unpublished, report.waiting) == (7, 0, 0)


def test_a_stop_inside_the_appending_transaction_leaves_no_half(world: World) -> None:
    world.post(3)

    def stopped() -> None:
        with world.store.transaction() as session:
            sequencer.take(session, "east", records.pending(session, EastOutbox, 10))
            raise Stopped

    with pytest.raises(Stopped):
        stopped()
    assert world.entries() == []
    assert world.service.sequence().taken == 3
    assert world.service.verify().entries == 3


def test_racing_sequencers_append_each_row_once(world: World) -> None:
    world.post(60)
    world.post(60, WestOutbox)
    services = [world.restarted() for _ in range(6)]
    with ThreadPoolExecutor(len(services)) as pool:
        list(pool.map(lambda service: service.sequence(), services))
    assert [index for index, _, _, _ in world.entries()] == list(range(120))
    assert len({outbox_id for _, _, _, outbox_id in world.entries()}) == 120
    report = world.service.verify()
    assert (report.entries, report.unpublished, report.waiting) == (120, 0, 0)


def test_posting_while_sequencing_and_reading(world: World) -> None:
    world.post()
    world.service.sequence()

    def work(number: int) -> int:
        if number % 3 == 0:
            world.service.sequence()
        return world.service.inclusion(hashlib.sha256(b"salted 0").digest()).size

    with ThreadPoolExecutor(4) as pool:
        sizes = pool.map(work, range(40))
        for _ in range(20):
            world.post()
        assert all(1 <= size <= 21 for size in sizes)
    world.service.sequence()
    assert world.service.verify().entries == 21


def test_the_constraint_decides_where_no_lock_does(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database without one writer: another sequencer took our index between our reading and our writing."""
    world.post(3)
    count_entries = records.count_entries
    stale = [0, 0]  # for all rows at once, and then for the first of them alone

    def counted_before(session: Session) -> int:
        return stale.pop() if stale and session.get_bind() is world.store.engine else count_entries(session)

    monkeypatch.setattr(records, "count_entries", counted_before)
    with world.store.transaction() as session:
        rows = records.pending(session, EastOutbox, 10)
        ids = [row.id for row in rows]
        other = LedgerEntry(index=0, leaf_hash=leaf_hash(FIRST), leaf=FIRST, source="west", outbox_id="other", epoch=1)
        session.add(other)
        session.flush()
        placed = sequencer.take(session, "east", rows)
    # the row that lost its index is tried again by the next round, the others follow on
    assert placed == {ids[1]: 1, ids[2]: 2}
    assert [index for index, _, _, _ in world.entries()] == [0, 1, 2]


def test_the_tables_themselves_refuse_a_second_entry(world: World) -> None:
    world.post(2)
    world.service.sequence()
    index, leaf, source, outbox_id = world.entries()[0]
    insert = 'INSERT INTO ledger_entries ("index", leaf_hash, leaf, source, outbox_id, epoch) VALUES (:i, :h, :l, :s, :o, 1)'
    values = {"h": leaf_hash(leaf), "l": leaf, "s": source}
    for at, row_id in ((index, "another"), (2, outbox_id), (-1, "another")):
        with pytest.raises(IntegrityError):
            world.sql(insert, **values, i=at, o=row_id)
    with pytest.raises(IntegrityError):
        world.sql(insert, **(values | {"l": leaf[:-1]}), i=2, o="another")
    world.sql(insert, **values, i=2, o="another")  # the accepted twin of all four


def test_an_outbox_row_that_changed_after_it_was_taken_stops_the_run(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Accepted twin: the case ``mark`` of ``test_a_stop_between_two_steps_loses_and_doubles_nothing``."""
    world.post()
    with monkeypatch.context() as patch:
        patch.setattr(records, "mark", stop)
        with pytest.raises(Stopped):
            world.service.sequence()
    world.sql("UPDATE east_outbox SET leaf = :leaf", leaf=bytes(32))
    with pytest.raises(LedgerDamaged, match="tampered at 0"):
        world.service.sequence()


@pytest.mark.parametrize(
    ("damage", "fault"),
    [
        pytest.param('DELETE FROM ledger_entries WHERE "index" = 4', "rolled back at 4", id="tail dropped"),
        pytest.param("UPDATE ledger_checkpoints SET root = :zeros", "root at 5", id="another root"),
    ],
)
def test_a_damaged_log_is_not_signed_over(world: World, damage: str, fault: str) -> None:
    """Accepted twin: the run before the damage."""
    world.post(5)
    world.service.sequence()
    world.sql(damage)
    world.post(0)
    with pytest.raises(LedgerDamaged, match=fault):
        world.service.sequence()
    assert world.service.note().startswith("log.example\n5\n")


@pytest.mark.parametrize(
    ("damage", "fault"),
    [
        pytest.param('DELETE FROM ledger_entries WHERE "index" = 1', "dropped at 1", id="dropped"),
        pytest.param('UPDATE ledger_entries SET leaf = :zeros WHERE "index" = 1', "tampered at 1", id="leaf"),
        pytest.param('UPDATE ledger_entries SET leaf_hash = :zeros WHERE "index" = 1', "tampered at 1", id="hash"),
    ],
)
def test_a_new_process_does_not_sign_over_damage_either(world: World, damage: str, fault: str) -> None:
    """Accepted twin: the run before the damage."""
    world.post(5)
    world.service.sequence()
    world.sql(damage)
    world.post()
    again = world.restarted()
    with pytest.raises(LedgerDamaged, match=fault):
        again.sequence()


@pytest.mark.parametrize(
    "change",
    [{"leaf": bytes(31)}, {"leaf": bytes(33)}, {"kind": ""}, {"kind": "k" * 65}],
)
def test_what_is_no_leaf_does_not_enter_an_outbox(world: World, change: dict[str, Any]) -> None:
    """Accepted twin: the same call unchanged."""
    good: dict[str, Any] = {"kind": "receipt", "leaf": bytes(32), "rng": counted(0)}
    with world.store.transaction() as session:
        with pytest.raises(BadEntry):
            post(session, EastOutbox, **(good | change), now=NOW)
        post(session, EastOutbox, **good, now=NOW)
    assert world.service.sequence().taken == 1


def test_ids_sort_by_second(world: World, rng: Callable[[int], bytes]) -> None:
    with world.store.transaction() as session:
        ids = [post(session, EastOutbox, kind="receipt", leaf=FIRST, now=NOW + step, rng=rng) for step in range(20)]
        assert [row.id for row in records.pending(session, EastOutbox, 100)] == ids
    assert all(re.fullmatch("[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", row_id) for row_id in ids)


def test_times_are_rounded_to_the_epoch(world: World) -> None:
    epoch = 28 * 86_400
    with world.store.transaction() as session:
        for number, now in enumerate((epoch * 700, epoch * 701 - 1, epoch * 701)):
            post(session, EastOutbox, kind="receipt", leaf=bytes([number]) * 32, now=now, rng=counted(number))
    world.service.sequence()
    assert [entry.epoch for entry in world.service.entries(0, 10)] == [700, 700, 701]
