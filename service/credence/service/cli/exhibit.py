"""``credence verifier exhibit``: what a venue hands to an authority that shows it a legal basis."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from credence.service.cli.documents import require_absent, write_private
from credence.service.cli.exits import codes
from credence.service.cli.options import ApiKeyFile, ServiceUrl
from credence.service.cli.output import note
from credence.service.cli.remote import api_key, service_at
from credence.service.cli.trustee_options import IssuerFiles, issuers_of


def add_to(verifier: typer.Typer) -> None:
    """Adds the command."""
    verifier.command("exhibit", epilog=codes("nothing was sealed in the session", "no service"))(exhibit)


def exhibit(
    session_id: Annotated[str, typer.Argument(metavar="SESSION", help="One's own session, accepted, with a handle sealed.")],
    issuer_documents: IssuerFiles,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Where the exhibit is written.")],
    url: ServiceUrl = None,
    key_file: ApiKeyFile = None,
    issuer_url: Annotated[
        str | None, typer.Option("--issuer-url", metavar="URL", help="The issuer's service; default: the same as --url.")
    ] = None,
) -> None:
    """Write down a presentation whole, for an authority and the trustees (scope verifier:sessions). It names nobody."""
    from credence.sdk.authority import fetch_exhibit

    require_absent(out, "the exhibit")
    issuers = issuers_of(issuer_documents)
    with service_at(url) as service, service_at(issuer_url or url) as accumulators:
        found = fetch_exhibit(service, session_id, api_key(key_file), issuers, accumulators=accumulators)
    write_private(out, json.dumps(found.to_json()) + "\n", "the exhibit")
    note(f"the exhibit is written: {out}")
