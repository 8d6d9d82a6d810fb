"""Can everybody see on the command line what a verifier publishes, and a holder accept what does not continue it?"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

from tests.service.cli.conftest import AUDIENCE, POLICY, VENUE, Outcome, Run, Service


def in_time(ask: Callable[[], Outcome], enough: Callable[[Outcome], bool]) -> Outcome:
    """What is said once it is enough, four seconds on at the latest: the log takes a moment to take what is new."""
    for _ in range(40):
        if enough(said := ask()):
            break
        time.sleep(0.1)
    return said


def test_a_verifiers_document(run: Run, service: Service, policy_file: Path) -> None:
    where = ("--url", service.url, "--json")
    assert run("verifier", "policy", "add", policy_file, "--api-key-file", service.venue_key, *where).code == 0
    shown = run("verifier", "document", *where)
    assert shown.code == 0
    assert {"verifier", "log_vkey", "receipt_keys"} <= shown.json.keys()
    asked = ("--log-key", service.log_key, "--policy", policy_file, "--audience", AUDIENCE)
    audited = in_time(lambda: run("verifier", "document", *asked, *where), lambda said: said.code == 0)
    assert audited.code == 0, audited.err
    assert audited.json["published"] is True
    assert audited.json["policies"] >= 1
    assert audited.json["tariffs"][0].startswith("perp-default/")


def test_the_editions_of_before_are_read_back(run: Run, service: Service, policy_file: Path, room: Path) -> None:
    where = ("--url", service.url, "--json")
    asked = (*where, "--log-key", service.log_key, "--editions")

    def editions(least: int) -> Outcome:
        return in_time(
            lambda: run("verifier", "document", *asked), lambda said: said.code == 0 and said.json["editions"] >= least
        )

    (room / "second.json").write_text(json.dumps({**POLICY, "name": "second"}))
    for least, file in ((2, policy_file), (3, room / "second.json")):  # two that come at once are one edition
        added = run("verifier", "policy", "add", file, "--api-key-file", service.venue_key, *where)
        assert added.code == 0, added.err
        audited = editions(least)
        assert audited.code == 0, audited.err
    assert audited.json["editions"] == audited.json["continues"] + 1 >= 3
    newest = audited.json["rules"]
    again = run("verifier", "document", *asked, "--since", newest)
    assert (again.json["editions"], again.json["oldest"]) == (1, newest)
    refused = run("verifier", "document", *asked, "--since", "ab" * 32)
    assert refused.code == 1
    assert "do not continue the edition that was read before" in refused.complaint
    assert run("verifier", "document", *where, "--editions").code == 2
    assert run("verifier", "document", *where, "--log-key", service.log_key, "--since", newest).code == 2
    assert run("verifier", "document", *asked, "--since", "ab").code == 2
    assert run("verifier", "document", *asked, "--since", "of one").code == 2


def test_a_policy_that_is_in_no_document(run: Run, service: Service, room: Path) -> None:
    (room / "mine.json").write_text(json.dumps({**POLICY, "version": 999}))
    where = ("--url", service.url, "--log-key", service.log_key)
    refused = run("verifier", "document", *where, "--policy", room / "mine.json", "--audience", AUDIENCE)
    assert refused.code == 1
    assert "not among those" in refused.complaint
    assert run("verifier", "document", "--url", service.url, "--policy", room / "mine.json").code == 2
    assert run("verifier", "document", *where, "--audience", VENUE).code == 2


def test_a_holder_accepts_rules_by_their_digest(run: Run, room: Path) -> None:
    (room / "word").write_text("correct horse battery\n")
    given = ("--vault", room / "vault", "--passphrase-file", room / "word")
    assert run("wallet", "create", *given).code == 0
    assert run("wallet", "accept-rules", "verifier.example", "ab" * 32, *given).code == 0
    assert run("wallet", "accept-rules", "verifier.example", "ab", *given).code == 2
