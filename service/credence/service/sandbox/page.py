"""What there is in a sandbox, as one page."""

from __future__ import annotations

from datetime import UTC, datetime

from credence.service.sandbox.clients import signing_key
from credence.service.sandbox.forms import ClientAnswer, ClockAnswer, PersonAnswer, SandboxAnswer
from credence.service.sandbox.furnishing import POLICIES, ROLES
from credence.service.sandbox.names import ISSUER, VERIFIER, audience_of
from credence.service.sandbox.persons import PERSONS
from credence.service.sandbox.state import Sandbox


def clock_answer(now: int) -> ClockAnswer:
    """The time, for machines and for people."""
    return ClockAnswer(now=now, time=datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))


def describe(sandbox: Sandbox) -> SandboxAnswer:
    """Keys, persons, policies, clock."""
    keys, cases = sandbox.furnished.keys, sandbox.furnished.cases
    return SandboxAnswer(
        url=sandbox.base_url,
        clock=clock_answer(sandbox.clock()),
        issuer=ISSUER,
        verifier=VERIFIER,
        log_vkey=sandbox.services.ledger.verifier.vkey,
        clients=[
            ClientAnswer(
                client_id=client_id,
                role=role.value,
                api_key=keys[client_id].key,
                signing_key=signing_key(client_id),
                audience=audience_of(client_id) if client_id in POLICIES else None,
                policies=[str(policy["name"]) for policy in POLICIES.get(client_id, ())],
            )
            for client_id, role in ROLES.items()
        ],
        persons=[
            PersonAnswer(
                id=found.id,
                name=found.person.full_name,
                standing=found.standing,
                note=found.note,
                case_id=cases[found.id].case_id if found.id in cases else None,
                attestation_id=cases[found.id].attestation_id if found.id in cases else None,
            )
            for found in PERSONS.values()
        ],
    )


def words(found: SandboxAnswer) -> str:
    """The page for people: plain text, a fact a line."""
    return "\n".join(
        (
            f"Credence sandbox at {found.url}: everything here is invented, and every key is public.",
            f"The clock stands at {found.clock.time} ({found.clock.now}).",
            f"issuer {found.issuer}, verifier {found.verifier}, log {found.log_vkey}",
            "",
            "API keys",
            *(_client(client) for client in found.clients),
            "",
            "Persons",
            *(f"  {person.id:<11}{person.standing.value:<9}{person.name}: {person.note}" for person in found.persons),
            "",
            'POST /sandbox/sessions/{id}/answer  a person\'s wallet answers: {"person": "annelie"}',
            "GET  /sandbox/persons/{id}/evidence the vendor's signed result for a person",
            'POST /sandbox/clock                 time passes: {"forward": 301}',
            'POST /sandbox/failures              the next requests are refused: {"problem": "rate-limited", "count": 2}',
            "POST /sandbox/reset                 everything as it was at the start",
            "GET  /sandbox                       this page; as JSON with Accept: application/json",
            "GET  /sandbox/openapi.json          these routes; /openapi.json is the service's",
            "",
        )
    )


def _client(client: ClientAnswer) -> str:
    asks = f"  asks {', '.join(client.policies)}" if client.policies else ""
    return f"  {client.client_id:<26}{client.api_key}{asks}"
