"""Does a name come out alike however it is written, and is what says little told from what says much?"""

from __future__ import annotations

import pytest

from credence.service.screening.names import Name, read_name, skeleton, sound


def person(text: str) -> Name:
    return read_name(text, "individual")


def firm(text: str) -> Name:
    return read_name(text, "entity")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("AL-HAKIMI, Omar", "omar al hakimi"),
        ("  Omar   Al–Hakimi ", "Omar Al-Hakimi"),
        ("Ómár Âl-Hákîmi", "Omar Al Hakimi"),
        ("Ｏｍａｒ Al-Hakimi", "Omar Al-Hakimi"),
        ("Оmar Al-Hakimi", "Omar Al-Hakimi"),  # the first letter is Cyrillic
        ("Omar\u200c Al-Hakimi", "Omar Al-Hakimi"),
        ("Mullah Omar Al-Hakimi", "Omar Al-Hakimi"),
        ("Sa'd Abd-al-Karim", "SAD ABDUL KARIM"),
        ("Abdulkarim", "Abd Al Karim"),
        ("Abdurrahman Saleh", "Abdul Rahman Saleh"),
        ("Straße Müller", "STRASSE MULLER"),
        ("Иван Иванов", "Ivan Ivanov"),
        ("Omar Omar Hakimi", "Omar Hakimi"),
    ],
)
def test_two_ways_to_write_a_name(one: str, other: str) -> None:
    assert person(one).words
    alike = [sorted(word.text for word in person(text).words if word.weight > 0.3) for text in (one, other)]
    assert alike[0] == alike[1]


@pytest.mark.parametrize(("one", "other"), [("Omar Hakimi", "Omar Hakim"), ("Abdullah", "Abdul Lah"), ("Dr", "Mr")])
def test_two_names(one: str, other: str) -> None:
    assert person(one).key != person(other).key


def test_a_name_without_letters_has_no_words() -> None:
    assert person("–– ''").words == firm("...").words == ()
    assert [word.text for word in person("Dr").words] == ["dr"], "a title alone is a name"


def test_names_are_bounded() -> None:
    assert len(person("word " * 1_000).words) == 1, "a word that is repeated counts once"
    assert len(person(" ".join(f"word{number}" for number in range(1_000))).words) == 24


@pytest.mark.parametrize(
    ("signs", "words"),
    [
        ("习近平", ["xi", "jin", "ping"]),
        ("김정은", ["kim", "jong", "un"]),
        ("박지성", ["pak", "ji", "song"]),
        ("バラク・オバマ", ["baraku", "obama"]),
    ],
)
def test_signs_become_syllables(signs: str, words: list[str]) -> None:
    assert [word.text for word in person(signs).words] == words


def test_signs_are_remembered_where_letters_leave_them_open() -> None:
    assert person("习近平").signs == "习近平"
    assert person("Xi Jinping").signs == person("Владимир").signs == ""


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Glasswater Trading LLC", "Glasswater Trading, Limited"),
        ("Glasswater Trading, L.L.C.", "Glasswater Trading Ltd."),
        ("Glasswater Aktiengesellschaft", "GLASSWATER AG"),
        ("Limited Liability Company Glasswater", "OOO Glasswater"),
        ("The Bank of Glasswater", "Bank Glasswater"),
        ("Glasswater & Sons", "Glasswater and Sons"),
        ("S.C. Glasswater", "SC Glasswater"),
        ("Glasswater Labour Organisation", "Glasswater Labor Organization"),
        ("Brigade Forty", "Brigade 40"),
    ],
)
def test_two_ways_to_write_a_firm(one: str, other: str) -> None:
    assert firm(one).key == firm(other).key


def test_legal_forms_of_two_kinds_differ_and_say_little() -> None:
    llc, jsc = firm("Glasswater LLC"), firm("Glasswater AG")
    assert llc.key != jsc.key
    assert [word.weight for word in llc.words] == [1.0, 0.1]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("mohammed", "muhammad"),
        ("osama", "usama"),
        ("hassan", "hasan"),
        ("yusuf", "yousef"),
        ("philip", "filip"),
        ("yyu", "yu"),
    ],
)
def test_words_of_one_sound(one: str, other: str) -> None:
    assert sound(one) == sound(other)


@pytest.mark.parametrize(("one", "other"), [("putin", "pushkin"), ("ali", "ilo"), ("omar", "umran"), ("lee", "li")])
def test_words_of_two_sounds(one: str, other: str) -> None:
    assert sound(one) != sound(other)


@pytest.mark.parametrize(
    ("letters", "latin"), [("محمود", "mahmoud"), ("بيريز", "perez"), ("דוד", "david"), ("خالد", "khaled")]
)
def test_a_script_without_vowels_leaves_the_skeleton(letters: str, latin: str) -> None:
    (word,) = person(letters).words
    assert word.abjad
    assert skeleton(word.text) == skeleton(latin)
    assert skeleton(word.text) != skeleton(latin + "rm")


def test_names_are_not_printed() -> None:
    assert "hakimi" not in repr(person("Omar Hakimi")).lower() + repr(person("Omar Hakimi").words).lower()
