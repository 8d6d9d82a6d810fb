"""Does the log prove what it published, all of it, and nothing else?"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from credence.circuits.merkle import leaf_hash, verify_consistency, verify_inclusion
from credence.circuits.note import Checkpoint, open_checkpoint
from credence.service.ledger import BadRange, LedgerDamaged, LedgerService, NotFound, records
from tests.service.ledger.conftest import EastOutbox, World, leaf_of


def grown(world: World, runs: list[int]) -> list[Checkpoint]:
    """The checkpoints after each run."""
    published = []
    for count in runs:
        world.post(count)
        world.service.sequence()
        published.append(world.service.checkpoint())
    return published


def test_every_leaf_is_proven_at_every_published_size(world: World) -> None:
    published = grown(world, [1, 2, 5, 1, 8])
    for checkpoint in published:
        for number in range(checkpoint.size):
            found = world.service.inclusion(leaf_of(number), checkpoint.size)
            assert (found.index, found.size) == (number, checkpoint.size)
            verify_inclusion(leaf_hash(leaf_of(number)), number, checkpoint.size, found.proof, checkpoint.root)


def test_every_checkpoint_extends_every_earlier_one(world: World) -> None:
    published = grown(world, [1, 2, 5, 1, 8])
    for later in published:
        for earlier in published:
            if earlier.size <= later.size:
                found = world.service.consistency(earlier.size, later.size)
                verify_consistency(earlier.size, later.size, earlier.root, later.root, found.proof)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(runs=st.lists(st.integers(0, 9), min_size=1, max_size=5))
def test_however_it_grows(open_world: Callable[[], World], runs: list[int]) -> None:
    world = open_world()
    published: list[Checkpoint] = []
    for count in runs:
        world.post(count)
        checkpoint = world.service.sequence().checkpoint
        assert (checkpoint is None) == (count == 0)
        published += [checkpoint] if checkpoint else []
    assert world.service.verify().checkpoints == len(published)
    # a process that starts now answers as the one that saw it grow
    fresh = world.restarted()
    for checkpoint in published:
        number = checkpoint.size - 1
        found = fresh.inclusion(leaf_of(number), checkpoint.size)
        assert found == world.service.inclusion(leaf_of(number), checkpoint.size)
        verify_inclusion(leaf_hash(leaf_of(number)), number, checkpoint.size, found.proof, checkpoint.root)


def test_entries_are_given_in_pieces(world: World) -> None:
    grown(world, [10])
    pieces = [world.service.entries(start, 4) for start in (0, 4, 8, 10)]
    assert [len(piece) for piece in pieces] == [4, 4, 2, 0]
    assert [entry.leaf for piece in pieces for entry in piece] == [leaf_of(number) for number in range(10)]
    assert [entry.index for piece in pieces for entry in piece] == list(range(10))


def test_what_is_not_published_is_not_shown(world: World) -> None:
    """Accepted twins: the same questions after the checkpoint."""
    grown(world, [2])
    world.post()
    with world.store.transaction() as session:
        records.append(session, "east", records.pending(session, EastOutbox, 10))
    assert len(world.service.entries(0, 10)) == 2
    with pytest.raises(BadRange):
        world.service.entries(3, 1)
    with pytest.raises(NotFound):
        world.service.inclusion(leaf_of(2))
    with pytest.raises(BadRange):
        world.service.inclusion(leaf_of(0), 3)
    with pytest.raises(BadRange):
        world.service.consistency(2, 3)
    world.service.sequence()
    assert len(world.service.entries(0, 10)) == 3
    assert world.service.entries(3, 1) == ()
    assert world.service.inclusion(leaf_of(2)).index == 2
    assert world.service.inclusion(leaf_of(0), 3).size == 3
    assert world.service.consistency(2, 3).second == 3


def test_an_empty_log(world: World) -> None:
    assert world.service.entries(0, 1) == ()
    for question in (world.service.note, world.service.checkpoint, lambda: world.service.inclusion(leaf_of(0))):
        with pytest.raises(NotFound):
            question()
    with pytest.raises(NotFound):
        world.service.consistency(1)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("question", "error"),
    [
        pytest.param(lambda log: log.entries(0, 0), BadRange, id="no entries"),
        pytest.param(lambda log: log.entries(0, 1001), BadRange, id="1001 entries"),
        pytest.param(lambda log: log.entries(-1, 1), BadRange, id="start -1"),
        pytest.param(lambda log: log.entries(6, 1), BadRange, id="start beyond"),
        pytest.param(lambda log: log.inclusion(leaf_of(0), 0), BadRange, id="inclusion at 0"),
        pytest.param(lambda log: log.inclusion(leaf_of(0), 6), BadRange, id="inclusion beyond"),
        pytest.param(lambda log: log.inclusion(bytes(31)), BadRange, id="31 bytes"),
        pytest.param(lambda log: log.inclusion(leaf_of(5)), NotFound, id="unknown leaf"),
        pytest.param(lambda log: log.inclusion(leaf_of(4), 4), NotFound, id="leaf of a later size"),
        pytest.param(lambda log: log.consistency(0), BadRange, id="from 0"),
        pytest.param(lambda log: log.consistency(3, 2), BadRange, id="backwards"),
        pytest.param(lambda log: log.consistency(1, 6), BadRange, id="beyond"),
    ],
)
def test_questions_out_of_range(world: World, question: Callable[[LedgerService], object], error: type[Exception]) -> None:
    """Accepted twins: the same questions at the nearest value in range."""
    grown(world, [5])
    world.service.entries(0, 1)
    world.service.entries(0, 1000)
    world.service.entries(5, 1)
    world.service.inclusion(leaf_of(4), 5)
    world.service.consistency(1, 5)
    with pytest.raises(error):
        question(world.service)


def test_no_proof_leaves_that_does_not_lead_to_the_published_root(world: World) -> None:
    """Accepted twin: the same question before the damage."""
    grown(world, [5])
    world.service.inclusion(leaf_of(0))
    world.sql(
        'UPDATE ledger_entries SET leaf = :leaf, leaf_hash = :hash WHERE "index" = 3',
        leaf=b"x" * 32,
        hash=leaf_hash(b"x" * 32),
    )
    fresh = world.restarted()
    with pytest.raises(LedgerDamaged, match="root at 5"):
        fresh.inclusion(leaf_of(0))
    with pytest.raises(LedgerDamaged, match="root at 5"):
        fresh.consistency(2)


def test_a_leaf_logged_twice_is_proven_where_it_stood_first(world: World) -> None:
    grown(world, [3])
    world.posted = 0  # the same leaves again, under new ids
    world.sql("UPDATE east_outbox SET id = 'f' || substr(id, 2)")
    world.sql("UPDATE ledger_entries SET outbox_id = 'f' || substr(outbox_id, 2)")
    grown(world, [3])
    assert world.service.checkpoint().size == 6
    assert world.service.inclusion(leaf_of(1)).index == 1


def test_checkpoints_open_with_the_published_key(world: World) -> None:
    (checkpoint,) = grown(world, [4])
    assert open_checkpoint(world.service.note(), world.service.verifier) == checkpoint
    assert world.service.verifier.vkey.startswith("log.example+")
