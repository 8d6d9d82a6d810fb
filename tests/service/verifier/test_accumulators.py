"""Does a verifier know the newest revocations of whom it trusts, and believe nobody else's?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest

from credence.circuits.credential import PERSON_1
from credence.circuits.curve import Curve
from credence.circuits.errors import Malformed
from credence.circuits.revocation_log import AccumulatorCheckpoint, CheckpointProof, Staple
from credence.circuits.wire import IssuerDocument, IssuerKey
from credence.service.errors import NotFound, ServiceError, Unavailable
from credence.service.verifier.accumulators import MAX_BACK, MAX_LAG, Board, NoAccumulator, NoStaple
from tests.circuits.revocation_log.subjects import ISSUER, MINUTE, NOW, Issuer, Ledger
from tests.conftest import SeededBytes
from tests.service.conftest import ToldClock


@dataclass
class Shelf:
    """A source that answers what it is given to answer; ``asked`` counts."""

    staples: list[Staple | Exception] = field(default_factory=list)
    proofs: dict[tuple[int, int], CheckpointProof | Exception] = field(default_factory=dict)
    asked: int = 0

    def staple(self, accumulator_id: str) -> Staple:
        self.asked += 1
        found = self.staples[min(self.asked, len(self.staples)) - 1]
        if isinstance(found, Exception):
            raise found
        return found

    def checkpoint(self, accumulator_id: str, index: int, minute: int) -> CheckpointProof:
        self.asked += 1
        found = self.proofs.get((index, minute), NotFound())
        if isinstance(found, Exception):
            raise found
        return found


@dataclass
class Verifier:
    issuer: Issuer
    shelf: Shelf
    clock: ToldClock
    board: Board

    def newest(self) -> Staple:
        return self.board.newest(ISSUER, PERSON_1.id, MAX_LAG)

    def known(self, index: int, minute: int = MINUTE) -> AccumulatorCheckpoint | None:
        return self.board.checkpoint(ISSUER, self.issuer.key.accumulator_id, index, minute)


@pytest.fixture
def make(curve: Curve, rng: SeededBytes) -> Callable[..., Verifier]:
    def made(*, polled: bool = False, trusted: bool = True) -> Verifier:
        issuer, shelf, clock = Issuer(curve, rng), Shelf(), ToldClock(NOW)
        vkey = issuer.ledger.signer.vkey
        key = IssuerKey("k1", "bls12-381-sha-256", bytes(96), 0, 2 * NOW)
        document = IssuerDocument(ISSUER, (PERSON_1.id,), (key,), vkey, (issuer.key,))
        board = Board(
            lambda: (document,) if trusted else (),
            lambda name: shelf if name == ISSUER else None,
            clock,
            polled={ISSUER} if polled else (),
        )
        return Verifier(issuer, shelf, clock, board)

    return made


def test_the_newest_staple_is_asked_for_and_verified(make: Callable[..., Verifier]) -> None:
    verifier = make()
    verifier.issuer.revoke(1)
    staple = verifier.issuer.staple()
    verifier.shelf.staples = [staple]
    assert verifier.newest() is staple
    assert verifier.known(1) == staple.newest.checkpoint


def test_an_issuer_that_is_not_trusted_has_none(make: Callable[..., Verifier]) -> None:
    verifier = make(trusted=False)
    with pytest.raises(NoAccumulator):
        verifier.newest()
    assert verifier.known(0) is None
    trusting = make()
    for issuer, schema in (("other.example", PERSON_1.id), (ISSUER, "credence/standing/1")):
        with pytest.raises(NoAccumulator):
            trusting.board.newest(issuer, schema, MAX_LAG)


@pytest.mark.parametrize(
    "error", [Unavailable(), NotFound(), Malformed("no staple")], ids=lambda error: type(error).__name__
)
def test_a_source_that_fails_leaves_what_is_known(make: Callable[..., Verifier], error: ServiceError) -> None:
    verifier = make()
    first = verifier.issuer.staple()
    verifier.shelf.staples = [error, first, error]
    with pytest.raises(NoStaple):
        verifier.newest()
    assert verifier.newest() is first
    with pytest.raises(NoStaple):
        verifier.newest()


def _forged(issuer: Issuer) -> Staple:
    issuer.ledger = Ledger(seed=b"\x01" * 32)
    return issuer.staple()


def _another_accumulators(issuer: Issuer) -> Staple:
    return Issuer(issuer.curve, issuer.rng, issuer.ledger).staple()


FORGED: dict[str, Callable[[Issuer], Staple]] = {
    "another log's": _forged,
    "another accumulator's": _another_accumulators,
    "stale": lambda issuer: issuer.staple(minute=MINUTE - 3),
    "from the future": lambda issuer: issuer.staple(minute=MINUTE + 3),
}


@pytest.mark.parametrize("cause", FORGED)
def test_another_staple_is_not_believed(make: Callable[..., Verifier], cause: str) -> None:
    verifier = make()
    honest = verifier.issuer.staple()
    verifier.shelf.staples = [honest, FORGED[cause](verifier.issuer)]
    assert verifier.newest() is honest
    with pytest.raises(NoStaple):
        verifier.newest()


def test_a_source_that_goes_back_is_not_followed(make: Callable[..., Verifier]) -> None:
    verifier = make()
    old = verifier.issuer.staple()
    verifier.issuer.revoke(1)
    new = verifier.issuer.staple()
    verifier.shelf.staples = [old, new, old]
    assert [verifier.newest() for _ in range(3)] == [old, new, new]


def test_a_staple_that_gets_old_is_not_handed_out(make: Callable[..., Verifier]) -> None:
    verifier = make()
    verifier.shelf.staples = [verifier.issuer.staple()]
    verifier.clock.now = 60 * (MINUTE + 1) + MAX_LAG - 1
    verifier.newest()
    verifier.clock.forward(1)
    with pytest.raises(NoStaple):
        verifier.newest()


def test_how_old_it_may_be_is_for_whoever_asks_to_say(make: Callable[..., Verifier]) -> None:
    """A verifier that lost sight of an issuer is not ready, and goes on serving policies that are patient."""
    verifier = make(polled=True)
    staple = verifier.issuer.staple()
    verifier.shelf.staples = [staple]
    verifier.board.refresh()
    verifier.clock.now = 60 * (MINUTE + 1) + 3_600
    assert verifier.board.state() == "stale"
    with pytest.raises(NoStaple):
        verifier.board.newest(ISSUER, PERSON_1.id, 3_600)
    assert verifier.board.newest(ISSUER, PERSON_1.id, 3_601) is staple


# --- checkpoints that are shown ---


def test_a_checkpoint_that_another_process_handed_out_is_looked_up(make: Callable[..., Verifier]) -> None:
    verifier = make()
    proof = verifier.issuer.logged(verifier.issuer.checkpoint())
    verifier.shelf.proofs = {(0, MINUTE): proof}
    assert verifier.known(0) == verifier.known(0) == proof.checkpoint
    assert verifier.shelf.asked == 1
    assert verifier.known(1) is None
    other = verifier.board.checkpoint("other.example", verifier.issuer.key.accumulator_id, 0, MINUTE)
    assert other is None


def test_one_that_is_not_in_the_log_is_not_known(make: Callable[..., Verifier]) -> None:
    verifier = make()
    proof = verifier.issuer.logged(verifier.issuer.checkpoint())
    verifier.issuer.revoke(1)
    forged = replace(proof, checkpoint=verifier.issuer.checkpoint())
    verifier.shelf.proofs = {(1, MINUTE): forged, (2, MINUTE): proof, (3, MINUTE): Unavailable(), (0, MINUTE): proof}
    assert verifier.known(0) == proof.checkpoint
    for index in (1, 2, 3):
        with pytest.raises(NoStaple):
            verifier.known(index)


@pytest.mark.parametrize(("minutes", "asked"), [(0, 1), (MAX_BACK // 60, 1), (MAX_BACK // 60 + 1, 0), (-1, 1), (-2, 0)])
def test_nobody_is_asked_about_what_no_session_is_about(make: Callable[..., Verifier], minutes: int, asked: int) -> None:
    verifier = make()
    verifier.clock.now = 60 * MINUTE
    assert verifier.known(0, MINUTE - minutes) is None
    assert verifier.shelf.asked == asked


# --- polling ---


def test_a_polled_issuer_is_asked_by_the_task_alone(make: Callable[..., Verifier]) -> None:
    verifier = make(polled=True)
    staple = verifier.issuer.staple()
    verifier.shelf.staples = [Unavailable(), staple]
    assert verifier.board.state() == "starting"
    with pytest.raises(NoStaple):
        verifier.newest()
    assert verifier.shelf.asked == 0
    verifier.board.refresh()
    assert verifier.board.state() == "starting"
    verifier.board.refresh()
    assert verifier.board.state() == "ok"
    assert [verifier.newest() for _ in range(3)] == [staple] * 3
    assert verifier.shelf.asked == 2
    verifier.clock.forward(60 + MAX_LAG)
    assert verifier.board.state() == "stale"


def test_an_issuer_in_the_process_is_nobody_to_wait_for(make: Callable[..., Verifier]) -> None:
    verifier = make()
    verifier.board.refresh()
    assert (verifier.board.state(), verifier.shelf.asked) == ("ok", 0)
