"""Does whoever is worse in one factor, or says less, never come off better, under any table that is accepted?"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from credence.circuits.policy import RISK_TIERS
from credence.service.issuer.diligence import SHIPPED, DiligenceTable, parse_table
from credence.service.issuer.diligence.factors import ORDERED, STATED, VALUES
from credence.service.issuer.evidence import Assurance, Channel, Kind, Product, SourceOfFunds, VerifiedEvidence
from tests.service.issuer.people import facts

TODAY = 20_717
DAY = 86_400
DOCUMENT: dict[str, Any] = json.loads(SHIPPED.read_text(encoding="utf-8"))
COUNTRIES = ("DE", "BR", "RU", "KP")  # of residence, from the best band to the worst
NATIONALITIES = ("DE", "BR", "IR")
WEIGHTS = [*map(str, range(6)), "99", "enhanced", "refused"]


@st.composite
def tables(draw: st.DrawFn) -> DiligenceTable:
    """Tables that are accepted: each factor's weights drawn, and put into the order that the invariants ask for."""

    def risen(count: int) -> list[str]:
        found = draw(st.lists(st.integers(0, len(WEIGHTS) - 1), min_size=count, max_size=count))
        return ["0", *(WEIGHTS[at] for at in sorted(found))]

    weights: dict[str, dict[str, str]] = {}
    for factor, values in VALUES.items():
        if factor in ("residence", "nationality"):
            low, standard = risen(1)
            weights[factor] = {"low": low, "standard": standard, "enhanced": "enhanced", "refused": "refused"}
            if standard == "refused":
                weights[factor] |= {"enhanced": "refused"}
        elif factor == "pep":
            weights[factor] = {"no": "0", "yes": draw(st.sampled_from(("enhanced", "refused")))}
        elif factor in ORDERED:
            weights[factor] = dict(zip(values, risen(len(values) - 1), strict=True))
        else:  # in any order, and silence last
            found = risen(len(values) - 1)
            order = draw(st.permutations(found[:-1])) if factor in STATED else draw(st.permutations(found))
            weights[factor] = dict(zip(values, [*order, found[-1]] if factor in STATED else order, strict=True))
    ages = risen(4)
    steps = [{"days": days, "weight": weight} for days, weight in zip((30, 365, 1826), ages, strict=False)]
    standard = draw(st.integers(1, 20))
    return parse_table(
        {
            **DOCUMENT,
            "weights": weights,
            "evidence_age": {"up_to_days": steps, "older": ages[3], "unknown": ages[4]},
            "points": {"standard_from": standard, "enhanced_from": draw(st.integers(standard + 1, 40))},
            "ends_with": draw(st.sampled_from(("tier", "document"))),
        }
    )


PEOPLE = st.builds(
    facts,
    residence=st.sampled_from(COUNTRIES),
    nationalities=st.sampled_from([(code,) for code in NATIONALITIES]),
    product=st.sampled_from([None, *Product]),
    channel=st.sampled_from([None, *Channel]),
    source_of_funds=st.sampled_from([None, *SourceOfFunds]),
    verified_at=st.one_of(st.none(), st.integers(TODAY - 3_000, TODAY).map(lambda day: day * DAY)),
    assurance=st.sampled_from(Assurance),
    pep=st.booleans(),
    birth_date=st.sampled_from((date(1990, 1, 1), date(2008, 9, 21))),
    document_until=st.integers(30, 2_000).map(lambda left: date(1970, 1, 1) + timedelta(days=TODAY + left)),
)


def worsened(person: VerifiedEvidence) -> dict[str, VerifiedEvidence]:
    """The same person, a step worse in one factor each, or with one thing left unsaid."""
    found: dict[str, dict[str, Any]] = {
        "pep": {"pep": True},
        "age": {"birth_date": date(2008, 9, 22)},
        "age unknown": {"verified_at": None},
        "product": {"product": None},
        "channel": {"channel": None},
        "funds": {"source_of_funds": None},
        "one more nationality": {"nationalities": tuple({*person.nationalities, "IR"})},
        "residence": {"residence": COUNTRIES[min(COUNTRIES.index(person.residence) + 1, 3)]},
        "assurance": {"assurance": list(Assurance)[max(list(Assurance).index(person.assurance) - 1, 0)]},
    }
    if person.document_until is not None:
        found["document"] = {"document_until": person.document_until - timedelta(days=29)}
    if person.verified_at is not None:
        found["older"] = {"verified_at": person.verified_at - 300 * DAY}
    return {name: replace(person, **changes) for name, changes in found.items()}


def badness(table: DiligenceTable, person: VerifiedEvidence) -> tuple[int, ...]:
    """Refusal and tier, level, validity, watching: in each a greater number is worse."""
    found = table.assess(person, TODAY)
    if found.risk_tier is None or found.kyc_level is None or found.monitoring is None:
        return (9,) * 5
    steps = ("light", "regular", "close")
    return (
        RISK_TIERS.index(found.risk_tier),
        -found.kyc_level,
        -table.expiry_epoch(found.risk_tier, TODAY, person.document_until),
        steps.index(found.monitoring.intensity),
        -found.monitoring.review_days,
    )


@given(table=tables(), person=PEOPLE)
def test_worse_is_never_better(table: DiligenceTable, person: VerifiedEvidence) -> None:
    before = badness(table, person)
    for name, other in worsened(person).items():
        after = badness(table, other)
        assert all(worse >= better for better, worse in zip(before, after, strict=True)), name


@given(person=PEOPLE)
def test_the_shipped_table_tells_persons_apart(person: VerifiedEvidence) -> None:
    """The twin of the test above: it would hold for a table under which everybody is alike."""
    table = parse_table(DOCUMENT)
    best = facts(kind=Kind.NATURAL)
    assert table.assess(best, TODAY).risk_tier == "low"
    if person.pep:
        assert table.assess(person, TODAY).risk_tier in ("enhanced", None)
