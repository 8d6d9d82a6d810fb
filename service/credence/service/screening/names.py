"""The form in which names are compared: small ASCII words, each with a weight and a key of its sound.

Whatever a name's script, accents, capitals, punctuation and order of words, two spellings of it come out alike or nearly so.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal, Self

from anyascii import anyascii

from credence.service.screening import words

EntryKind = Literal["individual", "entity"]

MAX_WORDS: Final = 24
"""Words of a name that are compared; what follows is left out."""

INITIAL: Final = 0.8
PARTICLE: Final = 0.2
LEGAL_FORM: Final = 0.1
GENERIC: Final = 0.55
NUMBER: Final = 0.3
FULL: Final = 1.0
"""What words weigh."""

LIGHT: Final = 0.3
"""Words of this weight or less are alike only where they are equal, and lead to no name."""

_APOSTROPHES: Final = re.compile(r"[’‘ʼʻ`´'ʿʾ\"“”]")
_INVISIBLE: Final = re.compile("[\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff]")
_BREAK: Final = re.compile(r"[^a-z0-9]+")
_DOTTED: Final = re.compile(r"(?<![a-z0-9])(?:[a-z]\.){2,}[a-z]?(?![a-z0-9])|(?<![a-z0-9])[a-z](?:\.[a-z])+(?![a-z0-9])")
_SYLLABLE: Final = re.compile(r"(?<=[A-Za-z])(?=[A-Z])")
_SYLLABIC: Final = re.compile("[\u1100-\u11ff\u2e80-\u2fdf\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff]")
_HANGUL: Final = re.compile("[\u1100-\u11ff\uac00-\ud7af]")
_ABJAD: Final = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
_GROWN: Final = re.compile(r"abd[aeiou]?(?:l(?!l?ah$)(?P<open>.{3,})|(?P<sun>([dnrstz])\3.{2,}))")
_ROMAN: Final = re.compile(r"(?=[ivx])x{0,3}(?:ix|iv|v?i{0,3})")
_LONG_FORM: Final = re.compile(r"\b(?:" + "|".join(words.LONG_FORMS) + r")\b")
_SERIAL: Final = re.compile(r"[0-9]+[a-z]{0,2}|[a-z]{1,2}[0-9]+")


@dataclass(frozen=True, slots=True, repr=False)
class Word:
    """One word: its letters, how much it says (0-1), the key of its sound, whether its script left vowels out, and what
    stays of it in one that does; words of little weight, which are alike only where they are equal, have none of that."""

    text: str
    weight: float
    sound: str
    abjad: bool = False
    bones: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class Name:
    """A name as it is compared. ``words`` is empty for a text without letters and digits.

    ``joined`` is every letter in order, as if there were no spaces; ``key`` is the words in order of the alphabet, which is
    equal for equal names; ``weight`` is what the words weigh together. ``signs`` is what was written in signs that stand for
    syllables: many different ones have the same Latin letters.
    """

    words: tuple[Word, ...]
    joined: str
    key: str
    weight: float
    signs: str = ""

    @property
    def has_initials(self) -> bool:
        """Whether a word is one letter."""
        return any(len(word.text) == 1 for word in self.words)

    def weigh(self, bits: int) -> float:
        """What the words at these bits weigh."""
        weight = 0.0
        for word in self.words:
            if bits & 1:
                weight += word.weight
            bits >>= 1
        return weight

    @classmethod
    def of(cls, found: Sequence[Word], signs: str = "") -> Self:
        """The name of these words."""
        texts = [word.text for word in found]
        return cls(tuple(found), "".join(texts), " ".join(sorted(texts)), sum(word.weight for word in found), signs)


Known = dict[tuple[str, bool], Word]
"""Words of one kind of name that were read before."""


def read_name(text: str, kind: EntryKind, known: Known | None = None) -> Name:
    """The form of a name of a person or an organisation. ``known`` remembers its words, for whoever reads a whole list."""
    plain = _plain(text)
    found = _personal(plain, known) if kind == "individual" else _corporate(plain, known)
    return Name.of(found[:MAX_WORDS], "".join(_SYLLABIC.findall(unicodedata.normalize("NFKC", text))))


def _plain(text: str) -> list[tuple[str, bool]]:
    """The words of a text in small ASCII letters, and whether each was in a script without vowels."""
    clean = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text))
    found: list[tuple[str, bool]] = []
    for part in clean.split():
        ascii_part = anyascii(part)
        if _SYLLABIC.search(part):
            ascii_part = _SYLLABLE.sub(" ", ascii_part)
        if _HANGUL.search(part):
            ascii_part = " ".join(_as_listed(syllable) for syllable in ascii_part.lower().split())
        abjad = bool(_ABJAD.search(part))
        found.extend((piece, abjad) for piece in _APOSTROPHES.sub("", ascii_part).lower().split())
    return found


def _as_listed(syllable: str) -> str:
    """A Korean syllable as lists and passports write it: ``gim jeong eun`` is ``kim jong un``."""
    syllable = syllable.replace("eo", "o").replace("eu", "u")
    if syllable.endswith("g") and not syllable.endswith("ng"):
        syllable = syllable[:-1] + "k"
    return syllable[:1].translate(_UNVOICED) + syllable[1:]


def _personal(plain: list[tuple[str, bool]], known: Known | None) -> tuple[Word, ...]:
    pieces = [(piece, abjad) for text, abjad in plain for piece in _BREAK.split(text) if piece]
    bare = [(piece, abjad) for piece, abjad in pieces if piece not in words.TITLES]
    found: list[Word] = []
    for piece, abjad in bare if len(bare) > 1 else pieces:
        found.extend(_remembered(_personal_word, text, abjad, known) for text in _ungrown(piece, abjad))
    return _without_repeats(found)


def _ungrown(piece: str, abjad: bool) -> tuple[str, ...]:
    """``abdulkarim`` and ``abdurrahman`` as two words, ``lsysy`` (the article and a name in Arabic letters) as well."""
    if abjad:
        return (piece[1:],) if piece.startswith("l") and len(piece) > 3 else (piece,)
    match = _GROWN.fullmatch(piece)
    return ("abdul", match["open"] or match["sun"][1:]) if match else (piece,)


def _remembered(read: Callable[[str, bool], Word], text: str, abjad: bool, known: Known | None) -> Word:
    if known is None:
        return read(text, abjad)
    found = known.get((text, abjad))
    if found is None:
        found = known[text, abjad] = read(text, abjad)
    return found


def _personal_word(text: str, abjad: bool) -> Word:
    particle = words.PARTICLES.get(text)
    if particle is not None and not abjad:
        return Word(particle, PARTICLE, particle)
    text = words.SPELLINGS.get(text, text)
    return Word(text, INITIAL if len(text) == 1 else FULL, sound(text), abjad, skeleton(text))


def _without_repeats(found: list[Word]) -> tuple[Word, ...]:
    """A word that stands twice in a row counts once."""
    return tuple(word for before, word in zip([None, *found], found, strict=False) if before is None or before != word)


def _corporate(plain: list[tuple[str, bool]], known: Known | None) -> tuple[Word, ...]:
    text = " ".join(piece for piece, _ in plain).replace("&", " and ")
    text = _DOTTED.sub(lambda match: match[0].replace(".", ""), text)
    text = " ".join(piece for piece in _BREAK.split(text) if piece)
    text = _LONG_FORM.sub(lambda match: words.LONG_FORMS[match[0]], text)
    abjad = any(flag for _, flag in plain)
    pieces = text.split()
    kept = [piece for piece in pieces if piece not in words.FILLERS] or pieces
    return tuple(_remembered(_corporate_word, piece, abjad, known) for piece in kept)


def _corporate_word(text: str, abjad: bool) -> Word:
    form = words.LEGAL_FORMS.get(text)
    if form is not None:
        return Word(form, LEGAL_FORM, form)
    for british, american in words.BRITISH:
        text = text.replace(british, american)
    text = words.NUMBERS.get(text, text)
    if _SERIAL.fullmatch(text) or _ROMAN.fullmatch(text):
        return Word(text, NUMBER, text)
    return Word(text, GENERIC if text in words.GENERIC else FULL, sound(text), abjad, skeleton(text))


_LETTERS: Final = (
    ("tsch", "c"), ("shch", "s"), ("sch", "s"), ("tch", "c"), ("ch", "c"), ("sh", "s"), ("zh", "j"), ("kh", "h"),
    ("gh", "g"), ("ph", "f"), ("th", "t"), ("dh", "d"), ("dj", "j"), ("ck", "k"), ("ks", "x"), ("tz", "z"), ("ts", "z"),
    ("cz", "c"), ("qu", "k"), ("q", "k"), ("w", "v"),
)  # fmt: skip
_VOWELS: Final = re.compile(r"[aeiouy]+")
_DOUBLED: Final = re.compile(r"(.)\1+")
_UNVOICED: Final = str.maketrans("gdb", "ktp")


def without_doubles(text: str) -> str:
    """The text with every letter that is doubled once."""
    return _DOUBLED.sub(r"\1", text)


def sound(text: str) -> str:
    """What stays of a word when transliterations of it are laid over each other: its consonants, doubled ones once.

    ``mohammed``, ``muhammad`` and ``mohamad`` have one key. A vowel at the beginning is kept as ``a``. Of a word with
    fewer than two consonants every letter stays.
    """
    key = text
    for letters, one in _LETTERS:
        key = key.replace(letters, one)
    consonants = without_doubles(_VOWELS.sub("", key))
    if len(consonants) < 2:
        return without_doubles(text.replace("y", "i"))
    return ("a" if key[0] in "aeiou" else "") + consonants


_COARSE: Final = str.maketrans({"p": "b", "v": "", "z": "s", "x": "ks", "g": "j", "c": "s"})


def skeleton(text: str) -> str:
    """What stays of a word in a script that leaves vowels out, and has one letter for several sounds."""
    for letters, one in _LETTERS:
        text = text.replace(letters, one)
    return without_doubles(_VOWELS.sub("", text).translate(_COARSE))
