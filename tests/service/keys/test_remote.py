"""Does an issuer whose signer is in another process sign as before, and do without it as it should?"""

from __future__ import annotations

import pytest

from credence.circuits.encoding import b64u_decode
from credence.circuits.errors import Refused
from credence.circuits.fields import Json
from credence.service.errors import Unavailable
from credence.service.keys import KeyringRefused
from credence.service.keys.issuing import IssuerKeys
from credence.service.keys.knocking import Knocker
from credence.service.keys.ports import KeeperAway
from credence.service.keys.remote import KEYS_FOR, SHOW_EVERY, RemoteSigner
from credence.service.keys.signer_log import read_log
from tests.service.keys.conftest import Keeper


class Telling:
    """The ledger as a web process tells of it."""

    def __init__(self, keeper: Keeper) -> None:
        self.keeper, self.asked, self.fails = keeper, 0, False
        self.now = 0.0

    def __call__(self, first: int) -> tuple[str, tuple[bytes, ...]]:
        if self.fails:
            raise Unavailable
        self.asked += 1
        self.keeper.ledger.grow()
        told = self.keeper.ledger.asked(first, self.keeper.clock())
        return b64u_decode(told["note"]).decode(), tuple(b64u_decode(node) for node in told["proof"])

    def steady(self) -> float:
        return self.now


def test_it_signs_and_shows_the_ledger_now_and_then(signer: Keeper) -> None:
    telling = Telling(signer)
    remote, own = (
        RemoteSigner(signer.socket, telling, steady=telling.steady),
        IssuerKeys(signer.ring, signer.curve, signer.rng),
    )
    with signer.listening():
        assert [key.version.key_id for key in remote.live()] == [key.version.key_id for key in own.live()]
        assert (remote.current().public_key, remote.current().suite) == (own.current().public_key, own.current().suite)
        assert remote.sign(signer.order()) == own.sign(signer.order())
        assert remote.sign(signer.order(2)) == own.sign(signer.order(2))
        assert telling.asked == 1
        telling.now = SHOW_EVERY + 1
        remote.sign(signer.order(3))
        assert telling.asked == 2
        signer.clock.forward(1_000)  # the signer finds it stale before the process does
        remote.sign(signer.order(4))
        assert telling.asked == 3
    assert [record.number for record in read_log(signer.folder / "signer.log")] == [1, 2, 3, 4]


def test_without_the_ledger_nothing_is_signed(signer: Keeper) -> None:
    telling = Telling(signer)
    remote = RemoteSigner(signer.socket, telling, steady=telling.steady)
    with signer.listening():
        assert remote.is_at_hand()
        telling.fails, telling.now = True, SHOW_EVERY + 1
        with pytest.raises(Unavailable):
            remote.sign(signer.order())
        telling.fails = False
        remote.sign(signer.order())
    assert len(read_log(signer.folder / "signer.log")) == 1


def test_two_processes_show_it_the_same_ledger(signer: Keeper) -> None:
    telling = Telling(signer)
    one, other = (RemoteSigner(signer.socket, telling, steady=telling.steady) for _ in range(2))
    with signer.listening():
        assert [one.sign(signer.order(1)), other.sign(signer.order(1))] == [one.sign(signer.order(1))] * 2
        assert telling.asked == 2
    assert len(read_log(signer.folder / "signer.log")) == 1


def test_a_signer_that_is_away_is_away_and_its_public_keys_are_known(signer: Keeper) -> None:
    telling = Telling(signer)
    remote = RemoteSigner(signer.socket, telling, steady=telling.steady)
    with pytest.raises(KeeperAway):
        remote.live()
    assert not remote.is_at_hand()
    with signer.listening():
        known = remote.live()
        assert remote.is_at_hand()
    telling.now = KEYS_FOR + 1
    assert remote.live() == known
    assert not remote.is_at_hand()
    with pytest.raises(KeeperAway):
        remote.sign(signer.order())
    with signer.listening():
        remote.sign(signer.order())


def test_what_the_signer_refuses_is_refused_as_in_the_process(signer: Keeper) -> None:
    telling = Telling(signer)
    remote = RemoteSigner(signer.socket, telling, steady=telling.steady)
    flipped = bytearray(signer.order().commitment)
    flipped[-1] ^= 1
    with signer.listening():
        with pytest.raises(KeyringRefused):
            remote.sign(signer.order(key_id="unknown"))
        with pytest.raises(Refused):
            remote.sign(signer.order(commitment=bytes(flipped)))
        remote.sign(signer.order())


def test_a_signer_that_has_done_its_share_says_for_how_long(signer: Keeper) -> None:
    text = (signer.folder / "keeper.json").read_text()
    (signer.folder / "keeper.json").write_text(text.replace('"per_minute": 50', '"per_minute": 1'))
    telling = Telling(signer)
    remote = RemoteSigner(signer.socket, telling, steady=telling.steady)
    with signer.listening():
        remote.sign(signer.order(1))
        with pytest.raises(KeeperAway) as away:
            remote.sign(signer.order(2))
        assert 1 <= away.value.retry_after <= 60


def test_an_answer_that_was_lost_is_asked_for_once_more(signer: Keeper, monkeypatch: pytest.MonkeyPatch) -> None:
    telling = Telling(signer)
    remote = RemoteSigner(signer.socket, telling, steady=telling.steady)
    ask, lost = Knocker.ask, [1]

    def losing(self: Knocker, operation: str, content: Json) -> Json:
        answer = ask(self, operation, content)
        if operation == "sign" and lost[0]:
            lost[0] -= 1
            raise KeeperAway
        return answer

    monkeypatch.setattr(Knocker, "ask", losing)
    with signer.listening():
        assert remote.sign(signer.order()) == remote.sign(signer.order())
        lost[0] = 2
        with pytest.raises(KeeperAway):
            remote.sign(signer.order(2))
    assert len(read_log(signer.folder / "signer.log")) == 2, "each order once"
