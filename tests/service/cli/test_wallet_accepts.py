"""Does a holder at the terminal see that an issuer, or a question, is no longer what it was, and say so if it may be?"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from credence.circuits.bbs.key_possession import prove_possession
from credence.circuits.credential import EPOCH_DAYS, day_of
from credence.circuits.curve import Curve
from credence.circuits.encoding import Rng, b64u, random_scalar
from credence.circuits.issuance import IssuerEntropy
from credence.circuits.issuer_document import possession_about
from credence.sdk import Wallet
from credence.sdk.messages import Request
from credence.sdk.vault import FLOOR
from credence.service.clock import system_clock
from tests.sdk.loopback import request_of, serving
from tests.sdk.small_service import ISSUER, TOKEN, VENUE, Answer, SmallService
from tests.service.cli.conftest import PASSPHRASE, Outcome, Run


@dataclass
class Place:
    """A small service on loopback, as of today, and what a holder has of it."""

    service: SmallService
    url: str
    room: Path
    run: Run

    def receive(self, case_id: str, *options: str) -> Outcome:
        offer = replace(self.service.offer(case_id), expires_at=system_clock() + 600)
        (self.room / "offer.json").write_text(json.dumps(offer.to_json()))
        (self.room / "evidence").write_text(TOKEN)
        trust = ("--trust", f"{ISSUER}={self.service.log.signer.vkey}")
        claim = ("--offer", self.room / "offer.json", "--evidence", self.room / "evidence", "--url", self.url)
        return self.run("wallet", "receive", *claim, *trust, *options, "--json")


@pytest.fixture
def place(run: Run, room: Path, curve: Curve, rng: Rng, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    monkeypatch.setenv("CREDENCE_WALLET_PASSPHRASE", PASSPHRASE)
    monkeypatch.setenv("CREDENCE_VAULT", str(room / "vault"))
    service, now = SmallService(curve, rng), system_clock()
    epoch = day_of(now) // EPOCH_DAYS
    service.person |= {"issued_epoch": epoch, "expires_on": (epoch + 10) * EPOCH_DAYS}
    key = replace(service.document.keys[0], not_before=now - 10, not_after=now + 10_000_000)
    service.document = replace(service.document, keys=(key,))
    service.log.add(service.document.leaf())
    service.log.publish()
    with serving() as server:
        server.work = lambda asked: service.send(request_of(asked))
        found = Place(service, server.url, room, run)
        Wallet.create(room / "vault", PASSPHRASE, transport=service, parameters=FLOOR)
        received = found.receive("case-1")
        assert received.code == 0, received.err
        yield found


def test_another_document_is_taken_by_its_digest_alone(place: Place, rng: Rng) -> None:
    first, key = place.service.document.digest(), place.service.document.keys[0]
    curve = place.service.curve
    public = (curve.BP2 * 7).to_bytes()
    proof = prove_possession(curve, 7, public, possession_about(key.suite, "k0"), rng)
    earlier = replace(key, key_id="k0", public_key=public, not_after=key.not_before, possession=proof)
    place.service.document = replace(place.service.document, keys=(key, earlier))
    place.service.log.add(place.service.document.leaf())
    place.service.log.publish()
    other = place.service.document.digest()
    for options in ((), ("--accept-document", first.hex()), ("--accept-document", "00" * 32), ("--accept-reset",)):
        refused = place.receive("case-2", *options)
        assert refused.code == 1
        assert first.hex() in refused.complaint
        assert f"--accept-document {other.hex()}" in refused.complaint
    assert place.receive("case-2", "--accept-document", other.hex().upper()).code == 0
    assert place.receive("case-3").code == 0  # from now on it is the known one


def test_a_reset_is_taken_where_the_holder_says_so(place: Place, rng: Rng) -> None:
    place.service.entropy = IssuerEntropy(random_scalar(rng), random_scalar(rng))
    for options in ((), ("--accept-reset",)):  # nothing was reset
        refused = place.receive("case-2", *options)
        assert refused.code == 1
        assert "--accept-reset" in refused.complaint
    place.service.person["resets"] = 1
    place.service.issued.clear()
    place.service.replies.clear()
    assert place.receive("case-3").code == 1
    taken = place.receive("case-3", "--accept-reset")
    assert taken.code == 0, taken.err
    assert place.receive("case-4").code == 0


@pytest.mark.parametrize("digest", ["", "00", "0" * 63, "0" * 65, "z" * 64, "00" * 31 + "0_"])
def test_what_is_no_digest_is_bad_usage(run: Run, room: Path, digest: str) -> None:
    files = ("--vault", room / "vault", "--offer", room / "offer.json", "--evidence", room / "evidence")
    outcome = run("wallet", "receive", *files, "--accept-document", digest)
    assert outcome.code == 2
    assert "64 hexadecimal" in outcome.complaint


def test_a_venue_that_asks_for_something_else_after_the_yes_gets_nothing(place: Place) -> None:
    place.service.now = system_clock()
    place.service.request("s-1")
    asked: list[str] = []

    def change(request: Request, answer: Answer) -> Answer:
        if request.path.endswith("/request") and isinstance(answer, dict):
            asked.append(request.path)
            return answer if len(asked) == 1 else {**answer, "message": b64u(b"another account")}
        return answer

    present = ("wallet", "present", "--session", "s-1", "--url", place.url, "--audience", VENUE, "--yes", "--json")
    place.service.change = change
    place.service.sent.clear()
    refused = place.run(*present)
    assert refused.code == 1
    assert "something else" in refused.complaint
    assert [request.method for request in place.service.sent] == ["GET", "GET"]
    place.service.change = None
    assert place.run(*present).json["decision"] == "accepted"
