"""Does the tagger derive what the process would, only so often, and only in a protocol that it knows?"""

from __future__ import annotations

import pytest

from credence.circuits.encoding import b64u, b64u_decode
from credence.circuits.errors import IllFormed, Malformed
from credence.service.keys import KeyringRefused
from credence.service.keys.complaints import Declined
from credence.service.keys.ports import KeeperAway
from credence.service.keys.remote import RemoteTags
from credence.service.keys.tags import KeyedTags, TagKeys
from credence.service.keys.tally import Cap
from tests.service.keys.conftest import Keeper

PARTS = (b"IT", b"passport", b"YA1234567")


def test_it_derives_what_the_process_would(tagger: Keeper) -> None:
    own = TagKeys(tagger.ring)
    with tagger.listening():
        tags = RemoteTags(tagger.socket)
        assert tags.is_at_hand()
        assert tags.tag(*PARTS) == own.tag(*PARTS)
        assert tags.tag(b"I", b"Tpassport", b"YA1234567") != own.tag(*PARTS)
        assert tags.entropy(bytes(32), 0) == own.entropy(bytes(32), 0)
        assert tags.entropy(bytes(32), 1) != own.entropy(bytes(32), 0)
    with pytest.raises(KeeperAway):
        tags.tag(*PARTS)
    assert not tags.is_at_hand()


def test_it_answers_only_so_often_and_counts(tagger: Keeper) -> None:
    question = {"protocol": "prf/1", "parts": [b64u(part) for part in PARTS]}
    half = {"protocol": "prf/1", "tag": b64u(bytes(32)), "resets": 0}
    with tagger.opened(cap=Cap(3, 5)) as answer:
        for _ in range(2):
            answer("tag", question)
        answer("entropy", half)
        with pytest.raises(Declined) as refusal:
            answer("tag", question)
        assert (refusal.value.slug, refusal.value.retry_after) == ("too-many", 60 - tagger.clock() % 60)
        assert answer("hello", {})["count"] == 3
    with tagger.opened(cap=Cap(3, 5)) as answer:  # nothing is forgotten
        with pytest.raises(Declined):
            answer("entropy", half)
        tagger.clock.forward(60)
        answer("tag", question)
        answer("tag", question)
        tagger.clock.forward(60)
        with pytest.raises(Declined) as refusal:
            answer("tag", question)
        assert refusal.value.retry_after > 3_600
        tagger.clock.forward(86_400)
        answer("tag", question)
        assert answer("hello", {})["count"] == 6


def test_another_protocol_is_refused(tagger: Keeper) -> None:
    with tagger.opened() as answer:
        good = {"protocol": "prf/1", "parts": [b64u(b"x")]}
        assert len(b64u_decode(answer("tag", good)["tag"])) == 32
        for protocol in ("oprf/1", "prf/2"):
            with pytest.raises(Declined) as refusal:
                answer("tag", {**good, "protocol": protocol})
            assert refusal.value.slug == "unknown-protocol"
        for wrong in ({"protocol": "prf/1", "parts": []}, {**good, "parts": [b64u(b"x")] * 9}, {**good, "more": 1}):
            with pytest.raises(Malformed):
                answer("tag", wrong)
        with pytest.raises(Malformed):
            answer("tag", {**good, "parts": [b64u(b"x" * 257)]})
        with pytest.raises(Malformed):
            answer("entropy", {"protocol": "prf/1", "tag": b64u(bytes(31)), "resets": 0})
        assert answer("hello", {})["count"] == 1, "what is refused is not counted"


@pytest.mark.parametrize("parts", [(), (b"x",) * 9, (b"x" * 257,)])
def test_parts_out_of_range_are_refused_in_the_process_too(parts: tuple[bytes, ...]) -> None:
    with pytest.raises(IllFormed):
        KeyedTags(bytes(32), bytes(32)).tag(*parts)


def test_another_keepers_tally_is_refused(tagger: Keeper, signer: Keeper) -> None:
    (tagger.folder / "tally.json").write_bytes((signer.folder / "tally.json").read_bytes())
    with pytest.raises(KeyringRefused), tagger.opened():
        pass
