"""Names of one kind, found by words that are alike, without comparing with all of them.

Whatever :func:`~credence.service.screening.similarity.word_similarity` calls alike is met here by equal letters, by one
letter left out on either side, by an equal sound, or by a sound with one left out: nothing that it would score is passed
over.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from credence.service.screening.names import LIGHT, Name, Word
from credence.service.screening.similarity import (
    CONTRADICTION,
    MERGED,
    MERGED_BY_SOUND,
    SOUND_LENGTH,
    Pairing,
    judge,
    run_similarity,
    runs,
    word_similarity,
)

THIN_WEIGHT: Final = 1.6
"""What a name's words may weigh together for one of them alone to lead to it."""

Posting = tuple[int, int, float]
"""Where a word, or a run of words, stands: the name's number, its bits there, and what it weighs."""

_ROUNDING: Final = 1e-9
_LONGEST: Final = 24
"""Letters of a word that are left out one by one; a longer one has to be equal or sound equal."""


class NameIndex:
    """Built once; read by many threads. Names are known by their number."""

    def __init__(self, names: Sequence[Name]) -> None:
        self._names: Final = tuple(names)
        self._words: Final = list(dict.fromkeys(word for name in names for word in name.words if word.weight > LIGHT))
        self._bounds: Final = [_heavy(name) for name in names]
        self._is_thin: Final = [heavy <= THIN_WEIGHT or initials > 0.0 for heavy, initials in self._bounds]
        numbers = {word: at for at, word in enumerate(self._words)}
        postings: list[list[Posting]] = [[] for _ in self._words]
        run_postings: dict[str, list[Posting]] = defaultdict(list)
        run_texts: dict[str, dict[str, None]] = defaultdict(dict)
        for number, name in enumerate(names):
            for position, word in enumerate(name.words):
                if word.weight > LIGHT:
                    postings[numbers[word]].append((number, 1 << position, word.weight))
            for run in runs(name.words):
                run_postings[run.text].append((number, run.bits, run.weight))
                if len(run.sound) >= SOUND_LENGTH:
                    run_texts[run.sound][run.text] = None
        # tuples of numbers and texts: what nothing can refer back from, the collector of garbage need not look at again
        self._postings: Final = tuple(tuple(several) for several in postings)
        self._runs: Final = {text: tuple(several) for text, several in run_postings.items()}
        self._run_texts: Final = {sound: tuple(texts) for sound, texts in run_texts.items()}
        self._joined: Final = _inverted((name.joined, number) for number, name in enumerate(names))
        found = tuple(enumerate(self._words))
        self._texts: Final = _inverted((word.text, at) for at, word in found)
        self._shortened: Final = _inverted((short, at) for at, word in found for short in _without_one(word.text))
        self._sounds: Final = _inverted((word.sound, at) for at, word in found)
        self._shortened_sounds: Final = _inverted(
            (short, at)
            for sound, numbered in self._sounds.items()
            if len(sound) >= SOUND_LENGTH
            for short in _without_one(sound)
            for at in numbered
        )
        self._skeletons: Final = _inverted((word.bones, at) for at, word in found)
        self._abjad: Final = _inverted((word.bones, at) for at, word in found if word.abjad)

    def __len__(self) -> int:
        """How many names are known."""
        return len(self._names)

    def search(self, name: Name, floor: float) -> Iterator[tuple[int, float]]:
        """Every name whose likeness is ``floor`` (0-1) or more, with it, in no order."""
        found = self._paired(name)
        joined = self._joined.get(name.joined, ()) if name.words else ()
        for at in joined:
            found.setdefault(at, [])
        heavy, initials = _heavy(name)
        light = [(1 << i, word) for i, word in enumerate(name.words) if word.weight <= LIGHT]
        most = (1.0 - floor) / CONTRADICTION + _ROUNDING
        for at, pairs in found.items():
            other_heavy, other_initials = self._bounds[at]
            slack = initials + other_initials
            other = self._names[at]
            if at not in joined:
                covered = other_covered = slack + most
                for _, _, _, weight, other_weight in pairs:
                    covered += weight
                    other_covered += other_weight
                if heavy > covered and other_heavy > other_covered:  # not even if no word were in two pairs
                    continue
                met, other_met = _met(pairs)
                if heavy - slack - name.weigh(met) > most and other_heavy - slack - other.weigh(other_met) > most:
                    continue
            if light:
                pairs.extend(_light_pairs(light, other))
            if slack:
                pairs.extend(_initial_pairs(name, other))
            likeness = judge(name, other, pairs)
            if likeness >= floor:
                yield at, likeness

    def _paired(self, name: Name) -> dict[int, list[Pairing]]:
        """By the number of a name, which of its words are alike to which of this one's."""
        found: dict[int, list[Pairing]] = defaultdict(list)
        alike = [
            (1 << position, word.weight, list(self._alike(word)))
            for position, word in enumerate(name.words)
            if word.weight > LIGHT
        ]
        alike.sort(key=lambda item: sum(len(postings) for _, postings in item[2]))
        common = alike.pop() if len(alike) > 1 and not name.has_initials else None
        for bits, weight, several in alike:
            for similarity, postings in several:
                for at, other_bits, other_weight in postings:
                    found[at].append((similarity, bits, other_bits, weight, other_weight))
        for run in runs(name.words):
            for known in {*self._texts.get(run.text, ()), *self._sounds.get(run.sound, ())}:
                if similarity := run_similarity(run, self._words[known]):
                    for at, other_bits, other_weight in self._postings[known]:
                        found[at].append((similarity, run.bits, other_bits, run.weight, other_weight))
        if common is not None:  # a name of several words, none of them an initial, has to share another one as well
            bits, weight, several = common
            for similarity, postings in several:
                for at, other_bits, other_weight in postings:
                    if at in found or self._is_thin[at]:
                        found[at].append((similarity, bits, other_bits, weight, other_weight))
        return found

    def _alike(self, word: Word) -> Iterator[tuple[float, Sequence[Posting]]]:
        for known in self._candidates(word):
            if similarity := word_similarity(word, self._words[known]):
                yield similarity, self._postings[known]
        yield MERGED, self._runs.get(word.text, ())
        if len(word.sound) >= SOUND_LENGTH:
            for text in self._run_texts.get(word.sound, ()):
                if text != word.text:
                    yield MERGED_BY_SOUND, self._runs[text]

    def _candidates(self, word: Word) -> Iterable[int]:
        same = self._texts.get(word.text, ())
        if len(word.text) == 1:
            return same
        if word.abjad:
            return {*same, *self._skeletons.get(word.bones, ())}
        found = {*same, *self._sounds.get(word.sound, ()), *self._abjad.get(word.bones, ())}
        found.update(self._shortened.get(word.text, ()))
        for short in _without_one(word.text):
            found.update(self._texts.get(short, ()), self._shortened.get(short, ()))
        if len(word.sound) >= SOUND_LENGTH:
            found.update(self._shortened_sounds.get(word.sound, ()))
            for short in _without_one(word.sound):
                found.update(self._sounds.get(short, ()), self._shortened_sounds.get(short, ()))
        return found


def _heavy(name: Name) -> tuple[float, float]:
    """What the words weigh that lead to a name, and the initials among them, which may stand for any word."""
    heavy = sum(word.weight for word in name.words if word.weight > LIGHT)
    return heavy, sum(word.weight for word in name.words if len(word.text) == 1)


def _met(pairs: Sequence[Pairing]) -> tuple[int, int]:
    """The bits of either name that some pair has."""
    left = right = 0
    for pair in pairs:
        left |= pair[1]
        right |= pair[2]
    return left, right


def _light_pairs(light: Sequence[tuple[int, Word]], other: Name) -> Iterator[Pairing]:
    """Words of little weight that are equal. They lead to no name."""
    for bits, one in light:
        for j, word in enumerate(other.words):
            if one.text == word.text:
                yield 1.0, bits, 1 << j, one.weight, word.weight


def _initial_pairs(left: Name, right: Name) -> Iterator[Pairing]:
    """Initials with what they stand for. They lead to no name either."""
    for i, one in enumerate(left.words):
        for j, other in enumerate(right.words):
            is_initial = (len(one.text) == 1) != (len(other.text) == 1)
            if is_initial and (similarity := word_similarity(one, other)):
                yield similarity, 1 << i, 1 << j, one.weight, other.weight


def _without_one(text: str) -> set[str]:
    return {text[:at] + text[at + 1 :] for at in range(len(text))} if len(text) <= _LONGEST else set()


def _inverted(pairs: Iterable[tuple[str, int]]) -> dict[str, tuple[int, ...]]:
    found: dict[str, list[int]] = defaultdict(list)
    for key, at in pairs:
        found[key].append(at)
    return {key: tuple(numbers) for key, numbers in found.items()}
