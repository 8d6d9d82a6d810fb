"""Does the signer sign what it should, once, and nothing while the ledger cannot be held to it?"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from credence.circuits.credential import STANDING_1
from credence.circuits.curve import G1_LENGTH
from credence.circuits.encoding import b64u, b64u_decode
from credence.circuits.errors import IllFormed, Malformed, Refused
from credence.circuits.issuance import IssuerEntropy
from credence.service.keys import KeyringRefused, Purpose
from credence.service.keys.complaints import Declined
from credence.service.keys.issuing import IssuerKeys
from credence.service.keys.ordering import Order
from credence.service.keys.signer_log import read_log
from credence.service.keys.tally import Cap, Tally, TallyFile
from tests.circuits.journey import ATTRIBUTES, make_world
from tests.conftest import SeededBytes
from tests.service.keys.conftest import Keeper, log_signer


def standing_order(signer: Keeper, number: int) -> Order:
    """A standing to be signed, over a point that was proven before."""
    point = signer.order().commitment[:G1_LENGTH]
    attributes = {attribute.name: attribute.minimum for attribute in STANDING_1.issuer} | {"expires_on": 20_720}
    changes = {"layout": STANDING_1, "commitment": point, "entropy": IssuerEntropy(0, 0), "attributes": attributes}
    return signer.order(number, issued_epoch=739, expiry_epoch=20_720, **changes)


def declined(answer: Any, operation: str, content: dict[str, Any]) -> str:
    with pytest.raises(Declined) as refusal:
        answer(operation, content)
    return refusal.value.slug


def test_it_signs_as_the_key_in_the_process_would(signer: Keeper) -> None:
    order = signer.order()
    with signer.opened() as answer:
        signer.follow(answer, 3)
        signed = answer("sign", order.to_json())
    assert b64u_decode(signed["signature"]) == IssuerKeys(signer.ring, signer.curve, signer.rng).sign(order)
    (record,) = read_log(signer.folder / "signer.log")
    assert (record.number, record.key_id) == (1, signer.key_id)
    assert record.leaf == order.leaf(b64u_decode(signed["signature"]))
    assert (record.size, record.root) == (3, signer.ledger.tree.root(3))
    assert record.epoch == signer.clock() // 86_400 // 28


def test_the_log_tells_nothing_of_a_person(signer: Keeper) -> None:
    order = signer.order()
    with signer.opened() as answer:
        signer.follow(answer)
        answer("sign", order.to_json())
    text = (signer.folder / "signer.log").read_text()
    secret = [order.attestation_id, order.salt.hex(), b64u(order.salt), order.commitment[:48].hex(), "7000", "12345"]
    assert not [word for word in secret if word in text]


def test_a_repeat_is_the_same_and_is_not_counted(signer: Keeper) -> None:
    again = replace(signer.order(), commitment=make_world(signer.curve, SeededBytes("order")).commitment)
    with signer.opened() as answer:
        signer.follow(answer)
        first = answer("sign", signer.order().to_json())
        assert answer("sign", again.to_json()) == first
        other = answer("sign", signer.order(2).to_json())
        assert (first["count"], other["count"]) == (1, 2)
    with signer.opened() as answer:  # and by the next process too
        assert answer("sign", signer.order().to_json()) == {**first, "count": 2}
    assert len(read_log(signer.folder / "signer.log")) == 2


@pytest.mark.parametrize(
    "change",
    [
        {"attestation_id": "another"},
        {"salt": b"\x09" * 32},
        {"entropy": IssuerEntropy(5, 7)},
        {"attributes": {**ATTRIBUTES, "accredited": 1}},
    ],
    ids=lambda change: next(iter(change)),
)
def test_whatever_differs_is_another_signature(signer: Keeper, change: dict[str, Any]) -> None:
    with signer.opened() as answer:
        signer.follow(answer)
        answer("sign", signer.order().to_json())
        assert answer("sign", replace(signer.order(), **change).to_json())["count"] == 2


def test_without_a_fresh_checkpoint_it_signs_nothing(signer: Keeper) -> None:
    order = signer.order().to_json()
    with signer.opened() as answer:
        assert declined(answer, "sign", order) == "ledger-stale"
        signer.follow(answer)
        assert answer("hello", {})["fresh_for"] == 180
        signer.clock.forward(179)
        assert answer("sign", order)["count"] == 1
        signer.clock.forward(1)
        assert answer("hello", {})["fresh_for"] == 0
        assert declined(answer, "sign", order) == "ledger-stale"
        signer.clock.forward(-600)  # set back, the last checkpoint would be fresh for ever
        assert declined(answer, "sign", order) == "ledger-stale"


def test_a_checkpoint_is_the_ledgers_own_and_extends_the_last(signer: Keeper) -> None:
    with signer.opened() as answer:
        signer.follow(answer, 5)
        now, ledger = signer.clock(), signer.ledger
        ledger.grow(4)
        good = ledger.asked(5, now)
        stranger = replace(ledger, signer=log_signer(8)).asked(5, now)
        assert declined(answer, "follow", stranger) == "ledger-forged"
        assert declined(answer, "follow", {**good, "proof": []}) == "ledger-forged"
        assert declined(answer, "follow", {**good, "proof": good["proof"][::-1]}) == "ledger-forged"
        assert declined(answer, "follow", ledger.asked(5, now + 6)) == "ledger-forged"
        assert declined(answer, "follow", ledger.asked(5, now, size=4)) == "ledger-behind"
        assert declined(answer, "follow", ledger.asked(5, now - 1)) == "ledger-behind"
        fork = type(ledger)()
        fork.grow(9, "other")
        assert declined(answer, "follow", fork.asked(5, now)) == "ledger-forged"
        plain = ledger.signer.sign("log.example/credence\n9\n" + "A" * 43 + "=\n")
        assert declined(answer, "follow", {"note": b64u(plain.encode()), "proof": []}) == "ledger-forged"
        assert answer("hello", {})["size"] == 5
        assert answer("follow", good) == {"size": 9, "stamped_at": now}
    with signer.opened() as answer:  # what was seen is remembered
        assert declined(answer, "follow", ledger.asked(5, now, size=8)) == "ledger-behind"


def test_it_signs_only_so_often(signer: Keeper) -> None:
    signer.folder.joinpath("keeper.json").write_text(
        signer.folder.joinpath("keeper.json")
        .read_text()
        .replace('"per_minute": 50', '"per_minute": 2')
        .replace(": 100", ": 3")
    )
    with signer.opened() as answer:
        signer.follow(answer)
        for number in (1, 2):
            answer("sign", signer.order(number).to_json())
        assert declined(answer, "sign", signer.order(3).to_json()) == "too-many"
        assert answer("sign", signer.order(2).to_json())["count"] == 2  # a repeat costs nothing
    with signer.opened() as answer:  # and a restart gives nothing back
        assert declined(answer, "sign", signer.order(3).to_json()) == "too-many"
        signer.clock.forward(60)
        assert answer("sign", signer.order(3).to_json())["count"] == 3
        signer.clock.forward(60)
        assert declined(answer, "sign", signer.order(4).to_json()) == "too-many"
        signer.clock.forward(-3_600)
        assert declined(answer, "sign", signer.order(4).to_json()) == "ledger-stale"


def test_standings_are_counted_apart_from_persons(signer: Keeper) -> None:
    """Whoever renews until no standing is signed any more keeps nobody from being issued to."""
    cap = Cap(50, 2)
    with signer.opened(cap=cap) as answer:
        signer.follow(answer)
        for number in (1, 2):
            answer("sign", standing_order(signer, number).to_json())
        assert declined(answer, "sign", standing_order(signer, 3).to_json()) == "too-many"
        assert answer("sign", signer.order(1).to_json())["count"] == 3
    with signer.opened(cap=cap) as answer:  # and a restart gives nothing back
        assert declined(answer, "sign", standing_order(signer, 3).to_json()) == "too-many"
        assert answer("sign", signer.order(2).to_json())["count"] == 4
        assert declined(answer, "sign", signer.order(3).to_json()) == "too-many"


def test_a_tally_of_before_standings_were_counted_apart_is_read(signer: Keeper) -> None:
    with signer.opened() as answer:
        signer.follow(answer)
        answer("sign", signer.order(1).to_json())
    file = TallyFile(signer.folder / "tally.json", signer.ring.secret(Purpose.KEEPER))
    before = file.read()
    document = before.to_json()
    assert document.pop("standings") == {"minute": 0, "in_minute": 0, "day": 0, "in_day": 0}
    assert Tally.parse(document) == before
    with pytest.raises(Malformed):
        Tally.parse({**before.to_json(), "standings": {"day": 0}})


def test_only_live_keys_sign(signer: Keeper, rng: SeededBytes) -> None:
    first = signer.key_id
    with signer.opened() as answer:
        signer.follow(answer)
        second = signer.ring.rotate(Purpose.ISSUER_BBS, now=signer.clock(), rng=rng, curve=signer.curve).key_id
        assert [key["key_id"] for key in answer("hello", {})["keys"]] == [second, first]
        answer("sign", signer.order(1, key_id=second).to_json())
        signer.ring.retire(Purpose.ISSUER_BBS, first, now=signer.clock())
        for dead in (first, "unknown"):
            with pytest.raises(KeyringRefused):
                answer("sign", signer.order(2, key_id=dead).to_json())
        assert answer("hello", {})["count"] == 1


def test_what_is_no_order_is_refused_and_not_counted(signer: Keeper) -> None:
    good = signer.order().to_json()
    flipped = bytearray(signer.order().commitment)
    flipped[-1] ^= 1
    with signer.opened() as answer:
        signer.follow(answer)
        for wrong in ({**good, "more": 1}, {**good, "salt": "AA"}, {**good, "nym_entropy": "9" * 78}, {}):
            with pytest.raises(Malformed):
                answer("sign", wrong)
        with pytest.raises(IllFormed):
            answer("sign", {**good, "attributes": {}})
        with pytest.raises(Refused):
            answer("sign", {**good, "commitment": b64u(bytes(flipped))})
        assert declined(answer, "export", {}) == "unknown-op"
        assert answer("hello", {})["count"] == 0
        assert answer("sign", good)["count"] == 1
