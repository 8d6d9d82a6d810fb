"""Do trustees come to one key that none of them has, and is whoever lies named?"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from itertools import combinations
from typing import Any

import pytest

from credence.circuits.curve import ORDER, Curve
from credence.circuits.errors import CircuitError, Malformed, Refused
from credence.circuits.escrow.generation import (
    Polynomial,
    Transcript,
    check_roster,
    check_share,
    complain,
    conclude,
    draw,
    judge_dealings,
)
from credence.circuits.escrow.messages import Dealing, Member, Roster, TrusteeRefused, Verdict, signed
from credence.circuits.escrow.opening import lagrange
from tests.circuits.escrow.ceremony import Ceremony, altered
from tests.conftest import SeededBytes

IDENTITY = bytes([0xC0]) + bytes(47)


@pytest.mark.parametrize(("threshold", "count"), [(2, 2), (2, 3), (3, 5)])
def test_any_threshold_of_shares_is_the_key_and_one_fewer_is_not(
    curve: Curve, rng: SeededBytes, threshold: int, count: int
) -> None:
    made = Ceremony(curve, rng, threshold, count)
    trustees, shares = made.trustees, dict(enumerate(made.shares, start=1))
    assert (trustees.threshold, trustees.members) == (threshold, count)
    for number, share in shares.items():
        check_share(curve, trustees, number, share)
    for size, whole in ((threshold, True), (threshold - 1, False)):
        for chosen in combinations(shares, size):
            secret = sum(lagrange(index, chosen) * shares[index] for index in chosen) % ORDER
            assert ((curve.BP1 * secret).to_bytes() == trustees.key) is whole


def test_the_key_is_of_everybodys_secret_and_the_set_is_named_by_its_transcript(curve: Curve, rng: SeededBytes) -> None:
    first = Ceremony(curve, rng)
    total = sum(each.coefficients[0] for each in first.polynomials) % ORDER
    assert first.trustees.key == (curve.BP1 * total).to_bytes()
    again = conclude(curve, Transcript.parse(json.loads(json.dumps(first.transcript.to_json()))), rng)
    assert again == first.trustees
    other = Ceremony(curve, rng)
    assert other.trustees.id.startswith("trustees.example/")
    assert (other.trustees.id, other.trustees.key) != (first.trustees.id, first.trustees.key)
    with pytest.raises(Refused, match="not the share"):
        check_share(curve, first.trustees, 1, first.shares[1])


def _wrong_share(made: Ceremony, dealer: int, reader: int) -> None:
    """The dealer locks to one reader what is not on the polynomial that it pledged."""
    honest = made.polynomials[dealer - 1]
    false = Polynomial((honest.coefficients[0], *(c + 1 for c in honest.coefficients[1:])), honest.proof)
    lie = made.dealing(dealer, false)
    made.change(
        made.dealings,
        dealer,
        lambda said: altered(
            said,
            shares=tuple(lie.shares[i] if i == reader - 1 else share for i, share in enumerate(said.shares)),
            origins=tuple(lie.origins[i] if i == reader - 1 else origin for i, origin in enumerate(said.origins)),
        ),
    )


def test_a_dealer_that_sends_a_wrong_share_is_named_by_a_complaint_that_everybody_can_check(
    curve: Curve, rng: SeededBytes
) -> None:
    made = Ceremony(curve, rng)
    _wrong_share(made, dealer=2, reader=3)
    assert [share is None for _, share in made.judged] == [False, False, True]
    with pytest.raises(TrusteeRefused, match="a share for trustee 3") as refused:
        conclude(curve, made.transcript, rng)
    assert refused.value.trustee == 2


def test_a_complaint_that_does_not_hold_names_whoever_complains(curve: Curve, rng: SeededBytes) -> None:
    made = Ceremony(curve, rng)
    true = complain(curve, made.dealings[0], 3, made.secrets[2], rng)  # what was sent is shown, and it is right
    for false in (true, replace(true, dealer=2), replace(true, dealer=4), replace(true, proof=bytes(64))):
        verdicts = [verdict for verdict, _ in made.judged]
        verdicts[2] = signed(replace(verdicts[2], complaint=false), made.identities[2])
        with pytest.raises(TrusteeRefused, match="a complaint that does not hold") as refused:
            conclude(curve, replace(made.transcript, verdicts=tuple(verdicts)), rng)
        assert refused.value.trustee == 3


def test_who_deals_last_cannot_choose_the_key(curve: Curve, rng: SeededBytes) -> None:
    """The bias of Gennaro et al.: having seen the others' dealings, the last one tries secrets until the key pleases it."""
    made = Ceremony(curve, rng)
    seen = made.dealings[:2]
    while True:
        tried = draw(curve, made.roster, 3, rng)
        firsts = [curve.decompress_g1(each.commitments[0]) for each in seen]
        key = (firsts[0] + firsts[1] + curve.BP1 * tried.coefficients[0]).to_bytes()
        if key[-1] & 3 == 0:
            break
    made.dealings[2] = made.dealing(3, tried)
    with pytest.raises(TrusteeRefused, match="another dealing than it pledged") as refused:
        _ = made.judged
    assert refused.value.trustee == 3


def test_a_dealer_that_cancels_anothers_key_cannot_prove_that_it_knows_its_secret(curve: Curve, rng: SeededBytes) -> None:
    made = Ceremony(curve, rng)
    others = [curve.decompress_g1(each.commitments(curve)[0]) for each in made.polynomials[:2]]
    rogue = (curve.BP1 * 5 - others[0] - others[1]).to_bytes()
    commitments = (rogue, *made.polynomials[2].commitments(curve)[1:])
    said = made.dealing(3)
    made.__dict__.pop("pledges")
    lie = altered(said, commitments=commitments)
    made.change(made.pledges, 3, lambda each: altered(each, pledge=lie.pledged()))
    made.dealings[2] = signed(altered(made.dealing(3), commitments=commitments), made.identities[2])
    with pytest.raises(TrusteeRefused, match="points or proof are none") as refused:
        _ = made.judged
    assert refused.value.trustee == 3


def _copied(made: Ceremony) -> Callable[[Dealing], Dealing]:
    """Dealer 2 sends to reader 3 a point that dealer 1 made, hoping that a complaint shows what opens it."""
    theirs = made.dealings[0]

    def change(said: Dealing) -> Dealing:
        return altered(
            said,
            shares=(*said.shares[:2], theirs.shares[2]),
            origins=(*said.origins[:2], theirs.origins[2]),
        )

    return change


CHANGES: dict[str, Callable[[Ceremony], Callable[[Dealing], Dealing]]] = {
    "another ceremony": lambda made: lambda said: altered(said, ceremony=bytes(32)),
    "followed other pledges": lambda made: lambda said: altered(said, pledges=bytes(32)),
    "of another size": lambda made: lambda said: altered(said, commitments=said.commitments * 2),
    "another size": lambda made: lambda said: altered(said, shares=said.shares[:2]),
    "points or proof": _copied,
    "or proof are none": lambda made: lambda said: altered(said, origins=(said.origins[1], *said.origins[1:])),
}


@pytest.mark.parametrize("why", CHANGES)
def test_a_dealing_that_is_none_names_its_dealer(curve: Curve, rng: SeededBytes, why: str) -> None:
    made = Ceremony(curve, rng)
    made.change(made.dealings, 2, CHANGES[why](made))
    with pytest.raises(TrusteeRefused, match=why) as refused:
        _ = made.judged
    assert refused.value.trustee == 2


@pytest.mark.parametrize("point", [IDENTITY, bytes(48), b"\xff" * 48])
def test_a_commitment_that_is_no_point_of_the_group_is_refused(curve: Curve, rng: SeededBytes, point: bytes) -> None:
    made = Ceremony(curve, rng)
    said = made.dealings[1]
    lie = altered(said, commitments=(said.commitments[0], point))
    made.change(made.pledges, 2, lambda each: altered(each, pledge=lie.pledged()))
    made.__dict__.pop("dealings")
    made.change(made.dealings, 2, lambda each: altered(each, commitments=lie.commitments))
    with pytest.raises(TrusteeRefused, match="points or proof are none"):
        _ = made.judged


ROUNDS: dict[str, Callable[[Transcript], Transcript]] = {
    "no pledge": lambda t: replace(t, pledges=t.pledges[:2]),
    "two dealings": lambda t: replace(t, dealings=(*t.dealings[:2], t.dealings[1])),
    "no verdict": lambda t: replace(t, verdicts=t.verdicts[1:]),
    "two verdicts": lambda t: replace(t, verdicts=(*t.verdicts, t.verdicts[0])),
    "without its signature": lambda t: replace(t, verdicts=(replace(t.verdicts[0], signature=bytes(64)), *t.verdicts[1:])),
    "signature": lambda t: replace(
        t, verdicts=(replace(t.verdicts[0], index=2), replace(t.verdicts[1], index=1), t.verdicts[2])
    ),
}


@pytest.mark.parametrize("why", ROUNDS)
def test_a_transcript_in_which_somebody_is_silent_or_speaks_twice_makes_no_key(
    curve: Curve, rng: SeededBytes, why: str
) -> None:
    made = Ceremony(curve, rng)
    assert conclude(curve, made.transcript, rng).members == 3
    with pytest.raises(TrusteeRefused, match=why):
        conclude(curve, ROUNDS[why](made.transcript), rng)


def test_a_verdict_on_other_dealings_is_refused(curve: Curve, rng: SeededBytes) -> None:
    """A dealer that shows two dealings is found out by those who saw different ones."""
    made = Ceremony(curve, rng)
    verdict = signed(replace(made.judged[1][0], dealings=bytes(32)), made.identities[1])
    verdicts = (made.judged[0][0], verdict, made.judged[2][0])
    with pytest.raises(TrusteeRefused, match="other dealings"):
        conclude(curve, replace(made.transcript, verdicts=verdicts), rng)


def test_what_was_said_in_another_ceremony_is_not_taken(curve: Curve, rng: SeededBytes) -> None:
    made = Ceremony(curve, rng)
    other = replace(made.roster, nonce=b"another ceremony")
    with pytest.raises(TrusteeRefused, match="of another ceremony"):
        judge_dealings(curve, other, 1, made.secrets[0], made.pledges, made.dealings, made.identities[0], rng)


def test_a_card_with_somebody_elses_key_is_refused(curve: Curve, rng: SeededBytes) -> None:
    made = Ceremony(curve, rng)
    check_roster(curve, made.roster, rng)
    one, two, three = made.roster.members
    stolen = signed(replace(two, key=three.key, proof=three.proof), made.identities[1])
    with pytest.raises(TrusteeRefused, match="is not its own"):
        check_roster(curve, replace(made.roster, members=(one, stolen)), rng)
    with pytest.raises(TrusteeRefused, match="without its signature"):
        check_roster(curve, replace(made.roster, members=(one, replace(two, name="somebody else"))), rng)


BAD: dict[str, Callable[[dict[str, Any]], object]] = {
    "threshold of one": lambda r: r.update(threshold=1),
    "threshold above the members": lambda r: r.update(threshold=4),
    "a member twice": lambda r: r["members"].append(r["members"][0]),
    "unknown key": lambda r: r.update(extra=1),
    "short nonce": lambda r: r.update(nonce="AAAA"),
}


@pytest.mark.parametrize("change", BAD)
def test_a_roster_is_read_strictly(curve: Curve, rng: SeededBytes, change: str) -> None:
    roster = Ceremony(curve, rng).roster
    assert Roster.parse(roster.to_json()) == roster
    document = json.loads(json.dumps(roster.to_json()))
    BAD[change](document)
    with pytest.raises(Malformed):
        Roster.parse(document)


@pytest.mark.parametrize("index", [0, 33, -1, True, "1"])
def test_no_message_is_of_a_trustee_zero(curve: Curve, rng: SeededBytes, index: object) -> None:
    made = Ceremony(curve, rng)
    for message in (made.pledges[0], made.dealings[0], made.judged[0][0]):
        read: Any = type(message)
        assert read.parse(message.to_json()) == message
        with pytest.raises(Malformed):
            read.parse({**message.to_json(), "index": index})


def test_secrets_are_not_printed(curve: Curve, rng: SeededBytes) -> None:
    secret = Ceremony(curve, rng).polynomials[0]
    assert str(secret.coefficients[0]) not in repr(secret)


@pytest.mark.parametrize("kind", [Member, Dealing, Verdict])
def test_junk_is_malformed(kind: Any) -> None:
    for junk in ({}, [], None, {"type": "credence/trustee-dealing/1"}):
        with pytest.raises(CircuitError):
            kind.parse(junk)
