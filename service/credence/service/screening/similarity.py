"""How alike two words and two names are, 0 to 1.

Words are alike by their letters or by their sound. Two names are laid over each other word by word, in any order; what is
left over on both sides at once speaks against them, and what only one side adds speaks little.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from rapidfuzz.distance import OSA

from credence.service.screening.names import LIGHT, Name, Word, without_doubles

SOUND: Final = 0.3
"""What a word loses for each share of its letters that differ where its sound is the same."""
NEAR: Final = 0.7
"""The least share of letters that agree in words whose sounds differ in one place."""
ABJAD: Final = 0.9
"""A word in a script that leaves vowels out, and one of the same consonants."""
ABJAD_THIN: Final = 0.75
"""The same where that is one consonant."""
INITIAL_ONLY: Final = 0.8
"""An initial, and a word that begins with it."""
MERGED: Final = 0.97
"""Words that are written together on one side."""
MERGED_BY_SOUND: Final = 0.87
UNEQUAL: Final = 0.96
"""The most that names can reach which are not the same words."""
CONTRADICTION: Final = 0.42
"""What a word costs that stands against another one."""
ADDITION: Final = 0.06
"""What a word costs that one side has besides."""
THIN: Final = 0.2
"""What it costs where fewer than ``ENOUGH`` words are in common."""
ENOUGH: Final = 1.5

_SHORTEST: Final = 3
SOUND_LENGTH: Final = 4


Pairing = tuple[float, int, int, float, float]
"""Words that stand for each other: their likeness, their bits in the one name and the other, what they weigh there."""


class Run(NamedTuple):
    """Neighbouring words of a name, written together."""

    text: str
    sound: str
    bits: int
    weight: float


def word_similarity(left: Word, right: Word) -> float:
    """0 for words that have nothing to do with each other."""
    if left.text == right.text:
        return 1.0
    if left.weight <= LIGHT or right.weight <= LIGHT:
        return 0.0
    if len(left.text) == 1 or len(right.text) == 1:
        return INITIAL_ONLY if left.text[0] == right.text[0] else 0.0
    if left.abjad or right.abjad:
        if not left.bones or left.bones != right.bones:
            return 0.0
        return ABJAD if len(left.bones) > 1 or left.sound == right.sound else ABJAD_THIN
    distance = OSA.distance(left.text, right.text)
    share = 1.0 - distance / max(len(left.text), len(right.text))
    if left.sound == right.sound and len(left.sound) > 1:
        return min(1.0 - SOUND * (1.0 - share), UNEQUAL)
    if min(len(left.text), len(right.text)) < _SHORTEST:
        return 0.0
    if distance <= 1 or (share >= NEAR and is_near(left.sound, right.sound)):
        return min(share, UNEQUAL)
    return 0.0


def is_near(one: str, other: str) -> bool:
    """Whether two sounds, long enough to say something, differ in one place."""
    return min(len(one), len(other)) >= SOUND_LENGTH and OSA.distance(one, other, score_cutoff=1) <= 1


def run_similarity(run: Run, word: Word) -> float:
    """Several words written together, against one."""
    if run.text == word.text:
        return MERGED
    return MERGED_BY_SOUND if run.sound == word.sound and len(word.sound) >= SOUND_LENGTH else 0.0


def runs(words: Sequence[Word]) -> Iterator[Run]:
    """Every two and three neighbouring words as one."""
    for length in (2, 3):
        for start in range(len(words) - length + 1):
            several = words[start : start + length]
            text = "".join(word.text for word in several)
            key = without_doubles(several[0].sound + "".join(word.sound.removeprefix("a") for word in several[1:]))
            yield Run(text, key, ((1 << length) - 1) << start, sum(word.weight for word in several))


def name_similarity(left: Name, right: Name) -> float:
    """How alike two names are."""
    return judge(left, right, list(pairings(left, right)))


def pairings(left: Name, right: Name) -> Iterator[Pairing]:
    """Every pair of words, or of a word and a run of words, that are alike."""
    for i, one in enumerate(left.words):
        for j, other in enumerate(right.words):
            if similarity := word_similarity(one, other):
                yield similarity, 1 << i, 1 << j, one.weight, other.weight
    for run in runs(left.words):
        for j, other in enumerate(right.words):
            if similarity := run_similarity(run, other):
                yield similarity, run.bits, 1 << j, run.weight, other.weight
    for run in runs(right.words):
        for i, one in enumerate(left.words):
            if similarity := run_similarity(run, one):
                yield similarity, 1 << i, run.bits, one.weight, run.weight


def judge(left: Name, right: Name, found: Sequence[Pairing]) -> float:
    """The names' likeness from their words': the likest pairs are taken first, each word once."""
    if left.joined == right.joined and left.signs == right.signs:
        return (1.0 if left.key == right.key else MERGED) if left.joined else 0.0
    taken_left = taken_right = 0
    agreed = weight_left = weight_right = 0.0
    least = 1.0
    for similarity, bits_left, bits_right, one, other in sorted(found, key=_order):
        if bits_left & taken_left or bits_right & taken_right:
            continue
        taken_left |= bits_left
        taken_right |= bits_right
        weight_left += one
        weight_right += other
        agreed += (one + other) * similarity
        least = min(least, similarity)
    if not taken_left:
        return 0.0
    lacking, besides = sorted((left.weight - weight_left, right.weight - weight_right))
    addition = ADDITION if weight_left + weight_right >= 2 * ENOUGH else THIN
    alike = agreed / (weight_left + weight_right)
    likeness = alike - CONTRADICTION * lacking - addition * (besides - lacking)
    is_unequal = least < MERGED or besides > 0.0 or left.signs != right.signs
    return max(min(likeness, UNEQUAL), 0.0) if is_unequal else likeness


def _order(pair: Pairing) -> tuple[float, float]:
    return -pair[0], -(pair[3] + pair[4])
