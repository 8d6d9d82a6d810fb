"""``credence issuer find-subject``: whose handle trustees opened. It takes two persons at the issuer."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from credence.service.cli.documents import read_as
from credence.service.cli.exits import codes
from credence.service.cli.options import ApiKeyFile, AsJson, ServiceUrl
from credence.service.cli.output import note, print_facts, print_json
from credence.service.cli.remote import api_key, service_at


def add_to(issuer: typer.Typer) -> None:
    """Adds the command."""
    epilog = codes("the opening does not hold, or the log does not have it", "no service")
    issuer.command("find-subject", epilog=epilog)(find_subject)


def find_subject(
    finding: Annotated[Path, typer.Argument(metavar="FINDING", help="What credence auditor combine wrote.")],
    url: ServiceUrl = None,
    key_file: ApiKeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Find whose handle trustees opened (scope issuer:review). The first person proposes, a second one is told."""
    from credence.circuits.warrant import Finding
    from credence.sdk.calls import auditor as calls
    from credence.sdk.calls import perform

    shown = read_as(finding, "the finding", Finding.parse)
    with service_at(url) as service:
        found = perform(service, calls.find_subject(shown, api_key(key_file)))
    if as_json:
        print_json(asdict(found))
    elif found.attestation_id is None or found.case_id is None:
        note("proposed: somebody else with another key asks for the same, and is told")
    else:
        print_facts({"attestation": found.attestation_id, "case": found.case_id})
