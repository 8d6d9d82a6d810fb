"""Do several processes over one vault never show one use twice, whichever writes first?"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from credence.circuits.wire import Presentation
from credence.sdk import locking
from credence.sdk.errors import VaultChanged
from credence.sdk.locking import alone
from credence.sdk.wallet import Wallet
from tests.sdk.conftest import PASSPHRASE
from tests.sdk.small_service import NOW, VENUE, SmallService

pytestmark = pytest.mark.slow

ROUNDS = 8
LIMITED = {"rate_limit": {"name": "open", "per": "day", "max": 64}}


class Racer:
    """A process of :mod:`tests.sdk.racing`."""

    def __init__(self, exits: ExitStack, vault: Path, request: Path) -> None:
        command = [sys.executable, "-m", "tests.sdk.racing", str(vault), str(request), str(NOW)]
        self.process = exits.enter_context(
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        )
        exits.callback(self.process.kill)

    def read(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def go(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write("go\n")


@pytest.fixture
def racers(service: SmallService, wallet: Wallet, tmp_path: Path) -> Iterator[list[Racer]]:
    """Two processes over the vault of ``wallet``, each with a question of its own."""
    with ExitStack() as exits:
        made = []
        for number in range(2):
            request = tmp_path / f"request-{number}"
            request.write_text(json.dumps(service.request(f"r{number}", policy=LIMITED).to_json()))
            made.append(Racer(exits, tmp_path / "vault", request))
        yield made


def test_two_processes_never_show_one_use_twice(service: SmallService, racers: list[Racer], tmp_path: Path) -> None:
    tags: list[bytes] = []
    refused = 0
    for _ in range(ROUNDS):
        assert [racer.read() for racer in racers] == ["ready", "ready"]
        for racer in racers:
            racer.go()
        answers = [racer.read() for racer in racers]
        shown = [Presentation.parse(json.loads(answer)) for answer in answers if answer.startswith("{")]
        assert shown
        assert [answer for answer in answers if not answer.startswith("{")] == ["VaultChanged"] * (2 - len(shown))
        refused += 2 - len(shown)
        for presentation in shown:
            use = service.seen(service.sessions[presentation.session_id][0], presentation).use
            assert use is not None
            tags.append(use.tag)
    assert len(set(tags)) == len(tags) == 2 * ROUNDS - refused
    again = Wallet.open(tmp_path / "vault", PASSPHRASE, transport=service)
    (taken,) = again.flows.contents.uses.taken
    assert len(taken.numbers) == len(tags)  # no write was lost


def test_who_comes_second_shows_nothing_and_goes_on_after_opening_it_again(
    service: SmallService, wallet: Wallet, racers: list[Racer]
) -> None:
    first, _ = racers
    assert first.read() == "ready"
    first.go()
    assert first.read().startswith("{")
    request = service.request("mine", policy=LIMITED)
    with pytest.raises(VaultChanged):
        wallet.present(request, audience=VENUE)
    assert first.read() == "ready"
    first.go()
    assert first.read().startswith("{")


# --- the lock ---


def test_nobody_else_is_inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locking, "_ATTEMPTS", 2)
    monkeypatch.setattr(locking, "_PAUSE", 0.001)
    path = tmp_path / "lock"
    with alone(path), alone(tmp_path / "another"):
        with pytest.raises(TimeoutError), alone(path):
            pass
        assert path.stat().st_mode & 0o777 == 0o600
    with alone(path):
        assert path.read_bytes() == b""


def test_a_process_that_is_killed_lets_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "lock"
    script = (
        "import sys, pathlib\nfrom credence.sdk.locking import alone\n"
        "with alone(pathlib.Path(sys.argv[1])):\n    print('inside', flush=True)\n    sys.stdin.readline()\n"
    )
    command = [sys.executable, "-c", script, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "inside\n"
        with monkeypatch.context() as patch:
            patch.setattr(locking, "_ATTEMPTS", 2)
            with pytest.raises(TimeoutError), alone(path):
                pass
        process.kill()
        process.wait()
        with alone(path):
            pass
