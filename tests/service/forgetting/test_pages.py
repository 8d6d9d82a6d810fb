"""Is the page of retention the table that is shipped, and does it name every invariant and hold?"""

from __future__ import annotations

import re

import pytest

from credence.service.forgetting import HOLDS, RowKind, load_retention
from credence.service.settings import Mode
from tests.house.tree import ROOT

PAGE = (ROOT / "docs" / "retention.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", list(RowKind))
def test_the_page_says_what_the_table_does(kind: RowKind) -> None:
    table, (row,) = load_retention(), re.findall(rf"^\| `{kind.value}` \|.*$", PAGE, re.MULTILINE)
    terms = [table.term(kind, mode) for mode in (Mode.OPEN, Mode.OBLIGED)]
    assert [cell.strip() for cell in row.split("|")[3:5]] == [f"{term.days} `{term.basis}`" for term in terms]


def test_the_page_names_every_hold_and_how_long_a_copy_of_the_keys_is_kept() -> None:
    assert all(f"`{hold}`" in PAGE for hold in HOLDS)
    assert f"`key_backup_days` ({load_retention().key_backup_days} in the shipped table)" in PAGE


def test_the_page_names_every_invariant() -> None:
    source = (ROOT / "service/credence/service/forgetting/terms.py").read_text(encoding="utf-8")
    named = set(re.findall(r'yield "([a-z-]+)"', source)) | {"shape"}
    assert len(named) == 7
    assert all(f"| `{name}` |" in PAGE for name in named)
