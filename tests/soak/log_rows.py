"""Attacks on rows: by who has the database, and perhaps the log's key too."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from credence.circuits.merkle import leaf_hash
from credence.circuits.note import NoteSigner
from credence.service.issuer.records import IssuerAttestation
from tests.soak.scene import Scene

FALSE: Final = b"\x66" * 32


@dataclass(frozen=True)
class Attack:
    """``do`` falsifies; ``look`` is how it is found, and raises nothing before. ``cause`` is the error and what it says."""

    name: str
    do: Callable[[Scene], object]
    cause: str
    look: Callable[[Scene], object]
    finder: str


def _verify(scene: Scene) -> None:
    scene.verify()


def _verify_seen(scene: Scene) -> None:
    scene.verify(*scene.kept.notes[1:])


def found(name: str, fault: str, *statements: str, then: Callable[[Scene], object] | None = None) -> Attack:
    """An attack that the audit of the installation itself finds."""

    def do(scene: Scene) -> None:
        for statement in statements:
            scene.sql(statement)
        if then is not None:
            then(scene)

    return Attack(name, do, f"Detected: {fault}", _verify, "credence ledger verify")


def found_by_kept(name: str, fault: str, *statements: str, then: Callable[[Scene], object]) -> Attack:
    """An attack after which the installation is consistent: found by a checkpoint that somebody kept."""
    plain = found(name, fault, *statements, then=then)
    return replace(plain, look=_verify_seen, finder="credence ledger verify --seen")


def _sign_anew(scene: Scene) -> None:
    scene.sign_anew()


def _entry(values: str, where: str = '"index" = :first') -> str:
    return f"UPDATE ledger_entries SET {values} WHERE {where}"


def _outbox(values: str) -> str:
    return f"UPDATE issuer_outbox SET {values} WHERE entry_index = :first"


def _with_hash(scene: Scene) -> None:
    scene.sql(_entry("leaf = :leaf, leaf_hash = :hash"), leaf=FALSE, hash=leaf_hash(FALSE))


def _signed_too(scene: Scene) -> None:
    _with_hash(scene)
    scene.sign_anew()


def _asked_for_too(scene: Scene) -> None:
    scene.sql(_outbox("leaf = :leaf"), leaf=FALSE)
    _signed_too(scene)


def _exchange(scene: Scene) -> None:
    for before, after in ((scene.first, 100), (scene.second, scene.first), (100, scene.second)):
        scene.sql(_entry(f'"index" = {after}', f'"index" = {before}'))


def _close_gap(scene: Scene) -> None:
    scene.sql('DELETE FROM ledger_entries WHERE "index" = :first')
    for index in range(scene.first + 1, scene.end):
        scene.sql(_entry(f'"index" = {index - 1}', f'"index" = {index}'))


def _append(scene: Scene) -> None:
    scene.sql(
        'INSERT INTO ledger_entries ("index", leaf_hash, leaf, source, outbox_id, epoch)'
        " VALUES (:end, :hash, :leaf, 'issuer', 'nobody', 1)",
        hash=leaf_hash(FALSE),
        leaf=FALSE,
    )
    scene.sign_anew()


def cut(scene: Scene) -> None:
    """As if the last credential and acceptance had never been."""
    scene.sql('DELETE FROM ledger_entries WHERE "index" >= :middle')
    scene.sql("DELETE FROM ledger_checkpoints WHERE size > :middle")
    for party in ("issuer", "verifier"):
        scene.sql(f"DELETE FROM {party}_outbox WHERE entry_index >= :middle")
    attestation_id, _ = scene.kept.attestations[1]
    scene.sql("DELETE FROM issuer_attestations WHERE id = :id", id=attestation_id)
    session_id = scene.kept.receipts[1]["receipt"]["session_id"]
    scene.sql("DELETE FROM verifier_decisions WHERE session_id = :id", id=session_id)


def _withheld(scene: Scene) -> None:
    """A credential whose outbox row is taken away before the log has seen it."""
    with scene.installation.opened(checkpoints=True) as office:
        office.holder(8)
    scene.sql("DELETE FROM issuer_outbox WHERE entry_index IS NULL")


def _past_the_log(scene: Scene) -> None:
    """A credential that was signed and recorded without a word to the log."""
    new = {"id": ":name", "identity_tag": ":tag", "salt": ":tag", "leaf": ":tag"}
    unique = {column.name for column in IssuerAttestation.__table__.columns if column.unique} - new.keys()
    columns = {column.name: column.name for column in IssuerAttestation.__table__.columns}
    columns |= new | {name: ":short" if name == "subject_handle" else ":tag" for name in unique}
    scene.sql(
        f"INSERT INTO issuer_attestations ({', '.join(columns)}) SELECT {', '.join(columns.values())}"
        " FROM issuer_attestations WHERE id = :id",
        name="shadow",
        tag=FALSE,
        short=FALSE[:16],
        id=scene.kept.attestations[0][0],
    )


def _decided_otherwise(scene: Scene) -> None:
    """In the clear, as before decisions were sealed: whoever writes to the database needs nobody's key for that."""
    ((session_id,),) = scene.rows("SELECT session_id FROM verifier_decisions ORDER BY decided_at LIMIT 1")
    signed = scene.kept.receipts[0]
    changed = {"receipt": {**signed, "receipt": {**signed["receipt"], "salt": "A" * 43}}}
    statement = "UPDATE verifier_decisions SET answer = :answer, subject_key = NULL WHERE session_id = :id"
    scene.sql(statement, answer=json.dumps(changed), id=session_id)


def _exchanged_document(scene: Scene) -> None:
    document = scene.kept.issuer.to_json() | {"issuer": "other.example"}
    scene.sql("UPDATE issuer_documents SET document = :document", document=json.dumps(document))


def _invented(scene: Scene) -> None:
    scene.sql(
        "INSERT INTO issuer_outbox (id, kind, leaf, created_epoch, entry_index)"
        " VALUES ('0', 'attestation', :leaf, 1, :second)",
        leaf=FALSE,
    )


def _taken_again(scene: Scene) -> None:
    scene.sql(_outbox("entry_index = NULL, leaf = :leaf"), leaf=FALSE)


def stranger() -> NoteSigner:
    return NoteSigner("log.example/credence", Ed25519PrivateKey.from_private_bytes(bytes(range(32))))


def _note(change: Callable[[Scene], str]) -> Callable[[Scene], object]:
    return lambda scene: scene.sql("UPDATE ledger_checkpoints SET note = :note WHERE size = :end", note=change(scene))


def _spoiled_signature(scene: Scene) -> str:
    text, dash, line = scene.kept.notes[2].rpartition("— ")
    name, _, signature = line.strip().partition(" ")
    middle = len(signature) // 2
    other = "A" if signature[middle] != "A" else "B"
    return f"{text}{dash}{name} {signature[:middle]}{other}{signature[middle + 1 :]}\n"


def _another_root(scene: Scene) -> None:
    scene.sql(
        "UPDATE ledger_checkpoints SET root = :root, note = :note WHERE size = :end",
        root=FALSE,
        note=scene.signed(scene.end, FALSE),
    )


ATTACKS: Final = (
    # entries
    found("an entry's leaf", "tampered", _entry("leaf = :zeros")),
    found("an entry's leaf and its hash", "tampered", then=_with_hash),
    found("an entry, and every checkpoint signed anew", "tampered", then=_signed_too),
    found_by_kept("an entry, its outbox row, and every checkpoint signed anew", "forked", then=_asked_for_too),
    found("an entry given to another party", "unaccounted", _entry("source = 'verifier'")),
    found("an entry dropped", "dropped", 'DELETE FROM ledger_entries WHERE "index" = :first'),
    found("an entry dropped and the gap closed", "reordered", then=_close_gap),
    found("two entries exchanged", "reordered", then=_exchange),
    found("an entry that nobody asked for, signed", "unaccounted", then=_append),
    found("the newest entries cut off", "rolled back", 'DELETE FROM ledger_entries WHERE "index" >= :middle'),
    found_by_kept("the newest entries cut off with all that speaks of them", "rolled back", then=cut),
    # outboxes
    found("an outbox row removed", "unaccounted", "DELETE FROM issuer_outbox WHERE entry_index = :first"),
    found("an outbox row's leaf", "tampered", _outbox("leaf = :zeros")),
    found("an outbox row moved to another place", "reordered", _outbox("entry_index = :second")),
    found("an outbox row that was never taken, marked as taken", "dropped", then=_invented),
    Attack(
        "an outbox row changed and handed in again",
        _taken_again,
        "LedgerDamaged: tampered",
        lambda scene: scene.sequence(),
        "the log's sequencer",
    ),
    # records: shadow issuance
    found("a credential whose outbox row was taken away in time", "unlogged", then=_withheld),
    found("a credential issued past the log", "unlogged", then=_past_the_log),
    found("an acceptance with another receipt than the logged one", "unlogged", then=_decided_otherwise),
    found("an issuer's document exchanged", "unlogged", then=_exchanged_document),
    found("an attestation's salt", "unopened", "UPDATE issuer_attestations SET salt = :zeros"),
    found("a registration's role", "unopened", "UPDATE auth_registrations SET role = 'operator'"),
    # checkpoints
    found("a checkpoint's root", "checkpoint", "UPDATE ledger_checkpoints SET root = :zeros WHERE size = :end"),
    found("a checkpoint's signature", "checkpoint", then=_note(_spoiled_signature)),
    found("a checkpoint's size", "checkpoint", "UPDATE ledger_checkpoints SET size = :end - 1 WHERE size = :end"),
    found(
        "a checkpoint of another origin, by the log's own key",
        "checkpoint",
        then=_note(lambda scene: scene.signed(scene.end, scene.root(scene.end), origin="other.example/log")),
    ),
    found(
        "a checkpoint by another key under the log's name",
        "checkpoint",
        then=_note(lambda scene: scene.signed(scene.end, scene.root(scene.end), signer=stranger())),
    ),
    found("a checkpoint over other entries, properly signed", "root", then=_another_root),
    found(
        "a checkpoint beyond the log's end, properly signed",
        "rolled back",
        then=lambda scene: scene.publish(scene.end + 3, FALSE),
    ),
)
