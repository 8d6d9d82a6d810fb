"""Are facts facts, and do they stay where they are?"""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

from credence.service.issuer.evidence import (
    Document,
    EvidenceRefused,
    Kind,
    Reference,
    Refusal,
    country_codes,
    is_country,
)
from tests.service.issuer.people import facts


def test_facts_are_never_printed_or_stored() -> None:
    evidence = facts()
    for shown in (repr(evidence), str(evidence), f"{evidence}", repr([evidence.document])):
        assert "withheld" in shown
        assert not any(word in shown for word in ("Zo", "Marchetti", "1990", "YA1234567", "IT"))
    for leak in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="is not to be stored"):
            leak(evidence)


@pytest.mark.parametrize(
    "typed", ["YA1234567", "ya 123 4567", "YA-1234567", "YA 1234567", "ＹＡ１２３４５６７", "Y.A/1234567"]
)
def test_one_document_has_one_number(typed: str) -> None:
    assert Document("IT", "passport", typed).canonical_number == "YA1234567"


@pytest.mark.parametrize(
    "document",
    [
        ("", "passport", "1"),
        ("it", "passport", "1"),
        ("ITA", "passport", "1"),
        ("IT", "Passport", "1"),
        ("IT", "passport", ""),
        ("IT", "passport", " - "),
        ("IT", "passport", "1\n"),
        ("IT", "passport", "1" * 65),
    ],
)
def test_a_document_that_is_none(document: tuple[str, str, str]) -> None:
    Document("IT", "passport", "1")
    with pytest.raises(EvidenceRefused) as caught:
        Document(*document)
    assert caught.value.refusal is Refusal.INCOMPLETE


@pytest.mark.parametrize(
    "changes",
    [
        {"given_name": "", "family_name": ""},
        {"given_name": "42"},
        {"given_name": "Zo\të"},
        {"given_name": "Zo\u2028ë"},
        {"given_name": "Zo\ue000"},
        {"given_name": "Zo\ud800"},
        {"family_name": "x" * 201},
        {"nationalities": ("EU",)},
        {"nationalities": ()},
        {"nationalities": ("IT", "IT")},
        {"nationalities": ("AT", "BE", "CY", "CZ", "DE", "DK", "EE", "ES", "FI")},
        {"residence": "de"},
        {"kind": Kind.LEGAL},
    ],
)
def test_a_fact_that_is_none(changes: dict[str, Any]) -> None:
    facts()
    facts(kind=Kind.LEGAL, given_name="")
    with pytest.raises(EvidenceRefused):
        facts(**changes)


@pytest.mark.parametrize("reference", ["", "Zoë", "a b", "-1", "x" * 129])
def test_a_reference_is_no_text(reference: str) -> None:
    Reference("vendor.example", "A-1:b.c_d")
    with pytest.raises(EvidenceRefused):
        Reference("vendor.example", reference)


def test_names_come_in_any_split() -> None:
    assert facts(given_name="Zoë Marchetti", family_name="").full_name == facts().full_name
    assert facts(given_name="", family_name="Suharto").full_name == "Suharto"


@pytest.mark.parametrize(
    "name", ["अनन्\u200dत", "نعمت\u200cالله", "O’Brien", "Nguyễn", "Jean-Luc", "M. A. de la Cruz", "李", "ʻOkina"]
)
def test_names_are_written_in_many_ways(name: str) -> None:
    assert facts(given_name=name).given_name == name


def test_countries_are_those_of_the_schema() -> None:
    codes = country_codes()
    assert len(codes) == 249
    assert all(4 <= number <= 894 for number in codes.values())
    assert codes["DE"] == 276
    assert is_country("DE")
    assert not any(is_country(value) for value in ("de", "DEU", "", None, 276, "EU", "UK"))
