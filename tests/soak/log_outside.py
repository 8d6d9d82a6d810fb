"""Attacks on those outside: by who answers for the log, holds its key, or puts an older state in its place."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from credence.circuits.encoding import b64u
from credence.circuits.receipt import Receipt, sign_receipt
from credence.sdk.messages import Request, Response
from credence.service.app.installation import open_keyring
from credence.service.keys import Purpose
from tests.soak.log_rows import FALSE, Attack, cut, stranger
from tests.soak.scene import Scene

DASH: Final = "\N{EM DASH}"


# --- how somebody outside looks ---


def follows(scene: Scene) -> None:
    """Who saw all there was goes on."""
    with scene.asked() as way:
        scene.auditor(way, remembers=2).follow()


def catches_up(scene: Scene) -> None:
    """Who saw less goes on, and asks for a proof of what came between."""
    with scene.asked() as way:
        scene.auditor(way, remembers=1).follow()


def compare(scene: Scene) -> None:
    """Two who followed by themselves hold what they saw against each other."""
    with scene.asked() as way, (scene.other or scene).asked() as another:
        one, other = scene.auditor(way), scene.auditor(another)
        one.follow()
        other.follow()
        assert one.seen is not None
        assert other.seen is not None
        one.check_consistency(one.seen.note, other.seen.note)


def holds_credential(scene: Scene) -> None:
    attestation_id, leaf = scene.kept.attestations[0]
    with scene.asked() as way:
        scene.auditor(way).attestation(attestation_id, leaf=leaf)


def holds_receipt(scene: Scene) -> None:
    with scene.asked() as way:
        assert scene.auditor(way).receipt(scene.kept.receipts[0], scene.kept.verifier).inclusion is not None


def is_shown_document(scene: Scene) -> None:
    with scene.asked() as way:
        scene.auditor(way).issuer_document(scene.kept.issuer)


def sequence(scene: Scene) -> None:
    scene.sequence()


# --- what is done to them ---


def _lying(path: str, change: Callable[[Scene, Request, Response], bytes]) -> Callable[[Scene], None]:
    """Another body in the answers of one path."""

    def do(scene: Scene) -> None:
        def lie(request: Request, response: Response) -> Response:
            if path not in request.path:
                return response
            return replace(response, body=change(scene, request, response))

        scene.lie = lie

    return do


def _noted(change: Callable[[Scene, str], str]) -> Callable[[Scene], None]:
    return _lying("/checkpoint", lambda scene, _request, response: change(scene, response.body.decode()).encode())


def _answered(path: str, change: Callable[[Scene, Request, dict[str, Any]], dict[str, Any]]) -> Callable[[Scene], None]:
    def changed(scene: Scene, request: Request, response: Response) -> bytes:
        return json.dumps(change(scene, request, json.loads(response.body))).encode()

    return _lying(path, changed)


def _another_root(scene: Scene, note: str) -> str:
    text, _, rest = note.partition("\n\n")
    origin, size, _ = text.split("\n")
    return f"{origin}\n{size}\n{'A' * 43}=\n\n{rest}"


def _signed_twice(_scene: Scene, note: str) -> str:
    return note + note.splitlines(keepends=True)[-1]


def _signed_by_many(_scene: Scene, note: str) -> str:
    return note + "".join(f"{DASH} friend{number} {'QUJD' * 24}\n" for number in range(64))


def _proof_of_another(scene: Scene, request: Request, answer: dict[str, Any]) -> dict[str, Any]:
    """A good proof, of the entry beside."""
    with scene.installation.opened() as office:
        ledger = office.services.ledger
        (entry,) = ledger.entries(answer["index"] + 1, 1)
        proof = ledger.inclusion(entry.leaf, answer["size"])
    return answer | {"index": proof.index, "proof": [node.hex() for node in proof.proof]}


def _proof_of_other_sizes(scene: Scene, request: Request, answer: dict[str, Any]) -> dict[str, Any]:
    with scene.installation.opened() as office:
        proof = office.services.ledger.consistency(answer["first"] - 1, answer["second"])
    return answer | {"proof": [node.hex() for node in proof.proof]}


def _another_leaf(scene: Scene, request: Request, answer: dict[str, Any]) -> dict[str, Any]:
    return answer | {"leaf": b64u(scene.kept.attestations[1][1])}


def _receipt(scene: Scene, key: Ed25519PrivateKey | None, **changes: Any) -> None:
    first, *others = scene.kept.receipts
    receipt = replace(Receipt.parse(first["receipt"]), **changes)
    own = open_keyring(scene.installation.settings).signing_key(Purpose.RECEIPT)
    scene.kept = replace(scene.kept, receipts=[sign_receipt(receipt, key or own), *others])


def _document_for_one(scene: Scene) -> None:
    """Keys that only one person is shown, and nobody else would recognise."""
    document = scene.kept.issuer
    key = replace(document.keys[0], key_id="for-you-alone")
    scene.kept = replace(scene.kept, issuer=replace(document, keys=(*document.keys, key)))


def _restore(scene: Scene) -> None:
    scene.restore()


def _restore_and_live_on(scene: Scene) -> None:
    scene.restore()
    number = 11
    while len(scene.rows("SELECT 1 FROM ledger_entries")) <= scene.end:
        scene.live_on(number)
        number += 1


def _restore_with_witness(scene: Scene) -> None:
    scene.restore()
    scene.witness.write_text(scene.kept.notes[0])


def _split(scene: Scene) -> None:
    """Two copies with the same key live on, each with its own persons, and each is shown to its own public."""
    assert scene.other is not None
    scene.live_on(21)
    scene.other.live_on(22)
    for one in (scene, scene.other):
        one.witness.unlink()


def _forged_witness(scene: Scene) -> None:
    scene.witness.write_text(scene.signed(scene.end, scene.root(scene.end), signer=stranger()))


ATTACKS: Final = (
    # what an auditor is told
    Attack("the newest entries cut off, the checkpoint before served", cut, "LogRolledBack", follows, "auditor"),
    Attack(
        "an older checkpoint served again",
        _noted(lambda scene, _note: scene.kept.notes[1]),
        "LogRolledBack",
        follows,
        "auditor",
    ),
    Attack("a database restored from an old backup", _restore, "LogRolledBack", follows, "auditor"),
    Attack("an old backup that lived on beyond the present", _restore_and_live_on, "LogForked", follows, "auditor"),
    Attack("database and witness taken back together", _restore_with_witness, "LogRolledBack", follows, "auditor"),
    Attack("two histories shown to two auditors", _split, "LogForked", compare, "two auditors"),
    Attack(
        "a checkpoint by another key under the log's name, served",
        _noted(lambda scene, _note: scene.signed(scene.end, scene.root(scene.end), signer=stranger())),
        "CheckpointInvalid",
        follows,
        "auditor",
    ),
    Attack(
        "a checkpoint of another origin by the log's own key, served",
        _noted(lambda scene, _note: scene.signed(scene.end, scene.root(scene.end), origin="other.example/log")),
        "CheckpointInvalid",
        follows,
        "auditor",
    ),
    Attack("a root exchanged under a good signature", _noted(_another_root), "CheckpointInvalid", follows, "auditor"),
    Attack("a checkpoint signed twice by the log", _noted(_signed_twice), "CheckpointInvalid", follows, "auditor"),
    Attack("a checkpoint padded with signatures", _noted(_signed_by_many), "CheckpointInvalid", follows, "auditor"),
    Attack(
        "a consistency proof of other sizes",
        _answered("/consistency", _proof_of_other_sizes),
        "LogForked",
        catches_up,
        "auditor",
    ),
    # what a holder and a venue are told
    Attack(
        "an inclusion proof of another leaf",
        _answered("/inclusion", _proof_of_another),
        "InclusionFailed",
        holds_credential,
        "holder's auditor",
    ),
    Attack(
        "another leaf published than the holder was told",
        _answered("/attestations/", _another_leaf),
        "InclusionFailed",
        holds_credential,
        "holder's auditor",
    ),
    Attack(
        "a receipt by a key that was never published",
        lambda scene: _receipt(scene, Ed25519PrivateKey.from_private_bytes(FALSE)),
        "ReceiptInvalid",
        holds_receipt,
        "venue's auditor",
    ),
    Attack(
        "an acceptance, properly signed, that is not in the log",
        lambda scene: _receipt(scene, None, salt=FALSE),
        "InclusionFailed",
        holds_receipt,
        "venue's auditor",
    ),
    Attack(
        "an issuer's document for one person alone",
        _document_for_one,
        "InclusionFailed",
        is_shown_document,
        "holder's auditor",
    ),
    # what the witness knows
    Attack("the witness removed", lambda scene: scene.witness.unlink(), "Unreconciled: unwitnessed", sequence, "witness"),
    Attack("the witness forged", _forged_witness, "Unreconciled: unwitnessed", sequence, "witness"),
    Attack("an old backup put in place", _restore, "Unreconciled: rolled back", sequence, "witness"),
    Attack("an old backup that lived on elsewhere", _restore_and_live_on, "Unreconciled: forked", sequence, "witness"),
)
