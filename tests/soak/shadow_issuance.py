"""Is a credential that was issued past the log found out, by holding the signer's own log against the ledger?

A real `credence keys signer` and `credence keys tagger`, each a process. Somebody has taken over the issuer's process, with
its database and the ledger's key, but not the signer: so they must ask it, and it writes down what it signs. Each way to
hide that is tried several times; honest credentials are issued in between, and whoever looks is `keys audit-signer`.
"""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from io import StringIO
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

from sqlalchemy import text
from typer.testing import CliRunner

from credence.circuits.credential import EPOCH_DAYS, PERSON_1
from credence.circuits.encoding import b64u
from credence.circuits.issuance import HolderSecrets, IssuerEntropy, issuing_interface, request_credential
from credence.circuits.leaf import ATTESTATION_LEAF
from credence.circuits.merkle import Tree, leaf_hash
from credence.service.cli import program
from credence.service.demo.server import captured_logs
from credence.service.issuer.records import IssuerOutbox
from credence.service.keys.knocking import Knocker
from credence.service.keys.ordering import Order
from credence.service.keys.signer_log import read_log
from credence.service.keys.stamp import Stamp
from credence.service.ledger import post
from tests.circuits.journey import ATTRIBUTES
from tests.soak.figure import Options, Result, Value
from tests.soak.installations import ISSUER, KINDS, SQLITE, Installation, Kind, Office, install, servers

TARGET: Final = "every credential signed past the log is found by the signer's own log, on both databases"
LIMIT: Final = 900

Findings = set[tuple[str, str]]
"""What an audit named: the fault and the leaf."""


@dataclass
class Place:
    """An installation whose keys are with a signer and a tagger. ``other`` is somebody else's log, to audit by;
    ``held`` keeps the ledger from taking what waits before the next audit."""

    installation: Installation
    folder: Path
    office: Office
    other: Path | None = None
    held: bool = False

    def order(self) -> Order:
        """A credential that nobody applied for."""
        drawn = HolderSecrets(*(int.from_bytes(secrets.token_bytes(31), "big") for _ in range(3)))
        request = request_credential(issuing_interface(self.office.services.curve), PERSON_1, drawn, secrets.token_bytes)
        epoch = self.office.services.clock() // 86_400 // EPOCH_DAYS
        return Order(
            key_id=self.office.issuer.keys.current().version.key_id,
            layout=PERSON_1,
            issuer_id=ISSUER,
            issued_epoch=epoch,
            expiry_epoch=epoch + 10,
            attributes={**ATTRIBUTES, "issued_epoch": epoch, "expires_on": (epoch + 10) * EPOCH_DAYS},
            commitment=request.commitment,
            entropy=IssuerEntropy(1, 2),
            attestation_id=secrets.token_hex(16),
            salt=secrets.token_bytes(32),
        )

    def signed(self, order: Order | None = None) -> bytes:
        """The leaf of a credential that the signer has signed for whoever asked."""
        order = order or self.order()
        return order.leaf(self.office.issuer.keys.sign(order))

    def tell(self, leaf: bytes, kind: str = ATTESTATION_LEAF) -> None:
        """A leaf for the ledger."""
        services = self.office.services
        drawn = {"kind": kind, "leaf": leaf, "now": services.clock(), "rng": services.rng}
        services.store("issuer").run(lambda session: post(session, IssuerOutbox, **drawn))

    def sql(self, statement: str, **values: object) -> None:
        with self.office.services.store("ledger").engine.begin() as connection:
            assert connection.execute(text(statement), values).rowcount

    def audit(self) -> Findings:
        """What the command finds, once the ledger has taken what waits, unless it is held up this once."""
        if not self.held:
            self.office.services.ledger.sequence()
        clean = {name: value for name, value in os.environ.items() if not name.startswith("CREDENCE_")}
        words = ["keys", "audit-signer", str(self.other or self.folder / "signer"), "--since", "0", "--lag", "0", "--json"]
        with patch.dict(os.environ, clean | self.installation.environment, clear=True):
            outcome = CliRunner().invoke(program(), words)
        found = json.loads(outcome.stdout)
        assert outcome.exit_code == (0 if found["ok"] else 1), outcome.stderr
        self.other, self.held = None, False
        return {(finding["fault"], finding["leaf"]) for finding in found["findings"]}


# --- ways to hide a signature: each returns what has to be named ---


def _told_nobody(place: Place) -> Findings:
    return {("unlogged", place.signed().hex())}


def _told_something_else(place: Place) -> Findings:
    false = secrets.token_bytes(32)
    leaf = place.signed()
    place.tell(false)
    return {("unlogged", leaf.hex()), ("unsigned", false.hex())}


def _withheld(place: Place) -> Findings:
    """An honest credential whose leaf is taken out of the outbox before the ledger has seen it."""
    leaf = place.office.holder(secrets.randbelow(10**9)).leaf
    place.sql("DELETE FROM issuer_outbox WHERE leaf = :leaf", leaf=leaf)
    return {("unlogged", leaf.hex())}


def _left_in_the_outbox(place: Place) -> Findings:
    """One whose leaf waits for a ledger that does not come to take it."""
    leaf = place.signed()
    place.tell(leaf)
    place.held = True
    return {("waiting", leaf.hex())}


def _again_with_another_salt(place: Place) -> Findings:
    """What was signed for the ledger once, signed once more for nobody."""
    order = place.order()
    place.tell(place.signed(order))
    return {("unlogged", place.signed(replace(order, salt=secrets.token_bytes(32))).hex())}


def _never_signed(place: Place) -> Findings:
    """A leaf for a credential that another key is to have signed."""
    leaf = secrets.token_bytes(32)
    place.tell(leaf)
    return {("unsigned", leaf.hex())}


def _cut_from_the_signers_log(place: Place) -> Findings:
    """The signer's log, as somebody with the signer's disk would show it: without the last signature."""
    leaf = place.office.holder(secrets.randbelow(10**9)).leaf
    records = read_log(place.folder / "signer" / "signer.log")
    place.other = place.folder / f"{secrets.token_hex(4)}.log"
    place.other.write_bytes(b"".join(record.line() + b"\n" for record in records[:-1]))
    return {("unsigned", leaf.hex())}


WAYS: Final[dict[str, Callable[[Place], Findings]]] = {
    "told nobody": _told_nobody,
    "told the ledger of another": _told_something_else,
    "taken out of the outbox": _withheld,
    "left in the outbox": _left_in_the_outbox,
    "signed again for nobody": _again_with_another_salt,
    "logged without a signature": _never_signed,
    "cut from the signer's log": _cut_from_the_signers_log,
}
PASSING: Final = frozenset({"cut from the signer's log", "left in the outbox"})
"""What is found in a copy or while the ledger is held up, and is not there any more when the next one looks."""


def run(options: Options) -> Result:
    """All ways, on both databases; at last a ledger that is another one for the signer alone."""
    figures: dict[str, dict[str, Value]] = {}
    missed: list[str] = []
    kinds = options.sized(KINDS, SQLITE)
    with servers(kinds) as server, captured_logs(StringIO()):
        for kind in kinds:
            with _place(kind, install(kind, options.room / kind, server), options.room / kind) as place:
                figures[kind] = _tried(place, kind, options.sized(8, 1), missed)
    return {"ok": not missed, "figures": figures, "note": "; ".join(missed[:5])}


def _tried(place: Place, kind: Kind, times: int, missed: list[str]) -> dict[str, Value]:
    planted, detected = 0, Counter[str]()
    standing: Findings = set()
    for turn in range(times):
        for name, plant in WAYS.items():
            place.office.holder(turn * len(WAYS) + planted)  # an honest one, which nobody is to name
            if place.audit() != standing:
                missed.append(f"{kind}: before {name}, something else was named")
            planted += 1
            wanted = plant(place)
            if place.audit() == standing | wanted:
                detected[name] += 1
            else:
                missed.append(f"{kind}: {name}")
            standing |= set() if name in PASSING else wanted
    planted += 1
    wanted = standing | _forked(place)
    detected["showed the signer another ledger"] += place.audit() == wanted
    if not detected["showed the signer another ledger"]:
        missed.append(f"{kind}: another ledger")
    return {"planted": planted, "detected": sum(detected.values()), **detected}


def _forked(place: Place) -> Findings:
    """Who has the ledger's key shows the signer a ledger that nobody else sees: it is a record of the next signature."""
    services = place.office.services
    knocker = Knocker(place.installation.settings.signer_socket or Path())
    seen = knocker.ask("hello", {})["size"]
    with services.store("ledger").reading() as session:
        rows = session.connection().exec_driver_sql('SELECT leaf FROM ledger_entries ORDER BY "index"').scalars()
        tree = Tree(leaf_hash(bytes(leaf)) for leaf in list(rows)[:seen])
    tree.append(leaf_hash(b"of this one alone"))
    stamp = Stamp(services.ledger.signer.name, tree.size, tree.root(), services.clock() // 60 * 60)
    proof = [b64u(node) for node in tree.consistency_proof(seen)]
    knocker.ask("follow", {"note": b64u(stamp.sign(services.ledger.signer).encode()), "proof": proof})
    order = place.order()
    knocker.ask("sign", order.to_json())
    leaf = read_log(place.folder / "signer" / "signer.log")[-1].leaf
    place.tell(leaf)
    return {("forked", leaf.hex())}


@contextmanager
def _place(kind: Kind, plain: Installation, folder: Path) -> Iterator[Place]:
    with ExitStack() as exits:
        room = Path(exits.enter_context(tempfile.TemporaryDirectory(prefix="ck")))  # a socket's path is short
        with plain.opened(checkpoints=True) as office:
            office.services.ledger.sequence()
        sockets = {}
        for duty in ("signer", "tagger"):
            command = [sys.executable, "-c", "from credence.service.cli import main; main()", "keys"]
            told = {**os.environ, **plain.environment}
            options = ["--socket", str(room / duty / "s"), "--per-minute", "5000"]
            split = [*command, "split", duty, str(folder / duty), *options]
            subprocess.run(split, env=told, capture_output=True, timeout=60, check=True)
            keeper = subprocess.Popen([*command, duty, str(folder / duty)], env=os.environ, stderr=subprocess.DEVNULL)
            exits.callback(_ended, keeper)
            sockets[f"{duty}_socket"] = str(room / duty / "s")
            _wait_for(room / duty / "s")
        installation = replace(plain, values={**plain.values, **sockets})
        office = exits.enter_context(installation.opened(checkpoints=True))
        yield Place(installation, folder, office)


def _wait_for(path: Path) -> None:
    for _ in range(200):
        if path.exists():
            return
        time.sleep(0.1)
    raise TimeoutError("a keeper does not listen")


def _ended(keeper: subprocess.Popen[Any]) -> None:
    keeper.send_signal(signal.SIGTERM)
    keeper.wait(timeout=20)
