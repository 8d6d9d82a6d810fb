"""Does the page say what the document says, load nothing, and have colours that can be told apart?"""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from importlib import resources
from itertools import pairwise
from typing import Any, Final

import pytest

from credence.service.reputation.risk_report.making import Beside, make_report, written
from credence.service.reputation.risk_report.page.desk_charts import clear_of
from credence.service.reputation.risk_report.page.drawing import signed, spread, ticks
from credence.service.reputation.risk_report.page.telling import FIGURES
from credence.service.reputation.risk_report.page.whole import PARTS, page_of
from credence.service.reputation.risk_report.words import FIGURES as WORDS
from tests.service.reputation.risk_report.people import ATTACKS, LINKS, calm, crowd, gathered

EMPTY: Final = {"meta", "line", "rect", "circle", "path", "br"}


class Outline(HTMLParser):
    """What a page is made of; fails for one that is not well formed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(page)
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in EMPTY:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return make_report(crowd(60), "venue.example", Beside(ATTACKS, links=LINKS, insurance=1e6))


@pytest.fixture(scope="module")
def outline(document: dict[str, Any]) -> Outline:
    return Outline(page_of(document))


def test_every_figure_has_a_drawing_with_words_a_table_its_n_and_its_limit(
    document: dict[str, Any], outline: Outline
) -> None:
    assert {name for _, names in PARTS for name in names} == set(WORDS) == set(FIGURES) == set(document["figures"])
    assert all(figure["found"] is not None for figure in document["figures"].values())
    ids = {attrs.get("id") for _, attrs in outline.tags}
    drawn = [attrs for tag, attrs in outline.tags if tag == "svg"]
    assert len(drawn) == len(WORDS)
    for attrs in drawn:
        assert attrs["role"] == "img"
        assert set((attrs["aria-labelledby"] or "").split()) <= ids
    assert sum(tag == "caption" for tag, _ in outline.tags) == len(WORDS)
    text = "".join(outline.words)
    for name, figure in document["figures"].items():
        assert figure["limit"] in text
        told = FIGURES[name][0](figure["found"])
        assert told.n in text
        assert all(cell in text for each in told.rows for cell in each)
        assert all(len(each) == len(told.columns) for each in told.rows)


def test_scenarios_of_few_are_in_no_table_and_no_drawing(document: dict[str, Any]) -> None:
    found = json.loads(json.dumps(document["figures"]["stress"]["found"]))
    telling, drawing = FIGURES["stress"]
    names = ("accounts_liquidated", "closed_usd", "bad_debt_usd", "insurance_used", "worst_move")
    shown = len(telling(found).rows)
    one = next(row for row in found["scenarios"] if row["accounts_liquidated"] is not None)
    for count, rows in ((1, [one]), (None, found["scenarios"])):
        for row in rows:
            row.update(dict.fromkeys(names))
        told = telling(found)
        assert len(told.rows) == (0 if count is None else shown - count)
        assert told.n.endswith(f"scenarios withheld: {len(found['scenarios']) - len(told.rows)}")
        assert "None" not in drawing(found, "n", "t", told.finding)


def test_it_loads_and_runs_nothing(document: dict[str, Any], outline: Outline) -> None:
    page = page_of(document)
    assert not re.search(r"<script|https?:|\bsrc=|@import|url\(|javascript:| on\w+=", page)
    targets = [attrs["href"] or "" for tag, attrs in outline.tags if tag == "a"]
    ids = [attrs["id"] for _, attrs in outline.tags if "id" in attrs]
    assert {target[1:] for target in targets} <= set(ids)
    assert len(ids) == len(set(ids))
    assert all(target.startswith("#") for target in targets)


def test_the_document_that_was_kept_gives_the_same_page(document: dict[str, Any]) -> None:
    assert page_of(json.loads(written(document))) == page_of(document)


def test_a_strangers_words_are_shown_and_not_obeyed() -> None:
    page = page_of(make_report(gathered([calm(3)] * 20), "<b>&venue"))
    assert "<b>&venue" not in page
    assert "&lt;b&gt;&amp;venue" in page


@pytest.mark.parametrize(("simulated", "label"), [(0, "reported"), (3, "partly simulated"), (60, "simulated")])
def test_what_is_simulated_says_so_wherever_it_stands(simulated: int, label: str) -> None:
    found = make_report(crowd(simulated), "v", Beside(ATTACKS, links=LINKS))
    assert found["source"]["label"] == label
    page = page_of(found)
    tags = re.findall(r'<h3 id="([a-z-]+)">[^<]*<span class="tag">([^<]*)</span>', page)
    named = dict(tags)
    assert named.pop("attacks") == "simulated", "whatever the accounts are"
    assert named.pop("stress") == f"scenarios, {label}"
    assert named.pop("links") == "of a table that was given"
    assert set(named) == (set() if label == "reported" else set(WORDS) - {"attacks", "stress", "links"})
    assert set(named.values()) <= {label}
    assert ("banner" in page.split("</style>")[1]) == (label != "reported")


def test_a_figure_that_is_missing_says_what_it_takes() -> None:
    page = page_of(make_report(gathered([calm(3)] * 20), "v"))
    assert page.count('class="missing"') >= 8
    assert 'class="tag"' not in page, "what is not there is of no kind"
    assert "A table of transfers (--transfers)" in page
    assert "Linked wallets</a>: it takes a table of transfers (--transfers)" in page, "at a glance too"


# --- colours ---


def schemes() -> dict[str, dict[str, str]]:
    style = resources.files("credence.service.reputation.risk_report.page").joinpath("style.css").read_text("utf-8")
    roots = re.findall(r":root \{(.*?)\}", style, re.DOTALL)
    found = [dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{3,6})", root)) for root in roots]
    return dict(zip(("light", "dark", "print"), found, strict=True))


def contrast(one: str, other: str) -> float:
    """WCAG 2.2, relative luminance."""
    levels = []
    for colour in (one, other):
        wide = colour[1:] if len(colour) == 7 else "".join(2 * each for each in colour[1:])
        parts = [int(wide[place : place + 2], 16) / 255 for place in (0, 2, 4)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        levels.append(sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True)))
    low, high = sorted(levels)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark", "print"])
def test_words_and_marks_stand_out(scheme: str) -> None:
    colours = schemes()[scheme]
    for words in ("ink", "soft", "warn", "link"):
        assert contrast(colours[words], colours["paper"]) >= 4.5, words
    assert contrast(colours["ink"], colours["warn-pale"]) >= 4.5
    assert contrast(colours["ink"], colours["same"]) >= 4.5
    for ground in ("accent", "warn"):
        assert contrast(colours["paper"], colours[ground]) >= 4.5, "words on a band"
    for mark in ("accent", "pale", "warn", "soft"):
        assert contrast(colours[mark], colours["paper"]) >= 3.0, mark


# --- drawing ---


def test_a_name_is_written_over_no_circle() -> None:
    alone = [((100.0, 50.0), 20.0)]
    assert clear_of(alone, 0, 50.0, 40.0, leftward=False) == 130.0
    assert clear_of(alone, 0, 50.0, 10.0, leftward=True) == 70.0
    beside = [*alone, ((140.0, 60.0), 15.0)]
    assert clear_of(beside, 0, 50.0, 40.0, leftward=False) == 165.0, "beyond the other"
    assert clear_of(beside, 0, 20.0, 40.0, leftward=False) == 130.0, "the other is lower"
    assert clear_of([*alone, ((300.0, 50.0), 15.0)], 0, 50.0, 40.0, leftward=False) == 130.0, "there is room before it"
    crowded = [*alone, *(((float(place), 50.0), 15.0) for place in range(140, 520, 20))]
    assert clear_of(crowded, 0, 50.0, 400.0, leftward=False) == 130.0, "no room on the sheet"


def test_scales_have_round_numbers_and_labels_keep_apart() -> None:
    assert ticks(0.3) == [0.0, 0.1, 0.2, 0.3]
    assert ticks(0) == [0.0, 1.0]
    assert ticks(130)[-1] >= 130
    assert (signed(-9), signed(0), signed(99)) == (-1.0, 0.0, 2.0)
    found = spread([50.0, 51.0, 52.0, 90.0], 10, 0, 100)
    assert found == sorted(found)
    assert min(other - one for one, other in pairwise(found)) >= 10
    assert spread([99.0, 99.0], 10, 0, 100) == [90.0, 100.0]
