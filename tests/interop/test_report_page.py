"""Is the risk desk's report read without scripts, in light and dark and on a phone, and does axe find nothing in it?

Chromium opens the file that the code writes. With scripts switched off for looking; axe is a script, so it gets a context
of its own, and only the test's own script runs there.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from credence.service.reputation.risk_report.making import Beside, make_report
from credence.service.reputation.risk_report.page.whole import page_of
from credence.service.reputation.risk_report.words import FIGURES
from tests.conftest import ROOT
from tests.service.reputation.risk_report.people import ATTACKS, LINKS, calm, crowd, gathered

pytestmark = pytest.mark.interop

AXE: Final = ROOT / "node_modules" / "axe-core" / "axe.min.js"
WIDE, PHONE = {"width": 1200, "height": 900}, {"width": 390, "height": 844}
RULES: Final = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Chromium as it is installed here."""
    path = next((found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None)
    if path is None:
        pytest.skip("chromium is not installed: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield launched
        launched.close()


@pytest.fixture(scope="module", params=["whole", "sparse"])
def page(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a report with every figure, and of one that lacks most."""
    if request.param == "whole":
        document = make_report(crowd(60), "venue.example", Beside(ATTACKS, links=LINKS, insurance=1e6))
    else:
        document = make_report(gathered([calm(3)] * 20), "venue.example")
    path: Path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(page_of(document), encoding="utf-8")
    return path.as_uri()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_it_is_read_without_scripts_and_loads_nothing(browser: Any, page: str, scheme: str, size: dict[str, int]) -> None:
    context = browser.new_context(java_script_enabled=False, color_scheme=scheme, viewport=size)
    try:
        tab = context.new_page()
        asked: list[str] = []
        tab.on("request", lambda request: asked.append(request.url))
        tab.goto(page)
        assert asked == [page]
        assert tab.get_by_role("heading", level=1).inner_text() == "Risk report"
        assert tab.get_by_role("heading", level=3).count() == len(FIGURES)
        for drawing in tab.get_by_role("img").all():
            assert drawing.is_visible()
            assert (drawing.bounding_box() or {})["width"] <= size["width"]
        assert all(table.is_visible() for table in tab.get_by_role("table").all())
    finally:
        context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_axe_finds_nothing(browser: Any, page: str, scheme: str, size: dict[str, int]) -> None:
    if not AXE.is_file():
        pytest.skip("the packages of package.json are not installed; `make interop` does it")
    context = browser.new_context(bypass_csp=True, color_scheme=scheme, viewport=size)
    try:
        tab = context.new_page()
        tab.goto(page)
        tab.evaluate(AXE.read_text(encoding="utf-8"))
        found = tab.evaluate("rules => axe.run(document, rules)", RULES)
        assert [(each["id"], [node["target"] for node in each["nodes"]]) for each in found["violations"]] == []
        assert len(found["passes"]) > 20
        assert tab.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), "nothing is wider than the page"
    finally:
        context.close()


def test_what_moves_is_reached_by_keyboard(browser: Any, page: str) -> None:
    context = browser.new_context(java_script_enabled=False, viewport=PHONE)
    try:
        tab = context.new_page()
        tab.goto(page)
        tab.keyboard.press("Tab")
        assert tab.locator(":focus").inner_text() == "To the report"
        assert tab.locator(".scroll:not([tabindex='0'])").count() == 0
    finally:
        context.close()
