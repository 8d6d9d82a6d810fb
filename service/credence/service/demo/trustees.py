"""Three trustees, of whom two find out together whose a sealed handle is, and one alone nothing."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from credence.circuits.curve import Curve
from credence.circuits.encoding import Rng, b64u
from credence.circuits.escrow.generation import Transcript, TrusteeSet
from credence.circuits.fields import Json
from credence.sdk import TrustedTrustees
from credence.sdk.trustee import Trustee, make_roster
from credence.sdk.vault import FLOOR

NAME: Final = "trustees.example"
THRESHOLD: Final = 2
MEMBERS: Final = 3
PASSPHRASE: Final = "a trustee of the demo"  # noqa: S105 - everybody knows it


@dataclass(frozen=True, slots=True)
class Trustees:
    """Each has a folder with its share; ``set`` is what everybody knows of them, by the transcript in ``published``."""

    members: tuple[Trustee, ...]
    set: TrusteeSet
    published: Path

    @classmethod
    def meet(cls, folder: Path, curve: Curve, rng: Rng) -> Self:
        """The whole ceremony, everybody's part of it in a folder below ``folder``."""
        members = tuple(
            Trustee.create(
                folder / f"trustee-{number}",
                f"trustee {number}",
                PASSPHRASE,
                curve=curve,
                rng=rng,
                parameters=FLOOR,
            )
            for number in range(1, MEMBERS + 1)
        )
        roster = make_roster(NAME, THRESHOLD, [member.card for member in members], curve=curve, rng=rng)
        pledges = tuple(member.pledge(roster) for member in members)
        dealings = tuple(member.deal(roster, pledges) for member in members)
        verdicts = tuple(member.accept(roster, pledges, dealings) for member in members)
        transcript = Transcript(roster, pledges, dealings, verdicts)
        sets = [member.finish(transcript) for member in members]
        published = folder / "transcripts"
        published.mkdir()
        (published / "trustees.json").write_text(json.dumps(transcript.to_json()), encoding="utf-8")
        return cls(members, sets[0], published)

    @property
    def pin(self) -> TrustedTrustees:
        """Who they are, as a wallet is told to trust them."""
        return TrustedTrustees(self.set.id, self.set.key, self.set.threshold, self.set.members)

    def escrow(self, purpose: str) -> Json:
        """What a policy says of them."""
        of = self.set
        said = {"trustees": of.id, "key": b64u(of.key), "threshold": of.threshold, "members": of.members}
        return {**said, "purpose": purpose}
