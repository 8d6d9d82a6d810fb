"""Write docs/problems from the catalogue that the service serves: one page for each kind of problem, and a list of them."""

from __future__ import annotations

import sys
from pathlib import Path

from credence.service.problems.catalogue import PAGES, Page
from credence.service.problems.table import EVERY, Problem

MADE = "<!-- Made by .ci/problem_pages.py from problems/catalogue.py: change that. -->"


def pages() -> dict[str, str]:
    """File name to text, of every file in docs/problems."""
    rows = sorted(EVERY, key=lambda row: (row.status, row.slug))
    return {"index.md": _index(rows)} | {f"{row.slug}.md": _page(row, PAGES[row.slug]) for row in rows}


def _page(row: Problem, page: Page) -> str:
    steps = "\n".join(f"- {step}" for step in page.remedy)
    return f"""{MADE}
# {row.title}

`{row.type}` · status {row.status} · [all problems](index.md)

{page.meaning}

## What to do

{steps}

## Whether to send it again

{page.retry.words}
"""


def _index(rows: list[Problem]) -> str:
    lines = "\n".join(
        f"| {row.status} | [`{row.slug}`]({row.slug}.md) | {row.title} | {PAGES[row.slug].retry.value} |" for row in rows
    )
    return f"""{MADE}
# Problems

Every error is `application/problem+json` (RFC 9457). `type` leads to the page of its kind, here and at the service itself
(`GET /problems/bad-nonce`); `request_id` is what the operator finds in the log. Nothing that was sent is repeated in it.

| status | type | title | send it again |
|---|---|---|---|
{lines}

`no`: change the request. `later`: after `Retry-After`, as it is. `same-key`: with the same `Idempotency-Key`, or if it
changes nothing.
"""


def main(folder: Path) -> None:
    """Write every page into ``folder``, and remove those that are no kind's any more."""
    folder.mkdir(exist_ok=True)
    made = pages()
    for name, text in made.items():
        (folder / name).write_text(text, encoding="utf-8")
    for path in folder.glob("*.md"):
        if path.name not in made:
            path.unlink()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent.parent / "docs" / "problems")
