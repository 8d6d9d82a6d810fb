"""A trustee's steps of a ceremony: each is kept before it is said, and said again alike.

A folder is for one ceremony that ends well: who is to be of another set of trustees makes another folder.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from credence.circuits import curve as curves
from credence.circuits.curve import Curve
from credence.circuits.encoding import Rng, random_scalar
from credence.circuits.errors import CircuitError
from credence.circuits.escrow.generation import (
    Transcript,
    TrusteeSet,
    check_roster,
    check_share,
    conclude,
    deal,
    draw,
    judge_dealings,
    make_member,
    pledge,
)
from credence.circuits.escrow.messages import Dealing, Member, Pledge, Roster, Verdict
from credence.sdk.refusals import CeremonyRefused
from credence.sdk.trustee.keeping import Keeping, Kept
from credence.sdk.vault import DEFAULT, FLOOR, SealParameters


def make_roster(
    name: str,
    threshold: int,
    members: Sequence[Member],
    *,
    curve: Curve | None = None,
    rng: Rng = secrets.token_bytes,
) -> Roster:
    """Who makes a key together, for all of them to look at. Raises :class:`CeremonyRefused`."""
    try:
        roster = Roster.parse(Roster(name, threshold, tuple(members), rng(16)).to_json())
        check_roster(curve or curves.load(), roster, rng)
    except CircuitError as error:
        raise CeremonyRefused(f"The roster is refused: {error.reason}.") from error
    return roster


class Trustee:
    """One trustee, whose folder is open. Not safe for several threads."""

    def __init__(self, keeping: Keeping, curve: Curve, rng: Rng) -> None:
        self.keeping = keeping
        self.curve = curve
        self.rng = rng
        self._trustees: TrusteeSet | None = None

    @classmethod
    def create(
        cls,
        folder: Path,
        name: str,
        passphrase: str,
        *,
        curve: Curve | None = None,
        rng: Rng = secrets.token_bytes,
        parameters: SealParameters = DEFAULT,
    ) -> Self:
        """Draws an identity and a reading key, and seals them. Raises as :meth:`Keeping.create`."""
        engine, seed, secret = curve or curves.load(), rng(32), random_scalar(rng)
        member = make_member(engine, name, Ed25519PrivateKey.from_private_bytes(seed), secret, rng)
        kept = Kept(member.name, seed, secret, member.to_json())
        return cls(Keeping.create(folder, kept, passphrase, rng, parameters=parameters), engine, rng)

    @classmethod
    def open(
        cls,
        folder: Path,
        passphrase: str,
        *,
        curve: Curve | None = None,
        rng: Rng = secrets.token_bytes,
        least: SealParameters = FLOOR,
    ) -> Self:
        """Raises as :meth:`Keeping.open`."""
        return cls(Keeping.open(folder, passphrase, rng, least=least), curve or curves.load(), rng)

    @property
    def kept(self) -> Kept:
        """What is sealed."""
        return self.keeping.kept

    @property
    def card(self) -> Member:
        """What the others have to know of this trustee."""
        return Member.parse(self.kept.card)

    @property
    def trustees(self) -> TrusteeSet:
        """The set that this trustee is of. Raises :class:`CeremonyRefused` where it has no share yet."""
        if self.kept.transcript is None:
            raise CeremonyRefused("This trustee has no share yet.")
        if self._trustees is None:
            self._trustees = conclude(self.curve, Transcript.parse(self.kept.transcript), self.rng)
        return self._trustees

    def pledge(self, roster: Roster) -> Pledge:
        """The first round. Another roster, before a share is kept, begins anew.

        Raises :class:`CeremonyRefused` for a roster without this trustee, or with a card that is none.
        """
        self._check_unfinished()
        identity = self.kept.signing
        try:
            check_roster(self.curve, roster, self.rng)
            index = roster.number_of(self.card.identity)
            if roster.members[index - 1] != self.card:
                raise CeremonyRefused("The roster has another card of this trustee.")
            if self.kept.roster != roster or self.kept.polynomial is None:
                drawn = draw(self.curve, roster, index, self.rng)
                self.keeping.change(roster=roster, polynomial=drawn, dealing=None, verdict=None, index=index)
            polynomial = self.kept.polynomial
            if polynomial is None:
                raise CeremonyRefused("This trustee has nothing to deal.")
            return pledge(self.curve, roster, index, polynomial, identity)
        except CircuitError as error:
            raise CeremonyRefused(f"The roster is refused: {error.reason}.") from error

    def deal(self, roster: Roster, pledges: Sequence[Pledge]) -> Dealing:
        """The second round, once all pledges are there. A dealing is made once. Raises :class:`CeremonyRefused`."""
        self._check_under_way(roster)
        if self.kept.dealing is not None:
            return self.kept.dealing
        polynomial, index = self.kept.polynomial, self.kept.index
        if polynomial is None:
            raise CeremonyRefused("This trustee has nothing to deal.")
        try:
            mine = pledge(self.curve, roster, index, polynomial, self.kept.signing)
            if mine not in pledges:
                raise CeremonyRefused("The pledges are without this trustee's own.")
            made = deal(self.curve, roster, index, polynomial, pledges, self.kept.signing, self.rng)
        except CircuitError as error:
            raise CeremonyRefused(f"The pledges are refused: {error.reason}.") from error
        self.keeping.change(dealing=made)
        return made

    def accept(self, roster: Roster, pledges: Sequence[Pledge], dealings: Sequence[Dealing]) -> Verdict:
        """The third round, once all dealings are there: that they are in order, or a complaint that names a dealer.

        Raises :class:`CeremonyRefused` where everybody can see that they are not.
        """
        self._check_under_way(roster)
        if self.kept.verdict is not None:
            return self.kept.verdict
        if self.kept.dealing is None or self.kept.dealing not in dealings:
            raise CeremonyRefused("The dealings are without this trustee's own.")
        kept = self.kept
        try:
            verdict, share = judge_dealings(
                self.curve, roster, kept.index, kept.secret, pledges, dealings, kept.signing, self.rng
            )
        except CircuitError as error:
            raise CeremonyRefused(f"The dealings are refused: {error.reason}.") from error
        self.keeping.change(verdict=verdict, share=share)
        return verdict

    def finish(self, transcript: Transcript) -> TrusteeSet:
        """The end: the transcript is checked whole and kept with the share, and the polynomial is forgotten.

        Raises :class:`CeremonyRefused`, which names whoever lied or is missing.
        """
        if self.kept.transcript is not None:
            if self.kept.transcript != transcript.to_json():
                raise CeremonyRefused("This trustee has a share of another set.")
            return self.trustees
        self._check_under_way(transcript.roster)
        kept = self.kept
        if kept.share is None or kept.verdict not in transcript.verdicts:
            raise CeremonyRefused("The transcript is without this trustee's own verdict.")
        try:
            trustees = conclude(self.curve, transcript, self.rng)
            check_share(self.curve, trustees, kept.index, kept.share)
        except CircuitError as error:
            raise CeremonyRefused(f"The transcript is refused: {error.reason}.") from error
        self.keeping.change(transcript=transcript.to_json(), polynomial=None, dealing=None, verdict=None, roster=None)
        return trustees

    def _check_unfinished(self) -> None:
        if self.kept.transcript is not None:
            raise CeremonyRefused("This trustee has a share already: another set of trustees takes another folder.")

    def _check_under_way(self, roster: Roster) -> None:
        self._check_unfinished()
        if self.kept.roster != roster:
            raise CeremonyRefused("This trustee has pledged nothing in this ceremony.")
