"""Does a policy's ``not_revoked`` get its wallets what they need, and believe what they show for as long as it says?"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from credence.circuits.credential import STANDING_1
from credence.circuits.curve import Curve
from credence.circuits.policy import load_policy
from credence.circuits.presentation import AccumulatorView, present
from credence.circuits.revocation_log import AccumulatorCheckpoint, CheckpointProof, Staple
from credence.circuits.wire import Presentation, PresentationRequest
from credence.service.errors import Misconfigured, NotFound, Unavailable
from credence.service.settings import Settings
from credence.service.verifier.desk import open_desk
from credence.service.verifier.revocations import staples_of
from tests.circuits.journey import ATTRIBUTES, VENUE, World
from tests.circuits.revocation_log.subjects import ISSUER, MINUTE, NOW, Issuer
from tests.conftest import SeededBytes
from tests.service.verifier.conftest import Opened, Venue, policy

MAX_AGE = 60
NOT_REVOKED: dict[str, Any] = {"max_age_s": MAX_AGE}
MINE = ATTRIBUTES["revocation_handle"]
SECOND = NOW - 60 * MINUTE


@dataclass
class Published:
    """What an issuer elsewhere publishes, each minute anew; and whether it answers."""

    issuer: Issuer
    now: Callable[[], int] = lambda: NOW
    answers: bool = True
    proofs: dict[tuple[int, int], CheckpointProof] = field(default_factory=dict)

    def staple(self, accumulator_id: str) -> Staple:
        if not self.answers:
            raise Unavailable
        found = self.issuer.staple(minute=self.now() // 60)
        self.proofs[found.newest.checkpoint.index, found.newest.checkpoint.minute] = found.newest
        return found

    def checkpoint(self, accumulator_id: str, index: int, minute: int) -> CheckpointProof:
        if not self.answers:
            raise Unavailable
        if (index, minute) not in self.proofs:
            raise NotFound
        return self.proofs[index, minute]


@dataclass
class Scene:
    venue: Venue
    published: Published

    @property
    def issuer(self) -> Issuer:
        return self.published.issuer

    def open(self) -> PresentationRequest:
        return self.venue.open()

    def fetch(self, session_id: str) -> PresentationRequest:
        answer = self.venue.ask("GET", f"/sessions/{session_id}/request", key=None)
        assert answer.status_code == 200, answer.text
        return PresentationRequest.parse(answer.json())

    def prove(
        self, request: PresentationRequest, shown: AccumulatorCheckpoint, *, witness_at: int | None = None
    ) -> Presentation:
        """With the witness that the issuer would make for the holder at that checkpoint, or after ``witness_at`` events."""
        witness = self.issuer.witness(MINE, shown.index if witness_at is None else witness_at)
        view = AccumulatorView(self.issuer.key.public_key, shown.value, shown.index, shown.minute)
        return present(
            self.issuer.curve,
            request,
            {"person": self.venue.held},
            self.venue.clock(),
            secrets.token_bytes,
            accumulators={"person": view},
            witnesses={"person": witness.witness},
        )

    def decide(self, request: PresentationRequest, presentation: Presentation) -> str:
        answer = self.venue.answer(request.session_id, presentation)
        assert answer.status_code == 200, answer.text
        found: str = answer.json()["decision"]
        return found


def newest_of(request: PresentationRequest) -> AccumulatorCheckpoint:
    (staple,) = request.staples
    return staple.newest.checkpoint


@pytest.fixture
def published(curve: Curve) -> Published:
    return Published(Issuer(curve, SeededBytes("revocations of a verifier")))


@pytest.fixture
def issuer_file(tmp_path: Path, world: World, published: Published) -> Path:
    """Takes the place of the document without accumulators."""
    issuer = published.issuer
    document = replace(world.document, log_vkey=issuer.ledger.signer.vkey, accumulators=(issuer.key,))
    path = tmp_path / "issuer.json"
    path.write_text(json.dumps(document.to_json()))
    return path


@pytest.fixture
def scene(open_venue: Opened, published: Published) -> Scene:
    venue = open_venue()
    published.now = venue.clock
    venue.running.app.state.watch.board._source_of = lambda issuer: published if issuer == ISSUER else None
    assert venue.register(policy(not_revoked=NOT_REVOKED)).status_code == 201
    return Scene(venue, published)


# --- policies ---


def test_a_policy_is_refused_where_nobody_could_show_it(scene: Scene) -> None:
    credentials = {"person": {"schema": STANDING_1.id, "issuers": [ISSUER]}}
    asks = {"all_of": [{"attribute": "score", "at_least": 640}], "disclose": [], "pseudonym": None}
    wrong = policy(version=2, credentials=credentials, not_revoked=NOT_REVOKED, **asks)
    strangers = policy(
        version=2,
        credentials={"person": {**policy()["credentials"]["person"], "issuers": ["else.example"]}},
        not_revoked=NOT_REVOKED,
    )
    reason = "The policy is refused: not_revoked: no issuer of person that this verifier trusts has an accumulator for"
    for document, schema in ((wrong, STANDING_1.id), (strangers, "credence/person/1")):
        refused = scene.venue.register(document)
        assert (refused.status_code, refused.json()["detail"]) == (400, f"{reason} {schema}.")
    assert scene.venue.register({**wrong, "not_revoked": None}).status_code == 201


def test_a_folders_policies_are_held_to_the_same(scene: Scene, tmp_path: Path, installed: Settings) -> None:
    (tmp_path / "asked" / VENUE).mkdir(parents=True)
    path = tmp_path / "asked" / VENUE / "policy.json"
    path.write_text(json.dumps(policy(version=2, not_revoked=NOT_REVOKED)))
    services = replace(
        scene.venue.running.services, settings=installed.model_copy(update={"policy_dir": tmp_path / "asked"})
    )
    with pytest.raises(Misconfigured, match="no issuer of person"):
        open_desk(replace(services, trusted_documents=lambda: ()))
    open_desk(services)


# --- requests ---


def test_a_request_carries_what_is_newest_when_it_is_fetched(scene: Scene) -> None:
    opened = scene.open()
    assert newest_of(opened).index == 0
    scene.issuer.revoke(1)
    fetched = scene.fetch(opened.session_id)
    assert newest_of(fetched).index == 1
    assert fetched == opened
    bare = [replace(request, staples=()).to_json() for request in (opened, fetched)]
    assert bare[0] == bare[1]
    assert {**bare[0], "staples": [fetched.staples[0].to_json()]} == fetched.to_json()


def test_a_request_that_does_not_ask_has_no_staples(scene: Scene) -> None:
    assert scene.venue.register(policy(name="plain")).status_code == 201
    answer = scene.venue.ask("POST", "/sessions", {"policy": "plain"}).json()
    assert "staples" not in answer["request"]
    assert "staples" not in scene.venue.ask("GET", f"/sessions/{answer['session_id']}/request", key=None).json()


def test_a_repeat_is_the_same_session_with_what_is_newest(scene: Scene) -> None:
    headers = {"authorization": f"Bearer {scene.venue.keys['both']}", "idempotency-key": "a" * 22}

    def opened() -> dict[str, Any]:
        answer = scene.venue.running.client.post("/v1/verifier/sessions", json={"policy": "perp-standard"}, headers=headers)
        assert answer.status_code == 201
        found: dict[str, Any] = answer.json()
        found["replayed"] = answer.headers.get("idempotent-replayed")
        return found

    first = opened()
    scene.issuer.revoke(1)
    second = opened()
    assert (first["session_id"], None, "true") == (second["session_id"], first["replayed"], second["replayed"])
    indexes = [each["request"]["staples"][0]["newest"]["checkpoint"]["index"] for each in (first, second)]
    assert indexes == [0, 1]


def test_no_session_is_opened_that_could_not_be_answered(scene: Scene) -> None:
    scene.published.answers = False
    refused = scene.venue.ask("POST", "/sessions", {"policy": "perp-standard"})
    assert (refused.status_code, refused.json()["type"]) == (503, "/problems/unavailable")
    assert refused.json()["detail"] == "The newest revocations of the issuer are not known."
    assert scene.venue.count("verifier_sessions") == 0
    scene.published.answers = True
    request = scene.open()
    scene.published.answers = False
    assert scene.venue.ask("GET", f"/sessions/{request.session_id}/request", key=None).status_code == 503


def test_of_two_issuers_one_may_be_silent(scene: Scene) -> None:
    """The holders of the other one are served."""
    services = scene.venue.running.services
    (document,) = services.trusted_documents()
    other = replace(document, issuer="other.example")
    credentials = {"person": {**policy()["credentials"]["person"], "issuers": ["other.example", ISSUER]}}
    both = replace(services, trusted_documents=lambda: (document, other))
    asked = load_policy(policy(credentials=credentials, not_revoked=NOT_REVOKED))
    (staple,) = staples_of(both, asked)
    assert staple.newest.checkpoint.issuer == ISSUER
    scene.published.answers = False
    with pytest.raises(Unavailable):
        staples_of(both, asked)


# --- presentations ---


def test_who_is_not_revoked_is_accepted(scene: Scene) -> None:
    request = scene.open()
    assert scene.decide(request, scene.prove(request, newest_of(request))) == "accepted"


def test_a_value_that_holds_is_good_from_an_older_minute(scene: Scene) -> None:
    """Nothing was revoked since: it says the same as the newest one."""
    request = scene.open()
    shown = newest_of(request)
    scene.venue.clock.forward(240)
    assert newest_of(scene.fetch(request.session_id)).minute == shown.minute + 4
    assert scene.decide(request, scene.prove(request, shown)) == "accepted"


@pytest.mark.parametrize(("seconds", "decision"), [(MAX_AGE - SECOND - 1, "accepted"), (MAX_AGE - SECOND, "denied")])
def test_a_value_that_was_replaced_is_good_for_a_minute(scene: Scene, seconds: int, decision: str) -> None:
    """Counted from the beginning of its own minute, so that it ends a minute after the revocation at the latest."""
    request = scene.open()
    made = scene.prove(request, newest_of(request))
    scene.issuer.revoke(1)
    scene.venue.clock.forward(seconds)
    assert scene.decide(request, made) == decision


def test_who_is_revoked_has_no_witness_of_the_new_value(scene: Scene) -> None:
    request = scene.open()
    scene.issuer.revoke(MINE)
    after = newest_of(scene.fetch(request.session_id))
    assert scene.decide(request, scene.prove(request, after, witness_at=0)) == "denied"
    # with a second value for the handle there would be one: that is why nobody is revoked twice
    assert scene.decide(request, scene.prove(request, after)) == "accepted"


@pytest.mark.parametrize(("index", "minute"), [(1, 0), (0, -1), (0, 1), (0, -200)])
def test_a_checkpoint_that_the_log_does_not_hold_is_denied(scene: Scene, index: int, minute: int) -> None:
    request = scene.open()
    honest = scene.prove(request, newest_of(request))
    (shown,) = honest.accumulators
    wrong = replace(honest, accumulators=(replace(shown, index=shown.index + index, minute=shown.minute + minute),))
    assert scene.decide(request, wrong) == "denied"
    assert scene.decide(request, honest) == "accepted"


def test_what_cannot_be_found_out_costs_no_attempt(scene: Scene) -> None:
    request = scene.open()
    honest = scene.prove(request, newest_of(request))
    scene.published.answers = False
    refused = scene.venue.answer(request.session_id, honest)
    assert (refused.status_code, refused.json()["type"]) == (503, "/problems/unavailable")
    assert scene.venue.state(request.session_id)["attempts_left"] == 5
    scene.published.answers = True
    assert scene.decide(request, honest) == "accepted"


def test_an_index_beyond_all_is_no_presentation(scene: Scene) -> None:
    request = scene.open()
    body = scene.prove(request, newest_of(request)).to_json()
    body["accumulators"][0]["index"] = 1 << 48
    assert scene.venue.answer(request.session_id, body).status_code == 400
