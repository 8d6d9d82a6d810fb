"""Is a bound over standings of several venues served, with the tangents of its tariff and no others?"""

from __future__ import annotations

import copy
import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from credence.circuits.credential import STANDING_1, day_of, text_to_scalar
from credence.circuits.encoding import Rng
from credence.circuits.presentation import present
from credence.service.errors import InvalidRequest, Misconfigured
from credence.service.settings import Mode
from credence.service.verifier import policies, tariff_versions
from credence.service.verifier.tariff import Tariff, parse_tariff, shipped_tariff
from tests.circuits.journey import ISSUER, NOW
from tests.service.verifier.conftest import Opened, Venue, policy

SHIPPED: dict[str, Any] = json.loads(shipped_tariff().canonical)
VENUES = {"here": "venue-b.example", "there": "venue-c.example"}
DAY = 86_400


def bound(score: int = 685, **changes: Any) -> dict[str, Any]:
    said = shipped_tariff().posterior
    lines = None if said is None else said.lines(score)
    tangents = [{"alpha_milli": alpha, "beta_milli": beta} for alpha, beta in lines or ((5_000, 2_000), (6_000, 1_500))]
    return {"posterior": VENUES, "score": score, "tangents": tangents, **changes}


def asking(*more: dict[str, Any], **changes: Any) -> dict[str, Any]:
    slots = {slot: {"schema": STANDING_1.id, "issuers": [ISSUER]} for slot in VENUES}
    return policy(credentials=slots, all_of=[bound(), *more], disclose=[], pseudonym={"of": "here"}, **changes)


def steeper(by: int = 1) -> list[dict[str, int]]:
    first, second = bound()["tangents"]
    return [{**first, "beta_milli": first["beta_milli"] + by}, second]


def test_a_bound_over_two_venues_is_registered_and_answered(open_venue: Opened, rng: Rng) -> None:
    venue = open_venue()
    assert venue.register(asking()).status_code == 201
    request = venue.open()
    given = {"as_of": day_of(NOW) - 1, "evidence_milli": 4_000, "events_milli": 600}
    held = {slot: venue.world.standing(rng, **given, venue=text_to_scalar(name)) for slot, name in VENUES.items()}
    response = venue.answer(request.session_id, present(venue.world.curve, request, held, NOW, rng))
    assert response.status_code == 200, response.text
    decision = response.json()
    assert decision["decision"] == "accepted"
    assert decision["predicates"] == ["posterior(here: venue-b.example, there: venue-c.example) score >= 685"]
    assert set(decision["disclosed"]) == {f"{slot}.{name}" for slot in VENUES for name in ("as_of", "venue")}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"tangents": steeper()}, "other tangents"),
        ({"tangents": steeper(-1)}, "other tangents"),
        ({"tangents": bound(720)["tangents"]}, "other tangents"),
        ({"score": 690}, "no tangents for a score of 690"),
        ({"tangents": bound()["tangents"][::-1]}, "two tangents"),
    ],
)
def test_tangents_that_are_not_the_tariffs_are_refused(changes: dict[str, Any], reason: str) -> None:
    document, tariffs = asking(), {"perp-default": shipped_tariff()}
    policies.read_policy(document, tariffs, now=NOW)
    document["all_of"][0] |= changes
    with pytest.raises(InvalidRequest, match=reason):
        policies.read_policy(document, tariffs, now=NOW)


def test_a_tariff_of_before_has_no_tangents_for_anybody() -> None:
    before = parse_tariff(json.dumps({key: value for key, value in SHIPPED.items() if key != "posterior"}).encode())
    policies.read_policy(asking(), {"perp-default": shipped_tariff()}, now=NOW)
    with pytest.raises(InvalidRequest, match="no tangents"):
        policies.read_policy(asking(), {"perp-default": before}, now=NOW)


def flatter(version: int) -> Tariff:
    """One whose lines for R3 ask for a thousandth more."""
    document = copy.deepcopy(SHIPPED)
    document["version"] = str(version)
    document["posterior"]["tangents"][1]["lines"][0]["alpha_milli"] = "4072"
    return parse_tariff(json.dumps(document).encode())


def test_the_tangents_are_those_of_the_version_that_is_active(venue: Venue) -> None:
    services, notice = venue.desk.services, venue.desk.services.settings.tariff_notice_seconds
    made = venue.desk.store.run(partial(tariff_versions.announce, services=services, tariff=flatter(3)))
    assert [(change.part, change.direction) for change in made.changes] == [("evidence for a posterior bound", "narrower")]
    assert venue.register({**asking(), "version": 2}).status_code == 201
    venue.clock.forward(notice)
    refused = venue.ask("PUT", "/policies/perp-standard", {**asking(), "version": 3})
    assert (refused.status_code, refused.json()["type"]) == (400, "/problems/malformed")
    assert "other tangents" in refused.json()["detail"]
    document = {**asking(), "version": 3}
    document["all_of"][0]["tangents"][0]["alpha_milli"] = 4_072
    assert venue.register(document).status_code == 201


def test_a_version_that_is_registered_stays_when_its_tariff_has_other_tangents(venue: Venue, tmp_path: Path) -> None:
    """At every start the folder is read again, and a venue may send what it has registered again."""
    folder = tmp_path / "policies"
    (folder / "venue-a").mkdir(parents=True)
    document, file = {**asking(), "version": 2}, folder / "venue-a" / "two.json"

    def start() -> int:
        work = partial(
            policies.register_folder,
            folder=folder,
            tariffs=venue.desk.active_tariffs(venue.clock()),
            now=venue.clock(),
            may_disclose=venue.desk.may_disclose,
        )
        return venue.desk.store.run(work)

    file.write_text(json.dumps(document))
    assert start() == 1
    sent = {**asking(), "version": 3}
    assert venue.register(sent).status_code == 201
    services, notice = venue.desk.services, venue.desk.services.settings.tariff_notice_seconds
    venue.desk.store.run(partial(tariff_versions.announce, services=services, tariff=flatter(3)))
    venue.clock.forward(notice)
    assert start() == 0
    assert venue.ask("PUT", "/policies/perp-standard", sent).status_code == 200
    other = {**asking({"of": "here", "attribute": "score", "at_least": 640}), "version": 3}
    refused = venue.ask("PUT", "/policies/perp-standard", other)
    assert (refused.status_code, "other tangents" in refused.json()["detail"]) == (400, True), "word for word, or not at all"
    file.write_text(json.dumps({**document, "version": 4}))
    with pytest.raises(Misconfigured, match="other tangents"):
        start()


def test_an_operators_folder_is_held_to_them_too(venue: Venue, tmp_path: Path) -> None:
    folder = tmp_path / "policies"
    (folder / "venue-a").mkdir(parents=True)
    file = folder / "venue-a" / "two.json"
    document = {**asking(), "version": 2}
    for wrong in (True, False):
        document["all_of"][0]["tangents"] = steeper() if wrong else bound()["tangents"]
        file.write_text(json.dumps(document))
        work = partial(
            policies.register_folder,
            folder=folder,
            tariffs=venue.desk.active_tariffs(NOW),
            now=NOW,
            may_disclose=venue.desk.may_disclose,
            mode=Mode.OPEN,
        )
        if wrong:
            with pytest.raises(Misconfigured, match="other tangents"):
                venue.desk.store.run(work)
        else:
            assert venue.desk.store.run(work) == 1


def test_the_venue_and_the_day_need_no_registration_unless_they_are_asked_for_besides() -> None:
    tariffs = {"perp-default": shipped_tariff()}
    policies.read_policy(asking(), tariffs, now=NOW)
    for name in ("venue", "as_of"):
        document = {**asking(), "disclose": [{"of": "here", "attribute": name}]}
        policies.read_policy(document, tariffs, now=NOW, disclose=(name,))
        with pytest.raises(InvalidRequest, match=f"to have {name} disclosed"):
            policies.read_policy(document, tariffs, now=NOW)
