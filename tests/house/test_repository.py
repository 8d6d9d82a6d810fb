"""Does the repository speak of the project alone, and can every page of it be found?"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.house.tree import PORTIONS, ROOT, relative, repository_files

# Written in pieces, so that this file does not find itself.
MACHINE = re.compile(r"(?<![\w./~-])/(?:" + "|".join(("work", "root", "tmp", "home", "Users", "opt", "mnt")) + r")/[\w.]")
HOSTS = tuple(".".join(pieces) for pieces in (("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("npmjs", "com")))
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
TEXT = [path for path in repository_files() if path.suffix not in {".png", ".der", ".ico", ".woff2"}]


def test_files_name_no_machine_and_no_registry() -> None:
    assert len(TEXT) > 1_000
    found = [
        f"{relative(path)}: {line.strip()[:120]}"
        for path in TEXT
        for line in path.read_text(encoding="utf-8").splitlines()
        if MACHINE.search(line) or any(host in line for host in HOSTS)
    ]
    assert not found


@pytest.mark.parametrize("name", ["requirements.lock", "package-lock.json"])
def test_lock_carries_hashes_and_no_address(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert "://" not in text
    assert '"resolved"' not in text
    assert " @ " not in text


def test_every_locked_package_has_a_hash() -> None:
    entries = re.split(r"\n(?=\S)", (ROOT / "requirements.lock").read_text(encoding="utf-8").strip())
    assert len(entries) > 40
    bare = [entry for entry in entries if "==" not in entry or "--hash=sha256:" not in entry]
    assert not bare
    packages = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    assert not [name for name, package in packages.items() if name and "integrity" not in package]


@pytest.mark.parametrize("portion", PORTIONS)
def test_portion_is_part_of_a_typed_namespace(portion: str) -> None:
    namespace = ROOT / portion / "credence"
    assert not (namespace / "__init__.py").exists(), "an __init__.py here would hide the other two portions"
    assert not (ROOT / portion / "__init__.py").exists()
    assert (namespace / portion / "__init__.py").is_file()
    assert (namespace / portion / "py.typed").is_file()


def linked(page: Path) -> set[Path]:
    """The files a page links to; addresses elsewhere and anchors left out."""
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.S)
    targets = (
        target.split("#")[0] for target in LINK.findall(text) if "://" not in target and not target.startswith("mailto:")
    )
    return {(page.parent / target).resolve() for target in targets if target}


PAGES = [path for path in repository_files() if path.suffix == ".md" and "node_modules" not in path.parts]


def test_links_lead_somewhere() -> None:
    missing = [f"{relative(page)}: {target}" for page in PAGES for target in sorted(linked(page)) if not target.exists()]
    assert not missing


def test_every_docs_page_is_reachable_from_the_index() -> None:
    index = ROOT / "docs" / "index.md"
    reached: set[Path] = set()
    waiting = {index}
    while waiting:
        page = waiting.pop()
        reached.add(page)
        waiting |= {target for target in linked(page) if target.suffix == ".md" and target.is_file()} - reached
    lost = [relative(page) for page in PAGES if relative(page).startswith("docs/") and page not in reached]
    assert not lost, f"no path leads from docs/index.md to {', '.join(lost)}"
