"""Is what the issuer publishes in the log, once for each document, so that a key for one person is found out?"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import replace

import pytest

from credence.circuits.succession import are_forked, check_succession
from credence.circuits.wire import IssuerDocument
from credence.service.app.installation import open_keyring
from credence.service.app.issuing import prepare
from credence.service.errors import Unavailable
from credence.service.issuer.documents import KEY_DAYS, publish
from credence.service.issuer.publication import Publication, issuer_document
from credence.service.keys import Keyring, Purpose, Version
from credence.service.settings import Settings
from tests.service.conftest import Running
from tests.service.issuer.conftest import World

LEAVES = "issuer_outbox WHERE kind = 'issuer-document'"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """A log that takes nothing by itself."""
    return settings.model_copy(update={"ledger_interval_ms": 60_000, "issuer_key_notice_seconds": 10})


def test_the_document_is_public_and_in_the_log(world: World) -> None:
    answer = world.get("/document")
    assert answer.status_code == 200
    document = IssuerDocument.parse(answer.json())
    services = world.running.services
    assert (document.issuer, document.schemas, document.previous) == ("issuer.example", ("credence/person/1",), ())
    assert document.log_vkey == services.ledger.verifier.vkey
    (key,) = document.keys
    key.check_possession(services.curve)
    version = services.keyring.current(Purpose.ISSUER_BBS)
    assert (key.key_id, key.suite, key.not_before) == (version.key_id, "bls12-381-sha-256", version.created)
    assert KEY_DAYS - 1 <= (key.not_after - key.not_before) / 86_400 <= KEY_DAYS + 1
    services.ledger.sequence()
    assert services.ledger.inclusion(document.leaf()).index in (0, 1), "with a checkpoint of the same second"


def test_a_document_is_logged_once(world: World, started: Callable[[Iterable[str]], Running]) -> None:
    assert (world.rows("issuer_documents"), world.rows(LEAVES)) == (1, 1)
    started(("issuer",))
    prepare(world.running.services)
    assert (world.rows("issuer_documents"), world.rows(LEAVES)) == (1, 1)


def rotate(world: World, keyring: Keyring | None = None) -> Version:
    """Another issuing key, a second after the one before."""
    services = world.running.services
    world.running.clock.forward(1)
    return (keyring or services.keyring).rotate(Purpose.ISSUER_BBS, now=world.now, rng=services.rng, curve=services.curve)


def publish_and_log(world: World) -> IssuerDocument:
    """What is shown then."""
    world.running.services.ledger.sequence()
    world.desk.publication.refresh()
    world.running.services.ledger.sequence()
    world.desk.publication.refresh()
    return world.desk.document()


def test_another_key_is_another_document_that_continues_the_first(world: World) -> None:
    services, before = world.running.services, world.desk.document()
    version = rotate(world)
    assert world.desk.document() == before, "until it is published"
    services.ledger.sequence()
    assert world.desk.publication.refresh() is True
    assert world.desk.publication.refresh() is False
    assert world.desk.document() == before, "until it is in the log: who looks for it there is to find it"
    services.ledger.sequence()
    world.desk.publication.refresh()
    after = world.desk.document()
    assert [key.key_id for key in after.keys] == [version.key_id, before.keys[0].key_id]
    assert after.previous == (before.digest(),)
    check_succession(services.curve, before, after, world.now)
    assert (world.rows("issuer_documents"), world.rows(LEAVES)) == (2, 2)
    services.ledger.sequence()
    assert services.ledger.inclusion(after.leaf()).index > services.ledger.inclusion(before.leaf()).index
    assert IssuerDocument.parse(world.get("/document").json()) == after


def test_a_new_key_signs_once_its_document_is_logged(world: World) -> None:
    services, publication = world.running.services, world.desk.publication
    (first,) = world.desk.document().keys
    assert publication.signing_key().version.key_id == first.key_id, "nobody could hold the first document against another"
    services.ledger.sequence()
    second = rotate(world)
    assert publication.signing_key().version.key_id == first.key_id
    publication.refresh()
    world.running.clock.forward(10)
    assert publication.signing_key().version.key_id == first.key_id, "published, and not in the log"
    services.ledger.sequence()
    assert publication.signing_key().version == second
    world.running.clock.forward(-1)
    assert publication.signing_key().version.key_id == first.key_id, "not everybody has read it yet"
    world.running.clock.forward(1)
    fresh = Publication(services, world.desk.keys, world.desk.revocation.keys)
    assert fresh.signing_key().version == second


def test_where_only_an_unlogged_key_is_left_nothing_is_signed(world: World) -> None:
    services, publication = world.running.services, world.desk.publication
    services.ledger.sequence()
    first = services.keyring.current(Purpose.ISSUER_BBS)
    second = rotate(world)
    publication.refresh()
    services.keyring.retire(Purpose.ISSUER_BBS, first.key_id, now=world.now)
    with pytest.raises(Unavailable, match="log does not know"):
        publication.signing_key()
    services.ledger.sequence()
    assert publication.signing_key().version == second


def test_a_retired_key_stays_in_the_document_with_its_end(world: World) -> None:
    services = world.running.services
    (first,) = world.desk.document().keys
    rotate(world)
    between = publish_and_log(world)
    world.running.clock.forward(5)
    services.keyring.retire(Purpose.ISSUER_BBS, first.key_id, now=world.now)
    after = publish_and_log(world)
    assert after.keys[1] == replace(first, retired=world.now, not_after=world.now - 1)
    assert [key.retired for key in after.live()] == [None]
    assert len(after.previous) == 2
    for earlier in (between, IssuerDocument.parse(json.loads(json.dumps(between.to_json())))):
        check_succession(services.curve, earlier, after, world.now)
    third = rotate(world)
    assert [key.key_id for key in publish_and_log(world).keys] == [third.key_id, after.keys[0].key_id, first.key_id]


def test_of_two_processes_one_publishes_and_both_show_it(world: World) -> None:
    services = world.running.services
    publications = [Publication(services, world.desk.keys, world.desk.revocation.keys) for _ in range(2)]
    rotate(world)
    assert [publication.refresh() for publication in publications] == [True, False]
    assert publications[0].document() == publications[1].document()
    assert world.rows("issuer_documents") == 2


def test_two_documents_do_not_continue_the_same_one(world: World) -> None:
    services, first = world.running.services, world.desk.document()
    rotate(world)
    shown = publish_and_log(world)
    other = replace(shown, keys=shown.keys[1:])
    assert are_forked(shown, other)
    assert not are_forked(first, shown)

    def number(wanted: int) -> bool:
        return world.desk.store.run(lambda session: publish(session, other, wanted, now=world.now, rng=services.rng))

    assert number(1) is False
    assert number(2) is True


def test_a_process_with_an_older_keyring_publishes_nothing(world: World, settings: Settings) -> None:
    """As a replica has until somebody copies the keyring to it."""
    services = world.running.services
    old = open_keyring(settings)
    version = rotate(world)
    publish_and_log(world)
    behind = replace(services, keyring=old)
    desk = prepare(behind)
    assert desk.publication.refresh() is False
    assert desk.document() == world.desk.document()
    assert desk.document().keys[0].key_id == version.key_id
    world.running.clock.forward(10)
    assert desk.publication.signing_key().version == old.current(Purpose.ISSUER_BBS)
    old.refresh()
    assert desk.publication.signing_key().version == version


def test_before_anything_is_published_the_first_document_is_known(
    installed: Settings, started: Callable[..., Running]
) -> None:
    services = started(("log",)).services
    from credence.service.issuer.keepers import signer_of
    from credence.service.keys.accumulating import AccumulatorKeys

    accumulators = AccumulatorKeys(services.keyring, services.curve, services.rng)
    before = issuer_document(services, signer_of(services), accumulators)
    assert prepare(services).document() == before
    assert installed.issuer_id == before.issuer
