"""Does an effect take place once under a key, and does its repeat get the very same answer?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import update
from sqlmodel import Session, select

from credence.circuits.curve import Curve
from credence.service.errors import Conflict, IdempotencyMismatch
from credence.service.idempotency.handle import AnswerAltered
from credence.service.idempotency.records import IdempotencyAnswer
from credence.service.keys import Purpose
from credence.service.store import Contended, Run
from tests.conftest import SeededBytes
from tests.service.idempotency.conftest import KEY, Till, is_replayed


def test_a_repeat_gets_the_same_answer_and_does_nothing(till: Till) -> None:
    first, second = till.run(till.effect()), till.run(till.effect())
    assert (first.status_code, is_replayed(first)) == (201, False)
    assert (second.status_code, second.body, is_replayed(second)) == (201, first.body, True)
    assert till.sales() == till.kept() == 1


def test_without_a_key_a_repeat_is_another_request(till: Till) -> None:
    answers = {bytes(till.run(till.effect(key=None)).body) for _ in range(2)}
    assert len(answers) == till.sales() == 2
    assert till.kept() == 0


@pytest.mark.parametrize(
    "other", [{"method": "PUT"}, {"path": "/sales/1"}, {"query": b"a=1"}, {"body": b'{"size":2}'}, {"body": b""}]
)
@pytest.mark.parametrize("way", ["run", "around"])
def test_another_request_under_the_same_key_is_refused(till: Till, other: dict[str, Any], way: str) -> None:
    till.run(till.effect())
    effect = till.effect(**other)
    with pytest.raises(IdempotencyMismatch):
        _ = till.run(effect) if way == "run" else till.around(effect, lambda run: run(till.sell))
    assert till.sales() == 1
    assert is_replayed(till.run(till.effect()))


def test_a_key_is_its_owners_alone(till: Till) -> None:
    effects = [
        till.effect(),
        till.effect("venue-b"),
        till.effect(party="issuer"),
        till.effect(key=KEY + "."),
        till.once().by_address(),
        till.once(path="venue-a").by_address(),
    ]
    assert len({bytes(till.run(effect).body) for effect in effects}) == till.sales() == len(effects)


def test_a_refusal_keeps_nothing(till: Till) -> None:
    def refused(session: Session) -> str:
        till.sell(session)
        raise Conflict

    for _ in range(2):
        with pytest.raises(Conflict):
            till.run(till.effect(), refused)
    assert till.sales() == till.kept() == 0
    assert not is_replayed(till.run(till.effect()))


def test_a_transaction_that_is_run_again_sells_once(till: Till) -> None:
    tries = iter((True, True, False))

    def contended(session: Session) -> str:
        number = till.sell(session)
        if next(tries):
            raise Contended
        return number

    first = till.run(till.effect(), contended)
    assert len(till.sold) == 3
    assert till.sold[-1].encode() in bytes(first.body)
    assert till.run(till.effect()).body == first.body
    assert till.sales() == 1


def test_an_answer_expires_and_its_key_is_free_again(till: Till) -> None:
    first = till.run(till.effect())
    till.clock.forward(till.services.settings.idempotency_seconds - 1)
    assert till.run(till.effect()).body == first.body
    till.clock.forward(1)
    second = till.run(till.effect(body=b"another"))
    assert not is_replayed(second)
    assert second.body != first.body
    assert till.sales() == 2
    assert till.kept() == 1
    assert till.run(till.effect(body=b"another")).body == second.body


def test_what_comes_before_the_transaction_is_left_out_of_a_repeat(till: Till) -> None:
    done: list[str] = []

    def whole(run: Run[str]) -> str:
        done.append("work")
        number = run(till.sell)
        done.append("log")
        return number

    first, second = (till.around(till.effect(), whole) for _ in range(2))
    assert first.body == second.body
    assert done == ["work", "log"]
    assert (is_replayed(first), is_replayed(second)) == (False, True)


def test_who_is_refused_for_what_an_equal_request_just_did_gets_its_answer(till: Till) -> None:
    answers = []

    def overtaken(_run: Run[str]) -> str:
        answers.append(till.run(till.effect()))
        raise Conflict

    response = till.around(till.effect(), overtaken)
    assert response.body == answers[0].body
    assert is_replayed(response)
    with pytest.raises(Conflict):  # its twin without the key has no such answer
        till.around(till.effect(key=None), overtaken)


def test_a_key_of_the_keyring_is_rotated_without_a_second_sale(till: Till, curve: Curve, rng: SeededBytes) -> None:
    first = till.run(till.effect())
    keyring = till.services.keyring
    keyring.rotate(Purpose.IDEMPOTENCY, now=till.clock(), rng=rng, curve=curve)
    assert till.run(till.effect()).body == first.body
    with pytest.raises(IdempotencyMismatch):
        till.run(till.effect(body=b"another"))
    keyring.rotate(Purpose.IDEMPOTENCY, now=till.clock(), rng=rng, curve=curve)
    assert not is_replayed(till.run(till.effect()))  # the first key has ended


def altered(row: dict[str, Any]) -> dict[str, Any]:
    return {"answer": row["answer"][:-1] + bytes([row["answer"][-1] ^ 1])}


def shortened(_row: dict[str, Any]) -> dict[str, Any]:
    return {"answer": b""}


@pytest.mark.parametrize("change", [altered, shortened])
def test_an_answer_that_was_altered_is_never_given_nor_the_effect_repeated(
    till: Till, change: Callable[[dict[str, Any]], dict[str, Any]]
) -> None:
    till.run(till.effect())
    with till.store.transaction() as session:
        row = session.exec(select(IdempotencyAnswer)).one()
        session.exec(update(IdempotencyAnswer).values(change(row.model_dump())))
    with pytest.raises(AnswerAltered):
        till.run(till.effect())
    assert till.sales() == 1


def test_replays_are_counted(till: Till) -> None:
    def counted() -> str:
        text = till.services.metrics.text().decode()
        return next(line for line in text.splitlines() if line.startswith("credence_idempotent_replays_total")).split()[-1]

    till.run(till.effect())
    before = float(counted())
    till.run(till.effect())
    assert float(counted()) == before + 1
