"""Does a subject's key open what it sealed, in its place alone, and nothing any more once it is destroyed?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from credence.service.errors import Erased, Unavailable
from credence.service.forgetting import Broken, Kind, SubjectKey, SubjectKeys
from credence.service.forgetting import records as subjects
from credence.service.store import Store
from tests.conftest import SeededBytes
from tests.service.databases import Database
from tests.service.issuer.conftest import LockedBytes

NOW = 1_790_000_000
SECRET = b"k" * 32
PLACE = ("issuer_cases", "evidence_salt", "case-1")
CONTENT = b"what nobody is to find again"


@pytest.fixture
def store(database: Database) -> Iterator[Store]:
    store = Store(database.empty(), log=False)
    subjects.make(store.engine)
    yield store
    store.close()


@pytest.fixture
def keys(store: Store) -> SubjectKeys:
    return SubjectKeys(store, SECRET, LockedBytes("subjects"))


@pytest.fixture
def key(keys: SubjectKeys) -> SubjectKey:
    return keys.obtain(Kind.PERSON, b"tag", now=NOW)


def test_a_subject_has_one_key(keys: SubjectKeys, key: SubjectKey) -> None:
    again = keys.obtain(Kind.PERSON, b"tag", now=NOW + 1)
    assert again.key_id == key.key_id
    assert again.open(*PLACE, key.seal(*PLACE, CONTENT)) == CONTENT
    assert keys.obtain(Kind.PSEUDONYM, b"tag", now=NOW).key_id != key.key_id
    assert keys.obtain(Kind.PERSON, b"ta", b"g", now=NOW).key_id != key.key_id
    assert keys.count() == 3


def test_what_is_sealed_is_another_string_each_time(key: SubjectKey) -> None:
    first, second = key.seal(*PLACE, CONTENT), key.seal(*PLACE, CONTENT)
    assert first != second
    assert CONTENT not in first
    assert len(first) == len(CONTENT) + 28


@pytest.mark.parametrize(
    "place",
    [
        ("issuer_shown_again", *PLACE[1:]),
        (PLACE[0], "vendor_reference", PLACE[2]),
        (*PLACE[:2], "case-2"),
        (*PLACE[:2], "case-1 "),
    ],
)
def test_nothing_opens_in_another_place(key: SubjectKey, place: tuple[str, str, str]) -> None:
    sealed = key.seal(*PLACE, CONTENT)
    with pytest.raises(Broken):
        key.open(*place, sealed)
    assert key.open(*PLACE, sealed) == CONTENT


def test_another_persons_key_opens_nothing(keys: SubjectKeys, key: SubjectKey) -> None:
    sealed = key.seal(*PLACE, CONTENT)
    with pytest.raises(Broken):
        keys.obtain(Kind.PERSON, b"other", now=NOW).open(*PLACE, sealed)
    assert keys.find(key.key_id).open(*PLACE, sealed) == CONTENT


CHANGES: list[Callable[[bytes], bytes]] = [
    lambda sealed: sealed[:-1],
    lambda sealed: b"",
    lambda sealed: bytes([sealed[0] ^ 1]) + sealed[1:],
]


@pytest.mark.parametrize("change", CHANGES)
def test_what_was_changed_does_not_open(key: SubjectKey, change: Callable[[bytes], bytes]) -> None:
    sealed = key.seal(*PLACE, CONTENT)
    with pytest.raises(Broken):
        key.open(*PLACE, change(sealed))
    assert key.open(*PLACE, sealed) == CONTENT


def test_text_is_text(key: SubjectKey) -> None:
    sealed = key.seal_text(*PLACE, "Ünïque 欧阳")
    assert sealed.isascii()
    assert key.open_text(*PLACE, sealed) == "Ünïque 欧阳"
    with pytest.raises(Broken):
        key.open_text(*PLACE, "no base64url!")


def test_a_destroyed_key_opens_nothing_and_leaves_nothing(keys: SubjectKeys, key: SubjectKey) -> None:
    kept = keys.obtain(Kind.PERSON, b"other", now=NOW)
    assert keys.destroy({key.key_id, b"x" * 16}) == 1
    assert keys.destroy({key.key_id}) == 0
    with pytest.raises(Erased):
        keys.find(key.key_id)
    assert keys.known(Kind.PERSON, b"tag") is None
    assert set(keys.find_all({key.key_id, kept.key_id})) == {kept.key_id}
    # whoever comes back is somebody else
    assert keys.obtain(Kind.PERSON, b"tag", now=NOW).key_id != key.key_id


def test_a_destroyed_key_is_in_no_file(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'subjects.keys'}", log=False)
    subjects.make(store.engine)
    keys = SubjectKeys(store, SECRET, LockedBytes("files"))
    kept, gone = keys.obtain(Kind.PERSON, b"kept", now=NOW), keys.obtain(Kind.PERSON, b"gone", now=NOW)
    assert gone.key_id in b"".join(path.read_bytes() for path in tmp_path.iterdir())
    keys.destroy({gone.key_id})
    left = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert gone.key_id not in left
    assert kept.key_id in left
    assert sorted(path.name for path in tmp_path.iterdir()) == ["subjects.keys"], "no log is left beside it"
    store.close()


def test_another_keyring_opens_no_key(store: Store, key: SubjectKey) -> None:
    other = SubjectKeys(store, b"o" * 32, SeededBytes("other"))
    with pytest.raises(Broken):
        other.find(key.key_id)
    assert other.known(Kind.PERSON, b"tag") is None, "the index is keyed too"


def test_a_store_that_is_lost_is_not_made_anew(database: Database, keys: SubjectKeys) -> None:
    keys.check()
    empty = SubjectKeys(Store(database.empty(), log=False), SECRET, SeededBytes("empty"))
    with pytest.raises(Unavailable, match="restore it"):
        empty.check()
    empty.store.close()


def test_many_at_once_make_one_key(keys: SubjectKeys) -> None:
    together = Barrier(8)

    def obtained(_: int) -> bytes:
        together.wait()
        return keys.obtain(Kind.PERSON, b"raced", now=NOW).key_id

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(obtained, range(8)))) == 1
