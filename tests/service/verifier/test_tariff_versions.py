"""Does a tariff version count only from when it was announced for, for everybody to see and check?"""

from __future__ import annotations

import copy
import hashlib
import json
from typing import Any

import pytest
import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from sqlalchemy import text

from credence.circuits.announcement import TariffAnnouncement, open_announcement, sign_announcement
from credence.circuits.encoding import b64u_decode
from credence.service.errors import NotFound, Unavailable
from credence.service.ledger import Fault, LedgerDamaged
from credence.service.verifier import records, tariff_versions
from credence.service.verifier.tariff import Tariff, parse_tariff, shipped_tariff
from credence.service.verifier.tariff_versions import Announced, NotAnnounced
from tests.service.conftest import NOW
from tests.service.verifier.conftest import Venue

WEEK = 604_800
SHIPPED: dict[str, Any] = json.loads(shipped_tariff().canonical)
SWAPPED = 'document = replace(document, \'"taker_ppm":"500"\', \'"taker_ppm":"100"\')'


def version(number: int, taker: str = "500", **changes: Any) -> Tariff:
    document = {**copy.deepcopy(SHIPPED), "version": str(number), **changes}
    document["volume_tiers"][0]["taker_ppm"] = taker
    return parse_tariff(json.dumps(document).encode())


def announce(venue: Venue, tariff: Tariff, **how: Any) -> Announced:
    services = venue.running.services
    return venue.desk.store.run(lambda session: tariff_versions.announce(session, services, tariff, **how))


def listed(venue: Venue) -> dict[str, Any]:
    response = venue.ask("GET", "/tariffs/perp-default", key=None)
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


def states(venue: Venue) -> dict[int, str]:
    return {row["version"]: row["state"] for row in listed(venue)["versions"]}


def test_the_first_version_is_announced_when_the_verifier_starts(venue: Venue) -> None:
    found = listed(venue)
    assert (found["active"], found["notice_seconds"]) == (2, WEEK)
    (row,) = found["versions"]
    assert (row["digest"], row["announced_at"], row["activates_at"]) == (shipped_tariff().digest, NOW, NOW)


def test_everybody_can_check_what_was_signed_and_that_it_is_in_the_log(venue: Venue) -> None:
    announce(venue, version(3, "510"))
    found = listed(venue)
    keys = {key["key_id"]: Ed25519PublicKey.from_public_bytes(b64u_decode(key["public_key"])) for key in found["keys"]}
    venue.running.services.ledger.sequence()
    assert venue.running.services.ledger.verify()
    for row in found["versions"]:
        said = open_announcement(row["signed"], keys[row["signed"]["key_id"]])
        document = venue.ask("GET", f"/tariffs/perp-default/versions/{row['version']}", key=None).json()
        assert said.digest.hex() == row["digest"] == hashlib.sha256(rfc8785.dumps(document)).hexdigest()
        assert said.leaf().hex() == row["leaf"]
        assert venue.running.services.ledger.inclusion(bytes.fromhex(row["leaf"]))
    assert [row["signed"]["announcement"]["replaces"] for row in found["versions"]] == [2, None]


def test_a_dearer_version_counts_after_its_notice_and_by_the_clock_alone(venue: Venue) -> None:
    made = announce(venue, version(3, "510"))
    assert (made.is_new, made.row.activates_at) == (True, NOW + WEEK)
    assert [(change.part, change.direction) for change in made.changes] == [("taker fee (ppm)", "dearer")]
    assert states(venue) == {3: "announced", 2: "active"}
    assert venue.admitted()["terms"]["fees"]["taker_ppm"] == "500"
    venue.clock.forward(WEEK - 1)
    assert venue.desk.tariff("perp-default", venue.clock()).version == 2
    venue.clock.forward(1)
    decision = venue.admitted()
    assert decision["terms"]["fees"]["taker_ppm"] == "510"
    assert decision["receipt"]["receipt"]["tariff"] == "perp-default/3"
    assert states(venue) == {3: "active", 2: "past"}


@pytest.mark.parametrize(
    "worse",
    [
        version(3, "501"),
        version(3, "480", relief={"open_interest_share": "0.01"}),
        version(3, im_factor_range={"min": "0.85", "max": "2.00"}),  # asks more margin of the best
    ],
)
def test_a_version_that_is_worse_for_anybody_cannot_be_started_early(venue: Venue, worse: Tariff) -> None:
    with pytest.raises(NotAnnounced):
        announce(venue, worse, at_once=True)
    with pytest.raises(NotAnnounced):
        announce(venue, worse, activates_at=NOW + WEEK - 1)
    assert announce(venue, worse, activates_at=NOW + WEEK).row.activates_at == NOW + WEEK


def test_nor_can_one_that_lets_more_be_owed(venue: Venue) -> None:
    document = copy.deepcopy(SHIPPED)
    document["standing_tiers"]["R3"]["im_factor"] = "0.90"
    looser = parse_tariff(json.dumps({**document, "version": "3"}).encode())
    with pytest.raises(NotAnnounced):
        announce(venue, looser, at_once=True)
    assert announce(venue, looser).row.activates_at == NOW + WEEK


def test_one_that_is_only_cheaper_can(venue: Venue) -> None:
    assert announce(venue, version(3, "490")).row.activates_at == NOW + WEEK  # unless it is asked for
    assert announce(venue, version(4, "480"), at_once=True).row.activates_at == NOW
    assert states(venue) == {4: "active", 3: "skipped", 2: "past"}
    assert venue.admitted()["terms"]["fees"]["taker_ppm"] == "480"
    venue.clock.forward(WEEK)
    assert venue.desk.tariff("perp-default", venue.clock()).version == 4


def test_cheaper_is_measured_against_what_waits_too(venue: Venue) -> None:
    announce(venue, version(3, "450"))
    with pytest.raises(NotAnnounced):
        announce(venue, version(4, "480"), at_once=True)


def test_a_version_says_one_thing_and_follows_the_others(venue: Venue) -> None:
    first = announce(venue, version(4, "510"))
    venue.clock.forward(60)
    again = announce(venue, version(4, "510"))
    assert (again.is_new, again.row.announced_at) == (False, first.row.announced_at)
    for refused in (version(4, "520"), version(3, "510")):
        with pytest.raises(NotAnnounced):
            announce(venue, refused)
    with pytest.raises(NotAnnounced):
        announce(venue, version(5, "520"), activates_at=venue.clock() + tariff_versions.MAX_AHEAD + 1)
    with pytest.raises(NotFound):
        announce(venue, parse_tariff(json.dumps({**SHIPPED, "tariff": "other"}).encode()))
    assert venue.count("verifier_tariff_versions") == 2
    assert venue.count("verifier_outbox WHERE kind = 'tariff'") == 2


def test_what_is_not_there_is_not_found(venue: Venue) -> None:
    assert venue.ask("GET", "/tariffs/other", key=None).status_code == 404
    assert venue.ask("GET", "/tariffs/perp-default/versions/3", key=None).status_code == 404


def test_a_start_announces_nothing_twice(venue: Venue) -> None:
    services, tariffs = venue.running.services, {"perp-default": version(3, "510")}
    assert venue.desk.store.run(lambda session: tariff_versions.begin(session, services, tariffs)) == 0
    assert states(venue) == {2: "active"}


@pytest.mark.parametrize("change", ["activates_at = activates_at + 1", "statement = '{}'", "digest = zeroblob(32)", SWAPPED])
def test_a_version_that_says_something_else_is_missed(venue: Venue, change: str) -> None:
    ledger = venue.running.services.ledger
    ledger.sequence()
    ledger.verify()
    with venue.desk.store.transaction() as session:
        if session.get_bind().dialect.name == "postgresql":
            change = change.replace("zeroblob(32)", "decode(repeat('00', 32), 'hex')")
        session.connection().execute(text(f"UPDATE verifier_tariff_versions SET {change}"))
    with pytest.raises(LedgerDamaged) as damaged:
        ledger.verify()
    assert {finding.fault for finding in damaged.value.findings} == {Fault.UNLOGGED}


@pytest.mark.parametrize(
    "change",
    ["activates_at = activates_at - 1, announced_at = announced_at - 1", "statement = '{}'", "version = 3", SWAPPED],
)
def test_nobody_is_priced_by_a_version_that_was_not_announced(venue: Venue, change: str) -> None:
    desk, now = venue.desk, venue.clock()
    assert desk.tariff("perp-default", now).digest == shipped_tariff().digest
    with desk.store.transaction() as session:
        assert session.connection().execute(text(f"UPDATE verifier_tariff_versions SET {change}")).rowcount == 1
    with pytest.raises(Unavailable):
        desk.tariff("perp-default", now)


def test_nobody_is_priced_by_what_another_key_signed(venue: Venue) -> None:
    desk, now = venue.desk, venue.clock()
    with desk.store.transaction() as session:
        row = records.find_tariff_version(session, "perp-default", 2)
        assert row is not None
        signed = json.loads(row.statement)
        said = TariffAnnouncement.parse(signed["announcement"])
        row.statement = json.dumps(sign_announcement(said, signed["key_id"], Ed25519PrivateKey.generate()))
        session.add(row)
    with pytest.raises(Unavailable):
        desk.tariff("perp-default", now)
