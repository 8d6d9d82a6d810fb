"""Does an issuer whose keys are in processes of their own issue as before, and is every signature accounted for?"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Barrier, Event, Thread

import pytest

from credence.circuits.credential import PERSON_1
from credence.circuits.curve import Curve
from credence.circuits.encoding import b64u
from credence.circuits.issuance import IssuerEntropy
from credence.circuits.note import NoteSigner
from credence.service.app.installation import open_keyring
from credence.service.auth import Scope
from credence.service.issuer.keepers import signer_of
from credence.service.issuer.publication import Publication
from credence.service.issuer.signer_audit import SignerFault, SignerReport, hold_against
from credence.service.issuer.voiding import void
from credence.service.keys import FileMaster, Keyring, Purpose
from credence.service.keys.accumulating import AccumulatorKeys
from credence.service.keys.door import Door
from credence.service.keys.keeper import Duty, Keeping, keeping_of, open_keeper, split
from credence.service.keys.ordering import Order
from credence.service.keys.signer_log import Record, read_log
from credence.service.keys.tally import Cap
from credence.service.sandbox.persons import ENHANCED_RISK
from credence.service.sandbox.vendor import Vendor
from credence.service.settings import Settings
from tests.circuits.journey import ATTRIBUTES, EXPIRY_EPOCH
from tests.conftest import SeededBytes
from tests.service.conftest import NOW, Running, ToldClock
from tests.service.issuer.conftest import ISSUER, World
from tests.service.issuer.standings.conftest import Door as Standings
from tests.service.issuer.test_issuance import hold


@pytest.fixture
def room() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="ck") as folder:
        yield Path(folder)


@pytest.fixture
def settings(settings: Settings, room: Path) -> Settings:
    sockets = {"signer_socket": room / "signer" / "run" / "s", "tagger_socket": room / "tagger" / "run" / "s"}
    return settings.model_copy(update={**sockets, "standings": True})


@contextmanager
def at_work(folder: Path, curve: Curve, rng: SeededBytes, clock: Callable[[], int]) -> Iterator[None]:
    """A keeper, behind its door, in a thread."""
    keeping = keeping_of(folder)
    answer, close = open_keeper(folder, keeping, FileMaster(folder / "master.key"), curve=curve, rng=rng, clock=clock)
    stop = Event()
    thread = Thread(target=Door(keeping.socket, answer, uids=keeping.uids).serve, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
        close()


@dataclass
class Keepers:
    """Both at work, each until it is sent away."""

    room: Path
    curve: Curve
    rng: SeededBytes
    clock: Callable[[], int]
    at_work: dict[Duty, ExitStack] = field(default_factory=dict)

    def begin(self, duty: Duty) -> None:
        self.at_work[duty] = ExitStack()
        self.at_work[duty].enter_context(at_work(self.room / duty, self.curve, self.rng, self.clock))

    def send_away(self, duty: Duty) -> None:
        self.at_work.pop(duty).close()

    def signed(self) -> list[Record]:
        return read_log(self.room / Duty.SIGNER / "signer.log")


@pytest.fixture
def keepers(installed: Settings, room: Path, curve: Curve, rng: SeededBytes, clock: ToldClock) -> Iterator[Keepers]:
    ring = open_keyring(installed)
    vkey = NoteSigner(installed.ledger_origin, ring.signing_key(Purpose.LEDGER)).vkey
    found = Keepers(room, curve, rng, clock)
    for duty in Duty:
        keeping = Keeping(duty, room / duty / "run" / "s", frozenset({os.getuid()}), Cap(500, 5_000), log_vkey=vkey)
        split(ring, room / duty, keeping, now=NOW, rng=rng)
        found.begin(duty)
    yield found
    for duty in list(found.at_work):
        found.send_away(duty)


@pytest.fixture
def world(keepers: Keepers, started: Callable[[Iterable[str]], Running], vendor: Vendor, rng: SeededBytes) -> World:
    running = started(("issuer", "log"))
    operator = running.key_of("operator.example", Scope.ISSUER_CASES)
    reviewers = [running.key_of(name, Scope.ISSUER_REVIEW) for name in ("reviewer.example", "second.example")]
    return World(running, vendor, operator, *reviewers, rng)


def report(world: World, log: list[Record]) -> SignerReport:
    world.running.services.ledger.sequence()
    return hold_against(log, world.running.services)


def faults(world: World, log: list[Record]) -> list[SignerFault]:
    return [item.fault for item in report(world, log).disagreements]


def test_it_issues_as_before_and_says_what_was_signed(world: World, keepers: Keepers) -> None:
    token = world.token()
    offer, request = world.offer(token), world.request()
    first, again = (world.claim(offer, request.commitment, token) for _ in range(2))
    assert (first.status_code, first.content) == (201, again.content)
    (record,) = keepers.signed()
    assert b64u(record.leaf) == first.json()["leaf"]
    found = report(world, keepers.signed())
    assert (found.signatures, found.logged, found.void, found.waiting, found.disagreements) == (1, 1, 0, 0, ())
    checks = world.running.client.get("/readyz").json()["checks"]
    assert (checks["signer"], checks["tagger"]) == ("ok", "ok")


def test_a_standing_is_signed_there_too_and_counted(world: World, keepers: Keepers) -> None:
    world.running.key_of("venue.example", Scope.VERIFIER_SESSIONS)
    door = Standings(world, hold(world))
    audience = f"{world.running.services.settings.verifier_id}/venue.example"
    renewing = door.prove(door.asked(audience))
    first, again = door.send(renewing), door.send(renewing)
    assert (first.status_code, again.status_code, first.content) == (201, 200, again.content)
    held = door.accept(renewing, first)
    assert [record.leaf for record in keepers.signed()][1:] == [held.leaf]
    found = report(world, keepers.signed())
    assert (found.signatures, found.logged, found.disagreements) == (2, 2, ())


def test_of_many_at_once_one_is_issued_and_the_rest_are_void(world: World, keepers: Keepers) -> None:
    token = world.token()
    offer, requests, together = world.offer(token), [world.request() for _ in range(4)], Barrier(4)

    def claim(number: int) -> int:
        together.wait()
        return int(world.claim(offer, requests[number].commitment, token).status_code)

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(claim, range(4))) == [201, 409, 409, 409]
    found = report(world, keepers.signed())
    assert found.disagreements == ()
    assert found.logged == found.signatures == found.void + 1


def test_without_its_signer_an_issuer_says_so_and_loses_nothing(world: World, keepers: Keepers) -> None:
    token = world.token()
    offer, request = world.offer(token), world.request()
    keepers.send_away(Duty.SIGNER)
    answer = world.claim(offer, request.commitment, token)
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/unavailable")
    assert int(answer.headers["retry-after"]) >= 1
    ready = world.running.client.get("/readyz")
    assert (ready.status_code, ready.json()["checks"]["signer"]) == (503, "away")
    assert world.get("/document").status_code == 200, "its public keys are known"
    keepers.begin(Duty.SIGNER)
    assert world.claim(offer, request.commitment, token).status_code == 201
    assert len(keepers.signed()) == 1


def test_without_its_tagger_nobody_is_verified(world: World, keepers: Keepers) -> None:
    token = world.token()
    keepers.send_away(Duty.TAGGER)
    assert world.open(token).status_code == 503
    assert world.running.client.get("/readyz").json()["checks"]["tagger"] == "away"
    assert world.rows("issuer_cases") == 0
    keepers.begin(Duty.TAGGER)
    assert world.open(token).status_code == 201


def test_while_the_ledger_stands_still_nothing_is_signed(world: World, keepers: Keepers, clock: ToldClock) -> None:
    token = world.token()
    offer, request = world.offer(token), world.request()
    hold(world, ENHANCED_RISK)
    world.running.app.state.sequencing.stop()
    world.running.app.state.checkpointing.stop()
    clock.forward(400)
    assert world.claim(offer, request.commitment, token).status_code == 503
    assert world.running.client.get("/readyz").json()["checks"]["signer"] == "away"
    assert len(keepers.signed()) == 1
    world.desk.revocation.checkpoint()
    world.running.services.ledger.sequence()
    assert world.claim(offer, request.commitment, token).status_code == 201


def test_a_credential_past_the_log_is_found_out(world: World, keepers: Keepers) -> None:
    """Somebody who has taken over the issuer's process signs, and tells nobody."""
    hold(world)
    assert faults(world, keepers.signed()) == []
    drawn = world.request()
    order = Order(
        world.desk.keys.current().version.key_id,
        PERSON_1,
        ISSUER,
        EXPIRY_EPOCH - 10,
        EXPIRY_EPOCH,
        ATTRIBUTES,
        drawn.commitment,
        IssuerEntropy(1, 2),
        "shadow",
        bytes(32),
    )
    leaf = order.leaf(world.desk.keys.sign(order))
    (finding,) = report(world, keepers.signed()).disagreements
    assert (finding.fault, finding.number, finding.leaf) == (SignerFault.UNLOGGED, 2, leaf)
    assert str(finding) == f"unlogged: signature 2, leaf {leaf.hex()}"
    void(world.running.services, leaf)
    assert report(world, keepers.signed()).void == 1


def test_a_leaf_nobody_signed_and_another_ledger_are_found_out(world: World, keepers: Keepers) -> None:
    hold(world)
    hold(world, ENHANCED_RISK)
    first, second = keepers.signed()
    assert faults(world, [first, second]) == []
    assert faults(world, [first]) == [SignerFault.UNSIGNED]
    assert faults(world, [first, replace(second, root=bytes(32))]) == [SignerFault.FORKED]
    assert faults(world, [replace(first, size=1_000), second]) == [SignerFault.FORKED]
    end = world.running.services.ledger.checkpoint().size
    for log in ([], [first, second]):
        assert hold_against(log, world.running.services, since=end).disagreements == ()


def test_a_key_ends_when_its_signer_ended_it_and_not_when_it_was_split_off(world: World, keepers: Keepers) -> None:
    services = world.running.services
    publication = Publication(services, signer_of(services), AccumulatorKeys(services.keyring, services.curve, services.rng))
    before = publication.document()
    signers, first = (
        Keyring.open(keepers.room / "signer" / "keyring.json", FileMaster(keepers.room / "signer" / "master.key")),
        before.keys[0],
    )
    assert services.keyring.versions(Purpose.ISSUER_BBS)[0].retired == NOW, "when it was split off"
    world.running.clock.forward(100)
    signers.rotate(Purpose.ISSUER_BBS, now=world.now, rng=services.rng, curve=services.curve)
    signers.retire(Purpose.ISSUER_BBS, first.key_id, now=world.now)
    publication = Publication(services, signer_of(services), AccumulatorKeys(services.keyring, services.curve, services.rng))
    publication.refresh()
    services.ledger.sequence()
    publication.refresh()
    ended = next(key for key in publication.document().keys if key.key_id == first.key_id)
    assert ended.retired == world.now
    assert publication.document().key_at(first.key_id, world.now - 1) == ended
