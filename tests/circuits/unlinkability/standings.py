"""Holders with standings of two venues, and what each shows of them at a third and at a fourth one.

What is disclosed (the venues, the day) and who issued it is the same for all; evidence and events differ, and so do secrets.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from credence.circuits.composite.assembly import check_policy
from credence.circuits.composite.statement import compile_plan
from credence.circuits.credential import STANDING_1, day_of, text_to_scalar
from credence.circuits.curve import SCALAR_LENGTH, Curve
from credence.circuits.encoding import b64u, random_scalar
from credence.circuits.fields import canonical_json
from credence.circuits.issuance import HeldCredential
from credence.circuits.policy import load_policy
from credence.circuits.presentation import present, read_presentation
from credence.circuits.presentation.statement import PublicCredential, state
from credence.circuits.wire import PresentationRequest
from tests.circuits.journey import ISSUER, NOW, World, draw_secrets, make_request, make_world
from tests.circuits.unlinkability.holders import Layout, Seen, Stopwatch
from tests.conftest import SeededBytes

MEMBERS: Final = 8
VENUES: Final = {"east": "east.example", "west": "west.example"}
_ASKED: Final[dict[str, Any]] = {
    "credentials": {slot: {"schema": STANDING_1.id, "issuers": [ISSUER]} for slot in VENUES},
    "all_of": [
        {
            "posterior": VENUES,
            "score": 640,
            "tangents": [{"alpha_milli": 1_276, "beta_milli": 967}, {"alpha_milli": 2_259, "beta_milli": 805}],
        }
    ],
    "disclose": None,
    "pseudonym": {"of": "east"},
}


@dataclass(frozen=True)
class Visit:
    """One presentation to be made."""

    seed: int
    member: int
    audience: str


@dataclass(frozen=True)
class Pair:
    """Two visits, of one member or of two."""

    first: Visit
    second: Visit

    @property
    def same(self) -> bool:
        """The label."""
        return self.first.member == self.second.member


@dataclass(frozen=True, eq=False)
class Members:
    """One issuer and its holders."""

    world: World
    held: tuple[Mapping[str, HeldCredential], ...]

    def request(self, visit: Visit) -> PresentationRequest:
        """What the venue asks."""
        rng = SeededBytes(f"asked {visit}")
        return make_request(rng, policy_changes=_ASKED, audience=visit.audience, session_id=b64u(rng(12)))

    def show(self, visit: Visit) -> Seen:
        """Makes one, and reads it."""
        request, curve = self.request(visit), self.world.curve
        with Stopwatch() as making:
            made = present(curve, request, self.held[visit.member], NOW, SeededBytes(f"shown {visit}"))
        with Stopwatch() as judging:
            documents = [self.world.document]
            read = read_presentation(curve, request, made, documents, visit.audience, NOW + 1, SeededBytes("reading"))
        assert read.reading.pending is not None
        challenge = read.reading.pending.transcript[:SCALAR_LENGTH]
        form = canonical_json({**made.to_json(), "session_id": "", "proof": ""})
        return _layout(self).read(form, made.proof, challenge, (*making.seconds, *judging.seconds))


@cache
def _layout(members: Members) -> Layout:
    request, held = members.request(Visit(0, 0, "venue-a")), members.held[0]
    policy = load_policy(request.policy)
    demand = check_policy(policy, day_of(request.requested_at))
    shown = {
        asked.name: PublicCredential(
            held[asked.name].schema,
            held[asked.name].suite,
            held[asked.name].public_key,
            held[asked.name].issuer,
            held[asked.name].expiry_epoch,
            {name: held[asked.name].attributes[name] for name in asked.disclosed},
        )
        for asked in demand.slots
    }
    compiled = compile_plan(state(members.world.curve, request, policy, demand, shown, {}).plan)
    return Layout(compiled.sent, compiled.template.structure.num_equations + 2, (*compiled.template.scalars, "tau"))


@cache
def members(curve: Curve, count: int = MEMBERS) -> Members:
    """Half of them are in by the first line alone, half by the second."""
    rng = SeededBytes("members")
    world = make_world(curve, rng, schemas=(STANDING_1.id,))
    held = []
    for number in range(count):
        secrets = draw_secrets(rng)
        sums = (4_000 + 131 * number, 10 * number) if number % 2 else (12_000 + 97 * number, 10_700 + 13 * number)
        held.append(
            {
                slot: world.standing(
                    rng,
                    secrets=secrets,
                    venue=text_to_scalar(venue),
                    evidence_milli=sums[0],
                    events_milli=sums[1],
                    score=600 + 7 * number,
                    revocation_handle=random_scalar(rng),
                )
                for slot, venue in VENUES.items()
            }
        )
    return Members(world, tuple(held))


def pairs(count: int, seed: str) -> list[Pair]:
    """Each at two venues that no other pair is at."""
    drawn, made = random.Random(seed), []
    for number in range(count):
        one = drawn.randrange(MEMBERS)
        other = one if drawn.random() < 0.5 else (one + drawn.randrange(1, MEMBERS)) % MEMBERS
        first = Visit(2 * number, one, f"venue-{number:04}-a")
        made.append(Pair(first, Visit(2 * number + 1, other, f"venue-{number:04}-b")))
    return made
