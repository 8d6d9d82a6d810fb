"""Does a verifier take policies with an escrow where it is run as obliged, and those alone; and none where it is open?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from credence.circuits.encoding import b64u
from credence.circuits.fields import canonical_json, json_digest
from credence.service.errors import Misconfigured
from credence.service.settings import Mode
from credence.service.verifier import policies, records
from credence.service.verifier.policies import OtherMode
from credence.service.verifier.records import VerifierPolicy
from tests.service.conftest import NOW
from tests.service.verifier.conftest import Opened, Venue, policy

SAID = {Mode.OBLIGED: "it has no escrow", Mode.OPEN: "it has an escrow"}


def asked(venue: Venue, *, sealed: bool, **changes: Any) -> dict[str, Any]:
    if not sealed:
        return policy(**changes)
    key = b64u((venue.world.curve.BP1 * 987_654_321).to_bytes())
    escrow = {"trustees": "trustees.example/1", "key": key, "threshold": 2, "members": 3, "purpose": "a warrant"}
    return policy(escrow=escrow, **changes)


@pytest.mark.parametrize("mode", list(Mode))
def test_a_policy_of_the_other_mode_is_refused(open_venue: Opened, mode: Mode) -> None:
    venue, right = open_venue(), mode is Mode.OBLIGED
    refused = venue.register(asked(venue, sealed=not right))
    assert (refused.status_code, refused.json()["type"]) == (400, "/problems/malformed")
    assert SAID[mode] in refused.json()["detail"]
    assert f"run as {mode}" in refused.json()["detail"]
    assert venue.register(asked(venue, sealed=right)).status_code == 201
    assert venue.admitted()["decision"] == "accepted"
    with pytest.raises(OtherMode, match=SAID[mode]):
        policies.read_policy(asked(venue, sealed=not right), venue.desk.tariffs, now=NOW, mode=mode)


@pytest.mark.parametrize("mode", list(Mode))
def test_a_policy_of_before_the_mode_was_changed_is_served_no_longer(open_venue: Opened, mode: Mode) -> None:
    """Whatever registered it: what was agreed to under one law is not asked under the other."""
    venue, right = open_venue(), mode is Mode.OBLIGED
    before = asked(venue, sealed=not right)
    row = VerifierPolicy(
        venue=venue.client_id,
        name=before["name"],
        version=1,
        document=canonical_json(before).decode(),
        policy_hash=json_digest(before),
        registered_at=NOW,
    )
    venue.desk.store.run(lambda session: records.add_policy(session, row))
    refused = venue.ask("POST", "/sessions", {"policy": before["name"]})
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/conflict")
    assert SAID[mode] in refused.json()["detail"]
    assert venue.register(asked(venue, sealed=right, version=2)).status_code == 201
    assert venue.open().policy["version"] == 2


@pytest.mark.parametrize("mode", list(Mode))
def test_a_folder_with_a_policy_of_the_other_mode_stops_the_start(open_venue: Opened, mode: Mode, tmp_path: Path) -> None:
    venue, right = open_venue(), mode is Mode.OBLIGED
    folder = tmp_path / "policies" / venue.client_id
    folder.mkdir(parents=True)

    def registered(sealed: bool) -> int:
        (folder / "asked.json").write_text(json.dumps(asked(venue, sealed=sealed)), encoding="utf-8")
        return venue.desk.store.run(
            lambda session: policies.register_folder(
                session,
                folder.parent,
                venue.desk.tariffs,
                now=NOW,
                may_disclose=venue.desk.may_disclose,
                documents=venue.running.services.trusted_documents(),
                mode=mode,
            )
        )

    with pytest.raises(Misconfigured, match=SAID[mode]):
        registered(not right)
    assert registered(right) == 1
