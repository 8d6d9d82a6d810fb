"""Would the search for what a person left behind find it, in whatever form? Otherwise nothing found would mean nothing."""

from __future__ import annotations

import base64
import json
import unicodedata
import zlib
from urllib.parse import quote

import pytest

from tests.service.needles import SHORTEST, Search, needles
from tests.soak.planted import STRINGS

FORMS = {
    "as it is": lambda text: text.encode(),
    "folded": lambda text: text.casefold().encode(),
    "upper": lambda text: text.upper().encode(),
    "decomposed": lambda text: unicodedata.normalize("NFD", text).encode(),
    "JSON": lambda text: json.dumps({"name": text}).encode(),
    "UTF-16": lambda text: text.encode("utf-16-le"),
    "UTF-16 backwards": lambda text: text.encode("utf-16-be"),
    "hex": lambda text: text.encode().hex().encode(),
    "percent": lambda text: quote(text, safe="").encode(),
    "base64": lambda text: base64.b64encode(text.encode()),
    "base64, shifted by one": lambda text: base64.b64encode(b"{" + text.encode() + b"}}}"),
    "base64, shifted by two": lambda text: base64.urlsafe_b64encode(b"{{" + text.encode() + b"}}}"),
}


def found(text: str, content: bytes) -> bool:
    return any(needle in content for needle in needles([text]))


@pytest.mark.parametrize("form", FORMS)
def test_a_planted_string_is_found(form: str) -> None:
    for text in STRINGS:
        assert found(text, b"\x00before" + FORMS[form](text) + b"after\x00"), text


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("Ada Planted", "Planted Ada"),
        ("Ada Planted", "PLANTED, ADA"),
        ("1983-07-29", "29.07.1983"),
        ("1983-07-29", "19830729"),
        ("QX77-ZZ 90431K", "qx77zz90431k"),
        ("Öxnadalsheiðar", "Oxnadalsheidar"),
    ],
)
def test_another_spelling_is_found(text: str, written: str) -> None:
    assert found(text, written.encode())


NOISE = b"".join(zlib.crc32(number.to_bytes(4, "big")).to_bytes(4, "big") for number in range(20_000))


@pytest.mark.parametrize("piece", [64, 1 << 22])
def test_the_quick_search_finds_what_the_plain_one_does(piece: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """At every alignment, across the ends of pieces, at the beginning and at the end."""
    monkeypatch.setattr("tests.service.needles._PIECE", piece)
    wanted = sorted(needles(STRINGS[:6]))
    search = Search(wanted)
    for number, needle in enumerate(wanted):
        at = number % 131
        content = NOISE[:at] + needle + NOISE[at : at + number % 7]
        assert search.hits(content) == {other for other in wanted if other in content}
    assert search.hits(b"") == set()


def test_nothing_is_found_where_nothing_is() -> None:
    assert not Search(needles(STRINGS)).hits(NOISE)
    assert min(map(len, needles(STRINGS))) >= SHORTEST
    assert len(set(STRINGS)) == 40
