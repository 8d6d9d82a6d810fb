"""``credence issuer screen`` and ``screen-eval``: a table of persons against lists, and how good that is.

No name is printed: a row is told by its number.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from credence.service.cli.exits import BadUsage
from credence.service.cli.options import AsJson, DataDir
from credence.service.cli.output import note, print_facts, print_json, print_table
from credence.service.cli.progress import progress

if TYPE_CHECKING:
    from credence.service.screening.evaluation import LabelledPair, Searching
    from credence.service.screening.lists import SanctionsList
    from credence.service.screening.searching import ScreeningIndex

OWN: Final = "credence"
LOGIC_V2: Final = "logic-v2"
"""Matchers by the names that these commands call them by."""

Lists = Annotated[
    list[str] | None,
    typer.Option("--list", metavar="NAME=FILE", help="A list to search, as often as needed; default: the installation's."),
]

Matcher = Annotated[
    str,
    typer.Option("--matcher", metavar="NAME", help="credence, or logic-v2 where nomenklatura is installed (extra logic)."),
]


def screen(
    file: Annotated[Path, typer.Argument(metavar="FILE.csv", help="Persons: full_name, date_of_birth, nationality.")],
    lists: Lists = None,
    matcher: Matcher = OWN,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Screen every row of a table. Rows are told by their number, entries by their id; no name is repeated."""
    from credence.service.adapters.screening_files import read_subjects
    from credence.service.screening.results import Band
    from credence.service.screening.searching import ScreeningIndex

    read = _read(lists, data_dir)
    with progress() as tell:
        subjects = list(read_subjects(file))
        index, _, name = _matching(matcher, ScreeningIndex(read))
        rows: list[dict[str, Any]] = []
        for number, subject in enumerate(subjects, 1):
            found = index.search(subject)
            rows.append({"row": number, "band": found.band.value, "matches": [match.to_json() for match in found.matches]})
            tell("screening", number, len(subjects))
    counts = Counter(row["band"] for row in rows)
    bands = {band.value: counts[band.value] for band in Band}
    if as_json:
        searched = [found.version.to_json() for found in read]
        print_json({"matcher": name, "lists": searched, "counts": bands, "rows": rows})
        return
    shown = (
        (
            str(row["row"]),
            row["band"],
            f"{match['list']} {match['entry_id']}",
            str(match["score"]),
            " ".join(match["reasons"]),
        )
        for row in rows
        for match in row["matches"]
    )
    print_table(("row", "band", "entry", "score", "reasons"), shown)
    note(f"{len(rows)} rows: {', '.join(f'{count} {band}' for band, count in bands.items())}")


def screen_eval(
    pairs: Annotated[Path, typer.Option("--pairs", metavar="FILE", help="Labelled pairs of names.")],
    positives: Annotated[Path, typer.Option("--positives", metavar="FILE", help="Listed persons, however written.")],
    negatives: Annotated[Path, typer.Option("--negatives", metavar="FILE", help="Persons who are on no list.")],
    lists: Lists = None,
    cross_script: Annotated[
        Path | None, typer.Option("--cross-script", metavar="FILE", help="Pairs of one person's names in two scripts.")
    ] = None,
    matcher: Matcher = OWN,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Measure the matcher. A pair is found if the names alone would be looked at; a person, if the band is not clear."""
    from credence.service.adapters.screening_files import read_pairs, read_positive_pairs, read_subjects
    from credence.service.screening.evaluation import judge_pairs, percentile, search_all, strong_table
    from credence.service.screening.searching import ScreeningIndex

    labelled, listed, others = list(read_pairs(pairs)), list(read_subjects(positives)), list(read_subjects(negatives))
    read = _read(lists, data_dir)
    index, same, name = _matching(matcher, ScreeningIndex(read))
    with progress() as tell:
        tell("measuring", 0, 2)
        found = search_all(index, listed, perf_counter)
        tell("measuring", 1, 2)
        wrongly = search_all(index, others, perf_counter)
        tell("measuring", 2, 2)
    shares = judge_pairs(labelled, same)
    seconds = [*found.seconds, *wrongly.seconds]
    strong = strong_table(labelled, same)
    table: dict[str, Any] = {
        "strong": strong,
        "precision": round(shares.precision, 4),
        "recall_pairs": round(shares.recall, 4),
        "f1": round(shares.f1, 4),
        "recall": round(len(found.flagged) / len(listed), 4) if listed else 1.0,
        "false_positives": len(wrongly.flagged),
        "p50_ms": round(1_000 * percentile(seconds, 0.50), 3),
        "p99_ms": round(1_000 * percentile(seconds, 0.99), 3),
        "n": {"pairs": len(labelled), "positives": len(listed), "negatives": len(others)},
        "missed_rows": sorted({*range(1, len(listed) + 1)} - {number + 1 for number in found.flagged}),
        "false_positive_rows": [number + 1 for number in wrongly.flagged],
    }
    if cross_script is not None:
        across = list(read_positive_pairs(cross_script))
        table["cross_script_recall"] = round(judge_pairs(across, same).recall, 4)
        table["n"]["cross_script"] = len(across)
    table |= {"matcher": name, "lists": [found.version.to_json() for found in read]}
    if as_json:
        print_json(table)
        return
    _show(table)


def _matching(matcher: str, index: ScreeningIndex) -> tuple[Searching, Callable[[LabelledPair], bool], str]:
    """What searches the lists, what decides a pair, and what that is called. Raises :class:`BadUsage`, and
    :class:`~credence.service.errors.Misconfigured` where a matcher is not installed."""
    from credence.service.screening.evaluation import is_same
    from credence.service.screening.results import MATCHER

    if matcher == OWN:
        return index, is_same, MATCHER
    if matcher != LOGIC_V2:
        raise BadUsage(f"--matcher is {OWN} or {LOGIC_V2}")
    from credence.service.screening.logic_v2 import LogicV2Index

    other = LogicV2Index(index)
    return other, other.matcher.is_same, other.matcher.name


def _show(table: dict[str, Any]) -> None:
    counts, strong = table["n"], table["strong"]
    facts = {
        "strong pairs": f"{strong['wrong']} wrong of {strong['persons']['n'] + strong['organisations']['n']}"
        f" ({strong['persons']['n']} of persons)",
        "pairs": f"{counts['pairs']}: precision {table['precision']:.3f}, recall {table['recall_pairs']:.3f},"
        f" F1 {table['f1']:.3f}",
        "listed persons": f"{counts['positives']}: recall {table['recall']:.4f}",
        "other persons": f"{counts['negatives']}: {table['false_positives']} found wrongly",
        "time of a search": f"p50 {table['p50_ms']} ms, p99 {table['p99_ms']} ms",
        "matcher": table["matcher"],
    }
    if "cross_script_recall" in table:
        facts["across scripts"] = f"{counts['cross_script']}: recall {table['cross_script_recall']:.3f}"
    print_facts(facts)


def _read(lists: list[str] | None, data_dir: Path | None) -> list[SanctionsList]:
    """The lists that are named, or the installation's. Raises :class:`BadUsage`, and as the readers do."""
    from functools import partial

    from credence.service.adapters.configured import screening_lists
    from credence.service.adapters.list_formats import read_any
    from credence.service.cli.opening import settings_of

    with progress() as tell:
        if not lists:
            return list(screening_lists(settings_of(data_dir), tell))
        found: dict[str, SanctionsList] = {}
        for item in lists:
            name, separator, path = item.partition("=")
            if not name or not separator or not path or name in found:
                raise BadUsage("--list is written NAME=FILE, each name once")
            found[name] = read_any(name, Path(path), partial(tell, name))
        return list(found.values())
