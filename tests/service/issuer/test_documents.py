"""Is what the issuer publishes in the log, once for each document, so that a key for one person is found out?"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from credence.circuits.wire import IssuerDocument
from credence.service.app.issuing import prepare
from credence.service.issuer.documents import KEY_DAYS
from credence.service.keys import Purpose
from tests.service.conftest import Running
from tests.service.issuer.conftest import World

LEAVES = "issuer_outbox WHERE kind = 'issuer-document'"


def test_the_document_is_public_and_in_the_log(world: World) -> None:
    answer = world.get("/document")
    assert answer.status_code == 200
    document = IssuerDocument.parse(answer.json())
    services = world.running.services
    assert (document.issuer, document.schemas) == ("issuer.example", ("credence/person/1",))
    assert document.log_vkey == services.ledger.verifier.vkey
    (key,) = document.keys
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


def test_another_key_is_another_document(world: World) -> None:
    services, before = world.running.services, world.desk.document()
    services.keyring.rotate(Purpose.ISSUER_BBS, now=world.now, rng=services.rng, curve=services.curve)
    after = world.desk.document()
    assert [key.key_id for key in after.keys[1:]] == [key.key_id for key in before.keys]
    assert len({key.public_key for key in after.keys}) == 2
    prepare(services)
    assert (world.rows("issuer_documents"), world.rows(LEAVES)) == (2, 2)
    services.ledger.sequence()
    assert services.ledger.inclusion(after.leaf()).index > services.ledger.inclusion(before.leaf()).index
