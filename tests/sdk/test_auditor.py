"""Does an auditor notice every way in which a log may contradict what it signed?"""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from credence.circuits.encoding import Rng, b64u
from credence.circuits.errors import Malformed
from credence.circuits.fields import json_digest
from credence.circuits.note import Checkpoint, NoteSigner
from credence.circuits.wire import IssuerDocument
from credence.sdk.auditor import Auditor, Seen
from credence.sdk.calls.verifier import VerifierDocument
from credence.sdk.errors import (
    BadResponse,
    CheckpointInvalid,
    ConsistencyFailed,
    InclusionFailed,
    LogForked,
    LogRolledBack,
    NotFound,
    ReceiptInvalid,
)
from credence.sdk.transport import Request
from credence.sdk.wallet import Wallet
from tests.sdk.small_service import Answer, SmallLog, SmallService


def leaf(number: int) -> bytes:
    return number.to_bytes(32, "big")


def grow(service: SmallService, *numbers: int) -> None:
    service.log.add(*(leaf(number) for number in numbers))
    service.log.publish()


def fork(service: SmallService, *numbers: int) -> None:
    """Put another history in the log's place, under the same key."""
    service.log = SmallLog(service.log.signer)
    grow(service, *numbers)


def spoil(service: SmallService, call: str, **members: Any) -> None:
    """Alter what the log answers to one call."""

    def change(request: Request, answer: Answer) -> Answer:
        if isinstance(answer, dict) and request.path.endswith(call):
            return {**answer, **members}
        return answer

    service.change = change


# --- following ---


def test_a_growing_log_is_followed(service: SmallService, auditor: Auditor) -> None:
    assert auditor.seen is None
    sizes = [auditor.follow().size]
    for number in range(5):
        grow(service, *range(10 * number, 11 * number + 1))
        sizes.append(auditor.follow().size)
    assert sizes == [1, 2, 4, 7, 11, 16]
    assert auditor.seen == Seen(service.log.signer.vkey, service.log.note)


def test_an_unchanged_log_needs_no_proof(service: SmallService, auditor: Auditor) -> None:
    assert auditor.follow() == auditor.follow()
    assert service.paths() == ["GET /v1/log/checkpoint"] * 2


def test_a_log_may_begin_empty(service: SmallService) -> None:
    service.log = SmallLog(service.log.signer)
    service.log.publish()
    auditor = Auditor(service, service.log.signer.vkey)
    assert auditor.follow().size == 0
    with pytest.raises(InclusionFailed):
        auditor.inclusion(leaf(1))
    grow(service, 1, 2)
    assert auditor.follow().size == 2


def test_a_log_without_a_checkpoint_is_not_found(service: SmallService, auditor: Auditor) -> None:
    note, service.log.note = service.log.note, ""
    with pytest.raises(NotFound):
        auditor.follow()
    service.log.note = note
    auditor.follow()


def test_a_log_that_lost_its_checkpoints_was_rolled_back(service: SmallService, auditor: Auditor) -> None:
    auditor.follow()
    service.log.note = ""
    with pytest.raises(LogRolledBack):
        auditor.follow()


def test_a_rollback_is_noticed_and_shown(service: SmallService, auditor: Auditor) -> None:
    earlier = service.log.note
    grow(service, 1, 2, 3)
    auditor.follow()
    later = service.log.note
    service.log.note = earlier
    with pytest.raises(LogRolledBack) as caught:
        auditor.follow()
    assert caught.value.evidence == (later, earlier)
    assert auditor.seen == Seen(service.log.signer.vkey, later)
    service.log.note = later
    auditor.follow()


def test_a_fork_of_the_same_size_is_noticed_and_shown(service: SmallService, auditor: Auditor) -> None:
    grow(service, 1, 2)
    auditor.follow()
    seen = service.log.note
    fork(service, 3, 4, 5)
    with pytest.raises(LogForked) as caught:
        auditor.follow()
    assert caught.value.evidence == (seen, service.log.note)
    assert auditor.seen == Seen(service.log.signer.vkey, seen)


@pytest.mark.parametrize("size", [4, 5, 8, 100])
def test_a_longer_fork_is_noticed(service: SmallService, auditor: Auditor, size: int) -> None:
    grow(service, 1, 2)
    auditor.follow()
    fork(service, *range(size))
    with pytest.raises(LogForked):
        auditor.follow()


def test_a_log_that_will_not_prove_its_growth_is_forked(service: SmallService, auditor: Auditor) -> None:
    auditor.follow()
    grow(service, 1, 2)
    for proof in ([], ["00" * 32], ["00" * 32] * 2, ["00" * 32] * 64):
        spoil(service, "consistency", proof=proof)
        with pytest.raises(LogForked):
            auditor.follow()
    spoil(service, "consistency")
    auditor.follow()


def test_a_garbled_proof_is_no_accusation(service: SmallService, auditor: Auditor) -> None:
    auditor.follow()
    grow(service, 1, 2)
    for proof in (None, "00", [1], ["0" * 63], ["zz" * 32], ["00" * 32] * 129):
        spoil(service, "consistency", proof=proof)
        with pytest.raises(BadResponse):
            auditor.follow()


@pytest.mark.parametrize("case", ["another key", "another name", "another origin", "unsigned", "nonsense"])
def test_a_note_that_the_log_did_not_sign_is_refused(service: SmallService, auditor: Auditor, rng: Rng, case: str) -> None:
    text = Checkpoint("log.example", service.log.tree.size, service.log.tree.root()).text()
    other = Ed25519PrivateKey.from_private_bytes(rng(32))
    service.log.note = {
        "another key": NoteSigner("log.example", other).sign(text),
        "another name": NoteSigner("other.example", other).sign(text),
        "another origin": service.log.signer.sign(Checkpoint("other.example", 1, bytes(32)).text()),
        "unsigned": text,
        "nonsense": "nonsense",
    }[case]
    with pytest.raises(CheckpointInvalid):
        auditor.follow()
    assert auditor.seen is None


# --- memory ---


def test_memory_survives_a_restart(service: SmallService, auditor: Auditor) -> None:
    grow(service, 1, 2)
    auditor.follow()
    assert auditor.seen is not None
    kept = Seen.parse(json.loads(json.dumps(auditor.seen.to_json())))
    assert kept == auditor.seen
    fork(service, 3, 4, 5, 6)
    with pytest.raises(LogForked):
        Auditor(service, service.log.signer.vkey, seen=kept).follow()
    # without the memory nobody could tell
    assert Auditor(service, service.log.signer.vkey).follow().size == 4


def test_memory_that_is_none_is_refused(service: SmallService, auditor: Auditor, rng: Rng) -> None:
    auditor.follow()
    seen = auditor.seen
    assert seen is not None
    other = NoteSigner("log.example", Ed25519PrivateKey.from_private_bytes(rng(32)))
    for bad in (Seen(other.vkey, seen.note), Seen(seen.vkey, seen.note.replace("1\n", "2\n", 1)), Seen(seen.vkey, "")):
        with pytest.raises(CheckpointInvalid):
            Auditor(service, service.log.signer.vkey, seen=bad)
    documents: list[object] = [{}, [], {**seen.to_json(), "note": b64u(b"\xff")}, {**seen.to_json(), "more": 1}]
    for document in documents:
        with pytest.raises(CheckpointInvalid):
            Seen.parse(document)


def test_a_key_that_is_none_is_refused(service: SmallService) -> None:
    for vkey in ("", "log.example", service.log.signer.vkey + "A", service.log.signer.vkey.replace("log", "lag")):
        with pytest.raises(CheckpointInvalid):
            Auditor(service, vkey)


def test_two_auditors_can_hold_their_checkpoints_together(service: SmallService, auditor: Auditor) -> None:
    grow(service, 1, 2)
    mine = service.log.note
    grow(service, 3)
    theirs = service.log.note
    auditor.check_consistency(mine, theirs)
    auditor.check_consistency(theirs, mine)
    auditor.check_consistency(mine, mine)
    fork(service, 4, 5, 6, 7, 8)
    with pytest.raises(ConsistencyFailed) as caught:
        auditor.check_consistency(service.log.note, theirs)
    assert caught.value.evidence == (theirs, service.log.note)
    with pytest.raises(CheckpointInvalid):
        auditor.check_consistency(mine, "nonsense")


# --- inclusion ---


def test_every_leaf_is_found_where_it_stands(service: SmallService, auditor: Auditor) -> None:
    grow(service, *range(1, 8))
    for number in range(1, 8):
        found = auditor.inclusion(leaf(number))
        assert (found.index, found.checkpoint.size) == (number, 8)


def test_a_leaf_that_the_log_does_not_show_is_missed(service: SmallService, auditor: Auditor) -> None:
    service.log.add(leaf(9))
    with pytest.raises(InclusionFailed):
        auditor.inclusion(leaf(9))  # not published yet
    service.log.publish()
    auditor.inclusion(leaf(9))
    with pytest.raises(InclusionFailed):
        auditor.inclusion(leaf(10))


@pytest.mark.parametrize("members", [{"index": 1}, {"index": 7}, {"proof": []}, {"proof": ["00" * 32] * 2}])
def test_a_proof_for_another_leaf_is_refused(service: SmallService, auditor: Auditor, members: dict[str, Any]) -> None:
    grow(service, 1, 2, 3)
    auditor.inclusion(leaf(2))
    spoil(service, "inclusion", **members)
    with pytest.raises(InclusionFailed):
        auditor.inclusion(leaf(2))


def test_a_claimed_size_does_not_move_the_root(service: SmallService, auditor: Auditor) -> None:
    grow(service, 1, 2, 3)
    spoil(service, "inclusion", size=2)
    assert auditor.inclusion(leaf(2)).checkpoint.size == 4


def test_an_issuers_document_is_in_the_log(service: SmallService, auditor: Auditor) -> None:
    assert auditor.issuer_document(service.document).index == 0
    other = IssuerDocument("issuer.example", service.document.schemas, service.document.keys, "another log")
    with pytest.raises(InclusionFailed):
        auditor.issuer_document(other)


def test_an_attestation_is_in_the_log(service: SmallService, auditor: Auditor, wallet: Wallet) -> None:
    held = wallet.credentials[0]
    with pytest.raises(InclusionFailed):
        auditor.attestation(held.attestation_id, leaf=held.leaf)
    service.log.publish()
    assert auditor.attestation(held.attestation_id, leaf=held.leaf).index == 1
    assert auditor.attestation(held.attestation_id).index == 1
    with pytest.raises(NotFound):
        auditor.attestation("att-unknown")


def test_an_issuer_cannot_show_another_leaf_or_place(service: SmallService, auditor: Auditor, wallet: Wallet) -> None:
    held = wallet.credentials[0]
    grow(service, 5)
    with pytest.raises(InclusionFailed, match="another leaf"):
        auditor.attestation(held.attestation_id, leaf=leaf(5))
    spoil(service, held.attestation_id, leaf=b64u(leaf(6)))
    with pytest.raises(InclusionFailed):
        auditor.attestation(held.attestation_id)
    spoil(service, held.attestation_id, entry_index=2)
    with pytest.raises(InclusionFailed, match="where its issuer says"):
        auditor.attestation(held.attestation_id)


# --- receipts ---


def receipt(service: SmallService, reason: str = "accepted") -> dict[str, Any]:
    return service.receipt(service.request(), json_digest({"a": 1}), reason=reason, pseudonym=None)


def document(service: SmallService, **changes: Any) -> VerifierDocument:
    return VerifierDocument.parse({**service.verifier_document(), **changes})


def test_an_accepted_receipt_is_signed_and_in_the_log(service: SmallService, auditor: Auditor) -> None:
    audited = auditor.receipt(receipt(service), document(service))
    assert audited.receipt.decision == "accepted"
    assert audited.inclusion is not None
    assert audited.inclusion.index == 2, "after two documents"


def test_a_denied_receipt_is_signed_and_has_no_leaf(service: SmallService, auditor: Auditor) -> None:
    audited = auditor.receipt(receipt(service, "policy_not_met"), document(service))
    assert audited.receipt.decision == "denied"
    assert audited.inclusion is None
    assert service.sent == []


def test_any_of_the_published_keys_may_have_signed(service: SmallService, auditor: Auditor) -> None:
    keys = service.verifier_document()["receipt_keys"]
    other = {
        "key_id": "r0",
        "public_key": b64u(Ed25519PrivateKey.from_private_bytes(bytes(32)).public_key().public_bytes_raw()),
    }
    auditor.receipt(receipt(service), document(service, receipt_keys=[other, *keys]))
    with pytest.raises(ReceiptInvalid):
        auditor.receipt(receipt(service), document(service, receipt_keys=[other]))
    with pytest.raises(Malformed):
        document(service, receipt_keys=[*keys, *keys])


def test_a_retired_key_opens_what_it_signed_in_time(service: SmallService, auditor: Auditor) -> None:
    (key,) = service.verifier_document()["receipt_keys"]
    assert auditor.receipt(receipt(service), document(service, receipt_keys=[key | {"not_after": service.now}])).inclusion
    with pytest.raises(ReceiptInvalid, match="later than its key"):
        auditor.receipt(receipt(service), document(service, receipt_keys=[key | {"not_after": service.now - 1}]))


def test_a_receipt_outside_the_log_is_missed(service: SmallService, auditor: Auditor) -> None:
    signed = receipt(service)
    fork(service, 1, 2)
    with pytest.raises(InclusionFailed):
        auditor.receipt(signed, document(service))


def test_a_note_is_remembered_without_what_others_signed(service: SmallService, auditor: Auditor) -> None:
    plain = service.log.note
    others = "".join(f"\N{EM DASH} witness{count} {'QUFBQUFBQUFBQUFB' * 4}\n" for count in range(20))
    service.log.note = plain + others
    auditor.follow()
    assert auditor.seen == Seen(service.log.signer.vkey, plain)


def test_every_changed_member_of_a_receipt_is_refused(service: SmallService, auditor: Auditor) -> None:
    signed = receipt(service)
    auditor.receipt(signed, document(service))
    for name, value in signed["receipt"].items():
        changed = copy.deepcopy(signed)
        changed["receipt"][name] = (
            value + 1 if isinstance(value, int) else ("y" if (value or "").startswith("x") else "x") + (value or "")[1:]
        )
        with pytest.raises(ReceiptInvalid):
            auditor.receipt(changed, document(service))
    with pytest.raises(ReceiptInvalid):
        auditor.receipt({**signed, "signature": b64u(bytes(64))}, document(service))
    with pytest.raises(ReceiptInvalid):
        auditor.receipt({}, document(service))


def test_another_verifiers_receipt_is_refused(service: SmallService, auditor: Auditor) -> None:
    with pytest.raises(ReceiptInvalid, match="another verifier"):
        auditor.receipt(receipt(service), document(service, verifier="other.example", rules=None))
