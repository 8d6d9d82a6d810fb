"""What can be seen afterwards: everything in the log, and nobody in what is kept."""

from __future__ import annotations

from functools import partial

from credence.service.adapters.list_folder import FOLDER
from credence.service.demo.expect import expect
from credence.service.demo.report import Journal
from credence.service.demo.world import World


def find_issuer(world: World, journal: Journal) -> None:
    """An auditor finds the issuer's document in the log, and keeps the checkpoint."""
    auditor = world.auditor()
    found = world.eventually(lambda: auditor.issuer_document(world.service.issuer))
    world.note(auditor)
    journal.say(f"the issuer's document is entry {found.index} of {found.checkpoint.origin}")


def audit(world: World, journal: Journal) -> None:
    """Every attestation and every accepted receipt is in the log, and the log has only grown since it was first seen."""
    auditor = world.auditor()
    for holder in world.holders.values():
        held = holder.held
        found = world.eventually(partial(auditor.attestation, held.attestation_id, leaf=held.leaf))
        journal.say(f"{holder.name}'s attestation is entry {found.index}")
    for decision in world.decisions:
        audited = world.eventually(partial(auditor.receipt, dict(decision.receipt), world.service.verifier))
        expect(audited.inclusion is not None, "an accepted receipt has no place in the log")
    newest = auditor.follow()
    world.note(auditor)
    for note in world.notes:
        auditor.check_consistency(note, world.notes[-1])
    expect(len(world.notes) > 1 and bool(world.decisions), "there was nothing to audit")
    journal.say(
        f"{len(world.decisions)} receipts are in the log; its {newest.size} entries continue every checkpoint seen before"
    )


def verify_ledger(world: World, journal: Journal) -> None:
    """What ``credence ledger verify`` does: recompute the whole log, and hold it to the checkpoints that were seen."""
    report = world.service.operator.ledger.verify(world.notes)
    expect(report.seen == len(world.notes) > 0 and report.unattributed == 0, "the log has entries of nobody")
    journal.say(f"{report.entries} entries, {report.checkpoints} checkpoints, root {report.root.hex()[:16]}…: in order")


def find_nobody(world: World, journal: Journal) -> None:
    """No name, birth date, document number or evidence stands in a file or log line of the service.

    The lists themselves are left out: they name whom they list, and were published.
    """
    published = world.data_dir / FOLDER
    files = [path for path in sorted(world.data_dir.rglob("*")) if path.is_file() and published not in path.parents]
    kept = {path.name: path.read_bytes() for path in files}
    kept["log"] = world.service_log.getvalue().encode()
    expect(any(data.startswith(b"SQLite format 3") for data in kept.values()), "there is no database to look at")
    for text, what in world.personal.items():
        for place, data in kept.items():
            expect(text.encode() not in data, f"a {what} stands in {place}")
    size = sum(map(len, kept.values()))
    journal.say(f"{len(world.personal)} personal texts, {size / 1024:.0f} KiB in {len(kept)} files and logs: none found")


def stop_service(world: World, journal: Journal) -> None:
    """The service ends by itself, after what it was answering."""
    world.stop()
    journal.say("nothing of this run remains")
