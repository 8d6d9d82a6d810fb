"""Does every command explain itself, end in a documented way, and keep its secrets off the command line?"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from credence.circuits.errors import IllFormed, Malformed, Refused
from credence.sdk import errors as sdk
from credence.service import errors as service
from credence.service.cli import commands as every_command
from credence.service.cli.exits import BadUsage, Failed, NotReady, judged
from credence.service.cli.output import legible, print_table
from tests.service.cli.conftest import Run, run_command

NOUNS = {"demo", "init", "serve", "doctor", "conformance", "bench", "client", "issuer", "wallet", "verifier", "ledger"}
NOUNS |= {"keys", "db", "reputation", "trustee", "auditor"}


def commands(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    children = getattr(command, "commands", {})
    for name, child in children.items():
        yield from commands(child, (*path, name))
    if not children:
        yield path, command


COMMANDS = dict(commands(every_command()))
GROUPS = sorted({path[:-1] for path in COMMANDS})


def problem(**more: Any) -> dict[str, Any]:
    return {"slug": "conflict", "status": 409, "title": "No", "request_id": "r-1", **more}


def test_every_noun_is_there(run: Run) -> None:
    assert {path[0] for path in COMMANDS} == NOUNS
    outcome = run("--help")
    assert outcome.code == 0
    assert all(noun in outcome.out for noun in NOUNS)


@pytest.mark.slow
@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_help_says_what_the_exit_codes_mean(path: tuple[str, ...], run: Run) -> None:
    outcome = run(*path, "--help")
    assert outcome.code == 0
    text = " ".join(outcome.out.split())
    for words in ("Exit codes: 0 ok, 1 ", "2 usage, 3 "):
        assert words in text


@pytest.mark.parametrize("path", GROUPS, ids=lambda path: " ".join(path) or "credence")
def test_a_noun_alone_shows_help_and_is_no_success(path: tuple[str, ...], run: Run) -> None:
    outcome = run(*path)
    assert outcome.code == 2
    assert "Usage" in outcome.out + outcome.err


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_no_secret_is_taken_from_the_command_line(path: tuple[str, ...]) -> None:
    options = {option for parameter in COMMANDS[path].params for option in parameter.opts}
    assert not options & {"--passphrase", "--password", "--secret", "--api-key", "--key-material", "--token"}


@pytest.mark.slow
@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_an_unknown_option_is_one_line_and_usage(path: tuple[str, ...], run: Run) -> None:
    outcome = run(*path, "--nonsense")
    assert outcome.code == 2
    assert f"(see credence {' '.join(path)} --help)" in outcome.complaint
    assert outcome.out == ""


def test_version(run: Run) -> None:
    outcome = run("--version")
    assert outcome.code == 0
    assert outcome.out.startswith("credence ")


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (Failed("no"), 1, "no"),
        (BadUsage("how"), 2, "how"),
        (NotReady("where"), 3, "where"),
        (service.NotFound(), 1, "no such resource"),
        (service.InvalidRequest("bad"), 2, "bad"),
        (service.Misconfigured("settings"), 3, "settings"),
        (service.Unavailable(), 3, "not available"),
        (Malformed("no JSON"), 2, "no JSON"),
        (IllFormed("odd"), 2, "odd"),
        (Refused("bad proof"), 1, "bad proof"),
        (sdk.Unsendable(), 2, "cannot be sent"),
        (sdk.Unreachable(), 3, "cannot be reached"),
        (sdk.VaultUnavailable(), 3, "vault"),
        (sdk.WrongPassphrase(), 1, "passphrase is wrong"),
        (sdk.Conflict(**problem()), 1, "the service refuses: No (conflict, request r-1)"),
        (sdk.Unavailable(**problem(slug="unavailable")), 3, "unavailable"),
        (PermissionError(13, "Permission denied", "data"), 3, "Permission denied: data"),
        (KeyError("a secret"), 1, "an unexpected error (KeyError)"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_every_error_has_its_code(error: Exception, code: int, words: str) -> None:
    found, line = judged(error)
    assert (found, words in line) == (code, True)
    assert "a secret" not in line


def broken(**_settings: Any) -> Any:
    raise KeyError("a secret")


def test_an_unexpected_error_is_one_line(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("credence.service.settings.Settings.load", broken)
    outcome = run("ledger", "verify")
    assert outcome.code == 1
    assert outcome.complaint == "credence: an unexpected error (KeyError); credence --debug … shows where"


def test_debug_shows_where(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("credence.service.settings.Settings.load", broken)
    outcome = run("--debug", "ledger", "verify")
    assert outcome.code == 1
    assert "Traceback" in outcome.err
    assert outcome.out == ""


def test_a_strangers_words_do_not_move_the_cursor() -> None:
    assert legible("red \x1b[31m\x9b2J\u202e ok\n") == "red \ufffd[31m\ufffd2J\ufffd ok\n"


def imported_by(*arguments: str) -> set[str]:
    """The modules that a command imports, in a process of its own."""
    code = (
        "import sys\nfrom credence.service.cli import main\nsys.argv[1:] = sys.argv[1:]\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\nprint('MODULES', *sys.modules)"
    )
    result = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, timeout=60, check=True)
    return set(result.stdout.rpartition("MODULES")[2].split())


HEAVY = {"fastapi", "pydantic_settings", "sqlalchemy", "sqlmodel", "alembic", "uvicorn", "httpx2", "credence.sdk"}


def test_help_imports_no_room(room: Path) -> None:
    found = imported_by("--help")
    assert not found & {*HEAVY, "cryptography", "credence.circuits.curve.native", "py_ecc"}


def test_who_gives_a_command_waits_for_its_noun_alone(room: Path) -> None:
    nouns = {f"credence.service.cli.{noun}" for noun in NOUNS}
    assert imported_by("--debug", "ledger", "--help") & nouns == {"credence.service.cli.ledger"}
    assert imported_by("--help") & nouns == nouns
    assert imported_by("unheard-of") & nouns == nouns  # which the complaint may have to name


def test_conformance_needs_no_database_and_no_framework(room: Path) -> None:
    (room / "vectors").mkdir()
    (room / "vectors" / "unknown.json").write_text("{}")
    found = imported_by("conformance", "--vectors", str(room / "vectors"), "--per-suite", "1")
    assert "credence.service.conformance" in found
    assert not found & HEAVY


@pytest.mark.parametrize(("name", "coloured"), [("NO_COLOR", False), ("FORCE_COLOR", True)])
def test_colours_are_left_out_where_asked(name: str, coloured: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    for other in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(other, raising=False)
    monkeypatch.setenv(name, "1")
    printed = StringIO()
    monkeypatch.setattr("sys.stdout", printed)
    print_table(("bold",), [("plain [red]words[/red] \x1b[31m",)])
    assert ("\x1b[1m" in printed.getvalue()) is coloured
    assert "[red]words[/red] \ufffd[31m" in printed.getvalue()


def test_interrupted_at_a_prompt(room: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("credence.service.cli.passphrase.is_interactive", lambda: True)
    outcome = run_command("wallet", "create", "--vault", "vault", typed="")
    assert outcome.code == 130
    assert outcome.complaint == "credence: interrupted"
    assert not (room / "vault").exists()
