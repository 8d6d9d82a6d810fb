"""Is the rest of the language served: hidden values, several credentials, a standing that is priced, a sealed handle?"""

from __future__ import annotations

import json
import secrets
from typing import Any

import pytest

from credence.circuits.credential import PERSON_1, STANDING_1, ladder_bits
from credence.circuits.encoding import Rng, b64u
from credence.circuits.errors import Unprovable
from credence.circuits.fields import json_digest
from credence.circuits.presentation import present, show, verify_presentation
from credence.circuits.sigma.transcript import Encoding
from credence.circuits.wire import Presentation, PresentationRequest
from credence.service.settings import Mode
from credence.service.verifier.records import decisions_since
from credence.service.verifier.sealing import presentation_of
from credence.service.verifier.tariff import shipped_tariff
from credence.service.verifier.terms import Facts, terms_for
from tests.circuits.journey import ISSUER
from tests.service.conftest import NOW
from tests.service.verifier.conftest import Opened, Venue, issue, policy

SCHEMAS = {"person": PERSON_1, "standing": STANDING_1}
BOTH = {name: {"schema": schema.id, "issuers": [ISSUER]} for name, schema in SCHEMAS.items()}
HIDDEN = [
    {"attribute": "kyc_level", "at_least": 2},
    {"attribute": "birth_date", "at_most": "today-18y"},
    {"attribute": "residence", "in": ["AT", "DE", "ES", "FR", "PT"]},
    {"attribute": "nationality", "not_in": ["IR", "KP"]},
]


@pytest.fixture
def asking(open_venue: Opened) -> Venue:
    return open_venue()


def answered(venue: Venue, request: PresentationRequest, presentation: Presentation) -> dict[str, Any]:
    response = venue.answer(request.session_id, presentation)
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


@pytest.mark.parametrize("encoding", list(Encoding))
def test_what_is_proven_of_hidden_values_is_said_and_they_stay_hidden(asking: Venue, encoding: Encoding) -> None:
    asking.register(policy(all_of=HIDDEN, disclose=None))
    request = asking.open()
    held = {"person": asking.held}
    presentation = present(asking.world.curve, request, held, NOW, secrets.token_bytes, encoding=encoding)
    decision = answered(asking, request, presentation)
    assert decision["decision"] == "accepted"
    assert decision["predicates"] == [
        "person.kyc_level >= 2",
        "person.birth_date <= today-18y",
        "person.residence in [AT, DE, ES, FR, PT]",
        "person.nationality not in [IR, KP]",
    ]
    assert decision["disclosed"] == {"person.kyc_ge_1": "1", "person.kyc_ge_2": "1"}


def test_of_a_hidden_value_that_is_outside_there_is_no_proof(asking: Venue, rng: Rng) -> None:
    asking.register(policy(all_of=HIDDEN, disclose=None))
    request = asking.open()
    elsewhere = issue(asking.world, rng, residence=380)
    with pytest.raises(Unprovable):
        show(asking.world.curve, request, {"person": elsewhere}, rng)
    assert answered(asking, request, asking.prove(request))["decision"] == "accepted"


def test_a_standing_of_the_same_holder_is_proven_and_priced(asking: Venue, rng: Rng) -> None:
    all_of = [*HIDDEN, {"of": "standing", "attribute": "standing_tier", "at_least": 3}]
    asking.register(policy(credentials=BOTH, all_of=all_of, disclose=[{"attribute": "risk_tier"}]))
    request = asking.open()
    held = {"person": asking.held, "standing": asking.world.standing(rng)}
    decision = answered(asking, request, present(asking.world.curve, request, held, NOW, rng))
    facts = Facts(kyc_level=2, risk_tier="standard", standing_tier="R3")
    assert (decision["standing_tier"], decision["terms"]) == (
        "R3",
        {**terms_for(shipped_tariff(), facts, expires_at=NOW + 86_400).to_json(), "open_positions": []},
    )
    low = {**held, "standing": asking.world.standing(rng, **ladder_bits("standing_tier", 2))}
    again = asking.open()
    refused = answered(asking, again, show(asking.world.curve, again, low, rng))
    assert (refused["decision"], refused["reason"], refused["standing_tier"]) == ("denied", "policy_not_met", None)


@pytest.mark.parametrize("mode", [Mode.OBLIGED])
def test_a_sealed_handle_is_kept_with_the_presentation_that_its_trustees_check(asking: Venue, rng: Rng) -> None:
    curve = asking.world.curve
    escrow = {"trustees": "trustees.example/1", "threshold": 2, "members": 3, "purpose": "a warrant"}
    key = {"key": b64u((curve.BP1 * 987_654_321).to_bytes())}
    asking.register(policy(escrow={**escrow, **key}))
    request = asking.open()
    wrong = answered(asking, request, flipped(asking.prove(request)))
    presentation = asking.prove(request)
    decision = answered(asking, request, presentation)
    assert (wrong["escrow"], decision["escrow"]) == (None, {"trustees": "trustees.example/1", "purpose": "a warrant"})
    with asking.desk.store.reading() as session:
        denied, accepted = decisions_since(session, request.session_id, 0)
    assert (denied.decision, denied.sealed) == ("denied", None)
    kept = presentation_of(asking.running.services.keeping, accepted)
    assert kept is not None
    for_trustees = Presentation.parse(json.loads(kept))
    assert for_trustees == presentation
    assert decision["receipt"]["receipt"]["presentation_digest"] == b64u(json_digest(for_trustees.to_json()))
    documents = asking.running.services.trusted_documents()
    checked = verify_presentation(curve, request, for_trustees, documents, request.audience, NOW, rng)
    assert checked.sealed is not None


def test_where_nothing_is_sealed_no_presentation_is_kept(asking: Venue) -> None:
    asking.register()
    assert asking.admitted()["escrow"] is None
    with asking.desk.store.reading() as session:
        assert session.connection().exec_driver_sql("SELECT sealed FROM verifier_decisions").scalar_one() is None


def flipped(presentation: Presentation) -> Presentation:
    changed = presentation.to_json()
    proof = presentation.proof
    return Presentation.parse({**changed, "proof": b64u(proof[:-1] + bytes([proof[-1] ^ 1]))})
