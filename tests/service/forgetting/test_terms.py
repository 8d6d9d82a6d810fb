"""Is a table of retention refused that keeps too little, too much, or for good? Does every table say what it keeps?"""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from credence.service.app import tables
from credence.service.errors import Retained
from credence.service.forgetting import Kept, RetentionError, RowKind, load_retention, parse_retention, refuse_while_kept
from credence.service.forgetting.coverage import COVERAGE, Held
from credence.service.forgetting.terms import SHIPPED
from credence.service.settings import Mode

DOCUMENT = json.loads(SHIPPED.read_text())


def changed(path: str, value: object) -> dict[str, Any]:
    document = copy.deepcopy(DOCUMENT)
    *way, last = path.split("/")
    inner = document
    for name in way:
        inner = inner[name]
    inner[last] = value
    return document


def test_the_shipped_table_is_accepted() -> None:
    table = load_retention()
    assert table.term(RowKind.CASE, Mode.OBLIGED).days == 1_827
    assert table.term(RowKind.CASE, Mode.OBLIGED).basis == "amlr-77"
    assert table.key_backup_days == 7


@pytest.mark.parametrize(
    ("document", "invariant"),
    [
        (changed("terms/case/obliged/days", 1_826), "obliged-keeps-five-years"),
        (changed("terms/decision/obliged/basis", "contract"), "obliged-keeps-five-years"),
        (changed("terms/case/open/basis", "amlr-77"), "open-is-not-obliged"),
        (changed("terms/vendor-result/open/days", 366), "open-is-shorter"),
        (changed("terms/attestation/open/days", 364 + 2), "case-outlasts-attestation"),
        (changed("terms/conduct/open/days", 0), "terms-end"),
        (changed("terms/conduct/obliged/days", 3_654), "terms-end"),
        (changed("key_backup_days", 31), "key-copies-are-short"),
        (changed("key_backup_days", 0), "key-copies-are-short"),
        (changed("terms/case/open/basis", "because"), "shape"),
        (changed("terms/case/open/more", 1), "shape"),
        (changed("more", 1), "shape"),
        (changed("type", "credence/retention/2"), "shape"),
        ([], "shape"),
    ],
)
def test_a_table_that_contradicts_itself_is_refused_by_name(document: object, invariant: str) -> None:
    with pytest.raises(RetentionError) as refused:
        parse_retention(document)
    assert refused.value.invariant == invariant
    parse_retention(DOCUMENT)


@pytest.mark.parametrize(
    "document",
    [changed("terms/case/obliged/days", 3_653), changed("key_backup_days", 30), changed("terms/conduct/open/days", 1)],
)
def test_its_twin_is_accepted(document: object) -> None:
    parse_retention(document)


# --- every table ---


def test_every_table_says_what_it_keeps() -> None:
    """Fails for a table that nobody thought about: say what it holds of a person, or why it holds nothing."""
    assert set(COVERAGE) == set(tables().tables)


@pytest.mark.parametrize("name", sorted(tables().tables))
def test_a_table_is_as_it_says(name: str) -> None:
    said, table = COVERAGE[name], tables().tables[name]
    columns = set(table.columns.keys())
    own = {"retain_until", "legal_basis", "legal_hold", "held_by", "held_at"}
    if not isinstance(said, Held):
        assert len(said.reason) > 10
        assert not own & columns
    elif said.by is None:
        assert own <= columns, f"{name} has rows of its own about somebody"
        checks = {str(check.name) for check in table.constraints}
        assert {f"ck_{name}_{check}" for check in ("basis_known", "hold_known", "hold_whole")} <= checks
    else:
        other, column = said.by
        assert isinstance(COVERAGE[other], Held)
        assert COVERAGE[other].by is None, "one step, no more"  # type: ignore[union-attr]
        assert column in columns
        assert not own & columns, "one row says it for all of these"


class Keeps(Kept):
    """A row without a table."""


def test_before_its_time_and_under_a_hold_it_stays() -> None:
    now = 1_790_000_000
    row = Keeps(retain_until=now, legal_basis="amlr-77")
    refuse_while_kept(row, now)
    with pytest.raises(Retained, match="2026-09-21: Regulation"):
        refuse_while_kept(row, now - 1)
    row = Keeps(retain_until=now, legal_basis="contract", legal_hold="audit", held_by="a", held_at=1)
    with pytest.raises(Retained, match=r"legal hold \(audit\)"):
        refuse_while_kept(row, now + 1)
