"""Do trustees who made a key at the command line open a handle there, for a warrant in the log and for nothing less?

Every step is a command, as trustees, an authority, a venue and an issuer type it; the service is the real one, obliged.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest

from credence.circuits.warrant import Warrant
from credence.sdk import Auditor, HttpTransport
from credence.sdk.calls import perform, verifier
from credence.service.app import create_app
from credence.service.clock import system_clock
from credence.service.demo.server import captured_logs, serving
from credence.service.sandbox.persons import LISTED_NAMES, LOW_RISK
from credence.service.sandbox.vendor import Vendor
from credence.service.settings import Mode, Settings
from tests.service.cli.conftest import ISSUER, POLICY, VENUE, Outcome, run_command

pytestmark = pytest.mark.slow

AUTHORITY = "authority.example"
AUDIENCE = f"verifier.localhost/{VENUE}"
PURPOSE = "a court's warrant"


def done(*args: object) -> Outcome:
    outcome = run_command(*args)
    assert outcome.code == 0, outcome.err
    return outcome


@dataclass
class Ceremony:
    """``count`` trustees' folders, and what they share."""

    folder: Path
    threshold: int
    count: int

    @property
    def shared(self) -> Path:
        return self.folder / "ceremony"

    @property
    def transcript(self) -> Path:
        return self.shared / "transcript.json"

    def of(self, number: int) -> tuple[str, Path]:
        return "--folder", self.folder / f"trustee-{number}"

    def hold(self) -> dict[str, Any]:
        numbers = range(1, self.count + 1)
        for number in numbers:
            card = self.folder / f"card-{number}.json"
            done("trustee", "init", *self.of(number), "--name", f"trustee {number}", "--card", card)
        cards = [part for number in numbers for part in ("--card", self.folder / f"card-{number}.json")]
        done("trustee", "roster", self.shared, *cards, "--name", "trustees.example", "--threshold", self.threshold)
        first = run_command("trustee", "deal", self.shared, *self.of(1))
        assert (first.code, "trustee 1 has written no pledge yet" in first.err) == (1, True)
        for step in ("pledge", "deal", "accept", "finish"):
            for number in numbers:
                done("trustee", step, self.shared, *self.of(number))
        again = run_command("trustee", "pledge", self.shared, *self.of(1))
        assert (again.code, "has a share already" in again.err) == (1, True)
        found: dict[str, Any] = done("trustee", "check", self.transcript, "--json").json
        return found


@dataclass
class Scene:
    """The service, a visit under the obliged policy, and everybody's files."""

    url: str
    folder: Path
    ceremony: Ceremony
    session_id: str
    attestation_id: str

    def file(self, name: str) -> Path:
        return self.folder / name

    @property
    def at(self) -> tuple[str, str]:
        return "--url", self.url

    @property
    def documents(self) -> tuple[object, ...]:
        return "--issuer-document", self.file("issuer.json"), "--verifier-document", self.file("verifier.json")

    @property
    def log_key(self) -> str:
        return str(json.loads(self.file("issuer.json").read_text())["log_vkey"])

    def warrant(
        self, out: Path, *more: object, basis: str = "section 17 of an act", keys: str = "authority.keys"
    ) -> Outcome:
        exhibit = ("--exhibit", self.file("exhibit.json"), "--trustees", self.ceremony.transcript)
        return run_command(
            "auditor", "warrant", "--keys", self.file(keys), *exhibit, *self.documents, "--basis", basis, "--out", out, *more
        )

    def open(
        self, number: int, warrant: Path, *more: object, exhibit: Path | None = None, authority: str | None = None
    ) -> Outcome:
        shown = ("--exhibit", exhibit or self.file("exhibit.json"), *self.documents)
        known = ("--authority", authority or self.file("authority.id").read_text().strip())
        where = (*self.at, "--log-key", self.log_key, *self.ceremony.of(number))
        return run_command("trustee", "open", warrant, *shown, *known, *where, *more)

    def logged(self, warrant: Path) -> None:
        """Returns once the log shows the warrant: its checkpoint follows the entry."""
        leaf = Warrant.parse(json.loads(warrant.read_text())["warrant"]).notice().leaf().hex()
        proving = ("ledger", "prove", leaf, *self.at, "--log-key", self.log_key)
        patiently(lambda: run_command(*proving).code == 0)

    def combine(self, warrant: Path, out: Path) -> Outcome:
        keys = ("--keys", self.file("authority.keys"), "--trustees", self.ceremony.transcript)
        where = (*self.at, "--api-key-file", self.file("authority.key"))
        return run_command("auditor", "combine", warrant, *keys, "--out", out, *where)


def patiently(look: Callable[[], bool]) -> None:
    deadline = monotonic() + 20
    while not look():
        assert monotonic() < deadline
        sleep(0.05)


@pytest.fixture(scope="module", params=[(2, 3), (3, 5)], ids=["2-of-3", "3-of-5"])
def scene(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("openings")
    threshold, count = request.param
    with pytest.MonkeyPatch.context() as patch, ExitStack() as exits:
        for name in os.environ:
            if name.startswith("CREDENCE_"):
                patch.delenv(name)
        for name in ("TRUSTEE", "AUTHORITY", "WALLET"):
            patch.setenv(f"CREDENCE_{name}_PASSPHRASE", "correct horse battery")
        ceremony = Ceremony(folder, threshold, count)
        of = ceremony.hold()
        exits.enter_context(captured_logs(StringIO()))
        yield _visited(folder, ceremony, of, exits)


def _visited(folder: Path, ceremony: Ceremony, of: dict[str, Any], exits: ExitStack) -> Scene:
    data, vendor = ("--data-dir", folder / "data"), Vendor.create(os.urandom)
    done("init", *data)
    transcripts = folder / "transcripts"
    transcripts.mkdir()
    (transcripts / "set.json").write_bytes(ceremony.transcript.read_bytes())
    settings = Settings.load(
        data_dir=folder / "data",
        ledger_interval_ms=20,
        mode=Mode.OBLIGED,
        vendor_keys=vendor.vendor_keys,
        screening_lists={"invented": LISTED_NAMES},
        trustee_dir=transcripts,
        limits="all=off",
    )
    url = exits.enter_context(serving(create_app(settings))).url
    for client, role, key in (
        (VENUE, "venue", "verifier:policies,verifier:sessions"),
        (AUTHORITY, "authority", "auditor:warrants"),
        ("other.example", "authority", "auditor:warrants"),
        ("first.example", "reviewer", "issuer:review"),
        ("second.example", "reviewer", "issuer:review"),
    ):
        done("client", "register", client, "--role", role, *data)
        name = client.partition(".")[0]
        (folder / f"{name}.key").write_text(done("client", "key", client, "--scope", key, *data).out)
    done("client", "add", "desk.example", "--scope", "issuer:cases", *data)
    (folder / "desk.key").write_text(done("client", "key", "desk.example", "--scope", "issuer:cases", *data).out)
    (folder / "issuer.json").write_text(done("issuer", "document", "--url", url).out)
    with HttpTransport(url) as transport:
        shown = transport.send(verifier.document().request)
        (folder / "verifier.json").write_bytes(shown.body)
        perform(transport, verifier.document())
    for name in ("authority", "other"):
        made = done("auditor", "init", "--keys", folder / f"{name}.keys", "--name", f"{name}.example")
        (folder / f"{name}.id").write_text(made.out)

    escrow = {name: of[name] for name in ("trustees", "key", "threshold", "members")}
    policy = {**POLICY, "escrow": {**escrow, "purpose": PURPOSE}, "not_revoked": {"max_age_s": 120}}
    (folder / "policy.json").write_text(json.dumps(policy))
    venue = ("--url", url, "--api-key-file", folder / "venue.key")
    done("verifier", "policy", "add", folder / "policy.json", *venue)
    (folder / "evidence.jws").write_text(vendor.issue_result(LOW_RISK, ISSUER, system_clock()))
    offer, vault = folder / "offer.json", ("--vault", folder / "wallet.vault")
    submitted = ("--evidence", folder / "evidence.jws", "--url", url)
    done("issuer", "submit", *submitted, "--api-key-file", folder / "desk.key", "--offer-file", offer)
    done("wallet", "create", *vault)
    done("wallet", "receive", *vault, "--offer", offer, *submitted, "--issuer-document", folder / "issuer.json")
    with HttpTransport(url) as transport:
        from credence.sdk import Verifier

        asking = Verifier(transport, audience=AUDIENCE, api_key=(folder / "venue.key").read_text().strip())
        opened = asking.open_session("perp-standard")
        pin = f"{of['trustees']}={of['key']},{of['threshold']}/{of['members']}"
        session = ("--session", opened.session_id, "--audience", AUDIENCE, "--url", url)
        done("wallet", "present", *vault, *session, "--trustees", pin, "--yes")
        held = asking.result(opened.session_id)
        assert held.state == "accepted"
    done(
        "verifier", "exhibit", opened.session_id, "--issuer-document", folder / "issuer.json",
        "--out", folder / "exhibit.json", *venue,
    )  # fmt: skip
    return Scene(url, folder, ceremony, opened.session_id, "")


def test_an_opening_from_the_ceremony_to_the_case(scene: Scene) -> None:
    t, n = scene.ceremony.threshold, scene.ceremony.count
    warrant, finding = scene.file("warrant.json"), scene.file("finding.json")
    assert scene.warrant(warrant).code == 0
    # 1. no share before the warrant is in the log
    early = scene.open(1, warrant)
    assert (early.code, "does not show that it holds the warrant" in early.complaint) == (1, True)
    where = (*scene.at, "--api-key-file", scene.file("authority.key"))
    done("auditor", "post", warrant, *where)
    scene.logged(warrant)
    assert done("auditor", "status", warrant, *where, "--json").json["entry_index"] is not None
    # 2. one trustee too few opens nothing
    for number in range(1, t):
        assert "has handed in its share" in _ok(scene.open(number, warrant)).out
    few = scene.combine(warrant, finding)
    assert (few.code, "fewer parts" in few.complaint) == (1, True)
    # 3. the last one that it takes
    copy = scene.file("share.json")
    assert "has handed in its share" in _ok(scene.open(n, warrant, "--out", copy)).out  # a copy of it, and not instead
    assert json.loads(copy.read_text())["index"] == n
    assert "opened by trustees" in _ok(scene.combine(warrant, finding)).err
    # 4. two at the issuer find whose it is, and one alone does not
    ask = ("issuer", "find-subject", finding, *scene.at, "--json", "--api-key-file")
    opening_logged = ("auditor", "status", warrant, *where, "--json")
    patiently(lambda: done(*opening_logged).json["opening_index"] is not None)
    patiently(lambda: run_command(*ask, scene.file("first.key")).code == 0)  # a checkpoint follows its entries
    assert done(*ask, scene.file("first.key")).json == {"attestation_id": None, "case_id": None}
    found = done(*ask, scene.file("second.key")).json
    cases = done("issuer", "cases", "--data-dir", scene.folder / "data", "--json").json["cases"]
    assert [case["case_id"] for case in cases] == [found["case_id"]]
    # 5. everybody counts it
    counted = done("auditor", "openings", *scene.at, "--log-key", scene.log_key, "--json").json
    assert (counted["warrants"], counted["openings"], counted["by_authority"]) == (1, 1, {AUTHORITY: 1})
    with HttpTransport(scene.url) as transport:
        assert Auditor(transport, scene.log_key).openings().openings == 1
    done("ledger", "verify", "--data-dir", scene.folder / "data")
    # 6. each trustee's record says what it did, and another authority is refused from then on
    record = done("trustee", "record", *scene.ceremony.of(1), "--json").json["entries"]
    assert [entry["outcome"] for entry in record] == ["refused", "opened"]
    other = scene.file("other-warrant.json")
    posting = (*scene.at, "--api-key-file", scene.file("other.key"))
    assert scene.warrant(other, *posting, basis="another act", keys="other.keys").code == 0
    scene.logged(other)
    again = scene.open(1, other, authority=scene.file("other.id").read_text().strip())
    assert (again.code, "for somebody else" in again.complaint) == (1, True)


def test_what_does_not_hold_is_refused_before_a_share_is_made(scene: Scene) -> None:
    warrant = scene.file("second.json")
    where = (*scene.at, "--api-key-file", scene.file("authority.key"))
    assert scene.warrant(warrant, *where, basis="section 18 of an act").code == 0
    scene.logged(warrant)
    exhibit = json.loads(scene.file("exhibit.json").read_text())

    def altered(name: str, change: Callable[[dict[str, Any]], object]) -> Path:
        document = json.loads(json.dumps(exhibit))
        change(document)
        path = scene.file(f"{name}.json")
        path.write_text(json.dumps(document))
        return path

    proof = exhibit["presentation"]["proof"]
    flipped = ("A" if proof[200] != "A" else "B").join((proof[:200], proof[201:]))
    for name, change in {
        "presentation": lambda e: e["presentation"].update(proof=flipped),
        "label": lambda e: e["request"]["policy"]["escrow"].update(purpose="curiosity"),
        "nonce": lambda e: e["request"].update(nonce="A" * 43),
        "receipt": lambda e: e["receipt"]["receipt"].update(tariff="other/1"),
        "values": lambda e: e.update(values={}),
    }.items():
        outcome = scene.open(2, warrant, exhibit=altered(name, change))
        assert outcome.code == 1, (name, outcome.err)
    stranger = scene.open(2, warrant, authority=f"{AUTHORITY}={'A' * 43}")
    assert (stranger.code, "no authority that this trustee knows" in stranger.complaint) == (1, True)
    signed = json.loads(warrant.read_text())
    signed["warrant"]["purpose"] = "curiosity"
    swapped = scene.file("swapped.json")
    swapped.write_text(json.dumps(signed))
    assert (scene.open(2, swapped).code, scene.open(2, warrant).code) == (1, 0)


def _ok(outcome: Outcome) -> Outcome:
    assert outcome.code == 0, outcome.err
    return outcome
