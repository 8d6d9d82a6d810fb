"""Does the index find whatever a comparison with every name would find?"""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from credence.service.adapters.list_formats import read_any
from credence.service.screening.index import NameIndex
from credence.service.screening.names import EntryKind, Name, read_name
from credence.service.screening.ranking import FLOOR
from credence.service.screening.similarity import name_similarity

FIRST = ("Mina", "Omar", "Muhammad", "Mohamed", "Boris", "Abdul", "Ali", "Jean", "Kim", "Xi", "Kang", "A.", "Abd", "Yusuf")
GIVEN = ("Jong-un", "Jinping", "Laden", "Bakr", "Shafiq", "Schulze", "Scholz", "Mu")
LAST = ("Orlovskaya", "Hakimi", "al-Hakim", "Petrov", "Rahman", "Karim", *GIVEN)


def names(kind: EntryKind, texts: list[str]) -> tuple[Name, ...]:
    found = {tuple(word.text for word in name.words): name for text in texts if (name := read_name(text, kind)).words}
    return tuple(found.values())


def mistyped(chance: random.Random, text: str) -> str:
    """A letter left out, doubled, changed, or exchanged with the next; or a space lost, or moved."""
    at = chance.randrange(len(text))
    return chance.choice(
        [
            text[:at] + text[at + 1 :],
            text[:at] + text[at] + text[at:],
            text[:at] + chance.choice("aeiouklmnrst ") + text[at + 1 :],
            text[:at] + text[at + 1 : at + 2] + text[at] + text[at + 2 :],
            text.replace(" ", "", 1),
            " ".join(reversed(text.split())),
        ]
    )


def disagreements(index: NameIndex, known: tuple[Name, ...], queries: tuple[Name, ...]) -> list[tuple[set[int], set[int]]]:
    floor = FLOOR / 100
    found = []
    for query in queries:
        fast = {at for at, _ in index.search(query, floor)}
        slow = {at for at, name in enumerate(known) if name_similarity(query, name) >= floor}
        if fast != slow:
            found.append((slow - fast, fast - slow))
    return found


@pytest.mark.parametrize("seed", range(4))
def test_invented_names(seed: int) -> None:
    chance = random.Random(seed)
    texts = [" ".join([*chance.sample(FIRST, chance.randint(0, 3)), *chance.sample(LAST, 1)]) for _ in range(150)]
    known = names("individual", texts)
    queries = names("individual", [mistyped(chance, chance.choice(texts)) for _ in range(120)])
    assert disagreements(NameIndex(known), known, queries) == []


def test_nothing_is_found_in_nothing() -> None:
    assert list(NameIndex(()).search(read_name("Mina Orlovskaya", "individual"), 0.5)) == []
    index = NameIndex(names("individual", ["Mina Orlovskaya"]))
    assert len(index) == 1
    assert list(index.search(read_name("...", "individual"), 0.5)) == []
    assert [at for at, _ in index.search(read_name("Orlovskaya Mina", "individual"), 0.5)] == [0]


@pytest.mark.data
@pytest.mark.parametrize("kind", ["individual", "entity"])
def test_real_names(shared: Path, kind: EntryKind) -> None:
    """Every fourth name of the United Nations' list, and mistyped ones of them, against all of that."""
    read = read_any("un", shared / "data" / "screening" / "un_consolidated_2026-02-27.xml")
    texts = [text for entry in read.entries if entry.kind == kind for text in (*entry.names, *entry.weak_names)][::4]
    chance = random.Random(7)
    known = names(kind, texts)
    queries = names(kind, [mistyped(chance, text) for text in chance.sample(texts, 40)])
    assert disagreements(NameIndex(known), known, queries) == []
