"""Distributed key generation: n trustees come to a key of which any t have enough and any t-1 have nothing.

Feldman's verifiable sharing (1987), once by each trustee, summed as Pedersen (1991) does, with two additions. Gennaro,
Jarecki, Krawczyk and Rabin (1999) show that whoever deals last can bias such a key: so every dealing is pledged by its
hash before any is shown, as in SimplPedPop (Chu, Gerhart, Ruffing, Schröder 2023). And each dealer proves that it knows its
secret (Komlo and Goldberg 2020), so that nobody answers with a key that cancels another's. A share goes to its owner
locked; who gets a wrong one shows it to everybody (:class:`Complaint`), which names the dealer, and a complaint about a
right one names its maker.

All of n take part until the end: where one lies or is silent the ceremony comes to nothing, and is begun anew without it.
So a trustee who does not like the key can spoil the ceremony, in everybody's sight, and can do no more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Self, TypeVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from credence.circuits.curve import G1, ORDER, Curve
from credence.circuits.encoding import Rng, b64u, decode_g1, decode_scalar, encode_scalar, random_scalar
from credence.circuits.errors import CircuitError, Malformed, Refused, Step
from credence.circuits.escrow.equality import check_equal, check_known, context, prove_equal, prove_known
from credence.circuits.escrow.locking import lock_by, shared_point, unlock, unlock_shared
from credence.circuits.escrow.messages import (
    IDENTITY_LENGTH,
    Complaint,
    Dealing,
    Member,
    Pledge,
    Roster,
    TrusteeRefused,
    Verdict,
    check_signature,
    digest_of,
    pledged_digest,
    signed,
)
from credence.circuits.fields import Fields
from credence.circuits.hashing import Label

Message = TypeVar("Message", Pledge, Dealing, Verdict)

_PLEDGES: Final = b"pledges"
_DEALINGS: Final = b"dealings"


@dataclass(frozen=True, slots=True)
class Polynomial:
    """A dealer's secret: ``threshold`` scalars, the first of which is its part of the key."""

    coefficients: tuple[int, ...] = field(repr=False)
    proof: bytes

    def at(self, index: int) -> int:
        """The share of a member."""
        value = 0
        for coefficient in reversed(self.coefficients):
            value = (value * index + coefficient) % ORDER
        return value

    def commitments(self, curve: Curve) -> tuple[bytes, ...]:
        """What everybody sees of it."""
        return tuple(curve.msm([curve.BP1], [each]).to_bytes() for each in self.coefficients)


def make_member(curve: Curve, name: str, identity: Ed25519PrivateKey, secret: int, rng: Rng) -> Member:
    """A trustee's card, signed; ``secret`` is of the key it reads with."""
    public = identity.public_key().public_bytes_raw()
    key = curve.msm([curve.BP1], [secret]).to_bytes()
    proof = prove_known(curve, secret, _card_context(public, key), rng)
    return signed(Member(name, public, key, proof), identity)


def check_roster(curve: Curve, roster: Roster, rng: Rng) -> None:
    """Returns iff every member signed its card and has the key on it. Raises :class:`TrusteeRefused`."""
    for number, member in enumerate(roster.members, start=1):
        check_signature(member, member.identity, number)
        try:
            check_known(curve, decode_g1(curve, member.key), member.proof, _card_context(member.identity, member.key), rng)
        except CircuitError as error:
            raise TrusteeRefused(number, "a card with a key that is none, or is not its own") from error


def draw(curve: Curve, roster: Roster, index: int, rng: Rng) -> Polynomial:
    """A dealer's secret for one ceremony."""
    coefficients = tuple(random_scalar(rng) for _ in range(roster.threshold))
    return Polynomial(coefficients, prove_known(curve, coefficients[0], _dealt(roster.digest(), index), rng))


def pledge(curve: Curve, roster: Roster, index: int, secret: Polynomial, identity: Ed25519PrivateKey) -> Pledge:
    """The first round's message."""
    ceremony = roster.digest()
    return signed(
        Pledge(ceremony, index, pledged_digest(ceremony, index, secret.commitments(curve), secret.proof)), identity
    )


def check_pledges(roster: Roster, pledges: Sequence[Pledge]) -> bytes:
    """The round's digest. Raises :class:`TrusteeRefused` for one that is missing, another's or of another ceremony."""
    return digest_of(_PLEDGES, roster.digest(), tuple(_complete(roster, pledges, "pledge")))


def deal(
    curve: Curve,
    roster: Roster,
    index: int,
    secret: Polynomial,
    pledges: Sequence[Pledge],
    identity: Ed25519PrivateKey,
    rng: Rng,
) -> Dealing:
    """The second round's message, once all pledges are there. Raises as :func:`check_pledges`."""
    ceremony, seen = roster.digest(), check_pledges(roster, pledges)
    shares, origins = [], []
    for number, member in enumerate(roster.members, start=1):
        about, own = _shared(ceremony, index, number), random_scalar(rng)
        shares.append(lock_by(curve, own, decode_g1(curve, member.key), encode_scalar(secret.at(number)), about))
        origins.append(prove_known(curve, own, about, rng))
    commitments = secret.commitments(curve)
    made = Dealing(ceremony, index, seen, commitments, secret.proof, tuple(shares), tuple(origins))
    return signed(made, identity)


def check_dealings(
    curve: Curve, roster: Roster, pledges: Sequence[Pledge], dealings: Sequence[Dealing], rng: Rng
) -> tuple[Dealing, ...]:
    """The dealings by number, of each all that everybody can see. Raises :class:`TrusteeRefused`."""
    seen = check_pledges(roster, pledges)
    promised = {each.index: each.pledge for each in pledges}
    found = _complete(roster, dealings, "dealing")
    for dealing in found:
        number = dealing.index
        if dealing.pledges != seen:
            raise TrusteeRefused(number, "a dealing that followed other pledges")
        sizes = len(dealing.commitments), len(dealing.shares), len(dealing.origins)
        if sizes != (roster.threshold, len(roster.members), len(roster.members)):
            raise TrusteeRefused(number, "a dealing of another size")
        if dealing.pledged() != promised[number]:
            raise TrusteeRefused(number, "another dealing than it pledged")
        try:
            first, *_ = [decode_g1(curve, point) for point in dealing.commitments]
            for to, (share, origin) in enumerate(zip(dealing.shares, dealing.origins, strict=True), start=1):
                check_known(curve, decode_g1(curve, share.point), origin, _shared(dealing.ceremony, number, to), rng)
            check_known(curve, first, dealing.proof, _dealt(dealing.ceremony, number), rng)
        except CircuitError as error:
            raise TrusteeRefused(number, "a dealing whose points or proof are none") from error
    return tuple(found)


def judge_dealings(
    curve: Curve,
    roster: Roster,
    index: int,
    secret: int,
    pledges: Sequence[Pledge],
    dealings: Sequence[Dealing],
    identity: Ed25519PrivateKey,
    rng: Rng,
) -> tuple[Verdict, int | None]:
    """The third round's message, and this trustee's share of the key, None where it complains.

    ``secret`` is of the key it reads with. Raises as :func:`check_dealings`.
    """
    found = check_dealings(curve, roster, pledges, dealings, rng)
    ceremony, total = roster.digest(), 0
    verdict = Verdict(ceremony, index, digest_of(_DEALINGS, ceremony, found))
    for dealing in found:
        about, locked = _shared(ceremony, dealing.index, index), dealing.shares[index - 1]
        try:
            share = _share(curve, unlock(curve, secret, locked, about), dealing, index)
        except CircuitError:
            complaint = complain(curve, dealing, index, secret, rng)
            return signed(Verdict(ceremony, index, verdict.dealings, complaint), identity), None
        total = (total + share) % ORDER
    return signed(verdict, identity), total


def complain(curve: Curve, dealing: Dealing, index: int, secret: int, rng: Rng) -> Complaint:
    """Shows everybody what this dealer sent to member ``index``, whose reading key is of ``secret``."""
    locked = dealing.shares[index - 1]
    bound = _complained(dealing.ceremony, dealing.index, index)
    proof = prove_equal(curve, secret, decode_g1(curve, locked.point), bound, rng)
    return Complaint(dealing.index, shared_point(curve, secret, locked).to_bytes(), proof)


@dataclass(frozen=True, slots=True)
class Transcript:
    """A whole ceremony, for everybody to check. Raises nothing; :func:`conclude` says what it came to."""

    roster: Roster
    pledges: tuple[Pledge, ...]
    dealings: tuple[Dealing, ...]
    verdicts: tuple[Verdict, ...]

    @classmethod
    def parse(cls, value: object) -> Self:
        """Read a transcript. Raises :class:`Malformed`."""
        fields = Fields(value, "transcript")
        fields.choice("type", "credence/trustee-transcript/1")
        transcript = cls(
            Roster.parse(fields.raw_object("roster")),
            fields.items("pledges", Pledge.parse),
            fields.items("dealings", Dealing.parse),
            fields.items("verdicts", Verdict.parse),
        )
        fields.done()
        return transcript

    def to_json(self) -> dict[str, Any]:
        """The accepted form."""
        return {
            "type": "credence/trustee-transcript/1",
            "roster": self.roster.to_json(),
            "pledges": [each.to_json() for each in self.pledges],
            "dealings": [each.to_json() for each in self.dealings],
            "verdicts": [each.to_json() for each in self.verdicts],
        }


@dataclass(frozen=True, slots=True)
class TrusteeSet:
    """What a ceremony came to: Y (48 bytes), and of each member, by number from 1, its identity and ``share·BP1``.

    ``id`` is ``<name>/<hash of the transcript>``: nobody else's set has it, and the same trustees' next set has another.
    """

    id: str
    key: bytes
    threshold: int
    names: tuple[str, ...]
    identities: tuple[bytes, ...]
    shares: tuple[bytes, ...]

    @property
    def members(self) -> int:
        """How many trustees there are."""
        return len(self.shares)

    def identity_of(self, index: int) -> bytes:
        """A member's identity. Raises :class:`Malformed` for a number that no member has."""
        return self.identities[self._position(index)]

    def share_of(self, index: int) -> bytes:
        """A member's public share. Raises as :meth:`identity_of`."""
        return self.shares[self._position(index)]

    def _position(self, index: int) -> int:
        if not 1 <= index <= self.members:
            raise Malformed("no trustee of the set has this number", Step.SHAPE)
        return index - 1


def conclude(curve: Curve, transcript: Transcript, rng: Rng) -> TrusteeSet:
    """The set of trustees that a ceremony made, everything in it checked.

    Raises :class:`TrusteeRefused`, which names whoever lied or said nothing, and :class:`Refused` for a key that is none.
    """
    roster = transcript.roster
    check_roster(curve, roster, rng)
    dealings = check_dealings(curve, roster, transcript.pledges, transcript.dealings, rng)
    verdicts = _complete(roster, transcript.verdicts, "verdict")
    seen = digest_of(_DEALINGS, roster.digest(), dealings)
    for verdict in verdicts:
        if verdict.dealings != seen:
            raise TrusteeRefused(verdict.index, "a verdict on other dealings")
        if verdict.complaint is not None:
            raise _blamed(curve, roster, dealings, verdict.index, verdict.complaint, rng)
    columns = [[decode_g1(curve, dealing.commitments[k]) for dealing in dealings] for k in range(roster.threshold)]
    summed = [curve.msm_public(column, [1] * len(column)) for column in columns]
    shares = [_evaluated(curve, summed, number) for number in range(1, len(roster.members) + 1)]
    if any(point.is_identity for point in (summed[0], *shares)):
        raise Refused("the key, or a share of it, is nothing", Step.INSTANCE)
    return TrusteeSet(
        id=f"{roster.name}/{b64u(seen)}",
        key=summed[0].to_bytes(),
        threshold=roster.threshold,
        names=tuple(member.name for member in roster.members),
        identities=tuple(member.identity for member in roster.members),
        shares=tuple(point.to_bytes() for point in shares),
    )


def check_share(curve: Curve, trustees: TrusteeSet, index: int, share: int) -> None:
    """Returns iff ``share`` is what the transcript says that this member has. Raises :class:`Refused`."""
    if curve.msm([curve.BP1], [share]).to_bytes() != trustees.share_of(index):
        raise Refused("this is not the share of that trustee", Step.INSTANCE)


def _blamed(
    curve: Curve, roster: Roster, dealings: Sequence[Dealing], index: int, complaint: Complaint, rng: Rng
) -> TrusteeRefused:
    """Who is to blame: the dealer, or whoever complains of a share that is right."""
    liar = TrusteeRefused(index, "a complaint that does not hold")
    if complaint.dealer > len(dealings):
        return liar
    dealing, reader = dealings[complaint.dealer - 1], decode_g1(curve, roster.members[index - 1].key)
    locked, ceremony = dealing.shares[index - 1], roster.digest()
    try:
        shared = decode_g1(curve, complaint.shared)
        bound = _complained(ceremony, dealing.index, index)
        check_equal(curve, reader, decode_g1(curve, locked.point), shared, complaint.proof, bound, rng)
    except CircuitError:
        return liar
    try:
        _share(curve, unlock_shared(shared, reader, locked, _shared(ceremony, dealing.index, index)), dealing, index)
    except CircuitError:
        return TrusteeRefused(complaint.dealer, f"a share for trustee {index} that is not on its polynomial")
    return liar


def _share(curve: Curve, message: bytes, dealing: Dealing, index: int) -> int:
    """The share inside a locked one. Raises :class:`Refused` where it is not on the dealer's polynomial."""
    share = decode_scalar(message)
    expected = _evaluated(curve, [decode_g1(curve, point) for point in dealing.commitments], index)
    if curve.msm([curve.BP1], [share]) != expected:
        raise Refused("a share is not on its dealer's polynomial", Step.INSTANCE)
    return share


def _evaluated(curve: Curve, commitments: Sequence[G1], index: int) -> G1:
    """``Σ index^k · A_k``."""
    return curve.msm_public(commitments, [pow(index, k, ORDER) for k in range(len(commitments))])


def _complete(roster: Roster, messages: Sequence[Message], what: str) -> list[Message]:
    """One message of each member, in order, signed. Raises :class:`TrusteeRefused`."""
    ceremony, found = roster.digest(), {}
    for message in messages:
        if message.index > len(roster.members) or message.index < 1:
            raise Malformed("no trustee of the roster has this number", Step.SHAPE)
        if message.ceremony != ceremony:
            raise TrusteeRefused(message.index, f"a {what} of another ceremony")
        if message.index in found:
            raise TrusteeRefused(message.index, f"two {what}s")
        check_signature(message, roster.members[message.index - 1].identity, message.index)
        found[message.index] = message
    for number in range(1, len(roster.members) + 1):
        if number not in found:
            raise TrusteeRefused(number, f"no {what}")
    return [found[number] for number in sorted(found)]


def _card_context(identity: bytes, key: bytes) -> bytes:
    if len(identity) != IDENTITY_LENGTH:
        raise Malformed("an identity has 32 bytes", Step.SHAPE)
    return context(Label.TRUSTEES, b"card", identity, key)


def _dealt(ceremony: bytes, index: int) -> bytes:
    return context(Label.TRUSTEES, b"dealer", ceremony, index.to_bytes(4, "little"))


def _shared(ceremony: bytes, dealer: int, index: int) -> bytes:
    return context(Label.TRUSTEES, b"share", ceremony, dealer.to_bytes(4, "little"), index.to_bytes(4, "little"))


def _complained(ceremony: bytes, dealer: int, index: int) -> bytes:
    return context(Label.TRUSTEES, b"complaint", ceremony, dealer.to_bytes(4, "little"), index.to_bytes(4, "little"))
