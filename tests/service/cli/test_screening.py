"""Do the screening commands say what was found without saying whom they looked for, and are lists imported by version?"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from credence.service.cli import screening_lists
from credence.service.cli.exits import Failed
from credence.service.sandbox.persons import LISTED_NAMES
from credence.service.screening.results import MATCHER
from tests.service.adapters.test_lists_unseen import OFAC
from tests.service.cli.conftest import Run

HEAD = "full_name,date_of_birth,nationality"
LISTED = "Cassius Thornwaithe,1969-01-23,de"
NAMESAKE = "Cassius Thornwaithe,1990-05-05,de"
OTHER = "Mina Orlovskaya,1990-05-05,by"


def table(path: Path, *rows: str, head: str = HEAD) -> Path:
    path.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    return path


def own_list(path: Path, version: str, *names: str) -> Path:
    entries = [{"id": f"E-{name}", "kind": "individual", "names": [name]} for name in names]
    path.write_text(json.dumps({"type": "credence/screening-list/1", "version": version, "entries": entries}))
    return path


def test_rows_are_screened_and_told_by_number(run: Run, room: Path) -> None:
    people = table(room / "people.csv", LISTED, OTHER, NAMESAKE)
    outcome = run("issuer", "screen", people, "--list", f"invented={LISTED_NAMES}", "--json")
    assert outcome.code == 0
    assert outcome.json["counts"] == {"clear": 1, "review": 1, "hit": 1}
    assert [(row["row"], row["band"]) for row in outcome.json["rows"]] == [(1, "hit"), (2, "clear"), (3, "review")]
    (match,) = outcome.json["rows"][0]["matches"]
    assert (match["list"], match["entry_id"], match["score"], match["band"]) == ("invented", "D-1001", 100, "hit")
    assert match["reasons"] == ["name-equal", "birth-date-agrees"]
    (searched,) = outcome.json["lists"]
    assert (searched["name"], searched["version"], len(searched["digest"])) == ("invented", "demo-1", 64)
    shown = run("issuer", "screen", people, "--list", f"invented={LISTED_NAMES}")
    assert "D-1001" in shown.out
    for said in (outcome, shown):
        assert not any(word in (said.out + said.err).lower() for word in ("cassius", "thornwaithe", "orlovskaya", "1969"))


def test_the_installation_has_lists_of_its_own(run: Run, data: Path, room: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    people = table(room / "people.csv", LISTED)
    assert run("issuer", "screen", people, "--json").json["lists"] == []
    monkeypatch.setenv("CREDENCE_SCREENING_LISTS", f"invented={LISTED_NAMES}")
    assert run("issuer", "screen", people, "--json").json["counts"]["hit"] == 1


@pytest.mark.parametrize("lists", [["nowhere"], ["=x"], ["a="], ["a=x.json", "a=y.json"]])
def test_a_list_is_written_name_and_file(run: Run, room: Path, lists: list[str]) -> None:
    people = table(room / "people.csv", LISTED)
    own_list(room / "x.json", "1", "Nobody")
    own_list(room / "y.json", "1", "Nobody")
    assert run("issuer", "screen", people, "--list", "a=x.json", "--list", "b=y.json").code == 0
    outcome = run("issuer", "screen", people, *(part for item in lists for part in ("--list", item)))
    assert outcome.code == 2


def test_another_matcher_has_to_exist_and_be_installed(run: Run, room: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    people = table(room / "people.csv", LISTED)
    asked = ("issuer", "screen", people, "--list", f"invented={LISTED_NAMES}", "--json", "--matcher")
    assert run(*asked, "credence").json["matcher"] == MATCHER
    assert run(*asked, "another").code == 2
    monkeypatch.setitem(sys.modules, "nomenklatura.matching", None)
    missing = run(*asked, "logic-v2")
    assert missing.code == 3
    assert "extra logic" in missing.complaint


def test_a_bad_table_or_list_is_no_result(run: Run, room: Path) -> None:
    people = table(room / "people.csv", LISTED, head="name,born,country")
    refused = run("issuer", "screen", people, "--list", f"invented={LISTED_NAMES}")
    assert refused.code == 2
    assert "full_name" in refused.complaint
    missing = run("issuer", "screen", table(room / "good.csv", LISTED), "--list", "invented=absent.json")
    assert missing.code == 3


def test_the_matcher_is_measured(run: Run, room: Path) -> None:
    head = "schema,name1,name2,is_match,quality"
    rows = ("Person,Mina Orlova,ORLOVA Mina,true,STRONG", "Person,Mina Orlova,Mina Petrova,false,MEDIUM")
    pairs = table(room / "pairs.csv", *rows, head=head)
    across = room / "across.csv"
    across.write_text("# scripts\nМина Орлова,Mina Orlova,0.9,one\n", encoding="utf-8")
    positives, negatives = table(room / "listed.csv", LISTED, NAMESAKE, OTHER), table(room / "others.csv", OTHER, LISTED)
    asked = ("issuer", "screen-eval", "--list", f"invented={LISTED_NAMES}", "--pairs", pairs, "--positives", positives)
    outcome = run(*asked, "--negatives", negatives, "--cross-script", across, "--json")
    assert outcome.code == 0
    found = outcome.json
    assert (found["precision"], found["recall_pairs"], found["f1"], found["cross_script_recall"]) == (1.0, 1.0, 1.0, 1.0)
    assert (found["recall"], found["false_positives"]) == (0.6667, 1)
    assert (found["missed_rows"], found["false_positive_rows"]) == ([3], [2])
    assert found["n"] == {"pairs": 2, "positives": 3, "negatives": 2, "cross_script": 1}
    assert found["strong"]["persons"] == {"n": 1, "wrong": 0, "wrong_rows": []}
    assert 0 < found["p50_ms"] <= found["p99_ms"]
    assert "recall 0.6667" in run(*asked, "--negatives", negatives).out


def test_lists_are_imported_looked_at_and_compared(run: Run, data: Path, room: Path) -> None:
    assert run("issuer", "lists", "status", "--json").json == {"lists": []}
    first = run("issuer", "lists", "import", "own", own_list(room / "1.json", "one", "Mina", "Boris"), "--json")
    assert (first.code, first.json["version"], first.json["entries"], first.json["added"]) == (0, "one", 2, None)
    second = run("issuer", "lists", "import", "own", own_list(room / "2.json", "two", "Mina", "Omar"), "--json")
    assert (second.json["is_new"], second.json["added"], second.json["removed"], second.json["changed"]) == (True, 1, 1, 0)
    assert not run("issuer", "lists", "import", "own", room / "2.json", "--json").json["is_new"]
    (listed,) = run("issuer", "lists", "status", "--json").json["lists"]
    assert (listed["name"], listed["version"], listed["entries"], listed["source"]) == ("own", "two", 2, "imported")
    for asked in (("own",), ("own@one", "own@two"), (room / "1.json", room / "2.json"), ("own@one", room / "2.json")):
        delta = run("issuer", "lists", "diff", *asked, "--json")
        assert (delta.json["added"], delta.json["removed"], delta.json["changed"]) == (["E-Omar"], ["E-Boris"], {})
    assert "E-Omar" in run("issuer", "lists", "diff", "own").out
    people = table(room / "people.csv", "Omar,,")
    assert run("issuer", "screen", people, "--json").json["counts"]["hit"] == 1


def test_an_import_that_failed_to_mark_marks_when_it_is_repeated(
    run: Run, data: Path, room: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = ("issuer", "lists", "import", "own", own_list(room / "1.json", "one", "Mina"), "--json")

    def fails(*_given: object) -> int:
        raise Failed("no room on the disk")

    with monkeypatch.context() as patched:
        patched.setattr(screening_lists, "mark_after_import", fails)
        assert run(*asked).code == 1
    assert [item["version"] for item in run("issuer", "lists", "status", "--json").json["lists"]] == ["one"]
    monkeypatch.setattr(screening_lists, "mark_after_import", lambda *_given: 7)
    again = run(*asked).json
    assert (again["is_new"], again["holders_due"]) == (False, 7)


def test_a_format_that_was_not_seen_against_a_published_file_is_marked(run: Run, data: Path, room: Path) -> None:
    path = room / "sdn.xml"
    path.write_text(OFAC, encoding="utf-8")
    assert "not seen against a published file" in run("issuer", "lists", "import", "ofac", path).err
    assert "not seen" not in run("issuer", "lists", "import", "own", own_list(room / "1.json", "one", "Mina")).err


def test_what_cannot_be_imported_or_compared(run: Run, data: Path, room: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    good = own_list(room / "1.json", "one", "Mina")
    assert run("issuer", "lists", "import", "own", good).code == 0
    assert run("issuer", "lists", "import", "../own", good).code == 2
    assert run("issuer", "lists", "import", "own", LISTED_NAMES.with_name("absent")).code == 3
    assert run("issuer", "lists", "import", "own", table(room / "x.csv")).code == 3
    assert run("issuer", "lists", "diff", "own").code == 2
    assert run("issuer", "lists", "diff", "own@", "own@one").code == 2
    monkeypatch.setenv("CREDENCE_SCREENING_LISTS", f"invented={LISTED_NAMES}")
    taken = run("issuer", "lists", "import", "invented", good)
    assert taken.code == 1
    assert "CREDENCE_SCREENING_LISTS" in taken.complaint
