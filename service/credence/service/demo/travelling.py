"""Standing that travels: a holder's conduct at some venues, proven at another, which none of them can join to it.

The conduct is simulated, and said to be: days at risk around the clock, in one of which there was a margin call.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from credence.circuits.credential import LADDERS, PERSON_1, STANDING_1
from credence.circuits.days import write_day
from credence.circuits.encoding import b64u
from credence.circuits.fields import Json
from credence.service.demo.cast import MAX_AGE, NORTH, PURPOSE, SOUTH, VOLUME, Holder, Venue, sealed, south_policy
from credence.service.demo.expect import expect
from credence.service.demo.report import Journal
from credence.service.demo.running import ISSUER, VERIFIER
from credence.service.demo.steps import accepted, open_venue
from credence.service.demo.world import World
from credence.service.verifier.tariff import shipped_tariff

EAST: Final = "east.example"
WEST: Final = "west.example"
SCORE: Final = 640
TIER: Final = 2

REPORTED: Final = {SOUTH: (90, 20), EAST: (120, None)}
"""By venue: days that are reported, and the place of the one with a margin call."""

_DAY: Final = 86_400
_NOON: Final = 43_200


def report_conduct(world: World, journal: Journal) -> None:
    """Two venues say what one pseudonym each did. Neither knows that the other's is the same person's."""
    holder = world.first_holder
    east, _ = open_venue(world, EAST, sealed(south_policy(ISSUER), world.trustees))
    _visit(world, journal, holder, east, "perp-private")
    yesterday = world.clock() // _DAY - 1
    for venue, (days, called) in ((world.venues[SOUTH], REPORTED[SOUTH]), (east, REPORTED[EAST])):
        lines = [_line(holder, venue, yesterday - days + 1 + place, calls=int(place == called)) for place in range(days)]
        outcomes = {line.outcome for line in venue.verifier.report_events(lines)}
        expect(outcomes == {"accepted"}, "an event was not accepted")
        calls = "no margin call" if called is None else "one margin call"
        journal.say(f"simulated: {venue.id} reports {days} days of its pseudonym, {calls}")
    journal.say(f"{NORTH} reports nothing: there is nothing to be said of anybody there")


def renew_standings(world: World, journal: Journal) -> None:
    """The holder shows the issuer one pseudonym at a time, and receives what each stands for, signed without being seen."""
    wallet = world.first_holder.wallet
    for venue in (NORTH, SOUTH, EAST):
        standing = wallet.renew_standing(f"{VERIFIER}/{venue}")
        said = standing.attributes
        rung = sum(said[name] for name in LADDERS["standing_tier"])
        journal.say(
            f"{venue}: score {said['score']}, R{rung}, evidence {_milli(said['evidence_milli'])},"
            f" events {_milli(said['events_milli'])}, until {write_day(said['expires_on'])}"
        )
        expect((said["score"] > SCORE) == (venue != NORTH), "a standing does not say what was reported")
    journal.say("the issuer learned three pseudonyms, one at a time, and nothing by which to join them or to name anybody")


def prove_standing(world: World, journal: Journal) -> None:
    """At a fourth venue: a score and a tier of one standing, whichever, and then a bound over all three together."""
    holder = world.first_holder
    west, _ = open_venue(world, WEST, _standing_policy(world))
    terms = _visit(world, journal, holder, west, "perp-standing")
    expect(terms["standing_tier"] == f"R{TIER}", "the terms are not those of what was proven")
    journal.say(f"{WEST} learned: a standing of some venue has {SCORE} points or more, and R{TIER} or better")
    before = next(each.terms for each in journal.terms if (each.who, each.venue) == (holder.name, NORTH))
    journal.say(f"  {_words(before)} without it, at {NORTH}", f"  {_words(terms)} with it, at {WEST}")
    other = next(each for each in world.holders.values() if each is not holder)
    opened = west.verifier.open_session("perp-standing")
    expect(not other.wallet.can_satisfy(opened.request), "somebody without a standing can prove one")
    journal.say(f"{other.name} has no standing, and cannot")
    policy = _combined_policy(world)
    world.register(west.verifier, policy)
    _visit(world, journal, holder, west, str(policy["name"]))
    journal.say(
        f"{WEST} learned: evidence and events of {NORTH}, {SOUTH} and {EAST} together make {SCORE} points or more;"
        " a bad record at one of the three could not have been left out"
    )
    seen = list(holder.pseudonyms.values())
    expect(len(set(seen)) == len(seen), "two venues know the same pseudonym")
    journal.say(f"{len(seen)} pseudonyms of one holder, no two alike: no venue learned another's")


def _standing_policy(world: World) -> Json:
    """A live person, and a standing of a day or two ago that clears score and tier."""
    standing: list[dict[str, Any]] = [
        {"of": "standing", "attribute": "score", "at_least": SCORE},
        {"of": "standing", "attribute": "standing_tier", "at_least": TIER},
        {"of": "standing", "attribute": "as_of", "at_least": "today-3d"},
        {"of": "standing", "attribute": "expires_on", "at_least": "today"},
    ]
    return _policy(world, "perp-standing", ("standing",), standing)


def _combined_policy(world: World) -> Json:
    """The same over the sums of three venues' standings, by the tangents of the tariff."""
    venues = {"north": NORTH, "south": SOUTH, "east": EAST}
    table = shipped_tariff().posterior
    lines = None if table is None else table.lines(SCORE)
    bound: dict[str, Any] = {
        "posterior": {slot: f"{VERIFIER}/{venue}" for slot, venue in venues.items()},
        "score": SCORE,
        "tangents": [{"alpha_milli": alpha, "beta_milli": beta} for alpha, beta in lines or ()],
    }
    unexpired: list[dict[str, Any]] = [{"of": slot, "attribute": "expires_on", "at_least": "today"} for slot in venues]
    return _policy(world, "perp-combined", tuple(venues), [bound, *unexpired])


def _policy(world: World, name: str, standings: tuple[str, ...], all_of: list[dict[str, Any]]) -> Json:
    of_person = [
        {"of": "person", "attribute": "kyc_level", "at_least": 2},
        {"of": "person", "attribute": "expires_on", "at_least": "today"},
    ]
    return {
        "name": name,
        "version": 1,
        "credentials": {
            "person": {"schema": PERSON_1.id, "issuers": [ISSUER]},
            **{slot: {"schema": STANDING_1.id, "issuers": [ISSUER]} for slot in standings},
        },
        "all_of": [*of_person, *all_of],
        "disclose": [{"of": "person", "attribute": "risk_tier"}],
        "not_revoked": {"of": "person", "max_age_s": MAX_AGE},
        "pseudonym": {"of": "person", "suffix": ""},
        "escrow": {"of": "person", **world.trustees.escrow(PURPOSE)},
        "tariff": "perp-default",
    }


def _visit(world: World, journal: Journal, holder: Holder, venue: Venue, policy: str) -> Json:
    opened = venue.verifier.open_session(policy, volume_30d_usd=VOLUME)
    decision = holder.wallet.answer(opened.session_id, audience=venue.audience)
    accepted(world, journal, holder, venue, decision)
    return decision.terms or {}


def _line(holder: Holder, venue: Venue, day: int, *, calls: int) -> dict[str, Any]:
    pseudonym = b64u(holder.pseudonyms[venue.id])
    name = f"{pseudonym[:16]}-travel-{day}"
    said = {"pnl": "0", "notional": "10000", "trades": 1, "exposed_hours": 24, "calls": calls}
    return {"id": name, "kind": "account_day", "pseudonym": pseudonym, "at": day * _DAY + _NOON, "source": "file", **said}


def _words(terms: Json) -> str:
    effects = {reason["factor"]: reason["effect"] for reason in terms["reasons"]}
    tier, factors = terms["standing_tier"], effects["standing_tier"]
    return f"{tier}: initial margin x {factors['im_factor']}, taker fee x {factors['taker_factor']}"


def _milli(value: int) -> str:
    return format(Decimal(value).scaleb(-3), "f")
