"""Does a wallet believe nothing about revocations but what everybody could see, and go nowhere with anything else?

Every refused staple changes one thing of the honest one, which is accepted right after it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from credence.circuits.curve import Curve
from credence.circuits.encoding import u64le
from credence.circuits.note import Checkpoint, NoteSigner
from credence.circuits.revocation_log import CheckpointProof, RevocationEvent, Staple, make_delta
from credence.sdk.auditor import Auditor
from credence.sdk.errors import CannotSatisfy, LogForked, MustCatchUp, RevocationsRefused
from credence.sdk.following import Seen
from credence.sdk.transport import Request
from credence.sdk.wallet import Wallet
from tests.circuits.revocation_log.subjects import ADDRESS, Issuer, Ledger
from tests.conftest import SeededBytes
from tests.sdk.conftest import Make
from tests.sdk.revoking import MAX_AGE, NOT_REVOKED, RevokingService
from tests.sdk.small_service import PERSON, TOKEN, VENUE, Answer, SmallLog

MINE = PERSON["revocation_handle"]
UNBELIEVED = "person: the newest revocations, which cannot be believed: "


@pytest.fixture
def service(curve: Curve, rng: SeededBytes) -> RevokingService:
    return RevokingService(curve, rng)


@pytest.fixture
def moved(service: RevokingService, wallet: Wallet) -> Wallet:
    """A wallet that has followed one event; two more have happened since."""
    service.revoke(1)
    wallet.present(service.request(policy=NOT_REVOKED), audience=VENUE)
    service.revoke(2, 3)
    service.sent.clear()
    return wallet


def index_of(wallet: Wallet) -> int:
    witness = wallet.credentials[0].witness
    assert witness is not None
    return witness.index


def another_log(service: RevokingService) -> SmallLog:
    """Another history under the same key, as long as the one that everybody sees."""
    log = SmallLog(service.log.signer)
    log.add(*(bytes(32) for _ in range(service.log.tree.size)))
    log.publish()
    return log


def _not_in_the_log(service: RevokingService) -> Staple:
    honest = service.staple()
    value = (service.curve.BP1 * 5).to_bytes()
    return replace(honest, newest=replace(honest.newest, checkpoint=replace(honest.newest.checkpoint, value=value)))


def _of_another_log(service: RevokingService) -> Staple:
    """Of the same name, and under another key."""
    honest, stranger = service.staple(), Ledger(service.log.signer.name, b"\x05" * 32)
    entry = stranger.add(honest.newest.checkpoint.leaf())
    return replace(honest, newest=CheckpointProof(honest.newest.checkpoint, entry, (), stranger.note()))


def _of_another_accumulator(service: RevokingService) -> Staple:
    """One that was made for this holder, under the name of the real one, and is in the log like it."""
    other = Issuer(service.curve, SeededBytes("another accumulator"), service.revoking.ledger)
    name = service.revoking.key.accumulator_id
    other.key = replace(other.key, accumulator_id=name)
    other.revoke(1, 2, 3)
    return other.staple(minute=service.minute)


def _of_another_issuer(service: RevokingService) -> Staple:
    honest = service.staple()
    return replace(honest, newest=service.revoking.logged(replace(honest.newest.checkpoint, issuer="other.example")))


def _with(service: RevokingService, *changed: RevocationEvent) -> Staple:
    """The honest staple with other events of the same indexes."""
    honest, events = service.staple(), list(service.revoking.events)
    for event in changed:
        events[event.index - 1] = event
    return replace(honest, delta=make_delta(service.revoking.key.accumulator_id, 0, events, ADDRESS))


def _forged(service: RevokingService) -> Staple:
    event = service.revoking.events[1]
    return _with(service, replace(event, value=(service.curve.BP1 * 7).to_bytes()))


def _forged_handle(service: RevokingService) -> Staple:
    return _with(service, replace(service.revoking.events[1], handle=99))


def _forged_revocation(service: RevokingService) -> Staple:
    """As if this very holder were revoked."""
    return _with(service, replace(service.revoking.events[1], handle=MINE))


def _ends_elsewhere(service: RevokingService) -> Staple:
    event = service.revoking.events[2]
    return _with(service, replace(event, value=(service.curve.BP1 * 7).to_bytes()))


def _too_short(service: RevokingService) -> Staple:
    honest = service.staple()
    return replace(honest, delta=replace(honest.delta, count=2))


def _other_digest(service: RevokingService) -> Staple:
    honest = service.staple()
    return replace(honest, delta=replace(honest.delta, digest=bytes(32)))


REFUSED: dict[str, tuple[Callable[[RevokingService], Staple], str]] = {
    "a value that is not in the log": (_not_in_the_log, "another root"),
    "another log's": (_of_another_log, "no known signer"),
    "another accumulator's": (_of_another_accumulator, "not of this accumulator"),
    "another issuer's": (_of_another_issuer, "another accumulator"),
    "stale": (lambda service: service.staple(minute=service.minute - 2), "stale"),
    "from the future": (lambda service: service.staple(minute=service.minute + 2), "future"),
    "before the witness": (lambda service: service.staple(index=0), "goes back"),
    "a forged value": (_forged, "not of this accumulator"),
    "a forged handle": (_forged_handle, "not of this accumulator"),
    "a forged revocation of the holder": (_forged_revocation, "not the accumulator's"),
    "a delta that ends at another value": (_ends_elsewhere, "ends elsewhere"),
    "a delta that ends before": (_too_short, "ends elsewhere"),
    "a delta with another digest": (_other_digest, "another digest"),
}


@pytest.mark.parametrize("cause", REFUSED)
def test_what_cannot_be_believed_is_refused(service: RevokingService, moved: Wallet, cause: str) -> None:
    make, words = REFUSED[cause]
    honest = service.request(policy=NOT_REVOKED)
    wrong = replace(honest, staples=(make(service),))
    (unmet,) = moved.can_satisfy(wrong).unmet
    assert unmet.startswith(UNBELIEVED)
    assert words in unmet
    for ask in (lambda: moved.present(wrong, audience=VENUE), lambda: moved.catch_up(wrong)):
        with pytest.raises(RevocationsRefused, match=words):
            ask()
    assert service.sent == []
    assert (index_of(moved), moved.credentials[0].revoked) == (1, None)
    service.seen(honest, moved.present(honest, audience=VENUE))
    assert index_of(moved) == 3


def test_an_answer_refuses_alike(service: RevokingService, moved: Wallet) -> None:
    service.request(policy=NOT_REVOKED)
    service.staples = (_forged(service),)
    with pytest.raises(RevocationsRefused):
        moved.answer("s-1", audience=VENUE)
    assert service.paths() == ["GET /v1/verifier/sessions/s-1/request"]
    service.staples = None
    assert moved.answer("s-1", audience=VENUE).accepted


def test_a_checkpoint_is_good_until_the_policy_says(service: RevokingService, wallet: Wallet) -> None:
    staple = service.staple()
    request = replace(service.request(policy=NOT_REVOKED), staples=(staple,))
    service.now = 60 * (staple.newest.checkpoint.minute + 1) + MAX_AGE - 1
    assert wallet.can_satisfy(request)
    service.now += 1
    assert not wallet.can_satisfy(request)
    patient = service.request(policy={"not_revoked": {"max_age_s": 3_600}})
    assert wallet.can_satisfy(replace(patient, staples=(staple,)))


# --- what the issuer answers ---


def _another_handle(request: Request, answer: Answer) -> Answer:
    if not isinstance(answer, dict) or "events" not in answer:
        return answer
    first, second, *others = answer["events"]
    return {"events": [first, {**second, "handle": "4711"}, *others]}


def test_pages_that_lead_elsewhere_are_refused(service: RevokingService, wallet: Wallet) -> None:
    service.revoke(1, 2, 3)
    service.after = 2
    request = service.request(policy=NOT_REVOKED)
    service.change = _another_handle
    with pytest.raises(RevocationsRefused, match="not of this accumulator"):
        wallet.catch_up(request)
    assert index_of(wallet) == 0
    service.change = None
    wallet.catch_up(request)
    assert index_of(wallet) == 3


def test_a_page_of_a_long_delta_is_held_to_its_digest(service: RevokingService, wallet: Wallet) -> None:
    service.revoke(*range(1, 821))
    request = service.request(policy=NOT_REVOKED)
    service.change = _another_handle
    with pytest.raises(RevocationsRefused, match="other than those of the delta"):
        wallet.catch_up(request)
    service.change = None
    wallet.catch_up(request)
    assert index_of(wallet) == 820


def test_a_witness_that_is_none_is_not_shown(service: RevokingService, wallet: Wallet) -> None:
    """The last check before a proof: here the vault itself holds another handle's witness."""
    request = service.request(policy=NOT_REVOKED)
    (held,) = wallet.credentials
    other = replace(held, witness=service.revoking.witness(MINE + 1))
    wallet.flows._contents = wallet.flows.contents.with_followed([other])
    with pytest.raises(RevocationsRefused, match="not of this accumulator"):
        wallet.present(request, audience=VENUE)
    wallet.flows._contents = wallet.flows.contents.with_followed([held])
    service.seen(request, wallet.present(request, audience=VENUE))


def test_a_credential_that_cannot_be_revoked_is_no_answer(service: RevokingService, wallet: Wallet) -> None:
    request = service.request(policy=NOT_REVOKED)
    (held,) = wallet.credentials
    bare = replace(held, accumulator=None, witness=None, log_vkey="")
    wallet.flows._contents = wallet.flows.contents.with_followed([bare])
    assert wallet.can_satisfy(request).unmet == ("person: a credential that can be shown not to be revoked",)
    with pytest.raises(CannotSatisfy):
        wallet.present(request, audience=VENUE)


# --- the log that is shown to this wallet alone ---


def test_another_history_of_the_same_length_is_a_fork(service: RevokingService, moved: Wallet) -> None:
    """What the vault remembers of the log suffices to see it."""
    honest = service.request(policy=NOT_REVOKED)
    note = honest.staples[0].newest.note
    forked = another_log(service)
    contents = moved.flows.contents
    moved.flows._contents = contents.with_log(Seen(service.log.signer.vkey, forked.note))
    with pytest.raises(LogForked) as found:
        moved.present(honest, audience=VENUE)
    assert found.value.evidence == (forked.note, note)
    assert UNBELIEVED in moved.can_satisfy(honest).unmet[0]
    assert service.sent == []
    moved.flows._contents = contents.with_log(Seen(service.log.signer.vkey, note))
    service.seen(honest, moved.present(honest, audience=VENUE))


def audited(service: RevokingService, make: Make) -> tuple[Wallet, Auditor]:
    auditor = Auditor(service, service.log.signer.vkey)
    wallet = make(auditor=auditor)
    wallet.receive(service.offer(), TOKEN)
    service.request(policy=NOT_REVOKED)
    wallet.present(service.request(), audience=VENUE)  # it knows the verifier's rules
    service.sent.clear()
    return wallet, auditor


def test_an_auditor_joins_what_is_shown_to_what_is_known(service: RevokingService, make: Make) -> None:
    wallet, auditor = audited(service, make)
    service.revoke(1)
    service.request(policy=NOT_REVOKED)
    assert wallet.answer("s-1", audience=VENUE).accepted
    assert service.paths() == [
        "GET /v1/verifier/sessions/s-1/request",
        "GET /v1/log/consistency",
        "POST /v1/verifier/sessions/s-1/presentation",
    ]
    note = service.sessions["s-1"][0].staples[0].newest.note
    assert auditor.seen == wallet.flows.contents.logs[service.log.signer.vkey] == Seen(service.log.signer.vkey, note)


def test_an_auditor_sees_another_history_of_any_length(service: RevokingService, make: Make) -> None:
    wallet, auditor = audited(service, make)
    before = auditor.seen
    ledger = Ledger(service.log.signer.name)
    ledger.signer = service.log.signer
    for number in range(service.log.tree.size + 3):
        ledger.add(u64le(number) + bytes(24))
    honest = service.staple()
    entry = ledger.add(honest.newest.checkpoint.leaf())
    path = tuple(ledger.tree.inclusion_proof(entry))
    forked = replace(honest, newest=CheckpointProof(honest.newest.checkpoint, entry, path, ledger.note()))
    service.request(policy=NOT_REVOKED)
    service.staples = (forked,)
    with pytest.raises(LogForked):
        wallet.answer("s-1", audience=VENUE)
    assert not [path for path in service.paths() if path.startswith("POST")]
    assert auditor.seen == before
    service.staples = None
    assert wallet.answer("s-1", audience=VENUE).accepted


def test_presenting_asks_nobody_with_an_auditor_too(service: RevokingService, make: Make) -> None:
    wallet, _ = audited(service, make)
    service.revoke(1, 2)
    request = service.request(policy=NOT_REVOKED)
    service.seen(request, wallet.present(request, audience=VENUE))
    assert service.sent == []
    service.revoke(3, 4)
    service.after = 3
    with pytest.raises(MustCatchUp):
        wallet.present(service.request(policy=NOT_REVOKED), audience=VENUE)
    assert service.sent == []


def test_a_note_that_the_log_never_signed_is_not_remembered(service: RevokingService, make: Make) -> None:
    wallet, auditor = audited(service, make)
    before = auditor.seen
    signer = NoteSigner(service.log.signer.name, Ed25519PrivateKey.from_private_bytes(b"\x07" * 32))
    note = signer.sign(Checkpoint(signer.name, service.log.tree.size, service.log.tree.root()).text())
    honest = service.request(policy=NOT_REVOKED)
    wrong = replace(honest.staples[0], newest=replace(honest.staples[0].newest, note=note))
    with pytest.raises(RevocationsRefused):
        wallet.catch_up(replace(honest, staples=(wrong,)))
    assert auditor.seen == before
    wallet.catch_up(honest)
    assert auditor.seen != before
