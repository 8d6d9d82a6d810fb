"""Does a venue's policy mean what it says from its first day to its last, and is what cannot mean it refused at load?

The accepted twin of every refused policy is ``policy()`` itself.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from credence.circuits.encoding import b64u
from credence.circuits.policy import explain, load_policy
from credence.service.app import open_services
from credence.service.auth import Role, Scope, issue_key, register_client
from credence.service.errors import InvalidRequest, Misconfigured
from credence.service.settings import Settings
from credence.service.verifier import policies
from credence.service.verifier.desk import open_desk
from credence.service.verifier.tariff import TariffError, load_tariffs, shipped_tariff
from tests.conftest import SeededBytes
from tests.service.conftest import NOW, ToldClock
from tests.service.verifier.conftest import BOTH as VENUE
from tests.service.verifier.conftest import Opened, Venue, policy

NOT_FR = {"attribute": "residence", "not_in": ["FR"]}
BORN_1980 = {"attribute": "birth_date", "at_most": "1980-01-01"}
BORN_1990 = {"attribute": "birth_date", "at_least": "1990-01-01"}


def test_a_policy_is_registered_and_explained(open_venue: Opened) -> None:
    venue, loaded = open_venue(), load_policy(policy())
    expected = {
        "name": "perp-standard",
        "version": 1,
        "policy_hash": b64u(loaded.digest),
        "explanation": list(explain(loaded)),
    }
    first, again = venue.register(), venue.register()
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json() == expected
    assert venue.ask("GET", "/policies/perp-standard").json() == expected


def test_a_version_never_changes(venue: Venue) -> None:
    changed = venue.register(policy(message="required"))
    assert (changed.status_code, changed.json()["type"]) == (409, "/problems/policy-version-exists")
    assert venue.open().policy == policy()


def test_the_order_of_keys_is_no_change(venue: Venue) -> None:
    assert venue.register(dict(reversed(policy().items()))).status_code == 200


def test_the_newest_version_is_served_in_whatever_order_they_came(venue: Venue) -> None:
    for version in (10, 9):
        assert venue.register(policy(version=version)).status_code == 201
    assert venue.ask("GET", "/policies/perp-standard").json()["version"] == 10
    assert venue.open().policy["version"] == 10


def test_a_session_keeps_the_version_it_was_opened_with(venue: Venue) -> None:
    request = venue.open()
    assert venue.register(policy(version=2, message="required")).status_code == 201
    assert venue.answer(request.session_id, venue.prove(request)).json()["decision"] == "accepted"


def test_each_venue_has_its_own_policies(venue: Venue, open_venue: Opened) -> None:
    other = open_venue("venue-b")
    assert other.ask("GET", "/policies/perp-standard").status_code == 404
    assert other.ask("POST", "/sessions", {"policy": "perp-standard"}).status_code == 404
    assert other.register(policy(message="required")).status_code == 201
    assert venue.open().policy == policy()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"not_revoked": {"max_age_s": 60}}, "no issuer of person that this verifier trusts has an accumulator"),
        ({"rate_limit": {"name": "open", "per": "day", "max": 0}}, "max of rate_limit has the wrong type or range"),
        ({"escrow": {"trustees": "t"}}, "escrow has no key"),
        ({"all_of": [{"attribute": "birth_date", "at_most": "today+1y"}] * 2}, "asks for the same thing twice"),
        ({"all_of": [{"attribute": "residence", "in": ["DE", "FR"]}, NOT_FR]}, "one residence is in the set"),
        (
            {"all_of": [BORN_1990, {"attribute": "birth_date", "at_most": "1980-01-01"}]},
            "no birth_date is inside its bounds",
        ),
        ({"disclose": [{"attribute": "birth_date"}]}, "not registered to have birth_date disclosed"),
        ({"disclose": [{"attribute": "residence"}, {"attribute": "kind"}]}, "not registered to have residence disclosed"),
        ({"all_of": [{"attribute": "kyc_level", "at_least": 0}]}, "kyc_level at_least 0 says nothing"),
        ({"all_of": [{"attribute": "kyc_level", "at_least": 4}]}, "kyc_level has no such rung"),
        ({"disclose": [{"attribute": "revocation_handle"}]}, "discloses an attribute that identifies a credential"),
        ({"tariff": "perp-unheard-of"}, "names a tariff that this verifier does not have"),
        ({"version": 0}, "version of policy has the wrong type or range"),
        ({"version": 1.0}, "version of policy has the wrong type or range"),
        ({"surprise": 1}, "has an unknown key"),
        ({"credentials": {}}, "no credential is asked for"),
        ({"credentials": {"canaryslot": 7}}, "credential slot is not an object"),
    ],
)
def test_a_policy_that_cannot_be_served_is_refused_with_the_reason(
    open_venue: Opened, changes: dict[str, Any], reason: str
) -> None:
    venue = open_venue()
    refused = venue.register(policy(**changes))
    assert (refused.status_code, refused.json()["type"]) == (400, "/problems/malformed")
    assert reason in refused.json()["detail"]
    assert "canary" not in refused.text
    assert venue.count("verifier_policies") == 0


def test_what_a_venue_is_registered_for_may_be_disclosed(open_venue: Opened, rng: SeededBytes) -> None:
    """Twice the same policies: of a venue by the default, and of one whose registration says otherwise."""
    venue = open_venue()
    store = venue.running.services.store("auth")
    with store.transaction() as session:
        register_client(
            session, "venue-c", "C", Role.VENUE, now=venue.clock(), rng=rng, disclose=["residence", "kyc_level", "risk_tier"]
        )
        issued = issue_key(
            session, venue.running.services.keyring, "venue-c", VENUE, now=venue.clock(), rng=rng, lifetime=3_600
        )
    venue.keys["c"] = issued.key

    def asked(version: int, attribute: str) -> dict[str, Any]:
        return policy(version=version, disclose=[{"attribute": attribute}])

    answers = {}
    for version, attribute in enumerate(("residence", "risk_tier", "kind", "birth_date"), start=1):
        document = asked(version, attribute)
        answers[attribute] = [
            venue.ask("PUT", "/policies/perp-standard", document, key=key).status_code for key in ("both", "c")
        ]
    assert answers == {"residence": [400, 201], "risk_tier": [201, 201], "kind": [201, 400], "birth_date": [400, 400]}


def test_a_rung_that_is_proven_is_disclosed(open_venue: Opened, rng: SeededBytes) -> None:
    """A threshold on a ladder shows its rungs, and a registration without the ladder does not allow that."""
    venue = open_venue()
    allowed = {"kyc_level", "risk_tier"}
    for name in sorted(allowed):
        with pytest.raises(InvalidRequest, match=f"not registered to have {name} disclosed"):
            policies.read_policy(policy(), venue.desk.tariffs, now=NOW, disclose=allowed - {name})
    policies.read_policy(policy(), venue.desk.tariffs, now=NOW, disclose=allowed)


def test_the_name_in_the_address_is_the_policys(open_venue: Opened) -> None:
    venue = open_venue()
    assert venue.ask("PUT", "/policies/another", policy()).status_code == 400
    assert venue.ask("PUT", "/policies/perp-standard", [policy()]).status_code == 400


def test_scopes(venue: Venue) -> None:
    running = venue.running
    venue.keys["policies"] = running.key_of("author", Scope.VERIFIER_POLICIES)
    venue.keys["sessions"] = running.key_of("desk", Scope.VERIFIER_SESSIONS)
    venue.keys["cases"] = running.key_of("issuer", Scope.ISSUER_CASES)
    put, get, post = ("PUT", "/policies/perp-standard", policy()), ("GET", "/policies/perp-standard"), ("POST", "/sessions")
    asked = {"policy": "perp-standard"}
    assert venue.ask(*put, key="policies").status_code == 201
    assert venue.ask(*get, key="policies").status_code == 200
    assert venue.ask(*post, asked, key="policies").status_code == 403
    assert venue.ask(*put, key="sessions").status_code == 403
    assert venue.ask(*get, key="sessions").status_code == 404  # may read, has none
    assert venue.ask(*post, asked, key="sessions").status_code == 404
    for request in (put, get, (*post, asked)):
        assert venue.ask(*request, key="cases").status_code == 403
        assert venue.ask(*request, key=None).status_code == 401


# --- the operator's own folder ---


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for venue, version in (("venue-a", 1), ("venue-a", 2), ("venue-b", 1)):
        path = tmp_path / "policies" / venue / f"perp-{version}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(policy(version=version)))
    return tmp_path / "policies"


def start(installed: Settings, clock: ToldClock, rng: SeededBytes, **changes: Any) -> list[int]:
    """Starts a verifier with these settings; the versions of perp-standard that two venues are served then."""
    settings = installed.model_copy(update=changes)
    services = open_services(settings, clock=clock, rng=rng, parties=["verifier"])
    try:
        desk = open_desk(services)
        with desk.store.reading() as session:
            return [policies.newest(session, venue, "perp-standard").version for venue in ("venue-a", "venue-b")]
    finally:
        for store in services.stores.values():
            store.close()


def test_policies_of_a_folder_are_registered_at_start(
    installed: Settings, clock: ToldClock, rng: SeededBytes, folder: Path
) -> None:
    for _ in range(2):
        assert start(installed, clock, rng, policy_dir=folder) == [2, 1]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (json.dumps(policy(version=2, message="required")), "This version of the policy exists"),
        (json.dumps(policy(version=3, escrow={})), "escrow has no trustees"),
        (json.dumps(policy(version=3))[:-1], "not JSON"),
        ('{"name": "a", "name": "b"}', "stands twice"),
    ],
)
def test_a_folder_with_a_bad_policy_stops_the_start(
    installed: Settings, clock: ToldClock, rng: SeededBytes, folder: Path, text: str, reason: str
) -> None:
    assert start(installed, clock, rng, policy_dir=folder) == [2, 1]
    (folder / "venue-a" / "perp-3.json").write_text(text)
    with pytest.raises(Misconfigured, match=rf"venue-a/perp-3\.json: .*{reason}"):
        start(installed, clock, rng, policy_dir=folder)


def test_a_folder_that_is_not_there_stops_the_start(
    installed: Settings, clock: ToldClock, rng: SeededBytes, tmp_path: Path
) -> None:
    with pytest.raises(Misconfigured, match="folder of policies"):
        start(installed, clock, rng, policy_dir=tmp_path / "nowhere")


def test_tariffs_of_a_folder_take_the_place_of_the_shipped_ones(tmp_path: Path) -> None:
    document = json.loads(shipped_tariff().canonical)
    folder = tmp_path / "tariffs"
    folder.mkdir()
    (folder / "one.json").write_text(json.dumps({**document, "tariff": "perp-mine"}))
    (folder / "notes.txt").write_text("not a tariff")
    assert set(load_tariffs(folder)) == {"perp-mine"}
    assert set(load_tariffs(None)) == {"perp-default"}
    (folder / "two.json").write_text(json.dumps({**document, "tariff": "perp-mine", "version": "2"}))
    with pytest.raises(TariffError, match="repeated-name"):
        load_tariffs(folder)


def test_a_folder_without_tariffs_is_refused(
    installed: Settings, clock: ToldClock, rng: SeededBytes, tmp_path: Path
) -> None:
    empty, broken = tmp_path / "empty", tmp_path / "broken"
    for folder in (empty, broken):
        folder.mkdir()
    (broken / "mine.json").write_text("{}")
    cases = ((tmp_path / "nowhere", "unreadable"), (empty, "unknown-tariff"), (broken, r"shape: mine\.json"))
    for folder, reason in cases:
        with pytest.raises(Misconfigured, match=reason):
            start(installed, clock, rng, tariff_dir=folder)
