"""Is a JSON object read strictly, and does no error repeat what a stranger wrote?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from credence.circuits.errors import Malformed
from credence.circuits.fields import MAX_INTEGER, Fields, canonical_json, json_digest

SECRET = "planted-canary"


def read(value: object) -> Fields:
    return Fields({"key": value}, "thing")


ACCEPTED: list[tuple[Callable[[Fields], Any], object, object]] = [
    (lambda f: f.text("key"), "a", "a"),
    (lambda f: f.text("key", empty_ok=True), "", ""),
    (lambda f: f.choice("key", "a", "b"), "b", "b"),
    (lambda f: f.integer("key"), MAX_INTEGER, MAX_INTEGER),
    (lambda f: f.scalar("key"), "123456789012345678901234567890", 123456789012345678901234567890),
    (lambda f: f.scalar("key"), 7, 7),
    (lambda f: f.binary("key", length=3), "AAEC", b"\x00\x01\x02"),
    (lambda f: f.texts("key"), ["a", "b"], ("a", "b")),
]
REFUSED: list[tuple[Callable[[Fields], Any], object]] = [
    (lambda f: f.text("key"), ""),
    (lambda f: f.text("key"), 3),
    (lambda f: f.text("key"), SECRET + "\n"),
    (lambda f: f.text("key"), "\ud800"),
    (lambda f: f.text("key", max_length=3), SECRET),
    (lambda f: f.choice("key", "a", "b"), SECRET),
    (lambda f: f.choice("key", "a", "b"), ["a"]),
    (lambda f: f.integer("key"), True),
    (lambda f: f.integer("key"), 1.0),
    (lambda f: f.integer("key"), "1"),
    (lambda f: f.integer("key"), -1),
    (lambda f: f.integer("key"), MAX_INTEGER + 1),
    (lambda f: f.integer("key", maximum=5), 6),
    (lambda f: f.scalar("key"), "007"),
    (lambda f: f.scalar("key"), "-7"),
    (lambda f: f.scalar("key"), "٧"),
    (lambda f: f.scalar("key"), "9" * 81),
    (lambda f: f.scalar("key"), True),
    (lambda f: f.binary("key"), "AA=="),
    (lambda f: f.binary("key"), "AB"),  # not canonical: the last bits are lost
    (lambda f: f.binary("key"), "A+/A"),
    (lambda f: f.binary("key", length=2), "AAEC"),
    (lambda f: f.binary("key", max_length=2), "AAEC"),
    (lambda f: f.texts("key"), ["a", "a"]),
    (lambda f: f.texts("key"), ["a", 1]),
    (lambda f: f.texts("key"), "ab"),
    (lambda f: f.texts("key", minimum=1), []),
    (lambda f: f.nested("key"), [SECRET]),
    (lambda f: f.raw_object("key"), SECRET),
]


@pytest.mark.parametrize(("getter", "value", "result"), ACCEPTED)
def test_what_is_right_is_read(getter: Callable[[Fields], Any], value: object, result: object) -> None:
    fields = read(value)
    assert getter(fields) == result
    fields.done()


@pytest.mark.parametrize(("getter", "value"), REFUSED)
def test_what_is_wrong_is_refused_without_echo(getter: Callable[[Fields], Any], value: object) -> None:
    with pytest.raises(Malformed) as caught:
        getter(read(value))
    assert SECRET not in str(caught.value)


def test_unknown_and_missing_keys_are_refused_without_echo() -> None:
    fields = Fields({"key": 1, SECRET: 2}, "thing")
    fields.integer("key")
    with pytest.raises(Malformed, match="unknown key") as caught:
        fields.done()
    assert SECRET not in str(caught.value)
    with pytest.raises(Malformed, match="has no other"):
        Fields({}, "thing").text("other")


def test_a_map_of_scalars_is_read_without_echo_of_its_names() -> None:
    assert dict(Fields({"key": {"a": "7", "b": 8}}, "thing").scalars("key")) == {"a": 7, "b": 8}
    wrong: list[object] = [{SECRET: 1.5}, {SECRET: "x"}, {str(n): n for n in range(65)}, [1]]
    for value in wrong:
        with pytest.raises(Malformed) as caught:
            read(value).scalars("key")
        assert SECRET not in str(caught.value)
        assert caught.value.__cause__ is None


def test_a_null_counts_as_absent() -> None:
    fields = Fields({"key": None}, "thing")
    assert not fields.has("key")
    fields.done()


@pytest.mark.parametrize("value", [None, [], "text", {1: 2}])
def test_only_objects_with_text_keys_are_read(value: object) -> None:
    with pytest.raises(Malformed):
        Fields(value, "thing")


def test_the_canonical_form_sorts_and_refuses_what_has_none() -> None:
    assert canonical_json({"b": 1, "a": "ä"}) == '{"a":"ä","b":1}'.encode()
    assert json_digest({"a": 1, "b": 2}) == json_digest({"b": 2, "a": 1})
    for document in ({"a": float("nan")}, {"a": object()}):
        with pytest.raises(Malformed):
            canonical_json(document)


@pytest.mark.parametrize("document", [{"\ud800": 1}, {"a": "\ud800"}, {"a": {"b\udfff": 1}}, {"a": float("nan")}])
def test_what_has_no_canonical_form_is_malformed(document: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        canonical_json(document)
