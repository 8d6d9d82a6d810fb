"""The page of a report's document. The same document gives the same bytes; it holds no script and no address to load."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from importlib import resources
from typing import Any, Final

from credence.service.reputation.risk_report.page.numbers import count
from credence.service.reputation.risk_report.page.telling import FIGURES, Told
from credence.service.reputation.risk_report.words import FIGURES as WORDS

Json = Mapping[str, Any]

POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
"""What the page may load: its own style, and nothing else."""

PARTS: Final = (
    ("How right it was", ("reliability-month", "reliability-day", "tiers", "fairness")),
    ("Where accounts stand", ("scores", "flow", "segments")),
    ("What could happen", ("stress", "attacks", "links", "drift")),
)
"""Figures by part, in the order of the page."""

_BANNER: Final = {
    "simulated": "<strong>Simulated.</strong> Every account of this report is simulated. It says how the machinery"
    " behaves, and nothing of any market or person.",
    "partly simulated": "<strong>Partly simulated.</strong> Some accounts of this report are simulated: no figure of it says"
    " anything of a market or person.",
}


def page_of(document: Json) -> str:
    """The HTML of a report as :func:`..making.make_report` made it."""
    style = resources.files(__package__).joinpath("style.css").read_text(encoding="utf-8")
    title = f"Risk report, {document['venue']}, {_day(document)}"
    parts = "".join(_part(document, number, *part) for number, part in enumerate(PARTS, 1))
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{escape(title)}</title>\n<style>\n{style}</style>\n</head>\n<body>\n"
        '<a class="skip" href="#report">To the report</a>\n'
        f'{_header(document)}\n<div class="frame">\n{_contents(document)}\n<main id="report">\n'
        f"{_summary(document)}\n{parts}</main>\n</div>\n{_footer(document)}\n</body>\n</html>\n"
    )


def _header(document: Json) -> str:
    source = document["source"]
    facts = (
        ("As of", f"{document['as_of']}; nothing later is in it"),
        ("Data", f"{source['label']}: {source['words']}"),
        ("Accounts", f"{count(source['accounts'])}, {count(source['account_days'])} account-days"),
        ("Days", f"{source['first_day']} to {source['last_day']}"),
        ("Model", document["model"]),
        ("Standing", document["standing"]),
        ("Tariff", document["tariff"] or "not known to who made this report"),
    )
    told = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(str(value))}</dd></div>" for name, value in facts)
    left = source["accounts_left_out"]
    more = f'<p class="banner">{count(left)} further accounts were not read.</p>' if left else ""
    label = source["label"]
    banner = f'<p class="banner">{_BANNER[label]}</p>' if label in _BANNER else ""
    return (
        f'<header class="masthead"><p class="over">Credence &middot; risk desk</p><h1>Risk report</h1>'
        f'<p class="venue">{escape(document["venue"])}, {_day(document)}</p>{banner}{more}'
        f'<dl class="facts">{told}</dl></header>'
    )


def _contents(document: Json) -> str:
    listed = []
    for number, (title, names) in enumerate(PARTS, 1):
        inner = "".join(f'<li><a href="#{name}">{escape(WORDS[name].title)}</a></li>' for name in names)
        listed.append(f'<li><a href="#part-{number}">{escape(title)}</a><ol>{inner}</ol></li>')
    return f'<nav aria-label="Contents"><h2>Contents</h2><ol>{"".join(listed)}</ol></nav>'


def _summary(document: Json) -> str:
    events, figures = document["events"], document["figures"]
    cards = [("account-days exposed", f"{events['exposed_days']:,.0f}")]
    for name, words in (
        ("call", "hours with a call"),
        ("liquidation", "with a liquidation"),
        ("bad_debt", "with a bad debt"),
    ):
        cards.append((words, count(events[name])))
    if (scores := figures["scores"]["found"]) is not None:
        cards.append(("median score", f"{scores['median']:.0f}"))
    shown = "".join(f"<div><dt>{escape(words)}</dt><dd>{escape(value)}</dd></div>" for words, value in cards)
    links = {name: f'<a href="#{name}">{escape(WORDS[name].title)}</a>' for _, names in PARTS for name in names}
    found = {name: figures[name]["found"] for name in links if figures[name]["found"] is not None}
    notes = "".join(f"<li>{links[name]}: {escape(FIGURES[name][0](each).finding)}</li>" for name, each in found.items())
    missing = [name for name in links if name not in found]
    lacks = "".join(f"<li>{links[name]}: it takes {escape(_small(figures[name]['missing']))}</li>" for name in missing)
    without = f'<p>Not in this report, and why:</p><ul class="lacks">{lacks}</ul>' if missing else ""
    return (
        '<section aria-labelledby="summary"><h2 id="summary">At a glance</h2>'
        f'<dl class="cards">{shown}</dl><ul class="findings">{notes}</ul>{without}'
        f'<p class="note">Nothing is said of fewer than {document["least_accounts"]} accounts. Each figure says what it'
        " cannot tell: that is part of the figure.</p></section>\n"
    )


def _small(words: str) -> str:
    """A sentence within another."""
    return words[0].lower() + words[1:]


def _part(document: Json, number: int, title: str, names: tuple[str, ...]) -> str:
    inner = "".join(_section(document, name) for name in names)
    label = f"part-{number}"
    return f'<section class="part" aria-labelledby="{label}"><h2 id="{label}">{escape(title)}</h2>\n{inner}</section>\n'


def _section(document: Json, name: str) -> str:
    figure, words = document["figures"][name], WORDS[name]
    title = f"{escape(figure['title'])}{_tag(document, name)}"
    head = f'<section class="figure" aria-labelledby="{name}"><h3 id="{name}">{title}</h3>'
    if figure["found"] is None:
        return (
            f'{head}<p class="missing"><strong>Not shown.</strong> It takes: {escape(figure["missing"])}</p>'
            f"{_limit(figure)}</section>\n"
        )
    tell, draw = FIGURES[name]
    told = tell(figure["found"])
    drawn = draw(figure["found"], f"f-{name}", figure["title"], told.finding)
    return (
        f'{head}<p class="finding">{escape(told.finding)}</p><p>{escape(words.shows)}</p>'
        f'<figure>{drawn}<figcaption><span class="n"><b>n</b> {escape(told.n)}</span></figcaption></figure>'
        f"{_limit(figure)}{_table(name, figure['title'], told)}{_notes(told)}</section>\n"
    )


def _tag(document: Json, name: str) -> str:
    """What kind of figures these are, where they are not simply of what was reported."""
    label, found = document["source"]["label"], document["figures"][name]["found"]
    if found is None:
        return ""
    if name == "attacks":
        label = "simulated"
    elif name == "stress":
        given = "of a table that was given" if not found["one_sided"] else label
        label = f"scenarios, {given}"
    elif name == "links":
        label = "of a table that was given"
    return "" if label == "reported" else f' <span class="tag">{label}</span>'


def _limit(figure: Json) -> str:
    return f'<p class="limit"><strong>Cannot tell:</strong> {escape(figure["limit"])}</p>'


def _table(name: str, title: str, told: Told) -> str:
    head = "".join(f'<th scope="col">{escape(column)}</th>' for column in told.columns)
    rows = "".join(
        f'<tr><th scope="row">{escape(first)}</th>{"".join(f"<td>{escape(cell)}</td>" for cell in rest)}</tr>'
        for first, *rest in told.rows
    )
    return (
        f'<div class="scroll" role="region" aria-labelledby="{name}-c" tabindex="0"><table>'
        f'<caption id="{name}-c">Numbers of \u201c{escape(title)}\u201d</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _notes(told: Told) -> str:
    if not told.notes:
        return ""
    each = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(words)}</dd></div>" for name, words in told.notes)
    return f'<dl class="notes">{each}</dl>'


def _footer(document: Json) -> str:
    digest = document["source"]["digest"]
    return (
        "<footer><p>Made from a JSON document that has every number of this page; the same accounts give the same bytes."
        f" Accounts <code>{escape(digest[:16])}</code>, form <code>{escape(document['form'])}</code>.</p></footer>"
    )


def _day(document: Json) -> str:
    return escape(str(document["as_of"])[:10])
