"""Has every kind of problem its page, and do the pages say what the service says?"""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest

from credence.service.problems import EVERY, PAGES, ROWS, Page, Problem, Retry
from tests.house.tree import ROOT

AGAIN = "run .venv/bin/python .ci/problem_pages.py"
MAKER = runpy.run_path(str(ROOT / ".ci" / "problem_pages.py"), run_name="maker")
FOLDER = ROOT / "docs" / "problems"


def test_every_row_has_a_page_and_every_page_a_row() -> None:
    slugs = [row.slug for row in EVERY]
    assert len(slugs) == len(set(slugs))
    assert {row.slug for row in ROWS.values()} <= set(slugs)
    missing, lost = set(slugs) - set(PAGES), set(PAGES) - set(slugs)
    assert not missing, f"problems/catalogue.py says nothing of {', '.join(missing)}"
    assert not lost, f"problems/catalogue.py speaks of {', '.join(lost)}, which no row of problems/table.py is"


@pytest.mark.parametrize("row", EVERY, ids=lambda row: row.slug)
def test_page_says_what_to_do_and_whether_to_ask_again(row: Problem) -> None:
    page: Page = PAGES[row.slug]
    assert page.meaning.endswith(".")
    assert page.remedy
    assert all(step.endswith(".") for step in page.remedy)
    if row.slug in ("rate-limited", "overloaded"):
        assert page.retry is Retry.LATER, "nothing was done: it may be sent again"
    elif row.status >= 500:
        assert page.retry is Retry.SAME_KEY, "it may have been done: only what can be repeated may be sent again"
    else:
        assert page.retry is Retry.NO or row.slug == "idempotency-in-progress"


def test_pages_are_those_that_the_catalogue_makes() -> None:
    made: dict[str, str] = MAKER["pages"]()
    found = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*")}
    assert found == made, AGAIN


def test_pages_that_are_nobody_s_any_more_go(tmp_path: Path) -> None:
    (tmp_path / "gone.md").write_text("a kind that was")
    MAKER["main"](tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {path.name for path in FOLDER.iterdir()}


def test_the_proxy_answers_with_kinds_that_have_pages() -> None:
    """What nginx answers by itself is a problem of the table, word for word."""
    text = (ROOT / "service" / "deploy" / "nginx.conf").read_text(encoding="utf-8")
    answers = re.findall(r"return (\d+) '\{\"type\": \"([^\"]+)\", \"title\": \"([^\"]+)\", \"status\": (\d+), ", text)
    assert len(answers) == text.count("/problems/") == 7
    rows = {(row.type, row.title, row.status) for row in EVERY}
    for status, kind, title, said in answers:
        assert status == said
        assert (kind, title, int(status)) in rows
